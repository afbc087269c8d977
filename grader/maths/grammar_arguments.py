r"""What a function typed without brackets is taken of: `\sin 2x`, `\log p\,q`, `\exp -x^2/2`.

The usual reading is taken; every other one that people use is noted, and what is equal only so
is for a person to judge. Usual is: the factors that follow, up to a sign, a bracket, another
function or a space that was typed for the eye. A number in front ends nothing: `\sin 2(x + y)`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.maths.tokens import Token, Unreadable_
from grader.maths.tree import Node, free_names
from grader.maths.vocabulary import KNOWN

if TYPE_CHECKING:
    from grader.maths.grammar import Parser

USUAL, NARROW, WIDE, DIVIDED = "usual", "narrow", "wide", "divided"
RAISED, RECIPROCAL, GLUED = "raised", "reciprocal", "glued"
"""Other readings of what is raised: `\\sin{x}^2`, `\\sin^{-1} x`, and `e^xy` in plain text."""
LOGARITHMS = {"log", "log2", "log10", "sqrt"}
"""Often taken of a number alone: `\\log 2\\, x` is x log 2, where `\\sin 2\\, x` is sin 2x."""


def parse_bare_argument(parser: Parser, token: Token, function: str) -> Node:
    """The argument that no bracket encloses."""
    if not parser.starts_operand() and not parser.at("-"):
        raise Unreadable_(f"'{token.text}' needs something to be taken of.", token.end)
    parser.deeper()
    start = parser.token.start
    extent = extent_of(parser, token)
    is_negated = False
    while sign := parser.accept("-", "+"):
        is_negated = is_negated != (sign.text == "-")
    has_sign = parser.token.start != start
    factors = [parser.parse_power()]
    while True:
        is_number = all(free_names(factor) <= {"π", "e"} for factor in factors)
        if is_number and parser.at("*", "·"):
            note_extent(parser, token, WIDE)
            if extent != WIDE:
                break
            parser.advance()
        elif not parser.starts_operand() or starts_call(parser):
            break
        else:
            chosen = _choose(parser, is_number, function, has_sign)
            for other in (NARROW, WIDE):
                if chosen[other] != chosen[USUAL]:
                    note_extent(parser, token, other)
            if not chosen.get(extent, chosen[USUAL]):
                break
        factors.append(parser.parse_power())
    argument = factors[0] if len(factors) == 1 else parser.node("mul", tuple(factors), None, start)
    if parser.at("/"):
        note_extent(parser, token, DIVIDED)
        if extent == DIVIDED:
            parser.advance()
            argument = parser.node("div", (argument, parser.parse_power()), None, start)
    parser.depth -= 1
    return Node("neg", (argument,), None, start, argument.end) if is_negated else argument


def _choose(parser: Parser, is_number: bool, function: str, has_sign: bool) -> dict[str, bool]:
    """Whether the next factor belongs to the argument, by the extent that is meant."""
    carries = is_number and function not in LOGARITHMS
    is_apart = parser.at("(", "[", "⦃") or parser.token.gap or has_sign
    return {USUAL: carries or not is_apart, NARROW: carries, WIDE: True}


def extent_of(parser: Parser, token: Token) -> str:
    """How far the argument of this function goes in the reading that is asked for."""
    return parser.extents.get(token.start, parser.extent)


def note_extent(parser: Parser, token: Token, extent: str) -> None:
    """Another reading of this function's argument."""
    found = parser.open_extents.setdefault(token.start, [])
    if extent not in found:
        found.append(extent)


def starts_call(parser: Parser) -> bool:
    """Whether another function starts here, or a sum."""
    token = parser.token
    if token.kind == "command":
        return token.text in ("sum", "prod")
    return token.kind == "name" and parser.names.find(token.text) is None and token.text in KNOWN
