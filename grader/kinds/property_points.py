"""Where a property is tried: exact values for its parameters, 0 among them where it may be."""

from __future__ import annotations

import random
from collections.abc import Mapping
from fractions import Fraction
from itertools import product
from typing import NamedTuple

from grader.spec.models import Symbol

MOST_PATTERNS = 27
"""Three parameters of either sign or 0: more are tried in part, at random."""

WHOLE = ("integer", "natural", "positive integer")
SIGNS = {
    "positive": (1,), "positive integer": (1,), "probability": (1,), "negative": (-1,),
    "nonzero": (1, -1), "nonnegative": (1, 0), "natural": (1, 0), "real": (1, -1, 0),
    "integer": (1, -1, 0),
}  # fmt: skip


class Case(NamedTuple):
    """One value for each parameter."""

    values: dict[str, Fraction]
    zeros: frozenset[str]
    """Parameters that are 0 here; an answer that fails only with some is nearly right."""


def list_cases(symbols: Mapping[str, Symbol], seed: int) -> list[Case]:
    """Every pattern of signs and zeros, with small whole values first, then ratios and large ones.

    Cost     at most 83 cases.
    """
    source = random.Random(seed)
    patterns = list(product(*(_signs(symbol) for symbol in symbols.values())))
    if len(patterns) > MOST_PATTERNS:
        patterns = [patterns[0], *source.sample(patterns[1:], MOST_PATTERNS - 1)]
    patterns.sort(key=lambda signs: sum(sign == 0 for sign in signs))
    cases = []
    for size in ("small", "ratio", "large") if symbols else ("small",):
        for signs in patterns:
            values = {
                name: _draw(symbol, sign, size, source)
                for (name, symbol), sign in zip(symbols.items(), signs, strict=True)
            }
            zeros = frozenset(name for name, value in values.items() if value == 0)
            cases.append(Case(values, zeros))
    return cases


def _signs(symbol: Symbol) -> list[int]:
    low, high = _bounds(symbol)
    fitting = {1: high is None or high > 0, -1: low is None or low < 0}
    fitting[0] = (low is None or low <= 0) and (high is None or high >= 0)
    return [sign for sign in SIGNS[symbol.domain] if fitting[sign]] or [1]


def _bounds(symbol: Symbol) -> tuple[Fraction | None, Fraction | None]:
    low, high = (
        None if bound is None else Fraction(str(bound)) for bound in (symbol.low, symbol.high)
    )
    if symbol.domain == "probability":
        low, high = max(low or Fraction(0), Fraction(0)), min(high or Fraction(1), Fraction(1))
    return low, high


def _draw(symbol: Symbol, sign: int, size: str, source: random.Random) -> Fraction:
    if sign == 0:
        return Fraction(0)
    low, high = _bounds(symbol)
    if symbol.domain == "probability" or (low is not None and high is not None):
        assert low is not None
        assert high is not None
        drawn = low + (high - low) * Fraction(source.randint(1, 15), 16)
        return Fraction(round(drawn)) if symbol.domain in WHOLE else drawn
    value = Fraction(source.randint(1, 5))
    if size == "ratio" and symbol.domain not in WHOLE:
        value = Fraction(source.randint(1, 40), source.choice((3, 7, 8)))
    elif size == "large":
        value *= 1000
    if sign > 0:
        return value + max(low or Fraction(0), Fraction(0)) if high is None else min(value, high)
    return -value + min(high or Fraction(0), Fraction(0)) if low is None else max(-value, low)
