"""Classroom 50's `result.json`.

Its scores are whole numbers: points are written in hundredths, of every report alike.

Source   https://github.com/foundation50/classroom50/wiki/Advanced-Autograding
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from grader.report.models import Report
from grader.report.words import shorten_id
from grader.verdicts import Verdict

PARTS_OF_A_POINT = 100


def render(report: Report) -> str:
    """The result, with what the runner's environment says of the submission."""
    result = make_result(report, os.environ, datetime.now(UTC))
    return json.dumps(result, indent=2, ensure_ascii=False) + "\n"


def make_result(report: Report, environ: Mapping[str, str], moment: datetime) -> dict[str, Any]:
    """One test a part; the totals are sums of the tests, as the collector wants it.

    A change by a policy is a test of its own, so that they stay sums.
    """
    commit = environ.get("COMMIT_URL", "")
    tests = [
        {
            "test-name": shorten_id(part),
            "passed": part.verdict == Verdict.PASSED,
            "score": _count(part.score),
            "max-score": _count(part.max_score),
            "verdict": str(part.verdict),
        }
        for part in report.parts
    ]
    tests += [
        {
            "test-name": each.explanation,
            "passed": each.points >= 0,
            "score": _count(each.points),
            "max-score": 0,
        }
        for each in report.adjustments
    ]
    return {
        "schema": "classroom50/result/v1",
        "classroom": environ.get("CLASSROOM", ""),
        "assignment": environ.get("ASSIGNMENT", report.assignment),
        "submission": environ.get("SUBMISSION_TAG", ""),
        "commit": commit,
        "release": environ.get("RELEASE_URL", ""),
        "review": environ.get("REVIEW_URL") or commit,
        "datetime": moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "score": sum(test["score"] for test in tests),
        "max-score": sum(test["max-score"] for test in tests),
        "tests": tests,
    }


def _count(points: float) -> int:
    return round(points * PARTS_OF_A_POINT)
