"""Arithmetic on exact fractions and 40-digit floats, bounded before anything large is built.

A scalar is a `Fraction` while it is exact, else an mpmath number. Results outside the real
numbers are undefined unless complex ones are asked for.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import Any

from grader.maths import bounds

Scalar = Any
"""A Fraction, or an mpmath mpf or mpc."""


class Undefined(ArithmeticError):
    """The formula has no value at this point."""


class NoBranch(Undefined):
    """No case of a piecewise formula covers this point."""


class OutOfRange(ArithmeticError):
    """The value is beyond what is computed here; it says nothing about the formula."""


class Cancelled(OutOfRange):
    """All digits cancelled: with more of them there may be a value."""


@lru_cache(maxsize=16)
def floats(digits: int = bounds.DIGITS) -> Any:
    """An mpmath context of this many digits; mpmath is loaded at its first use."""
    import mpmath

    context = mpmath.MPContext()
    context.dps = digits
    return context


LONG_FRACTION = 400
"""Bits of a fraction that take as long as a node."""
COSTS = {"exp": (3.0, 1.2), "log": (5.0, 1.2), "power": (8.0, 1.2), "erf": (5.0, 2.0),
         "gamma": (15.0, 2.5)}  # fmt: skip
"""Nodes that a call at 40 digits takes as long as, and how it grows with the digits."""


class Arithmetic:
    """The operations, at one precision, over the reals or the complex numbers."""

    def __init__(self, digits: int = bounds.DIGITS, *, is_complex: bool = False) -> None:
        self.digits = digits
        self.is_complex = is_complex
        self.largest = 1.0
        """log2 of the largest magnitude met, for the error bound of cancelled sums."""
        self.hidden_bits = 0.0
        """How many bits a term, or the curve of a function, lay below what it was added to."""
        self.is_relative = True
        """Whether nothing was added or could cancel: then every digit of a result counts."""
        self.spent = 0.0
        """Work done by functions and long numbers, in nodes."""
        self.on_boundary = False
        """Whether a comparison, |·| or max was decided by an exact tie."""
        self.tie_digits = digits - 10
        """To how many digits two floats must agree to tie."""

    def spend(self, nodes: float) -> None:
        """Count work before it is done; refuse what would take too long."""
        self.spent += nodes
        if self.spent > bounds.MAX_WORK:
            raise OutOfRange("too much work")

    def spend_on(self, function: str, magnitude: float = 1.0) -> None:
        """Count a call of a function, by its digits."""
        cost, growth = COSTS.get(function, (6.0, 1.2))
        if function == "erf":
            cost *= 2 + magnitude
        self.spend(cost * (self.digits / bounds.DIGITS) ** growth)

    def inexact(self, value: Scalar) -> Any:
        """A float of the working precision."""
        if isinstance(value, Fraction):
            context = floats(self.digits)
            return context.mpf(value.numerator) / value.denominator
        return value

    def note(self, value: Scalar) -> Scalar:
        """Remember the size of an intermediate result, and refuse absurd ones."""
        if isinstance(value, Fraction):
            above, below = value.numerator.bit_length(), value.denominator.bit_length()
            bits = above - below
            if above + below > LONG_FRACTION:
                self.spend((above + below) / LONG_FRACTION)
            if above + below > bounds.MAX_EXACT_BITS:
                value = self.inexact(value)
        elif value == 0:
            return value
        else:
            if not floats(self.digits).isfinite(value):
                raise OutOfRange("not finite")
            bits = int(floats(self.digits).mag(value))
        if bits > self.largest:
            if bits > bounds.MAX_MAGNITUDE_BITS:
                raise OutOfRange("too large")
            self.largest = bits
        return value

    def size_bits(self, value: Scalar) -> int:
        """About log2 of the magnitude; 0 for 0."""
        if isinstance(value, Fraction):
            return value.numerator.bit_length() - value.denominator.bit_length()
        return 0 if value == 0 else int(floats(self.digits).mag(value))

    def note_sum(self, left: Scalar, right: Scalar) -> None:
        """Remember a term that is so small beside the other that rounding may swallow it."""
        if left and right:
            apart = abs(self.size_bits(left) - self.size_bits(right))
            if apart > bounds.SEEN_BITS:
                self.hidden_bits += apart

    def note_flatness(self, bits: float) -> None:
        """Remember that a function is flat to this many bits where it was taken."""
        if bits > bounds.SEEN_BITS:
            self.hidden_bits += bits

    def check_digits(self, value: Scalar) -> None:
        """Refuse a float that is 0, or nearly, because all its digits cancelled."""
        if isinstance(value, Fraction) or (self.is_relative and value != 0):
            return
        # 8 of the digits may go before a sign or a zero means nothing.
        lost_bits = self.largest - (self.digits - 8) * 3.3
        if value == 0 or self.size_bits(value) < lost_bits:
            raise Cancelled("all digits cancelled")

    def is_real(self, value: Scalar) -> bool:
        return isinstance(value, Fraction) or not hasattr(value, "_mpc_")

    def real(self, value: Scalar) -> Scalar:
        """A value that must be real, for comparisons and steps."""
        if not self.is_real(value):
            if value.imag == 0:
                return value.real
            raise Undefined("complex numbers have no order")
        return value

    def settle(self, value: Scalar) -> Scalar:
        """A complex result becomes real where it is, or is undefined in real arithmetic."""
        if hasattr(value, "_mpc_"):
            if value.imag == 0:
                value = value.real
            elif not self.is_complex:
                raise Undefined("not a real number")
        return self.note(value)

    def add(self, left: Scalar, right: Scalar) -> Scalar:
        if not (isinstance(left, Fraction) and isinstance(right, Fraction)):
            self.is_relative = self.is_relative and (left == 0 or right == 0)
            left, right = self.inexact(left), self.inexact(right)
            self.note_sum(left, right)
            return self.settle(left + right)
        self.note_sum(left, right)
        return self.note(left + right)

    def multiply(self, left: Scalar, right: Scalar) -> Scalar:
        if not (isinstance(left, Fraction) and isinstance(right, Fraction)):
            if any(isinstance(one, Fraction) and one == 0 for one in (left, right)):
                return Fraction(0)
            left, right = self.inexact(left), self.inexact(right)
            return self.settle(left * right)
        return self.note(left * right)

    def negate(self, value: Scalar) -> Scalar:
        return -value

    def divide(self, left: Scalar, right: Scalar) -> Scalar:
        if right == 0:
            self.check_digits(right)
            raise Undefined("division by zero")
        # An error in a small divisor grows by its inverse.
        self.largest = max(self.largest, -self.size_bits(right))
        if isinstance(left, Fraction) and isinstance(right, Fraction):
            return self.note(left / right)
        return self.settle(self.inexact(left) / self.inexact(right))

    def power(self, base: Scalar, exponent: Scalar) -> Scalar:
        if exponent == 0:
            return Fraction(1)
        if base == 0:
            if not self.is_real(exponent) or exponent < 0:
                self.check_digits(base)
                raise Undefined("0 to a negative power")
            return Fraction(0)
        if self.size_bits(exponent) > bounds.MAX_EXPONENT_BITS:
            raise OutOfRange("exponent too large")
        if base == 1:
            return Fraction(1)
        self.note_flatness(-self.size_bits(exponent))
        if (abs(self.size_bits(base)) + 1) * abs(exponent) > bounds.MAX_MAGNITUDE_BITS:
            raise OutOfRange("power too large")
        if isinstance(exponent, Fraction) and exponent.denominator == 1:
            whole = exponent.numerator
            if isinstance(base, Fraction):
                bits = max(base.numerator.bit_length(), base.denominator.bit_length())
                if bits * abs(whole) <= bounds.MAX_EXACT_BITS:
                    return self.note(base**whole)
            return self.settle(self.inexact(base) ** whole)
        if isinstance(exponent, Fraction) and exponent.denominator == 2:
            root = self.square_root(base)
            return self.power(root, Fraction(exponent.numerator))
        self.spend_on("power")
        if not self.is_complex and self.real(base) < 0:
            raise Undefined("a negative number to a fractional power")
        return self.settle(floats(self.digits).power(self.inexact(base), self.inexact(exponent)))

    def square_root(self, value: Scalar) -> Scalar:
        if isinstance(value, Fraction) and value >= 0:
            top, bottom = math.isqrt(value.numerator), math.isqrt(value.denominator)
            if top * top == value.numerator and bottom * bottom == value.denominator:
                return Fraction(top, bottom)
        if not self.is_complex and self.real(value) < 0:
            raise Undefined("the square root of a negative number")
        return self.settle(floats(self.digits).sqrt(self.inexact(value)))

    def exponential(self, value: Scalar) -> Scalar:
        if value == 0:
            return Fraction(1)
        if self.size_bits(value) > bounds.MAX_EXP_BITS:
            raise OutOfRange("exp out of range")
        self.note_flatness(-2 * self.size_bits(value))
        self.spend_on("exp")
        return self.settle(floats(self.digits).exp(self.inexact(value)))

    def logarithm(self, value: Scalar) -> Scalar:
        self.check_digits(value)
        if value == 0:
            raise Undefined("log 0")
        if value == 1:
            return Fraction(0)
        if not self.is_complex and self.real(value) < 0:
            raise Undefined("the logarithm of a negative number")
        self.is_relative = False
        self.spend_on("log")
        return self.settle(floats(self.digits).log(self.inexact(value)))

    def elementary(self, function: str, value: Scalar) -> Scalar:
        """One of mpmath's functions of one argument, by name."""
        if value == 0 and function in ("sin", "tan", "sinh", "tanh", "asin", "atan", "asinh",
                                       "atanh", "erf", "cbrt"):  # fmt: skip
            return Fraction(0)
        if value == 0 and function in ("cos", "cosh"):
            return Fraction(1)
        is_steep = function in ("sinh", "cosh", "tanh")
        if self.size_bits(value) > (bounds.MAX_EXP_BITS if is_steep else 60):
            raise OutOfRange(f"{function} out of range")
        inexact = self.inexact(value)
        self.is_relative = False
        self.note_flatness(self._flatness(function, value))
        self.spend_on(function, float(abs(value)) if self.size_bits(value) < 10 else 0.0)
        if function == "atanh" and not isinstance(value, Fraction):
            # tanh of 200 is 1 to 40 digits.
            left = 1 - abs(inexact)
            self.check_digits(left)
            self.largest = max(self.largest, -self.size_bits(left))
        if not self.is_complex:
            outside = (
                (function in ("asin", "acos") and abs(inexact) > 1)
                or (function == "acosh" and inexact < 1)
                or (function == "atanh" and abs(inexact) >= 1)
            )
            if outside:
                raise Undefined(f"{function} outside its domain")
        if function == "atanh" and abs(inexact) == 1:
            raise Undefined("atanh at ±1")
        return self.settle(getattr(floats(self.digits), function)(inexact))

    def _flatness(self, function: str, value: Scalar) -> float:
        """How many bits a function of one argument lies off its tangent at 0, or off its limit."""
        bits = self.size_bits(value)
        if bits < 0:
            return -2 * bits
        if function in ("sinh", "cosh", "tanh"):
            return 3 * float(abs(value)) if bits < 60 else 0.0
        if function == "erf":
            return 1.5 * float(abs(value)) ** 2
        return 2 * bits if function in ("atan", "asinh", "acosh") else 0.0

    def compare(self, left: Scalar, right: Scalar) -> int:
        """-1, 0, 1; floats closer than their precision tells are a tie."""
        left, right = self.real(left), self.real(right)
        if isinstance(left, Fraction) and isinstance(right, Fraction):
            order = (left > right) - (left < right)
        else:
            gap = self.inexact(left) - self.inexact(right)
            size = max(abs(self.inexact(left)), abs(self.inexact(right)), 1)
            tie = abs(gap) < size * floats(self.digits).mpf(10) ** -self.tie_digits
            if tie and gap and size == 1:
                self.note_flatness(-self.size_bits(gap))
            order = 0 if tie else 1 if gap > 0 else -1
        if order == 0:
            self.on_boundary = True
        return order

    def sign(self, value: Scalar) -> int:
        return self.compare(value, Fraction(0))

    def floor(self, value: Scalar) -> Scalar:
        value = self.real(value)
        if isinstance(value, Fraction):
            return Fraction(math.floor(value))
        if self.size_bits(value) > bounds.MAX_EXACT_BITS:
            # Far more bits than digits: it is whole as it stands.
            return value
        nearest = floats(self.digits).nint(value)
        if abs(value - nearest) < floats(self.digits).mpf(10) ** -self.tie_digits:
            value = nearest
        return Fraction(int(floats(self.digits).floor(value)))

    def whole(self, value: Scalar, limit: int = 10**9) -> int:
        """A value that must be an integer: an index, a limit of a sum."""
        value = self.real(value)
        if not isinstance(value, Fraction):
            nearest = floats(self.digits).nint(value)
            if abs(value - nearest) > floats(self.digits).mpf(10) ** (10 - self.digits):
                raise Undefined("not an integer")
            value = Fraction(int(nearest)) if abs(nearest) < limit else Fraction(limit + 1)
        assert isinstance(value, Fraction)
        if value.denominator != 1:
            raise Undefined("not an integer")
        if abs(value.numerator) > limit:
            raise OutOfRange("too large an integer")
        return value.numerator


def close_to_integer(value: Scalar) -> bool:
    """Whether an exact value is an integer."""
    return isinstance(value, Fraction) and value.denominator == 1


Elementwise = Callable[[Scalar], Scalar]
