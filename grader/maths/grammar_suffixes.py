"""What stands behind an operand: `!`, `.T`, `[i]`, `'`, `_+`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from grader.maths.grammar_calls import parse_call_arguments
from grader.maths.grammar_code import settle_call
from grader.maths.grammar_subscripts import read_matrix_indices
from grader.maths.grammar_symbols import holds_array
from grader.maths.tokens import Unreadable_
from grader.maths.tree import SUBSCRIPT, Node
from grader.maths.vocabulary import FUNCTIONS

if TYPE_CHECKING:
    from grader.maths.grammar import Parser


def parse_postfix(parser: Parser) -> Node:
    start = parser.token.start
    return parser.parse_suffixes(parser.parse_operand(), start)


def parse_suffixes(parser: Parser, node: Node, start: int) -> Node:
    while True:
        if parser.at("!"):
            sign = parser.advance()
            if parser.at("!") and not parser.token.space:
                raise Unreadable_("'!!' can be read in two ways.", sign.start)
            node = parser.node("call", (node,), "factorial", start)
        elif parser.at(".") and parser.peek().kind == "name":
            node = _method(parser, node, start)
        elif _starts_subscript(parser, node):
            node = _subscript(parser, node, start)
        elif parser.at("'") and parser.has_axes(node):
            parser.advance()
            node = parser.node("transpose", (node,), None, start)
        elif parser.at("_") and parser.peek().text == "+":
            parser.position += 2
            node = parser.node("call", (node,), "relu", start)
        elif parser.at("_") and parser.has_axes(node):
            node = parser.node("index", (node, *read_matrix_indices(parser)), None, start)
            node = replace(node, mark=SUBSCRIPT)
        else:
            return node


def _starts_subscript(parser: Parser, node: Node) -> bool:
    """`(AB)[i, j]`; `Xᵀ[p - y]` is a product."""
    is_close = parser.at("[") and not parser.token.space
    return is_close and parser.has_axes(node) and not holds_array(parser, parser.position)


def _method(parser: Parser, node: Node, start: int) -> Node:
    """`.T`, and the array methods that are functions by another name."""
    parser.advance()
    method = parser.advance()
    if method.text in ("T", "mT"):
        return parser.node("transpose", (node,), None, start)
    meant = {"t": "transposed", "sum": "total", "dot": "matrix_product"}.get(
        method.text, FUNCTIONS.get(method.text)
    )
    if meant is None or not parser.at("("):
        raise Unreadable_(f"'.{method.text}' is not known here.", method.start)
    opened = parser.advance()
    args: list[Node] = [node]
    keywords: dict[str, Node] = {}
    if not parser.at(")"):
        given, keywords = parse_call_arguments(parser)
        args.extend(given)
    parser.expect(")", opened)
    meant, args = settle_call(parser, meant, args, keywords, replace(method, module="np"))
    return parser.finish_call(meant, args, method, start)


def _subscript(parser: Parser, node: Node, start: int) -> Node:
    opened = parser.expect("[")
    indices = parser.parse_arguments()
    parser.expect("]", opened)
    return parser.node("index", (node, *indices), None, start)
