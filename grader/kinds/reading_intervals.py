"""Sets of real numbers as students write them: brackets, inequalities, unions, words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from fractions import Fraction

from grader.kinds.numbers import Number
from grader.kinds.reading_numbers import read_exactly
from grader.kinds.reading_set_words import mark_difference, translate
from grader.kinds.reading_text import (
    Unread,
    fold,
    lines_of,
    quote,
    split_outside_brackets,
    too_long,
    undress,
)
from grader.kinds.real_sets import (
    ALL,
    EMPTY,
    HIGHEST,
    LOWEST,
    Cut,
    RealSet,
    after,
    before,
    complement,
    intersect,
    point,
    subtract,
    unite,
)

MOST_PIECES = 50
"""Intervals and inequalities in one answer."""

LONGEST_SET = 2_000
"""Characters; fifty intervals take half of it."""

EXPECTED = "a set of numbers, as [1, 4) or 1 <= x < 4"


@dataclass(frozen=True, slots=True)
class SetRead:
    """A set, and what is needed to compare and to talk about it."""

    numbers: RealSet
    ends: dict[Fraction, Number] = field(default_factory=dict)
    """The finite ends as they were written, by value."""
    variable: str = "x"
    other: RealSet | None = None
    """Another way to read the text: 'between 1 and 4' says nothing about its ends."""


class _Unclear(Exception):
    """What to write instead; it never leaves this module, for `read_set` returns a value."""


_NAME = r"[^\W\d](?:\w|_\{\w{1,8}\}){0,20}"
_ASSIGNED = re.compile(rf"\A({_NAME})(?:\s*[=:∈]|\s)\s*(?=[\[(\]{{ℝ∅⟦])")
_BUILDER = re.compile(rf"\A\{{\s*({_NAME})\s*(?:∈\s*ℝ\s*)?[:|]\s*(.*)\}}\Z", re.DOTALL)
_DENIED = re.compile(r"\A(?:not|but|outside)\b\s*", re.IGNORECASE)
"""No name of a variable: `not (0, 1]`, `all but (0, 1]` and `outside (0, 1]` are what is left."""
_BRACKETED = re.compile(r"\A([\[(\]])(.*)([\])\[])\Z", re.DOTALL)
_WRAPPED = re.compile(r"\((?![^()]*\bor\b)([^(),;]*[<>≤≥=≠][^(),;]*)\)")
_VARIABLE = re.compile(_NAME)
_ABSOLUTE = re.compile(rf"\|\s*({_NAME})\s*\||abs\(\s*({_NAME})\s*\)")
_RELATION = re.compile(r"([<>≤≥=≠])")
_MIRRORED = {"<": ">", ">": "<", "≤": "≥", "≥": "≤", "=": "=", "≠": "≠"}


def read_set(text: str) -> SetRead | Unread:
    """The set of real numbers that an answer describes."""
    refused = too_long(text)
    if refused:
        return refused
    answer = " ".join(lines_of(undress(mark_difference(text))))
    if len(answer) > LONGEST_SET:
        return Unread(f"{len(answer)} characters", EXPECTED)
    reader = _Reader()
    try:
        numbers = reader.read(translate(answer))
    except _Unclear as problem:
        return Unread(quote(answer) if answer else "nothing", EXPECTED, str(problem))
    if len({fold(name) for name in reader.variables}) > 1:
        return Unread(quote(answer), EXPECTED, "write about one variable only")
    return SetRead(numbers, reader.ends, (*reader.variables, "x")[0], reader.other)


class _Reader:
    """Reads one answer, and remembers the ends and the variables it met."""

    def __init__(self) -> None:
        self.ends: dict[Fraction, Number] = {}
        self.variables: list[str] = []
        self.other: RealSet | None = None
        self.pieces = 0

    def read(self, text: str) -> RealSet:
        """A union of what several conditions have in common."""
        text = text.strip()
        text = text if _DENIED.match(text) else self._unlabel(text)
        builder = _BUILDER.match(text)
        if builder:
            self.variables.append(builder[1])
            text = builder[2].strip()
        kept, *removed = _WRAPPED.sub(r" \1 ", text).split("∖")
        numbers = self._unite(self._read_common(piece) for piece in re.split(r"∪|\bor\b", kept))
        for piece in removed:
            numbers = subtract(numbers, self._read_common(piece))
        return numbers

    def _unlabel(self, text: str) -> str:
        found = _ASSIGNED.match(text)
        if found is None:
            return text
        self.variables.append(found[1])
        return text[found.end() :].strip()

    @staticmethod
    def _unite(sets: Iterable[RealSet]) -> RealSet:
        return unite([span for numbers in sets for span in numbers])

    def _read_common(self, text: str) -> RealSet:
        pieces = re.split(r"∩|\band\b", text)
        listed = [piece for piece in split_outside_brackets(text, ",;") if piece]
        is_list = len(pieces) == 1 and len(listed) > 1 and all(map(_RELATION.search, listed))
        sets = [self._read_piece(piece.strip()) for piece in (listed if is_list else pieces)]
        common = ALL
        for numbers in sets:
            common = intersect(common, numbers)
        if common or len(sets) == 1:
            return common
        # `x < -1, x > 1` can only mean either; with 'and', people mean it, too.
        either = self._unite(sets)
        if is_list:
            return either
        self.other = either
        return common

    def _read_piece(self, text: str) -> RealSet:
        self.pieces += 1
        if self.pieces > MOST_PIECES:
            raise _Unclear(f"write at most {MOST_PIECES} pieces")
        denied = _DENIED.match(text)
        if denied:
            return complement(self._read_piece(text[denied.end() :].strip()))
        text = self._unlabel(text)
        if text in ("ℝ", "∅"):
            return ALL if text == "ℝ" else EMPTY
        if text.startswith("⟦") and text.endswith("⟧"):
            self.other = self._read_ends("(", text[1:-1], ")")
            return self._read_ends("[", text[1:-1], "]")
        if text.startswith("{") and text.endswith("}"):
            values = [value for value in split_outside_brackets(text[1:-1], ",;") if value]
            return self._unite(point(self._number(value)) for value in values)
        if _RELATION.search(text):
            return self._read_chain(_RELATION.split(text))
        bracketed = _BRACKETED.match(text)
        if bracketed is None:
            raise _Unclear("write it with brackets, or with <= and <")
        return self._read_ends(bracketed[1], bracketed[2], bracketed[3])

    def _read_ends(self, left: str, inside: str, right: str) -> RealSet:
        parts = split_outside_brackets(inside, ";" if ";" in inside else ",")
        if len(parts) != 2:
            raise _Unclear("an interval has two ends, with a comma between them")
        if ";" in inside:
            parts = [part.replace(",", ".") for part in parts]
        low = self._end(parts[0], after if left != "[" else before)
        high = self._end(parts[1], after if right == "]" else before)
        if low[0] == high[0] == 0 and low[1] > high[1]:
            raise _Unclear("the lower end comes first")
        return unite([(low, high)])

    def _end(self, text: str, cut: Callable[[Fraction], Cut]) -> Cut:
        infinite = re.fullmatch(r"\s*([+-]?)\s*∞\s*", text)
        if infinite:
            return LOWEST if infinite[1] == "-" else HIGHEST
        return cut(self._number(text))

    def _number(self, text: str) -> Fraction:
        number = read_exactly(text.strip())
        if isinstance(number, Unread):
            raise _Unclear(f"{quote(text)} is not a number here")
        self.ends.setdefault(number.value, number)
        return number.value

    def _read_chain(self, parts: list[str]) -> RealSet:
        """`1 <= x < 4`, `x > 2`, `|x| < 2`, and `>= 3` after what was said before."""
        sides = [side.strip() for side in parts[::2]]
        if len(sides) > 4:
            raise _Unclear("write at most three relations in one chain")
        numbers = ALL
        for left, relation, right in zip(sides, parts[1::2], sides[1:], strict=False):
            if self._names_variable(right) and not self._names_variable(left):
                left, relation, right = right, _MIRRORED[relation], left
            if left and not self._names_variable(left):
                raise _Unclear("solve for the variable")
            numbers = intersect(numbers, self._read_relation(left, relation, right))
        return numbers

    def _names_variable(self, side: str) -> bool:
        return bool(_VARIABLE.fullmatch(side) or _ABSOLUTE.fullmatch(side)) and fold(side) not in (
            "pi",
            "e",
        )

    def _read_relation(self, left: str, relation: str, right: str) -> RealSet:
        absolute = _ABSOLUTE.fullmatch(left)
        name = (absolute[1] or absolute[2]) if absolute else left
        if name:
            self.variables.append(name)
        low, high = self._end(right, before), self._end(right, after)
        below: RealSet = unite([(LOWEST, low)])
        up_to: RealSet = unite([(LOWEST, high)])
        if absolute and low[0] == 0:
            mirrored = -low[1]
            self.ends.setdefault(mirrored, _mirror(self.ends[low[1]]))
            below = intersect(below, unite([(after(mirrored), HIGHEST)]))
            up_to = intersect(up_to, unite([(before(mirrored), HIGHEST)]))
        return {
            "<": below,
            "≤": up_to,
            ">": complement(up_to),
            "≥": complement(below),
            "=": subtract(up_to, below),
            "≠": complement(subtract(up_to, below)),
        }[relation]


def _mirror(number: Number) -> Number:
    return replace(number, value=-number.value, written=f"-{number.written}")
