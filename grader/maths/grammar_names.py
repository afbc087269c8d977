"""Names in an answer: bound ones, declared ones, constants, functions."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

from grader.maths.grammar_calls import parse_call, parse_piecewise
from grader.maths.grammar_expectations import is_moment, parse_moment
from grader.maths.grammar_subscripts import sort_scripts, with_label, with_subscript
from grader.maths.grammar_sums import starts_limits
from grader.maths.grammar_symbols import cut_script, holds_relation, parse_declared, skip_script
from grader.maths.grammar_words import parse_unknown
from grader.maths.tokens import Unreadable_
from grader.maths.tree import ONES, Node
from grader.maths.vocabulary import CONSTANTS, FUNCTIONS, OF_LIBRARIES, SUMS

if TYPE_CHECKING:
    from grader.maths.grammar import Parser


CAPITALS = {"Sigma": "Σ", "Pi": "Π", "Σ": "Σ", "Π": "Π"}
"""A sum or product where limits follow, else a name like any other."""
ARRAY_WORDS = {"Matrix", "array", "tensor", "Tensor", "asarray", "ImmutableMatrix", "Tuple"}
"""Calls around a list of entries."""


def parse_name(parser: Parser) -> Node:
    """The operand that starts with a name."""
    sort_scripts(parser)
    token = parser.token
    word = token.text
    if word in parser.bound:
        parser.advance()
        return parser.node("name", (), word, token.start)
    if word == ONES or (word in ("I", "𝟙") and parser.names.find(word) is None):
        return _identity(parser)
    if word == "ℝ":
        return _real_numbers(parser)
    if word[0] in "EVCPvc" and is_moment(parser):
        return parse_moment(parser)
    if word in CAPITALS and (starts_limits(parser) or _runs_over(parser)):
        parser.advance()
        return parser.parse_big(SUMS[CAPITALS[word]], token)
    if parser.peek().text == "_" and (node := with_subscript(parser)) is not None:
        return node
    if parser.peek().text == "^" and (node := with_label(parser)) is not None:
        return node
    declared = parser.names.find(word)
    if declared is not None:
        parser.advance()
        return parse_declared(parser, declared, token)
    if word in SUMS and (parser.peek().text in ("(", "_", "^") or word in ("Σ", "Π")):
        parser.advance()
        return parser.parse_big(SUMS[word], token)
    if word in ARRAY_WORDS and parser.peek().text == "(":
        parser.advance()
        return parser.parse_operand()
    if word == "Piecewise":
        return parse_piecewise(parser)
    if word in CONSTANTS:
        _check_exponent(parser)
        parser.advance()
        return parser.node("name", (), CONSTANTS[word], token.start)
    function = (OF_LIBRARIES.get(word) if token.module else None) or FUNCTIONS.get(word)
    if function is None and parser.peek().text == "(":
        # SymPy's classes and their printers capitalise freely: Exp, Log, Tanh.
        is_spelled_out = all(parser.names.find(letter) is not None for letter in word)
        # `Ln(d + n)` beside L and n is their product.
        is_class = word[:1].isupper() and not is_spelled_out
        function = FUNCTIONS.get(word.lower()) if is_class else None
    if function is not None:
        return parse_call(parser, function)
    if word in ("True", "False"):
        parser.advance()
        return parser.node("number", (), Fraction(word == "True"), token.start)
    return parse_unknown(parser, token)


def _check_exponent(parser: Parser) -> None:
    """`2e-3x` is two thousandths of x, or e twice and three x less."""
    tokens = parser.tokens[max(parser.position - 1, 0) : parser.position + 4]
    texts = [token.text for token in tokens]
    is_close = all(one.end == other.start for one, other in pairwise(tokens))
    if len(tokens) < 5 or not is_close or texts[1] not in ("e", "E") or texts[2] not in ("+", "-"):
        return
    if tokens[0].kind == "number" and tokens[3].kind == "number" and tokens[4].kind == "name":
        written = "".join(texts[:4])
        parts = f"{texts[0]}*e {texts[2]} {texts[3]}*{texts[4]}"
        raise Unreadable_(
            f"'{written}' can be read in two ways.",
            tokens[0].start,
            f"Write {written}*{texts[4]}, or {parts}.",
        )


def _runs_over(parser: Parser) -> bool:
    """Whether a capital sigma has a subscript that nobody declared: `Σ_i x_i` beside a matrix Σ."""
    subscript = parser.peek(2)
    return (
        parser.names.find(parser.token.text) is not None
        and parser.peek().text == "_"
        and subscript.kind == "name"
        and subscript.text not in parser.bound
        and parser.names.find(subscript.text) is None
        and len(subscript.text) == 1
    )


def _real_numbers(parser: Parser) -> Node:
    """`ℝ` is all numbers, where no R is declared that may be meant."""
    token = parser.token
    if (declared := parser.names.find("R")) is not None:
        parser.advance()
        return parse_declared(parser, declared, token)
    parser.advance()
    endless = parser.node("name", (), "∞", token.start)
    lowest = parser.node("neg", (endless,), None, token.start)
    return parser.node("interval", (lowest, endless), "()", token.start)


def _identity(parser: Parser) -> Node:
    """`I`, `I_n`, `𝟏_n`: as large as what it meets; `I(x > 0)` is an indicator."""
    token = parser.token
    if token.text != ONES and holds_relation(parser, parser.position + 1):
        parser.tokens[parser.position] = replace(token, text="1{")
        return parse_call(parser, "indicator")
    parser.advance()
    if parser.at("_"):
        _skip_size(parser, is_vector=token.text == ONES)
    return parser.node("name", (), ONES if token.text == ONES else "I", token.start)


USUAL_SIZES = set("dkmnpqr")
"""Of an identity matrix, declared or not; `𝟏_k` may as well be the vector that picks class k."""


def _skip_size(parser: Parser, *, is_vector: bool) -> None:
    """The subscript of `I_n` and `𝟏_{n×1}`, which says how large it is, and nothing else."""
    cut_script(parser, parser.position + 1)
    end = skip_script(parser, parser.position)
    if end is None:
        raise parser.unexpected()
    sizes = {spelling.lower() for spelling, one in parser.symbols.items() if not one.shape}
    shapes = [one.shape for one in parser.symbols.values() if one.shape]
    sizes |= {str(size).lower() for shape in shapes for size in shape}
    if shapes and not is_vector:
        sizes |= USUAL_SIZES
    for token in parser.tokens[parser.position + 1 : end]:
        if token.kind == "name" and token.text.lower() not in sizes:
            raise parser.undeclared(token)
        if token.kind == "sign" and token.text not in (
            "{",
            "}",
            "(",
            ")",
            "*",
            "·",
            "x",
            ",",
            "+",
            "-",
        ):
            raise Unreadable_("An indicator needs a condition: 1{z > 0}.", token.start)
    parser.position = end
