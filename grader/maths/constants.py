"""Numbers people type: decimals, fractions, percentages and constant formulas."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from grader.maths.arrays import Array
from grader.maths.evaluate import Point, evaluate
from grader.maths.read import read
from grader.maths.scalars import OutOfRange, Undefined
from grader.maths.show import show
from grader.maths.tree import Formula, Unreadable


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it was typed and as it was understood."""

    value: Fraction
    """Exact where it can be, else to 40 digits."""
    is_exact: bool
    text: str
    """As understood: `-log(1/4)`, `1.39`."""
    decimals: int | None = None
    """Digits behind the point of a plain decimal; None for everything else."""


SIMPLE = re.compile(r"[+-]?(?:\d{1,40}(?:\.(\d{0,40}))?|\.(\d{1,40}))")
APPROXIMATE = re.compile(r"^\s*(?:≈|~|\\approx|approximately|about|=)\s*", re.IGNORECASE)
THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?")


def read_number(text: str) -> Number | Unreadable:
    """Read one number; a label before `=` and a percent sign behind are understood."""
    original = text
    text = text.strip().strip("$").strip().rstrip(".").strip() or text
    text = APPROXIMATE.sub("", text).replace("−", "-")
    is_percent = text.endswith("%")
    if is_percent:
        text = text.removesuffix("%").removesuffix("\\").strip()
    if THOUSANDS.fullmatch(text):
        text = text.replace(",", "")
    scale = Fraction(1, 100) if is_percent else Fraction(1)
    if match := SIMPLE.fullmatch(text):
        decimals = match.group(1) if match.group(1) is not None else match.group(2)
        shown = text + ("%" if is_percent else "")
        places = len(decimals or "") + (2 if is_percent else 0)
        return Number(Fraction(text) * scale, True, shown, places)
    formula = read(text, {})
    if isinstance(formula, Unreadable):
        offset = max(original.find(formula.text[:20]), 0)
        return Unreadable(formula.message, formula.column + offset, original, formula.suggestion)
    return evaluate_number(formula, original, scale, is_percent)


def evaluate_number(
    formula: Formula, original: str, scale: Fraction, is_percent: bool
) -> Number | Unreadable:
    """The value of a constant formula; of a chain `a = b ≈ c`, the last side."""
    tree = formula.tree
    if tree.op == "and" and all(arg.op == "compare" for arg in tree.args):
        tree = tree.args[-1]
    if tree.op == "compare" and tree.value in ("=", "≈"):
        tree = tree.args[1]
    if tree.op in ("compare", "and", "or", "not", "list", "tuple", "set", "vector"):
        return Unreadable("One number was expected here.", tree.start + 1, original)
    try:
        value = evaluate(tree, Point({}))
    except (Undefined, OutOfRange) as problem:
        return Unreadable(f"This has no value: {problem}.", tree.start + 1, original)
    if isinstance(value, Array):
        return Unreadable("One number was expected here.", tree.start + 1, original)
    shown = show(tree) + ("%" if is_percent else "")
    if isinstance(value, Fraction):
        return Number(value * scale, True, shown)
    if not hasattr(value, "_mpf_"):
        return Unreadable("A real number was expected here.", tree.start + 1, original)
    return Number(_to_fraction(value) * scale, False, shown)


def _to_fraction(value: object) -> Fraction:
    """A float of any precision as the fraction it is."""
    sign, mantissa, exponent, _ = value._mpf_  # type: ignore[attr-defined]
    whole = -int(mantissa) if sign else int(mantissa)
    if abs(int(exponent)) > 4096:
        return Fraction(0) if exponent < 0 else Fraction(whole << 4096)
    return Fraction(whole) * Fraction(2) ** int(exponent)
