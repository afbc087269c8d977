"""Which points two formulas are compared at, and in which order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from grader.maths.evaluate import Point
from grader.maths.looks import Question
from grader.maths.points import draw_point
from grader.maths.switching import Switches
from grader.maths.tree import free_names, walk
from grader.spec.models import Symbol

ARRAY_POINTS = 5
"""Each holds many random entries; a product of matrices is long to compute."""
MODERATE_POINTS, FAR_POINTS, BETWEEN_POINTS, BOUNDARY_POINTS, NEEDED_POINTS = 8, 3, 24, 10, 4
BESIDE_POINTS, TOGETHER_POINTS, WITHIN_POINTS = 8, 26, 8
"""Eight random rational points leave a chance below 1e-15 for unequal polynomials of degree
up to 6; far ones find what happens only beyond x = 100; those beside a switch are taken with
three times the digits, as a jump may be small there; of five pairs of subscripts there are 26
choices of some that are equal; four that agree are the least that counts."""


def choose_points(question: Question, switches: Switches, seed: int) -> Iterator[tuple[str, Point]]:
    """Points to compare at, each with its kind: generic ones first, then those for a reason."""
    symbols = question.symbols
    if any(one.op == "call" and one.value == "gradient" for one in walk(question.reference)):
        # A gradient costs two evaluations an entry; its points are generic and few.
        for number_ in range(NEEDED_POINTS + 1):
            yield "random", draw_point(symbols, seed, number_)
        return
    has_arrays = any(one.shape for one in symbols.values())
    short = _with_short_sums(question)
    for number_ in range(ARRAY_POINTS if has_arrays else MODERATE_POINTS):
        yield "random", draw_point(short if number_ < NEEDED_POINTS else symbols, seed, number_)
    if question.rounding is None:
        for number_ in range(1 if has_arrays else FAR_POINTS):
            scale = Fraction((17, 60, 240)[number_])
            yield "far", draw_point(symbols, seed, 100 + number_, scale)
    for point in switches.between(BETWEEN_POINTS):
        yield "between", point
    for point in switches.together(TOGETHER_POINTS):
        yield "between", point
    for point in switches.on_surfaces(BOUNDARY_POINTS):
        yield "boundary", point
    for is_on, point in switches.within_arrays(WITHIN_POINTS):
        yield "boundary" if is_on else "between", point
    if question.rounding is None:
        for point in switches.beside(BESIDE_POINTS):
            yield "beside", point
    # Tiny values: what is hidden by a large random point shows near 0.
    for number_ in range(2):
        yield "near", draw_point(symbols, seed, 200 + number_, Fraction(1, 16))


SHORT = 11
"""How far the ends of sums lie apart at the first points, where they may lie further."""


def _with_short_sums(question: Question) -> Mapping[str, Symbol]:
    """The symbols with those that end sums held near their lowest values: long sums take long."""
    ends = {
        spelling
        for side in (question.student, question.reference)
        for node in walk(side)
        if node.op in ("sum", "prod")
        for limit in node.args[1:]
        for spelling in free_names(limit)
    }
    symbols = dict(question.symbols)
    for spelling in ends & symbols.keys():
        symbol = symbols[spelling]
        if symbol.low is not None and symbol.high is not None and symbol.high > symbol.low + SHORT:
            symbols[spelling] = symbol.model_copy(update={"high": symbol.low + SHORT})
    return symbols
