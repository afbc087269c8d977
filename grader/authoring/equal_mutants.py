"""Why a mutant that nothing tells from the reference need not be: rules for changes of source.

A rule speaks only of mutants that gave the same on every check and every further draw.
"""

from __future__ import annotations

import ast

from grader.authoring.certificate import MutantReport

COMMUTING = {"min", "max", "minimum", "maximum", "fmin", "fmax", "logaddexp"}
CONVERTING = {
    "list", "tuple", "int", "float", "bool", "stack", "array", "asarray", "tensor", "as_tensor",
    "float32", "float64", "int32", "int64", "to", "double", "item", "contiguous", "clone", "copy",
}  # fmt: skip
EVEN = {"square", "abs"}

SAME_OPERANDS = "the same operands in the other order, of a function that has no order"
SAME_VALUES = "the same values in another container or type; answers may be handed in as either"
SAME_SQUARE = "the other sign, and a square or an absolute value of it is taken"

HAS_PROPERTY = "it has the property that is asked for, so it is right as well"
SAME_FORMULA = "another form of the answer: equal at every point, for every seed that was tried"
BOUNDARY = "`boundary: ignore` lets a kink be settled either way"


def report_equal(name: str, diff: str, rule: str, otherwise: str) -> MutantReport:
    """One that nothing tells from the reference, and the rule why, if one says so."""
    advice = rule or f"{otherwise}; waive it with the reason"
    return MutantReport(name=name, fate="equal", diff=diff, advice=advice, is_explained=bool(rule))


def explain_equality(node: ast.AST, parent: ast.AST, changed: ast.AST) -> str:
    """The rule by which a change of one node leaves its value as it is; empty if none does."""
    if isinstance(node, ast.Call):
        name = _name(node.func)
        if name in COMMUTING and _holds_same(node, changed):
            return SAME_OPERANDS
        if name in CONVERTING and _is_inside(node, changed):
            return SAME_VALUES
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub) and _is_even(parent, node):
        turned = isinstance(changed, ast.BinOp) and isinstance(changed.op, ast.Sub)
        return SAME_SQUARE if turned else ""
    return ""


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _holds_same(node: ast.Call, changed: ast.AST) -> bool:
    """The same call, its arguments exchanged."""
    return (
        isinstance(changed, ast.Call)
        and not node.keywords
        and ast.dump(changed.func) == ast.dump(node.func)
        and sorted(map(ast.dump, changed.args)) == sorted(map(ast.dump, node.args))
    )


def _is_inside(node: ast.Call, changed: ast.AST) -> bool:
    """What was converted, without the conversion."""
    converted = [*node.args[:1]]
    if isinstance(node.func, ast.Attribute):
        converted.append(node.func.value)
    return ast.dump(changed) in map(ast.dump, converted)


def _is_even(parent: ast.AST, node: ast.AST) -> bool:
    if isinstance(parent, ast.Attribute):
        return parent.attr in EVEN
    if isinstance(parent, ast.Call):
        return _name(parent.func) in EVEN
    is_power = isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Pow)
    if not is_power or not isinstance(parent, ast.BinOp) or parent.left is not node:
        return False
    power = parent.right.value if isinstance(parent.right, ast.Constant) else None
    return isinstance(power, int) and power % 2 == 0
