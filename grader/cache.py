"""What this user's gradings have worked out before: a memory that may be lost at any time.

An entry holds the digest of its content, so one that was cut off, changed or written by another
version is simply not known. Nothing in it is ever unpickled.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

KEY_LENGTH = 64
FORMAT = "1"
"""Part of every key: another number makes all that was remembered before unknown."""


MOST_MIB = 256
"""Of one folder. A course's homework of a term takes a tenth of it; a draw of large arrays, a
MiB each, is what fills it."""
KEPT_DAYS = 120
"""A term: what nobody asked for since then is worked out again."""
SWEPT_EVERY_H = 24
"""A sweep looks at every entry, which for thousands of them takes some milliseconds."""
ABANDONED_H = 1
"""A half-written file that old belongs to a process that was killed."""
USED_AGAIN_H = 24
"""How old an entry's mark of its last use may be: one write a day, not one a use."""


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
    path = folder / key[:2] / key
    try:
        entry = path.read_bytes()
    except OSError:
        return None
    digest, content = entry[:32], entry[32:]
    if hashlib.sha256(content).digest() != digest:
        return None
    mark_used(path)
    return content


def mark_used(path: Path) -> None:
    """Note that somebody asked for it: many file systems don't note that by themselves."""
    with suppress(OSError):
        if time.time() - path.stat().st_mtime > USED_AGAIN_H * 3600:
            os.utime(path)


def write_entry(folder: Path, key: str, content: bytes) -> None:
    """Remember; a full or read-only disk only means that it's worked out again."""
    path = folder / key[:2] / key
    part = path.with_name(f"{key}.{os.getpid()}")
    # Asked first: a new shelf makes the folder look as if it had just been swept.
    to_be_swept = is_due(folder)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(hashlib.sha256(content).digest() + content)
        part.replace(path)
    except OSError:
        with suppress(OSError):
            part.unlink()
        return
    if to_be_swept:
        with suppress(OSError):
            sweep(folder)


def is_due(folder: Path) -> bool:
    """Whether nobody has swept for a day, by the folder's own time; whoever asks first does it."""
    try:
        if abs(time.time() - folder.stat().st_mtime) < SWEPT_EVERY_H * 3600:
            return False
        os.utime(folder)
    except OSError:
        return False
    return True


def sweep(folder: Path, *, most_mib: float = MOST_MIB, kept_days: float = KEPT_DAYS) -> None:
    """Forget what is old, then what was used longest ago, until the rest has room.

    Others may read, write and sweep at the same time: an entry that is gone is not known, and one
    that comes back is whole.

    Cost   a look at each entry.
    """
    entries = ((entry, "." in entry.name) for entry in _list_entries(folder))
    forget(entries, most_mib=most_mib, kept_days=kept_days)


def forget(
    entries: Iterable[tuple[os.DirEntry[str], bool]],
    *,
    most_mib: float,
    kept_days: float,
    spared_h: float = 0,
) -> None:
    """Remove what is old, then what was used longest ago, until the rest has room.

    With each entry comes whether it is a draft. What was used within `spared_h` stays: somebody
    may be about to ask for it again.
    """
    now = time.time()
    kept: list[tuple[float, int, Path]] = []
    size = 0
    for entry, is_draft in entries:
        with suppress(OSError):
            found = entry.stat(follow_symlinks=False)
            age_s = now - found.st_mtime
            if age_s > (ABANDONED_H * 3600 if is_draft else kept_days * 86400):
                os.unlink(entry.path)  # noqa: PTH108
                continue
            size += found.st_size
            if not is_draft and age_s >= spared_h * 3600:
                kept.append((found.st_mtime, found.st_size, Path(entry.path)))
    for _, each, path in sorted(kept, key=lambda entry: entry[0]):
        if size <= most_mib * (1 << 20):
            break
        with suppress(OSError):
            path.unlink()
            size -= each


def _list_entries(folder: Path) -> Iterable[os.DirEntry[str]]:
    """The files that this module wrote, and nothing else that lies there."""
    with os.scandir(folder) as shelves:
        for shelf in list(shelves):
            if len(shelf.name) == 2 and shelf.is_dir(follow_symlinks=False):
                with suppress(OSError), os.scandir(shelf.path) as entries:
                    yield from (
                        entry
                        for entry in entries
                        if len(entry.name.partition(".")[0]) == KEY_LENGTH
                        and entry.is_file(follow_symlinks=False)
                    )
