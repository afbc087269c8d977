"""Numbers of short answers, and when a rounded one counts as right."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import gcd

from grader.spec.models import Tolerance

FEWEST_DIGITS = 3
"""Significant digits of a rounded decimal: fewer could be a guess."""

MOST_EXACT_DIGITS = 4
"""A right answer that takes no more digits to write is wanted exactly."""

MOST_DIGITS = 60
"""Digits of one literal and of its exponent's size: beyond any measured or computed number."""

FLOAT_SLACK = Fraction(1, 10**12)
"""Relative: what some thousand float64 operations of a reference function may lose."""

FLOAT_FLOOR = Fraction(1, 10**14)
"""Absolute: what is left of 0 when float64 numbers up to about 100 cancel."""

DEEP_SLACK = Fraction(1, 10**30)
"""Relative: formulas are evaluated to 40 digits, of which a few are lost to rounding."""


@dataclass(frozen=True, slots=True)
class Number:
    """A real number, and how it was written."""

    value: Fraction
    written: str
    slack: Fraction = Fraction(0)
    """Relative error of `value`; 0 where it is exact."""
    places: int | None = None
    """Decimal places of a decimal literal; None for fractions, integers and formulas."""
    digits: int = 0
    """Significant digits of a decimal literal."""
    is_plain: bool = True
    """Whether its value is plain to see: a literal or a ratio."""

    @property
    def shown(self) -> str:
        """As it was written, and its value where that isn't plain to see."""
        if self.is_plain:
            return self.written
        return f"{self.written} {'≈' if self.slack else '='} {show_fraction(self.value)}"


def is_right(given: Number, expected: Number, tolerance: Tolerance | None = None) -> bool:
    """Whether a number counts as the expected one.

    With a tolerance: within it. Without: equal; or, where the expected number takes more than
    four digits to write and is no integer, a decimal of at least three significant digits,
    all of them right, rounded or cut off.
    """
    distance = abs(given.value - expected.value)
    slack = (given.slack + expected.slack) * max(abs(given.value), abs(expected.value))
    if tolerance is not None and (tolerance.atol is not None or tolerance.rtol is not None):
        atol, rtol = (Fraction(str(bound or 0)) for bound in (tolerance.atol, tolerance.rtol))
        return distance <= atol + rtol * abs(expected.value) + slack
    if distance <= slack or _is_lost_in_cancellation(given, expected):
        return True
    return given.digits >= FEWEST_DIGITS and is_rounded(given, expected)


def _is_lost_in_cancellation(given: Number, expected: Number) -> bool:
    """Whether one is 0 and the other is what rounding leaves of 0, as for sin(π) or 0.1+0.2-0.3."""
    if given.value != 0 and expected.value != 0:
        return False
    slack = max(given.slack, expected.slack)
    floor = FLOAT_FLOOR if slack == FLOAT_SLACK else slack / 10**6
    return abs(given.value - expected.value) <= floor


def is_rounded(given: Number, expected: Number) -> bool:
    """Whether a decimal is a longer number, rounded or cut off, however few digits it has."""
    if given.places is None or not _is_long(expected):
        return False
    unit = Fraction(10) ** -given.places
    slack = expected.slack * abs(expected.value)
    is_nearest = abs(given.value - expected.value) <= unit / 2 + slack
    is_cut = (
        given.value * expected.value > 0
        and abs(given.value) <= abs(expected.value) + slack
        and abs(expected.value) - abs(given.value) < unit
    )
    return is_nearest or is_cut


def _is_long(number: Number) -> bool:
    """Whether a number takes more than a few digits to write, or never ends."""
    if number.slack:
        # A computed float that shows a short decimal but for its last digits is that decimal.
        try:
            shortest = Fraction(f"{float(number.value):.{MOST_EXACT_DIGITS}g}")
        except OverflowError:
            return True
        return abs(shortest - number.value) > number.slack * abs(number.value)
    places, digits = decimal_length(number.value)
    return places is None or (places > 0 and digits > MOST_EXACT_DIGITS)


def show_fraction(value: Fraction) -> str:
    """A number for people: an integer, a short ratio, or six digits."""
    if value.denominator == 1 and abs(value) < 10**12:
        return str(value.numerator)
    try:
        return f"{float(value):.6g}"
    except OverflowError:
        bits = value.numerator.bit_length() - value.denominator.bit_length()
        return f"{'-' if value < 0 else ''}about 10^{round(bits * 0.30103)}"


def decimal_length(value: Fraction) -> tuple[int | None, int]:
    """Decimal places and significant digits; (None, 0) where the decimals never end."""
    if value.denominator == 1:
        return 0, 0
    denominator, places = value.denominator, 0
    while denominator != 1 and places <= MOST_DIGITS:
        common = gcd(denominator, 10)
        if common == 1:
            return None, 0
        denominator //= common
        places += 1
    if denominator != 1 or value.numerator.bit_length() > 8 * MOST_DIGITS:
        return None, 0
    digits = str(abs(value.numerator * 10**places // value.denominator)).strip("0")
    return places, len(digits)
