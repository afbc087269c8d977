"""Rational functions compared modulo a prime: exact, fast, with a known chance of error.

Source   Schwartz and Zippel: two rational functions of degree d agree at a random point modulo
         p with a chance of at most d/p; p = 2^61 - 1, d below 10^6, 3 points: below 10^-36.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from fractions import Fraction

from grader.maths.tree import Node, free_names, walk
from grader.spec.models import Symbol

PRIME = 2**61 - 1
POINTS = 3
MOST_DEGREE = 10**6
RATIONAL = {"number", "name", "add", "neg", "mul", "div", "pow"}


class NotRational(ArithmeticError):
    """A division by zero modulo the prime, or a power that is no integer."""


def is_rational(tree: Node, symbols: Mapping[str, Symbol]) -> bool:
    """Whether a tree is a rational function of declared numbers."""
    return all(node.op in RATIONAL for node in walk(tree)) and all(
        name in symbols and not symbols[name].shape for name in free_names(tree)
    )


def agree_modulo_prime(left: Node, right: Node, seed: int) -> bool | None:
    """Whether both are the same rational function; None where that cannot be told."""
    names = sorted(free_names(left) | free_names(right))
    generator = random.Random(seed)
    decided = 0
    for _ in range(3 * POINTS):
        point = {name: generator.randrange(1, PRIME) for name in names}
        try:
            if evaluate_modulo(left, point) != evaluate_modulo(right, point):
                return False
        except NotRational:
            continue
        decided += 1
        if decided == POINTS:
            return True
    return None


def evaluate_modulo(node: Node, point: Mapping[str, int]) -> int:
    """The value of a rational tree modulo the prime."""
    if node.op == "name":
        return point[str(node.value)]
    if node.op == "number":
        assert isinstance(node.value, Fraction)
        return _divide(node.value.numerator % PRIME, node.value.denominator)
    if node.op == "pow":
        return _power(node, point)
    values = [evaluate_modulo(arg, point) for arg in node.args]
    if node.op == "add":
        return sum(values) % PRIME
    if node.op == "neg":
        return -values[0] % PRIME
    if node.op == "div":
        return _divide(values[0], values[1])
    result = 1
    for value in values:
        result = result * value % PRIME
    return result


def _divide(top: int, bottom: int) -> int:
    if bottom % PRIME == 0:
        raise NotRational("division by zero")
    return top * pow(bottom, -1, PRIME) % PRIME


def _power(node: Node, point: Mapping[str, int]) -> int:
    base, exponent = node.args
    sign, size = (-1, exponent.args[0]) if exponent.op == "neg" else (1, exponent)
    if not isinstance(size.value, Fraction) or size.value.denominator != 1:
        raise NotRational("no whole power")
    count = sign * size.value.numerator
    if abs(count) > MOST_DEGREE:
        raise NotRational("too large a power")
    value = evaluate_modulo(base, point)
    if count < 0:
        value, count = _divide(1, value), -count
    return pow(value, count, PRIME)
