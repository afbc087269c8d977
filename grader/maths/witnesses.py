"""Points that show a difference, small enough to check by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from grader.maths import bounds
from grader.maths.arrays import (
    Array,
    Identity,
    Ones,
    Repeated,
    Value,
    shape_text,
)
from grader.maths.evaluate import Evaluation, Point, run
from grader.maths.looks import Look, Question, Sight, look_at
from grader.maths.points import small_points
from grader.maths.scalars import Arithmetic, floats
from grader.maths.tree import Node


@dataclass(frozen=True, slots=True)
class Witness:
    """A point where the formulas differ, small enough to check by hand where one is found."""

    values: Mapping[str, str]
    student: str
    reference: str


WITNESS_POINTS = 260
"""All points with up to five symbols on the first rungs of their ladders."""


def find_small_witness(question: Question, seed: int) -> tuple[Point, Look] | None:
    """The first small point where the two visibly differ."""
    best: tuple[Point, Look] | None = None
    work = 0
    for point in small_points(question.symbols, seed, WITNESS_POINTS):
        if work > bounds.MAX_WORK_FOR_WITNESS:
            break
        try:
            look = look_at(question, point)
        except ArithmeticError:
            continue
        work += look.work
        if look.sight is not Sight.DIFFERENT:
            continue
        if is_visible(look):
            return point, look
        best = best or (point, look)
        if look.digits > bounds.DIGITS:
            # It takes hundreds of digits to see it: no small point shows it in six.
            break
    return best


def explain_gap(look: Look) -> str:
    """How little two numbers differ whose first digits agree; empty where they show it."""
    if is_visible(look) or look.digits == bounds.DIGITS:
        return ""
    arithmetic = Arithmetic(look.digits)
    gap = arithmetic.inexact(look.student) - arithmetic.inexact(look.reference)
    return f"the difference is small, {value_text(abs(gap))}, but it is not 0"


def is_visible(look: Look) -> bool:
    """Whether the first digits already differ."""
    if isinstance(look.student, Array) or isinstance(look.reference, Array):
        return True
    return value_text(look.student) != value_text(look.reference)


MOST_SHOWN = 24
"""Entries of arrays in one witness: a person checks them by hand."""


def make_witness(point: Point, look: Look) -> Witness:
    values = point_text(point)
    if point.is_small and look.reads and len(look.reads) <= 8:
        values |= {shown: value_text(value) for shown, value in look.reads.items()}
    return Witness(values, value_text(look.student), value_text(look.reference))


def point_text(point: Point) -> dict[str, str]:
    """The values of all symbols that are few enough to be read."""
    arrays = {**point.arrays, **point.overrides}
    sizes = [len(one.entries) if isinstance(one, Array) else 1 for one in arrays.values()]
    shown = sorted(arrays.items()) if sum(sizes) <= MOST_SHOWN else []
    return values_text(point) | {spelling: value_text(value) for spelling, value in shown}


def values_text(point: Point) -> dict[str, str]:
    return {spelling: value_text(value) for spelling, value in point.values.items()}


def text_at(tree: Node, point: Point) -> str:
    try:
        return value_text(run(tree, Evaluation(point, Arithmetic())))
    except ArithmeticError:
        return "undefined"


def value_text(value: Value) -> str:
    """A value in few characters: a fraction while it is short, else six digits."""
    if value is None:
        return "undefined"
    if isinstance(value, Identity):
        return f"{value_text(value.scale)}·I"
    if isinstance(value, Repeated):
        return f"rows or columns {_array_text(value.as_line())}"
    if isinstance(value, Ones):
        return f"{value_text(value.scale)}·𝟏"
    if isinstance(value, Array):
        return _array_text(value)
    if isinstance(value, Fraction):
        if value.denominator == 1 and abs(value.numerator) < 10**12:
            return str(value.numerator)
        if value.denominator <= 1000 and abs(value.numerator) < 10**6:
            return str(value)
    context = floats()
    inexact = Arithmetic().inexact(value)
    return str(context.nstr(inexact, 6, strip_zeros=True)).removesuffix(".0")


def _array_text(value: Array) -> str:
    if len(value.entries) > 16:
        return f"an array of shape {shape_text(value)}"
    if len(value.shape) == 1:
        return "[" + ", ".join(value_text(one) for one in value.entries) + "]"
    step = len(value.entries) // value.shape[0]
    rows = (
        Array(value.shape[1:], value.entries[i : i + step])
        for i in range(0, len(value.entries), step)
    )
    return "[" + ", ".join(_array_text(row) for row in rows) + "]"
