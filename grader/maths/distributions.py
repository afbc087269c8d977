"""Expectations at stated distributions: what no distribution could make equal is refuted.

What is known of a random symbol is rarely stated, and a fact such as E[X] = 0 may be all that a
step needs. So two sides are told apart only where their difference keeps one strict sign over
distributions of every location, scale, skewness and correlation: no fact about moments, short of
a constant, could then make them equal.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import combinations

from grader.maths.arrays import Value
from grader.maths.evaluate import Evaluation, Point, run
from grader.maths.points import draw_point, small_points
from grader.maths.scalars import Arithmetic, OutOfRange, Undefined
from grader.maths.tree import Node, free_names, name, number, substitute
from grader.maths.witnesses import Witness, value_text
from grader.spec.models import Symbol

Distribution = tuple[tuple[Fraction, Node], ...]
"""Probabilities and values."""
Joint = tuple[tuple[Fraction, Mapping[str, Node]], ...]
POINTS, SMALL_POINTS = 6, 40
MOST_RANDOM, MOST_OTHERS = 2, 3
LOCATIONS = (Fraction(0), Fraction(1), Fraction(-2), Fraction(1, 3), Fraction(12))
SCALES = (Fraction(1), Fraction(1, 20), Fraction(3, 2), Fraction(4), Fraction(30))
CORRELATIONS = ((Fraction(0), Fraction(1)), (Fraction(3, 5), Fraction(4, 5)),
                (Fraction(-4, 5), Fraction(3, 5)))  # fmt: skip
JOINTS = 60
SQRT_3 = Node("call", (number(3),), "sqrt")
NORMAL = (
    (Fraction(1, 6), Node("neg", (SQRT_3,))),
    (Fraction(2, 3), number(0)),
    (Fraction(1, 6), SQRT_3),
)
"""Mean 0, variance 1 and kurtosis 3, as the normal distribution has them."""


def _two_points(share: Fraction, low: Fraction, high: Fraction) -> Distribution:
    return (1 - share, number(low)), (share, number(high))


SIMPLE = (
    _two_points(Fraction(1, 2), Fraction(0), Fraction(2)),
    _two_points(Fraction(1, 2), Fraction(-1), Fraction(1)),
    _two_points(Fraction(1, 3), Fraction(0), Fraction(1)),
    _two_points(Fraction(1, 4), Fraction(-1), Fraction(1)),
    _two_points(Fraction(1, 50), Fraction(0), Fraction(3)),
    _two_points(Fraction(49, 50), Fraction(-3), Fraction(0)),
    _two_points(Fraction(1, 50), Fraction(1), Fraction(12)),
)


def refute_for_every_distribution(
    left: Node, right: Node, symbols: Mapping[str, Symbol], seed: int
) -> Witness | None:
    """A distribution where the sides differ, if they do so alike for all; None if undecided.

    Cost     some fifty small evaluations at each of a few points.
    """
    used = free_names(left) | free_names(right)
    drawn = sorted(one for one in used if one in symbols and symbols[one].domain == "random")
    if not 1 <= len(drawn) <= MOST_RANDOM or any(symbols[one].shape for one in drawn):
        return None
    others = {one: symbols[one] for one in symbols if one in used and one not in drawn}
    if len(others) > MOST_OTHERS:
        return None
    joints = list(_list_joints(drawn, list(others), seed))
    # Who declares a rate as real means a positive one.
    positive = {
        one: symbol.model_copy(update={"domain": "positive"}) if _is_any(symbol) else symbol
        for one, symbol in others.items()
    }
    points = (draw_point(positive, seed, position) for position in range(POINTS))
    if not any(_keeps_its_sign(left, right, joints, point) for point in points):
        return None
    for point in (*small_points(others, seed, SMALL_POINTS), draw_point(others, seed, 0)):
        sides = _take_sides(left, right, joints[0], point)
        if sides is not None and sides[0]:
            return _describe(joints[0], point, sides[1])
    return None


def _is_any(symbol: Symbol) -> bool:
    return symbol.domain == "real" and symbol.low is None and symbol.high is None


def _keeps_its_sign(left: Node, right: Node, joints: list[Joint], point: Point) -> bool:
    """Whether one side is the larger for every distribution, with the other symbols given.

    Sides that are equal by a fact about the distribution would be so at every point.
    """
    signs = set()
    for joint in joints:
        sides = _take_sides(left, right, joint, point)
        signs.add(0 if sides is None else sides[0])
        if 0 in signs or len(signs) > 1:
            return False
    return True


def _list_joints(drawn: list[str], others: list[str], seed: int) -> Iterator[Joint]:
    """Distributions of one random symbol, or of two, alike and not, related and not."""
    every = [*SIMPLE, *_list_normal(others)]
    if len(drawn) == 1:
        for each in every:
            yield tuple((share, {drawn[0]: value}) for share, value in each)
        return
    draw = random.Random(seed)
    for position in range(JOINTS):
        first = draw.choice(every) if position else SIMPLE[0]
        second = draw.choice([first, draw.choice(every)]) if position else SIMPLE[1]
        shared, own = CORRELATIONS[position % len(CORRELATIONS)]
        yield tuple(
            (
                share * other,
                {
                    drawn[0]: one,
                    drawn[1]: _add(_times(number(shared), one), _times(number(own), two)),
                },
            )
            for share, one in first
            for other, two in second
        )


def _list_normal(others: list[str]) -> Iterator[Distribution]:
    """Of many means and deviations, those among them that other symbols may stand for.

    With `μ` for the mean E[(X - μ)²] is the variance, though nobody said so.
    """
    yield from (_move(number(mean), number(scale)) for mean in LOCATIONS for scale in SCALES)
    names = [name(one) for one in others]
    squares = [_times(one, one) for one in names]
    inverse = [Node("div", (number(1), one)) for one in names]
    pairs = [
        node
        for one, two in combinations(names, 2)
        for node in (
            _times(one, two), Node("div", (one, two)), Node("div", (two, one)),
            _add(one, two), _add(one, Node("neg", (two,))),
        )
    ]  # fmt: skip
    roots = [Node("call", (Node("call", (one,), "abs"),), "sqrt") for one in names]
    means = [*names, *(Node("neg", (one,)) for one in names), *squares, *inverse, *pairs]
    for at in [*map(number, LOCATIONS[:2]), *means]:
        for by in (number(1), *names, *roots, *inverse):
            yield _move(at, by)


def _move(location: Node, scale: Node) -> Distribution:
    return tuple((share, _add(location, _times(scale, value))) for share, value in NORMAL)


def _add(*terms: Node) -> Node:
    return Node("add", terms)


def _times(factor: Node, value: Node) -> Node:
    return Node("mul", (factor, value))


def _take_sides(
    left: Node, right: Node, joint: Joint, point: Point
) -> tuple[int, tuple[Value, Value]] | None:
    arithmetic = Arithmetic()
    try:
        first, second = (
            run(_average(side, joint), Evaluation(point, arithmetic)) for side in (left, right)
        )
        return arithmetic.compare(first, second), (first, second)
    except (Undefined, OutOfRange, TypeError):
        return None


def _average(tree: Node, joint: Joint) -> Node:
    """Every expectation written out; a random symbol outside of one has no value."""
    args = tuple(_average(arg, joint) for arg in tree.args)
    if tree.op != "expectation":
        return Node(tree.op, args, tree.value)
    return Node(
        "add",
        (
            number(0),
            *(_times(number(share), substitute(args[0], dict(values))) for share, values in joint),
        ),
    )


def _describe(joint: Joint, point: Point, values: tuple[Value, Value]) -> Witness:
    shown = {spelling: value_text(value) for spelling, value in point.values.items()}
    for spelling in joint[0][1]:
        shares: dict[str, Fraction] = {}
        for share, at in joint:
            text = value_text(run(at[spelling], Evaluation(point, Arithmetic())))
            shares[text] = shares.get(text, Fraction(0)) + share
        shown[spelling] = " or ".join(f"{at} (probability {p})" for at, p in shares.items())
    return Witness(shown, value_text(values[0]), value_text(values[1]))
