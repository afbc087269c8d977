"""A set of real numbers: intervals, half-lines, points and their unions."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from grader.kinds.marking import (
    ANSWER,
    distrust,
    explain,
    fall_short,
    find_mistake,
    leave_open,
    refuse,
)
from grader.kinds.numbers import is_right, show_fraction
from grader.kinds.protocol import Bench, HandedIn
from grader.kinds.reading_intervals import EXPECTED, SetRead, read_set
from grader.kinds.reading_text import Unread
from grader.kinds.real_sets import (
    RealSet,
    ends_of,
    is_point,
    move_ends,
    pick,
    show_set,
    subtract,
    unite,
)
from grader.spec.models import Tolerance
from grader.spec.parts import IntervalPart
from grader.submission.models import Answer
from grader.values import Value
from grader.verdicts import Counterexample, Outcome, passed


def judge(
    part: IntervalPart, part_id: str, handed_in: HandedIn, bench: Bench
) -> tuple[Outcome, ...]:
    """The same set, or a number that lies in one of the two sets only."""
    assert handed_in.answer is not None
    accepted = [expect_set(part_id, answer) for answer in (part.answer, *part.equivalents)]
    given = read_set(handed_in.answer.text)
    if isinstance(given, Unread):
        return (refuse(given),)
    understood = show_set(given.numbers)
    readings = [given.numbers] if given.other is None else [given.numbers, given.other]
    fits = [any(_is_same(given, read, right, part) for right in accepted) for read in readings]
    if all(fits):
        return (passed(ANSWER, understood=understood),)
    if any(fits):
        return (_ask(given),)

    mistake = find_mistake(
        part.mistakes,
        lambda wrong: (
            _settle(given, given.numbers, expect_set(part_id, wrong), part.tolerance)
            == expect_set(part_id, wrong).numbers
        ),
    )
    right = accepted[0]
    mine = _settle(given, given.numbers, right, part.tolerance)
    counterexample = _find_counterexample(mine, right.numbers, given.variable)
    if _differs_in_ends_only(mine, right.numbers):
        words = explain(understood, "other end points: look at which of them belong to the set")
        share = part.endpoint_credit
    else:
        place = f"{given.variable} = {counterexample.inputs[0][1]}"
        words = explain(understood, "another set", f"{place}, {counterexample.saw}")
        share = Fraction(0)
    return (
        fall_short(words, understood, mistake=mistake, share=share, counterexample=counterexample),
    )


def expect_set(part_id: str, answer: Any) -> SetRead:
    """The set that a spec or a reference function gives: text, or the two ends of a closed one."""
    if isinstance(answer, list | tuple) and len(answer) == 2:
        answer = f"[{answer[0]}, {answer[1]}]"
    read = read_set(str(answer))
    if isinstance(read, Unread):
        raise distrust(part_id, answer, read)
    return read


def _settle(
    given: SetRead, numbers: RealSet, right: SetRead, tolerance: Tolerance | None
) -> RealSet:
    """The set with every end that counts as one of the right ends moved onto it."""
    onto = {
        value: next(
            (e for e, end in right.ends.items() if is_right(written, end, tolerance)), value
        )
        for value, written in given.ends.items()
    }
    return move_ends(numbers, lambda value: onto.get(value, value))


def _is_same(given: SetRead, numbers: RealSet, right: SetRead, part: IntervalPart) -> bool:
    mine = _settle(given, numbers, right, part.tolerance)
    return mine == right.numbers or (
        part.endpoints == "either" and _differs_in_ends_only(mine, right.numbers)
    )


def _differs_in_ends_only(mine: RealSet, right: RealSet) -> bool:
    spans = unite([*subtract(mine, right), *subtract(right, mine)])
    ends = ends_of(right)
    return all(is_point(span) and span[0][1] in ends for span in spans)


def _find_counterexample(mine: RealSet, right: RealSet, variable: str) -> Counterexample:
    missing, extra = subtract(right, mine), subtract(mine, right)
    # A stretch of numbers says more than a single one.
    span = min((*missing, *extra), key=is_point)
    words = (
        ("not in your set", "in the set") if span in missing else ("in your set", "not in the set")
    )
    value = show_fraction(pick(span))
    return Counterexample(inputs=((variable, value),), saw=words[0], expected=words[1])


def _ask(given: SetRead) -> Outcome:
    understood = f"{show_set(given.numbers)} or {show_set(given.other or ())}"
    words = explain(f"{understood}: it can be read in both ways", EXPECTED)
    return leave_open(words, understood, "right if it is read in one of the two ways")


def read_value(part: IntervalPart, answer: Answer) -> Value:
    """The set in brackets, as text."""
    given = read_set(answer.text)
    return None if isinstance(given, Unread) else show_set(given.numbers)


def right_value(part: IntervalPart) -> Value:
    """The right set in the same form."""
    return show_set(expect_set("", part.answer).numbers)


def describe(part: IntervalPart) -> str:
    """How to hand in an answer."""
    return "Write a set of numbers: [1, 4), 1 <= x < 4, (-oo, 0) U [1, 2], or in LaTeX."
