"""A page's uploads and typed answers to one submission, packed as a student's folder would be."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.errors import SubmissionError
from grader.service.web.answered import (
    ANSWERS_BYTES,
    measure_answers,
    name_parts,
    read_typed,
)
from grader.service.web.uploads import Brought
from grader.spec.loaded import LoadedAssignment
from grader.submission.files import File, show_size
from grader.submission.match import find_owners
from grader.submission.names import Use
from grader.submission.read import read_answers
from grader.submission.rewriting import remove_answers
from grader.submission.stand_ins import write_member, write_stand_in

ANSWERS = "answers.md"
TYPED = "answers-typed.md"
"""Where typed answers do not fit into the file that is called answers.md already."""
MOST_TYPED = 1_000
_HEADING = re.compile(r"^(#{1,6}\s)", re.MULTILINE)
_ESCAPED = r"\\\1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """The page's fields as they were handed in."""

    texts: Mapping[str, str]
    """Of every field, by its name."""
    changed: frozenset[str]
    """Those that differ from what the page showed."""


def pack(
    folder: Path, brought: Brought, kept: Brought, filled: Filled, loaded: LoadedAssignment
) -> Path:
    """One archive of what was uploaded, what is kept from before, and what was typed.

    A file uploaded takes the place of a kept one of the same name; a typed answer that of every
    other answer under its heading. Where uploaded answers have a heading whose text on the page
    is still what the page itself filled in, the uploaded one is meant.

    Errors   SubmissionError when there is nothing.
    """
    given = brought.files
    replaced = {file.name.casefold() for file in given}
    before = [file for file in kept.files if file.name.casefold() not in replaced]
    is_typed = any(text.strip() for text in filled.texts.values())
    if brought.sole_archive and not before and not is_typed:
        return brought.sole_archive
    _require_short([*given, *before])
    given, before, texts = _choose_answers(given, before, filled, loaded)
    files = _write_typed(given, before, texts, loaded)
    left_out = brought.left_out if given or brought.left_out else kept.left_out
    if not files and not left_out:
        raise SubmissionError("there is nothing to hand in: choose a file, or type an answer")
    packed = folder / "submission.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for file in sorted(files, key=lambda file: file.name):
            write_member(archive, file.name, file.content)
        there = {file.name for file in files}
        for name in sorted(left_out.keys() - there):
            write_stand_in(archive, name, left_out[name])
    return packed


def write_answers(typed: Mapping[str, str]) -> str:
    """`answers.md` with a heading for each answer that is not blank."""
    return "\n".join(
        # A line that looks like a heading would begin another answer.
        f"## {name}\n{_HEADING.sub(_ESCAPED, text.strip())}\n"
        for name, text in typed.items()
        if text.strip()
    )


def _choose_answers(
    given: list[File], before: list[File], filled: Filled, loaded: LoadedAssignment
) -> tuple[list[File], list[File], dict[str, str]]:
    """Each file without the answers that another one takes the place of, and what to write."""
    parts = name_parts(loaded)
    uploaded = read_typed(given, loaded)
    own = _find_headings(before, parts)
    gone_given: set[str] = set()
    gone_before = _find_headings(given, parts)
    for name, text in filled.texts.items():
        if name in uploaded:
            gone_before.add(name)
            if name in filled.changed and text.strip():
                gone_given.add(name)
        elif name in filled.changed:
            gone_before.add(name)
            part_id = name.partition(".")[0]
            if part_id in own and not text.strip():
                # It may stand below its part's heading, from where no line is taken out alone.
                gone_before |= {part_id, *(f"{part_id}.{other}" for other in parts[part_id])}
    before = _remove(before, gone_before, parts)
    there = read_typed(before, loaded)
    texts = {
        name: text
        for name, text in filled.texts.items()
        if name in gone_given
        or (name not in uploaded and (name in filled.changed or name not in there))
    }
    return _remove(given, gone_given, parts), before, texts


def _require_short(files: Iterable[File]) -> None:
    if measure_answers(files) > ANSWERS_BYTES:
        raise SubmissionError(
            f"the written answers are larger than {show_size(ANSWERS_BYTES)} together; hand in"
            " this homework's only"
        )


def _find_headings(files: Iterable[File], parts: Mapping[str, tuple[str, ...]]) -> set[str]:
    return set(find_owners(read_answers(files), parts).values()) - {""}


def _remove(files: list[File], names: set[str], parts: Mapping[str, tuple[str, ...]]) -> list[File]:
    left = [
        remove_answers(file, names, parts) if file.use is Use.ANSWERS and names else file
        for file in files
    ]
    return [file for file in left if file is not None]


def _write_typed(
    given: Sequence[File],
    before: Sequence[File],
    texts: Mapping[str, str],
    loaded: LoadedAssignment,
) -> list[File]:
    """All files with what was typed: below the answers of before, or in a file of its own."""
    files = [*given, *before]
    written = {name: text for name, text in texts.items() if text.strip()}
    if not written:
        return files
    expected = read_typed(files, loaded)
    for name, text in written.items():
        expected |= read_typed([_make(ANSWERS, write_answers({name: text}))], loaded)
    whole = write_answers(written)
    for file in before:
        if file.name in (ANSWERS, TYPED):
            joined = f"{file.content.decode('utf-8', 'replace').rstrip()}\n\n{whole}"
            tried = [each for each in files if each is not file] + [_make(file.name, joined)]
            if read_typed(tried, loaded) == expected:
                return tried
    tried = [*files, _make(_find_free(files), whole)]
    if read_typed(tried, loaded) == expected:
        return tried
    # A code block left open in one answer would take in the next.
    for name, text in written.items():
        files.append(_make(_find_free(files), write_answers({name: text})))
    return files


def _make(name: str, text: str) -> File:
    return File(name, text.encode(), Use.ANSWERS)


def _find_free(files: Iterable[File]) -> str:
    there = {file.name.casefold() for file in files}
    others = (TYPED.replace(".", f"-{number}.") for number in range(2, MOST_TYPED))
    return next(name for name in (ANSWERS, TYPED, *others) if name not in there)
