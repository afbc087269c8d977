"""What stands in square brackets behind an array in code: `[i, j]`, `[:, None]`, `[-1]`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.maths.grammar_code import TORCH
from grader.maths.grammar_library import size_of
from grader.maths.grammar_symbols import holds_array
from grader.maths.shapes import whole_number
from grader.maths.tokens import Token, Unreadable_
from grader.maths.tree import NEW, PICKED, WHOLE, Node, number

if TYPE_CHECKING:
    from grader.maths.grammar import Parser


def is_of_code(parser: Parser) -> bool:
    """Whether the bracket that opens here holds more than entries counted from the start.

    Errors   Unreadable_ for entries that an array picks.
    """
    level = 0
    for place in range(parser.position, len(parser.tokens)):
        text = parser.tokens[place].text
        level += (text in ("(", "[", "{")) - (text in (")", "]", "}"))
        if level <= 0:
            break
        is_first = parser.tokens[place - 1].text in ("[", ",")
        if level == 1 and (text in (":", "None", "newaxis") or (text == "-" and is_first)):
            return True
    if holds_array(parser, parser.position):
        place = parser.token.start
        raise Unreadable_("Entries that an array picks are not read.", place)
    return False


def parse_index(parser: Parser, array: Node, start: int) -> Node:
    """An entry or a line of an array, or the array with new axes."""
    opened = parser.expect("[")
    kinds: list[int] = []
    indices: list[Node] = []
    while True:
        token = parser.token
        if parser.is_code and parser.accept(":"):
            kinds.append(WHOLE)
        elif parser.is_code and token.kind == "name" and token.text in ("None", "newaxis"):
            parser.advance()
            kinds.append(NEW)
        else:
            indices.append(parser.parse_expression())
            kinds.append(PICKED)
        if parser.at(":"):
            raise Unreadable_("A part of an axis is not read.", parser.token.start)
        if not parser.accept(",", ";") or parser.at("]"):
            break
    parser.expect("]", opened)
    if array.value in ("largest", "smallest"):
        return _of_pair(parser, array, indices, opened)
    if parser.is_code:
        indices = [
            _from_the_end(parser, array, index, kinds, place)
            for index, place in zip(indices, _places(kinds), strict=True)
        ]
    if set(kinds) == {PICKED}:
        return parser.node("index", (array, *indices), None, start)
    return parser.node("axes", (array, *indices), tuple(kinds), start)


def _of_pair(parser: Parser, array: Node, indices: list[Node], opened: Token) -> Node:
    """Torch gives the largest entries along an axis, and their places: `[0]` is the entries.

    Errors   Unreadable_ for all else, which may be one or the other.
    """
    is_torch = any(one.module in TORCH or one.text == "dim" for one in parser.tokens)
    if is_torch and indices == [number(0)]:
        return array
    raise Unreadable_("Entries of this are not read.", opened.start, "Take them of the array.")


def _places(kinds: list[int]) -> list[int]:
    """The axis that each picked index goes along."""
    old = [kind for kind in kinds if kind != NEW]
    return [axis for axis, kind in enumerate(old) if kind == PICKED]


def _from_the_end(parser: Parser, array: Node, index: Node, kinds: list[int], axis: int) -> Node:
    """`x[-1]` is the last entry."""
    place = whole_number(index)
    if place is None or place >= 0 or set(kinds) != {PICKED}:
        return index
    size = size_of(parser, array, number(axis))
    return Node("add", (size, index), None, index.start, index.end)
