"""Slips on the computation graph of a gradient: one of the ways from a symbol to the loss left out.

A symbol that stands in several places acts along several paths, as a weight does at every step
in time. Where a place is held still, its path is dropped from the gradient.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from grader.maths.show import show
from grader.maths.tree import Node

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
