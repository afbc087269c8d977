"""Statements compared by their truth at points, those where an equation holds among them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain

from grader.maths.arrays import Array, Value, WrongShapes
from grader.maths.compare_trees import Agreement, Comparison, compare_trees, used_symbols
from grader.maths.evaluate import Evaluation, Point, run
from grader.maths.looks import MOST_MAGNIFIED
from grader.maths.memberships import spell_memberships
from grader.maths.points import draw_point, is_met_exactly, small_points
from grader.maths.scalars import Arithmetic, OutOfRange, Undefined
from grader.maths.solutions import solution_points
from grader.maths.switching import Switches
from grader.maths.tree import Node
from grader.maths.witnesses import Witness, point_text
from grader.spec.models import Symbol

NEEDED_TRUE = 3
"""Of several symbols two equations may share a point or two, as z = log p and z = -log p do."""


def compare_statements(
    student: Node, reference: Node, symbols: Mapping[str, Symbol], seed: int
) -> Comparison:
    """Equations and inequalities: the same up to a factor, or true at the same points."""
    if student.value == reference.value == "=" and student.op == reference.op == "compare":
        first, second = (
            Node("add", (one.args[0], Node("neg", (one.args[1],)))) for one in (student, reference)
        )
        scaled = compare_trees(first, second, symbols, seed=seed, up_to="factor")
        if scaled.agreement is Agreement.EQUAL:
            return Comparison(Agreement.EQUAL, None, "the same up to a factor", scaled.points_tried)
    return judge_implication(student, reference, "⇔", symbols, seed, spares_zeros=False)


def judge_implication(
    left: Node,
    right: Node,
    relation: str,
    symbols: Mapping[str, Symbol],
    seed: int,
    *,
    spares_zeros: bool = True,
) -> Comparison:
    """Truth tables over random points and points where either side is an exact equality."""
    left, right = spell_memberships(left), spell_memberships(right)
    used = used_symbols(left, right, symbols)
    switches = Switches((left, right), used, seed)
    points = chain(
        small_points(used, seed, 150), switches.on_surfaces(24), switches.between(24),
        switches.together(24), (point for _, point in switches.within_arrays(8)),
        switches.beside(16), (draw_point(used, seed, number) for number in range(10)),
        solution_points((left, right), used, seed),
    )  # fmt: skip
    met = {"left": 0, "right": 0}
    degenerate = doubt = ""
    tried = 0
    for point in points:
        tried += 1
        try:
            first, second = _value_or_beyond(left, point), _value_or_beyond(right, point)
        except WrongShapes as problem:
            # Shapes fit everywhere or nowhere: sizes are distinct at every point.
            return Comparison(Agreement.DIFFERENT, None, "shapes", 1, str(problem))
        except Undefined:
            continue
        if first is None or second is None:
            if first is not None or second is not None:
                doubt = "one side is not computed wherever the other is"
            continue
        is_left, is_right = _is_true(first), _is_true(second)
        met["left"] += is_left
        met["right"] += is_right
        if (is_left and not is_right) or (relation == "⇔" and is_right and not is_left):
            values = point_text(point)
            witness = Witness(values, str(is_right).lower(), str(is_left).lower())
            zeros = [name for name, value in point.values.items() if value == 0]
            if not zeros or not spares_zeros:
                return Comparison(Agreement.DIFFERENT, witness, "truth tables", tried)
            # Dividing by w is right where w is not 0; whether it may be, only a person knows.
            degenerate = degenerate or zeros[0]
            continue
    if degenerate:
        note = f"it fails where {degenerate} = 0; elsewhere it holds"
        return Comparison(Agreement.UNDECIDED, None, "truth tables", tried, note)
    for trees, point in switches.pretend():
        try:
            sides = [_value_or_beyond(tree, point) for tree in trees]
        except Undefined:
            continue
        if None in sides or _is_true(sides[0]) != _is_true(sides[1]):
            doubt = "it may differ where it switches, and no point was found there"
    if switches.is_crowded:
        doubt = "it switches in too many places to be tried at each"
    if doubt:
        return Comparison(Agreement.UNDECIDED, None, "truth tables", tried, doubt)
    needed = NEEDED_TRUE if len(used) > 1 else 1
    if met["left"] >= needed and (relation == "⇒" or met["right"] >= needed):
        return Comparison(Agreement.EQUAL, None, "truth tables", tried)
    note = "too few points were found where the left side is true"
    return Comparison(Agreement.UNDECIDED, None, "truth tables", tried, note)


def _value_or_beyond(tree: Node, point: Point) -> Value | None:
    """The value of a statement; None where it is beyond what is computed."""
    arithmetic = Arithmetic()
    try:
        value = run(tree, Evaluation(point, arithmetic))
    except OutOfRange:
        return None
    if arithmetic.largest > MOST_MAGNIFIED and not is_met_exactly(point):
        raise Undefined("a point that is known to 60 digits is magnified too far")
    return value


def _is_true(value: Value) -> bool:
    """An equation of arrays is true where all their entries are equal."""
    if isinstance(value, Array):
        return all(one != 0 for one in value.entries)
    return bool(value != 0)
