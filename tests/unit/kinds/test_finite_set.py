from fractions import Fraction

import pytest
from asking import judge_one, part, written

from grader.kinds import finite_set

PAIR = part("set", answer=[1, 2], mistakes=[{"answer": [1], "credit": 0.5, "say": "Both roots."}])
ROOTS = part("set", answer=["-sqrt(2)", "sqrt(2)"])
WORDS = part("set", answer=["clipping", "warm-up"])
NOTHING = part("set", answer=[])
NEAR = part("set", answer=[0.5, 2], tolerance={"atol": 0.1, "why": "read off a plot"})


@pytest.mark.parametrize(
    ("asked", "text", "verdict"),
    [
        (PAIR, "{1, 2}", "passed"),
        (PAIR, "{2, 1}", "passed"),
        (PAIR, "1, 2", "passed"),
        (PAIR, "1 and 2", "passed"),
        (PAIR, "1; 2", "passed"),
        (PAIR, "[1, 2]", "passed"),
        (PAIR, "- 1\n- 2", "passed"),
        (PAIR, r"$\{1, 2\}$", "passed"),
        (PAIR, r"x \in \{1, 2\}", "passed"),
        (PAIR, "x = 1 or x = 2", "passed"),
        (PAIR, "x = 1, x = 2", "passed"),
        (PAIR, "{1} ∪ {2}", "passed"),
        (PAIR, "{1, 2, 1, 2.0}", "passed"),
        (PAIR, "set([1, 2])", "passed"),
        (PAIR, "**{1, 2}**", "passed"),
        (PAIR, "{4/4, sqrt(4)}", "passed"),
        (PAIR, "{1}", "partial"),
        (PAIR, "{1, 2, 3}", "wrong"),
        (PAIR, "{−1, 2}", "wrong"),
        (PAIR, "∅", "wrong"),
        (PAIR, "{1, x}", "refused"),
        (PAIR, "two numbers", "refused"),
        (ROOTS, "±sqrt(2)", "passed"),
        (ROOTS, r"\pm \sqrt{2}", "passed"),
        (ROOTS, "{1.414, -1.414}", "passed"),
        (ROOTS, "sqrt(2)", "wrong"),
        (WORDS, "clipping, warm-up", "passed"),
        (WORDS, "- Warm up\n- Clipping", "passed"),
        (WORDS, "{'clipping', \"warmup\"}", "passed"),
        (WORDS, "clipping", "wrong"),
        (WORDS, "clipping, dropout", "wrong"),
        (NOTHING, "{}", "passed"),
        (NOTHING, r"$\emptyset$", "passed"),
        (NOTHING, "none", "passed"),
        (NOTHING, "{0}", "wrong"),
        (NEAR, "{0.45, 2.05}", "passed"),
        (NEAR, "{0.3, 2}", "wrong"),
    ],
)
def test_set_is_read_and_compared(asked, text, verdict):
    assert judge_one(asked, text).verdict == verdict


def test_faults_are_counted():
    feedback = judge_one(PAIR, "{1, 3, 4}").feedback

    assert "2 of your 3 members do not belong" in feedback
    assert "1 is missing" in feedback


def test_known_mistake_earns_its_credit():
    outcome = judge_one(PAIR, "1")

    assert (outcome.share, outcome.mistake) == (Fraction(1, 2), "Both roots.")


def test_later_parts_get_a_list():
    assert finite_set.read_value(PAIR, written("{2, 1/2}")) == [2, 0.5]
    assert finite_set.read_value(WORDS, written("a, b")) == ["a", "b"]
    assert finite_set.read_value(PAIR, written("?")) is None
