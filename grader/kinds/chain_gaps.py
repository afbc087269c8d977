"""Derivations whose steps all follow and that still show too little."""

from __future__ import annotations

from fractions import Fraction

from grader import maths
from grader.errors import BrokenReference
from grader.kinds.expression import as_text
from grader.kinds.marking import explain
from grader.maths.milestones import Leap, find_leap
from grader.maths.normal_form import normal_form
from grader.maths.step_verdicts import StepVerdict
from grader.maths.steps import Derivation, read_derivation
from grader.maths.tree import Node
from grader.spec.models import Symbol
from grader.spec.parts import ChainPart


def shows_something(verdicts: list[StepVerdict], read: Derivation) -> bool:
    """Whether a step to something new holds, on a way that is no circle.

    The end alone, which the question may have given away, is no work.
    """
    first, last = (normal_form(read.sides[place].tree) for place in (0, -1))
    return first != last and any(
        one.comparison.is_equal
        and normal_form(one.step.left.tree) != normal_form(one.step.right.tree)
        for one in verdicts
    )


def find_gap(part: ChainPart, read: Derivation, start: Node | None, target: Node) -> str:
    """Why there are too few lines, or only one in several orders; empty if there are enough."""
    forms = [normal_form(side.tree) for side in read.sides]
    # A line with a label of its own is a step as well; the same formula again is none.
    shown = min(max(len(read.steps), len(read.sides) - 1), len(set(forms)) - 1)
    if read.is_labelled and len({side.tree for side in read.sides}) > 1:
        # What the label stands for is not written, and differs from the first side.
        shown += 1
    if shown < part.least_steps:
        return explain(
            f"{shown} step{'s' * (shown != 1)}",
            f"at least {part.least_steps}",
            "show what happens between",
        )
    is_start_again = start is not None and set(forms) == {normal_form(start)}
    if is_start_again and normal_form(target) not in forms:
        return explain(
            "every line is the start again, in another order",
            f"a derivation that arrives at {maths.show(target)}",
        )
    return ""


def find_large_step(
    part: ChainPart,
    part_id: str,
    read: Derivation,
    symbols: dict[str, Symbol],
    definitions: dict[str, Node],
) -> str:
    """Where one line takes more than `max_step` steps of every listed derivation; else empty.

    Errors   BrokenReference where a listed derivation cannot be read.
    """
    if part.max_step is None:
        return ""
    lines = [side.tree for side in read.sides]
    leaps: list[Leap] = []
    for text in part.equivalents:
        listed = read_derivation(as_text(text), symbols, definitions)
        if isinstance(listed, maths.Unreadable):
            raise BrokenReference(f"{part_id}: the derivation {text!r}: {listed}")
        leap = find_leap(lines, [side.tree for side in listed.sides], part.max_step)
        if leap is None:
            return ""
        leaps.append(leap)
    if not leaps:
        return ""
    leap = min(leaps, key=lambda one: one.steps)
    first, last = (read.sides[place] for place in (leap.start, leap.end))
    return explain(
        f"from {maths.show(first.tree)} to {maths.show(last.tree)}, line {last.line}:"
        f" {_count(leap.steps)} steps in one",
        f"at most {part.max_step} at a time",
        "it follows, but show what lies between",
    )


def _count(steps: Fraction) -> str:
    return str(steps.numerator // steps.denominator + (steps.denominator > 1))
