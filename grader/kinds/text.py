"""Prose: a person marks it with the rubric."""

from __future__ import annotations

from collections.abc import Iterator

from grader.kinds.marking import ANSWER, explain
from grader.kinds.protocol import Bench, HandedIn
from grader.kinds.reading_text import plain
from grader.spec.models import Rubric
from grader.spec.parts import TextPart
from grader.submission.models import Answer
from grader.values import Value
from grader.verdicts import Outcome, Verdict, failed

SHORTEST_PROSE = 3
"""Words; a shorter answer is still marked by a person, who is told."""


def judge(part: TextPart, part_id: str, handed_in: HandedIn, bench: Bench) -> tuple[Outcome, ...]:
    """Always open: nobody has lost points before a person has read it."""
    assert handed_in.answer is not None
    words = len(plain(handed_in.answer.text).split())
    return (
        failed(
            ANSWER,
            Verdict.REVIEW,
            explain(f"{words} word{'s' * (words != 1)}, waiting for a person"),
            understood=plain(handed_in.answer.text).strip(),
            # For staff alone: the items state the answer, and a student may hand in again.
            staff_note="; ".join(_list_notes(part, words)),
        ),
    )


def _list_notes(part: TextPart, words: int) -> Iterator[str]:
    if words < SHORTEST_PROSE:
        yield "very short"
    yield from map(_write_item, part.rubric)


def _write_item(entry: Rubric) -> str:
    unit = "point" if entry.points == 1 else "points"
    return f"{entry.item} ({float(entry.points):g} {unit})"


def read_value(part: TextPart, answer: Answer) -> Value:
    """The text itself."""
    return plain(answer.text).strip()


def right_value(part: TextPart) -> Value:
    """Prose has none."""
    return None


def describe(part: TextPart) -> str:
    """How to hand in an answer."""
    return "Write a few sentences; a person marks them."
