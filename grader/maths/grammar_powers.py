"""Powers, and what else stands raised: transposes, positive parts."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from grader.maths.grammar_arguments import GLUED, extent_of, note_extent
from grader.maths.grammar_code import raise_entries
from grader.maths.grammar_symbols import cut_script
from grader.maths.grammar_words import cut_word, replace_token
from grader.maths.tree import ONES, Node, number

if TYPE_CHECKING:
    from grader.maths.grammar import Parser


def parse_power(parser: Parser) -> Node:
    start = parser.token.start
    base = parser.parse_postfix()
    while parser.at("^", "**"):
        is_power_in_code = parser.advance().text == "**" and parser.is_code
        if _is_positive_part(parser):
            base = parser.node("call", (base,), "relu", start)
            continue
        _cut_exponent(parser, base)
        raised = _raise(parser, base, start)
        if raised.op == "pow" and is_power_in_code:
            raised = raise_entries(parser, base, raised.args[1], start)
        base = raised
        base = parser.parse_suffixes(base, start)
    return base


def _is_positive_part(parser: Parser) -> bool:
    """`z^+`, `z^{+}`, `[z]_+`: the positive part."""
    if parser.at("+"):
        following = parser.peek()
        starts = following.kind in ("number", "name") or following.text in ("(", "{", "[")
        if starts and not following.space:
            return False
        parser.advance()
        return True
    if parser.at("{") and parser.peek().text == "+" and parser.peek(2).text == "}":
        parser.position += 3
        return True
    return False


def _cut_exponent(parser: Parser, base: Node | None = None) -> None:
    r"""`x^Ty` is xᵀy: TeX takes one letter, and so does a transpose in plain text.

    Of `\sum_{k=1}^nk` too, which has no base.
    """
    is_array = base is not None and parser.has_axes(base)
    cut_script(parser, parser.position, is_transposed=is_array and parser.token.text[:1] == "T")


def _raise(parser: Parser, base: Node, start: int) -> Node:
    token = parser.token
    is_braced = parser.at("{")
    if _is_inverse_transpose(parser, base):
        return parser.node(
            "transpose", (Node("pow", (base, Node("neg", (number(1),)))),), None, start
        )
    if _is_transpose_mark(parser, base):
        if base == number(1):
            # Nobody transposes a number: this is the column of ones, typed in a hurry.
            base = parser.node("name", (), ONES, start)
        return parser.node("transpose", (base,), None, start)
    parser.deeper()
    if is_braced:
        exponent = parser.parse_group()
    elif parser.latex and token.kind == "number" and len(token.text) > 1:
        # TeX takes one digit; whoever typed x^10 meant ten.
        parser.advance()
        exponent = parser.node("number", (), Fraction(token.text), token.start)
    else:
        exponent = _glued(parser) or _with_divisor(parser, parse_exponent(parser))
    parser.depth -= 1
    return parser.node("pow", (base, exponent), None, start)


def _glued(parser: Parser) -> Node | None:
    """`e^xy` in plain text: y stands behind the power, or in it."""
    token = parser.token
    is_word = token.kind == "name" and len(token.text) > 1 and not parser.latex
    if not is_word or token.text in parser.bound or parser.names.find(token.text) is not None:
        return None
    pieces = cut_word(parser, token.text)
    if pieces is None:
        return None
    note_extent(parser, token, GLUED)
    if extent_of(parser, token) != GLUED:
        return None
    replace_token(parser, pieces)
    factors = tuple(parser.parse_postfix() for _ in pieces)
    return parser.node("mul", factors, None, token.start)


def _with_divisor(parser: Parser, exponent: Node) -> Node:
    """`x^1/2`: nobody raises to the power 1; who types this may mean the root."""
    divisor = parser.peek()
    is_half = exponent == number(1) and parser.at("/") and divisor.kind == "number"
    if not is_half or parser.token.space or divisor.space:
        return exponent
    slash = parser.token
    note_extent(parser, slash, GLUED)
    if extent_of(parser, slash) != GLUED:
        return exponent
    parser.position += 2
    return Node("div", (exponent, number(Fraction(divisor.text))), None, exponent.start)


def parse_exponent(parser: Parser) -> Node:
    if parser.at("+", "-"):
        sign = parser.advance()
        parser.deeper()
        inner = parse_exponent(parser)
        parser.depth -= 1
        if sign.text == "+":
            return inner
        return Node("neg", (inner,), None, sign.start, inner.end)
    return parser.parse_power()


def _is_transpose_mark(parser: Parser, base: Node) -> bool:
    """`^T`, `^{T}`, `^⊤`, `^\\top`; `^T` of a scalar is a power when T is declared."""
    mark, width = parser.token, 1
    if mark.text == "{" and parser.peek(2).text == "}":
        mark, width = parser.peek(), 3
    if mark.text in ("⊤", "intercal"):
        pass
    elif (
        mark.text != "T"
        or mark.kind != "name"
        or (
            (parser.names.find("T") is not None or "T" in parser.bound)
            and not parser.has_axes(base)
        )
    ):
        return False
    parser.position += width
    return True


def _is_inverse_transpose(parser: Parser, base: Node) -> bool:
    """`A^{-T}`, `A^{-\\top}`, `A^-T`: the inverse, transposed."""
    first = 1 if parser.at("{") else 0
    sign, mark = parser.peek(first), parser.peek(first + 1)
    is_marked = mark.text in ("⊤", "intercal") or (mark.text == "T" and parser.has_axes(base))
    if sign.text != "-" or not is_marked or (first and parser.peek(3).text != "}"):
        return False
    parser.position += 4 if first else 2
    return True


def parse_exponent_token(parser: Parser) -> Node:
    """One token behind ^ without braces."""
    token = parser.token
    if token.kind == "number":
        parser.advance()
        return parser.node("number", (), Fraction(token.text), token.start)
    if parser.at("-"):
        parser.advance()
        inner = parser.parse_exponent_token()
        return Node("neg", (inner,), None, token.start, inner.end)
    if token.kind == "name":
        _cut_exponent(parser)
        return parser.parse_name()
    return parser.parse_operand()
