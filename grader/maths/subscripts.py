"""Where subscripts may count from 1: in sums, which say themselves where they begin and end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from grader.maths.tree import Node, free_names, number, walk
from grader.spec.models import Symbol


def count_from_one(student: Node, reference: Node, symbols: Mapping[str, Symbol]) -> Node | None:
    """The answer with its subscripts read as counted from 1; None where that can't be meant.

    Arrays count from 0. A question whose right answer has a subscript of its own, `x[i]` for a
    declared i or `x[0]`, says so; elsewhere `sum_{i=1}^{d} q_i k_i` is what people write.
    """
    sizes = {size for symbol in symbols.values() for size in symbol.shape if isinstance(size, str)}
    declared = symbols.keys() - sizes
    subscripts = list(_find_subscripts(student, symbols))
    settled = [*_find_subscripts(reference, symbols)]
    if not subscripts or any(free_names(each) & declared for each in subscripts):
        return None
    if any(free_names(each) & symbols.keys() or each.op == "number" for each in settled):
        return None
    return _shift(student, symbols)


def _find_subscripts(tree: Node, symbols: Mapping[str, Symbol]) -> list[Node]:
    return [each for node in walk(tree) if _is_entry(node, symbols) for each in node.args[1:]]


def _is_entry(node: Node, symbols: Mapping[str, Symbol]) -> bool:
    array = node.args[0] if node.op == "index" else node
    declared = symbols.get(str(array.value)) if array.op == "name" else None
    return node.op == "index" and declared is not None and bool(declared.shape)


def _shift(tree: Node, symbols: Mapping[str, Symbol]) -> Node:
    args = tuple(_shift(each, symbols) for each in tree.args)
    if _is_entry(tree, symbols):
        args = (args[0], *(Node("add", (each, number(-1))) for each in args[1:]))
    return replace(tree, args=args)
