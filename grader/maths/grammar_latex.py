r"""LaTeX commands that have arguments: fractions, roots, sums, cases, matrices, derivatives."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from grader.maths.grammar_symbols import skip_script
from grader.maths.tokens import Token, Unreadable_
from grader.maths.tree import Node

if TYPE_CHECKING:
    from grader.maths.grammar import Parser

FRACTIONS = {"frac", "dfrac", "tfrac", "cfrac", "sfrac", "nicefrac"}
MATRICES = {"matrix", "pmatrix", "bmatrix", "Bmatrix", "vmatrix", "Vmatrix", "smallmatrix", "array"}
TRANSPARENT = {"aligned", "align", "align*", "split", "equation", "equation*", "gather", "gather*",
               "gathered", "displaymath", "math"}  # fmt: skip


def parse_command(parser: Parser) -> Node:
    """The operand that starts with a command."""
    token = parser.advance()
    start = token.start
    if token.text in FRACTIONS:
        return _fraction(parser, token)
    if token.text in ("sum", "prod"):
        return parser.parse_big(token.text, token)
    if token.text == "sqrt":
        degree = None
        if parser.at("["):
            opened = parser.advance()
            degree = parser.parse_expression()
            parser.expect("]", opened)
        inner = argument(parser)
        if degree is None:
            return parser.node("call", (inner,), "sqrt", start)
        return parser.node("call", (inner, degree), "root", start)
    if token.text in ("binom", "dbinom", "tbinom"):
        top, bottom = argument(parser), argument(parser)
        return parser.node("call", (top, bottom), "binomial", start)
    if token.text == "begin":
        return _environment(parser, token)
    if token.text == "boxed":
        return argument(parser)
    if token.text in ("underbrace", "overbrace", "cancel"):
        inner = argument(parser)
        while parser.at("_", "^") and (end := skip_script(parser, parser.position)) is not None:
            parser.position = end
        return inner
    if token.text == "partial":
        return _partial(parser, token)
    raise Unreadable_(f"'\\{token.text}' cannot stand here.", start)


def argument(parser: Parser) -> Node:
    """`{...}`, or the one token that TeX would take."""
    if parser.at("{"):
        parser.deeper()
        inner = parser.parse_group()
        parser.depth -= 1
        return inner
    token = parser.token
    if token.kind == "number" and len(token.text) > 1 and token.text.isdecimal():
        # \frac12 takes one digit at a time.
        parser.tokens[parser.position] = replace(token, text=token.text[1:], start=token.start + 1)
        return Node("number", value=Fraction(token.text[0]), start=token.start, end=token.start + 1)
    if token.kind == "name" and len(token.text) > 1 and parser.names.find(token.text) is None:
        _split_name(parser, token)
    if token.kind in ("number", "name"):
        return parser.parse_operand()
    if token.kind == "command":
        parser.deeper()
        inner = parse_command(parser)
        parser.depth -= 1
        return inner
    raise parser.unexpected("expected '{'")


def _split_name(parser: Parser, token: Token) -> None:
    r"""`\frac x2` and `\frac xy`: one letter at a time, where it is a name of its own."""
    letter, rest = token.text[0], token.text[1:]
    if parser.names.find(letter) is None or not (rest.isdecimal() or rest.isalpha()):
        return
    kind = "number" if rest.isdecimal() else "name"
    place = parser.position
    parser.tokens[place : place + 1] = [
        replace(token, text=letter, end=token.start + 1),
        replace(token, text=rest, kind=kind, start=token.start + 1),
    ]


def _fraction(parser: Parser, token: Token) -> Node:
    spelled = _derivative_name(parser) or _derivative(parser, token)
    if spelled is not None:
        return spelled
    top = argument(parser)
    bottom = argument(parser)
    return parser.node("div", (top, bottom), None, token.start)


def _derivative_name(parser: Parser) -> Node | None:
    r"""`\frac{\partial L}{\partial h}` where the question declares a name for it, as `dL_dh`."""
    if not parser.at("{") or parser.peek().text not in ("partial", "d"):
        return None
    position = parser.position
    words: list[str] = []
    for _ in range(2):
        if parser.tokens[position].text != "{":
            return None
        level, inner = 0, []
        while position < len(parser.tokens) - 1:
            text = parser.tokens[position].text
            level += {"{": 1, "}": -1}.get(text, 0)
            inner.append("d" if text == "partial" else text)
            position += 1
            if level == 0:
                break
        words.append("".join(inner).strip("{}"))
    declared = parser.names.find("_".join(words))
    if declared is None:
        return None
    start = parser.token.start
    parser.position = position
    return parser.node("name", (), declared, start)


def _derivative(parser: Parser, token: Token) -> Node | None:
    r"""`\frac{d h_3}{d w}`, `\frac{\partial}{\partial w}(...)` of declared names."""
    from grader.maths.grammar_derivatives import differential, finish_derivative

    tokens, position = parser.tokens, parser.position
    if tokens[position].text != "{":
        return None
    top = differential(parser, position + 1)
    if top is None or [one.text for one in tokens[top[1] : top[1] + 2]] != ["}", "{"]:
        return None
    bottom = differential(parser, top[1] + 2)
    if bottom is None or bottom[0] is None or tokens[bottom[1]].text != "}":
        return None
    return finish_derivative(parser, top[0], bottom[0], bottom[1] + 1, token)


def _partial(parser: Parser, token: Token) -> Node:
    raise Unreadable_("A derivative as such is not read here; write its formula.", token.start)


def _environment(parser: Parser, token: Token) -> Node:
    name = _environment_name(parser)
    if name in TRANSPARENT:
        return _transparent(parser, name)
    if name in ("cases", "dcases", "rcases"):
        return _cases(parser, token)
    if name in MATRICES:
        return _matrix(parser, name, token)
    raise Unreadable_(f"The environment '{name}' is not read here.", token.start)


def _environment_name(parser: Parser) -> str:
    opened = parser.expect("{")
    name = ""
    while not parser.at("}"):
        if parser.token.kind == "end":
            raise Unreadable_("This '{' is never closed.", opened.start)
        name += parser.advance().text
    parser.advance()
    return name


def _end(parser: Parser) -> None:
    if not parser.at("end"):
        raise parser.unexpected("expected '\\end'")
    parser.advance()
    _environment_name(parser)


def _transparent(parser: Parser, name: str) -> Node:
    """One row of an align environment; chains are cut before they come here."""
    while parser.accept("&"):
        pass
    inner = parser.parse_list()
    while parser.accept("&", "\\\\"):
        pass
    _end(parser)
    del name
    return inner


def _cases(parser: Parser, token: Token) -> Node:
    args: list[Node] = []
    while not parser.at("end"):
        value = parser.parse_sum()
        parser.accept(",")
        parser.accept("&")
        parser.accept(",")
        if _accept_word(parser, "otherwise", "else") or parser.at("\\\\", "end"):
            args.append(value)
        else:
            _accept_word(parser, "if")
            condition = parser.parse_or()
            args.extend((value, condition))
        parser.accept(",", ".", ";")
        if not parser.accept("\\\\"):
            break
    _end(parser)
    if not args:
        raise Unreadable_("These cases are empty.", token.start)
    return parser.node("piecewise", tuple(args), None, token.start)


def _accept_word(parser: Parser, *words: str) -> bool:
    if parser.token.kind == "name" and parser.token.text in words:
        parser.advance()
        return True
    return False


def _matrix(parser: Parser, name: str, token: Token) -> Node:
    if name == "array" and parser.at("{"):
        _environment_name(parser)
    rows: list[list[Node]] = [[]]
    while not parser.at("end"):
        rows[-1].append(parser.parse_expression())
        if parser.accept("&"):
            continue
        if parser.accept("\\\\"):
            if not parser.at("end"):
                rows.append([])
            continue
        break
    _end(parser)
    if len({len(row) for row in rows}) != 1:
        raise Unreadable_("The rows of this matrix have different lengths.", token.start)
    if all(len(row) == 1 for row in rows):
        entries = tuple(row[0] for row in rows)
        vector = parser.node("vector", entries, None, token.start)
        return _determinant(parser, name, vector, token)
    nodes = tuple(parser.node("vector", tuple(row), None, token.start) for row in rows)
    return _determinant(parser, name, parser.node("vector", nodes, None, token.start), token)


def _determinant(parser: Parser, name: str, matrix: Node, token: Token) -> Node:
    if name == "vmatrix":
        return parser.node("call", (matrix,), "det", token.start)
    return matrix
