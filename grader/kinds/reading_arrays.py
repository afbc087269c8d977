"""Vectors and matrices as students write them: brackets, LaTeX, printed tensors, rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from grader.kinds.numbers import Number
from grader.kinds.reading_numbers import read_exactly, read_plain
from grader.kinds.reading_text import (
    Unread,
    lines_of,
    quote,
    split_outside_brackets,
    undress,
    unfit,
    without_bullet,
)

MOST_ENTRIES = 5_000
"""Entries of one array: what 20 000 characters can hold."""

MOST_FORMULAS = 256
"""Entries that are no plain literals: each is read and evaluated by the grammar."""

DEEPEST = 8
"""Nested brackets: no homework's array has more axes."""

Nested: TypeAlias = "str | list[Nested]"


@dataclass(frozen=True, slots=True)
class Array:
    """Numbers in row-major order, and the lengths of the axes."""

    shape: tuple[int, ...]
    entries: tuple[Number, ...]

    def index(self, place: int) -> tuple[int, ...]:
        """The index of the entry at this place."""
        index: list[int] = []
        for length in reversed(self.shape):
            place, rest = divmod(place, length)
            index.append(rest)
        return tuple(reversed(index))


_KEYWORD = re.compile(
    r",\s*(?:dtype|device|requires_grad|grad_fn|layout)\s*=\s*(?:<[^>]*>|'[^']*'|[^,)]*)"
)
_CONSTRUCTOR = re.compile(
    r"\A(?:\w+\.)?(?:tensor|array|asarray|matrix|vector|(?:Float|Long|Double)?Tensor|Matrix|Vector)"
    r"\s*\((.*)\)\s*\Z",
    re.DOTALL,
)
_ENVIRONMENT = re.compile(
    r"\\begin\{(?:[bpvBV]?(?:small)?matrix\*?|array)\}\s*(?:\{[lcr| ]*\}|\[[lcr]\])?(.*?)"
    r"\\end\{(?:[bpvBV]?(?:small)?matrix\*?|array)\}",
    re.DOTALL,
)
_TRANSPOSED = re.compile(r"\s*(?:\^\s*\{?\s*(?:T|\\top|⊤|\\intercal)\s*\}?|ᵀ|⊤|\.T|')\s*\Z")
_LABEL = re.compile(
    r"\A\s*(?:[^\W\d][^=:\[\](){}|,;\n]*?(?:\[[\w,]*\])?)\s*(?::=|=|:|≈|\\approx)\s*(?!=)"
)
_RULE_OF_TABLE = re.compile(r"\A[\s|:+-]*-{2,}[\s|:+-]*\Z")
_PAIRS = {"[": "]", "(": ")", "{": "}"}


def read_array(text: str) -> Array | Unread:
    """The array that an answer gives."""
    refused = unfit(text)
    if refused:
        return refused
    nested = read_nested(text)
    return nested if isinstance(nested, Unread) else number_entries(nested)


def read_nested(text: str) -> Nested | Unread:
    """The same as nested lists of texts."""
    answer = _LABEL.sub("", undress(re.sub(r"\\\\\s*\[[\d.]+\w*\]", r"\\\\", text)), count=1)
    answer = _KEYWORD.sub("", answer).strip()
    found = _CONSTRUCTOR.match(answer)
    answer = found[1].strip().rstrip(",") if found else answer
    environment = _ENVIRONMENT.search(answer)
    if environment:
        before = answer[: environment.start()].rstrip(" =:[({|")
        after = answer[environment.end() :].lstrip(" ])}|")
        if before or (after and not _TRANSPOSED.fullmatch(after)):
            return Unread(quote(text), "one matrix", "write the matrix alone")
        rows: Nested = [_cells(row) for row in re.split(r"\\\\", environment[1]) if row.strip()]
        return _transpose(rows) if after else rows
    bare = _TRANSPOSED.sub("", answer)
    if bare[:1] in _PAIRS and bare.endswith(_PAIRS[bare[0]]) and _is_one_group(bare):
        nested = _read_group(bare, 0)
        return _transpose(nested) if bare != answer and not isinstance(nested, Unread) else nested
    return _read_rows(answer)


def _cells(row: str) -> list[Nested]:
    return [cell.strip() for cell in row.replace("\\hline", "").split("&")]


def _transpose(nested: Nested) -> Nested:
    if isinstance(nested, str) or not nested or any(isinstance(row, str) for row in nested):
        return nested
    width = len(nested[0])
    if any(len(row) != width for row in nested):
        return nested
    return [[row[column] for row in nested] for column in range(width)]


def _is_one_group(text: str) -> bool:
    """Whether the first bracket closes only at the end."""
    depth = 0
    for place, character in enumerate(text):
        if character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
            if depth == 0 and place < len(text) - 1:
                return False
    return depth == 0


def _read_group(text: str, depth: int) -> Nested | Unread:
    """`[...]`: rows after semicolons, items after commas, or after spaces where there are none."""
    if depth >= DEEPEST:
        return Unread(f"more than {DEEPEST} brackets within one another", "an array")
    inside = text[1:-1].strip().rstrip(",")
    if not inside:
        return []
    rows = split_outside_brackets(inside, ";")
    if len(rows) > 1:
        return [_items(row) for row in rows if row]
    pieces = [piece for piece in split_outside_brackets(inside, ",") if piece]
    if len(pieces) == 1:
        pieces = list(_split_at_spaces(inside))
    if len(pieces) == 1 and text[0] == "(" and not _is_group(pieces[0]):
        return pieces[0]
    nested: list[Nested] = []
    for piece in pieces:
        entry = _read_group(piece, depth + 1) if _is_group(piece) else piece
        if isinstance(entry, Unread):
            return entry
        nested.append(entry)
    return nested


def _is_group(piece: str) -> bool:
    """A bracket that holds entries: round ones only if there is a comma in them."""
    if piece[:1] not in _PAIRS or not piece.endswith(_PAIRS[piece[0]]) or not _is_one_group(piece):
        return False
    return piece[0] == "[" or len(split_outside_brackets(piece[1:-1], ",;")) > 1


def _split_at_spaces(text: str) -> Iterator[str]:
    """`1. 2. 3.`, `[1 2] [3 4]` and rows without commas; `1 / 4` and `- 1` are one entry."""
    depth, start = 0, 0
    joined = re.sub(r"\s*([*/^·×])\s*", r"\1", text)
    joined = re.sub(r"(?<=[\w)\]])\s+([+-])\s+", r"\1", joined)
    joined = re.sub(r"\](?=\s*\[)", "] ", joined)
    for place, character in enumerate(joined):
        depth += (character in "([{") - (character in ")]}")
        if character.isspace() and depth == 0:
            if joined[start:place].strip():
                yield joined[start:place].strip()
            start = place
    if joined[start:].strip():
        yield joined[start:].strip()


def _items(row: str) -> list[Nested]:
    """The entries of one row, after bars, ampersands, commas or spaces."""
    row = row.strip().strip("|")
    for separators in ("|&", ",", ";"):
        pieces = [piece for piece in split_outside_brackets(row, separators) if piece]
        if len(pieces) > 1:
            return [*pieces]
    return [*_split_at_spaces(row)]


def _read_rows(answer: str) -> Nested | Unread:
    """Numbers without brackets around them all: a row a line."""
    lines = [line for line in lines_of(answer) if not _RULE_OF_TABLE.match(line)]
    if len(lines) == 1:
        lines = [row for row in split_outside_brackets(lines[0], ";") if row]
    rows = [_row(line) for line in lines]
    if not rows:
        return Unread("nothing", "an array of numbers")
    if len(rows) == 1:
        return rows[0][0] if len(rows[0]) == 1 else rows[0]
    if all(len(row) == 1 for row in rows):
        return [row[0] for row in rows]
    return [*rows]


def _row(line: str) -> list[Nested]:
    line = re.sub(r"\A[|\s]+|[|,\s]+\Z", "", without_bullet(line))
    if _is_group(line):
        nested = _read_group(line, 1)
        return nested if isinstance(nested, list) else [line]
    return [
        _LABEL.sub("", item, count=1) if isinstance(item, str) else item
        for item in _items(_whole(line))
    ]


def _whole(line: str) -> str:
    """`w1 = 1, w2 = 3` keeps its labels for later; spaces around `=` must not split it."""
    return re.sub(r"\s*(=|:|≈|\\approx)\s*", r"\1", line)


def number_entries(nested: Nested) -> Array | Unread:
    """Read every entry, and see that rows are equally long."""
    shape = _shape_of(nested)
    if isinstance(shape, Unread):
        return shape
    entries: list[Number] = []
    formulas = 0
    for place, text in enumerate(_flatten(nested)):
        if place >= MOST_ENTRIES or formulas > MOST_FORMULAS:
            return Unread(f"more than {place} entries", "a smaller array")
        number = read_plain(text)
        if number is None:
            formulas += 1
            read = read_exactly(text.strip())
            if isinstance(read, Unread):
                where = list(Array(shape, ()).index(place)) if shape else ""
                return Unread(
                    f"{quote(text)} at {where}".removesuffix(" at "), "a number", read.advice
                )
            number = read
        entries.append(number)
    return Array(shape, tuple(entries))


def _flatten(nested: Nested) -> Iterator[str]:
    if isinstance(nested, str):
        yield nested
    else:
        for entry in nested:
            yield from _flatten(entry)


def _shape_of(nested: Nested) -> tuple[int, ...] | Unread:
    if isinstance(nested, str):
        return ()
    shapes = [_shape_of(entry) for entry in nested]
    if not shapes:
        return (0,)
    for place, shape in enumerate(shapes):
        if isinstance(shape, Unread):
            return shape
        if shape != shapes[0]:
            return Unread(
                f"{_describe_row(shapes[0])} in row 0, {_describe_row(shape)} in row {place}",
                "rows of the same length",
            )
    first = shapes[0]
    return first if isinstance(first, Unread) else (len(shapes), *first)


def _describe_row(shape: tuple[int, ...] | Unread) -> str:
    if isinstance(shape, Unread) or not shape:
        return "one entry"
    return f"{shape[0]} entries" if len(shape) == 1 else " × ".join(map(str, shape))
