"""The files that were chosen on a page: archives opened, everything named once."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from starlette.datastructures import UploadFile

from grader.errors import SubmissionError
from grader.service.intake import TooLarge, clean_name, name_as_sent
from grader.submission.files import File, Room, show_size
from grader.submission.names import Use, name_use, show_name
from grader.submission.read import open_submission

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz")
MOST_ARCHIVES = 5
"""In one form; homework comes in one."""
_WRITTEN = (".md", ".txt", ".tex")


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """Files, and what was left out of the archives that they came in."""

    files: list[File] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    """By name why, as in `Chosen`."""
    sole_archive: Path | None = None
    """The archive as it came, where nothing else was chosen."""


def read_uploads(folder: Path, uploads: Sequence[UploadFile], limit: int) -> Brought:
    """Everything that was chosen.

    A single .md, .txt or .tex is the answers, whatever it is called; beside others it is what its
    name says, as in a folder.

    Errors   SubmissionError for what cannot be read, is too much, or has the same name twice.
    """
    chosen = [upload for upload in uploads if upload.filename]
    archives = [each for each in chosen if clean_name(str(each.filename)).endswith(ARCHIVES)]
    if len(archives) > MOST_ARCHIVES:
        raise SubmissionError(
            f"{len(archives)} archives were chosen, and at most {MOST_ARCHIVES} are taken at once;"
            " put everything into one .zip"
        )
    files: dict[str, tuple[File, str]] = {}
    left_out: dict[str, str] = {}
    room, size, path = Room(), 0, folder
    for number, upload in enumerate(chosen):
        name = _last_step(str(upload.filename))
        path = folder / str(number) / clean_name(name)
        path.parent.mkdir()
        with path.open("wb") as file:
            shutil.copyfileobj(upload.file, file, 1 << 20)
        size += path.stat().st_size
        if size > limit:
            raise TooLarge(f"this is larger than {show_size(limit)}; hand in code and answers only")
        if upload in archives:
            try:
                opened = open_submission(path, room)
            except SubmissionError as trouble:
                raise SubmissionError(name_as_sent(trouble, path, show_name(name))) from None
            found, left_out = opened.files, left_out | opened.left_out
        else:
            found = [_read_plain(path, name)]
        for each in found:
            _add(files, each, name)
    return Brought(
        files=_find_answers([file for file, _ in files.values()]),
        left_out=left_out,
        sole_archive=path if len(chosen) == len(archives) == 1 else None,
    )


def read_earlier(path: Path) -> Brought:
    """What was handed in before; nothing where it cannot be read any more."""
    try:
        opened = open_submission(path, Room())
    except SubmissionError:
        return Brought()
    return Brought(
        files=[_name_as_answers(each) for each in opened.files], left_out=opened.left_out
    )


def _name_as_answers(file: File) -> File:
    """Answers handed in by themselves, under a name that says what they are."""
    if file.use is Use.ANSWERS and name_use(file.name) is not Use.ANSWERS:
        return file._replace(name=f"answers-{file.name}")
    return file


def _last_step(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2].replace("\0", "")


def _read_plain(path: Path, name: str) -> File:
    name = re.sub(r"[^A-Za-z0-9 ._\-+()@]", "_", name)
    stem, dot, ending = name.rpartition(".")
    name = stem[:100].strip() + dot + ending
    return File(name, path.read_bytes(), name_use(name))


def _add(files: dict[str, tuple[File, str]], file: File, origin: str) -> None:
    there = files.setdefault(file.name.casefold(), (file, origin))
    if there[0].content != file.content:
        one, other = show_name(there[1]), show_name(origin)
        where = f"in {one} and in {other}" if one != other else f"chosen twice, as {one}"
        raise SubmissionError(
            f"{file.name} is {where}, and they differ; choose one of them, or rename one"
        )


def _find_answers(files: list[File]) -> list[File]:
    """The one file of words is the answers, where none is called so."""
    written = [file for file in files if file.name.lower().endswith(_WRITTEN)]
    if len(written) == 1 and written[0].use is Use.UNREAD:
        (only,) = written
        renamed = only._replace(name=f"answers-{only.name}", use=Use.ANSWERS)
        return [renamed if file is only else file for file in files]
    return files
