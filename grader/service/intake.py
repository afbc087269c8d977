"""What comes in over the network: streamed, bounded, and looked at."""

from __future__ import annotations

import functools
import hashlib
import re
import shutil
import tempfile
from collections.abc import AsyncIterable
from pathlib import Path, PurePosixPath
from typing import IO

from grader.errors import SubmissionError
from grader.store.admission import HandedIn
from grader.submission.files import show_size

ENDINGS = (".zip", ".tar", ".tar.gz", ".tgz", ".ipynb", ".py", ".md", ".txt", ".tex")


IN_MEMORY_BYTES = 1 << 20
"""Nearly all homework; what is larger goes to disk as it comes."""


class TooLarge(SubmissionError):
    """What was sent is larger than the service takes."""


def make_spool(folder: Path) -> IO[bytes]:
    """What comes in: in memory while it is small, then in a file that has no name."""
    return tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES, dir=str(_find_place(folder)))


async def stream_to_spool(chunks: AsyncIterable[bytes], spool: IO[bytes], limit: int) -> None:
    """Write what comes to a file.

    Errors   TooLarge as soon as there is more than the limit.
    """
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        if size > limit:
            raise TooLarge(
                f"this is larger than {show_size(limit)}; hand in code and answers only,"
                " without data and pictures"
            )
        spool.write(chunk)


def look_at_upload(spool: IO[bytes], folder: Path, file: str, name: str) -> HandedIn:
    """What came in, under the name that its sender gave the file.

    Errors   SubmissionError, one line that says what to do.
    """
    cleaned = clean_name(file)
    with make_folder(folder) as place:
        path = Path(place) / cleaned
        spool.seek(0)
        with path.open("wb") as copy:
            shutil.copyfileobj(spool, copy, IN_MEMORY_BYTES)
        return look_at(path, name)


def look_at(path: Path, name: str, called: str = "") -> HandedIn:
    """A submission that came in as one file, read as the grader will read it.

    `called` is what its sender knows it as.

    Errors   SubmissionError, one line that says what to do.
    """
    from grader.submission.read import identify, read_with_files

    try:
        _, files = read_with_files(path)
    except SubmissionError as trouble:
        raise SubmissionError(name_as_sent(trouble, path, called or path.name)) from None
    return HandedIn(
        archive=path.read_bytes(),
        archive_name=path.name,
        name=name,
        content_hash=identify(files),
        manifest=[
            {
                "name": file.name,
                "sha256": hashlib.sha256(file.content).hexdigest(),
                "size": len(file.content),
            }
            for file in files
        ],
    )


def name_as_sent(trouble: SubmissionError, path: Path, called: str) -> str:
    """What is wrong with a file; where it lies on this machine is nobody's business but ours."""
    from grader.submission.read import show_path

    own = f"{re.escape(show_path(path))}|{re.escape(path.name)}"
    return re.sub(own, lambda _: called, str(trouble), count=1)


def clean_name(name: str) -> str:
    """A file's name as it may stand on this disk; what the student called it is kept apart.

    Errors   SubmissionError when its ending is none that is read.
    """
    last = PurePosixPath(name.replace("\\", "/")).name.lower()
    for ending in ENDINGS:
        if last.endswith(ending):
            stem = re.sub(r"[^a-z0-9_-]", "_", last[: -len(ending)])[:60] or "submission"
            return stem + ending
    raise SubmissionError(
        f"a file called '{last[:60]}' is not read; hand in a .zip, .tar.gz, .ipynb, .py or .md"
    )


def make_folder(folder: Path) -> tempfile.TemporaryDirectory[str]:
    """A folder for one upload, gone with the request."""
    return tempfile.TemporaryDirectory(dir=_find_place(folder))


@functools.cache
def _find_place(folder: Path) -> Path:
    place = folder.absolute() / "incoming"
    place.mkdir(parents=True, exist_ok=True)
    return place
