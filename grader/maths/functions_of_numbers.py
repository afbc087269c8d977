"""Known functions of one number: elementary ones and those of deep learning."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

from grader.maths import bounds
from grader.maths.scalars import Arithmetic, OutOfRange, Scalar, Undefined, floats

ONE, HALF, ZERO = Fraction(1), Fraction(1, 2), Fraction(0)


def _sigmoid(arithmetic: Arithmetic, value: Scalar) -> Scalar:
    """1/(1 + exp(-x)), by the exponential that does not overflow."""
    if arithmetic.is_real(value) and value > 0:
        return arithmetic.divide(
            ONE, arithmetic.add(ONE, arithmetic.exponential(arithmetic.negate(value)))
        )
    grown = arithmetic.exponential(value)
    return arithmetic.divide(grown, arithmetic.add(ONE, grown))


def _softplus(arithmetic: Arithmetic, value: Scalar) -> Scalar:
    return arithmetic.logarithm(arithmetic.add(ONE, arithmetic.exponential(value)))


def absolute(arithmetic: Arithmetic, value: Scalar) -> Scalar:
    if arithmetic.is_real(value):
        return -value if arithmetic.sign(value) < 0 else value
    return abs(value)


def _relu(arithmetic: Arithmetic, value: Scalar) -> Scalar:
    return value if arithmetic.sign(value) > 0 else ZERO


def _gelu(arithmetic: Arithmetic, value: Scalar) -> Scalar:
    root = arithmetic.square_root(Fraction(2))
    inner = arithmetic.elementary("erf", arithmetic.divide(value, root))
    return arithmetic.multiply(arithmetic.multiply(HALF, value), arithmetic.add(ONE, inner))


def _factorial(arithmetic: Arithmetic, value: Scalar) -> Scalar:
    if isinstance(value, Fraction) and value.denominator == 1:
        if value < 0:
            raise Undefined("the factorial of a negative integer")
        if value > bounds.MAX_FACTORIAL:
            raise OutOfRange("factorial out of range")
        return arithmetic.note(Fraction(math.factorial(value.numerator)))
    return _gamma(arithmetic, arithmetic.add(value, ONE))


def _gamma(arithmetic: Arithmetic, value: Scalar) -> Scalar:
    if abs(value) > bounds.MAX_FACTORIAL:
        raise OutOfRange("gamma out of range")
    if isinstance(value, Fraction) and value.denominator == 1:
        if value <= 0:
            raise Undefined("gamma at a pole")
        return _factorial(arithmetic, value - 1)
    arithmetic.spend_on("gamma")
    return arithmetic.settle(floats(arithmetic.digits).gamma(arithmetic.inexact(value)))


def _log_base(base: int) -> Callable[[Arithmetic, Scalar], Scalar]:
    def logarithm(arithmetic: Arithmetic, value: Scalar) -> Scalar:
        return arithmetic.divide(arithmetic.logarithm(value), arithmetic.logarithm(Fraction(base)))

    return logarithm


def _inverted(function: str) -> Callable[[Arithmetic, Scalar], Scalar]:
    def inverted(arithmetic: Arithmetic, value: Scalar) -> Scalar:
        return arithmetic.divide(ONE, arithmetic.elementary(function, value))

    return inverted


def _round(arithmetic: Arithmetic, value: Scalar) -> Scalar:
    return arithmetic.floor(arithmetic.add(value, HALF))


def _cube_root(arithmetic: Arithmetic, value: Scalar) -> Scalar:
    return real_root(arithmetic, value, 3)


def real_root(arithmetic: Arithmetic, value: Scalar, degree: int) -> Scalar:
    """Odd roots of negative numbers are real here."""
    if degree % 2 and arithmetic.is_real(value) and value < 0:
        return -real_root(arithmetic, -value, degree)
    return arithmetic.power(value, Fraction(1, degree))


ENTRYWISE: dict[str, Callable[[Arithmetic, Scalar], Scalar]] = {
    "exp": Arithmetic.exponential,
    "sqrt": Arithmetic.square_root,
    "log2": _log_base(2),
    "log10": _log_base(10),
    "log1p": lambda a, x: a.logarithm(a.add(ONE, x)),
    "expm1": lambda a, x: a.add(a.exponential(x), -ONE),
    "cbrt": _cube_root,
    "abs": absolute,
    "sign": lambda a, x: Fraction(a.sign(x)),
    "floor": Arithmetic.floor,
    "ceil": lambda a, x: -a.floor(-x),
    "round": _round,
    "relu": _relu,
    "sigmoid": _sigmoid,
    "logit": lambda a, x: a.logarithm(a.divide(x, a.add(ONE, -x))),
    "softplus": _softplus,
    "logsigmoid": lambda a, x: -_softplus(a, -x),
    "silu": lambda a, x: a.multiply(x, _sigmoid(a, x)),
    "gelu": _gelu,
    "factorial": _factorial,
    "gamma": _gamma,
    "sec": _inverted("cos"),
    "csc": _inverted("sin"),
    "cot": _inverted("tan"),
    "sech": _inverted("cosh"),
    "coth": _inverted("tanh"),
    "square": lambda a, x: a.multiply(x, x),
    "indicator": lambda a, x: Fraction(int(x != 0)),
    "conj": lambda a, x: x if a.is_real(x) else x.conjugate(),
    "re": lambda a, x: x if a.is_real(x) else x.real,
    "im": lambda a, x: ZERO if a.is_real(x) else x.imag,
}


BY_MPMATH = {name: name for name in (
    "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh",
    "atanh", "erf",
)}  # fmt: skip
