"""Every option that applies."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from grader.errors import BrokenReference
from grader.kinds.marking import ANSWER, explain, fall_short, refuse
from grader.kinds.protocol import Bench, HandedIn
from grader.kinds.reading_lists import read_options
from grader.kinds.reading_text import Unread
from grader.spec.models import Mistake
from grader.spec.parts import MultiPart
from grader.submission.models import Answer
from grader.values import Value
from grader.verdicts import Outcome, passed


def judge(part: MultiPart, part_id: str, handed_in: HandedIn, bench: Bench) -> tuple[Outcome, ...]:
    """The share of right ticks; feedback counts the wrong ones without naming them."""
    assert handed_in.answer is not None
    unknown = set(part.answer) - set(part.options)
    if unknown:
        raise BrokenReference(f"{part_id}: {', '.join(sorted(unknown))} is not among the options")
    ticked = read_options(handed_in.answer.text, part.options)
    if isinstance(ticked, Unread):
        return (refuse(ticked),)
    understood = ", ".join(ticked) or "none of them"
    if set(ticked) == set(part.answer):
        return (passed(ANSWER, understood=understood),)
    return (
        fall_short(
            _count_faults(part, ticked),
            understood,
            mistake=_find_mistake(part, set(ticked)),
            share=share_of(part, ticked),
        ),
    )


def share_of(part: MultiPart, ticked: Iterable[str]) -> Fraction:
    """Right ticks minus wrong ticks, over the number of right ones, at least 0.

    Ticking every option says nothing, and earns nothing where they do not all apply.
    """
    right, ticks = set(part.answer), set(ticked)
    if part.scoring == "all" or not right or ticks == set(part.options):
        return Fraction(int(ticks == right))
    return max(Fraction(0), Fraction(len(ticks & right) - len(ticks - right), len(right)))


def _count_faults(part: MultiPart, ticked: tuple[str, ...]) -> str:
    wrong = len(set(ticked) - set(part.answer))
    missed = len(set(part.answer) - set(ticked))
    faults = []
    if wrong:
        faults.append(
            f"{_number(wrong)} of your {_number(len(ticked))} {_do(wrong)} not apply"
            if len(ticked) > 1
            else "the one you chose does not apply"
        )
    if missed:
        more = "another" if missed == 1 else f"{_number(missed)} more"
        faults.append(f"{more} {'does' if missed == 1 else 'do'} apply")
    return explain(", and ".join(faults))


def _do(count: int) -> str:
    return "does" if count == 1 else "do"


def _number(count: int) -> str:
    words = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    return words[count] if count < len(words) else str(count)


def _find_mistake(part: MultiPart, ticked: set[str]) -> Mistake | None:
    """A mistake lists a whole wrong selection, or names one option that does not apply."""
    for mistake in part.mistakes:
        wrong = {mistake.answer} if isinstance(mistake.answer, str) else set(mistake.answer or ())
        if wrong == ticked or (len(wrong) == 1 and wrong <= ticked - set(part.answer)):
            return mistake
    return None


def read_value(part: MultiPart, answer: Answer) -> Value:
    """The ids of the options ticked, in the problem's order."""
    ticked = read_options(answer.text, part.options)
    if isinstance(ticked, Unread):
        return None
    return [option for option in part.options if option in ticked]


def right_value(part: MultiPart) -> Value:
    """The ids that apply, in the problem's order."""
    return [option for option in part.options if option in part.answer]


def describe(part: MultiPart) -> str:
    """How to hand in an answer."""
    return f"List every option that applies, a line each, among: {', '.join(part.options)}."
