"""A formula as NumPy has it: arrays of one axis are neither columns nor rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from grader.maths.arrays import WrongShapes
from grader.maths.evaluate import Evaluation, run
from grader.maths.functions_of_numbers import BY_MPMATH, ENTRYWISE
from grader.maths.scalars import Arithmetic
from grader.maths.shapes import infer_shape
from grader.maths.tree import Node, free_names, walk
from grader.spec.models import Symbol

LEFT_ALONE = {"diff", "gradient"}
"""Their variables are no values."""


def as_numpy(tree: Node, symbols: Mapping[str, Symbol]) -> Node | None:
    """The tree with every array marked as NumPy's; None where there is none to mark."""
    nodes = list(walk(tree))
    if any(node.op == "expectation" or node.value in LEFT_ALONE for node in nodes):
        return None
    arrays = {spelling for spelling, symbol in symbols.items() if symbol.shape}
    if not free_names(tree) & arrays and not any(node.op in ("list", "vector") for node in nodes):
        return None
    return _mark(tree, arrays)


def _mark(tree: Node, arrays: set[str]) -> Node:
    if tree.op == "name":
        return _marked(tree) if tree.value in arrays else tree
    if tree.op == "index" and tree.args[0].op == "name":
        indices = (_mark(one, arrays) for one in tree.args[1:])
        return _marked(replace(tree, args=(tree.args[0], *indices)))
    inner = arrays - {str(tree.value)} if tree.op in ("sum", "prod") else arrays
    marked = replace(tree, args=tuple(_mark(one, inner) for one in tree.args))
    is_entrywise = tree.value in ENTRYWISE or tree.value in BY_MPMATH
    if tree.op in ("list", "vector") or (tree.op == "call" and not is_entrywise):
        return _marked(marked)
    return marked


def _marked(tree: Node) -> Node:
    return Node("call", (tree,), "as_numpy", tree.start, tree.end)


def is_certain(tree: Node, symbols: Mapping[str, Symbol]) -> bool:
    """Whether nothing of one axis is transposed, which may be meant to be a row."""
    return not any(
        len(infer_shape(node.args[0], symbols) or (0,)) == 1
        for node in walk(tree)
        if node.op == "transpose"
    )


def is_ill_shaped(tree: Node, symbols: Mapping[str, Symbol]) -> bool:
    """Whether its shapes do not fit together, as a draw of them shows."""
    from grader.maths.points import draw_point

    try:
        run(tree, Evaluation(draw_point(symbols, 0, 0), Arithmetic(), MOST_WORK))
    except WrongShapes:
        return True
    except (ArithmeticError, LookupError, ValueError):
        return False
    return False


MOST_WORK = 2_000
"""Nodes: some milliseconds, for a look at shapes alone."""
