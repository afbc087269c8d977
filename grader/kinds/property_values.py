"""What a student hands in for a property: named arrays whose entries may be formulas."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, TypeAlias

from grader import maths
from grader.kinds.fields import split_fields
from grader.kinds.protocol import HandedIn
from grader.kinds.reading_arrays import Nested, read_nested
from grader.kinds.reading_text import Unread, fold, plain, quote, too_long
from grader.maths.scalars import OutOfRange, Undefined
from grader.spec.models import Size
from grader.spec.property_part import PropertyPart
from grader.values import ArrayValue, Value

MOST_ENTRIES = 1_000
"""Of one array: each entry is a formula; a network by hand has a dozen units."""

MOST_BITS = 1_024
"""Of one number: beyond what a float holds, nothing can be computed with it."""

FROM_FLOATS = Fraction(1, 10**9)
"""Relative: what a function of a student's may lose in float64, with much to spare."""

FROM_ROOTS = Fraction(1, 10**25)
"""Relative: formulas with roots and the like are computed to 40 digits."""

Point: TypeAlias = "Mapping[str, Fraction]"
"""A value for each parameter."""


@dataclass(frozen=True, slots=True)
class Table:
    """Numbers in row-major order, and the lengths of the axes; none for one number."""

    shape: tuple[int, ...]
    entries: tuple[Fraction, ...]

    def nested(self) -> Value:
        """Nested lists of integers and floats."""
        values: list[Value] = [_as_plain(entry) for entry in self.entries]
        for length in reversed(self.shape):
            values = [values[i : i + length] for i in range(0, len(values), length)]
        return values[0]


@dataclass(frozen=True, slots=True)
class Given:
    """The values at one point, and how far they may be off."""

    tables: Mapping[str, Table]
    slack: Fraction = Fraction(0)
    """Relative; 0 where every number is exact."""


@dataclass(frozen=True, slots=True)
class NoValue:
    """An entry that is undefined at a point."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Written:
    """One value as it was written: the formulas of its entries."""

    shape: tuple[int, ...]
    entries: tuple[maths.Formula, ...]


@dataclass(slots=True)
class Lengths:
    """Lengths that the student chooses, bound where they are first met."""

    bound: dict[str, tuple[int, str]] = field(default_factory=dict)

    def fit(self, name: str, wanted: tuple[Size, ...], shape: tuple[int, ...]) -> Any:
        """The shape in the form asked for, or Unread."""
        for candidate in _forms(shape, len(wanted)):
            pairs = list(zip(wanted, candidate, strict=True))
            if all(self._allows(size, length) for size, length in pairs):
                for size, length in pairs:
                    if isinstance(size, str):
                        self.bound.setdefault(size, (length, name))
                return candidate
        expected = show_shape(tuple(self._show(size) for size in wanted))
        return Unread(f"{name} is {show_shape(shape)}", f"{name}: {expected}")

    def _allows(self, size: Size, length: int) -> bool:
        if isinstance(size, str):
            return length > 0 and self.bound.get(size, (length, ""))[0] == length
        return size == length

    def _show(self, size: Size) -> str:
        if isinstance(size, str) and size in self.bound:
            length, name = self.bound[size]
            return f"{length} (as {name})"
        return str(size)


def _forms(shape: tuple[int, ...], axes: int) -> list[tuple[int, ...]]:
    """The shapes that one array may be taken to have: rows and columns for vectors, and back."""
    if len(shape) == axes:
        return [shape]
    if shape in ((), (1,), (1, 1)):
        return [(1,) * axes]
    if len(shape) == 2 and axes == 1 and 1 in shape:
        return [(max(shape),)]
    if len(shape) == 1 and axes == 2:
        return [(1, shape[0]), (shape[0], 1)]
    return []


def show_shape(shape: tuple[object, ...]) -> str:
    """`one number`, `a vector of 3`, `a matrix of 2 × 3`."""
    if not shape:
        return "one number"
    sizes = " × ".join(map(str, shape))
    return f"a vector of {sizes}" if len(shape) == 1 else f"a matrix of {sizes}"


def read_texts(part: PropertyPart, handed_in: HandedIn) -> dict[str, str]:
    """The piece of text that gives each value."""
    names = tuple(part.gives)
    text = handed_in.answer.text if handed_in.answer else ""
    found = dict(split_fields(_part_chains(plain(text), names), names).found)
    if not found and len(names) == 1 and text.strip():
        found = {names[0]: text}
    for name, answer in handed_in.fields.items():
        if answer.text.strip():
            found[name] = answer.text
    return found


def _part_chains(text: str, names: tuple[str, ...]) -> str:
    """`w0 = w1 = [1, -1]` gives both."""
    known = {fold(name): name for name in names}
    lines = []
    for line in text.split("\n"):
        pieces = [piece.strip() for piece in line.split("=")]
        labels = [known.get(fold(piece)) for piece in pieces[:-1]]
        if len(labels) > 1 and all(labels):
            lines += [f"{label} = {pieces[-1]}" for label in labels]
        else:
            lines.append(line)
    return "\n".join(lines)


def read_written(part: PropertyPart, texts: Mapping[str, str]) -> dict[str, Written] | Unread:
    """Every value, whole: its shape fits and its entries can be read."""
    lengths = Lengths()
    read: dict[str, Written] = {}
    for name, given in part.gives.items():
        if name not in texts:
            return Unread(f"no value for {name}", f"a line `{name} = ...`")
        one = _read_one(name, texts[name], part)
        if isinstance(one, Unread):
            return one
        shape = lengths.fit(name, given.shape, one.shape)
        if isinstance(shape, Unread):
            return shape
        read[name] = Written(shape, one.entries)
    return read


def _read_one(name: str, text: str, part: PropertyPart) -> Written | Unread:
    refused = too_long(text)
    if refused:
        return refused
    nested = read_nested(text)
    if isinstance(nested, Unread):
        return nested
    shape = _measure(nested)
    if shape is None:
        return Unread(f"rows of different lengths in {name}", "rows of one length")
    texts = _flatten(nested)
    if len(texts) > MOST_ENTRIES:
        return Unread(f"{len(texts)} entries in {name}", "a smaller array")
    if not texts:
        return Unread(f"nothing in {name}", "numbers")
    entries = []
    for place, entry in enumerate(texts):
        formula = maths.read(entry, part.symbols)
        if isinstance(formula, maths.Unreadable):
            return Unread(f"{quote(entry)} in {name}[{place}]", "a number", formula.message)
        entries.append(formula)
    return Written(shape, tuple(entries))


def _measure(nested: Nested) -> tuple[int, ...] | None:
    if isinstance(nested, str):
        return ()
    shapes = {_measure(entry) for entry in nested}
    if len(shapes) > 1 or None in shapes:
        return None
    return (len(nested), *(shapes.pop() or ())) if shapes else (0,)


def _flatten(nested: Nested) -> list[str]:
    if isinstance(nested, str):
        return [nested]
    return [text for entry in nested for text in _flatten(entry)]


def evaluate_at(written: Mapping[str, Written], point: Point) -> Given | NoValue | Unread:
    """The values at a point; Unread for numbers that are too large to compute with."""
    slack = Fraction(0)
    tables = {}
    for name, value in written.items():
        entries = []
        for formula in value.entries:
            try:
                number = maths.evaluate(formula.tree, maths.Point(values=point))
            except Undefined as problem:
                return NoValue(name, f"{maths.show(formula)}: {problem}")
            except OutOfRange as problem:
                return Unread(f"{maths.show(formula)} in {name} ({problem})", "a smaller number")
            exact = as_fraction(number)
            if exact is None:
                return Unread(f"{maths.show(formula)} in {name}", "a number for each entry")
            if _is_large(exact):
                return Unread(f"{maths.show(formula)} in {name}", "a smaller number")
            slack = slack if isinstance(number, Fraction) else FROM_ROOTS
            entries.append(exact)
        tables[name] = Table(value.shape, tuple(entries))
    return Given(tables, slack)


def as_fraction(number: Any) -> Fraction | None:
    """A scalar of an evaluation, to its last bit; None for arrays and complex numbers."""
    if isinstance(number, Fraction):
        return number
    parts = getattr(number, "_mpf_", None)
    if parts is None:
        return None
    sign, mantissa, exponent, _ = parts
    # A vanishing float is 0: its exponent alone could fill the memory.
    if exponent < -8 * MOST_BITS:
        return Fraction(0)
    size = Fraction(int(mantissa)) * Fraction(2) ** int(min(exponent, 2 * MOST_BITS))
    return -size if sign else size


def _is_large(number: Fraction) -> bool:
    return abs(number) >= 1 << (MOST_BITS - 1)


def _as_plain(number: Fraction) -> int | float:
    return int(number) if number.denominator == 1 else float(number)


def read_returned(part: PropertyPart, value: Value) -> Given | Unread:
    """What a student's function returned: a dict by name, or the values in order."""
    names = tuple(part.gives)
    values = value
    if len(names) == 1 and not isinstance(value, dict):
        values = [value]
    if isinstance(values, list | tuple) and len(values) == len(names):
        values = dict(zip(names, values, strict=True))
    if not isinstance(values, dict) or any(name not in values for name in names):
        return Unread("another value", f"a dict with {', '.join(names)}, or a tuple of them")
    lengths = Lengths()
    tables = {}
    for name, given in part.gives.items():
        table = _read_table(values[name])
        if table is None:
            return Unread(f"{name} holds something else", f"finite real numbers in {name}")
        shape = lengths.fit(name, given.shape, table.shape)
        if isinstance(shape, Unread):
            return shape
        tables[name] = Table(shape, table.entries)
    return Given(tables, FROM_FLOATS)


def _read_table(value: Value) -> Table | None:
    if isinstance(value, ArrayValue):
        value = value.entries.tolist()
    if isinstance(value, int | float):
        if isinstance(value, float) and not -1e300 < value < 1e300:
            return None
        if isinstance(value, int) and value.bit_length() >= MOST_BITS:
            return None
        return Table((), (Fraction(value),))
    if not isinstance(value, list | tuple) or not value:
        return None
    rows = [_read_table(entry) for entry in value]
    if any(row is None for row in rows):
        return None
    read = [row for row in rows if row is not None]
    entries = tuple(entry for row in read for entry in row.entries)
    if len({row.shape for row in read}) > 1 or len(entries) > MOST_ENTRIES:
        return None
    return Table((len(read), *read[0].shape), entries)


def write_values(values: Mapping[str, Any]) -> dict[str, str]:
    """Values from a spec, as a student would write them."""
    return {name: _write(value) for name, value in values.items()}


def _write(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_write, value))}]"
    return re.sub(r"\s+", " ", str(value))
