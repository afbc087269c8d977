"""Formulas compared with values that were measured in float64: gradients of a program.

The reference is a name that nobody can type, and each point holds its value there. Points are
generic: at a kink a program's slope is a convention of its library, not of the question.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from grader.maths.arrays import Array
from grader.maths.compare_trees import Agreement, Comparison, shapes_differ
from grader.maths.evaluate import Evaluation, Point
from grader.maths.looks import Look, Question, Sight, look_at
from grader.maths.lookups import whole_array
from grader.maths.points import draw_point, small_points
from grader.maths.scalars import Arithmetic, Scalar
from grader.maths.tree import Node, name
from grader.maths.witnesses import is_visible, make_witness
from grader.spec.models import Symbol, Tolerance

MEASURED = "measured°"
"""The reference's name; no grammar reads the sign."""
REFERENCE = name(MEASURED)
GENERIC_POINTS, SMALL_POINTS, NEEDED_POINTS = 6, 4, 4
"""Sizes are drawn anew at each; small points only show a difference, and never prove one."""


def draw_measuring_points(symbols: Mapping[str, Symbol], seed: int) -> list[Point]:
    """Points whose every number is a float64 exactly, so that both sides get the same inputs."""
    drawn = [draw_point(symbols, seed, turn) for turn in range(GENERIC_POINTS)]
    drawn += small_points(symbols, seed, SMALL_POINTS)
    return [_round_to_floats(point) for point in drawn]


def _round_to_floats(point: Point) -> Point:
    arrays = {
        spelling: whole_array(spelling, symbol, Evaluation(point, Arithmetic()))
        for spelling, symbol in point.symbols.items()
        if symbol.shape
    }
    return replace(
        point,
        values={spelling: _as_float(value) for spelling, value in point.values.items()},
        overrides={
            spelling: Array(array.shape, tuple(map(_as_float, array.entries)))
            for spelling, array in arrays.items()
        },
    )


def _as_float(value: Scalar) -> Fraction:
    return Fraction(float(value))


def note_measured(point: Point, value: Array | Fraction) -> Point:
    """The point with what was measured there."""
    return replace(point, overrides={**point.overrides, MEASURED: value}, arrays={}, slopes={})


def compare_measured(
    student: Node,
    reference: Node,
    points: Sequence[Point],
    rounding: Tolerance | None = None,
) -> Comparison:
    """Equal to what was measured, different from it, or not decided.

    `reference` is `REFERENCE`, or a formula of it.
    """
    symbols = points[0].symbols if points else {}
    question = Question(student, reference, symbols, rounding=rounding, is_measured=True)
    same = unclear = 0
    note = ""
    generic = [point for point in points if not point.is_small]
    for tried, point in enumerate(generic, start=1):
        look = look_at(question, point)
        if look.sight is Sight.SHAPES:
            return shapes_differ(look, tried)
        if look.sight is Sight.DIFFERENT:
            return _refute(question, point, look, points, tried)
        note = look.note or note
        same += look.sight is Sight.SAME
        unclear += look.sight is not Sight.SAME
    tried = len(generic)
    if same >= NEEDED_POINTS and not unclear:
        return Comparison(Agreement.EQUAL, None, METHOD, tried)
    return Comparison(Agreement.UNDECIDED, None, METHOD, tried, note or "too close to tell apart")


METHOD = "automatic differentiation at random points"


def _refute(
    question: Question, point: Point, look: Look, points: Iterable[Point], tried: int
) -> Comparison:
    """Shown at a small point, where one shows it as well."""
    for small in (one for one in points if one.is_small):
        seen = look_at(question, small)
        if seen.sight is Sight.DIFFERENT and is_visible(seen):
            point, look = small, seen
            break
    given = {one: value for one, value in point.overrides.items() if one != MEASURED}
    shown = replace(point, arrays=given)
    return Comparison(Agreement.DIFFERENT, make_witness(shown, look), METHOD, tried, look.note)
