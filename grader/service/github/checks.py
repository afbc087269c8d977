"""A report as the requests that make a check run: fifty annotations in each.

Source   https://docs.github.com/en/rest/checks/runs
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from grader.report import markdown
from grader.report.cleaning import cut
from grader.report.formats.github_check import ANNOTATIONS_LIMIT, list_annotations, make_check_run
from grader.report.models import Report

Request = Mapping[str, Any]
WORDS_LIMIT = 2_000


def make_requests(report: Report, folder: str, **facts: str) -> list[Request]:
    """The request that makes the run, and those that add annotations to it."""
    annotations = list_annotations(report, folder)
    is_full = report.score >= report.max_score and not report.open_points
    run = make_check_run(report, folder, conclusion="success" if is_full else "neutral")
    # Its own summary says how many annotations do not fit; here all of them follow.
    output = {"title": run["output"]["title"], "summary": markdown.render(report)}
    batches = list(_cut(annotations)) or [[]]
    first = {**run, "output": {**output, "annotations": batches[0]}, **_keep(facts)}
    return [first, *({"output": {**output, "annotations": each}} for each in batches[1:])]


def make_refusal(assignment: str, words: str, **facts: str) -> list[Request]:
    """A run that says why there is no report; only what its student can mend is a failure."""
    said = cut(words, WORDS_LIMIT)
    return [
        {
            "name": f"grade {assignment}",
            "status": "completed",
            "conclusion": facts.pop("conclusion", "failure"),
            "output": {"title": "Not graded", "summary": _escape(said)},
            **_keep(facts),
        }
    ]


def _cut(annotations: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(annotations), ANNOTATIONS_LIMIT):
        yield annotations[start : start + ANNOTATIONS_LIMIT]


def _keep(facts: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in facts.items() if value}


def _escape(words: str) -> str:
    return "\n\n".join(markdown.escape_text(line) for line in words.splitlines() if line.strip())
