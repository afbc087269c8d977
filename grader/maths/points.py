"""Where formulas are compared: random points of the declared domains, far, small and special."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import count

from grader.maths import random_fields
from grader.maths.arrays import Array
from grader.maths.evaluate import Point
from grader.maths.scalars import Arithmetic, Scalar
from grader.spec.models import Symbol

INTEGERS = ("integer", "natural", "positive integer")


def scalar_symbols(symbols: Mapping[str, Symbol]) -> dict[str, Symbol]:
    """The symbols that are single numbers."""
    return {
        spelling: symbol
        for spelling, symbol in symbols.items()
        if not symbol.shape and symbol.domain != "function" and not symbol.arguments
    }


def axis_names(symbols: Mapping[str, Symbol]) -> list[str]:
    """Sizes that are named in shapes without being declared."""
    named = {size for one in symbols.values() for size in one.shape if isinstance(size, str)}
    return sorted(named - set(symbols))


MOST_DRAWS = 12
"""Redraws until ordered symbols also lie in their domains, as k natural and below n."""


def draw_point(
    symbols: Mapping[str, Symbol], seed: int, number: int, scale: Fraction = Fraction(1)
) -> Point:
    """One random point of the declared domains; `scale` stretches what is unbounded."""
    is_ordered = any(one.above or one.below for one in symbols.values())
    point = _draw_once(symbols, seed, number, scale)
    for turn in range(1, MOST_DRAWS if is_ordered else 0):
        if is_allowed(symbols, point.values):
            break
        point = _draw_once(symbols, seed, number + 10_007 * turn, scale)
    return point


def _draw_once(
    symbols: Mapping[str, Symbol], seed: int, number: int, scale: Fraction = Fraction(1)
) -> Point:
    """One random point; `scale` stretches what is unbounded."""
    values: dict[str, Fraction] = {}
    scalars = scalar_symbols(symbols)
    sizes_of_axes = {size for one in symbols.values() for size in one.shape}
    generator = random_fields.fresh_generator(seed, "point", number)
    for spelling, symbol in scalars.items():
        if spelling in sizes_of_axes:
            continue
        value = random_fields.draw_exact(generator, symbol, is_small=False)
        if scale != 1 and symbol.domain != "probability":
            is_open = symbol.high is None and symbol.low is None
            if is_open and symbol.domain not in INTEGERS:
                value *= scale
        values[spelling] = value
    sizes = _draw_sizes(symbols, scalars, generator, values)
    settle_order(symbols, values)
    return Point(values, seed * 1009 + number, symbols, sizes)


def _draw_sizes(
    symbols: Mapping[str, Symbol],
    scalars: Mapping[str, Symbol],
    generator: object,
    values: dict[str, Fraction],
) -> dict[str, int]:
    """Distinct sizes for the named axes, so that a missing transpose cannot hide."""
    named = sorted(
        {size for one in symbols.values() for size in one.shape if isinstance(size, str)}
    )
    pool = list(range(2, 2 + max(4, len(named))))
    generator.shuffle(pool)  # type: ignore[attr-defined]
    sizes: dict[str, int] = {}
    for spelling, size in zip(named, pool, strict=False):
        if spelling in scalars:
            symbol = scalars[spelling]
            low, high = symbol.low, symbol.high
            chosen = max(size, int(low)) if low is not None else size
            values[spelling] = Fraction(min(chosen, int(high)) if high is not None else chosen)
        else:
            sizes[spelling] = size
    return sizes


ASIDE = 10**6 + 3
"""A prime: what lies a few of its parts away from a tie lies on no other."""


def move_aside(point: Point, turn: int) -> Point:
    """A point near this one: real numbers are moved a little, entries of arrays drawn again."""
    symbols = point.symbols
    generator = random_fields.fresh_generator(point.seed, "aside", turn)
    values = dict(point.values)
    is_moved = any(one.shape or one.domain == "function" for one in symbols.values())
    for spelling, value in point.values.items():
        if symbols[spelling].domain in INTEGERS:
            continue
        step = Fraction(generator.choice((1, -1)) * generator.randint(1, 999), ASIDE)
        for place in (value + step, value - step):
            if is_allowed(symbols, {**values, spelling: place}):
                values[spelling] = place
                is_moved = True
                break
    if not is_moved:
        return point
    return Point(values, point.seed * 31 + turn + 1, symbols, point.sizes)


def settle_order(symbols: Mapping[str, Symbol], values: dict[str, Fraction]) -> None:
    """Move each value above and below what its symbol is declared to lie between."""
    for _ in range(3):
        for spelling, symbol in symbols.items():
            if spelling not in values:
                continue
            below = _limit(symbol.above, values)
            above = _limit(symbol.below, values)
            value = values[spelling]
            is_whole = symbol.domain in INTEGERS
            if below is not None and above is not None and not below < value < above:
                width = above - below
                if is_whole and width > 1:
                    value = below + 1 + (abs(value) % (width - 1))
                elif not is_whole and width > 0:
                    value = below + width * Fraction(1 + int(abs(value) * 7) % 12, 14)
            elif below is not None and value <= below:
                value = below + 1 + (abs(value) % 5 if is_whole else abs(value))
            elif above is not None and value >= above:
                value = above - 1 - (abs(value) % 5 if is_whole else abs(value))
            values[spelling] = value


def _limit(text: str, values: Mapping[str, Fraction]) -> Fraction | None:
    """A declared bound: another symbol, plus or minus a whole number."""
    if not text:
        return None
    for sign in "+-":
        stem, found, offset = text.partition(sign)
        if found and offset.strip().isdecimal():
            base = values.get(stem.strip())
            shift = int(offset) * (1 if sign == "+" else -1)
            return None if base is None else base + shift
    return values.get(text.strip())


def is_in_domain(symbol: Symbol, value: Fraction) -> bool:
    """Whether a number may be this symbol's value."""
    domain = symbol.domain
    if domain in INTEGERS and value.denominator != 1:
        return False
    if symbol.low is not None and value < Fraction(str(symbol.low)):
        return False
    if symbol.high is not None and value > Fraction(str(symbol.high)):
        return False
    if domain in ("positive", "positive integer"):
        return value > 0
    if domain in ("nonnegative", "natural"):
        return value >= 0
    if domain == "negative":
        return value < 0
    if domain == "nonzero":
        return value != 0
    if domain == "probability":
        return 0 < value < 1
    return True


def as_fraction(value: Scalar) -> Fraction:
    """A number that was found to many digits, as an exact one near it."""
    return value if isinstance(value, Fraction) else Fraction(str(value))


def is_allowed(symbols: Mapping[str, Symbol], values: Mapping[str, Scalar]) -> bool:
    """Whether a point lies in the declared domains."""
    values = {spelling: as_fraction(value) for spelling, value in values.items()}
    for spelling, value in values.items():
        symbol = symbols[spelling]
        if not is_in_domain(symbol, value):
            return False
        below, above = _limit(symbol.above, values), _limit(symbol.below, values)
        if (below is not None and value <= below) or (above is not None and value >= above):
            return False
    return True


def is_met_exactly(point: Point) -> bool:
    """Whether a point lies where it should exactly, not to 60 digits only."""
    return all(isinstance(value, Fraction) for value in point.values.values())


def small_points(symbols: Mapping[str, Symbol], seed: int, limit: int) -> Iterator[Point]:
    """Points a person can check by hand: small integers first, then halves and tenths."""
    scalars = scalar_symbols(symbols)
    base = draw_point(symbols, seed, 0)
    ladders = [_ladder(symbol) for symbol in scalars.values()]
    names = list(scalars)
    yielded = tried = 0
    for level in count():
        if not names and level:
            return
        found_any = False
        for chosen in _choices(ladders, level):
            tried += 1
            if tried > 40 * limit:
                return
            found_any = True
            values = dict(zip(names, chosen, strict=True))
            if not is_allowed(symbols, values):
                continue
            yield Point(values, seed, symbols, base.sizes, is_small=True)
            yielded += 1
            if yielded >= limit:
                return
        if not found_any and level > 60:
            return


def _ladder(symbol: Symbol) -> list[Fraction]:
    """Values of a symbol from the plainest on."""
    texts: tuple[str, ...]
    if symbol.domain == "probability":
        texts = ("1/2", "1/4", "3/4", "1/10", "9/10")
    elif symbol.domain in INTEGERS:
        first = 0 if symbol.low is None else int(symbol.low)
        texts = tuple(str(first + step) for step in range(16))
        if symbol.domain == "integer" and symbol.low is None:
            texts = ("0", "1", "2", "-1", "3", "-2", "4", "5")
    else:
        texts = ("1", "2", "-1", "3", "-2", "1/2", "0", "4", "-3", "5", "10", "-10", "1/10")
    return [value for text in texts if is_in_domain(symbol, value := Fraction(text))] or [
        Fraction(str(symbol.low if symbol.low is not None else symbol.high or 0))
    ]


def _choices(ladders: list[list[Fraction]], level: int) -> Iterator[tuple[Fraction, ...]]:
    """Every way to climb the ladders by `level` rungs in all."""
    if not ladders:
        if level == 0:
            yield ()
        return

    def climb(position: int, left: int) -> Iterator[tuple[Fraction, ...]]:
        if position == len(ladders) - 1:
            if left < len(ladders[position]):
                yield (ladders[position][left],)
            return
        for rung in range(min(left, len(ladders[position]) - 1) + 1):
            for rest in climb(position + 1, left - rung):
                yield (ladders[position][rung], *rest)

    yield from climb(0, level)


def draw_array(spelling: str, symbol: Symbol, shape: tuple[int, ...], point: Point) -> Array:
    """All entries of an array symbol, with the declared constraint."""
    total = 1
    for size in shape:
        total *= size
    indices = _all_indices(shape)
    entries = tuple(
        random_fields.entry(point.seed, spelling, index, symbol, point.is_small)
        for index in indices
    )
    array = Array(shape, entries)
    if symbol.layout == "free":
        return array
    width = shape[-1]
    rows = [list(entries[i : i + width]) for i in range(0, total, width)]
    if symbol.layout == "simplex":
        rows = [_simplex(row) for row in rows]
    elif symbol.layout == "unit":
        rows = [_unit(row) for row in rows]
    else:
        # Cayley's are rotations: every other point has a reflection.
        is_reflected = (point.seed + sum(map(ord, spelling))) % 2 == 1
        rows = _orthonormal(rows, is_reflected=is_reflected)
    return Array(shape, tuple(one for row in rows for one in row))


def _all_indices(shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    indices: list[tuple[int, ...]] = [()]
    for size in shape:
        indices = [(*index, one) for index in indices for one in range(size)]
    return indices


def _simplex(row: list[Fraction]) -> list[Fraction]:
    positive = [abs(one) + Fraction(1, 101) for one in row]
    return [one / sum(positive) for one in positive]


def _unit(row: list[Fraction]) -> list[Fraction]:
    """A rational point of the unit sphere, by stereographic projection."""
    if len(row) == 1:
        return [Fraction(1)]
    square = sum((one * one for one in row[1:]), Fraction(0))
    return [(square - 1) / (square + 1), *(2 * one / (square + 1) for one in row[1:])]


def _orthonormal(rows: list[list[Fraction]], *, is_reflected: bool) -> list[list[Fraction]]:
    """Rational orthonormal rows: Cayley's transform of a skew matrix, cut to the rows wanted."""
    from grader.maths.arrays import matrix_product
    from grader.maths.linear_systems import inverse

    width = len(rows[0])
    if len(rows) > width:
        raise ValueError("more orthonormal rows than columns")
    flat = [one for row in rows for one in row] or [Fraction(1)]
    skew = [[Fraction(0)] * width for _ in range(width)]
    position = 0
    for i in range(width):
        for j in range(i + 1, width):
            drawn = flat[position % len(flat)]
            skew[i][j] = Fraction(1 + abs(drawn.numerator) % 5, -2 if drawn < 0 else 2)
            skew[j][i] = -skew[i][j]
            position += 1
    one = [[Fraction(int(i == j)) for j in range(width)] for i in range(width)]
    arithmetic = Arithmetic()
    plus = Array(
        (width, width), tuple(one[i][j] + skew[i][j] for i in range(width) for j in range(width))
    )
    minus = Array(
        (width, width), tuple(one[i][j] - skew[i][j] for i in range(width) for j in range(width))
    )
    whole = matrix_product(arithmetic, minus, inverse(arithmetic, plus))
    assert isinstance(whole, Array)
    found = [list(whole.entries[i * width : (i + 1) * width]) for i in range(len(rows))]
    if is_reflected:
        found[0] = [-one for one in found[0]]
    return found


__all__ = [
    "as_fraction",
    "axis_names",
    "draw_array",
    "draw_point",
    "is_allowed",
    "is_in_domain",
    "is_met_exactly",
    "move_aside",
    "scalar_symbols",
    "settle_order",
    "small_points",
]
