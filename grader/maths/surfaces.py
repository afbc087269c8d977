"""Where a formula switches: kinks, jumps, ties and roundings, as expressions with a meaning."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations

from grader.maths.differentiate import add, negate
from grader.maths.tree import Node, free_names, number, substitute

KINKED = {"abs", "relu", "leaky_relu", "sign", "step", "indicator"}
ROUNDED = {"floor", "ceil", "round"}
ZERO_WITH_ARGUMENT = {"abs", "relu", "sqrt", "sinh", "tanh", "sign", "square"}
NEVER_ZERO = {"exp", "sigmoid", "cosh", "softplus"}
RELATIONS = ("<", "<=", ">", ">=", "=", "!=")
MOST_SURFACES = 24
"""A layer of a dozen units written in two ways; beyond it a person looks."""


@dataclass(frozen=True, slots=True)
class Surface:
    """Something switches where the expression is 0, is whole, or has two equal entries."""

    expression: Node
    meaning: str = "zero"
    """`zero`, `whole` or `tie`."""


def find_surfaces(trees: Iterable[Node], arrays: Collection[str] = ()) -> list[Surface]:
    """Every surface of some formulas, each once; those inside a sum for its first term."""
    found: dict[Surface, None] = {}
    for tree in trees:
        for node in _instances(tree, {}):
            for surface in _surfaces_of(node, arrays):
                if free_names(surface.expression):
                    found.setdefault(surface)
    return list(found)


def _instances(tree: Node, first_terms: Mapping[str, Node]) -> Iterator[Node]:
    """Every node, the variables of sums replaced by their lowest values."""
    stack = [(tree, first_terms)]
    while stack:
        node, known = stack.pop()
        yield substitute(node, dict(known)) if known else node
        if node.op in ("sum", "prod"):
            body, *limits = node.args
            low = substitute(limits[0], dict(known)) if known else limits[0]
            stack.extend((one, known) for one in limits)
            stack.append((body, {**known, str(node.value): low}))
        else:
            stack.extend((one, known) for one in reversed(node.args))


def _surfaces_of(node: Node, arrays: Collection[str]) -> Iterator[Surface]:
    if node.op == "compare" and node.value in RELATIONS:
        left, right = node.args
        difference = left if right == number(0) else Node("add", (left, Node("neg", (right,))))
        yield from _vanishing(difference, arrays)
    elif node.op in ("floordiv", "mod"):
        yield Surface(Node("div", node.args), "whole")
    elif node.op != "call":
        return
    elif (node.value in KINKED and node.args[0].op not in ("compare", "and", "or", "not")) or (
        node.value == "sqrt" and _is_square(node.args[0])
    ):
        yield from _vanishing(node.args[0], arrays)
    elif node.value in ROUNDED:
        inner = node.args[0]
        half = number(Fraction(1, 2))
        yield Surface(Node("add", (inner, half)) if node.value == "round" else inner, "whole")
    elif node.value in ("max", "min") and len(node.args) == 1:
        yield Surface(node.args[0], "tie")
    elif node.value in ("max", "min", "clip", "kronecker"):
        for one, other in combinations(node.args[:4], 2):
            yield from _vanishing(add(one, negate(other)), arrays)


def _is_square(tree: Node) -> bool:
    """√(x²) is |x|."""
    if tree.op == "mul":
        return len(tree.args) == 2 and tree.args[0] == tree.args[1]
    exponent = tree.args[1].value if tree.op == "pow" else None
    return isinstance(exponent, Fraction) and exponent.numerator % 2 == 0


def _vanishing(tree: Node, arrays: Collection[str]) -> Iterator[Surface]:
    """Where an expression is 0: each of its factors has a surface of its own."""
    if free_names(tree) & set(arrays):
        # The factors of a product of matrices are not 0 where it is.
        yield Surface(tree)
    elif tree.op == "mul":
        for factor in tree.args:
            yield from _vanishing(factor, arrays)
    elif tree.op in ("neg", "div") or (tree.op == "call" and tree.value in ZERO_WITH_ARGUMENT):
        yield from _vanishing(tree.args[0], arrays)
    elif tree.op == "call" and tree.value in NEVER_ZERO:
        return
    elif tree.op == "pow" and isinstance(tree.args[1].value, Fraction):
        if tree.args[1].value > 0:
            yield from _vanishing(tree.args[0], arrays)
    else:
        yield Surface(tree)


def pretend_ties(tree: Node, surfaces: Collection[Surface], arrays: Collection[str]) -> Node:
    """The formula as it were on all of these surfaces: what it says there, by its signs alone."""
    return _pretend(tree, surfaces, arrays, {})


def _pretend(
    tree: Node, surfaces: Collection[Surface], arrays: Collection[str], known: Mapping[str, Node]
) -> Node:
    if not tree.args:
        return tree
    shown = substitute(tree, dict(known)) if known else tree
    is_tied = any(one in surfaces for one in _surfaces_of(shown, arrays))
    if is_tied and tree.op == "compare":
        return number(int(tree.value in ("<=", ">=", "=")))
    if is_tied and tree.value == "step" and len(tree.args) == 2:
        return tree.args[1]
    if is_tied and tree.value in ("sign", "relu", "indicator", "step"):
        return number(0)
    inner = known
    if tree.op in ("sum", "prod"):
        low = substitute(tree.args[1], dict(known)) if known else tree.args[1]
        inner = {**known, str(tree.value): low}
    args = tuple(
        _pretend(one, surfaces, arrays, inner if place == 0 else known)
        for place, one in enumerate(tree.args)
    )
    return replace(tree, args=args) if args != tree.args else tree
