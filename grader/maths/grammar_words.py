"""Words nobody declared: products of declared names, indexed names, calls run together."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from grader.maths.grammar_derivatives import quotient_of_differentials
from grader.maths.names import plain
from grader.maths.tokens import Token
from grader.maths.tree import Node
from grader.maths.vocabulary import FUNCTIONS, KNOWN

if TYPE_CHECKING:
    from grader.maths.grammar import Parser

SUBSCRIPTED = {"log", "sum", "prod", "max", "min", "norm"}
"""Known words that carry subscripts: `log_2 n`, `sum_t`."""


BUILT_IN_LETTERS = {"σ", "e", "π"}


def parse_unknown(parser: Parser, token: Token) -> Node:
    """A word nobody declared: a product of declared names, an indexed array, or an error."""
    derivative = quotient_of_differentials(parser) if token.text[0] == "d" else None
    if derivative is not None:
        return derivative
    word = token.text
    if (over := _mean_of(parser, token)) is not None:
        return over
    if word in ("H", "Theta", "Θ") and parser.peek().text == "(":
        # Heaviside's step, where the letter means nothing else here.
        parser.tokens[parser.position] = replace(token, text="step")
        return parser.parse_name()
    stem, _, written = word.partition("_")
    base = parser.names.find(stem) if written else None
    is_known = stem in SUBSCRIPTED and bool(written)
    if is_known or (
        base is not None
        and (parser.symbols[base].shape or parser.symbols[base].domain == "function")
    ):
        # h_t is one word in plain notation; its subscript is read on its own.
        middle = token.start + len(stem)
        tail = "number" if written.isdecimal() else "name"
        parser.tokens[parser.position : parser.position + 1] = [
            replace(token, text=stem, end=middle),
            Token("sign", "_", middle, middle + 1),
            Token(tail, written, middle + 1, token.end),
        ]
        return parser.parse_name()
    digits = len(word) - len(word.rstrip("0123456789"))
    if digits and not written:
        base = parser.names.find(word[:-digits])
        if base and (parser.symbols[base].shape or parser.symbols[base].domain == "function"):
            middle = token.end - digits
            parser.tokens[parser.position : parser.position + 1] = [
                replace(token, text=word[:-digits], end=middle),
                Token("sign", "_", middle, middle),
                Token("number", word[-digits:], middle, token.end),
            ]
            return parser.parse_name()
    is_power = digits and not written and parser.peek().text == "^"
    if is_power and parser.names.find(word[:-digits]) is not None:
        # n2^n is n·2^n where no n2 is declared.
        middle = token.end - digits
        parser.tokens[parser.position : parser.position + 1] = [
            replace(token, text=word[:-digits], end=middle),
            Token("number", word[-digits:], middle, token.end),
        ]
        return parser.parse_name()
    if written and (before := cut_word(parser, stem, tail=written)) is not None:
        # W x_t in one word
        middle = token.start + len(stem)
        tail = "number" if written.isdecimal() else "name"
        replace_token(parser, before)
        parser.tokens[parser.position + len(before) : parser.position + len(before)] = [
            Token("sign", "_", middle, middle + 1),
            Token(tail, written, middle + 1, token.end),
        ]
        return parser.parse_name()
    pieces = cut_word(parser, word) or _before_call(parser, word) or _applied(parser, word)
    pieces = pieces or _between(parser, word)
    if pieces is None:
        raise parser.undeclared(token)
    replace_token(parser, pieces)
    return parser.parse_name()


def _mean_of(parser: Parser, token: Token) -> Node | None:
    """`x̄` beside a declared vector x is its mean."""
    stem = plain(token.text)
    base = parser.names.find(stem.removesuffix("bar")) if stem.endswith("bar") else None
    if base is None or len(parser.symbols[base].shape) != 1:
        return None
    parser.advance()
    entries = parser.node("name", (), base, token.start)
    return parser.node("call", (entries,), "mean", token.start)


def cut_word(parser: Parser, word: str, tail: str = "") -> list[str] | None:
    """The names a word is a product of; the last may carry the subscript `tail`."""
    from grader.maths.names import Names

    letters = BUILT_IN_LETTERS - set(parser.symbols)
    if any(symbol.shape for symbol in parser.symbols.values()):
        # λI beside matrices.
        letters |= {"I"}
    known = Names([*parser.symbols, *parser.bound, *letters])
    if not tail:
        return known.split(word, KNOWN.keys() - BUILT_IN_LETTERS)
    for size in range(1, len(word)):
        first, last = word[:-size], word[-size:]
        base = parser.names.find(last)
        indexed = base is not None and (
            parser.symbols[base].shape or parser.symbols[base].domain == "function"
        )
        if not indexed and parser.names.find(f"{last}_{tail}") is None:
            continue
        if known.find(first) is not None or first in parser.bound:
            return [first, last]
        pieces = known.split(first, KNOWN.keys() - BUILT_IN_LETTERS)
        if pieces is not None:
            return [*pieces, last]
    return None


def _before_call(parser: Parser, word: str) -> list[str] | None:
    """`xexp(x)`: names in front of a function that is called."""
    if parser.peek().text not in ("(", "{", "⦃"):
        return None
    for size in range(len(word) - 1, 1, -1):
        first, last = word[:-size], word[-size:]
        if last in FUNCTIONS:
            pieces = [first] if parser.names.find(first) else cut_word(parser, first)
            if pieces is not None:
                return [*pieces, last]
    return None


WITHOUT_BRACKETS = ("sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "log", "ln", "sqrt")


def _applied(parser: Parser, word: str) -> list[str] | None:
    """`cosθ`: a function typed right before a declared name."""
    for function in WITHOUT_BRACKETS:
        rest = word.removeprefix(function)
        if rest not in (word, "") and parser.names.find(rest) is not None:
            return [function, rest]
    return None


def _between(parser: Parser, word: str) -> list[str] | None:
    """`xlogx`: a function between declared names."""
    for function in WITHOUT_BRACKETS:
        first, found, rest = word.partition(function)
        if not found or not first or parser.names.find(rest) is None:
            continue
        pieces = [first] if parser.names.find(first) is not None else cut_word(parser, first)
        if pieces is not None:
            return [*pieces, function, rest]
    return None


def replace_token(parser: Parser, pieces: list[str]) -> None:
    token = parser.token
    start = token.start
    fresh = []
    for piece in pieces:
        fresh.append(Token("name", piece, start, start + len(piece)))
        start += len(piece)
    parser.tokens[parser.position : parser.position + 1] = fresh
