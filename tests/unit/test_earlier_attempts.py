"""On a platform that grades each attempt by itself, an earlier one may be the one that counts."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from grader.ci.gradescope_metadata import read_metadata
from grader.ci.run_autograder import keep_best
from grader.report.models import Report
from grader.spec.models import Attempts


@pytest.mark.parametrize(
    ("earlier", "policy", "counted"),
    [
        ([9.5], {"counts": "best"}, 9.5),
        ([9.5], {"counts": "last"}, 3),
        # Our own fault gave the first no score: the second is still the second.
        ([None, 5], {"counts": "last", "most": 2}, 5),
        ([None, 5, 7], {"counts": "best", "most": 2}, 5),
        ([None], {"counts": "last", "most": 1}, 3),
    ],
)
def test_the_attempt_counts_that_the_policy_names(
    earlier: list[float | None], policy: dict[str, Any], counted: float
) -> None:
    previous = [{"results": {} if score is None else {"score": score}} for score in earlier]
    assignment: Any = SimpleNamespace(
        policies=SimpleNamespace(attempts=Attempts.model_validate(policy))
    )
    report = Report(
        assignment="hw", submission="sha256:0", score=3, max_score=10,
        open_points=0, status="final", parts=(), isolation="full",
    )  # fmt: skip
    metadata = read_metadata({"previous_submissions": previous})

    assert keep_best(report, assignment, metadata).score == counted
