"""Markdown pages: where the headings are, and where they only look like some."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from grader.submission.answers import (
    FENCE,
    HEADINGS,
    ID_LIKE,
    Heading,
    cut_at_headings,
    plain_title,
)
from grader.submission.models import Answer, Remark

_COMMENT = re.compile(r"<!--.*?-->")


class Page(NamedTuple):
    """One run of lines that renders by itself: a file, or one Markdown cell of a notebook."""

    file: str
    lines: Sequence[str]


def read_markdown(pages: Iterable[Page]) -> tuple[list[Answer], list[Remark]]:
    """The answers of Markdown pages, in order; text goes on from one page to the next."""
    answers: list[Answer] = []
    remarks: list[Remark] = []
    for page in pages:
        lines, headings, found = _mark(page)
        remarks += found
        cut_at_headings(page.file, lines, headings, answers)
    return answers, remarks


def _mark(page: Page) -> tuple[list[str], list[Heading], list[Remark]]:
    """The page without its HTML comments, and its headings; neither looks inside a fence."""
    lines: list[str] = []
    headings: list[Heading] = []
    remarks: list[Remark] = []
    closers = _longest_closers(page.lines)
    last_comment_end = max((i for i, line in enumerate(page.lines) if "-->" in line), default=-1)
    fence, in_comment = "", False
    for index, line in enumerate(page.lines):
        if not fence:
            line, in_comment = _cut_comments(line, in_comment, index, last_comment_end)
        lines.append(line)
        mark = FENCE.match(line)
        if fence:
            if mark and not mark[2].strip() and mark[1].startswith(fence):
                fence = ""
        elif mark and not (mark[1][0] == "`" and "`" in mark[2]):
            if closers[index + 1].get(mark[1][0], 0) >= len(mark[1]):
                fence = mark[1]
            else:
                message = f"the code block opened with {mark[1][:3]} is never closed; close it"
                remarks.append(Remark(file=page.file, line=index + 1, message=message))
        elif len(headings) <= HEADINGS and (found := _markdown_heading(line)):
            headings.append(Heading(index, *found))
    return lines, headings, remarks


def _markdown_heading(line: str) -> tuple[int, str] | None:
    text = line.lstrip(" ")
    title = text.lstrip("#")
    level = len(text) - len(title)
    if not 1 <= level <= 6 or len(line) - len(text) > 3:
        return None
    if title[:1] not in ("", " ", "\t") and not (level > 1 and ID_LIKE.fullmatch(title.strip())):
        return None  # `##part` is meant as a heading; `#include` and `#1` are not
    title = title.strip()
    unclosed = title.rstrip("#")
    if unclosed != title and (not unclosed or unclosed[-1] in " \t"):
        title = unclosed
    return level, plain_title(title)


def _cut_comments(line: str, inside: bool, index: int, last_end: int) -> tuple[str, bool]:
    """The line without its HTML comments, and whether one goes on below."""
    if inside:
        _, end, line = line.partition("-->")
        if not end:
            return "", True
    # Up to the last `-->` every comment is closed, so that no search runs to the line's end twice.
    closed = line.rfind("-->") + 1
    if closed:
        line = _COMMENT.sub("", line[: closed + 2]) + line[closed + 2 :]
    text, start, _ = line.partition("<!--")
    goes_on = bool(start) and last_end > index
    return (text if goes_on else line), goes_on


def _longest_closers(lines: Sequence[str]) -> list[dict[str, int]]:
    """For each line, the longest closing fence of each kind on it or below."""
    below: list[dict[str, int]] = [{}]
    for line in reversed(lines):
        longest = below[-1]
        mark = FENCE.match(line)
        if mark and not mark[2].strip() and len(mark[1]) > longest.get(mark[1][0], 0):
            longest = {**longest, mark[1][0]: len(mark[1])}
        below.append(longest)
    return below[::-1]
