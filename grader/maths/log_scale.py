"""Formulas evaluated by sign and logarithm, so that n can be as large as exp(2**400)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

from grader.maths.scalars import OutOfRange, floats
from grader.maths.tree import Node, free_names

GROWTH_DIGITS = 160
"""2**400 has 121 digits; what is left of a difference must still show."""
LOST = Fraction(1, 10**20)
"""A sum this small beside its terms has cancelled: what is left of it is not known."""
SMALLEST = -400
"""exp(-400) is 10^-174: beside 1 it is nothing in 160 digits."""
BLOCKS = 12
"""Of a sum, alike in the logarithm of the index: what grows regularly needs no more."""
LARGEST_EXPONENT = 200
"""exp(200) has 87 digits: as an exponent still exact."""


class Undefined(Exception):
    """There is no such number, as 1/0 or log(0)."""


@dataclass(frozen=True, slots=True)
class Size:
    """A real number: its sign and the logarithm of its absolute value."""

    sign: int
    log: Any


@lru_cache(maxsize=256)
def _log_of(value: Fraction) -> Any:
    context = floats(GROWTH_DIGITS)
    return context.log(context.mpf(value.numerator) / value.denominator)


class LogScale:
    """Evaluation where the variables' logarithms are given."""

    def __init__(self, logarithms: Mapping[str, Any]) -> None:
        self.context = floats(GROWTH_DIGITS)
        self.logarithms = dict(logarithms)
        self.zero = Size(0, self.context.ninf)

    def size(self, node: Node) -> Size:
        """A node's value.

        Errors   Undefined where it has none; OutOfRange where it is not known.
        """
        context, args = self.context, node.args
        if node.op == "number":
            return self._number(node.value)
        if node.op == "name":
            name = str(node.value)
            if name in ("π", "e"):
                return Size(1, context.log(context.pi) if name == "π" else context.mpf(1))
            return Size(1, self.logarithms[name])
        if node.op == "neg":
            inner = self.size(args[0])
            return Size(-inner.sign, inner.log)
        if node.op == "add":
            return self._add([self.size(arg) for arg in args])
        if node.op in ("mul", "hadamard", "matmul"):
            return self._multiply([self.size(arg) for arg in args])
        if node.op in ("div", "floordiv"):
            top, bottom = self.size(args[0]), self.size(args[1])
            if not bottom.sign:
                raise Undefined("division by 0")
            quotient = Size(top.sign * bottom.sign, top.log - bottom.log)
            return self._round_down(quotient) if node.op == "floordiv" else quotient
        if node.op == "pow":
            return self._power(args[0], args[1])
        if node.op == "sum":
            return self._sum(node)
        if node.op == "call":
            return self._call(str(node.value), args)
        raise OutOfRange(f"the growth of '{node.op}' is not known")

    def _number(self, value: object) -> Size:
        assert isinstance(value, Fraction)
        if not value:
            return self.zero
        return Size(1 if value > 0 else -1, _log_of(abs(value)))

    def _multiply(self, sizes: Sequence[Size]) -> Size:
        sign, log = 1, self.context.mpf(0)
        for size in sizes:
            sign, log = sign * size.sign, log + size.log
        return Size(sign, log) if sign else self.zero

    def _add(self, sizes: Sequence[Size]) -> Size:
        """A sum; one whose terms cancel is not known, unless they are all 0."""
        terms = [size for size in sizes if size.sign]
        if not terms:
            return self.zero
        largest = max(size.log for size in terms)
        seen = [size for size in terms if size.log - largest > SMALLEST]
        if len(seen) == 1:
            return Size(seen[0].sign, largest)
        total = sum(size.sign * self.context.exp(size.log - largest) for size in seen)
        if abs(total) < LOST.numerator / self.context.mpf(LOST.denominator):
            raise OutOfRange("its terms cancel")
        return Size(1 if total > 0 else -1, largest + self.context.log(abs(total)))

    def plain(self, node: Node) -> Any:
        """The value itself, where it is small enough to be one."""
        if node.op == "number":
            assert isinstance(node.value, Fraction)
            return self.context.mpf(node.value.numerator) / node.value.denominator
        size = self.size(node)
        if not size.sign:
            return self.context.mpf(0)
        if size.log > LARGEST_EXPONENT:
            raise OutOfRange("too large an exponent")
        return size.sign * self.context.exp(size.log)

    def _power(self, base: Node, exponent: Node) -> Size:
        inner = self.size(base)
        if inner.sign < 0:
            raise OutOfRange("a power of a negative number")
        power = self.plain(exponent)
        if not inner.sign:
            if power <= 0:
                raise Undefined("0 to a power that is not positive")
            return self.zero
        return Size(1, inner.log * power)

    def _round_down(self, size: Size) -> Size:
        """⌊x⌋ for x ≥ 1 is x up to a factor of 2."""
        if size.sign <= 0:
            raise OutOfRange("a number rounded down that is not positive")
        return size if size.log >= 0 else self.zero

    def _call(self, function: str, args: tuple[Node, ...]) -> Size:
        context = self.context
        if function in ("log", "log2", "log10"):
            base = {"log2": Fraction(2), "log10": Fraction(10)}.get(function, Fraction(0))
            if len(args) == 2 and isinstance(args[1].value, Fraction):
                base = args[1].value
            size = self._logarithm(args[0])
            if base <= 1:
                return size
            return Size(size.sign, size.log - context.log(_log_of(base)))
        if function == "sqrt":
            inner = self.size(args[0])
            if inner.sign < 0:
                raise Undefined("the root of a negative number")
            return Size(inner.sign, inner.log / 2)
        if function in ("max", "min"):
            sizes = [self.size(arg) for arg in args]
            choose = max if function == "max" else min
            return choose(sizes, key=lambda size: (size.sign, size.sign * size.log))
        if function == "floor":
            return self._round_down(self.size(args[0]))
        if function == "ceil":
            inner = self.size(args[0])
            return Size(1, max(inner.log, context.mpf(0))) if inner.sign > 0 else inner
        if function == "abs":
            inner = self.size(args[0])
            return Size(abs(inner.sign), inner.log)
        if function == "exp":
            return Size(1, self.plain(args[0]))
        if function == "factorial":
            return Size(1, context.loggamma(self._count(args[0]) + 1))
        if function == "binomial":
            return self._binomial(args[0], args[1])
        raise OutOfRange(f"the growth of {function} is not known")

    def _logarithm(self, node: Node) -> Size:
        context = self.context
        if node.op == "call" and node.value == "factorial":
            # Stirling: log n! grows as n log n.
            count = self.size(node.args[0])
            return Size(1, count.log + context.log(max(count.log, 1)))
        inner = self.size(node)
        if inner.sign > 0 and not free_names(node):
            # A number's own logarithm, as in e^(n log 2).
            return Size((inner.log > 0) - (inner.log < 0), context.log(abs(inner.log)))
        if inner.sign <= 0:
            raise Undefined("the logarithm of a number that is not positive")
        if inner.log < 0:
            return Size(-1, context.log(-inner.log))
        # Near 1 a logarithm is meant as that of a few, log(n/k) at n = k as well.
        return Size(1, context.log(max(inner.log, 1)))

    def _count(self, node: Node) -> Any:
        count = self.plain(node)
        if count < 0:
            raise Undefined("a negative count")
        return count

    def _binomial(self, top: Node, bottom: Node) -> Size:
        context = self.context
        if isinstance(bottom.value, Fraction):
            if bottom.value.denominator != 1 or bottom.value < 0:
                raise OutOfRange("a binomial below a number that is no count")
            inner = self.size(top)
            if inner.sign <= 0:
                raise OutOfRange("a binomial over a number that is not positive")
            return Size(1, inner.log * int(bottom.value))
        count, chosen = self._count(top), self._count(bottom)
        if chosen > count:
            return self.zero
        log = context.loggamma(count + 1) - context.loggamma(chosen + 1)
        return Size(1, log - context.loggamma(count - chosen + 1))

    def _sum(self, node: Node) -> Size:
        """A sum by dyadic blocks: right up to a constant for what grows regularly."""
        context = self.context
        body, _, high = node.args
        variable = str(node.value)
        end = self.size(high)
        if end.sign <= 0:
            raise OutOfRange("a sum that ends below 1")
        last = end.log
        outer = self.logarithms.get(variable)
        terms: list[Size] = []
        step = context.log(max(last / BLOCKS, 1))
        for block in range(BLOCKS + 1):
            # log of the index, from 0 to log(high)
            place = last * block / BLOCKS
            # Blocks are as wide as their index, times the step of its logarithm.
            width = place + step if block < BLOCKS else 0
            terms += self._block(body, variable, place, width, is_last=block == BLOCKS)
            if block == BLOCKS:
                # The last block is as wide as its index, unless the body explodes there.
                terms += self._block(body, variable, last - 1, last - 1)
        if outer is None:
            self.logarithms.pop(variable, None)
        else:
            self.logarithms[variable] = outer
        return self._add(terms)

    def _block(
        self, body: Node, variable: str, place: Any, width: Any, *, is_last: bool = False
    ) -> list[Size]:
        self.logarithms[variable] = place
        try:
            size = self.size(body)
        except OutOfRange:
            if not is_last:
                raise
            # n - k at k = n: one term of many.
            return []
        if size.sign < 0:
            raise OutOfRange("a sum whose terms change sign")
        return [Size(size.sign, size.log + width)] if size.sign else []
