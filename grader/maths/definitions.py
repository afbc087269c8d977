"""Names that stand for formulas, filled in; derivatives by them and through them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from grader.maths.differentiate import differentiate
from grader.maths.scalars import OutOfRange
from grader.maths.shapes import infer_shape
from grader.maths.tree import Node, substitute
from grader.spec.models import Symbol


def define(tree: Node, definitions: Mapping[str, Node], symbols: Mapping[str, Symbol]) -> Node:
    """Replace defined names by what they stand for; definitions may use earlier ones."""
    if not definitions:
        return tree
    tree = _take_derivatives(tree, definitions, symbols)
    for _ in range(len(definitions) + 1):
        replaced = substitute(tree, dict(definitions))
        if replaced == tree:
            break
        tree = replaced
    return tree


def _take_derivatives(
    tree: Node, definitions: Mapping[str, Node], symbols: Mapping[str, Symbol]
) -> Node:
    """`dL/dp` where L is made of p, and p of w: p is a variable here, not what it stands for."""
    args = tuple(_take_derivatives(arg, definitions, symbols) for arg in tree.args)
    tree = replace(tree, args=args) if args != tree.args else tree
    is_derivative = tree.op == "call" and tree.value == "diff" and len(args) == 2
    variable = str(args[1].value) if is_derivative and args[1].op == "name" else ""
    if variable not in definitions:
        return tree
    others = {name: formula for name, formula in definitions.items() if name != variable}
    unknown = Node("unknown", (), f"a derivative in {variable}", tree.start, tree.end)
    if infer_shape(define(definitions[variable], others, symbols), symbols) != ():
        return unknown
    try:
        return differentiate(define(args[0], others, symbols), variable)
    except OutOfRange:
        return unknown
