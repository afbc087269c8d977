"""What is sent to a server: a folder as a zip of what counts, anything else as it is."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

from grader.errors import SubmissionError
from grader.submission.files import ENTRIES, NOTEBOOK_BYTES, SEEN_ENTRIES, find_size_fault
from grader.submission.folder import explain, walk_folder
from grader.submission.names import Use, name_use
from grader.submission.stand_ins import write_member, write_stand_in

_READ = (Use.PYTHON, Use.NOTEBOOK, Use.ANSWERS)


@dataclass(frozen=True, slots=True)
class Parcel:
    """One file to send, and what the submission is called."""

    content: bytes
    file: str
    name: str


def pack(path: Path) -> Parcel:
    """A submission as one file; the same folder always makes the same bytes.

    Of files that are never read only the names go along, so that the report can say so.

    Errors   SubmissionError when it cannot be read.
    """
    name = path.resolve().name
    if path.is_dir():
        return Parcel(_pack_folder(path), "submission.zip", name)
    try:
        return Parcel(path.read_bytes(), name, name)
    except OSError as error:
        raise SubmissionError(
            f"{path} cannot be read: {explain(error)}; name a folder, an archive or a file"
        ) from None


def _pack_folder(path: Path) -> bytes:
    content = io.BytesIO()
    counted = 0
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for seen, entry in enumerate(walk_folder(path), 1):
            use = name_use(entry.name)
            if use is Use.IGNORED or entry.name.endswith("/"):
                continue
            counted += 1
            if counted > ENTRIES or seen > SEEN_ENTRIES:
                raise SubmissionError(
                    f"{path} holds more than {ENTRIES:,} files; hand in this homework's only"
                )
            reason = entry.oddity or (find_size_fault(entry.size, use) if use in _READ else "")
            if reason or use not in _READ:
                write_stand_in(archive, entry.name, reason)
                continue
            try:
                write_member(archive, entry.name, entry.read(NOTEBOOK_BYTES + 1))
            except OSError as error:
                raise SubmissionError(f"{path / entry.name} cannot be read: {error}") from None
    return content.getvalue()
