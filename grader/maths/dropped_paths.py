"""Slips on the computation graph of a gradient: a way from a symbol to the loss left out, or a
factor of the chain rule.

A symbol that stands in several places acts along several paths, as a weight does at every step
in time. Where a place is held still, its path is dropped from the gradient. Where f(u) is
replaced by u - u° + f(u°), with u° held, its value stays and its slope becomes 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from grader.maths.show import show
from grader.maths.tree import Node, free_names, name, substitute

HELD = "°"
"""Behind a name: its value stays while the gradient moves the name itself. Nobody can type it."""
MOST_PATHS = 6


def dropped_paths(reference: Node) -> Iterator[tuple[str, Node]]:
    """The gradient without one path, then with one path alone."""
    if reference.op == "transpose":
        for words, mutant in dropped_paths(reference.args[0]):
            yield words, replace(reference, args=(mutant,))
    if reference.op != "call" or reference.value != "gradient":
        return
    body, variable = reference.args
    spelling = str(variable.value)
    paths = [*_occurrences(body, spelling)]
    if not 2 <= len(paths) <= MOST_PATHS:
        return
    for path, around in paths:
        words = f"A path is missing: {spelling} acts through {show(around)} as well."
        yield words, replace(reference, args=(_hold(body, [path]), variable))
    if len(paths) == 2:
        return
    for path, around in paths:
        others = [other for other, _ in paths if other != path]
        words = f"Only the path through {show(around)} is there: {spelling} acts elsewhere too."
        yield words, replace(reference, args=(_hold(body, others), variable))


def forgotten_factors(reference: Node) -> Iterator[tuple[str, Node]]:
    """The gradient without the slope of one function on the way."""
    if reference.op == "transpose":
        for words, mutant in forgotten_factors(reference.args[0]):
            yield words, replace(reference, args=(mutant,))
    if reference.op != "call" or reference.value != "gradient":
        return
    body, variable = reference.args
    for path, node in _bent(body, str(variable.value)):
        inner = node.args[0]
        held = substitute(inner, {str(variable.value): name(f"{variable.value}{HELD}")})
        straight = Node(
            "add", (inner, Node("neg", (held,)), replace(node, args=(held, *node.args[1:])))
        )
        words = f"A factor of the chain rule is missing: the slope of {show(node)}."
        yield words, replace(reference, args=(_put(body, path, straight), variable))


def _bent(
    tree: Node, spelling: str, path: tuple[int, ...] = ()
) -> Iterator[tuple[tuple[int, ...], Node]]:
    """Every function of one argument, and every power, that the symbol acts through."""
    if tree.op in ("index", "sum", "prod") or spelling not in free_names(tree):
        return
    is_function = tree.op == "call" and len(tree.args) == 1 and tree.value in SLOPED
    is_power = tree.op == "pow" and spelling in free_names(tree.args[0])
    if is_function or is_power:
        yield path, tree
    for position, arg in enumerate(tree.args):
        yield from _bent(arg, spelling, (*path, position))


SLOPED = {
    "exp", "log", "sqrt", "sin", "cos", "tanh", "sigmoid", "softplus", "logsigmoid", "relu",
    "silu", "gelu", "square", "softmax", "leaky_relu", "erf", "atan", "sinh", "cosh",
}  # fmt: skip
"""Entry by entry, or from a vector to one as long."""


def _put(tree: Node, path: tuple[int, ...], new: Node) -> Node:
    if not path:
        return new
    args = list(tree.args)
    args[path[0]] = _put(args[path[0]], path[1:], new)
    return replace(tree, args=tuple(args))


def _occurrences(
    tree: Node, spelling: str, path: tuple[int, ...] = (), around: Node | None = None
) -> Iterator[tuple[tuple[int, ...], Node]]:
    """Every place of the name, with what it stands in; entries of arrays are left alone."""
    if tree.op == "name" and tree.value == spelling:
        yield path, around or tree
    elif tree.op not in ("index", "sum", "prod"):
        for position, arg in enumerate(tree.args):
            yield from _occurrences(arg, spelling, (*path, position), tree)


def _hold(tree: Node, paths: list[tuple[int, ...]]) -> Node:
    for path in paths:
        tree = _hold_one(tree, path)
    return tree


def _hold_one(tree: Node, path: tuple[int, ...]) -> Node:
    if not path:
        return replace(tree, value=f"{tree.value}{HELD}")
    args = list(tree.args)
    args[path[0]] = _hold_one(args[path[0]], path[1:])
    return replace(tree, args=tuple(args))
