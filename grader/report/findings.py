"""What a report says about lines of the student's files: for annotations, SARIF and the like."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from grader.report.details import Explanation, explain_part
from grader.report.explained import write_explanation
from grader.report.models import PartReport, Report
from grader.report.words import VERDICTS, shorten_id

Level = Literal["error", "warning", "notice"]

LEVELS: dict[str, Level] = {"wrong": "error", "partly": "warning"}
"""By a verdict's tone; what is blank or open is a notice."""

_PLACE = re.compile(
    r"(?P<file>[^\0]+?)(?:, cell (?P<cell>\d{1,6}))?(?:(?:, line |:)(?P<line>\d{1,7}))?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing to say at one place."""

    path: str
    """From the root of the repository, with forward slashes."""
    line: int
    """0 where the whole file is meant: a notebook's lines are those of a cell, not of the file."""
    level: Level
    rule: str
    """`hw2/conv1d-forward`, or `files` for a remark about a file."""
    check: str
    title: str
    message: str
    lost_points: float


def list_findings(report: Report, folder: str = "") -> tuple[Finding, ...]:
    """Everything that has a place, the worst first.

    `folder` is where the submission lies, seen from the repository's root.
    """
    found = [*_find_in_parts(report, folder), *_find_in_remarks(report, folder)]
    order = ("error", "warning", "notice")
    found.sort(key=lambda each: (order.index(each.level), -each.lost_points))
    return tuple(found)


def _find_in_parts(report: Report, folder: str) -> Iterator[Finding]:
    for part in report.parts:
        for explained in explain_part(part):
            place = locate(explained.check.location, folder)
            if place:
                yield _make_finding(part, explained, *place)


def _make_finding(part: PartReport, explained: Explanation, path: str, line: int) -> Finding:
    check = explained.check
    lost = 0.0 if check.verdict.is_open else max(0.0, check.max_score - check.score)
    return Finding(
        path=path,
        line=line,
        level=LEVELS.get(VERDICTS[check.verdict].tone, "notice"),
        rule=part.id,
        check=check.name,
        title=f"{shorten_id(part)}: {check.verdict}",
        message=write_explanation(explained, code=False),
        lost_points=lost,
    )


def _find_in_remarks(report: Report, folder: str) -> Iterator[Finding]:
    for remark in report.remarks:
        place = locate(f"{remark.file}:{remark.line}", folder)
        if place:
            yield Finding(
                path=place[0],
                line=place[1],
                level="notice",
                rule="files",
                check=remark.message,
                title="about this file",
                message=remark.message,
                lost_points=0.0,
            )


def locate(location: str, folder: str) -> tuple[str, int] | None:
    """Path and line of `conv.py:12` or `hw2.ipynb, cell 3, line 2`; None for what is no path.

    A student's code has a say in the text: whatever points out of the folder is no place.
    """
    read = _PLACE.fullmatch(location)
    if not read or read["file"].startswith(("/", "\\")) or "\n" in location:
        return None
    steps = read["file"].split("/")
    if ".." in steps or "" in steps:
        return None
    line = 0 if read["cell"] else int(read["line"] or 0)
    return "/".join(filter(None, (folder.strip("/"), *steps))), line
