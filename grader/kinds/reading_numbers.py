"""Numbers with nothing around them: decimals, fractions, percentages, formulas."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from grader.kinds.numbers import (
    DEEP_SLACK,
    FLOAT_SLACK,
    MOST_DIGITS,
    Number,
    decimal_length,
)
from grader.kinds.reading_text import Unread, quote, undress

LONGEST_FORMULA = 2_000
"""Characters of one number: a page of arithmetic."""


_DIGITS = r"(?:\d{1,3}(?:[ _']\d{3})+(?!\d)|\d+)"
_LITERAL = re.compile(
    rf"(?P<sign>[+-]?)\s*(?P<whole>{_DIGITS}(?=[.eE\s*·×x\\]|\Z)|(?=\.\d))"
    r"(?P<point>\.(?P<part>\d*))?"
    r"(?:[eE](?P<exponent>[+-]?\d{1,4})"
    r"|\s*(?:\*|·|×|x|\\cdot|\\times)\s*10\s*(?:\^|\*\*)\s*[{(]?\s*(?P<power>[+-]?\d{1,4})\s*[})]?)?"
)
_RATIO = re.compile(r"([+-]?\s*\d{1,60})\s*/\s*(\d{1,60})")
_PERCENT = re.compile(r"\s*(?:\\?%|per\s?cent\b)\s*\Z", re.IGNORECASE)


def read_plain(text: str) -> Number | None:
    """A literal (`1.39`, `-2e-3`, `1.4·10^-3`) or a ratio of integers; None for all else."""
    text = text.strip()
    found = _LITERAL.fullmatch(text)
    if found:
        whole = re.sub(r"[ _']", "", found["whole"])
        part = found["part"] or ""
        exponent = int(found["exponent"] or found["power"] or 0)
        if len(whole) + len(part) > MOST_DIGITS or abs(exponent) > 10 * MOST_DIGITS:
            return None
        value = Fraction(int(whole + part or "0")) * Fraction(10) ** (exponent - len(part))
        is_decimal = bool(found["point"]) or exponent < 0
        return Number(
            -value if found["sign"] == "-" else value,
            text,
            places=len(part) - exponent if is_decimal else None,
            digits=len((whole + part).lstrip("0")),
        )
    ratio = _RATIO.fullmatch(text)
    if ratio and int(ratio[2]) != 0:
        return Number(Fraction(int(ratio[1].replace(" ", "")), int(ratio[2])), text)
    return None


@lru_cache(maxsize=4096)
def read_exactly(text: str) -> Number | Unread:
    """A number with nothing around it: a literal, a ratio or a constant formula."""
    found = read_plain(text)
    if found is not None:
        return found
    if len(text) > LONGEST_FORMULA:
        return Unread(f"{len(text)} characters", "a number")
    percent = _PERCENT.search(text)
    if percent:
        share = read_exactly(text[: percent.start()])
        if isinstance(share, Unread):
            return share
        places = None if share.places is None else share.places + 2
        return Number(share.value / 100, text, share.slack, places, share.digits, share.is_plain)
    return _read_formula(text)


def _read_formula(text: str) -> Number | Unread:
    # Imported here: most answers are literals, and the grammar need not be loaded for them.
    from grader import maths

    found = maths.read_number(text)
    if isinstance(found, maths.Unreadable):
        return Unread(quote(text), "a number", found.message)
    places, digits = None, 0
    if found.is_exact and "." in text:
        # `2 * 0.693` is as rounded as its decimals are.
        places, digits = decimal_length(found.value)
    slack = Fraction(0) if found.is_exact else DEEP_SLACK
    return Number(found.value, found.text, slack, places, digits, is_plain=False)


def expect_number(answer: object) -> Number | Unread:
    """The number that a spec or a reference function gives as the right one.

    A float with more than twelve digits has come out of a computation and is taken to be
    right to twelve; a shorter one is taken as the decimal that it shows.
    """
    if isinstance(answer, bool) or not isinstance(answer, int | float | str | Fraction):
        return Unread(repr(answer)[:60], "a number")
    if isinstance(answer, str):
        return read_exactly(undress(answer))
    if isinstance(answer, float):
        if answer != answer or answer in (float("inf"), float("-inf")):
            return Unread(repr(answer), "a finite number")
        exact = Decimal(repr(answer))
        is_computed = len(exact.normalize().as_tuple().digits) > 12
        return Number(Fraction(exact), repr(answer), FLOAT_SLACK if is_computed else Fraction(0))
    return Number(Fraction(answer), str(answer))
