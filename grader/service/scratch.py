"""Folders for what gradings read: locked by whoever uses them, removed when nobody does."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from pathlib import Path

YOUNG_S = 60.0
"""A folder without a lock may have been made this moment; one that is older was left behind."""
LOCK = "lock"


class Scratch:
    """A folder of one process below a place that several share; a killed one's is removed."""

    def __init__(self, place: Path) -> None:
        place.mkdir(parents=True, exist_ok=True)
        _remove_left(place)
        self.folder = Path(tempfile.mkdtemp(dir=place))
        self._lock = os.open(self.folder / LOCK, os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def make(self, name: str) -> Path:
        """A folder within."""
        path = self.folder / name
        path.mkdir()
        return path

    def remove(self) -> None:
        """End it, with all that is in it."""
        shutil.rmtree(self.folder, ignore_errors=True)
        os.close(self._lock)


def _remove_left(place: Path) -> None:
    """Students' files must not stay because a process was killed."""
    for folder in place.iterdir():
        if folder.is_dir() and not _is_used(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _is_used(folder: Path) -> bool:
    try:
        lock = os.open(folder / LOCK, os.O_RDWR)
    except FileNotFoundError:
        return time.time() - folder.stat().st_mtime < YOUNG_S
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False
