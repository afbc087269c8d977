"""Known functions in an answer: brackets or none, powers, primes, indicators, branches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.maths.grammar_arguments import (
    NARROW,
    RAISED,
    RECIPROCAL,
    extent_of,
    note_extent,
    parse_bare_argument,
)
from grader.maths.grammar_code import finish_in_code, parse_argument, parse_keyword
from grader.maths.grammar_extremes import check_single, parse_over_index
from grader.maths.grammar_symbols import read_primes
from grader.maths.scalars import OutOfRange
from grader.maths.tokens import Token, Unreadable_
from grader.maths.tree import Node

if TYPE_CHECKING:
    from grader.maths.grammar import Parser


def parse_call(parser: Parser, function: str) -> Node:
    """A known function: `sin(x)`, `sin x`, `sin^2 x`, `log_2 n`, `σ'(z)`."""
    token = parser.advance()
    function = _cut_function(parser, function, token)
    primes = read_primes(parser)
    extra: list[Node] = []
    power: Node | None = None
    if token.text == "1{" and parser.accept("_"):
        return _indicator(parser, token)
    if function in ("max", "min") and parser.at("_"):
        return parse_over_index(parser, function, token, _arguments)
    while parser.at("_", "^"):
        if parser.at("_"):
            if function not in ("log", "norm"):
                raise parser.unexpected()
            parser.advance()
            extra = parser.parse_subscripts()
        else:
            parser.advance()
            parser.deeper()
            power = parser.parse_group() if parser.at("{") else parser.parse_exponent_token()
            parser.depth -= 1
    if token.text == "1{":
        return _indicator(parser, token)
    args, keywords = _arguments(parser, token, function)
    args.extend(extra)
    if args and (keywords or token.module or function in BUILT):
        if primes or (power is not None and power.op == "neg"):
            raise Unreadable_(f"'{token.text}' is not read so.", token.start)
        node = finish_in_code(parser, function, args, keywords, token)
        return node if power is None else parser.node("pow", (node, power), None, token.start)
    if power is not None and power.op == "neg" and power.args[0].value == 1:
        # sin^{-1} is the inverse function, as people write it.
        inverse = {"sin": "asin", "cos": "acos", "tan": "atan", "tanh": "atanh", "sigmoid": "logit"}
        if function not in inverse:
            raise Unreadable_(f"'{token.text}^(-1)' can be read in two ways.", token.start)
        if function != "sigmoid":
            note_extent(parser, token, RECIPROCAL)
        if function == "sigmoid" or extent_of(parser, token) != RECIPROCAL:
            function, power = inverse[function], None
    if primes:
        return _derivative(parser, function, len(primes), args, token)
    if power is None:
        args = [_raised(parser, token, args[0]), *args[1:]] if args else args
    check_single(parser, function, args, token)
    node = parser.finish_call(function, args, token, token.start)
    return node if power is None else parser.node("pow", (node, power), None, token.start)


BUILT = {"length", "as_number", "log_softmax"}
"""Functions that are none of their own, under whatever name."""
CUT = {("log", "1p"): "log1p", ("exp", "m1"): "expm1", ("log", "2"): "log2", ("log", "10"): "log10"}
r"""Names with digits, as TeX and its readers cut them: `\log1p(x)`, `\exp m1(x)`, `\log2(x)`."""


def _cut_function(parser: Parser, function: str, token: Token) -> str:
    r"""`\log1p(x)` is one function; `\log 1p` without brackets is nothing anybody means."""
    following, width = parser.token, 1
    if following.text == "1" and parser.peek().start == following.end:
        width = 2
    tail = following.text + (parser.peek().text if width == 2 else "")
    whole = CUT.get((function, tail))
    is_letter = tail in ("1p", "m1")
    if not is_letter and function == "log" and width == 2 and parser.peek().text[:1] == "p":
        raise _wants_brackets(parser, token)
    if whole is None or (is_letter and parser.names.find(tail) is not None):
        return function
    is_called = parser.peek(width).text in ("(", "{", "[", "⦃")
    if is_letter and not is_called:
        raise _wants_brackets(parser, token)
    if not is_letter:
        # log2(x): the base, and not a factor.
        is_tight = following.start == token.end and parser.peek().start == following.end
        if not parser.latex or not is_tight or not is_called:
            return function
        note_extent(parser, token, NARROW)
        if extent_of(parser, token) == NARROW:
            return function
    parser.position += width
    return whole


def _wants_brackets(parser: Parser, token: Token) -> Unreadable_:
    whole = "expm1" if token.text == "exp" else "log1p"
    return Unreadable_(
        f"'{whole}' needs brackets around what it is taken of.", token.start,
        f"Write \\operatorname{{{whole}}}(x)." if parser.latex else f"Write {whole}(x).",
    )  # fmt: skip


def _raised(parser: Parser, token: Token, argument: Node) -> Node:
    r"""`\sin{x}^2` is printed as the sine of the square; brackets that are seen leave no doubt."""
    is_hidden = parser.latex and parser.tokens[parser.position - 1].text == "}"
    if not is_hidden or parser.token.text != "^":
        return argument
    note_extent(parser, token, RAISED)
    if extent_of(parser, token) != RAISED:
        return argument
    parser.advance()
    exponent = parser.parse_group() if parser.at("{") else parser.parse_exponent_token()
    return parser.node("pow", (argument, exponent), None, argument.start)


def _derivative(parser: Parser, function: str, order: int, args: list[Node], token: Token) -> Node:
    from grader.maths.differentiate import differentiate
    from grader.maths.tree import substitute

    variable = Node("name", value="_u")
    slope = parser.finish_call(function, [variable], token, token.start)
    if order > 4:
        raise Unreadable_("More than four primes are not read.", token.start)
    try:
        for _ in range(order):
            slope = differentiate(slope, "_u")
    except OutOfRange as problem:
        raise Unreadable_(f"'{token.text}' has no derivative here.", token.start) from problem
    return substitute(slope, {"_u": args[0]})


def _arguments(parser: Parser, token: Token, function: str) -> tuple[list[Node], dict[str, Node]]:
    closer = parser.open_argument()
    if closer is not None:
        opened = parser.advance()
        saved, parser.bars = parser.bars, []
        if parser.at(closer):
            parser.advance()
            parser.bars = saved
            return [], {}
        arguments, keywords = parse_call_arguments(parser)
        parser.expect(closer, opened)
        parser.bars = saved
        if len(arguments) == 1 and arguments[0].op in ("tuple", "list", "set"):
            if function in ("max", "min"):
                return list(arguments[0].args), keywords
            if opened.text == "{" and arguments[0].op == "tuple":
                return list(arguments[0].args), keywords
        return arguments, keywords
    return [parse_bare_argument(parser, token, function)], {}


def parse_call_arguments(parser: Parser) -> tuple[list[Node], dict[str, Node]]:
    """Arguments by place, and those by name: `axis=0`."""
    arguments: list[Node] = []
    keywords: dict[str, Node] = {}
    if parser.is_code and parser.token.text in ("a", "x", "input") and parser.peek().text == "=":
        parser.position += 2
    while True:
        if (keyword := parse_keyword(parser)) is not None:
            keywords[keyword[0]] = keyword[1]
        else:
            arguments.append(parse_argument(parser))
        if not parser.accept(",", ";"):
            return arguments, keywords


def _indicator(parser: Parser, token: Token) -> Node:
    """`1{z > 0}`, `𝟙[z > 0]`, `1_{z > 0}`."""
    closer = parser.open_argument()
    if closer is None:
        raise Unreadable_("An indicator needs a condition: 1{z > 0}.", token.start)
    opened = parser.advance()
    condition = parser.parse_expression()
    parser.expect(closer, opened)
    return parser.node("call", (condition,), "indicator", token.start)


def parse_piecewise(parser: Parser) -> Node:
    """SymPy's `Piecewise((value, condition), ..., (value, True))`."""
    token = parser.advance()
    opened = parser.expect("(")
    branches = parser.parse_arguments()
    parser.expect(")", opened)
    args: list[Node] = []
    for branch in branches:
        if branch.op != "tuple" or len(branch.args) != 2:
            raise Unreadable_("Each branch is a pair: (value, condition).", branch.start)
        value, condition = branch.args
        if condition.op == "number" and condition.value == 1:
            args.append(value)
            break
        args.extend((value, condition))
    return parser.node("piecewise", tuple(args), None, token.start)
