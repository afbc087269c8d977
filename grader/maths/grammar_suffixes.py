"""What stands behind an operand: `!`, `.T`, `[i]`, `'`, `_+`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from grader.maths.grammar_calls import parse_call_arguments
from grader.maths.grammar_code import finish_in_code
from grader.maths.grammar_indices import is_of_code, parse_index
from grader.maths.grammar_library import size_of
from grader.maths.grammar_subscripts import read_matrix_indices
from grader.maths.grammar_symbols import holds_array
from grader.maths.tokens import Unreadable_
from grader.maths.tree import SUBSCRIPT, Node
from grader.maths.vocabulary import FUNCTIONS, METHODS, OF_LIBRARIES

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
    if is_close and parser.is_code and parser.has_axes(node) and is_of_code(parser):
        return True
    return is_close and parser.has_axes(node) and not holds_array(parser, parser.position)


def _method(parser: Parser, node: Node, start: int) -> Node:
    """`.T`, and the array methods that are functions by another name."""
    parser.advance()
    method = parser.advance()
    if method.text in ("T", "mT"):
        return parser.node("transpose", (node,), None, start)
    if method.text == "shape" and parser.at("["):
        opened = parser.advance()
        axis = parser.parse_expression()
        parser.expect("]", opened)
        return size_of(parser, node, axis)
    if method.text == "size" and not parser.at("("):
        return size_of(parser, node, None)
    if method.text == "values" and node.value in ("largest", "smallest", "kept"):
        # Torch gives the places of the largest entries as well.
        return node
    meant = METHODS.get(method.text) or OF_LIBRARIES.get(method.text) or FUNCTIONS.get(method.text)
    if meant is None or not parser.at("("):
        raise Unreadable_(f"'.{method.text}' is not known here.", method.start)
    opened = parser.advance()
    args: list[Node] = [node]
    keywords: dict[str, Node] = {}
    if not parser.at(")"):
        given, keywords = parse_call_arguments(parser)
        args.extend(given)
    parser.expect(")", opened)
    found = finish_in_code(parser, meant, args, keywords, replace(method, module="np"))
    return replace(found, start=start)


def _subscript(parser: Parser, node: Node, start: int) -> Node:
    return parse_index(parser, node, start)
