"""Derivatives written as quotients of differentials: `dh/dw`, `∂L/∂w`, `d/dx (...)`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.maths.grammar_symbols import script_text, skip_script
from grader.maths.tokens import Token
from grader.maths.tree import Node

if TYPE_CHECKING:
    from grader.maths.grammar import Parser


def differential(parser: Parser, position: int) -> tuple[str | None, int] | None:
    """`dh3`, `∂h3`, `d h_3`, or a bare `d`, at a token: the name (None if bare), and the end."""
    tokens = parser.tokens
    first = tokens[position]
    inner: str | None = None
    if first.text in ("∂", "partial", "d") and first.kind != "number":
        position += 1
        if tokens[position].kind != "name":
            return (None, position) if first.kind != "name" or first.text == "d" else None
        inner = tokens[position].text
    elif first.kind == "name" and first.text[0] == "d" and len(first.text) > 1:
        inner = first.text[1:]
    else:
        return None
    position += 1
    if tokens[position].text == "_":
        end = skip_script(parser, position)
        if end is not None:
            inner += "_" + script_text(parser, position, end)
            position = end
    declared = parser.names.find(inner)
    return None if declared is None else (declared, position)


def quotient_of_differentials(parser: Parser) -> Node | None:
    """`dh3/dw`, `∂L/∂w`, `d/dx (...)`: a derivative, by our own rules."""
    tokens, start = parser.tokens, parser.position
    top = differential(parser, start)
    if top is None or tokens[top[1]].text != "/":
        return None
    bottom = differential(parser, top[1] + 1)
    if bottom is None or bottom[0] is None:
        return None
    return finish_derivative(parser, top[0], bottom[0], bottom[1], tokens[start])


def finish_derivative(
    parser: Parser, top: str | None, variable: str, end: int, token: Token
) -> Node:
    parser.position = end
    if top is not None:
        body = parser.node("name", (), top, token.start)
    else:
        parser.deeper()
        body = _parse_body(parser)
        parser.depth -= 1
    by = parser.node("name", (), variable, token.start)
    return parser.node("call", (body, by), "diff", token.start)


def _parse_body(parser: Parser) -> Node:
    """What `d/dx` is applied to: all of the product up to the next + or -.

    `d/dx (x^2 + 1) · 2x` is the derivative of the bracket, times 2x.
    """
    if parser.at("(") and parser.tokens[_after_group(parser)].text in ("·", "*", "⊙", "@"):
        return parser.parse_power()
    return parser.parse_term()


def _after_group(parser: Parser) -> int:
    """The position after the brackets that open here and their exponent, found without reading."""
    level, position = 0, parser.position
    while position < len(parser.tokens) - 1:
        text = parser.tokens[position].text
        level += (text in ("(", "[", "{")) - (text in (")", "]", "}"))
        position += 1
        if level == 0:
            break
    if parser.tokens[position].text == "^":
        return skip_script(parser, position) or position
    return position
