"""Subscripts and labels: `x_{1}` as a name, an index, or a member of a family."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from grader.maths.grammar_symbols import (
    apply_symbol,
    parse_declared,
    script_text,
    skip_script,
    sort_scripts_behind,
)
from grader.maths.grammar_words import cut_word, replace_token
from grader.maths.names import plain
from grader.maths.tokens import Token, Unreadable_
from grader.maths.tree import SUBSCRIPT, Node
from grader.maths.vocabulary import FUNCTIONS, KNOWN

if TYPE_CHECKING:
    from grader.maths.grammar import Parser


def sort_scripts(parser: Parser) -> None:
    """Put the subscript of `x^{2}_{1}` before its power."""
    sort_scripts_behind(parser, parser.position + 1)


def with_subscript(parser: Parser) -> Node | None:
    """`x_{1}` as a declared name, or an array or function at an index."""
    _split_subscript(parser)
    token = parser.token
    word = token.text
    end = skip_script(parser, parser.position + 1)
    if end is None:
        return None
    written = script_text(parser, parser.position + 1, end)
    declared = parser.names.find(f"{word}_{written}")
    if declared is not None and (written or word):
        parser.position = end
        return parse_declared(parser, declared, token)
    base = parser.names.find(word)
    if base is None:
        if word in ("delta", "δ") and (pair := _letters(parser, written.replace(",", ""), 2, end)):
            return parser.node("call", tuple(pair), "kronecker", token.start)
        if word in KNOWN or FUNCTIONS.get(word):
            return None
        family = _family(parser, word, token)
        if family is not None:
            return family
        pieces = cut_word(parser, word, tail=written)
        if pieces is None:
            raise parser.undeclared(token, f"{word}_{written}")
        replace_token(parser, pieces)
        return parser.parse_name()
    symbol = parser.symbols[base]
    if not symbol.shape and not symbol.arguments and symbol.domain != "function":
        raise parser.undeclared(token, f"{word}_{written}")
    parser.advance()
    parser.advance()
    if symbol.shape:
        rank = len(symbol.shape)
        indices = _letters(parser, written, rank, end) or parser.parse_subscripts()
        for index in indices:
            if parser.has_axes(index):
                raise Unreadable_("A subscript is a number, not an array.", index.start)
        node = parser.node("name", (), base, token.start)
        entry = parser.node("index", (node, *indices), None, token.start)
        return replace(entry, mark=SUBSCRIPT)
    arguments = parser.parse_subscripts()
    return apply_symbol(parser, base, arguments, token)


def read_matrix_indices(parser: Parser) -> list[Node]:
    """The subscripts of a product in brackets: `(AB)_{ij}` has two."""
    end = skip_script(parser, parser.position)
    written = script_text(parser, parser.position, end) if end is not None else ""
    parser.advance()
    if end is not None and len(written) == 2 and parser.names.find(written) is None:
        pair = _letters(parser, written, 2, end)
        if pair is not None:
            return pair
    return parser.parse_subscripts()


def _split_subscript(parser: Parser) -> None:
    """`x_iy_i` in LaTeX: without braces a subscript is one letter, unless more make sense."""
    token = parser.peek(2)
    is_raw = token.end - token.start == len(token.text) > 1 and token.text.isalpha()
    if not parser.latex or token.kind != "name" or not is_raw:
        return
    base = parser.names.find(parser.token.text)
    rank = len(parser.symbols[base].shape) if base is not None else 0
    is_whole = (
        rank == len(token.text)
        or parser.names.find(f"{parser.token.text}_{token.text}") is not None
        or parser.names.find(token.text) is not None
    )
    if is_whole:
        return
    place = parser.position + 2
    middle = token.start + 1
    parser.tokens[place : place + 1] = [
        replace(token, text=token.text[0], end=middle),
        replace(token, text=token.text[1:], start=middle, space=False),
    ]


def _family(parser: Parser, word: str, token: Token) -> Node | None:
    """`x_k` with a bound or declared k, where x1, x2, ... are declared one by one."""
    members = {
        int(plain(spelling)[len(word) :]): spelling
        for spelling in parser.symbols
        if plain(spelling).startswith(word) and plain(spelling)[len(word) :].isdecimal()
    }
    if len(members) < 2:
        return None
    parser.advance()
    parser.advance()
    (index,) = parser.parse_subscripts()[:1]
    names = tuple(Node("name", value=spelling) for spelling in members.values())
    return parser.node("family", (index, *names), tuple(members), token.start)


def _letters(parser: Parser, written: str, rank: int, end: int) -> list[Node] | None:
    """`x_{ij}` of a matrix has two subscripts."""
    if rank < 2 or len(written) != rank or not written.isalnum():
        return None
    nodes: list[Node] = []
    inside = parser.tokens[parser.position]
    for letter in written:
        if letter.isdecimal():
            nodes.append(parser.node("number", (), Fraction(letter), inside.start))
            continue
        declared = letter if letter in parser.bound else parser.names.find(letter)
        if declared is None:
            return None
        nodes.append(parser.node("name", (), declared, inside.start))
    parser.position = end
    return nodes


def _higher_derivative(parser: Parser, function: str, order: list[Node], token: Token) -> Node:
    """`f^{(2)}(x)` is the second derivative."""
    count = order[0].value if len(order) == 1 else None
    if not isinstance(count, Fraction) or not 1 <= count <= MOST_PRIMES:
        raise Unreadable_(
            f"'{function}' with a label and an argument can be read in two ways.", token.start
        )
    opened = parser.advance()
    arguments = parser.parse_arguments()
    parser.expect(")", opened)
    return apply_symbol(parser, function, arguments, token, "'" * int(count))


MOST_PRIMES = 4


def with_label(parser: Parser) -> Node | None:
    """`W^{(1)}` and `h^{(t)}`: a name with a label, or a function's or array's index."""
    tokens, first = parser.tokens, parser.position + 2
    if tokens[first].text != "{" or first + 1 >= len(tokens) or tokens[first + 1].text not in "([<":
        return None
    end = skip_script(parser, parser.position + 1)
    if end is None or tokens[end - 2].text not in ")]>":
        return None
    token = parser.token
    label = "".join(part.text for part in tokens[first + 2 : end - 2])
    declared = parser.names.find(token.text + label)
    if declared is not None:
        parser.position = end
        return parse_declared(parser, declared, token)
    base = parser.names.find(token.text)
    if base is None or not (
        parser.symbols[base].domain == "function" or parser.symbols[base].shape
    ):
        return None
    parser.position = first + 2
    arguments = parser.parse_arguments()
    parser.position = end
    if parser.symbols[base].domain == "function" and parser.at("("):
        return _higher_derivative(parser, base, arguments, token)
    if parser.symbols[base].shape:
        node = parser.node("name", (), base, token.start)
        return parser.node("index", (node, *arguments), None, token.start)
    return apply_symbol(parser, base, arguments, token)
