"""Sums and products with a bound variable, in every usual spelling."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from grader.maths.entries import from_zero
from grader.maths.grammar_arguments import NARROW, extent_of, note_extent
from grader.maths.grammar_code import finish_in_code
from grader.maths.grammar_conditions import AS_DECLARED, FROM_ONE, Condition, keep_to, read_below
from grader.maths.grammar_symbols import cut_script, holds_relation, skip_script
from grader.maths.shapes import infer_shape
from grader.maths.tokens import Token, Unreadable_
from grader.maths.tree import Node, free_names, name, number, walk

if TYPE_CHECKING:
    from grader.maths.grammar import Parser


def parse_big(parser: Parser, op: str, token: Token) -> Node:
    """What follows a sum or product sign."""
    parser.deeper()
    node = _as_call(parser, op, token) if parser.at("(") else _with_limits(parser, op, token)
    parser.depth -= 1
    return node


def starts_limits(parser: Parser) -> bool:
    """Whether `_{t=1}` follows a capital Sigma or Pi."""
    if parser.peek().text == "^":
        end = skip_script(parser, parser.position + 1)
        return end is not None and holds_relation(parser, end)
    return holds_relation(parser, parser.position + 1)


def _as_call(parser: Parser, op: str, token: Token) -> Node:
    """`Sum(body, (t, low, high))` and `sum(body, t, low, high)`; `sum(x)` adds entries up."""
    from grader.maths.grammar_calls import parse_call_arguments

    opened = parser.advance()
    body_at = parser.position
    bound = _bound_names(parser, body_at)
    parser.bound.extend(bound)
    try:
        body = parser.parse_expression()
        if _is_word(parser, "for"):
            return _comprehension(parser, op, token, body, opened)
        if not parser.accept(","):
            parser.expect(")", opened)
            function = "total" if op == "sum" else "multiplied"
            return parser.node("call", (body,), function, token.start)
        limits, keywords = parse_call_arguments(parser)
        parser.expect(")", opened)
        is_axis = len(limits) == 1 and limits[0].op in ("number", "neg")
        if op == "sum" and (is_axis or (keywords and not limits)):
            if is_axis:
                keywords["axis"] = limits[0]
            return finish_in_code(parser, "total", [body], keywords, token)
        if keywords:
            raise Unreadable_("A product along an axis is not read.", token.start)
    finally:
        del parser.bound[len(parser.bound) - len(bound) :]
    if len(limits) == 1 and limits[0].op == "tuple":
        limits = list(limits[0].args)
    if len(limits) != 3 or limits[0].op != "name":
        raise Unreadable_(
            "A sum reads sum(body, t, first, last) or Sum(body, (t, first, last)).", token.start
        )
    variable, low, high = limits
    return parser.node(op, (body, low, high), str(variable.value), token.start)


def _bound_names(parser: Parser, begin: int) -> list[str]:
    """The bound variables of a call, found before its body is read."""
    level, position = 0, begin
    tokens = parser.tokens
    found: list[str] = []
    while position < len(tokens) - 1:
        text = tokens[position].text
        if text in "([{":
            level += 1
        elif text in ")]}":
            level -= 1
            if level < 0:
                break
        elif level == 0 and text == "for" and tokens[position + 1].kind == "name":
            found.append(tokens[position + 1].text)
        elif level == 0 and text == "," and not found:
            following = tokens[position + 1]
            if following.text == "(":
                following = tokens[position + 2]
            return [following.text] if following.kind == "name" else []
        position += 1
    return found


def _is_word(parser: Parser, word: str) -> bool:
    return parser.token.kind == "name" and parser.token.text == word


def _comprehension(parser: Parser, op: str, token: Token, body: Node, opened: Token) -> Node:
    """`sum(g[t]*J[t] for t in range(T+1, N+1))`, with one `for` or several."""
    loops: list[tuple[str, Node, Node]] = []
    while _is_word(parser, "for"):
        parser.advance()
        variable = parser.advance().text
        for word in ("in", "range"):
            if not _is_word(parser, word):
                raise parser.unexpected("expected 'in range(...)'")
            parser.advance()
        inner = parser.expect("(")
        limits = parser.parse_arguments()
        parser.expect(")", inner)
        if len(limits) > 2:
            raise Unreadable_("A step is not read here; use range(first, last + 1).", inner.start)
        low = limits[0] if len(limits) == 2 else number(0)
        loops.append((variable, low, _plus_one(limits[-1], -1)))
    parser.expect(")", opened)
    for variable, low, high in reversed(loops):
        body = parser.node(op, (body, low, high), variable, token.start)
    return body


def _with_limits(parser: Parser, op: str, token: Token) -> Node:
    """`Σ_{t=1}^{N} body`, `Σ_{t=1}^N`, `Σ_t` over an index with declared limits."""
    variables: list[str] = []
    low: Node | None = None
    high: Node | None = None
    condition: Condition | None = None
    while parser.at("_", "^"):
        if parser.accept("_"):
            if variables:
                raise Unreadable_("One subscript says what a sum runs over.", token.start)
            cut_script(parser, parser.position)
            if (below := read_below(parser)) is not None:
                variables, condition = list(below.variables), below.condition
                low, high_here = below.low, below.high
            else:
                before = _listed_variables(parser)
                variable, low, high_here = _lower(parser)
                variables = [*before, variable]
            high = high_here or high
        else:
            parser.advance()
            high = parser.parse_group() if parser.at("{") else parser.parse_exponent_token()
    if not variables:
        raise Unreadable_("This sum needs its variable: Σ_{t=1}^{N}.", token.start)
    if condition is not None and high is not None and low is None:
        low = number(1)
    parser.bound.extend(variables)
    parser.lows.update(dict.fromkeys(variables, low))
    begin = parser.position
    body = parser.parse_big_body(variables[-1])
    body, behind = _cut_behind(parser, op, token, begin, body, variables)
    del parser.bound[len(parser.bound) - len(variables) :]
    whole: Node | None = None
    for variable in reversed(variables):
        limits, is_shifted = _find_limits(parser, token, variable, (low, high), body, condition)
        if whole is None:
            whole = body if condition is None else keep_to(op, body, condition, shifted=is_shifted)
        if limits[0] == number(1):
            whole = from_zero(whole, variable, limits[1], parser.symbols)
        whole = parser.node(op, (whole, *limits), variable, token.start)
    assert whole is not None
    return parser.node("mul", (whole, *behind), None, token.start) if behind else whole


def _cut_behind(
    parser: Parser, op: str, token: Token, begin: int, body: Node, variables: list[str]
) -> tuple[Node, tuple[Node, ...]]:
    """`Π_t s_t w`: the w belongs to every factor, or stands behind the product."""
    if op != "prod" or body.op != "mul" or _is_one_bracket(parser, begin):
        return body, ()
    count = len(body.args)
    while count > 1 and not free_names(body.args[count - 1]) & set(variables):
        count -= 1
    inside, behind = body.args[:count], body.args[count:]
    if not behind or not any(free_names(one) & set(variables) for one in inside):
        return body, ()
    note_extent(parser, token, NARROW)
    if extent_of(parser, token) != NARROW:
        return body, ()
    return (inside[0] if count == 1 else replace(body, args=inside)), behind


def _is_one_bracket(parser: Parser, begin: int) -> bool:
    """Whether all that was read from here on is one bracket."""
    level = 0
    for place in range(begin, parser.position):
        text = parser.tokens[place].text
        level += (text in ("(", "[", "{")) - (text in (")", "]", "}"))
        if level == 0:
            return place == parser.position - 1
    return False


def _find_limits(
    parser: Parser,
    token: Token,
    variable: str,
    stated: tuple[Node | None, Node | None],
    body: Node,
    condition: Condition | None,
) -> tuple[tuple[Node, Node], bool]:
    """First and last value of an index, and whether its condition is on one less than it."""
    other = ""
    if condition is not None and variable in (condition.left, condition.right):
        other = condition.right if variable == condition.left else condition.left
    is_kept_off = bool(other) and other not in parser.bound and other in parser.symbols
    low, high = stated
    if low is not None and high is not None:
        if is_kept_off and low == number(1):
            note_extent(parser, token, FROM_ONE)
            return (low, high), extent_of(parser, token) == FROM_ONE
        return (low, high), False
    declared = _declared_limits(parser, token, variable, body)
    if declared is None or (low is None) != (high is None):
        raise Unreadable_(
            f"This sum needs both limits of {variable}: Σ_{{{variable}=1}}^{{N}}.",
            token.start,
        )
    if not other or declared[0] != number(0):
        return declared, False
    from_one = number(1), _plus_one(declared[1])
    if other in parser.bound:
        # Both run over the same: from where the outer one does.
        outer = parser.lows.get(other) or declared_low(parser, other)
        return (from_one if outer == number(1) else declared), False
    if is_kept_off:
        note_extent(parser, token, FROM_ONE)
        return (from_one if extent_of(parser, token) == FROM_ONE else declared), False
    return declared, False


def declared_low(parser: Parser, variable: str) -> Node:
    """Where an index without stated limits starts."""
    symbol = parser.symbols.get(variable)
    return number(int(symbol.low)) if symbol is not None and symbol.low is not None else number(0)


def _listed_variables(parser: Parser) -> list[str]:
    """The first variables of `Σ_{i,j}` and `Σ_{i,j=1}^{n}`; the last one is left to be read."""
    found: list[str] = []
    position = parser.position + 1
    if not parser.at("{"):
        return found
    while parser.tokens[position].kind == "name" and parser.tokens[position + 1].text == ",":
        found.append(parser.tokens[position].text)
        position += 2
    if found:
        del parser.tokens[parser.position + 1 : position]
    return found


def _lower(parser: Parser) -> tuple[str, Node | None, Node | None]:
    """`t=1`, `t`, `1≤t≤N`, `t>T` below the sign."""
    if not parser.at("{"):
        token = parser.advance()
        if token.kind != "name":
            raise parser.unexpected("expected the sum's variable")
        if parser.accept("="):
            # sum_t=1^N without braces
            return token.text, parser.parse_operand(), None
        return token.text, None, None
    opened = parser.advance()
    names = [
        parser.tokens[i].text
        for i in range(parser.position, len(parser.tokens))
        if parser.tokens[i].kind == "name"
    ]
    first = parser.token
    if first.kind == "name" and parser.peek().text in ("=", "}", ">", ">="):
        variable = parser.advance().text
        if parser.accept("}"):
            return variable, None, None
        sign = parser.advance().text
        low = parser.parse_sum()
        parser.expect("}", opened)
        return variable, _plus_one(low) if sign == ">" else low, None
    if not names:
        raise parser.unexpected("expected the sum's variable")
    low = parser.parse_sum()
    if not parser.at("<", "<="):
        raise parser.unexpected("expected '<' or '≤'")
    strict = parser.advance().text == "<"
    variable = parser.advance().text
    high: Node | None = None
    if parser.at("<", "<="):
        strict_high = parser.advance().text == "<"
        high = parser.parse_sum()
        if strict_high:
            high = _plus_one(high, -1)
    parser.expect("}", opened)
    return variable, _plus_one(low) if strict else low, high


def _plus_one(tree: Node, step: int = 1) -> Node:
    if step > 0 and tree.op == "add" and tree.args[1:] == (Node("neg", (number(1),)),):
        return tree.args[0]
    one = number(1) if step > 0 else Node("neg", (number(1),))
    return Node("add", (tree, one), None, tree.start, tree.end)


def _declared_limits(
    parser: Parser, token: Token, variable: str, body: Node
) -> tuple[Node, Node] | None:
    """The range of an index: its declared limits, or the axis of an array it runs along."""
    axis = _axis_limits(parser, variable, body)
    symbol = parser.symbols.get(variable)
    if symbol is None or symbol.low is None or symbol.high is None:
        return axis
    declared = number(int(symbol.low)), number(int(symbol.high))
    if axis is not None and axis != declared:
        note_extent(parser, token, AS_DECLARED)
        if extent_of(parser, token) != AS_DECLARED:
            return axis
    return declared


def _axis_limits(parser: Parser, variable: str, body: Node) -> tuple[Node, Node] | None:
    for node in walk(body):
        shape = infer_shape(node.args[0], parser.symbols) if node.op == "index" else None
        for size, index in zip(shape or (), node.args[1:], strict=False):
            if index.op == "name" and index.value == variable:
                last = number(size - 1) if isinstance(size, int) else _plus_one(name(size), -1)
                return number(0), last
    return None
