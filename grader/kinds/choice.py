"""One option of several."""

from __future__ import annotations

from grader.errors import BrokenReference
from grader.kinds.marking import ANSWER, explain, fall_short, find_mistake, refuse
from grader.kinds.matching_options import match_option
from grader.kinds.protocol import Bench, HandedIn
from grader.kinds.reading_options import read_option
from grader.kinds.reading_text import Unread
from grader.spec.parts import ChoicePart
from grader.submission.models import Answer
from grader.values import Value
from grader.verdicts import Outcome, passed


def judge(part: ChoicePart, part_id: str, handed_in: HandedIn, bench: Bench) -> tuple[Outcome, ...]:
    """Right, or wrong with the words about a known mistake."""
    assert handed_in.answer is not None
    chosen = read_option(handed_in.answer.text, part.options)
    if isinstance(chosen, Unread):
        return (refuse(chosen),)
    if chosen in accepted_options(part, part_id):
        return (passed(ANSWER, understood=chosen),)
    mistake = find_mistake(
        part.mistakes, lambda wrong: match_option(str(wrong), part.options) == chosen
    )
    return (fall_short(explain(f"the option {chosen}"), chosen, mistake=mistake),)


def accepted_options(part: ChoicePart, part_id: str) -> tuple[str, ...]:
    """Every option that counts as right."""
    accepted = (part.answer,) if isinstance(part.answer, str) else part.answer or ()
    unknown = [option for option in accepted if option not in part.options]
    if unknown or not accepted:
        raise BrokenReference(f"{part_id}: the answer {part.answer!r} is not among the options")
    return accepted


def read_value(part: ChoicePart, answer: Answer) -> Value:
    """The option's id."""
    chosen = read_option(answer.text, part.options)
    return None if isinstance(chosen, Unread) else chosen


def right_value(part: ChoicePart) -> Value:
    """The right option's id; the first where several are."""
    return accepted_options(part, "")[0]


def describe(part: ChoicePart) -> str:
    """How to hand in an answer."""
    return f"Write one option's name: {', '.join(part.options)}."
