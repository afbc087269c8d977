"""An answer that takes itself back, or comes with a second one, earns nothing; a reason stays."""

import pytest
from asking import judge_one, part

from grader.kinds.hedging import find_hedge

ASKED = {
    "shape": part("shape", answer=[2, 5]),
    "value": part("value", answer=3.3),
    "bigO": part("bigO", answer="n*k", symbols={"n": "positive integer", "k": "positive integer"}),
    "choice": part("choice", options={"yes": "There is.", "no": "There is none."}, answer="no"),
    "multi": part("multi", options={"left": "L", "right": "R", "up": "U"}, answer=["left", "up"]),
}
RIGHT = {"shape": "(2, 5)", "value": "3.3", "bigO": "O(n*k)", "choice": "no", "multi": "left, up"}
OTHER = {"shape": "(5, 2)", "value": "5.7", "bigO": "O(n)", "choice": "yes", "multi": "right"}
HEDGES = (
    "anything but {right}",
    "everything except {right}",
    "{right}. If that is wrong: {other}",
    "{right} (if not: {other})",
    "{right}, and if it's not right {other}",
)


@pytest.mark.parametrize("kind", ASKED)
@pytest.mark.parametrize("hedge", HEDGES)
def test_a_hedge_earns_nothing(kind: str, hedge: str) -> None:
    right = judge_one(ASKED[kind], RIGHT[kind])
    hedged = judge_one(ASKED[kind], hedge.format(right=RIGHT[kind], other=OTHER[kind]))

    assert (right.verdict, hedged.verdict, hedged.share) == ("passed", "refused", 0)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("shape", "not (2, 5)"),
        ("shape", "(2, 5) is wrong"),
        ("shape", "(3, 6)\n(2, 5)"),
        ("value", "3.3 is wrong"),
        ("value", "3.3 is not the answer!"),
        ("bigO", "O(n*k) is incorrect"),
        ("bigO", "- O(n*k)\n- O(n)"),
        ("choice", "no is wrong"),
        ("choice", "no vs yes"),
        ("choice", "no : yes"),
        ("choice", "no <br> yes"),
        ("choice", "no # yes"),
        ("choice", "no, resp. yes"),
        ("choice", "no unless yes"),
        ("choice", "no\n\nEdit: yes"),
    ],
)
def test_an_answer_that_is_denied_earns_nothing(kind: str, text: str) -> None:
    outcome = judge_one(ASKED[kind], text)

    assert (outcome.verdict, outcome.share) == ("refused", 0)


@pytest.mark.parametrize(
    "text",
    [
        "No, the claim is wrong.",
        "No, that is wrong",
        "no, if the net is finite",
        "no, not yes",
        "3.3, anything else is wrong",
        "2 × 5, and not 5 × 2",
    ],
)
def test_a_reason_is_no_hedge(text: str) -> None:
    assert find_hedge(text) == ""


@pytest.mark.parametrize(
    "text", ["No, the claim is wrong.", "No, that is wrong", "no, if the net is finite"]
)
def test_a_choice_with_its_reason_passes(text: str) -> None:
    assert judge_one(ASKED["choice"], text).verdict == "passed"
