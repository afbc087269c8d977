"""A page's uploads and typed answers to one submission, packed as a student's folder would be."""

from __future__ import annotations

import re
import shutil
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from starlette.datastructures import UploadFile

from grader.errors import SubmissionError
from grader.service.intake import TooLarge, clean_name
from grader.submission.files import HOW_TO_HAND_IN, TOTAL_BYTES, File, show_size
from grader.submission.names import Use
from grader.submission.read import read_files

ANSWERS = "answers.md"
TYPED = "answers-typed.md"
"""Where a file handed in is called answers.md already."""
ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz")
_HEADING = re.compile(r"^(#{1,6}\s)", re.MULTILINE)
_ESCAPED = r"\\\1"
_EPOCH = (1980, 1, 1, 0, 0, 0)


def pack(
    folder: Path,
    uploads: Sequence[UploadFile],
    typed: Mapping[str, str],
    kept: Sequence[File],
    limit: int,
    before: Mapping[str, str] = MappingProxyType({}),
) -> Path:
    """One archive of what was uploaded, what is kept from before, and what was typed.

    A file uploaded takes the place of a kept one of the same name; a typed answer that of the
    kept answers under the same heading. Where uploaded answers have a heading whose text on the
    page is still that of `before`, which the page itself filled in, the uploaded one is meant.

    Errors   SubmissionError when there is nothing, or more than the limit.
    """
    given: dict[str, bytes] = {}
    sizes = 0
    for upload in uploads:
        if not upload.filename:
            continue
        path = folder / f"{len(given)}-{clean_name(upload.filename)}"
        with path.open("wb") as file:
            shutil.copyfileobj(upload.file, file, 1 << 20)
        sizes += path.stat().st_size
        if sizes > limit:
            raise TooLarge(f"this is larger than {show_size(limit)}; hand in code and answers only")
        given |= _read_upload(path, upload.filename)
        if sum(map(len, given.values())) > TOTAL_BYTES:
            # Each archive alone may unpack to as much.
            raise TooLarge(f"this unpacks to more than {show_size(TOTAL_BYTES)}; {HOW_TO_HAND_IN}")
    files = {file.name: file.content for file in kept if file.name != TYPED} | given
    uploaded = read_typed(
        [File(ANSWERS, given[ANSWERS], Use.ANSWERS)] if ANSWERS in given else (), list(typed)
    )
    stale = {name for name in uploaded if typed[name].split() == before.get(name, "").split()}
    answers = write_answers({name: typed[name] for name in typed if name not in stale})
    if answers:
        files.pop(ANSWERS, None) if ANSWERS not in given else None
        files[TYPED if ANSWERS in files else ANSWERS] = answers.encode()
    if not files:
        raise SubmissionError("there is nothing to hand in: choose a file, or type an answer")
    packed = folder / "submission.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content)
    return packed


def write_answers(typed: Mapping[str, str]) -> str:
    """`answers.md` with a heading for each answer that is not blank."""
    return "\n".join(
        # A line that looks like a heading would begin another answer.
        f"## {name}\n{_HEADING.sub(_ESCAPED, text.strip())}\n"
        for name, text in typed.items()
        if text.strip()
    )


def read_typed(files: Sequence[File], known: Sequence[str]) -> dict[str, str]:
    """Answers of an earlier submission, to go on from: by the names of what is filled in."""
    from grader.submission.markdown import Page, read_markdown
    from grader.submission.text import decode_text

    found: dict[str, str] = {}
    for file in files:
        if file.name not in (ANSWERS, TYPED):
            continue
        text = decode_text(file.name, file.content)
        if not isinstance(text, str):
            continue
        answers, _ = read_markdown([Page(file.name, text.split("\n"))])
        for answer in answers:
            name = answer.part.partition("/")[2] or answer.part
            if name in known:
                found[name] = answer.text.strip()
    return found


def _read_upload(path: Path, name: str) -> dict[str, bytes]:
    if path.name.endswith(ARCHIVES):
        return {file.name: file.content for file in read_files(path)}
    last = re.sub(r"[^A-Za-z0-9 ._\-+()@]", "_", name.replace("\\", "/").rpartition("/")[2])[:100]
    if path.suffix in (".md", ".txt", ".tex") and not last.lower().startswith("answers"):
        # By itself such a file is the answers, whatever it is called.
        last = f"answers-{last}" if path.suffix != ".md" else ANSWERS
    return {last: path.read_bytes()}
