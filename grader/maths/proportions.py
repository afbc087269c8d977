"""Whether two formulas are proportional: their ratio is one number, or free of what is meant.

`a ∝ b` is meant in some variables, which the text seldom names. The factor may depend on all
the others. So a claim is refuted where the variables are stated and the ratio moves with them,
or where it moves with every symbol there is: then no choice of variables makes it true.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from itertools import pairwise

from grader.maths import bounds
from grader.maths.arrays import Array
from grader.maths.compare_trees import Agreement, Comparison, compare_trees, used_symbols
from grader.maths.evaluate import Evaluation, Point, run
from grader.maths.looks import Question, Sight, judge_scalars
from grader.maths.points import draw_point, is_allowed, small_points
from grader.maths.scalars import Arithmetic, OutOfRange, Undefined
from grader.maths.tree import Node
from grader.maths.witnesses import Witness, value_text
from grader.spec.models import Symbol

PAIRS = 8
"""Random rational points; a ratio that agrees at all of them is taken not to move."""
NEEDED_PAIRS = 4


def judge_proportion(
    left: Node,
    right: Node,
    symbols: Mapping[str, Symbol],
    *,
    seed: int,
    boundary: str,
    variables: Collection[str] = (),
) -> Comparison:
    """Compare the ratio at pairs of points that differ in the variables meant."""
    plain = compare_trees(right, left, symbols, seed=seed, boundary=boundary, up_to="factor")
    if plain.agreement is not Agreement.DIFFERENT:
        return plain
    used = used_symbols(left, right, symbols)
    question = Question(right, left, used, boundary)
    note = "what the factor may depend on is not stated"
    undecided = Comparison(Agreement.UNDECIDED, None, "ratios at pairs of points", PAIRS, note)
    if not used or any(one.shape or one.domain == "function" for one in used.values()):
        return undecided
    if variables:
        return _compare_ratios(question, [one for one in used if one in variables], seed)
    moved = [_compare_ratios(question, [one], seed) for one in used]
    if all(one.agreement is Agreement.DIFFERENT for one in moved):
        return moved[0]
    return undecided


def _compare_ratios(question: Question, names: Collection[str], seed: int) -> Comparison:
    """Whether the ratio stays while only these symbols move."""
    same = 0
    method = "ratios at pairs of points"
    small = list(small_points(question.symbols, seed, 12))
    pairs = list(pairwise(small))
    pairs += [
        (draw_point(question.symbols, seed, turn), draw_point(question.symbols, seed, 50 + turn))
        for turn in range(PAIRS)
    ]
    for tried, (first, other) in enumerate(pairs, start=1):
        moved = {**first.values, **{one: other.values[one] for one in names}}
        if moved == dict(first.values) or not is_allowed(question.symbols, moved):
            continue
        second = replace(first, values=moved, arrays={}, slopes={})
        sights = {_look(question, first, second, digits) for digits in (bounds.DIGITS, 120)}
        if sights == {Sight.DIFFERENT}:
            witness = _make_witness(question, first, second, names)
            return Comparison(Agreement.DIFFERENT, witness, method, tried)
        same += sights == {Sight.SAME}
    if same >= NEEDED_PAIRS:
        return Comparison(Agreement.EQUAL, None, method, len(pairs))
    return Comparison(Agreement.UNDECIDED, None, method, len(pairs))


def _look(question: Question, first: Point, second: Point, digits: int) -> Sight:
    """right(first)·left(second) beside right(second)·left(first)."""
    arithmetic = Arithmetic(digits)
    values = []
    try:
        for tree, point in (
            (question.student, first), (question.reference, second),
            (question.student, second), (question.reference, first),
        ):  # fmt: skip
            value = run(tree, Evaluation(point, arithmetic))
            if isinstance(value, Array) or value == 0:
                return Sight.SKIPPED
            values.append(value)
        one = arithmetic.multiply(values[0], values[1])
        other = arithmetic.multiply(values[2], values[3])
    except (Undefined, OutOfRange):
        return Sight.SKIPPED
    return judge_scalars(question, one, other, arithmetic)


def _make_witness(
    question: Question, first: Point, second: Point, names: Collection[str]
) -> Witness:
    """Both points in one: `x = 1, then 2`, and the ratio at either."""
    values = {}
    for name, value in first.values.items():
        values[name] = value_text(value)
        if name in names:
            values[name] += f", then {value_text(second.values[name])}"
    ratio = Node("div", (question.reference, question.student))
    before, after = (
        value_text(run(ratio, Evaluation(point, Arithmetic()))) for point in (first, second)
    )
    return Witness(values, student=after, reference=before)
