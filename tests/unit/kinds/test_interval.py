from fractions import Fraction

import pytest
from asking import judge_one, part, written

from grader.errors import BrokenReference
from grader.kinds import interval

HALF = Fraction(1, 2)
RANGE = part("interval", answer="[1, 4]")
LOOSE = part("interval", answer="[1, 4]", endpoints="either")
RAY = part("interval", answer="[0.001, oo)", endpoints="either")
UNION = part("interval", answer="(-oo, 0) U [1, 2]")
ROOT = part("interval", answer="(0, sqrt(2))")
NOTHING = part("interval", answer="{}")
EVERYTHING = part("interval", answer="R")
POINTED = part("interval", answer="x != 0")
NEAR = part("interval", answer="[1, 4]", tolerance={"atol": 0.1, "why": "read off a plot"})
OUTSIDE = part("interval", answer="|x| >= 2")


@pytest.mark.parametrize(
    ("asked", "text", "verdict", "share"),
    [
        (RANGE, "[1, 4]", "passed", 1),
        (RANGE, "[1,4]", "passed", 1),
        (RANGE, "[1; 4]", "passed", 1),
        (RANGE, "1 <= λ <= 4", "passed", 1),
        (RANGE, "1 ≤ lambda ≤ 4", "passed", 1),
        (RANGE, "4 >= lambda >= 1", "passed", 1),
        (RANGE, r"$1 \le \lambda \le 4$", "passed", 1),
        (RANGE, r"1 \leq \lambda \leqslant 4", "passed", 1),
        (RANGE, r"$\lambda \in [1, 4]$", "passed", 1),
        (RANGE, r"\lambda \in \left[1, 4\right]", "passed", 1),
        (RANGE, "x in [1, 4]", "passed", 1),
        (RANGE, "λ ∈ [1, 4].", "passed", 1),
        (RANGE, "λ = [1, 4]", "passed", 1),
        (RANGE, "λ >= 1 and λ <= 4", "passed", 1),
        (RANGE, "λ ≥ 1, λ ≤ 4", "passed", 1),
        (RANGE, "(λ >= 1) & (λ <= 4)", "passed", 1),
        (RANGE, r"\lambda \ge 1 \land \lambda \le 4", "passed", 1),
        (RANGE, "{λ : 1 ≤ λ ≤ 4}", "passed", 1),
        (RANGE, r"\{ x \in \mathbb{R} \mid 1 \le x \le 4 \}", "passed", 1),
        (RANGE, "λ is at least 1 and at most 4", "passed", 1),
        (RANGE, "λ lies between 1 and 4, inclusive", "passed", 1),
        (RANGE, "**[1, 4]**", "passed", 1),
        (RANGE, "`[1, 4]`", "passed", 1),
        (RANGE, "[1, 2] ∪ [2, 4]", "passed", 1),
        (RANGE, "[1, 2) U {2} U (2, 4]", "passed", 1),
        (RANGE, "[1, 5] ∩ [0, 4]", "passed", 1),
        (RANGE, "Interval(1, 4)", "passed", 1),
        (RANGE, "[2/2, 2^2]", "passed", 1),
        (RANGE, "[1.0, 4.0]", "passed", 1),
        (RANGE, "[1,0; 4,0]", "passed", 1),
        (RANGE, "[1, 4] (both ends included)", "passed", 1),
        (RANGE, "[1, 4] for λ", "passed", 1),
        (RANGE, "1 < λ < 4", "partial", HALF),
        (RANGE, "(1, 4)", "partial", HALF),
        (RANGE, "]1, 4[", "partial", HALF),
        (RANGE, "1 ≤ λ < 4", "partial", HALF),
        (RANGE, "(1, 4]", "partial", HALF),
        (RANGE, "strictly between 1 and 4", "partial", HALF),
        (RANGE, "between 1 and 4", "undecided", None),
        (RANGE, "[1, 5]", "wrong", 0),
        (RANGE, "[1, 3]", "wrong", 0),
        (RANGE, "[1, 4] ∪ {7}", "wrong", 0),
        (RANGE, "λ ≥ 1", "wrong", 0),
        (RANGE, "{1, 4}", "wrong", 0),
        (RANGE, "∅", "wrong", 0),
        (RANGE, "[4, 1]", "refused", 0),
        (RANGE, "[1 4]", "refused", 0),
        (RANGE, "1, 4", "refused", 0),
        (RANGE, "2λ ≥ 2", "refused", 0),
        (RANGE, "1 ≤ λ ≤ μ", "refused", 0),
        (RANGE, "λ ≥ 1 and μ ≤ 4", "refused", 0),
        (RANGE, "somewhere", "refused", 0),
        (RANGE, "[" * 300, "refused", 0),
        (RANGE, "x<1 or " * 200, "refused", 0),
        (LOOSE, "1 < λ < 4", "passed", 1),
        (LOOSE, "between 1 and 4", "passed", 1),
        (LOOSE, "from 1 to 4", "passed", 1),
        (LOOSE, "(1, 5)", "wrong", 0),
        (RAY, "λ ≥ 0.001", "passed", 1),
        (RAY, "λ > 0.001", "passed", 1),
        (RAY, "lambda >= 1e-3", "passed", 1),
        (RAY, "[0.001, ∞)", "passed", 1),
        (RAY, r"[0.001, \infty)", "passed", 1),
        (RAY, "[0.001, +∞[", "passed", 1),
        (RAY, "(1/1000, inf)", "passed", 1),
        (RAY, "0.001 ≤ λ < ∞", "passed", 1),
        (RAY, "at least 0.001", "passed", 1),
        (RAY, ">= 0.001", "passed", 1),
        (RAY, "> 0.001", "passed", 1),
        (RAY, "all λ greater than or equal to 0.001", "passed", 1),
        (RAY, "λ must be larger than 0.001", "passed", 1),
        (RAY, "λ ≥ 0.01", "wrong", 0),
        (RAY, "λ ≤ 0.001", "wrong", 0),
        (UNION, "(−∞, 0) ∪ [1, 2]", "passed", 1),
        (UNION, r"(-\infty, 0) \cup [1, 2]", "passed", 1),
        (UNION, "(-inf, 0) U [1, 2]", "passed", 1),
        (UNION, "]-∞, 0[ ∪ [1, 2]", "passed", 1),
        (UNION, "x < 0 or 1 ≤ x ≤ 2", "passed", 1),
        (UNION, "x < 0 or (x >= 1 and x <= 2)", "passed", 1),
        (UNION, "(-∞, 2] \\ [0, 1)", "passed", 1),
        (UNION, "(-∞, 0] ∪ [1, 2]", "partial", HALF),
        (UNION, "[1, 2]", "wrong", 0),
        (ROOT, "(0, sqrt(2))", "passed", 1),
        (ROOT, r"0 < x < \sqrt{2}", "passed", 1),
        (ROOT, "(0, 1.414)", "passed", 1),
        (ROOT, "(0, 2^(1/2))", "passed", 1),
        (ROOT, "(0, 1.42)", "wrong", 0),
        (ROOT, "(0, 1.4)", "wrong", 0),
        (NOTHING, "∅", "passed", 1),
        (NOTHING, "{}", "passed", 1),
        (NOTHING, r"$\emptyset$", "passed", 1),
        (NOTHING, "the empty set", "passed", 1),
        (NOTHING, "none", "passed", 1),
        (NOTHING, "no λ", "passed", 1),
        (NOTHING, "[0, 0]", "wrong", 0),
        (EVERYTHING, "ℝ", "passed", 1),
        (EVERYTHING, r"\mathbb{R}", "passed", 1),
        (EVERYTHING, "(-∞, ∞)", "passed", 1),
        (EVERYTHING, "all real numbers", "passed", 1),
        (EVERYTHING, "all λ", "passed", 1),
        (EVERYTHING, "x ≤ 0 or x ≥ 0", "passed", 1),
        (EVERYTHING, "x < 0 or x > 0", "wrong", 0),
        (POINTED, "ℝ \\ {0}", "passed", 1),
        (POINTED, r"\mathbb{R} \setminus \{0\}", "passed", 1),
        (POINTED, "(-∞, 0) ∪ (0, ∞)", "passed", 1),
        (POINTED, "x < 0, x > 0", "passed", 1),
        (POINTED, "x < 0 and x > 0", "undecided", None),
        (NEAR, "[1.05, 3.95]", "passed", 1),
        (NEAR, "(1.05, 3.95)", "partial", HALF),
        (NEAR, "[1.2, 4]", "wrong", 0),
        (OUTSIDE, "|x| ≥ 2", "passed", 1),
        (OUTSIDE, r"\lvert x \rvert \ge 2", "passed", 1),
        (OUTSIDE, "x ≤ -2 or x ≥ 2", "passed", 1),
        (OUTSIDE, "(−∞, −2] ∪ [2, ∞)", "passed", 1),
        (OUTSIDE, "|x| > 2", "partial", HALF),
        (OUTSIDE, "|x| ≤ 2", "wrong", 0),
        (OUTSIDE, "not (-2, 2)", "passed", 1),
        (OUTSIDE, "all but (-2, 2)", "passed", 1),
        (OUTSIDE, "outside (-2, 2)", "passed", 1),
        (OUTSIDE, "not |x| ≥ 2", "wrong", 0),
        (POINTED, "not {0}", "passed", 1),
        (UNION, "(-∞, 2] and not [0, 1)", "passed", 1),
        (UNION, "not ((-∞, 0) ∪ [1, 2])", "refused", 0),
    ],
)
def test_set_is_read_and_compared(asked, text, verdict, share):
    outcome = judge_one(asked, text)

    assert (outcome.verdict, outcome.share) == (verdict, share)


def test_wrong_set_comes_with_a_number_that_shows_it():
    found = judge_one(RANGE, "1 ≤ λ ≤ 7").counterexample

    assert found.inputs == (("λ", "5"),)
    assert (found.saw, found.expected) == ("in your set", "not in the set")


def test_end_points_are_shown_as_the_difference():
    found = judge_one(RANGE, "1 < λ ≤ 4").counterexample

    assert found.inputs == (("λ", "1"),)
    assert (found.saw, found.expected) == ("not in your set", "in the set")


def test_counterexample_has_few_decimals():
    found = judge_one(RAY, "λ ≥ 0.01").counterexample

    assert found.inputs == (("λ", "0.001"),) or found.inputs == (("λ", "0.002"),)


def test_understood_is_in_brackets():
    assert judge_one(RANGE, "x<0 or 1/2 ≤ x < 3").understood == "(-∞, 0) ∪ [0.5, 3)"


def test_stated_credit_of_a_mistake_goes_before_end_point_credit():
    asked = part(
        "interval",
        answer="[1, 4]",
        mistakes=[{"answer": "(1, 4)", "credit": 0.75, "say": "Both ends work, too."}],
    )
    outcome = judge_one(asked, "1 < λ < 4")

    assert (outcome.share, outcome.mistake) == (Fraction(3, 4), "Both ends work, too.")


def test_words_of_a_mistake_without_credit_leave_end_point_credit():
    asked = part("interval", answer="[1, 4]", mistakes=[{"answer": "(1, 4)", "say": "Ends."}])

    assert judge_one(asked, "1 < λ < 4").share == HALF


def test_unreadable_answer_of_the_spec_is_the_author_s_fault():
    with pytest.raises(BrokenReference, match="not a set of numbers"):
        judge_one(part("interval", answer="soon"), "[1, 2]")


def test_later_parts_get_the_set_as_text():
    assert interval.read_value(RANGE, written("1 ≤ λ < 4")) == "[1, 4)"
    assert interval.read_value(RANGE, written("?")) is None
