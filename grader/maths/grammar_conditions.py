r"""Sums with a condition below: `\sum_{j \ne i}`, `\sum_{i<j}`, `\sum_{j=1, j\ne i}^{n}`.

An index runs over what is stated, over its array's axis, or from where the outer index runs. What
is left out by the condition counts as 0 in a sum and as 1 in a product.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.maths.tokens import Unreadable_
from grader.maths.tree import Node, name, number

if TYPE_CHECKING:
    from grader.maths.grammar import Parser

ORDERS = {"<": ("<", False), "<=": ("<=", False), ">": ("<", True), ">=": ("<=", True)}
FROM_ONE, AS_DECLARED = "from one", "as declared"
"""Other readings: an index kept off one of the question's, which may count from 1 where entries
count from 0, or the other way round; and an index over its declared range, not its axis."""


@dataclass(frozen=True, slots=True)
class Condition:
    """`left < right`, `left <= right` or `left != right`, of two indices."""

    left: str
    relation: str
    right: str


@dataclass(frozen=True, slots=True)
class Below:
    """What stands below a sum: its indices, their first and last value, and the condition."""

    variables: tuple[str, ...]
    low: Node | None
    high: Node | None
    condition: Condition


def read_below(parser: Parser) -> Below | None:
    """The group below a sum, where it holds a condition on two indices; else nothing is read."""
    if not parser.at("{"):
        return None
    position = parser.position
    parser.advance()
    is_stacked = parser.at("substack")
    if is_stacked:
        parser.advance()
        if not parser.accept("{"):
            parser.position = position
            return None
    found = _read_items(parser)
    closed = parser.accept("}") is not None and (not is_stacked or parser.accept("}") is not None)
    below = _arrange(parser, *found) if found is not None and closed else None
    if below is None:
        parser.position = position
    return below


def _read_items(parser: Parser) -> tuple[list[str], Node | None, Node | None, Condition] | None:
    """Items between commas: `j`, `j = 1`, `j \\ne i`, `1 \\le i < j \\le n`."""
    variables: list[str] = []
    low: Node | None = None
    high: Node | None = None
    condition: Condition | None = None
    while True:
        before = parser.position
        if _at_name(parser) and parser.peek().text in (",", "}", "\\\\"):
            variables.append(parser.advance().text)
        elif _at_name(parser) and parser.peek().text == "=":
            variables.append(parser.advance().text)
            parser.advance()
            low = parser.parse_sum()
        elif _at_name(parser) and (pair := _read_pair(parser)) is not None:
            condition = pair
        else:
            parser.position = before
            ends = _read_ends(parser)
            if ends is None:
                return None
            low, condition, high = ends
        if not parser.accept(",", "\\\\"):
            break
    return None if condition is None else (variables, low, high, condition)


def _at_name(parser: Parser) -> bool:
    return parser.token.kind == "name"


def _read_pair(parser: Parser) -> Condition | None:
    """`j \\ne i` or `i < j`, of two names and nothing more."""
    first, sign, second = parser.token, parser.peek(), parser.peek(2)
    if sign.text == "∈":
        raise Unreadable_(
            "A sum over a set is not read here.", sign.start,
            f"Write its first and last index: Σ_{{{first.text}=1}}^{{n}}.",
        )  # fmt: skip
    is_pair = second.kind == "name" and parser.peek(3).text in (",", "}", "\\\\")
    if not is_pair or sign.text not in (*ORDERS, "!="):
        return None
    parser.position += 3
    if sign.text == "!=":
        return Condition(first.text, "!=", second.text)
    relation, is_turned = ORDERS[sign.text]
    sides = (second.text, first.text) if is_turned else (first.text, second.text)
    return Condition(sides[0], relation, sides[1])


def _read_ends(parser: Parser) -> tuple[Node, Condition, Node] | None:
    """`1 \\le i < j \\le n`."""
    if parser.token.kind not in ("number", "name"):
        return None
    try:
        low = parser.parse_operand()
        if not parser.accept("<="):
            return None
        pair = _at_name(parser) and parser.peek(2).kind == "name"
        sign = parser.peek().text
        if not pair or sign not in ("<", "<=", "!=") or parser.peek(3).text != "<=":
            return None
        condition = Condition(parser.token.text, sign, parser.peek(2).text)
        parser.position += 4
        return low, condition, parser.parse_sum()
    except Unreadable_:
        return None


def _arrange(
    parser: Parser, listed: list[str], low: Node | None, high: Node | None, condition: Condition
) -> Below | None:
    """Which of the names the sum runs over, the outer one first."""
    pair = (condition.left, condition.right)
    free = [one for one in pair if one not in parser.bound]
    if listed:
        # Stated by themselves; the condition is on one of them at least.
        if not set(pair) & set(listed) or len(listed) > 2:
            return None
        order = [one for one in pair if one in listed]
        variables = (*(one for one in listed if one not in order), *order)
        return Below(variables, low, high, condition)
    declared = [one for one in free if parser.names.find(one) is not None]
    if not free or len(set(pair)) < 2:
        return None
    if len(free) == 2 and declared and condition.relation != "!=":
        # i < j with one of the question's own: over both, or over the other one?
        if len(declared) == 1 and low is None:
            return None
    elif len(free) == 2 and declared:
        if declared == [pair[0]]:
            return None
        free = [pair[0]]
    return Below(tuple(free), low, high, condition)


def keep_to(op: str, body: Node, condition: Condition, *, shifted: bool) -> Node:
    """The body where the condition holds; elsewhere what changes nothing."""
    left, right = name(condition.left), name(condition.right)
    if shifted:
        left = Node("add", (left, Node("neg", (number(1),))))
    test = Node("compare", (left, right), condition.relation)
    rest = number(0 if op == "sum" else 1)
    return Node("piecewise", (body, test, rest), None, body.start, body.end)
