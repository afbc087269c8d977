"""What is sent to a server: a folder as a zip of what counts, anything else as it is."""

from __future__ import annotations

import io
import stat
import zipfile
from dataclasses import dataclass
from pathlib import Path

from grader.errors import SubmissionError
from grader.submission.files import ENTRIES, NOTEBOOK_BYTES, SEEN_ENTRIES, TEXT_BYTES
from grader.submission.folder import explain, walk_folder
from grader.submission.names import Use, name_use

_EPOCH = (1980, 1, 1, 0, 0, 0)
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
            member = zipfile.ZipInfo(entry.name, _EPOCH)
            member.compress_type = zipfile.ZIP_DEFLATED
            if entry.oddity:
                member.external_attr = (stat.S_IFLNK | 0o777) << 16
            limit = NOTEBOOK_BYTES if use is Use.NOTEBOOK else TEXT_BYTES
            wanted = use in _READ and not entry.oddity
            try:
                archive.writestr(member, entry.read(limit + 1) if wanted else b"")
            except OSError as error:
                raise SubmissionError(f"{path / entry.name} cannot be read: {error}") from None
    return content.getvalue()
