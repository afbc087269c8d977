"""Written answers: Markdown or LaTeX, cut at its headings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from grader.submission.models import Answer, Remark

ANSWER_CHARACTERS = 20_000
"""Several pages; whatever reads an answer may count on it."""
HEADINGS = 2_000
"""Ten times what a term's homework has; one more is kept, to say where the reading ended."""
_HEADING_CHARACTERS = 200

FENCE = re.compile(r" {0,3}(`{3,}|~{3,})[ \t]*([^\n]*)$")
_RULE = re.compile(r" {0,3}(?:-[ \t]*){3,}$| {0,3}(?:\*[ \t]*){3,}$| {0,3}(?:_[ \t]*){3,}$")
ID_LIKE = re.compile(r"[A-Za-z][\w.\-]*")
_ASSIGNMENT_PREFIX = re.compile(r"hw\d+[a-z]?/", re.IGNORECASE)


class Heading(NamedTuple):
    """A heading and the line it stands on, counted from 0."""

    line_index: int
    level: int
    title: str
    rest: str = ""
    """What follows it on its own line, in LaTeX."""


def cut_at_headings(
    file: str, lines: Sequence[str], headings: Sequence[Heading], answers: list[Answer]
) -> None:
    """Append one answer a heading; text above the first one goes on with the last answer."""
    headings = headings[: max(0, HEADINGS + 1 - len(answers))]
    first = headings[0].line_index if headings else len(lines)
    above = "\n".join(lines[:first]).strip("\n")
    if answers and above.strip():
        going_on = answers.pop()
        if not going_on.text:
            going_on = replace(going_on, file=file, line=_first_written(lines, 0, first) + 1)
        if len(going_on.text) <= ANSWER_CHARACTERS:
            going_on = replace(going_on, text=f"{going_on.text}\n\n{above}".strip("\n"))
        answers.append(going_on)
    for number, heading in enumerate(headings):
        end = headings[number + 1].line_index if number + 1 < len(headings) else len(lines)
        start = _first_written(lines, heading.line_index + 1, end)
        body = lines[start:end]
        if heading.rest.strip():
            start = heading.line_index
            body = [heading.rest.lstrip(), *lines[start + 1 : end]]
        answers.append(
            Answer(
                part=heading.title,
                text="\n".join(body).rstrip(),
                file=file,
                line=start + 1,
                level=heading.level,
                heading_line=heading.line_index + 1,
            )
        )


def name_answers(
    found: Sequence[Answer], limit: int = HEADINGS
) -> tuple[dict[str, Answer], list[Remark]]:
    """Key one document's answers by heading, `part.heading` below a part.

    The heading of the document as a whole, such as `# Homework 2`, is nobody's part. Repeats are
    all kept: only whoever knows the parts can tell two answers from two prose headings.
    """
    answers: dict[str, Answer] = {}
    remarks: list[Remark] = []
    above: list[Answer] = []
    titles = find_titles(found)
    for answer in found[:limit]:
        while above and above[-1].level >= answer.level:
            above.pop()
        parents = [step.part for step in above if step not in titles]
        key = ".".join([*filter(ID_LIKE.fullmatch, parents[-1:]), answer.part])
        if key in answers:
            key = ".".join([*parents, answer.part])
        above.append(answer)
        answer, trouble = _shorten(tidy(answer))
        remarks += trouble
        add_answer(answers, key, answer)
    if len(found) > limit:
        remarks.append(
            Remark(
                file=found[limit].file,
                line=found[limit].heading_line,
                message=f"not read from here on: more than {HEADINGS:,} headings",
            )
        )
    return answers, remarks


def add_answer(answers: dict[str, Answer], key: str, answer: Answer) -> None:
    """Add one more, under a key of its own where the heading is there already."""
    if key in answers:
        key = f"{key} ({answer.file}:{answer.heading_line})"
    answers[key] = answer


def find_titles(found: Iterable[Answer]) -> list[Answer]:
    """Of each document the heading above all the others, such as `# Homework 2`, if it has one.

    What stands below it, a name and a date, is no answer.
    """
    documents: dict[str, list[Answer]] = {}
    for answer in found:
        documents.setdefault(document_of(answer), []).append(answer)
    return [
        first
        for first, *others in documents.values()
        if first.level == 1
        and (others or first.file != document_of(first))
        and all(other.level > 1 for other in others)
    ]


def document_of(answer: Answer) -> str:
    """The file an answer stands in: all cells of a notebook are one document."""
    return answer.file.partition(",")[0]


def choose_repeat(name: str, first: Answer, second: Answer) -> tuple[Answer, list[Remark]]:
    """Of two answers under one name the later counts, unless it is empty."""
    if not second.text:
        return first, []
    if not first.text or first.text == second.text:
        return second, []
    where = f"{first.file}:{first.heading_line}"
    message = (
        f"'{name}' is answered twice, at {where} and {second.file}:{second.heading_line}; "
        "the later one counts: delete the other"
    )
    return second, [Remark(file=second.file, line=second.heading_line, message=message)]


def tidy(answer: Answer) -> Answer:
    """The text without blank ends, rules (`---`) around it and a fence around all of it."""
    lines = answer.text.split("\n")
    start, end = _trim(lines, 0, len(lines))
    fence = FENCE.match(lines[start]) if end - start >= 2 else None
    if fence and (closing := _closing_line(lines, start + 1, fence[1])) in (-1, end - 1):
        start, end = _trim(lines, start + 1, end if closing < 0 else closing)
    text = "\n".join(lines[start:end])
    if "\n" not in text:
        text = text.strip()
        if len(text) > 2 and text[0] == text[-1] == "`" and text.count("`") == 2:
            text = text[1:-1].strip()
    return replace(answer, text=text if text.strip() else "", line=answer.line + start)


def plain_title(title: str) -> str:
    """A heading's words without emphasis, code marks, colon and the assignment's name."""
    title = title[: 2 * _HEADING_CHARACTERS].replace("\\_", "_").strip()
    for _ in range(4):
        title = title.rstrip(": \t")
        for mark in ("**", "__", "*", "_", "`"):
            if title.startswith(mark) and title.endswith(mark) and len(title) > 2 * len(mark):
                title = title[len(mark) : -len(mark)]
    title = _ASSIGNMENT_PREFIX.sub("", title, count=1)
    return " ".join(title.split())[:_HEADING_CHARACTERS]


def _closing_line(lines: Sequence[str], start: int, fence: str) -> int:
    for index in range(start, len(lines)):
        mark = FENCE.match(lines[index])
        if mark and not mark[2].strip() and mark[1].startswith(fence):
            return index
    return -1


def _trim(lines: Sequence[str], start: int, end: int) -> tuple[int, int]:
    while start < end and (not lines[start].strip() or _RULE.match(lines[start])):
        start += 1
    while start < end and (not lines[end - 1].strip() or _RULE.match(lines[end - 1])):
        end -= 1
    return (start, end) if start < end else (0, 0)


def _first_written(lines: Sequence[str], start: int, end: int) -> int:
    return next((index for index in range(start, end) if lines[index].strip()), start)


def _shorten(answer: Answer) -> tuple[Answer, list[Remark]]:
    if len(answer.text) <= ANSWER_CHARACTERS:
        return answer, []
    message = (
        f"the answer has {len(answer.text):,} characters; "
        f"only the first {ANSWER_CHARACTERS:,} are read"
    )
    remark = Remark(file=answer.file, line=answer.line, message=message)
    return replace(answer, text=answer.text[:ANSWER_CHARACTERS]), [remark]
