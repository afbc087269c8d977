"""What this user's gradings have worked out before: a memory that may be lost at any time.

An entry holds the digest of its content, so one that was cut off, changed or written by another
version is simply not known. Nothing in it is ever unpickled.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

FORMAT = "1"
"""Part of every key: another number makes all that was remembered before unknown."""


def find_cache_folder(name: str = "expected") -> Path:
    """Where this user's caches belong; one folder for each kind of thing."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "fairmark" / name


def name_key(parts: Iterable[str | bytes]) -> str:
    """One key for everything that a thing depends on; lengths keep the parts apart."""
    digest = hashlib.sha256(FORMAT.encode())
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        digest.update(len(content).to_bytes(8, "little"))
        digest.update(content)
    return digest.hexdigest()


def read_entry(folder: Path, key: str) -> bytes | None:
    """What was remembered under a key; None where nothing whole was."""
    try:
        entry = (folder / key[:2] / key).read_bytes()
    except OSError:
        return None
    digest, content = entry[:32], entry[32:]
    return content if hashlib.sha256(content).digest() == digest else None


def write_entry(folder: Path, key: str, content: bytes) -> None:
    """Remember; a full or read-only disk only means that it's worked out again."""
    path = folder / key[:2] / key
    part = path.with_name(f"{key}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(hashlib.sha256(content).digest() + content)
        part.replace(path)
    except OSError:
        with suppress(OSError):
            part.unlink()
