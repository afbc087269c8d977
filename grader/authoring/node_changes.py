"""What one node of a syntax tree might have been: the slips that people make in such code."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any

SWAPPED: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub,), ast.Sub: (ast.Add,), ast.Mult: (ast.Div, ast.Add),
    ast.Div: (ast.Mult,), ast.FloorDiv: (ast.Div,), ast.Mod: (ast.FloorDiv,),
    ast.Pow: (ast.Mult,),
}  # fmt: skip
COMPARED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt), ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,),
}  # fmt: skip
ONE_SIDED = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.MatMult)
ORDERED = (ast.Sub, ast.Div, ast.MatMult)

RENAMED = {
    "sum": "mean", "mean": "sum", "max": "min", "min": "max", "amax": "amin", "amin": "amax",
    "argmax": "argmin", "argmin": "argmax", "maximum": "minimum", "minimum": "maximum",
    "sin": "cos", "cos": "sin", "floor": "ceil", "ceil": "floor", "zeros": "ones",
    "ones": "zeros", "zeros_like": "ones_like", "ones_like": "zeros_like",
    "new_zeros": "new_ones", "new_ones": "new_zeros", "tanh": "sigmoid", "sigmoid": "tanh",
    "any": "all", "all": "any", "float64": "float16", "float32": "float16", "double": "half",
    "float": "half", "triu": "tril", "tril": "triu", "prod": "sum", "relu": "abs",
}  # fmt: skip
"""Names that are mistaken for one another, and precisions that are too low."""


def change_node(node: ast.AST) -> Iterator[ast.AST]:
    """What may stand in place of one node."""
    for kind, change in CHANGES.items():
        if isinstance(node, kind):
            yield from change(node)


def _change_binary(node: ast.BinOp) -> Iterator[ast.AST]:
    for other in SWAPPED.get(type(node.op), ()):
        yield ast.BinOp(node.left, other(), node.right)
    if isinstance(node.op, ORDERED):
        yield ast.BinOp(node.right, node.op, node.left)
    if isinstance(node.op, ONE_SIDED):
        yield node.left
        yield node.right


def _change_unary(node: ast.UnaryOp) -> Iterator[ast.AST]:
    value = node.operand.value if isinstance(node.operand, ast.Constant) else None
    if isinstance(node.op, ast.USub) and isinstance(value, int | float):
        yield from _shift(-value)
    else:
        yield node.operand


def _change_constant(node: ast.Constant) -> Iterator[ast.AST]:
    value = node.value
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int | float):
        yield from _shift(value)
    elif isinstance(value, str) and "->" in value:
        # The axes of an einsum's result, exchanged.
        inputs, _, result = value.partition("->")
        if len(result) > 1:
            yield ast.Constant(f"{inputs}->{result[:-2]}{result[-1]}{result[-2]}")


def _shift(value: float) -> Iterator[ast.AST]:
    """One more and one less; where that would drown the number, a thousand times and nothing."""
    if isinstance(value, float) and 0 < abs(value) < 1e-3:
        yield ast.Constant(value * 1000)
        yield ast.Constant(0.0)
    else:
        yield ast.Constant(value + 1)
        yield ast.Constant(value - 1)


def _change_compare(node: ast.Compare) -> Iterator[ast.AST]:
    for index, operator in enumerate(node.ops):
        for other in COMPARED.get(type(operator), ()):
            ops = [*node.ops[:index], other(), *node.ops[index + 1 :]]
            yield ast.Compare(node.left, ops, node.comparators)


def _change_boolean(node: ast.BoolOp) -> Iterator[ast.AST]:
    yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)


def _change_choice(node: ast.IfExp) -> Iterator[ast.AST]:
    yield node.body
    yield node.orelse


def _change_call(node: ast.Call) -> Iterator[ast.AST]:
    args = node.args
    for index in range(len(args) - 1):
        pair = args[index : index + 2]
        if not any(isinstance(each, ast.Starred) for each in pair):
            yield _call(node, [*args[:index], *reversed(pair), *args[index + 2 :]])
    if isinstance(node.func, ast.Attribute) and not _is_module(node.func.value):
        yield node.func.value
    elif args and not isinstance(args[0], ast.Starred):
        yield args[0]
    name = _name(node.func)
    if name == "range" and len(args) == 1:
        yield _call(node, [ast.BinOp(args[0], ast.Sub(), ast.Constant(1))])
        yield _call(node, [ast.Constant(1), args[0]])


def _call(node: ast.Call, args: list[ast.expr]) -> ast.Call:
    return ast.Call(node.func, args, node.keywords)


def _name(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else ""


def _is_module(value: ast.expr) -> bool:
    """`torch.nn.functional` is no value that a call could be dropped from."""
    while isinstance(value, ast.Attribute):
        value = value.value
    return isinstance(value, ast.Name) and value.id in MODULES


MODULES = ("torch", "np", "numpy", "math", "sympy", "sp", "F", "nn", "itertools", "random")


def _change_attribute(node: ast.Attribute) -> Iterator[ast.AST]:
    if node.attr in ("T", "mT", "H", "real"):
        yield node.value
    elif node.attr in RENAMED:
        yield ast.Attribute(node.value, RENAMED[node.attr], node.ctx)


def _change_tuple(node: ast.Tuple) -> Iterator[ast.AST]:
    """Indices and sizes in the other order."""
    for index in range(len(node.elts) - 1):
        first, second = node.elts[index : index + 2]
        if not isinstance(first, ast.Starred) and not isinstance(second, ast.Starred):
            elts = [*node.elts[:index], second, first, *node.elts[index + 2 :]]
            yield ast.Tuple(elts, node.ctx)


def _change_name(node: ast.Name) -> Iterator[ast.AST]:
    if node.id in ("sum", "max", "min", "any", "all") and isinstance(node.ctx, ast.Load):
        yield ast.Name({"sum": "max"}.get(node.id, RENAMED[node.id]), node.ctx)


def _change_update(node: ast.AugAssign) -> Iterator[ast.AST]:
    for other in SWAPPED.get(type(node.op), ())[:1]:
        yield ast.AugAssign(node.target, other(), node.value)
    yield ast.Pass()


def _drop_statement(node: ast.Expr) -> Iterator[ast.AST]:
    yield ast.Pass()


CHANGES: dict[type[ast.AST], Callable[[Any], Iterator[ast.AST]]] = {
    ast.BinOp: _change_binary, ast.UnaryOp: _change_unary, ast.Constant: _change_constant,
    ast.Compare: _change_compare, ast.BoolOp: _change_boolean, ast.IfExp: _change_choice,
    ast.Call: _change_call, ast.Attribute: _change_attribute, ast.Name: _change_name,
    ast.Tuple: _change_tuple, ast.AugAssign: _change_update, ast.Expr: _drop_statement,
}  # fmt: skip
