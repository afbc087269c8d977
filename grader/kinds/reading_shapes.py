"""Shapes of arrays as students write them: `2×5`, `(2, 5)`, `R^{m x n}`, in a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from grader.kinds.numbers import show_fraction
from grader.kinds.reading_numbers import read_plain
from grader.kinds.reading_text import Unread, fold, lines_of, quote, undress, unfit
from grader.kinds.splitting_shapes import split_sizes
from grader.spec.models import Symbol

if TYPE_CHECKING:
    from grader.maths import Formula

MOST_SIZES = 16
"""Axes of one shape."""

LONGEST_SHAPE = 4_000
"""Characters: three sizes with floors and fractions take a tenth."""

MOST_CANDIDATES = 40
"""Pieces of one answer that may be the shape: every line, with and without words around it."""

EXPECTED = "a shape, as 2 × 5 or (2, 5)"


@dataclass(frozen=True, slots=True)
class Size:
    """The length of one axis: a number, or a formula in declared symbols."""

    written: str
    number: Fraction | None = None
    formula: Formula | None = None

    @property
    def shown(self) -> str:
        if self.formula is None:
            return show_fraction(self.number or Fraction(0))
        from grader import maths

        return maths.show(self.formula)


Shape = tuple[Size, ...]

_NO_NUMBERS = ("compare", "and", "or", "not", "list", "tuple", "set", "vector", "interval")
_DEFINITION = re.compile(
    r"(?:\A|[\n,;.]|\bwhere\b|\bwith\b|\band\b)\s*([^\W\d][\w'{}]*)\s*:?=\s*"
    r"(.+?)(?=[\n;.]|\bwhere\b|\bwith\b|\band\b|,\s*[^\W\d][\w'{}]*\s*:?=|,?\s*\Z)",
    re.DOTALL,
)
_LEAD = re.compile(
    r"\A(?:(?:the|its|it|is|has|of|a|an|outputs?|shape|sizes?|dims?|dimensions?|tensor|matrix"
    r"|vector|array|with|be|will|length|so|then|thus|hence)\b[\s:=,]*)+",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"\A[^\W\d](?:[\w'.()\[\]/∂{}^\\-]|\s(?!=)){0,60}?\s*(?::=|=|:|∈|\\in(?![a-zA-Z]))\s*(?!=)"
)
_ASIDE = re.compile(r"\s+\((?=[^()]*[^\W\d_]{3})[^()]*\)\s*\Z")
_REASON = re.compile(
    r"[,;.]?\s+\b(?:since|because|as|where|with|which|when|so|for|after|by rounding)\b.*\Z",
    re.DOTALL,
)
_NOUN = re.compile(
    r"\s*(?:-\s*dim(?:ensional|s)?\b|\b(?:in total|matrix|tensor|array|vector|pixels?|entries"
    r"|elements|components|images?|outputs?))\b.*\Z",
    re.DOTALL | re.IGNORECASE,
)
_ROWS_COLUMNS = re.compile(
    r"(\S+)\s+rows?\s*(?:and|by|×|,|&)?\s*(\S+)\s+col(?:umn)?s?\b", re.IGNORECASE
)
_IN_PROSE = re.compile(
    r"(?<![\w.*^/+-])(?:\d+(?:\s*(?:[×✕xX]|\\times|by)\s*\d+)+"
    r"|[\[(]\s*\d+\s*,(?:\s*\d+\s*,?)*\s*[\])])(?!\w|\.\d|\s*[-*^/+×✕xX]\s*\d)"
)


def read_shape(text: str, symbols: Mapping[str, Symbol]) -> Shape | Unread:
    """The sizes of the one shape that an answer gives."""
    refused = unfit(text)
    if refused:
        return refused
    answer = undress(text, is_formula=True)
    if len(answer) > LONGEST_SHAPE:
        return Unread(f"{len(answer)} characters", EXPECTED)
    definitions = {fold(name): value for name, value in _DEFINITION.findall(answer)}
    several = _find_several(answer)
    if several is not None:
        return several
    single: Shape | None = None
    for place, candidate in enumerate(dict.fromkeys(_candidates(answer))):
        if place >= MOST_CANDIDATES:
            break
        shape = _read_candidate(candidate, definitions, symbols)
        if shape is not None and len(shape) != 1:
            return shape
        single = single or shape
    return _read_definitions(answer, symbols) or single or _read_prose(answer)


_BARE = re.compile(r"[(\[]?\s*\d+(?:\s*[,×xX]\s*\d+)+\s*[)\]]?")


def _find_several(answer: str) -> Unread | None:
    """Shapes in numbers, each a line or a side: with nothing that tells which is the answer."""
    sides = (side.strip() for line in lines_of(answer) for side in re.split("=+", line))
    bare = [side for side in sides if _BARE.fullmatch(side)]
    sizes = {tuple(map(int, re.findall(r"\d+", line)[:MOST_SIZES])) for line in bare}
    if len(sizes) < 2:
        return None
    return Unread(
        f"{len(sizes)} shapes, {quote(bare[-2])} and {quote(bare[-1])}", "one shape",
        "write the shape alone",
    )  # fmt: skip


def _read_candidate(
    text: str, definitions: Mapping[str, str], symbols: Mapping[str, Symbol]
) -> Shape | None:
    pieces = split_sizes(text, symbols)
    if pieces is None or len(pieces) > MOST_SIZES:
        return None
    sizes: list[Size] = []
    for piece in pieces:
        size = read_size(definitions.get(fold(piece), piece), symbols)
        if size is None:
            return None
        sizes.append(size)
    return tuple(sizes)


def _candidates(answer: str) -> Iterator[str]:
    """The answer with less and less around it, then its lines, the last one first."""
    lines = lines_of(answer)
    for base in (" ".join(lines), *reversed(lines)):
        yield from _strip_words(base)
        label = _LABEL.match(base)
        if label:
            yield from _strip_words(base[label.end() :])
        sides = re.split(r"(?<![<>:!=])=(?!=)|\bis\b|\bare\b|→|->|:", base)
        if len(sides) > 1:
            for side in (sides[-1], sides[0]):
                yield from _strip_words(side)


def _strip_words(text: str) -> Iterator[str]:
    bare = text.strip().rstrip(".,;: ")
    yield bare
    for pattern in (_ASIDE, _REASON, _ASIDE, _LEAD, _NOUN):
        bare = pattern.sub("", bare).strip().rstrip(".,;: ")
        if bare:
            yield bare


def read_size(text: str, symbols: Mapping[str, Symbol]) -> Size | None:
    """One size: a whole number or a formula; None where it is neither."""
    text = re.sub(
        r"\A(\d+|[^\W\d_])\s+(?:rows?|col(?:umn)?s?|channels?|filters?)\Z", r"\1", text.strip()
    )
    plain = read_plain(text)
    if plain is not None:
        return Size(text, number=plain.value)
    # Imported here: most shapes are plain numbers, and need no grammar.
    from grader import maths

    formula = maths.read(text, symbols)
    if isinstance(formula, maths.Unreadable) or formula.tree.op in _NO_NUMBERS:
        return None
    if isinstance(maths.read(text, {}), maths.Unreadable):
        return Size(text, formula=formula)
    constant = maths.read_number(text)
    if isinstance(constant, maths.Unreadable):
        return None
    return Size(text, constant.value) if constant.is_exact else Size(text, formula=formula)


def _read_definitions(answer: str, symbols: Mapping[str, Symbol]) -> Shape | None:
    """`C_out = F`, `H_out = ...`, a line each, and nothing else: the sizes in this order."""
    sides = [line.rpartition("=") for line in lines_of(answer)]
    if len(sides) < 2 or not all(equals and name.strip() for name, equals, _ in sides):
        return None
    sizes = [read_size(value, symbols) for _, _, value in sides]
    return tuple(size for size in sizes if size) if all(sizes) else None


def _read_prose(answer: str) -> Shape | Unread:
    """The only thing in a sentence that looks like a shape."""
    found = {tuple(re.findall(r"\d+", shape)) for shape in _IN_PROSE.findall(answer)}
    found |= {rows for rows in _ROWS_COLUMNS.findall(answer) if all(map(str.isdigit, rows))}
    found = {shape for shape in found if len(shape) <= MOST_SIZES}
    if len(found) == 1:
        return tuple(Size(size, number=Fraction(int(size))) for size in found.pop())
    saw = f"{len(found)} shapes in {quote(answer)}" if found else quote(answer)
    return Unread(saw if answer else "nothing", EXPECTED, "write the shape alone")
