"""`E[X]`: an expectation where a random symbol is declared; a bare `E` is Euler's number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.maths.tokens import Unreadable_
from grader.maths.tree import Node

if TYPE_CHECKING:
    from grader.maths.grammar import Parser


def is_expectation(parser: Parser) -> bool:
    """Whether the `E` that stands here is one; SymPy writes Euler's number so."""
    token = parser.token
    is_blackboard = token.end - token.start > 1
    has_random = any(symbol.domain == "random" for symbol in parser.symbols.values())
    return is_blackboard or parser.peek().text == "[" or (has_random and parser.peek().text == "(")


def parse_expectation(parser: Parser) -> Node:
    """What is averaged stands in brackets.

    Errors   Unreadable_ where no symbol is random: `e` times a bracket is never meant.
    """
    from grader.maths.grammar_operands import parse_brackets

    token = parser.advance()
    if not any(symbol.domain == "random" for symbol in parser.symbols.values()):
        raise Unreadable_("E is an expectation here, and no symbol is random.", token.start)
    if parser.token.text not in ("(", "["):
        raise Unreadable_("An expectation is written E[...].", token.start)
    inner = parse_brackets(parser)
    if inner.op in ("tuple", "list"):
        raise Unreadable_("An expectation is of one formula: E[...].", token.start)
    return parser.node("expectation", (inner,), None, token.start)
