"""Functions judged by a property of what comes back, over several calls."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from asking import part
from inline_bench import InlineBench

from grader.errors import BrokenReference
from grader.kinds.function_properties import MOST_TRIES
from grader.kinds.judging import judge_part
from grader.kinds.protocol import HandedIn
from grader.submission.models import Source
from grader.verdicts import Outcome

SOURCE = Source(name="hw.py", text="def f(x): ...", functions=("f",))


def shuffle(x: list[float]) -> list[Any]:
    return [[x], [x[::-1]], [sorted(x)]]


def agree(calls: Any, values: list[Any]) -> Any:
    for (x,), value in zip(calls, values, strict=True):
        if abs(value - values[0]) > 1e-9:
            return {"holds": False, "inputs": {"x": x}, "saw": value, "expected": values[0]}
    return True


def judge(student: Callable[..., Any], *, mistakes: Any = (), **check: Any) -> Outcome:
    return judge_beside(student, mistakes=mistakes, **check)[0]


def judge_beside(
    student: Callable[..., Any],
    *,
    holds: Callable[..., Any] = agree,
    calls: Callable[..., Any] = shuffle,
    mistakes: Any = (),
    wrong: Callable[..., Any] = sum,
    **check: Any,
) -> tuple[Outcome, InlineBench]:
    asked = part(
        "function", signature="f(x)", mistakes=mistakes,
        checks=[
            {"name": "order", "x": {"draw": "normal", "shape": [4]}, "holds": "holds",
             "calls": "calls", **check}
        ],
    )  # fmt: skip
    reference = {"holds": holds, "calls": calls, "f": sum, "wrong": wrong}
    bench = InlineBench(student={"f": student}, reference=reference)
    (outcome,) = judge_part(asked, "f", HandedIn(source=SOURCE), bench)
    return outcome, bench


def test_what_has_the_property_passes_whatever_its_values() -> None:
    outcome, bench = judge_beside(lambda x: 17 + max(x), repeats=2)

    assert str(outcome.verdict) == "passed"
    assert len(bench.student_calls) == 6


def test_what_has_it_not_is_shown_where() -> None:
    outcome = judge(lambda x: x[0])

    assert str(outcome.verdict) == "wrong"
    assert outcome.counterexample is not None
    assert outcome.counterexample.inputs[0][0] == "x"
    assert outcome.counterexample.expected


def test_a_hidden_property_shows_no_inputs() -> None:
    outcome = judge(lambda x: x[0], hidden=True)

    assert (str(outcome.verdict), outcome.counterexample) == ("wrong", None)
    assert outcome.feedback == "a value is wrong on hidden inputs"


def test_part_of_a_property_earns_part_of_the_points() -> None:
    found = {"holds": False, "share": 0.25}

    outcome, _ = judge_beside(lambda x: 1, holds=lambda calls, values: found)

    assert (str(outcome.verdict), outcome.share) == ("partial", Fraction(1, 4))


def test_what_is_too_close_to_say_is_tried_again_and_may_then_be_settled() -> None:
    findings = iter([{"holds": False, "doubt": "close"}, True])

    outcome, bench = judge_beside(lambda x: 1, holds=lambda calls, values: next(findings))

    assert str(outcome.verdict) == "passed"
    first, second = bench.student_calls[0], bench.student_calls[3]
    assert first["x"] != second["x"]


def test_what_stays_too_close_to_say_waits_for_a_person() -> None:
    doubt = {"holds": False, "doubt": "close"}

    outcome, bench = judge_beside(lambda x: 1, holds=lambda calls, values: doubt)

    assert (str(outcome.verdict), outcome.staff_note) == ("undecided", "close")
    assert len(bench.student_calls) == 3 * MOST_TRIES


def test_one_call_that_raises_is_the_verdict() -> None:
    def once(x: list[float]) -> float:
        if x == sorted(x):
            raise ValueError("sorted already")
        return 1.0

    assert str(judge(once).verdict) == "crashed"


def test_a_known_mistake_is_named_where_the_property_fails() -> None:
    mistakes = [{"like": "wrong", "say": "Order matters to yours.", "credit": 0.5}]

    outcome, _ = judge_beside(lambda x: x[0], wrong=lambda x: x[0], mistakes=mistakes)

    assert (outcome.mistake, outcome.share) == ("Order matters to yours.", Fraction(1, 2))


def test_what_calls_used_can_be_looked_at() -> None:
    seen: list[Any] = []

    def holds(calls: Any, values: Any, measured: list[float]) -> bool:
        seen.extend(measured)
        return True

    outcome, _ = judge_beside(lambda x: 1, holds=holds, measures="memory_mib")

    assert str(outcome.verdict) == "passed"
    assert len(seen) == 3


@pytest.mark.parametrize("listed", [None, [], [[1, 2]], [3], [[1]] * 101])
def test_calls_that_cannot_be_made_are_the_references_fault(listed: Any) -> None:
    with pytest.raises(BrokenReference):
        judge_beside(lambda x: 1, calls=lambda x: listed)
