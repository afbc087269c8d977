"""What comes in over the network: streamed to disk, bounded, hashed, and looked at."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import AsyncIterable
from pathlib import Path, PurePosixPath

from grader.errors import SubmissionError
from grader.store.admission import HandedIn
from grader.submission.files import show_size

ENDINGS = (".zip", ".tar", ".tar.gz", ".tgz", ".ipynb", ".py", ".md", ".txt", ".tex")


class TooLarge(SubmissionError):
    """What was sent is larger than the service takes."""


async def stream_to_file(chunks: AsyncIterable[bytes], path: Path, limit: int) -> str:
    """Write what comes to a file, and give its SHA-256.

    Errors   TooLarge as soon as there is more than the limit.
    """
    digest, size = hashlib.sha256(), 0
    with path.open("wb") as file:
        async for chunk in chunks:
            size += len(chunk)
            if size > limit:
                raise TooLarge(
                    f"this is larger than {show_size(limit)}; hand in code and answers only,"
                    " without data and pictures"
                )
            digest.update(chunk)
            file.write(chunk)
    return digest.hexdigest()


def look_at(path: Path, name: str) -> HandedIn:
    """A submission that came in as one file, read as the grader will read it.

    Errors   SubmissionError, one line that says what to do.
    """
    from grader.submission.read import identify, read_files, read_submission

    files = read_files(path)
    read_submission(path)
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
    place = folder.absolute() / "incoming"
    place.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryDirectory(dir=place)
