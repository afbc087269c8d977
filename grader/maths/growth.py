"""Asymptotic growth of formulas in several variables, compared along rays.

Every variable goes to infinity as v = exp(t·u), the u's drawn from the cone that the declared
relations leave; and each once far behind the others or ahead of them, v = exp(√t·u), where the
logarithm of one is no multiple of another's. Values are kept as logarithms, so that t can be as
large as 2^400 and even log log n shows. Two formulas grow alike where the difference of their
logarithms stays bounded on every ray.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any

from grader.maths.log_scale import GROWTH_DIGITS, LogScale, Undefined
from grader.maths.scalars import OutOfRange, floats
from grader.maths.tree import Node, free_names, walk

RAYS = 14
NEEDED_RAYS = 3
"""Fewer directions tell too little of several variables."""
FAR = (40, 126, 400)
"""t = 2**40 to 2**400: log log n grows by 2.3 in logarithm between them."""
IN_EXPONENTS = ((130, 157, 190), (5, 7, 9))
"""Where a variable stands in an exponent, t itself: even exp(130/12) = 50,000 in an exponent leaves
n**100 behind; exp(9) only where an exponent, as n*m, grows beyond what is computed."""
CREEP = Fraction(1, 10**6)
"""A power below every other, for the order of variables that creep."""
STILL = 2
"""The logarithm of a variable that stands still; log log of it is defined."""
BOUNDED = 0.3
"""How much a bounded difference may still move: constants settle far faster."""
NOISE = 1e-9
"""Beside it a difference that still moves, as that of log(n)**0.001, moves on."""
SETTLING = {FAR: (0.5, 0.9), IN_EXPONENTS[0]: (0.9, 0.95)}
"""How much less a difference moves the second time where it is bounded, 1/log log n at most, and
where it is not, log log log n at least; the times are equal powers of one another apart."""


class Growth(StrEnum):
    """How one formula grows beside another."""

    SAME = "same"
    FASTER = "faster"
    SLOWER = "slower"
    BOTH = "faster in some directions, slower in others"
    UNKNOWN = "unknown"
    UNDEFINED = "nowhere defined"
    """Or 0 for every size: no bound has that."""


class Flaw(StrEnum):
    """Why a formula has no logarithm along a ray."""

    UNDEFINED = "undefined"
    NOT_POSITIVE = "not positive"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class GrowthComparison:
    """The verdict, and the variables along which the difference shows."""

    growth: Growth
    too_fast: tuple[str, ...] = ()
    too_slow: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ray:
    """A direction to infinity: each variable's u, and which of them creep."""

    pace: Mapping[str, Fraction]
    creeping: frozenset[str] = frozenset()

    def power(self, name: str) -> Fraction:
        """The power of exp(t) with which a variable grows."""
        pace = self.pace.get(name, Fraction(0))
        return pace * CREEP if name in self.creeping else pace

    def logarithms(self, time: int) -> dict[str, Any]:
        """The logarithm of each variable at a time."""
        far = floats(GROWTH_DIGITS).mpf(time)
        root = floats(GROWTH_DIGITS).sqrt(far)
        return {
            name: (root if name in self.creeping else far) * pace.numerator / pace.denominator
            if pace
            else floats(GROWTH_DIGITS).mpf(STILL)
            for name, pace in self.pace.items()
        }


def compare_growth(
    student: Node, reference: Node, relations: Sequence[Node], seed: int
) -> GrowthComparison:
    """Compare two bounds; constants, lower terms and bases of logarithms do not count."""
    variables = sorted(free_names(student) | free_names(reference) | _names(relations))
    if not any(_has_exponential(tree) for tree in (student, reference)):
        return _compare_at(FAR, student, reference, variables, relations, seed)
    found = GrowthComparison(Growth.UNKNOWN)
    for times in IN_EXPONENTS:
        found = _compare_at(times, student, reference, variables, relations, seed)
        if found.growth is not Growth.UNKNOWN:
            break
    return found


def _compare_at(
    times: tuple[int, ...],
    student: Node,
    reference: Node,
    variables: list[str],
    relations: Sequence[Node],
    seed: int,
) -> GrowthComparison:
    """Compare at three times; a difference is what still moves between them."""
    is_exponential = times in IN_EXPONENTS
    # Sums are right up to a constant that may move a little.
    is_rough = any(node.op == "sum" for tree in (student, reference) for node in walk(tree))
    faster = slower = is_unclear = False
    decided = 0
    flaws: list[Flaw] = []
    rays = [*_rays(variables, relations, seed)]
    if not is_exponential:  # its times are too near for a difference to show
        rays += _creeping_rays(variables, relations)
    for ray in rays:
        expected = _logarithms(reference, ray, times)
        if isinstance(expected, Flaw):
            continue
        ours = _logarithms(student, ray, times)
        if isinstance(ours, Flaw):
            flaws.append(ours)
            continue
        decided += 1
        trend = _trend(ours, expected, times, is_rough=is_rough)
        faster |= trend is not None and trend > 0
        slower |= trend is not None and trend < 0
        is_unclear |= trend is None
    if not decided and set(flaws) == {Flaw.UNDEFINED}:
        return GrowthComparison(Growth.UNDEFINED)
    if decided < (NEEDED_RAYS if variables else 1):
        return GrowthComparison(Growth.UNKNOWN)
    if not faster and not slower:
        # A bound that fails where the right one holds is not the right one.
        return GrowthComparison(Growth.UNKNOWN if flaws or is_unclear else Growth.SAME)
    growth = Growth.BOTH if faster and slower else Growth.FASTER if faster else Growth.SLOWER
    fast, slow = _by_variable(student, reference, variables, times)
    return GrowthComparison(growth, fast, slow)


def _names(relations: Sequence[Node]) -> set[str]:
    return {one for relation in relations for one in free_names(relation)}


def _has_exponential(tree: Node) -> bool:
    """Whether a variable stands in an exponent or below a factorial."""
    if tree.op == "pow" and free_names(tree.args[1]):
        return True
    if tree.op == "call":
        if tree.value == "log" and _is_call(tree.args[0], "factorial"):
            return _has_exponential(tree.args[0].args[0])
        if tree.value == "binomial" and not free_names(tree.args[1]):
            return _has_exponential(tree.args[0])
        if tree.value in ("exp", "factorial", "binomial", "gamma"):
            return True
    return any(_has_exponential(arg) for arg in tree.args)


def _is_call(tree: Node, function: str) -> bool:
    return tree.op == "call" and tree.value == function


def _rays(variables: list[str], relations: Sequence[Node], seed: int) -> Iterator[Ray]:
    """Directions that keep to the relations; each variable also runs far ahead once."""
    generator = random.Random(seed)
    found = tried = 0
    if not variables:
        yield Ray({})
        return
    special = [dict.fromkeys(variables, Fraction(1))]
    special += [
        {other: Fraction(1) if other == one else Fraction(1, 12) for other in variables}
        for one in variables
    ]
    special += [
        {other: Fraction(1, 12) if other == one else Fraction(1) for other in variables}
        for one in variables
    ]
    while found < RAYS and tried < 40 * RAYS:
        if tried < len(special):
            ray = Ray(special[tried])
        else:
            ray = Ray({one: Fraction(generator.randint(5, 60), 60) for one in variables})
        tried += 1
        if all(_holds(relation, ray) for relation in relations):
            found += 1
            yield ray


def _creeping_rays(variables: list[str], relations: Sequence[Node]) -> Iterator[Ray]:
    """Each variable far behind all others, and far ahead of them."""
    together = dict.fromkeys(variables, Fraction(1))
    behind = {frozenset({one}) for one in variables}
    for creeping in sorted(behind | {frozenset(variables) - one for one in behind}, key=sorted):
        ray = Ray(together, creeping)
        if 0 < len(creeping) < len(variables) and all(_holds(one, ray) for one in relations):
            yield ray


def _holds(relation: Node, ray: Ray) -> bool:
    """`n >= k` between products of powers: their exponents along the ray."""
    if relation.op == "and":
        return all(_holds(one, ray) for one in relation.args)
    left, right = (_exponent(side, ray) for side in relation.args)
    order = {"<=": left <= right, "<": left <= right, ">=": left >= right, ">": left >= right,
             "=": left == right}  # fmt: skip
    return order.get(str(relation.value), True)


def _exponent(tree: Node, ray: Ray) -> Fraction:
    """The power of exp(t) with which a side of a relation grows."""
    if tree.op == "name":
        return ray.power(str(tree.value))
    if tree.op in ("mul", "hadamard"):
        return sum((_exponent(arg, ray) for arg in tree.args), Fraction(0))
    if tree.op == "div":
        return _exponent(tree.args[0], ray) - _exponent(tree.args[1], ray)
    if tree.op == "pow" and isinstance(tree.args[1].value, Fraction):
        return _exponent(tree.args[0], ray) * tree.args[1].value
    if tree.op in ("add", "tuple") or (tree.op == "call" and tree.value == "max"):
        return max(_exponent(arg, ray) for arg in tree.args)
    if tree.op == "call" and tree.value == "min":
        return min(_exponent(arg, ray) for arg in tree.args)
    return Fraction(0)


def _logarithms(tree: Node, ray: Ray, times: tuple[int, ...]) -> list[Any] | Flaw:
    """The logarithm of a bound at each time, or why it has none."""
    found = []
    for time in times:
        scale = LogScale(ray.logarithms(2**time if times == FAR else time))
        try:
            size = scale.size(tree)
        except Undefined:
            return Flaw.UNDEFINED
        except (OutOfRange, ArithmeticError, ValueError, KeyError):
            return Flaw.UNKNOWN
        if size.sign <= 0:
            return Flaw.NOT_POSITIVE if size.sign else Flaw.UNDEFINED
        found.append(size.log)
    return found


def _trend(
    student: Sequence[Any],
    reference: Sequence[Any],
    times: tuple[int, ...],
    *,
    is_rough: bool = False,
) -> int | None:
    """Whether the difference of logarithms goes up or down without end, or not (0).

    None where it moves less and less, but not by so much that it has an end for sure.
    """
    gaps = [one - other for one, other in zip(student, reference, strict=True)]
    first, second = gaps[1] - gaps[0], gaps[2] - gaps[1]
    direction = 1 if second > 0 else -1
    if abs(first + second) > BOUNDED:
        return 1 if first + second > 0 else -1
    if is_rough or times not in SETTLING or abs(second) < NOISE:
        return 0
    bounded, endless = SETTLING[times]
    if abs(second) <= bounded * abs(first):
        return 0
    return direction if second * first > 0 and abs(second) >= endless * abs(first) else None


def _by_variable(
    student: Node, reference: Node, variables: list[str], times: tuple[int, ...]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The variables that alone make the difference, the others standing nearly still."""
    fast, slow = [], []
    for one in variables:
        ray = Ray({other: Fraction(1) if other == one else Fraction(0) for other in variables})
        ours, expected = (_logarithms(tree, ray, times) for tree in (student, reference))
        if isinstance(ours, Flaw) or isinstance(expected, Flaw):
            continue
        trend = _trend(ours, expected, times)
        if trend == 1:
            fast.append(one)
        if trend == -1:
            slow.append(one)
    return tuple(fast), tuple(slow)
