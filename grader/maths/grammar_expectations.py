"""`E[X]`, `Var(X)`, `Cov(X, Y)`, `P(X > 0)` where a random symbol is declared.

All become expectations: a variance E[X²] - E[X]², a probability that of an indicator. A bare `E`
is Euler's number, as SymPy writes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.maths.grammar_symbols import holds_relation, skip_script
from grader.maths.tokens import Token, Unreadable_
from grader.maths.tree import Node, free_names, number

if TYPE_CHECKING:
    from grader.maths.grammar import Parser

MEANING = {
    "E": "expectation", "V": "variance", "Var": "variance", "var": "variance",
    "Cov": "covariance", "cov": "covariance",
    "P": "probability", "Pr": "probability", "Prob": "probability",
}  # fmt: skip


def is_moment(parser: Parser) -> bool:
    """Whether the letter that stands here is an operator on random symbols."""
    token = parser.token
    word, _, label = token.text.partition("_")
    if word not in MEANING or parser.names.find(token.text) is not None:
        return False
    if not label and parser.peek().text == "_":
        end = skip_script(parser, parser.position + 1)
        following = parser.tokens[end].text if end is not None else ""
    else:
        following = parser.peek().text
    is_blackboard = token.end - token.start > len(word) + len(label) + bool(label)
    opens = following in ("(", "[", "⦃")
    has_random = bool(_random(parser))
    if word == "E":
        return is_blackboard or following == "[" or (has_random and opens)
    return has_random and opens


def _random(parser: Parser) -> set[str]:
    return {name for name, symbol in parser.symbols.items() if symbol.domain == "random"}


def parse_moment(parser: Parser) -> Node:
    """What is averaged stands in brackets; behind `\\mathbb{E}` one factor may stand alone.

    Errors   Unreadable_ where no symbol is random: `e` times a bracket is never meant.
    """
    token = parser.advance()
    word = token.text.partition("_")[0]
    if not _random(parser):
        raise Unreadable_("E is an expectation here, and no symbol is random.", token.start)
    over = _label(parser, token)
    if word == "E" and parser.token.text not in ("(", "[", "⦃"):
        if not parser.starts_operand():
            raise Unreadable_("An expectation is written E[...].", token.start)
        parser.deeper()
        inner = [parser.parse_power()]
        parser.depth -= 1
    else:
        is_condition = holds_relation(parser, parser.position)
        if (MEANING[word] == "probability") != is_condition and word != "E":
            raise Unreadable_("A probability is of a condition: P(X > 0).", token.start)
        inner = _inside(parser)
    wanted = 2 if MEANING[word] == "covariance" else 1
    if len(inner) != wanted or any(one.op in ("tuple", "list") for one in inner):
        form = "Cov(X, Y)" if wanted == 2 else f"{word}[...]"
        raise Unreadable_(f"This is written {form}, of {wanted} formula(s).", token.start)
    meant = {one for one in free_names(Node("tuple", tuple(inner))) if one in _random(parser)}
    if over and meant - over:
        others = ", ".join(sorted(meant - over))
        raise Unreadable_(
            f"An average over {', '.join(sorted(over))} alone is not read; {others} is random too.",
            token.start,
        )
    return _build(parser, MEANING[word], inner, token)


def _label(parser: Parser, token: Token) -> set[str]:
    """`E_X`, `E_{X \\sim p}`: the random symbols it is taken over, if any are named."""
    words = [token.text.partition("_")[2]]
    if parser.at("_"):
        end = skip_script(parser, parser.position)
        if end is None:
            raise parser.unexpected()
        words += [one.text for one in parser.tokens[parser.position : end]]
        parser.position = end
    found = {parser.names.find(word) for word in words if word}
    return {one for one in found if one is not None and one in _random(parser)}


def _inside(parser: Parser) -> list[Node]:
    opened = parser.advance()
    closer = {"(": ")", "[": "]", "⦃": "⦄"}[opened.text]
    saved, parser.bars = parser.bars, []
    inner = parser.parse_arguments()
    parser.expect(closer, opened)
    parser.bars = saved
    return inner


def _build(parser: Parser, meaning: str, inner: list[Node], token: Token) -> Node:
    def mean(*factors: Node) -> Node:
        body = factors[0] if len(factors) == 1 else parser.node("mul", factors, None, token.start)
        return parser.node("expectation", (body,), None, token.start)

    first, last = inner[0], inner[-1]
    if meaning == "expectation":
        return mean(first)
    if meaning == "probability":
        return mean(parser.node("call", (first,), "indicator", token.start))
    if meaning == "variance":
        square = mean(parser.node("pow", (first, number(2)), None, token.start))
        product = parser.node("pow", (mean(first), number(2)), None, token.start)
    else:
        square = mean(first, last)
        product = parser.node("mul", (mean(first), mean(last)), None, token.start)
    minus = parser.node("neg", (product,), None, token.start)
    return parser.node("add", (square, minus), None, token.start)
