r"""The largest and smallest entry: `\max_i x_i` is `max(x)`, and `\max_j (x_j - y_j)` likewise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from grader.maths.functions_of_numbers import BY_MPMATH, ENTRYWISE
from grader.maths.tokens import Token, Unreadable_
from grader.maths.tree import Node, free_names, name, walk

if TYPE_CHECKING:
    from grader.maths.grammar import Parser

ReadArguments = Callable[["Parser", Token, str], tuple[list[Node], dict[str, Node]]]


def parse_over_index(parser: Parser, function: str, token: Token, read: ReadArguments) -> Node:
    """What follows `\\max_i`: a formula of entries i, read as one of whole arrays."""
    place = parser.advance().start
    opened = parser.accept("{")
    index = parser.token
    if index.kind != "name" or (opened and parser.peek().text != "}"):
        raise _not_read(function, place)
    parser.advance()
    if opened:
        parser.expect("}")
    parser.bound.append(index.text)
    arguments, _ = read(parser, token, function)
    parser.bound.pop()
    whole = _without_index(parser, arguments[0], index.text) if len(arguments) == 1 else None
    if whole is None or not parser.has_axes(whole):
        raise _not_read(function, place)
    return parser.node("call", (whole,), function, token.start)


def check_single(parser: Parser, function: str, args: list[Node], token: Token) -> None:
    """Nobody takes the maximum of one number: the entries of an array are meant, or a comma."""
    if function not in ("max", "min") or len(args) != 1 or args[0].op in ("set", "list", "tuple"):
        return
    tree = args[0]
    nodes = list(walk(tree))
    entries = [node.args[0] for node in nodes if node.op == "index"]
    is_open = any(
        node.op in ("apply", "vector", "list")
        or (node.op == "name" and parser.has_axes(node) and not any(node is one for one in entries))
        for node in nodes
    )
    if not is_open:
        raise Unreadable_(
            f"'{token.text}' of a single number.", token.start,
            f"Write {function}(a, b), or {function}(x) of an array.",
        )  # fmt: skip


def _not_read(function: str, place: int) -> Unreadable_:
    return Unreadable_(
        f"'{function}' over an index is read of entries, as {function}_i x_i.", place,
        f"Of a whole array write {function}(x).",
    )  # fmt: skip


def _without_index(parser: Parser, tree: Node, index: str) -> Node | None:
    """The same of whole arrays, entry by entry; None where entries stand otherwise in it."""
    if index not in free_names(tree):
        return None if parser.has_axes(tree) else tree
    if tree.op == "index" and tree.args[1:] == (name(index),):
        symbol = parser.symbols.get(str(tree.args[0].value)) if tree.args[0].op == "name" else None
        return tree.args[0] if symbol is not None and len(symbol.shape) == 1 else None
    parts = [_without_index(parser, arg, index) for arg in tree.args]
    args = tuple(part for part in parts if part is not None)
    if len(args) != len(parts):
        return None
    is_entrywise = tree.op in ("add", "neg") or (
        tree.op == "call"
        and (tree.value in ENTRYWISE or tree.value in BY_MPMATH or tree.value == "log")
    )
    if tree.op == "mul":
        is_entrywise = sum(index in free_names(arg) for arg in tree.args) == 1
    if tree.op == "pow" and tree.args[0] == name("e"):
        return replace(tree, args=args)
    if tree.op in ("div", "pow"):
        is_entrywise = index not in free_names(tree.args[1])
    return replace(tree, args=args) if is_entrywise else None
