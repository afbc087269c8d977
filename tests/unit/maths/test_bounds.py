"""Asymptotic bounds of tests/maths_cases/bounds.yaml are told apart, the variable named."""

from __future__ import annotations

from typing import Any

import pytest
from declared_symbols import load_cases

from grader.kinds import big_o
from grader.kinds.protocol import HandedIn
from grader.spec.parts import BigOPart
from grader.submission.models import Answer
from grader.verdicts import Outcome, Verdict

CASES = load_cases("bounds.yaml")


class QuietBench:
    seed = 4


def judge(case: dict[str, Any], text: str) -> Outcome:
    part = BigOPart.model_validate(
        {
            "kind": "bigO",
            "symbols": case["symbols"],
            "relations": case.get("relations", ()),
            "answer": case["answer"],
        }
    )
    answer = Answer(part="p", text=text, file="answers.md", line=1)
    (outcome,) = big_o.judge(part, "p", HandedIn(answer=answer), QuietBench())  # type: ignore[arg-type]
    return outcome


@pytest.mark.parametrize(
    ("case", "text"), [(case, text) for case in CASES for text in case["same"]]
)
def test_same_growth_passes(case: dict[str, Any], text: str) -> None:
    outcome = judge(case, text)

    assert outcome.verdict is Verdict.PASSED, outcome.feedback


@pytest.mark.parametrize(
    ("case", "text", "variable"),
    [(case, text, variable) for case in CASES for text, variable in case["other"].items()],
)
def test_other_growth_is_wrong_and_its_variable_named(
    case: dict[str, Any], text: str, variable: str
) -> None:
    outcome = judge(case, text)

    assert outcome.verdict is Verdict.WRONG, outcome
    assert variable in outcome.feedback.partition("try")[2]


def test_lower_bound_is_no_upper_bound() -> None:
    assert judge(CASES[0], "Ω(nkd)").verdict is Verdict.WRONG


def test_words_that_hold_no_bound_are_refused() -> None:
    assert judge(CASES[0], "it depends").verdict is Verdict.REFUSED


@pytest.mark.parametrize(
    "text",
    [
        "O(1/0)", "O(0)", "O(N/0)", "O(log(0))", "O(N*0)", "O(N D_r (D + M)/0)", "O(log(0) N)",
        "O(N D_r (D + M) log(0))", "O(0^{-1})", "O(sqrt(0))",
    ],
)  # fmt: skip
def test_bound_without_values_is_refused(text: str) -> None:
    outcome = judge(CASES[1], text)

    assert outcome.verdict is Verdict.REFUSED
    assert "0 or undefined for every size" in outcome.feedback


@pytest.mark.parametrize(
    "text",
    [
        "O(-N)", "O(-N D_r (D + M))", "O(N D_r (D + M) - N D_r (D + M))", "O(N - N)",
        "O(N D_r (D + M) log(1/N))", "O(N D_r (D + M)(N - N))", "O(N D_r (D - M))",
    ],
)  # fmt: skip
def test_bound_that_is_not_positive_is_left_to_a_person(text: str) -> None:
    assert judge(CASES[1], text).verdict in (Verdict.UNDECIDED, Verdict.REVIEW)


def test_tower_of_powers_never_passes() -> None:
    assert judge(CASES[1], "O(N^N^N)").verdict is Verdict.WRONG
    assert judge({"symbols": {"N": "positive"}, "answer": "O(N)"}, "O(N^N^N^N)").share != 1


def test_constant_bounds_need_a_value_too() -> None:
    constant = {"symbols": {}, "answer": "O(1)"}

    assert judge(constant, "O(7)").verdict is Verdict.PASSED
    assert judge(constant, "O(1/0)").verdict is Verdict.REFUSED
    assert judge(constant, "O(0)").verdict is Verdict.REFUSED
    assert judge(constant, "O(-1)").verdict is Verdict.UNDECIDED


def test_negative_exponents_count() -> None:
    case = {"symbols": {"N": "positive"}, "answer": "O(exp(-N))"}

    assert judge(case, "O(e^{-N+1})").verdict is Verdict.PASSED
    assert judge(case, "O(exp(N))").verdict is Verdict.WRONG
    assert judge(case, "- O(e^{-N})").verdict is Verdict.PASSED


def test_terms_taken_away_count() -> None:
    case = {
        "symbols": {"n": "positive", "k": "positive"}, "relations": ["n >= k"],
        "answer": "O(n^2)",
    }  # fmt: skip

    assert judge(case, "O(n(n-1)/2)").verdict is Verdict.PASSED
    assert judge(case, "O(\\sum_{j=1}^{n} (n - j))").verdict is Verdict.PASSED
    assert judge(case, "O(n^2 - k^2)").verdict is Verdict.UNDECIDED
