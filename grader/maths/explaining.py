"""A tree drawn for whoever wants to see how an answer was read."""

from __future__ import annotations

from collections.abc import Iterator

from grader.maths.tree import Node


def draw_tree(tree: Node, depth: int = 0) -> Iterator[str]:
    """The tree, a node a line."""
    value = "" if tree.value is None else f" {tree.value}"
    yield "  " * depth + tree.op + value
    for arg in tree.args:
        yield from draw_tree(arg, depth + 1)
