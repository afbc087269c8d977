"""Points on the surfaces where a formula switches, beside them and between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from itertools import chain, pairwise, zip_longest

from grader.maths.array_switches import array_roots, shrink_arrays
from grader.maths.arrays import Array, Identity, Ones, Repeated
from grader.maths.evaluate import Point, evaluate
from grader.maths.points import INTEGERS, as_fraction, draw_point, is_allowed, scalar_symbols
from grader.maths.roots import (
    LADDER,
    ROOT_DIGITS,
    STEEP_LADDER,
    Gap,
    find_crossings,
    find_line,
    find_parabola_roots,
)
from grader.maths.scalars import Arithmetic, OutOfRange, Scalar, Undefined
from grader.maths.surfaces import MOST_SURFACES, Surface, find_surfaces, pretend_ties
from grader.maths.tree import Node, free_names, walk
from grader.spec.models import Symbol

TURNS = 2
"""Points drawn, on lines through which the surfaces are met; more where none was met yet."""
SCALES = (Fraction(1), Fraction(1, 4), Fraction(1, 16), Fraction(4), Fraction(1))
"""Of the points: a circle of radius 1 is met by lines near 0 only."""
MOST_BENT = 2
"""Symbols that a surface is solved for where it is linear in none."""
BESIDE = Fraction(1, 64)
POSITIVE = ("positive", "nonnegative", "natural", "positive integer", "probability")


@dataclass(frozen=True, slots=True)
class Crossing:
    """Where the line along one symbol through a point meets a surface."""

    surface: int
    base: Point
    spelling: str
    place: Scalar


class Switches:
    """The surfaces of some formulas, and where lines through a few random points meet them."""

    def __init__(
        self,
        trees: Iterable[Node],
        symbols: Mapping[str, Symbol],
        seed: int,
        *,
        bends: bool = True,
    ) -> None:
        self.symbols, self.seed = symbols, seed
        self.bends = bends
        """Whether those are met too that are linear in no symbol, for dozens of evaluations."""
        self.trees = tuple(trees)
        self.met_in_arrays: set[Surface] = set()

    @cached_property
    def _every_surface(self) -> list[Surface]:
        return find_surfaces(self.trees, self._arrays)

    @property
    def _arrays(self) -> list[str]:
        return [spelling for spelling, symbol in self.symbols.items() if symbol.shape]

    @property
    def is_crowded(self) -> bool:
        """Whether there are more surfaces than are looked at."""
        return len(self._every_surface) > MOST_SURFACES

    @property
    def surfaces(self) -> list[Surface]:
        """Those that are looked at."""
        return self._every_surface[:MOST_SURFACES]

    @cached_property
    def crossings(self) -> list[Crossing]:
        """All crossings within the domains, those of the first point first."""
        found: list[Crossing] = []
        missing = list(range(len(self.surfaces)))
        for turn in range(len(SCALES) if self.surfaces else 0):
            base = draw_point(self.symbols, self.seed, 7000 + 100 * turn, SCALES[turn])
            wanted = range(len(self.surfaces)) if turn < TURNS else missing
            for number in wanted:
                found += self._crossings_of(number, base, is_missing=number in missing)
            met = {one.surface for one in found}
            missing = [number for number in missing if number not in met]
            if turn >= TURNS - 1 and not missing:
                break
        return found

    def _crossings_of(self, number: int, base: Point, *, is_missing: bool) -> list[Crossing]:
        surface = self.surfaces[number]
        names = sorted(free_names(surface.expression) & set(base.values))
        found: list[Crossing] = []
        bent: list[tuple[str, Gap]] = []
        for spelling in names:
            gap = _along(surface, spelling, base)
            line = find_line(gap, is_positive=self.symbols[spelling].domain in POSITIVE)
            if line is None:
                if not self._jumps(surface, spelling):
                    bent.append((spelling, gap))
                continue
            start, slope = line
            for level in _levels(surface, start + slope * base.values[spelling]):
                found += self._allowed(number, base, spelling, [(level - start) / slope])
        if not found and is_missing and self.bends and bounds_a_number(surface):
            for spelling, _ in bent[:MOST_BENT]:
                found += self._bent_crossings(number, base, spelling)
                if found:
                    break
        return found

    def _jumps(self, surface: Surface, spelling: str) -> bool:
        """Whether a symbolic function of an integer has values that have nothing in common."""
        is_integer = self.symbols[spelling].domain in INTEGERS
        return is_integer and any(node.op == "apply" for node in walk(surface.expression))

    def _bent_crossings(self, number: int, base: Point, spelling: str) -> list[Crossing]:
        surface, symbol = self.surfaces[number], self.symbols[spelling]
        fine = Arithmetic(ROOT_DIGITS)
        gap = _along(surface, spelling, base, fine)
        try:
            levels = _levels(surface, gap(base.values[spelling]))
        except (Undefined, OutOfRange):
            return []
        found: list[Crossing] = []
        for level in levels:

            def above(value: Scalar, level: Fraction = level) -> Scalar:
                return fine.real(fine.add(gap(value), -level))

            roots = find_parabola_roots(above)
            if roots is None:
                roots = find_crossings(above, _ladder(symbol))
            if symbol.domain in INTEGERS:
                roots = [
                    turn + Fraction(as_fraction(root) // 1) for root in roots for turn in (0, 1)
                ]
            found += self._allowed(number, base, spelling, roots)
        return found

    def _allowed(
        self, number: int, base: Point, spelling: str, places: Iterable[Scalar]
    ) -> list[Crossing]:
        return [
            Crossing(number, base, spelling, place)
            for place in places
            if _place(base, spelling, place, self.symbols) is not None
        ]

    def on_surfaces(self, limit: int) -> Iterator[Point]:
        """Points on the surfaces, at least one on each that is met."""
        for crossing in _take_turns(self.crossings, limit):
            point = _place(crossing.base, crossing.spelling, crossing.place, self.symbols)
            if point is not None:
                yield point

    def beside(self, limit: int) -> Iterator[Point]:
        """Points a little to either side: a jump may be small, and fade away from the surface.

        `x if x > 50 else log(1 + exp(x))` is off by 10^-22 beside 50, by nothing visible at 70.
        """
        for crossing in _take_turns(self.crossings, limit // 2):
            is_integer = self.symbols[crossing.spelling].domain in INTEGERS
            if is_integer and self.surfaces[crossing.surface].meaning != "whole":
                continue
            width = Fraction(1) if is_integer else BESIDE
            root = as_fraction(crossing.place)
            for place in (root - width, root + width):
                point = _place(crossing.base, crossing.spelling, place, self.symbols)
                if point is not None:
                    yield point

    def between(self, limit: int) -> Iterator[Point]:
        """Along each symbol, a point in every piece between the surfaces and beyond them.

        Beyond, because max(x, 10000) is 10000 wherever it is drawn; between, because two
        switches a little apart differ only there.
        """
        lines: dict[tuple[int, str], tuple[Point, list[Fraction]]] = {}
        for crossing in self.crossings:
            key = (crossing.base.seed, crossing.spelling)
            lines.setdefault(key, (crossing.base, []))[1].append(as_fraction(crossing.place))
        for (_, spelling), (base, places) in lines.items():
            is_integer = self.symbols[spelling].domain in INTEGERS
            for place in _choose_places(sorted(set(places)), is_integer):
                point = _place(base, spelling, place, self.symbols)
                if point is not None:
                    yield point
                    limit -= 1
                if limit == 0:
                    return

    def within_arrays(self, limit: int) -> Iterator[tuple[bool, Point]]:
        """Points with one entry of an array moved onto a surface, or far beyond it."""
        if not any(symbol.shape for symbol in self.symbols.values()):
            return
        limit = max(limit, len(self.surfaces))
        for turn in range(TURNS):
            base = draw_point(self.symbols, self.seed, 7050 + 100 * turn)
            found = [list(array_roots(surface, base)) for surface in self.surfaces]
            self.met_in_arrays.update(
                surface for surface, ones in zip(self.surfaces, found, strict=True) if ones
            )
            for one in chain.from_iterable(zip_longest(*found)):
                if one is not None:
                    yield one
                    limit -= 1
                if limit == 0:
                    return

    def pretend(self) -> Iterator[tuple[tuple[Node, ...], Point]]:
        """The formulas as if on surfaces that they cross and where no point was found.

        `‖x‖ > ‖y‖` and `‖x‖ ≥ ‖y‖` differ where the norms are equal, which no drawn x shows.
        """
        met = {self.surfaces[one.surface] for one in self.crossings} | self.met_in_arrays
        left = [one for one in self.surfaces if one.meaning == "zero" and one not in met]
        points = [draw_point(self.symbols, self.seed, number) for number in range(DRAWN)]
        seen = [*points, *map(shrink_arrays, points[:2])] if self._arrays else points
        left = [one for one in left if _has_both_signs(one, seen)]
        if left:
            trees = tuple(pretend_ties(tree, left, self._arrays) for tree in self.trees)
            yield from ((trees, point) for point in points)

    def together(self, limit: int) -> Iterator[Point]:
        """Points on several surfaces of integers at once, as where i = k and j = l."""
        whole = [number for number, one in enumerate(self.surfaces) if self._is_of_integers(one)]
        if len(whole) < 2:
            return
        for turn, chosen in enumerate(_subsets(whole)):
            if turn >= limit:
                return
            base = draw_point(self.symbols, self.seed, 9500 + turn)
            point = self._meet([self.surfaces[number] for number in chosen], base)
            if point is not None:
                yield point

    def _is_of_integers(self, surface: Surface) -> bool:
        names = free_names(surface.expression)
        scalars = scalar_symbols(self.symbols)
        return surface.meaning == "zero" and all(
            spelling in scalars and self.symbols[spelling].domain in INTEGERS for spelling in names
        )

    def _meet(self, surfaces: list[Surface], base: Point) -> Point | None:
        """One symbol of each surface is solved for, none of them twice."""
        fixed: set[str] = set()
        left = list(surfaces)
        point: Point | None = base
        while left:
            left.sort(key=lambda one: len(free_names(one.expression) - fixed))
            surface = left.pop(0)
            names = free_names(surface.expression)
            for spelling in sorted(names - fixed):
                assert point is not None
                line = find_line(_along(surface, spelling, point), is_positive=False)
                if line is None:
                    continue
                moved = _place(point, spelling, -line[0] / line[1], self.symbols)
                if moved is not None:
                    point = moved
                    break
            else:
                return None
            fixed |= names
        return point


def boundary_points(
    trees: Iterable[Node], symbols: Mapping[str, Symbol], seed: int, limit: int
) -> Iterator[Point]:
    """Points on each surface, found exactly where a surface is linear in some symbol."""
    return Switches(trees, symbols, seed).on_surfaces(limit)


DRAWN = 12
"""Points drawn before, at which a surface is seen from its two sides, or hardly matters."""


def _has_both_signs(surface: Surface, points: Iterable[Point]) -> bool:
    arithmetic, signs = Arithmetic(), set()
    for point in points:
        try:
            value = evaluate(surface.expression, point, arithmetic)
            if not isinstance(value, Array | Identity | Ones | Repeated):
                signs.add(arithmetic.sign(value))
        except (Undefined, OutOfRange):
            continue
    return {-1, 1} <= signs


def bounds_a_number(surface: Surface) -> bool:
    return surface.meaning != "tie"


def _subsets(numbers: list[int]) -> Iterator[tuple[int, ...]]:
    from itertools import combinations

    sizes = range(2, min(len(numbers), 4) + 1)
    return chain.from_iterable(combinations(numbers, size) for size in sizes)


def _levels(surface: Surface, value: Scalar) -> list[Fraction]:
    """What the expression is where it switches: 0, or the integers around its value."""
    if surface.meaning != "whole":
        return [Fraction(0)]
    low = Fraction(Arithmetic().floor(value))
    return [low, low + 1]


def _ladder(symbol: Symbol) -> list[Fraction]:
    low, high = (None if end is None else Fraction(str(end)) for end in (symbol.low, symbol.high))
    if symbol.domain == "probability" or (low is not None and high is not None):
        first = low or Fraction(0)
        width = (Fraction(1) if high is None else high) - first
        return [first, *(first + width * share for share in STEEP_LADDER), first + width]
    least = Fraction(0) if symbol.domain in POSITIVE else None
    return [
        place
        for place in LADDER
        if (least is None or place >= least)
        and (low is None or place >= low)
        and (high is None or place <= high)
    ]


def _along(
    surface: Surface, spelling: str, base: Point, arithmetic: Arithmetic | None = None
) -> Gap:
    """The value of a surface's expression by one symbol's."""
    is_size = any(spelling in symbol.shape for symbol in base.symbols.values())

    def gap(value: Scalar) -> Scalar:
        arrays = {} if is_size else base.arrays
        point = replace(base, values={**base.values, spelling: value}, arrays=arrays)
        found = evaluate(surface.expression, point, arithmetic)
        if isinstance(found, Array):
            found = found.entries[0]
        if isinstance(found, Identity | Ones | Repeated):
            raise Undefined("no number")
        return found

    return gap


def _take_turns(crossings: list[Crossing], limit: int) -> list[Crossing]:
    """The first of every surface, then the others, so many in all."""
    firsts: dict[int, Crossing] = {}
    for one in crossings:
        firsts.setdefault(one.surface, one)
    chosen = set(map(id, firsts.values()))
    others = [one for one in crossings if id(one) not in chosen]
    return [*firsts.values(), *others[: max(0, limit - len(firsts))]]


APART = Fraction(1, 10**30)
"""Roots that are nearer are one, found in two ways to 60 digits."""


def _choose_places(roots: list[Fraction], is_integer: bool) -> list[Fraction]:
    if not roots:
        return []
    step = max(Fraction(1), max(map(abs, roots)) / 3)
    if is_integer:
        step = Fraction(step.__ceil__())
        whole = [Fraction(root.__floor__()) for root in roots]
        return [whole[0] - step, *whole, *(root + 1 for root in whole), whole[-1] + step]
    between = [(one + other) / 2 for one, other in pairwise(roots) if other - one > APART]
    return [roots[0] - step, *between, roots[-1] + step]


def _place(
    base: Point, spelling: str, value: Scalar, symbols: Mapping[str, Symbol]
) -> Point | None:
    """The point with one symbol's value replaced, where its domain has that value."""
    values = {**base.values, spelling: value}
    if symbols[spelling].domain in INTEGERS and as_fraction(value).denominator != 1:
        return None
    if not is_allowed(symbols, values):
        return None
    return Point(values, base.seed, symbols, base.sizes)
