"""Keeping a service away while its database is replaced."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from grader.errors import UsageError

LOCK = "engine.lock"
"""What a service that grades by itself holds, in its folder."""


@contextmanager
def keep_service_away(folder: Path) -> Iterator[None]:
    """Hold what a service in a folder would hold.

    Errors   UsageError when one runs there.
    """
    try:
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except FileNotFoundError:
        # No folder, no service.
        yield
        return
    except OSError as trouble:
        raise UsageError(f"cannot use {trouble.filename}: {trouble.strerror}") from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UsageError(
                f"a service runs in {folder}: stop it first, or name another --folder"
            ) from None
        yield
    finally:
        os.close(descriptor)
