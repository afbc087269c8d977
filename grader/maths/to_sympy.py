"""Our tree as a SymPy expression: built node by node, never from text."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from grader.maths.tree import Node
from grader.spec.models import Symbol

DIRECT = {
    "exp": "exp", "log": "log", "sqrt": "sqrt", "sin": "sin", "cos": "cos", "tan": "tan",
    "asin": "asin", "acos": "acos", "atan": "atan", "sinh": "sinh", "cosh": "cosh",
    "tanh": "tanh", "asinh": "asinh", "acosh": "acosh", "atanh": "atanh", "abs": "Abs",
    "sign": "sign", "floor": "floor", "ceil": "ceiling", "max": "Max", "min": "Min",
    "erf": "erf", "factorial": "factorial", "binomial": "binomial", "gamma": "gamma",
}  # fmt: skip
ASSUMPTIONS = {
    "positive": {"positive": True}, "nonnegative": {"nonnegative": True},
    "negative": {"negative": True}, "nonzero": {"real": True, "nonzero": True},
    "integer": {"integer": True}, "natural": {"integer": True, "nonnegative": True},
    "positive integer": {"integer": True, "positive": True}, "probability": {"positive": True},
    "complex": {},
    "random": {"real": True},
}  # fmt: skip
MOST_EXPONENT = 64
"""SymPy multiplies numbers out on construction: 2**100000 must not be built."""


class NoSympyForm(ValueError):
    """Arrays, symbolic functions, truth values: not built here."""


def to_sympy(tree: Node, symbols: Mapping[str, Symbol]) -> Any:
    """The expression, over symbols with the declared assumptions.

    Errors   NoSympyForm where there is none.
    """
    import sympy

    if tree.op == "number":
        assert isinstance(tree.value, Fraction)
        return sympy.Rational(tree.value.numerator, tree.value.denominator)
    if tree.op == "name":
        return _symbol(sympy, str(tree.value), symbols)
    if tree.op in ("sum", "prod"):
        body, low, high = (to_sympy(arg, symbols) for arg in tree.args)
        index = sympy.Symbol(str(tree.value), integer=True)
        body = body.subs(_symbol(sympy, str(tree.value), symbols), index)
        return (sympy.Sum if tree.op == "sum" else sympy.Product)(body, (index, low, high))
    if tree.op == "piecewise" or tree.op == "call":
        return _call(sympy, tree, symbols)
    args = [to_sympy(arg, symbols) for arg in tree.args]
    if tree.op == "add":
        return sympy.Add(*args)
    if tree.op == "neg":
        return -args[0]
    if tree.op == "mul":
        return sympy.Mul(*args)
    if tree.op == "div":
        return args[0] / args[1]
    if tree.op == "pow":
        if args[1].is_number and abs(args[1]) > MOST_EXPONENT:
            raise NoSympyForm("too large a power")
        return args[0] ** args[1]
    raise NoSympyForm(tree.op)


def _symbol(sympy: Any, spelling: str, symbols: Mapping[str, Symbol]) -> Any:
    if spelling == "π":
        return sympy.pi
    if spelling == "e" and "e" not in symbols:
        return sympy.E
    symbol = symbols.get(spelling, Symbol())
    if symbol.shape or symbol.domain == "function":
        raise NoSympyForm(spelling)
    return sympy.Symbol(spelling, **ASSUMPTIONS.get(symbol.domain, {"real": True}))


def _condition(sympy: Any, node: Node, symbols: Mapping[str, Symbol]) -> Any:
    if node.op == "and":
        return sympy.And(*(_condition(sympy, arg, symbols) for arg in node.args))
    classes = {"<": "Lt", "<=": "Le", ">": "Gt", ">=": "Ge", "=": "Eq", "!=": "Ne"}
    if node.op != "compare" or str(node.value) not in classes:
        raise NoSympyForm(node.op)
    sides = (to_sympy(arg, symbols) for arg in node.args)
    return getattr(sympy, classes[str(node.value)])(*sides)


def _call(sympy: Any, tree: Node, symbols: Mapping[str, Symbol]) -> Any:
    if tree.op == "piecewise":
        branches = [
            (to_sympy(value, symbols), _condition(sympy, condition, symbols))
            for value, condition in zip(tree.args[::2], tree.args[1::2], strict=False)
        ]
        if len(tree.args) % 2:
            branches.append((to_sympy(tree.args[-1], symbols), True))
        return sympy.Piecewise(*branches)
    function = str(tree.value)
    if function == "indicator" and tree.args[0].op in ("compare", "and"):
        condition = _condition(sympy, tree.args[0], symbols)
        return sympy.Piecewise((1, condition), (0, True))
    args = [to_sympy(arg, symbols) for arg in tree.args]
    if function in ("factorial", "exp", "gamma") and args[0].is_number and abs(args[0]) > 1000:
        raise NoSympyForm("too large a number")
    if function == "sigmoid":
        return 1 / (1 + sympy.exp(-args[0]))
    if function == "softplus":
        return sympy.log(1 + sympy.exp(args[0]))
    if function == "relu":
        return sympy.Max(0, args[0])
    if function not in DIRECT:
        raise NoSympyForm(function)
    return getattr(sympy, DIRECT[function])(*args)
