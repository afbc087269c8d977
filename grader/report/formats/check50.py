"""check50's JSON, for whatever reads that.

Source   https://cs50.readthedocs.io/projects/check50/en/latest/json_specification/
"""

from __future__ import annotations

import json
from typing import Any

from grader import __version__
from grader.report.explained import pair_checks
from grader.report.models import CheckReport, PartReport, Report
from grader.report.words import shorten_id
from grader.verdicts import Verdict


def render(report: Report) -> str:
    """A result for every check; one that waits or was skipped neither passed nor failed."""
    results = [
        _make_result(part, check, text)
        for part in report.parts
        for check, text in pair_checks(part)
    ]
    page = {"slug": report.assignment, "results": results, "version": __version__}
    return json.dumps(page, indent=2, ensure_ascii=False) + "\n"


def _make_result(part: PartReport, check: CheckReport, text: str) -> dict[str, Any]:
    has_passed = None if check.verdict.is_open else check.verdict == Verdict.PASSED
    if check.verdict == Verdict.SKIPPED:
        has_passed = None
    return {
        "name": f"{shorten_id(part)}: {check.name}",
        "description": _describe(part, check),
        "passed": has_passed,
        "log": check.output.split("\n") if check.output else [],
        "cause": None if has_passed else _make_cause(check, text),
        "data": {
            "verdict": str(check.verdict),
            "score": check.score,
            "max_score": check.max_score,
        },
        "dependency": None,
    }


def _make_cause(check: CheckReport, text: str) -> dict[str, Any]:
    cause: dict[str, Any] = {"rationale": text, "help": check.hint or None}
    if check.counterexample:
        cause["expected"] = check.counterexample.expected
        cause["actual"] = check.counterexample.saw
    return cause


def _describe(part: PartReport, check: CheckReport) -> str:
    """What check50 shows of a result that passed: this line alone."""
    name = part.title or shorten_id(part)
    return f"{name}: {check.name}" if len(part.checks) > 1 else name
