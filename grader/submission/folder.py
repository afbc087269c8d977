"""A folder as a stream of entries: links are not followed, pipes and devices never opened."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from grader.errors import SubmissionError
from grader.submission.files import SEEN_ENTRIES, Entry
from grader.submission.names import DEPTH, Use, is_ignored_folder, name_use

# O_NONBLOCK: opening a pipe nobody writes to must not wait. O_NOFOLLOW: a name that was a file
# when listed may have become a link since.
_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_KINDS = {
    stat.S_IFLNK: "a symbolic link, which is not followed; hand in the file itself",
    stat.S_IFIFO: "a pipe; hand in plain files",
    stat.S_IFSOCK: "a socket; hand in plain files",
    stat.S_IFCHR: "a device; hand in plain files",
    stat.S_IFBLK: "a device; hand in plain files",
}


_NO_FILE = "not a plain file"
_NAMED_AS_FILE = "a folder with a file's name; hand in a plain file"
_DEEP = f"more than {DEPTH} folders deep; put it nearer to the top"
_ALLOW = "allow reading with chmod -R u+rX"
ODDITIES = (*_KINDS.values(), _NO_FILE, _NAMED_AS_FILE, _DEEP, f"permission denied; {_ALLOW}")


def walk_folder(path: Path) -> Iterator[Entry]:
    """Everything in a folder, by name, to be read before the next is asked for.

    Errors   SubmissionError when the folder itself cannot be listed.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise SubmissionError(f"{path} cannot be opened: {explain(error)}; {_ALLOW}") from None
    try:
        yield from _walk(descriptor, "", 1)
    except OSError as error:
        raise SubmissionError(f"{path} cannot be listed: {explain(error)}") from None
    finally:
        os.close(descriptor)


def read_plain_file(name: str | Path, limit: int, *, folder: int | None = None) -> bytes:
    """At most `limit` bytes of a regular file.

    Errors   OSError, in words for a student.
    """
    # Whoever names one file on the command line may name a link to it.
    flags = _OPEN if folder is not None else _OPEN & ~os.O_NOFOLLOW
    try:
        descriptor = os.open(name, flags, dir_fd=folder)
        try:
            kind = stat.S_IFMT(os.fstat(descriptor).st_mode)
            if kind != stat.S_IFREG:
                raise OSError(_KINDS.get(kind, "not a plain file; hand in plain files"))
            return _read_up_to(descriptor, limit)
        finally:
            os.close(descriptor)
    except PermissionError:
        raise OSError(f"permission denied; {_ALLOW}") from None
    except OSError as error:
        raise OSError(explain(error)) from None


def explain(error: OSError) -> str:
    """What the system says, in lower case: 'permission denied'."""
    return (error.strerror or str(error)).lower()


def _walk(folder: int, prefix: str, depth: int) -> Iterator[Entry]:
    with os.scandir(folder) as listing:
        # One more than is allowed, so that a folder of a million files is refused, not sorted.
        found = list(islice(listing, SEEN_ENTRIES + 1))
    for entry in sorted(found, key=lambda entry: entry.name):
        name = prefix + entry.name
        try:
            status = entry.stat(follow_symlinks=False)
        except OSError as error:
            yield Entry(name=name, oddity=explain(error))
            continue
        if stat.S_ISDIR(status.st_mode):
            if not is_ignored_folder(entry.name):
                yield from _enter(folder, entry.name, name, depth)
        elif stat.S_ISREG(status.st_mode):
            yield Entry(name=name, size=status.st_size, read=_reader(entry.name, folder))
        else:
            oddity = _KINDS.get(stat.S_IFMT(status.st_mode), _NO_FILE)
            yield Entry(name=name, size=0, oddity=oddity)


def _enter(folder: int, step: str, name: str, depth: int) -> Iterator[Entry]:
    yield Entry(name=name + "/")
    if name_use(name) in (Use.PYTHON, Use.NOTEBOOK, Use.ANSWERS):
        yield Entry(name=name, oddity=_NAMED_AS_FILE)
    if depth >= DEPTH:
        yield Entry(name=name, oddity=_DEEP)
        return
    try:
        inner = os.open(step, _OPEN | os.O_DIRECTORY, dir_fd=folder)
    except OSError as error:
        yield Entry(name=name, oddity=f"{explain(error)}; {_ALLOW}")
        return
    try:
        yield from _walk(inner, name + "/", depth + 1)
    finally:
        os.close(inner)


def _reader(name: str, folder: int) -> Callable[[int], bytes]:
    return lambda limit: read_plain_file(name, limit, folder=folder)


def _read_up_to(descriptor: int, limit: int) -> bytes:
    content = bytearray()
    while len(content) < limit:
        chunk = os.read(descriptor, min(limit - len(content), 1 << 20))
        if not chunk:
            break
        content += chunk
    return bytes(content)
