"""Whether one step of a derivation follows: equality, order, proportion, implication."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from grader.maths.arrays import Array
from grader.maths.compare_trees import Agreement, Comparison, compare_trees, used_symbols
from grader.maths.evaluate import Evaluation, Point, run
from grader.maths.points import draw_point, small_points
from grader.maths.proportions import judge_proportion
from grader.maths.readings import DOUBTFUL
from grader.maths.scalars import Arithmetic, OutOfRange, Scalar, Undefined
from grader.maths.single_bars import bars_as_norms
from grader.maths.steps import STATEMENTS, Side, Step
from grader.maths.subscripts import align
from grader.maths.switching import boundary_points
from grader.maths.tree import Formula, Node
from grader.maths.truth_tables import judge_implication
from grader.maths.witnesses import Witness, value_text
from grader.spec.models import Symbol, Tolerance


@dataclass(frozen=True, slots=True)
class StepVerdict:
    """One step, judged."""

    step: Step
    number: int
    comparison: Comparison


def judge_step(
    step: Step,
    number: int,
    symbols: Mapping[str, Symbol],
    *,
    seed: int,
    boundary: str = "strict",
    approximation: Tolerance | None = None,
    proportional_in: Collection[str] = (),
) -> StepVerdict:
    """Whether one step follows; a witness gives the right side first (`student`), then the left."""

    def judge(one: Step) -> Comparison:
        return _judge_as_read(one, symbols, seed, boundary, approximation, proportional_in)

    found = judge(step)
    if found.agreement is Agreement.DIFFERENT:
        for other in _read_otherwise(step):
            again = judge(other)
            if again.agreement is not Agreement.DIFFERENT:
                found = replace(again, agreement=Agreement.UNDECIDED, note=DOUBTFUL)
                break
    return StepVerdict(step, number, found)


def _read_otherwise(step: Step) -> Iterator[Step]:
    """The step with functions without brackets read otherwise, on one side or alike on both."""

    def read_as(side: Side, tree: Node) -> Side:
        return replace(side, formula=Formula(tree, side.formula.text))

    lefts, rights = step.left.formula.doubtful, step.right.formula.doubtful
    for tree in lefts:
        yield replace(step, left=read_as(step.left, tree))
    for tree in rights:
        yield replace(step, right=read_as(step.right, tree))
    for one, other in zip(lefts, rights, strict=False):
        yield replace(step, left=read_as(step.left, one), right=read_as(step.right, other))


def _judge_as_read(
    step: Step,
    symbols: Mapping[str, Symbol],
    seed: int,
    boundary: str,
    approximation: Tolerance | None,
    proportional_in: Collection[str],
) -> Comparison:
    left, right, relation = step.left.tree, step.right.tree, step.relation
    if relation in ("⇒", "⇔") and left.op not in STATEMENTS:
        return _judge_arrow(step, symbols, seed, boundary)
    if relation in ("⇒", "⇔"):
        return _judge_implications(step, symbols, seed)
    if relation == "=":
        return _compare_readings(step, symbols, seed, boundary)
    if relation == "≈":
        return _judge_approximation(step, symbols, seed, boundary, approximation)
    if relation == "∝":
        return judge_proportion(
            left, right, symbols, seed=seed, boundary=boundary, variables=proportional_in
        )
    return judge_inequality(left, right, relation, symbols, seed)


def _compare_readings(
    step: Step, symbols: Mapping[str, Symbol], seed: int, boundary: str
) -> Comparison:
    """Every way to read `a/bc` on either side; subscripts count alike on both."""
    right_tree, left_tree = align(step.right.tree, step.left.tree, symbols)
    first = compare_trees(right_tree, left_tree, symbols, seed=seed, boundary=boundary)
    if first.agreement is Agreement.EQUAL:
        return first
    if right_tree != step.right.tree or left_tree != step.left.tree:
        raw = compare_trees(step.right.tree, step.left.tree, symbols, seed=seed, boundary=boundary)
        if raw.agreement is Agreement.EQUAL:
            note = "right or wrong by where its subscripts count from"
            return Comparison(Agreement.UNDECIDED, None, raw.method, raw.points_tried, note)
    lefts = [step.left.tree, *([step.left.formula.other] if step.left.formula.other else [])]
    rights = [step.right.tree, *([step.right.formula.other] if step.right.formula.other else [])]
    for left in lefts:
        for right in rights:
            if left is step.left.tree and right is step.right.tree:
                continue
            found = compare_trees(right, left, symbols, seed=seed, boundary=boundary)
            if found.agreement is Agreement.EQUAL:
                return found
    for right, left in bars_as_norms(right_tree, left_tree):
        found = compare_trees(right, left, symbols, seed=seed, boundary=boundary)
        if found.agreement is Agreement.EQUAL:
            note = "right or wrong by whether |A| is a determinant or a norm"
            return Comparison(Agreement.UNDECIDED, None, found.method, found.points_tried, note)
    return first


def _judge_implications(step: Step, symbols: Mapping[str, Symbol], seed: int) -> Comparison:
    """Every way to read `a/bc` in either statement."""
    left, right = step.left.formula, step.right.formula
    found = [
        judge_implication(one, other, step.relation, symbols, seed)
        for one in (left.tree, left.other)
        for other in (right.tree, right.other)
        if one is not None and other is not None
    ]
    return next((one for one in found if one.agreement is Agreement.EQUAL), found[0])


def _judge_arrow(step: Step, symbols: Mapping[str, Symbol], seed: int, boundary: str) -> Comparison:
    """An arrow between two formulas: people write it for `=`, and for anything done to one."""
    found = _compare_readings(step, symbols, seed, boundary)
    if found.agreement is not Agreement.DIFFERENT:
        return found
    note = "an arrow joins two formulas that are not equal"
    return Comparison(Agreement.UNDECIDED, None, found.method, found.points_tried, note)


def _judge_approximation(
    step: Step,
    symbols: Mapping[str, Symbol],
    seed: int,
    boundary: str,
    approximation: Tolerance | None,
) -> Comparison:
    """≈ between numbers is checked to the digits written; between formulas as the part says."""
    found = _compare_readings(step, symbols, seed, boundary)
    if found.agreement is Agreement.EQUAL:
        return found
    if approximation is not None and used_symbols(step.left.tree, step.right.tree, symbols):
        return compare_trees(
            step.right.tree, step.left.tree, symbols,
            seed=seed, boundary=boundary, rounding=approximation,
        )  # fmt: skip
    try:
        values = [
            run(side.tree, Evaluation(Point({}), Arithmetic())) for side in (step.left, step.right)
        ]
    except ArithmeticError:
        note = "≈ between formulas is not checked"
        return Comparison(Agreement.UNDECIDED, None, "≈", found.points_tried, note)
    if any(isinstance(value, Array) for value in values):
        return Comparison(Agreement.UNDECIDED, None, "≈", 1, "≈ between arrays is not checked")
    arithmetic = Arithmetic()
    first, second = (arithmetic.inexact(value) for value in values)
    # Two written digits are the least one rounds to: half a per cent to five.
    allowed = max(abs(first), abs(second)) * 5 / _power_of_ten(step)
    if abs(first - second) <= allowed:
        return Comparison(Agreement.EQUAL, None, "the digits written", 1)
    witness = Witness({}, value_text(values[1]), value_text(values[0]))
    return Comparison(Agreement.DIFFERENT, witness, "the digits written", 1)


def _power_of_ten(step: Step) -> int:
    written = [
        len(digits.replace(".", "").lstrip("0"))
        for side in (step.left, step.right)
        for digits in re.findall(r"\d+\.\d+|\.\d+", side.text)
    ]
    return int(10 ** min(max(min(written, default=2), 1), 12))


def judge_inequality(
    left: Node, right: Node, relation: str, symbols: Mapping[str, Symbol], seed: int
) -> Comparison:
    """`a ≤ b` at random, far, switching and small points; one violation refutes it."""
    used = used_symbols(left, right, symbols)
    points = [draw_point(used, seed, number) for number in range(10)]
    points += [draw_point(used, seed, 100 + n, Fraction((17, 60, 240)[n])) for n in range(3)]
    gap = Node("add", (left, Node("neg", (right,))))
    points += list(
        boundary_points(
            (left, right, Node("compare", (gap, Node("number", value=Fraction(0))), "<")),
            used,
            seed,
            6,
        )
    )
    small = list(small_points(used, seed, 60))
    held = 0
    for point in (*small, *points):
        sides = _both(left, right, point)
        if sides is None:
            continue
        first, second, arithmetic = sides
        order = arithmetic.compare(first, second)
        holds = {"<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0}[relation]
        if not holds:
            values = {name: value_text(value) for name, value in point.values.items()}
            witness = Witness(values, value_text(second), value_text(first))
            return Comparison(Agreement.DIFFERENT, witness, "an inequality at points", held + 1)
        held += 1
    if held < 4:
        return Comparison(Agreement.UNDECIDED, None, "an inequality at points", held)
    return Comparison(Agreement.EQUAL, None, "an inequality at points", held)


def _both(left: Node, right: Node, point: Point) -> tuple[Scalar, Scalar, Arithmetic] | None:
    arithmetic = Arithmetic()
    try:
        first = run(left, Evaluation(point, arithmetic))
        second = run(right, Evaluation(point, arithmetic))
        if isinstance(first, Array) or isinstance(second, Array):
            return None
        arithmetic.compare(first, second)
    except (Undefined, OutOfRange):
        return None
    return first, second, arithmetic
