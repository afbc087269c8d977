"""Reports on disk: the whole text or nothing."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from grader.errors import ReportFault

READABLE = 0o666


def write_report(text: str, path: Path | str) -> None:
    """Write a report beside its place, then move it there: no reader ever sees half of one.

    Errors   ReportFault, one line, when the folder is missing or full or may not be written;
             what stood there before still does.
    """
    path = Path(path)
    try:
        if path.exists() and not path.is_file():
            # A pipe or a device cannot be replaced; a folder fails here, in its own words.
            path.write_text(text, encoding="utf-8")
        else:
            # A link stays a link: the file it names is replaced.
            _replace(text, path.resolve())
    except OSError as error:
        raise ReportFault(f"cannot write the report to {path}: {_explain(error, path)}") from None


def _replace(text: str, path: Path) -> None:
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fchmod(file.fileno(), _find_mode(path))
            os.fsync(file.fileno())
        Path(draft).replace(path)
    except BaseException:
        # Also when interrupted: a draft left behind would be mistaken for a report.
        with contextlib.suppress(OSError):
            Path(draft).unlink()
        raise


def _find_mode(path: Path) -> int:
    """The mode of the file that is replaced, or that of any new file."""
    with contextlib.suppress(OSError):
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return READABLE & ~mask


def _explain(error: OSError, path: Path) -> str:
    if isinstance(error, FileNotFoundError):
        return f"there is no folder {path.parent}"
    return (error.strerror or type(error).__name__).lower()
