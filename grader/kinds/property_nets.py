"""Networks of one hidden layer by hand: equal to a function everywhere, or where they are not.

With ReLU units both sides are made of straight pieces: they are equal everywhere if they are
equal at every kink of both, once inside each piece, and at two places beyond the last kinks.
With smooth units the places are sampled, on the scale of every unit that the student has.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

from grader import maths
from grader.errors import BrokenReference
from grader.kinds.numbers import show_fraction
from grader.kinds.property_findings import HOLDS, Finding
from grader.kinds.property_lines import Lines, NotStraight, read_lines
from grader.kinds.property_values import FROM_ROOTS, Given, Point, as_fraction
from grader.maths.scalars import floats
from grader.spec.property_part import Net, PropertyPart

SAMPLES = 24
"""Places drawn at random beside those that the units themselves suggest."""

SATURATED = 2_000
"""Beyond this |z| a smooth unit is at its limit to 800 digits."""

BEYOND = (1, 2, 100)
"""How far beyond the last kinks: two places settle a line, the third shows rounding grow."""


@dataclass(frozen=True, slots=True)
class Unit:
    """outer · σ(inner x + bias)."""

    outer: Fraction
    inner: Fraction
    bias: Fraction


def try_net(part: PropertyPart, target: maths.Formula, given: Given, point: Point) -> Finding:
    """Whether the student's network is the target at this point of the parameters.

    Errors   BrokenReference when the target cannot be evaluated.
    """
    assert part.net is not None
    units, shift = _list_units(given)
    if isinstance(units, str):
        return Finding(holds=False, says=units)
    try:
        wanted = _Target(part.net, target, point)
        places = list(_list_places(part.net, units, wanted.kinks))
        for x in places:
            mine, right = _evaluate(part.net, units, shift, x), wanted.at(x)
            # What the answer's own numbers and 40 digits may be off, at the sizes met here.
            slack = given.slack if part.net.activation == "relu" else max(given.slack, FROM_ROOTS)
            size = sum((_bound(unit, x, part.net) for unit in units), abs(shift)) + abs(right)
            if abs(mine - right) > slack * size:
                return _witness(x, mine, right, point)
    except NotStraight as problem:
        raise BrokenReference(f"the target {part.net.target}: {problem}") from None
    except ArithmeticError as problem:
        raise BrokenReference(f"the target {part.net.target}: {problem}") from None
    return HOLDS


def _list_units(given: Given) -> tuple[list[Unit] | str, Fraction]:
    tables = given.tables
    inner, outer = tables["w0"].entries, tables["w1"].entries
    bias = tables["b0"].entries if "b0" in tables else (Fraction(0),) * len(inner)
    shift = tables["b1"].entries[0] if "b1" in tables else Fraction(0)
    if not len(inner) == len(outer) == len(bias):
        return f"w0 has {len(inner)} entries, w1 has {len(outer)}, b0 has {len(bias)}", shift
    return [Unit(*each) for each in zip(outer, inner, bias, strict=True)], shift


class _Target:
    """What the network must be equal to, with the parameters put in."""

    def __init__(self, net: Net, formula: maths.Formula, point: Point) -> None:
        self._formula, self._point = formula, point
        self._lines: Lines | None = None
        if net.activation == "relu":
            self._lines = read_lines(formula.tree, point)

    @property
    def kinks(self) -> tuple[Fraction, ...]:
        return self._lines.kinks if self._lines else ()

    def at(self, x: Fraction) -> Fraction:
        if self._lines:
            return self._lines.at(x)
        value = maths.evaluate(self._formula.tree, maths.Point(values={**self._point, "x": x}))
        return _read(value)


def _list_places(net: Net, units: list[Unit], kinks: tuple[Fraction, ...]) -> Iterator[Fraction]:
    """Simple places first, so that a counterexample is one that can be checked by hand."""
    yield from map(Fraction, (0, 1, -1, 2, -2))
    own = {-unit.bias / unit.inner for unit in units if unit.inner}
    bends = sorted({*own, *kinks})
    yield from bends
    if net.activation == "relu":
        yield from ((left + right) / 2 for left, right in pairwise(bends))
        first, last = (bends[0], bends[-1]) if bends else (Fraction(0), Fraction(0))
        yield from (place for far in BEYOND for place in (first - far, last + far))
        return
    for unit in units:
        if unit.inner:
            # Where this unit is half on, nearly on, and on for good.
            yield from ((z - unit.bias) / unit.inner for z in (-50, -5, -1, 1, 5, 50))
    source = random.Random(len(units))
    yield from (Fraction(source.randint(-2000, 2000), 100) for _ in range(SAMPLES))


def _evaluate(net: Net, units: Iterable[Unit], shift: Fraction, x: Fraction) -> Fraction:
    return sum((u.outer * _activate(net, u.inner * x + u.bias) for u in units), shift)


def _activate(net: Net, z: Fraction) -> Fraction:
    if net.activation == "relu":
        return max(z, Fraction(0))
    if abs(z) > SATURATED:
        return (
            Fraction(int(z > 0)) if net.activation == "logistic" else Fraction(1 if z > 0 else -1)
        )
    context = floats()
    number = context.mpf(z.numerator) / z.denominator
    if net.activation == "tanh":
        return _read(context.tanh(number))
    return _read(1 / (1 + context.exp(-number)))


def _read(number: Any) -> Fraction:
    value = as_fraction(number)
    if value is None:
        raise NotStraight("it is no real number")
    return value


def _bound(unit: Unit, x: Fraction, net: Net) -> Fraction:
    """The largest that this unit's terms are, for what rounding in them may cost."""
    inside = abs(unit.inner * x) + abs(unit.bias)
    return abs(unit.outer) * (inside if net.activation == "relu" else 1 + inside)


def _witness(x: Fraction, mine: Fraction, right: Fraction, point: Point) -> Finding:
    place = tuple((name, show_fraction(value)) for name, value in {**point, "x": x}.items())
    return Finding(
        holds=False,
        inputs=place,
        saw=f"f(x) = {show_fraction(mine)}",
        expected=f"f(x) = {show_fraction(right)}",
    )
