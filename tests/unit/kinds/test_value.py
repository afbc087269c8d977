from fractions import Fraction

import pytest
from asking import judge_all, judge_one, part, written

from grader.errors import BrokenReference
from grader.kinds import value

QUARTER = part("value", answer=0.25)
ENTROPY = part("value", answer="-ln(1/4)")
NEAR_ENTROPY = part(
    "value",
    answer="-ln(1/4)",
    tolerance={"atol": 0.01, "why": "two decimals are asked"},
    mistakes=[
        {"answer": 2, "say": "These are bits."},
        {"answer": 0.25, "credit": 0.5, "say": "That is the probability."},
    ],
)
THIRD = part("value", answer="1/3")
SEVEN = part("value", answer=7)
THOUSAND = part("value", answer=1000)
PERCENT = part("value", answer=25)
LOSS = part("value", answer=18.055062)
TINY = part("value", answer=0.001)


@pytest.mark.parametrize(
    ("asked", "text", "verdict"),
    [
        (QUARTER, "0.25", "passed"),
        (QUARTER, ".25", "passed"),
        (QUARTER, "1/4", "passed"),
        (QUARTER, "$\\frac{1}{4}$", "passed"),
        (QUARTER, "25%", "passed"),
        (QUARTER, "25 \\%", "passed"),
        (QUARTER, "25 percent", "passed"),
        (QUARTER, "0,25", "passed"),
        (QUARTER, "2.5e-1", "passed"),
        (QUARTER, "2.5 \\cdot 10^{-1}", "passed"),
        (QUARTER, "2^-2", "passed"),
        (QUARTER, "0.250", "passed"),
        (QUARTER, "**0.25**", "passed"),
        (QUARTER, "`0.25`", "passed"),
        (QUARTER, "accuracy = 0.25", "passed"),
        (QUARTER, "The accuracy is 0.25.", "passed"),
        (QUARTER, "0.25 (one class in four)", "passed"),
        (QUARTER, "0.25, since p = 1/4", "passed"),
        (QUARTER, "1 - 3/4 = 1/4 = 0.25", "passed"),
        (QUARTER, "0.26", "wrong"),
        (QUARTER, "0.2500001", "wrong"),
        (QUARTER, "-0.25", "wrong"),
        (QUARTER, "−0.25", "wrong"),
        (QUARTER, "25", "wrong"),
        (QUARTER, "0.25 + x", "refused"),
        (QUARTER, "not 0.25", "refused"),
        (QUARTER, "0.25 or 0.5", "refused"),
        (QUARTER, "less than 0.25", "refused"),
        (QUARTER, "a quarter?", "refused"),
        (QUARTER, "1e999999999", "refused"),
        (QUARTER, "9^9^9^9^9", "refused"),
        (QUARTER, "1/0", "refused"),
        (QUARTER, "nan", "refused"),
        (QUARTER, "__import__('os').system('true')", "refused"),
        (ENTROPY, "ln 4", "passed"),
        (ENTROPY, "log(4)", "passed"),
        (ENTROPY, "-log(0.25)", "passed"),
        (ENTROPY, "2 ln(2)", "passed"),
        (ENTROPY, "\\ln 4", "passed"),
        (ENTROPY, "$-\\ln\\frac{1}{4} \\approx 1.386$", "passed"),
        (ENTROPY, "1.39", "passed"),
        (ENTROPY, "1.386", "passed"),
        (ENTROPY, "1.3862", "passed"),
        (ENTROPY, "1.3863", "passed"),
        (ENTROPY, "≈ 1.386", "passed"),
        (ENTROPY, "~1.386", "passed"),
        (ENTROPY, "about 1.386", "passed"),
        (ENTROPY, "1.39 nats", "passed"),
        (ENTROPY, "loss ≈ 1.39", "passed"),
        (ENTROPY, "= 1.39", "passed"),
        (ENTROPY, "$1.39$", "passed"),
        (ENTROPY, "-ln(1/4) = 1.39", "passed"),
        (ENTROPY, "-ln(1/4)\n= ln 4\n≈ 1.386", "passed"),
        (ENTROPY, "\\boxed{1.386}", "passed"),
        (ENTROPY, "Answer: 1.386", "passed"),
        (ENTROPY, "2 * 0.693", "passed"),
        (ENTROPY, "ln 4\n1.386", "passed"),
        (ENTROPY, "-ln(1/4)\nso the loss is 1.386", "passed"),
        (ENTROPY, "1.386, i.e. ln 4", "passed"),
        (ENTROPY, "1.386nats", "passed"),
        (ENTROPY, "p = 1/4\nloss = 1.386", "passed"),
        (ENTROPY, "p = 1/4, loss = 1.386", "passed"),
        (ENTROPY, "0.602\n1.386", "refused"),
        (ENTROPY, "0.602 = 1.386", "undecided"),
        (ENTROPY, "1.386 if 1 else __builtins__", "refused"),
        (ENTROPY, "1.4 = 1.386", "passed"),
        (ENTROPY, "1.4", "wrong"),
        (ENTROPY, "1.387", "wrong"),
        (ENTROPY, "1.3865", "wrong"),
        (ENTROPY, "-1.386", "wrong"),
        (ENTROPY, "1,386", "undecided"),
        (ENTROPY, "0.602", "wrong"),
        (NEAR_ENTROPY, "1.39", "passed"),
        (NEAR_ENTROPY, "1.4", "wrong"),
        (NEAR_ENTROPY, "1.38", "passed"),
        (NEAR_ENTROPY, "1.3763", "passed"),
        (NEAR_ENTROPY, "1.3762", "wrong"),
        (THIRD, "1/3", "passed"),
        (THIRD, "0.333", "passed"),
        (THIRD, "0.33", "wrong"),
        (THIRD, "0.334", "wrong"),
        (THIRD, "33.3 %", "passed"),
        (SEVEN, "7", "passed"),
        (SEVEN, "7.0", "passed"),
        (SEVEN, "seven", "passed"),
        (SEVEN, "7 pixels", "passed"),
        (SEVEN, "It is 7 pixels wide.", "passed"),
        (SEVEN, "at most 7", "passed"),
        (SEVEN, "3 + 2*2", "passed"),
        (SEVEN, "7×7", "undecided"),
        (SEVEN, "7x7", "undecided"),
        (SEVEN, "7.01", "wrong"),
        (SEVEN, "5", "wrong"),
        (SEVEN, "pixels that are near the centre of the image", "refused"),
        (THOUSAND, "1,000", "passed"),
        (THOUSAND, "1 000", "passed"),
        (THOUSAND, "10^3", "passed"),
        (THOUSAND, "1,0000", "wrong"),
        (PERCENT, "25", "passed"),
        (PERCENT, "25%", "undecided"),
        (LOSS, "18.055", "passed"),
        (LOSS, "18.0551", "passed"),
        (LOSS, "(0.943 + 2.243)*5.667", "passed"),
        (LOSS, "18", "wrong"),
        (LOSS, "18.05", "passed"),
        (LOSS, "18.04", "wrong"),
        (TINY, "0.001", "passed"),
        (TINY, "1e-3", "passed"),
        (TINY, "0.001+λ", "refused"),
        (TINY, "2λ", "refused"),
        (TINY, "0.00100001", "wrong"),
    ],
)
def test_number_is_read_and_compared(asked, text, verdict):
    assert judge_one(asked, text).verdict == verdict


def test_computed_reference_may_be_one_float_step_away():
    asked = part("value")

    assert judge_one(asked, "0.3", question=lambda: 0.1 + 0.2).verdict == "passed"
    assert judge_one(asked, "0.30", question=lambda: 0.1 + 0.2).verdict == "passed"
    assert judge_one(asked, "0.301", question=lambda: 0.1 + 0.2).verdict == "wrong"


def test_zero_is_zero_after_cancellation():
    zero = part("value", answer=0)

    assert judge_one(zero, "sin(pi)").verdict == "passed"
    assert judge_one(zero, "10^-9").verdict == "wrong"
    assert judge_one(part("value"), "0", question=lambda: 0.1 + 0.2 - 0.3).verdict == "passed"


def test_known_mistakes_bring_words_and_credit():
    bits = judge_one(NEAR_ENTROPY, "2.0")
    probability = judge_one(NEAR_ENTROPY, "0.25")

    assert (bits.mistake, bits.share) == ("These are bits.", 0)
    assert (probability.verdict, probability.share) == ("partial", Fraction(1, 2))


def test_wrong_sign_is_said():
    assert "check the sign" in judge_one(ENTROPY, "-1.386").feedback


def test_too_few_digits_are_said():
    assert "three digits" in judge_one(ENTROPY, "1.4").feedback


def test_feedback_names_the_tolerance_not_the_number():
    feedback = judge_one(NEAR_ENTROPY, "1.5").feedback

    assert "0.01" in feedback
    assert "two decimals are asked" in feedback
    assert "1.38" not in feedback


def test_formula_is_shown_with_its_value():
    assert judge_one(ENTROPY, "2 ln 2").understood == "2·log(2) ≈ 1.38629"


def test_two_fields_of_initial_loss():
    asked = part(
        "value",
        fields={
            "loss": {"answer": "-ln(1/4)", "tolerance": {"atol": 0.01, "why": "two decimals"}},
            "accuracy": {"answer": 0.25},
        },
    )

    for text in (
        "1.39, 0.25",
        "loss = 1.39\naccuracy = 25%",
        "loss: -ln(1/4) = 1.39; accuracy: 1/4",
    ):
        assert [o.verdict for o in judge_all(asked, text)] == ["passed", "passed"]


def test_answer_that_is_no_number_is_the_author_s_fault():
    with pytest.raises(BrokenReference, match="not a number"):
        judge_one(part("value", answer="x + 1"), "3")


def test_later_parts_get_an_integer_or_a_float():
    assert value.read_value(SEVEN, written("7.0")) == 7
    assert isinstance(value.read_value(SEVEN, written("7.0")), int)
    assert value.read_value(SEVEN, written("≈ 0.5")) == 0.5
    assert value.read_value(SEVEN, written("?")) is None
