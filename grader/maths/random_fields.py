"""Values for what a question leaves open: entries of arrays, and functions left symbolic.

An entry follows from the seed, the array's name and the subscripts alone, so that it is the
same for both answers, and it exists beyond the array's shape as well: a student's answer that
reads out of range can still be compared with a listed mistake that does the same.

A symbolic function takes independent values at integers; elsewhere it is smooth, bounded and
rational: a + Σ_k b_k u_k/(1 + u_k²) with u_k = x·α - c_k. Its derivatives are known, so that f'
means what it should.
"""

from __future__ import annotations

import hashlib
import random
from fractions import Fraction
from functools import lru_cache
from math import factorial

from grader.maths.scalars import Arithmetic, Scalar
from grader.spec.models import Symbol


def draw_exact(generator: random.Random, symbol: Symbol, *, is_small: bool) -> Fraction:
    """A number of the symbol's domain; small ones can be checked by hand."""
    domain = symbol.domain
    low = _as_number(symbol.low)
    high = _as_number(symbol.high)
    if domain in ("integer", "natural", "positive integer"):
        least = {"integer": -9, "natural": 0, "positive integer": 1}[domain]
        first = least if low is None else int(low)
        last = first + (11 if least >= 0 or low is not None else 18) if high is None else int(high)
        return Fraction(generator.randint(first, max(first, last)))
    if domain == "probability" or (low is not None and high is not None):
        start = Fraction(0) if low is None else low
        width = (Fraction(1) if high is None else high) - start
        parts = generator.choice((2, 4, 10)) if is_small else 1009
        return start + width * Fraction(generator.randint(1, max(1, parts - 1)), parts)
    if is_small:
        value = Fraction(generator.choice((1, 2, 3, -1, -2, 4, 5, -3)))
    else:
        # A prime denominator keeps random points away from special values.
        value = Fraction(generator.choice((1, -1)) * generator.randint(1, 3 * 101), 101)
    if domain in ("positive", "nonnegative"):
        value = abs(value)
    if domain == "negative":
        value = -abs(value)
    if low is not None and value <= low:
        value = low + abs(value)
    if high is not None and value >= high:
        value = high - abs(value)
    return value


def _as_number(limit: float | None) -> Fraction | None:
    return None if limit is None else Fraction(str(limit))


@lru_cache(maxsize=16384)
def _entry(
    seed: int, array: str, indices: tuple[int, ...], domain: tuple[object, ...], small: bool
) -> Fraction:
    if domain == ("real", None, None) and not small:
        # Eighths: long products of entries stay short.
        generator = fresh_generator(seed, "entry", array, indices)
        return Fraction(generator.choice((1, -1)) * generator.randint(1, 29), 8)
    symbol = Symbol(domain=domain[0], low=domain[1], high=domain[2])  # type: ignore[arg-type]
    return draw_exact(fresh_generator(seed, "entry", array, indices, small), symbol, is_small=small)


def entry(seed: int, array: str, indices: tuple[int, ...], symbol: Symbol, small: bool) -> Fraction:
    """One entry of an array symbol."""
    return _entry(seed, array, indices, (symbol.domain, symbol.low, symbol.high), small)


def fresh_generator(seed: int, *labels: object) -> random.Random:
    """A generator that belongs to these labels."""
    text = repr((seed, labels)).encode()
    return random.Random(int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big"))


def symbolic_value(
    arithmetic: Arithmetic, seed: int, function: str, order: int, arguments: list[Scalar],
    symbol: Symbol,
) -> Scalar:  # fmt: skip
    """The value of a symbolic function, or of its derivative of this order."""
    level, terms = coefficients(seed, function, len(arguments))
    total: Scalar = level if order == 0 else Fraction(0)
    for weight, centre, slopes in terms:
        place: Scalar = -centre
        for slope, argument in zip(slopes, arguments, strict=True):
            place = arithmetic.add(place, arithmetic.multiply(slope, argument))
        bump = _bump(arithmetic, place, order)
        factor = weight * slopes[0] ** order
        total = arithmetic.add(total, arithmetic.multiply(factor, bump))
    if symbol.domain in ("positive", "nonnegative", "probability") and order == 0:
        total = arithmetic.multiply(total, total)
    return total


@lru_cache(maxsize=1024)
def coefficients(
    seed: int, function: str, arguments: int
) -> tuple[Fraction, list[tuple[Fraction, Fraction, list[Fraction]]]]:
    """What makes this function of this seed."""
    generator = fresh_generator(seed, "function", function)
    level = Fraction(generator.randint(1, 20), 4)
    terms = [
        (
            Fraction(generator.choice((-1, 1)) * generator.randint(5, 40), 8),
            Fraction(generator.randint(-30, 30), 8),
            [Fraction(generator.randint(2, 9), 4) for _ in range(arguments)],
        )
        for _ in range(2)
    ]
    return level, terms


def _bump(arithmetic: Arithmetic, place: Scalar, order: int) -> Scalar:
    """The derivative of u/(1 + u²) of this order: (-1)^n n! Re 1/(u - i)^(n+1)."""
    square = arithmetic.add(Fraction(1), arithmetic.multiply(place, place))
    # 1/(u - i) = (u + i)/(u² + 1)
    real, imaginary = place, Fraction(1)
    real_power: Scalar = Fraction(1)
    imaginary_power: Scalar = Fraction(0)
    divisor: Scalar = Fraction(1)
    for _ in range(order + 1):
        real_power, imaginary_power = (
            arithmetic.add(
                arithmetic.multiply(real_power, real),
                arithmetic.negate(arithmetic.multiply(imaginary_power, imaginary)),
            ),
            arithmetic.add(
                arithmetic.multiply(real_power, imaginary),
                arithmetic.multiply(imaginary_power, real),
            ),
        )
        divisor = arithmetic.multiply(divisor, square)
    scale = Fraction((-1) ** order * factorial(order))
    return arithmetic.multiply(scale, arithmetic.divide(real_power, divisor))
