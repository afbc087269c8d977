"""One folder out of a commit's tarball, packed again: names and bytes, and nothing is unpacked."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

from grader.errors import SubmissionError
from grader.submission.files import SEEN_ENTRIES, Entry
from grader.submission.tar import list_tar

TEXT_BYTES = 20 << 20
"""More than the grader reads of any file: a longer one keeps this much, and is refused for it."""


def list_folders(tarball: Path) -> frozenset[str]:
    """Names of the folders at the root of the commit.

    Errors   SubmissionError when it is no tarball, damaged, or unpacks to too much.
    """
    return frozenset(
        name.partition("/")[0] for name, _ in _walk(tarball) if "/" in name.rstrip("/")
    )


def cut_folder(tarball: Path, folder: str) -> bytes:
    """What lies below a folder, as a tar; links stay links, for the report to name.

    Errors   SubmissionError, also where nothing lies there.
    """
    packed = io.BytesIO()
    count = 0
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, entry in _walk(tarball):
            inner = name.removeprefix(f"{folder}/") if folder else name
            if not inner or inner.endswith("/") or (folder and inner == name):
                continue
            count += 1
            header = tarfile.TarInfo(inner)
            if entry.oddity:
                header.type, header.linkname = tarfile.SYMTYPE, "elsewhere"
                archive.addfile(header)
                continue
            content = entry.read(TEXT_BYTES)
            header.size = len(content)
            archive.addfile(header, io.BytesIO(content))
    if not count:
        place = f"the folder {folder}/ of the commit" if folder else "the commit"
        raise SubmissionError(f"{place} holds no files; commit your work there")
    return packed.getvalue()


def _walk(tarball: Path) -> Iterator[tuple[str, Entry]]:
    """Entries with their paths from the repository's root: a host puts one folder around all."""
    for seen, entry in enumerate(list_tar(tarball)):
        if seen > SEEN_ENTRIES:
            raise SubmissionError(f"the commit holds more than {SEEN_ENTRIES:,} files")
        _, slash, name = entry.name.partition("/")
        if slash and name:
            yield name, entry
