"""A number: decimals, fractions and constant formulas alike."""

from __future__ import annotations

from dataclasses import replace

from grader.kinds.marking import (
    ANSWER,
    distrust,
    explain,
    fall_short,
    find_mistake,
    leave_open,
    refuse,
)
from grader.kinds.numbers import Number, is_right, is_rounded
from grader.kinds.protocol import Bench, HandedIn
from grader.kinds.reading_answers import read_number, read_sides, read_size
from grader.kinds.reading_numbers import expect_number
from grader.kinds.reading_text import Unread
from grader.spec.models import Tolerance
from grader.spec.parts import ValuePart
from grader.submission.models import Answer
from grader.values import Value
from grader.verdicts import Outcome, passed


def judge(part: ValuePart, part_id: str, handed_in: HandedIn, bench: Bench) -> tuple[Outcome, ...]:
    """Right where one of the accepted numbers is given, as `is_right` says."""
    assert handed_in.answer is not None
    accepted = [_expect(part_id, answer) for answer in (part.answer, *part.equivalents)]
    readings = read_number(handed_in.answer.text)
    if isinstance(readings, Unread):
        doubt = _doubt_size(handed_in.answer.text, accepted)
        words = explain(readings.saw, readings.expected, readings.advice)
        return (leave_open(words, "", doubt) if doubt else refuse(readings),)
    given = readings[0]
    understood = " or ".join(reading.shown for reading in readings)
    if any(is_right(given, right, part.tolerance) for right in accepted):
        return (_check_sides(part, handed_in.answer.text, given, accepted),)
    doubt = _other_reading(part, handed_in.answer.text, readings, accepted)
    if doubt:
        words = explain(f"{understood}, which can be read in two ways", "", "write it in one")
        return (leave_open(words, understood, doubt),)
    mistake = find_mistake(
        part.mistakes, lambda wrong: is_right(given, _expect(part_id, wrong), part.tolerance)
    )
    words = _explain_difference(given, accepted[0], part.tolerance)
    return (fall_short(words, given.shown, mistake=mistake),)


def _check_sides(part: ValuePart, text: str, given: Number, accepted: list[Number]) -> Outcome:
    """`2 = 1.386`: the last side is right, but the answer says two things."""
    for side in read_sides(text):
        fits = any(
            is_right(side, right, part.tolerance) or is_rounded(side, right) for right in accepted
        )
        if not fits and not is_right(side, given):
            words = explain(f"{side.shown} on one side, {given.shown} on the other", "equal sides")
            return leave_open(words, given.shown, "the last side is right, an earlier one is not")
    return passed(ANSWER, understood=given.shown)


def _expect(part_id: str, answer: object) -> Number:
    expected = expect_number(answer)
    if isinstance(expected, Unread):
        raise distrust(part_id, answer, expected)
    return expected


def _other_reading(
    part: ValuePart, text: str, readings: tuple[Number, ...], accepted: list[Number]
) -> str:
    """Why another way to read the answer could be the right one; empty if none is."""
    for reading in readings[1:]:
        if any(is_right(reading, right, part.tolerance) for right in accepted):
            return f"right if it is read as {reading.written}"
    if readings[0].written.rstrip().endswith(("%", "cent")):
        whole = replace(readings[0], value=readings[0].value * 100)
        if any(is_right(whole, right, part.tolerance) for right in accepted):
            return "right if the percentage itself is asked for"
    return _doubt_size(text, accepted)


def _doubt_size(text: str, accepted: list[Number]) -> str:
    """`7 × 7` may be a product, or a window as wide and as high."""
    size = read_size(text)
    if size and any(
        right.value in (size[0] * size[1], *size[: size[0] == size[1]]) for right in accepted
    ):
        return f"right or wrong as {size[0]} × {size[1]} is a size or a product"
    return ""


def _explain_difference(given: Number, expected: Number, tolerance: Tolerance | None) -> str:
    advice = ""
    opposite = replace(given, value=-given.value)
    if tolerance is None and is_rounded(given, expected):
        advice = "give three digits or more, or the exact number"
    elif given.value and is_right(opposite, expected, tolerance):
        advice = "check the sign"
    return explain(given.shown, _describe_wanted(tolerance), advice)


def _describe_wanted(tolerance: Tolerance | None) -> str:
    if tolerance is None:
        return "another number"
    parts = []
    if tolerance.atol:
        parts.append(f"{tolerance.atol:g}")
    if tolerance.rtol:
        parts.append(f"{tolerance.rtol:g} times its size")
    return (
        f"another number (to within {' + '.join(parts)}: {tolerance.why})"
        if parts
        else "another number"
    )


def as_value(number: Number) -> int | float:
    """A number as later parts get it."""
    if number.value.denominator == 1:
        return int(number.value)
    try:
        return float(number.value)
    except OverflowError:
        return int(number.value)


def read_value(part: ValuePart, answer: Answer) -> Value:
    """The number, as an integer or a float."""
    readings = read_number(answer.text)
    return None if isinstance(readings, Unread) else as_value(readings[0])


def right_value(part: ValuePart) -> Value:
    """The right number in the same form."""
    return as_value(_expect("", part.answer))


def describe(part: ValuePart) -> str:
    """How to hand in an answer."""
    return "Write one number: a decimal, a fraction or a formula without letters, as -ln(1/4)."
