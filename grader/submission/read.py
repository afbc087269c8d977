"""Read what a student handed in: a folder, an archive, a notebook, a file."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from grader.errors import SubmissionError
from grader.submission.answers import HEADINGS, add_answer, name_answers
from grader.submission.files import HOW_TO_HAND_IN, Chosen, Entry, File, Room, choose_files
from grader.submission.folder import explain, read_plain_file, walk_folder
from grader.submission.markdown import Page, read_markdown
from grader.submission.models import Answer, Remark, Source, Submission
from grader.submission.names import Use, name_use
from grader.submission.scan import find_definitions
from grader.submission.text import decode_python, decode_text

REMARKS = 100
"""More than anybody reads."""
REASONS = 5
"""In one line, where nothing could be read at all."""
_WRITTEN = (".md", ".txt", ".tex")
# Of two answers, and of two functions, the later counts: notebooks hold drafts, so they go first.
_READING_ORDER = (Use.NOTEBOOK, Use.PYTHON, Use.ANSWERS)


def read_submission(path: Path) -> Submission:
    """A folder, `.zip`, `.tar`, `.tar.gz`, `.tgz`, notebook, Python file or written answers.

    Everything is read into memory as bytes, bounded; nothing is unpacked to disk or executed.

    Errors   SubmissionError when nothing in it can be read: one line that says what to do.
    """
    return read_with_files(path)[0]


def read_with_files(path: Path) -> tuple[Submission, list[File]]:
    """A submission, and its files that count as bytes; as `read_submission`."""
    files, remarks, _ = choose_files(_list_entries(path, Room()), show_path(path))
    content = _read_contents(files)
    remarks += content.remarks
    if not content.is_understood:
        raise SubmissionError(_nothing_read(path, remarks))
    submission = Submission(
        id=identify(files),
        name=show_path(Path(path.resolve().name)),
        answers=content.answers,
        sources=tuple(content.sources),
        remarks=_cut(remarks),
    )
    return submission, files


def read_answers(files: Iterable[File]) -> dict[str, Answer]:
    """What stands under each heading of the files with written answers, as a submission has it."""
    return _read_contents(file for file in files if file.use is Use.ANSWERS).answers


class _Contents(NamedTuple):
    answers: dict[str, Answer]
    sources: list[Source]
    remarks: list[Remark]
    is_understood: bool


def _read_contents(files: Iterable[File]) -> _Contents:
    sources: list[Source] = []
    answers: dict[str, Answer] = {}
    remarks: list[Remark] = []
    understood = False
    for file in sorted(files, key=lambda file: (_READING_ORDER.index(file.use), file.name)):
        content = _READERS[file.use](file)
        if isinstance(content, Remark):
            remarks.append(content)
            continue
        understood = True
        source, found, trouble = content
        sources += [source] if source else []
        named, repeated = name_answers(found, HEADINGS - len(answers))
        remarks += trouble + repeated
        for key, answer in named.items():
            add_answer(answers, key, answer)
    return _Contents(answers, sources, remarks, understood)


def read_files(path: Path) -> list[File]:
    """The files of a submission that count, as bytes.

    Errors   SubmissionError when there are too many, or the whole can't be opened.
    """
    return open_submission(path, Room()).files


def open_submission(path: Path, room: Room) -> Chosen:
    """The same, with what there is to remark and what was left out."""
    return choose_files(_list_entries(path, room), show_path(path))


def identify(files: Iterable[File]) -> str:
    """The same for the same names and bytes, whatever they were packed in.

    Names and contents are each preceded by their length, so that no two lists of files write
    the same bytes.
    """
    from hashlib import sha256

    digest = sha256(b"fairmark submission 1\n")
    for file in sorted(files, key=lambda file: file.name):
        for item in (file.name.encode(), file.content):
            digest.update(len(item).to_bytes(8, "big"))
            digest.update(item)
    return f"sha256:{digest.hexdigest()}"


def show_path(path: Path) -> str:
    """A path for a message: a hostile file name must not break the line."""
    return "".join(sign if sign.isprintable() else "?" for sign in str(path))


def _list_entries(path: Path, room: Room) -> Iterable[Entry]:
    try:
        status = path.stat()
    except (OSError, ValueError) as error:
        reason = explain(error) if isinstance(error, OSError) else str(error)
        raise SubmissionError(
            f"{show_path(path)} cannot be read: {reason}; name a folder, an archive or a file"
        ) from None
    if stat.S_ISDIR(status.st_mode):
        return walk_folder(path)
    name = path.name.lower()
    if name.endswith(".zip"):
        from grader.submission.archive import list_zip

        return list_zip(path, room)
    if name.endswith((".tar", ".tar.gz", ".tgz")):
        from grader.submission.tar import list_tar

        return list_tar(path, room)
    return [_single(path, status)]


def _single(path: Path, status: os.stat_result) -> Entry:
    """One file, handed in by itself: whatever its name, a .md file holds the answers."""
    use = name_use(path.name)
    if path.suffix.lower() in _WRITTEN:
        use = Use.ANSWERS
    if use not in _READERS:
        seen = f"a {path.suffix} file" if path.suffix else "a file without an ending"
        raise SubmissionError(
            f"{show_path(path)} is {seen}; hand in a folder, .zip, .tar.gz, .ipynb, .py or "
            "answers.md"
        )
    return Entry(
        name=path.name,
        size=status.st_size,
        read=lambda limit: read_plain_file(path, limit),
        use=use,
    )


Content = tuple[Source | None, Sequence[Answer], list[Remark]]


def _read_python(file: File) -> Content | Remark:
    text = decode_python(file.name, file.content)
    if isinstance(text, Remark):
        return text
    return Source(name=file.name, text=text, functions=find_definitions(text)), [], []


def _read_notebook(file: File) -> Content | Remark:
    from grader.submission.notebook import read_notebook

    return read_notebook(file.name, file.content)


def _read_answers(file: File) -> Content | Remark:
    text = decode_text(file.name, file.content)
    if isinstance(text, Remark):
        return text
    if file.name.lower().endswith(".tex"):
        from grader.submission.tex import read_latex

        answers = read_latex(file.name, text)
        remarks: list[Remark] = []
    else:
        answers, remarks = read_markdown([Page(file.name, text.split("\n"))])
    if not answers and text.strip():
        form = r"\section{part-id}" if file.name.lower().endswith(".tex") else "## part-id"
        message = f"no headings; write '{form}' above each answer"
        remarks.append(Remark(file=file.name, line=1, message=message))
    return None, answers, remarks


_READERS = {
    Use.PYTHON: _read_python,
    Use.NOTEBOOK: _read_notebook,
    Use.ANSWERS: _read_answers,
}


def _nothing_read(path: Path, remarks: Sequence[Remark]) -> str:
    if not remarks:
        return f"{show_path(path)} is empty; {HOW_TO_HAND_IN}"
    said = [_say_reason(remark) for remark in remarks[:REASONS]]
    if len(remarks) > REASONS:
        said.append(f"and {len(remarks) - REASONS:,} more")
    reasons = " / ".join(said)
    return f"nothing in {show_path(path)} can be read: {reasons}"


def _say_reason(remark: Remark) -> str:
    place = f"{remark.file}:{remark.line}" if remark.line else remark.file
    return f"{place}: {remark.message.removeprefix('not read: ')}"


def _cut(remarks: Sequence[Remark]) -> tuple[Remark, ...]:
    remarks = sorted(remarks, key=lambda remark: (remark.file, remark.line))
    if len(remarks) > REMARKS:
        more = f"and {len(remarks) - REMARKS:,} more remarks of this kind"
        remarks = [*remarks[:REMARKS], replace(remarks[REMARKS], line=0, message=more)]
    return tuple(remarks)
