"""Operands: numbers, brackets of all kinds, bars, braces, subscripts."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from grader.maths.grammar_arguments import GLUED, WIDE, extent_of, note_extent
from grader.maths.grammar_derivatives import quotient_of_differentials
from grader.maths.grammar_latex import parse_command
from grader.maths.grammar_sums import parse_big
from grader.maths.grammar_symbols import (
    holds_relation,
    script_text,
    skip_script,
    sort_scripts_behind,
)
from grader.maths.shapes import is_square_matrix
from grader.maths.tokens import Token, Unreadable_
from grader.maths.tree import BARS, ONES, Node
from grader.maths.vocabulary import CONSTANTS, SUMS

if TYPE_CHECKING:
    from grader.maths.grammar import Parser

MOST_RETRIES = 6
"""Readings of one text with `||` as two bars."""


def parse_operand(parser: Parser) -> Node:
    token = parser.token
    if token.kind == "number":
        if token.text == "1" and parser.peek().text == "_" and not parser.peek().space:
            name = "1{" if holds_relation(parser, parser.position + 1) else ONES
            parser.tokens[parser.position] = replace(token, kind="name", text=name)
            return parser.parse_name()
        parser.advance()
        return parser.node("number", (), Fraction(token.text.replace("_", "")), token.start)
    if token.kind == "name":
        return parser.parse_name()
    if token.kind == "command":
        return parse_command(parser)
    if token.text in ("(", "["):
        return parse_brackets(parser)
    if token.text in ("{", "⦃"):
        return parse_braces(parser)
    if token.text in ("|", "||"):
        return parse_bars(parser)
    if token.text in ("⌊", "⌈"):
        parser.advance()
        inner = parser.parse_expression()
        parser.expect("⌋" if token.text == "⌊" else "⌉", token)
        return parser.node("call", (inner,), "floor" if token.text == "⌊" else "ceil", token.start)
    if token.text == "⟨":
        parser.advance()
        sides = parser.parse_arguments()
        parser.expect("⟩", token)
        if len(sides) != 2:
            raise Unreadable_("An inner product has two sides: ⟨a, b⟩.", token.start)
        _skip_frobenius(parser)
        return parser.node("call", tuple(sides), "dot", token.start)
    if token.text == "√":
        parser.advance()
        parser.deeper()
        inner = parser.parse_group() if parser.at("{") else _below_root(parser, token)
        parser.depth -= 1
        return parser.node("call", (inner,), "sqrt", token.start)
    if token.text == "∂":
        derivative = quotient_of_differentials(parser)
        if derivative is not None:
            return derivative
    if parser.accept("∞"):
        return parser.node("name", (), "∞", token.start)
    if token.text in ("Σ", "Π"):
        parser.advance()
        return parse_big(parser, SUMS[token.text], token)
    raise parser.unexpected()


def _below_root(parser: Parser, token: Token) -> Node:
    """`√2x` and `√xy`: no line shows where the root ends."""
    start = parser.token.start
    is_bracketed = parser.at("(", "[", "|", "||")
    factors = [parser.parse_power()]
    while not is_bracketed and parser.starts_operand() and not parser.token.space:
        note_extent(parser, token, WIDE)
        if extent_of(parser, token) != WIDE:
            break
        factors.append(parser.parse_power())
    return factors[0] if len(factors) == 1 else parser.node("mul", tuple(factors), None, start)


def _skip_frobenius(parser: Parser) -> None:
    """The F of `⟨A, B⟩_F`: an inner product adds up all products of entries anyhow."""
    if parser.at("_"):
        end = skip_script(parser, parser.position)
        if end is not None and script_text(parser, parser.position, end) in ("F", "fro"):
            parser.position = end


def parse_brackets(parser: Parser) -> Node:
    """Round or square brackets: a group, a tuple, a list, or a truth value [z > 0]."""
    opened = parser.advance()
    closer = ")" if opened.text == "(" else "]"
    saved, parser.bars = parser.bars, []
    if parser.at(closer):
        raise Unreadable_("There is nothing between these brackets.", opened.start)
    items = _rows(parser, opened) if closer == "]" else parser.parse_arguments()
    is_list = len(items) > 1 or parser.tokens[parser.position - 1].text == ","
    if len(items) == 2 and parser.at("]" if closer == ")" else ")"):
        brackets = opened.text + parser.advance().text
        parser.bars = saved
        return parser.node("interval", tuple(items), brackets, opened.start)
    parser.expect(closer, opened)
    parser.bars = saved
    if closer == "]" and (is_list or items[0].op in ("list", "tuple")):
        return parser.node("list", tuple(items), None, opened.start)
    if is_list:
        return parser.node("tuple", tuple(items), None, opened.start)
    return replace(items[0], start=opened.start, end=parser.tokens[parser.position - 1].end)


def _rows(parser: Parser, opened: Token) -> list[Node]:
    """The entries of a list; semicolons end rows, as in `[1, 2; 3, 4]`."""
    rows: list[list[Node]] = [[parser.parse_expression()]]
    while parser.at(",", ";"):
        if parser.advance().text == ";":
            rows.append([])
        if parser.at("]"):
            break
        rows[-1].append(parser.parse_expression())
    if len(rows) == 1 or all(len(row) == 1 for row in rows):
        return [one for row in rows for one in row]
    return [parser.node("list", tuple(row), None, opened.start) for row in rows if row]


def parse_braces(parser: Parser) -> Node:
    opened = parser.advance()
    closer = "}" if opened.text == "{" else "⦄"
    saved, parser.bars = parser.bars, []
    if parser.at(closer):
        parser.advance()
        parser.bars = saved
        return parser.node("set", (), None, opened.start)
    items = parser.parse_arguments()
    if parser.at("over", "choose"):
        items = [parse_over(parser, items[0])]
    parser.expect(closer, opened)
    parser.bars = saved
    if len(items) > 1 or (closer == "⦄" and items[0].op != "compare"):
        return parser.node("set", tuple(items), None, opened.start)
    return replace(items[0], start=opened.start, end=parser.tokens[parser.position - 1].end)


def parse_over(parser: Parser, top: Node) -> Node:
    r"""`{a \over b}` and `{n \choose k}`, behind what stands above."""
    sign = parser.advance()
    bottom = parser.parse_expression()
    if sign.text == "over":
        return parser.node("div", (top, bottom), None, top.start)
    return parser.node("call", (top, bottom), "binomial", top.start)


def parse_bars(parser: Parser) -> Node:
    """`|x|` and `‖x‖`, with the norm's order behind; `|A|` of a square matrix."""
    opened = parser.advance()
    position, bars, depth = parser.position, list(parser.bars), parser.depth
    tokens = list(parser.tokens) if opened.text == "||" else []
    parser.deeper()
    parser.bars.append(opened.text)
    try:
        inner = parser.parse_expression()
        parser.bars = bars
        if opened.text == "|" and parser.at("||"):
            _cut_double_bar(parser)
        parser.expect(opened.text, opened)
    except Unreadable_:
        if opened.text != "||" or parser.retries >= MOST_RETRIES:
            raise
        parser.retries += 1
        # Double bars may have been cut on the way.
        parser.tokens[:] = tokens
        parser.bars, parser.depth = bars, depth
        if not _halve_bars(parser, opened, position):
            raise
        return parse_bars(parser)
    parser.depth = depth
    if opened.text == "|" and not parser.has_axes(inner):
        return parser.node("call", (inner,), "abs", opened.start)
    args = [inner]
    sort_scripts_behind(parser)
    if opened.text == "|" and not parser.at("_") and is_square_matrix(inner, parser.symbols):
        return replace(parser.node("call", (inner,), "det", opened.start), mark=BARS)
    if parser.at("_"):
        end = skip_script(parser, parser.position)
        if end is not None and script_text(parser, parser.position, end) in ("F", "fro"):
            args.append(parser.node("name", (), "F", parser.token.start))
            parser.position = end
        else:
            parser.advance()
            args.extend(parser.parse_subscripts())
    return parser.node("call", tuple(args), "norm", opened.start)


def _cut_double_bar(parser: Parser) -> None:
    """`|a||b|`: the bar that closes stands beside one that opens."""
    double = parser.token
    parser.tokens[parser.position : parser.position + 1] = [
        replace(double, text="|", end=double.end - 1),
        replace(double, text="|", start=double.end - 1, space=False),
    ]


def _halve_bars(parser: Parser, opened: Token, position: int) -> bool:
    """`||x| - |y||`: the first and the last double bar are two single ones each."""
    closing = [i for i in range(position, len(parser.tokens)) if parser.tokens[i].text == "||"]
    if not closing:
        return False
    last = parser.tokens[closing[-1]]
    parser.tokens[closing[-1] : closing[-1] + 1] = [
        replace(last, text="|"),
        replace(last, text="|", start=last.end - 1),
    ]
    parser.tokens[position - 1 : position] = [
        replace(opened, text="|"),
        replace(opened, text="|", start=opened.end - 1),
    ]
    parser.position = position - 1
    return True


def parse_subscripts(parser: Parser) -> list[Node]:
    """What stands behind `_`: a group of indices, or one token."""
    if parser.at("{"):
        opened = parser.advance()
        indices = parser.parse_arguments()
        parser.expect("}", opened)
        return indices
    if parser.token.kind in ("number", "name"):
        token = parser.advance()
        if token.kind == "number":
            return [parser.node("number", (), Fraction(token.text), token.start)]
        if token.text in CONSTANTS and CONSTANTS[token.text] == "∞":
            return [parser.node("name", (), "∞", token.start)]
        parser.position -= 1
        return [_with_step(parser, _parse_bare_name(parser))]
    if parser.at("∞", "(", "|"):
        if parser.accept("∞"):
            return [parser.node("name", (), "∞", parser.token.start)]
        return [parser.parse_operand()]
    raise parser.unexpected("expected a subscript")


def _with_step(parser: Parser, index: Node) -> Node:
    """`h_t-1` in plain text: the state before, or one less than this one."""
    sign, step = parser.token, parser.peek()
    is_step = parser.at("+", "-") and step.kind == "number" and not sign.space and not step.space
    if parser.latex or not is_step:
        return index
    note_extent(parser, sign, GLUED)
    if extent_of(parser, sign) != GLUED:
        return index
    parser.position += 2
    size = Node("number", (), Fraction(step.text), step.start, step.end)
    term = size if sign.text == "+" else Node("neg", (size,), None, sign.start, step.end)
    return Node("add", (index, term), None, index.start, step.end)


def _parse_bare_name(parser: Parser) -> Node:
    token = parser.advance()
    declared = token.text if token.text in parser.bound else parser.names.find(token.text)
    if declared is None:
        raise parser.undeclared(token)
    return parser.node("name", (), declared, token.start)
