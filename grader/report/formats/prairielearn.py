"""PrairieLearn's external grader: `/grade/results/results.json`.

Source   https://prairielearn.readthedocs.io/en/latest/externalGrading/
"""

from __future__ import annotations

import json
from typing import Any

from grader.report.cleaning import cut
from grader.report.explained import pair_checks
from grader.report.models import Report
from grader.report.words import format_change, shorten_id, summarise_score
from grader.verdicts import Verdict

SIZE_LIMIT = 1_000_000
"""Bytes: PrairieLearn refuses results above 1 MB, and the student would see nothing."""
TEXT_LIMITS = (8_000, 2_000, 500, 100, 0)
"""Characters of a test's output, tried in turn until the whole fits."""


def render(report: Report) -> str:
    """Every test has points, without which none would be shown."""
    for limit in TEXT_LIMITS:
        text = json.dumps(_make_results(report, limit), indent=2, ensure_ascii=False) + "\n"
        if len(text.encode()) <= SIZE_LIMIT:
            break
    return text


def _make_results(report: Report, limit: int) -> dict[str, Any]:
    voided = [part.id for part in report.parts if part.verdict == Verdict.VOID]
    results: dict[str, Any] = {
        "gradable": not voided,
        "score": report.score / report.max_score if report.max_score else 0.0,
        "message": summarise_score(report),
        "output": cut("\n".join(_list_remarks(report)), limit),
        "tests": [
            {
                "name": f"{shorten_id(part)}: {check.name}",
                "description": cut(part.title, limit),
                "points": check.score,
                "max_points": check.max_score,
                "message": str(check.verdict),
                "output": cut(text, limit) if limit else "",
            }
            for part in report.parts
            for check, text in pair_checks(part)
        ],
    }
    if voided:
        # "Not gradable" costs the student neither points nor an attempt.
        names = ", ".join(voided)
        results["format_errors"] = [f"{names} could not be graded, and not because of your answer"]
    return results


def _list_remarks(report: Report) -> list[str]:
    return [
        *(f"{format_change(each.points)}: {each.explanation}" for each in report.adjustments),
        *report.notices,
        *(f"{remark.file}:{remark.line}: {remark.message}" for remark in report.remarks),
    ]
