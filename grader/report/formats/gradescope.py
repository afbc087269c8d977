"""Gradescope's `results.json`.

Source   https://gradescope-autograders.readthedocs.io/en/latest/specs/
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from grader.report.explained import pair_checks
from grader.report.models import CheckReport, PartReport, Report
from grader.report.words import format_change, shorten_id, summarise_score


def render(report: Report) -> str:
    """A test for every check; the total is stated, so that rounding can't change it."""
    results: dict[str, Any] = {
        "score": report.score,
        "output": "\n".join(_write_output(report)),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [
            test
            for number, part in enumerate(report.parts, 1)
            for test in _list_tests(part, number, report.audience == "staff")
        ],
        "extra_data": {
            "schema": report.schema_id,
            "assignment": report.assignment,
            "submission": report.submission,
            "status": report.status,
            "open_points": report.open_points,
            "isolation": report.isolation,
        },
    }
    if report.graded_in_s is not None:
        results["execution_time"] = report.graded_in_s
    return json.dumps(results, indent=2, ensure_ascii=False) + "\n"


def _write_output(report: Report) -> Iterator[str]:
    yield summarise_score(report)
    yield from (f"{format_change(each.points)}: {each.explanation}" for each in report.adjustments)
    yield from report.notices
    for remark in report.remarks:
        place = f"{remark.file}:{remark.line}" if remark.line else remark.file
        yield f"{place}: {remark.message}"


def _list_tests(part: PartReport, number: int, is_for_staff: bool) -> Iterator[dict[str, Any]]:
    for position, (check, text) in enumerate(pair_checks(part), 1):
        test = {
            "name": _name_test(part, check),
            "number": f"{number}.{position}" if len(part.checks) > 1 else str(number),
            "score": check.score,
            "max_score": check.max_score,
            "output": _say_open(check) + text,
            "tags": [part.kind, str(check.verdict)],
            # For students the filter has already taken out what a hidden check must not tell.
            "visibility": "hidden" if check.hidden and is_for_staff else "visible",
            "extra_data": {"part": part.id, "verdict": str(check.verdict)},
        }
        if not check.verdict.is_open:
            test["status"] = "passed" if check.verdict == "passed" else "failed"
        yield test


def _name_test(part: PartReport, check: CheckReport) -> str:
    name = part.title or shorten_id(part)
    return f"{name}: {check.name}" if len(part.checks) > 1 else name


def _say_open(check: CheckReport) -> str:
    return "These points are still open; none is lost.\n" if check.verdict.is_open else ""
