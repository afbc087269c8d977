from fractions import Fraction

import pytest
from asking import ReferenceBench, hand_in, part

from grader.errors import BrokenReference
from grader.kinds.carrying import Earlier, carry
from grader.kinds.judging import judge_part
from grader.kinds.protocol import HandedIn
from grader.values import FormulaText

STEP = part("array", answer=[0.943, 2.243, 5.667])
LOSS = part(
    "value",
    uses=["tiny-step"],
    mistakes=[{"like": "tiny_loss_product", "say": "The weights are added.", "credit": 0.25}],
)
TWO = part(
    "value",
    uses=["tiny-step"],
    fields={"loss": {"points": 3}, "rounds": {"answer": 1}},
)


def tiny_loss(tiny_step):
    w1, w2, w3 = tiny_step
    return (w1 + w2) * w3


def tiny_loss_product(tiny_step):
    w1, w2, w3 = tiny_step
    return w1 * w2 * w3


BENCH = ReferenceBench(
    {
        "tiny_loss": tiny_loss,
        "tiny_loss_product": tiny_loss_product,
        "two": lambda tiny_step: {"loss": tiny_loss(tiny_step), "rounds": 1},
    }
)


def judge_after(step_text, text, asked=LOSS, part_id="tiny-loss"):
    earlier = {"tiny-step": carry(STEP, "tiny-step", hand_in(step_text), BENCH)}
    return judge_part(asked, part_id, hand_in(text), BENCH, earlier)


def test_right_answer_passes_whatever_came_before():
    for step in ("0.943, 2.243, 5.667", "1, 2, 3", "", "no idea"):
        assert judge_after(step, "18.055")[0].verdict == "passed"


def test_answer_that_follows_from_a_wrong_step_passes_with_words():
    (outcome,) = judge_after("1, 2, 3", "9")

    assert (outcome.verdict, outcome.share) == ("passed", 1)
    assert "follows from your own answer to `tiny-step`" in outcome.feedback
    assert "carried forward" in outcome.staff_note


def test_answer_that_follows_from_nothing_is_wrong():
    (outcome,) = judge_after("1, 2, 3", "10")

    assert (outcome.verdict, outcome.share) == ("wrong", 0)
    assert "follows" not in outcome.feedback


def test_same_wrong_answer_after_a_right_step_is_wrong():
    assert judge_after("0.943, 2.243, 5.667", "9")[0].verdict == "wrong"


def test_known_mistake_is_found_with_the_students_own_values():
    (outcome,) = judge_after("1, 2, 3", "6")

    assert (outcome.share, outcome.mistake) == (Fraction(1, 4), "The weights are added.")


def test_known_mistake_is_found_with_the_right_values():
    (outcome,) = judge_after("", "0.943 * 2.243 * 5.667")

    assert outcome.mistake == "The weights are added."


def test_own_value_that_breaks_the_reference_is_not_carried():
    assert judge_after("1, 2", "3")[0].verdict == "wrong"


def test_carrying_is_decided_field_by_field():
    loss, rounds = judge_after("1, 2, 3", "loss = 9\nrounds = 2", TWO, "two")

    assert (loss.verdict, loss.points) == ("passed", 3)
    assert "follows from your own answer" in loss.feedback
    assert rounds.verdict == "wrong"


def test_fields_of_an_earlier_part_go_on_under_their_names():
    earlier_part = part("array", fields={"h1": {"answer": [0, 1]}, "h2": {"answer": [2, 3]}})
    carried = carry(earlier_part, "states", hand_in("h1 = [0, 1]\nh2 = [2, 4]"), ReferenceBench())
    bench = ReferenceBench({"last": lambda states: [h + 1 for h in states["h2"]]})
    asked = part("array", uses=["states"])

    (outcome,) = judge_part(asked, "last", hand_in("[3, 5]"), bench, {"states": carried})

    assert carried == Earlier({"h1": [0, 1], "h2": [2, 3]}, {"h1": [0, 1], "h2": [2, 4]})
    assert outcome.verdict == "passed"
    assert "`states`" in outcome.feedback


def test_unread_field_is_taken_as_right_later():
    earlier_part = part("array", fields={"h1": {"answer": [0, 1]}, "h2": {"answer": [2, 3]}})
    carried = carry(earlier_part, "states", hand_in("h1 = [7, 7]\nh2 = ?"), ReferenceBench())

    assert carried.own == {"h1": [7, 7], "h2": [2, 3]}
    assert carried.differs


def test_blank_earlier_part_carries_nothing():
    carried = carry(STEP, "tiny-step", HandedIn(), ReferenceBench())

    assert carried == Earlier([0.943, 2.243, 5.667])
    assert not carried.differs


def test_rounding_alone_is_no_difference():
    carried = carry(part("value", answer=0.3), "a", hand_in("0.30"), ReferenceBench())

    assert not carried.differs


def test_chain_of_three_parts_uses_the_right_value_in_between():
    bench = ReferenceBench({"b": lambda a: a + 1, "c": lambda b: 2 * b})
    first, second = part("value", answer=1), part("value", uses=["a"])
    third = part("value", uses=["b"])
    a = carry(first, "a", hand_in("5"), bench)
    b = carry(second, "b", hand_in("6"), bench, {"a": a})

    assert (b.right, b.own) == (2, 6)
    assert judge_part(second, "b", hand_in("6"), bench, {"a": a})[0].verdict == "passed"
    assert judge_part(third, "c", hand_in("12"), bench, {"b": b})[0].verdict == "passed"
    assert judge_part(third, "c", hand_in("4"), bench, {"b": b})[0].verdict == "passed"
    assert judge_part(third, "c", hand_in("14"), bench, {"b": b})[0].verdict == "wrong"


def test_reference_may_return_a_formula():
    bench = ReferenceBench({"size": lambda: [FormulaText("m + 1"), 2]})
    asked = part("shape", symbols={"m": "positive integer"})

    assert judge_part(asked, "size", hand_in("(1 + m) × 2"), bench)[0].verdict == "passed"


def test_reference_that_is_missing_is_the_author_s_fault():
    with pytest.raises(BrokenReference, match="no function"):
        judge_part(part("value"), "nowhere", hand_in("1"), ReferenceBench())


def test_reference_that_forgets_a_field_is_the_author_s_fault():
    asked = part("value", fields={"loss": {}, "rate": {}})
    bench = ReferenceBench({"both": lambda: {"loss": 1}})

    with pytest.raises(BrokenReference, match="must return a dict with loss, rate"):
        judge_part(asked, "both", hand_in("1, 2"), bench)
