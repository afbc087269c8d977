"""Outcomes of short answers: words for what was read, known mistakes, partial credit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from grader.errors import BrokenReference
from grader.spec.models import Mistake
from grader.verdicts import Counterexample, Outcome, Verdict, failed

if TYPE_CHECKING:
    from grader.kinds.reading_text import Unread

ANSWER = "answer"
"""The one check of a part that asks one question."""


def explain(saw: str = "", expected: str = "", advice: str = "") -> str:
    """What was seen, what was expected, what to try: a line each."""
    rows = (("saw", saw), ("expected", expected), ("try", advice))
    return "\n".join(f"{label:<10}{words}" for label, words in rows if words)


def refuse(unread: Unread) -> Outcome:
    """An answer that could not be read."""
    words = explain(unread.saw, unread.expected, unread.advice)
    return failed(ANSWER, Verdict.REFUSED, words)


def leave_open(feedback: str, understood: str, staff_note: str) -> Outcome:
    """An answer that a person must look at."""
    return failed(ANSWER, Verdict.UNDECIDED, feedback, understood=understood, staff_note=staff_note)


def fall_short(
    feedback: str,
    understood: str,
    *,
    mistake: Mistake | None = None,
    share: Fraction = Fraction(0),
    counterexample: Counterexample | None = None,
) -> Outcome:
    """An answer that is read but not right.

    A known mistake earns the credit its author states; where none is stated, what the kind
    itself gives (`share`).
    """
    if mistake is not None and "credit" in mistake.model_fields_set:
        share = mistake.credit
    return Outcome(
        check=ANSWER,
        verdict=Verdict.PARTIAL if share else Verdict.WRONG,
        share=share,
        feedback=feedback,
        counterexample=counterexample,
        mistake=mistake.say if mistake else "",
        understood=understood,
    )


def find_mistake(mistakes: Sequence[Mistake], makes: Callable[[object], bool]) -> Mistake | None:
    """The first known mistake whose answer is the one given."""
    for mistake in mistakes:
        if mistake.answer is not None and makes(mistake.answer):
            return mistake
    return None


def distrust(part_id: str, answer: object, unread: Unread) -> BrokenReference:
    """The error for a right answer in a spec that its own kind cannot read."""
    return BrokenReference(f"{part_id}: the answer {answer!r} is not {unread.expected}")
