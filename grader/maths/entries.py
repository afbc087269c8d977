"""Entries of arrays inside sums that count from 1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from grader.maths.tree import FROM_ONE, Node, free_names, name, number, walk
from grader.spec.models import Symbol


def from_zero(body: Node, variable: str, high: Node, symbols: Mapping[str, Symbol]) -> Node:
    """The body of `Σ_{i=1}^{n}` with `x_i` as entry i - 1, where x has n entries.

    Entries count from 0, so that x_n does not exist: who sums up to it counts from 1. Where the
    variable picks an entry in any other way, as in x_{i+1}, nothing is moved.
    """
    entries = [node for node in walk(body) if node.op == "index" and _picks(node, variable)]
    if not entries or not all(_runs_along(node, variable, high, symbols) for node in entries):
        return body
    return _move(body, variable)


def _picks(node: Node, variable: str) -> bool:
    return any(variable in free_names(index) for index in node.args[1:])


def _runs_along(node: Node, variable: str, high: Node, symbols: Mapping[str, Symbol]) -> bool:
    """Whether every axis that the variable runs along ends where the sum does."""
    array = node.args[0]
    symbol = symbols.get(str(array.value)) if array.op == "name" else None
    for axis, index in enumerate(node.args[1:]):
        if variable not in free_names(index):
            continue
        if index != name(variable):
            return False
        if symbol is None:
            # Of a product, as (Wx)_i: any size that arrays have here may be its own.
            sizes = {size for one in symbols.values() for size in one.shape}
        else:
            sizes = set(symbol.shape[axis : axis + 1])
        if not any(
            high == (number(size) if isinstance(size, int) else name(size)) for size in sizes
        ):
            return False
    return True


def _move(tree: Node, variable: str) -> Node:
    if tree.op in ("sum", "prod") and tree.value == variable:
        return replace(tree, args=(tree.args[0], *(_move(arg, variable) for arg in tree.args[1:])))
    args = tuple(_move(arg, variable) for arg in tree.args)
    if tree.op == "index":
        before = Node("add", (name(variable), Node("neg", (number(1),))), mark=FROM_ONE)
        moved = (before if index == name(variable) else index for index in args[1:])
        args = (args[0], *moved)
    return replace(tree, args=args)
