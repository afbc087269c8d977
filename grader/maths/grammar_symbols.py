"""Declared symbols, with the brackets, subscripts and primes that belong to them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from grader.maths.tokens import Token, Unreadable_
from grader.maths.tree import Node

if TYPE_CHECKING:
    from grader.maths.grammar import Parser


def parse_declared(parser: Parser, declared: str, token: Token) -> Node:
    """A declared symbol, with the brackets that belong to it."""
    symbol = parser.symbols[declared]
    if symbol.domain == "function" or symbol.arguments:
        primes = read_primes(parser)
        if parser.at("(", "["):
            opened = parser.advance()
            arguments = parser.parse_arguments()
            parser.expect(")" if opened.text == "(" else "]", opened)
            return apply_symbol(parser, declared, arguments, token, primes)
        if parser.at("^") and parser.peek().kind == "number" and parser.peek(2).text == "(":
            parser.advance()
            power = parser.parse_operand()
            opened = parser.advance()
            arguments = parser.parse_arguments()
            parser.expect(")", opened)
            node = apply_symbol(parser, declared, arguments, token, primes)
            return parser.node("pow", (node, power), None, token.start)
        if parser.at("^") and is_braced_power(parser):
            parser.position += 2
            power = parser.parse_operand()
            parser.position += 1
            opened = parser.advance()
            arguments = parser.parse_arguments()
            parser.expect(")", opened)
            node = apply_symbol(parser, declared, arguments, token, primes)
            return parser.node("pow", (node, power), None, token.start)
        raise Unreadable_(
            f"'{declared}' is a function here: write what it is taken at, as {declared}(…).",
            token.start,
        )
    node = parser.node("name", (), declared, token.start)
    if parser.at("'") and parser.names.find(declared + "'"):
        parser.advance()
        return parser.node("name", (), declared + "'", token.start)
    is_subscript = parser.at("[") and not parser.token.space
    if symbol.shape and is_subscript and parser.is_code:
        from grader.maths.grammar_indices import is_of_code, parse_index

        if is_of_code(parser):
            return parse_index(parser, node, token.start)
    if symbol.shape and is_subscript and not holds_array(parser, parser.position):
        opened = parser.advance()
        indices = parser.parse_arguments()
        # x[i][j] is x[i, j]
        parser.expect("]", opened)
        while parser.at("[") and not parser.token.space and len(indices) < len(symbol.shape):
            opened = parser.advance()
            indices.extend(parser.parse_arguments())
            parser.expect("]", opened)
        return parser.node("index", (node, *indices), None, token.start)
    if not symbol.shape and parser.at("[") and not parser.token.space:
        if _holds_terms(parser):
            return node
        raise Unreadable_(f"'{declared}' is a single number here and has no entries.", token.start)
    return node


def is_braced_power(parser: Parser) -> bool:
    """Whether `^{2}(` stands here: the square of what a function is there."""
    return (
        parser.peek().text == "{"
        and parser.peek(2).kind == "number"
        and parser.peek(3).text == "}"
        and parser.peek(4).text == "("
    )


def _holds_terms(parser: Parser) -> bool:
    """Whether the bracket that opens here holds a sum: `α[r + γV]` is a product, `α[0]` is none."""
    level = 0
    for token in parser.tokens[parser.position :]:
        level += (token.text in OPENERS) - (token.text in CLOSERS)
        if level <= 0:
            return False
        if level == 1 and token.text in ("+", "-"):
            return True
    return False


def read_primes(parser: Parser) -> str:
    primes = ""
    while parser.at("'"):
        parser.advance()
        primes += "'"
    if parser.at("^") and parser.peek().text in ("'", "prime"):
        parser.advance()
        while parser.at("'"):
            parser.advance()
            primes += "'"
    if parser.at("^") and parser.peek().text == "{" and parser.peek(2).text == "'":
        parser.advance()
        parser.advance()
        while parser.accept("'"):
            primes += "'"
        parser.expect("}")
    return primes


def apply_symbol(
    parser: Parser, function: str, arguments: list[Node], token: Token, primes: str = ""
) -> Node:
    symbol = parser.symbols[function]
    expected = symbol.arguments or (1 if symbol.domain == "function" else 0)
    if len(arguments) != expected:
        raise Unreadable_(
            f"'{function}' takes {expected} argument{'s' if expected != 1 else ''},"
            f" here it has {len(arguments)}.",
            token.start,
        )
    return parser.node("apply", tuple(arguments), function + primes, token.start)


def skip_script(parser: Parser, position: int) -> int | None:
    """The position behind `^...` or `_...`."""
    tokens = parser.tokens
    position += 1
    if tokens[position].text != "{":
        return position + 1 if tokens[position].kind in ("number", "name") else None
    level = 0
    while position < len(tokens) - 1:
        level += {"{": 1, "}": -1}.get(tokens[position].text, 0)
        position += 1
        if level == 0:
            return position
    return None


def sort_scripts_behind(parser: Parser, first: int | None = None) -> None:
    """Put a subscript before the power that stands in front of it."""
    tokens = parser.tokens
    first = min(parser.position if first is None else first, len(tokens) - 1)
    if tokens[first].text != "^":
        return
    cut_script(parser, first + 1)
    middle = skip_script(parser, first)
    if middle is None or tokens[middle].text != "_":
        return
    last = skip_script(parser, middle)
    if last is not None:
        tokens[first:last] = [*tokens[middle:last], *tokens[first:middle]]


def cut_script(parser: Parser, position: int, *, is_transposed: bool = False) -> None:
    """Letters behind a bare `^`, of which TeX takes one, as two names."""
    token = parser.tokens[position]
    is_raw = token.end - token.start == len(token.text) and (token.text.isascii() or is_transposed)
    if token.kind != "name" or len(token.text) < 2 or not is_raw:
        return
    if not (parser.latex or is_transposed):
        return
    if token.text in parser.bound or parser.names.find(token.text) is not None:
        return
    middle = token.start + 1
    parser.tokens[position : position + 1] = [
        replace(token, text=token.text[0], end=middle),
        replace(token, text=token.text[1:], start=middle, space=False),
    ]


def script_text(parser: Parser, begin: int, end: int) -> str:
    return "".join(token.text for token in parser.tokens[begin + 1 : end] if token.text not in "{}")


def holds_array(parser: Parser, position: int) -> bool:
    """Whether the bracket that opens here holds a whole array: then it is no subscript."""
    tokens, level = parser.tokens, 0
    for place in range(position, len(tokens)):
        token = tokens[place]
        level += (token.text in OPENERS) - (token.text in CLOSERS)
        if level <= 0 or (level == 1 and token.text in (",", ":")):
            return False
        if token.kind != "name":
            continue
        if token.text in ("argmax", "argmin"):
            return False
        declared = parser.names.find(token.text)
        is_array = declared is not None and bool(parser.symbols[declared].shape)
        if is_array and tokens[place + 1].text not in ("_", "["):
            return True
    return False


OPENERS, CLOSERS = ("(", "[", "{", "⦃"), (")", "]", "}", "⦄")
RELATIONS = ("<", ">", "<=", ">=", "=", "==", "!=", "∈")


def holds_relation(parser: Parser, position: int) -> bool:
    """Whether a bracket opens here, maybe below the line, and holds a condition."""
    tokens, level = parser.tokens, 0
    if tokens[position].text == "_":
        position += 1
    for token in tokens[position:]:
        level += (token.text in OPENERS) - (token.text in CLOSERS)
        if level <= 0:
            return False
        if token.kind == "sign" and token.text in RELATIONS:
            return True
    return False
