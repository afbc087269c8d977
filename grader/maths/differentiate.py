"""Derivatives of trees, by the rules; kinks take the value 0 for the slope at the kink."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from grader.maths.scalars import OutOfRange
from grader.maths.tree import Node, free_names, name, number, substitute

ZERO, ONE, TWO = number(0), number(1), number(2)


def differentiate(tree: Node, variable: str) -> Node:
    """The derivative with respect to a scalar symbol; relu'(0) = |·|'(0) = 0.

    Errors   OutOfRange for what has no rule.
    """
    if variable not in free_names(tree):
        return ZERO
    rule = RULES.get(tree.op)
    if rule is None:
        raise OutOfRange(f"no rule for the derivative of '{tree.op}'")
    return rule(tree, variable)


def add(*terms: Node) -> Node:
    kept = [term for term in terms if term != ZERO]
    return ZERO if not kept else kept[0] if len(kept) == 1 else Node("add", tuple(kept))


def times(*factors: Node) -> Node:
    if ZERO in factors:
        return ZERO
    kept = [factor for factor in factors if factor != ONE]
    return ONE if not kept else kept[0] if len(kept) == 1 else Node("mul", tuple(kept))


def negate(tree: Node) -> Node:
    return tree if tree == ZERO else Node("neg", (tree,))


def divide(top: Node, bottom: Node) -> Node:
    return ZERO if top == ZERO else top if bottom == ONE else Node("div", (top, bottom))


def call(function: str, *args: Node) -> Node:
    return Node("call", args, function)


def power(base: Node, exponent: Node) -> Node:
    return base if exponent == ONE else Node("pow", (base, exponent))


def _name(tree: Node, variable: str) -> Node:
    return ONE


def _add(tree: Node, variable: str) -> Node:
    return add(*(differentiate(term, variable) for term in tree.args))


def _negate(tree: Node, variable: str) -> Node:
    return negate(differentiate(tree.args[0], variable))


def _multiply(tree: Node, variable: str) -> Node:
    terms = []
    for position, factor in enumerate(tree.args):
        slope = differentiate(factor, variable)
        if slope != ZERO:
            terms.append(times(*tree.args[:position], slope, *tree.args[position + 1 :]))
    return add(*terms)


def _divide(tree: Node, variable: str) -> Node:
    top, bottom = tree.args
    first = divide(differentiate(top, variable), bottom)
    slope = differentiate(bottom, variable)
    second = divide(times(top, slope), power(bottom, TWO)) if slope != ZERO else ZERO
    return add(first, negate(second))


def _power(tree: Node, variable: str) -> Node:
    base, exponent = tree.args
    if variable not in free_names(exponent):
        lowered = Node("add", (exponent, negate(ONE)))
        if exponent.op == "number" and isinstance(exponent.value, Fraction):
            lowered = number(exponent.value - 1)
            if exponent.value == 2:
                return times(TWO, base, differentiate(base, variable))
        return times(exponent, Node("pow", (base, lowered)), differentiate(base, variable))
    if base.op == "name" and base.value == "e":
        return times(tree, differentiate(exponent, variable))
    log_slope = add(
        times(differentiate(exponent, variable), call("log", base)),
        divide(times(exponent, differentiate(base, variable)), base),
    )
    return times(tree, log_slope)


def _positive(tree: Node) -> Node:
    return call("indicator", Node("compare", (tree, ZERO), ">"))


def _outer(function: str, x: Node) -> Node | None:
    """The derivative of a known function of one argument, at that argument."""
    one_minus_square = Node("add", (ONE, negate(power(x, TWO))))
    sigmoid = call("sigmoid", x)
    table = {
        "exp": lambda: call("exp", x),
        "log": lambda: divide(ONE, x),
        "log2": lambda: divide(ONE, times(x, call("log", TWO))),
        "log10": lambda: divide(ONE, times(x, call("log", number(10)))),
        "log1p": lambda: divide(ONE, Node("add", (ONE, x))),
        "expm1": lambda: call("exp", x),
        "sqrt": lambda: divide(ONE, times(TWO, call("sqrt", x))),
        "cbrt": lambda: divide(ONE, times(number(3), power(call("cbrt", x), TWO))),
        "square": lambda: times(TWO, x),
        "sin": lambda: call("cos", x),
        "cos": lambda: negate(call("sin", x)),
        "tan": lambda: divide(ONE, power(call("cos", x), TWO)),
        "asin": lambda: divide(ONE, call("sqrt", one_minus_square)),
        "acos": lambda: negate(divide(ONE, call("sqrt", one_minus_square))),
        "atan": lambda: divide(ONE, Node("add", (ONE, power(x, TWO)))),
        "sinh": lambda: call("cosh", x),
        "cosh": lambda: call("sinh", x),
        "tanh": lambda: Node("add", (ONE, negate(power(call("tanh", x), TWO)))),
        "atanh": lambda: divide(ONE, one_minus_square),
        "asinh": lambda: divide(ONE, call("sqrt", Node("add", (power(x, TWO), ONE)))),
        "erf": lambda: times(
            divide(TWO, call("sqrt", name("π"))), call("exp", negate(power(x, TWO)))
        ),
        "sigmoid": lambda: times(sigmoid, Node("add", (ONE, negate(sigmoid)))),
        "logit": lambda: divide(ONE, times(x, Node("add", (ONE, negate(x))))),
        "softplus": lambda: sigmoid,
        "logsigmoid": lambda: call("sigmoid", negate(x)),
        "relu": lambda: _positive(x),
        "abs": lambda: call("sign", x),
        "silu": lambda: add(
            sigmoid, times(x, sigmoid, Node("add", (ONE, negate(sigmoid))))
        ),
        "gelu": lambda: add(
            times(number(Fraction(1, 2)), Node("add", (
                ONE, call("erf", divide(x, call("sqrt", TWO)))))),
            divide(times(x, call("exp", negate(divide(power(x, TWO), TWO)))),
                   call("sqrt", times(TWO, name("π")))),
        ),
        "sign": lambda: ZERO, "step": lambda: ZERO, "floor": lambda: ZERO,
        "ceil": lambda: ZERO, "round": lambda: ZERO, "indicator": lambda: ZERO,
    }  # fmt: skip
    return table[function]() if function in table else None


def _call(tree: Node, variable: str) -> Node:
    function, args = str(tree.value), tree.args
    if function == "diff":
        return differentiate(unfold(tree), variable)
    if function in ("max", "min") and len(args) >= 2:
        return _extreme(tree, variable)
    if function == "leaky_relu":
        slope = args[1] if len(args) == 2 else number(Fraction(1, 100))
        chosen = Node("piecewise", (ONE, Node("compare", (args[0], ZERO), ">"), slope))
        return times(chosen, differentiate(args[0], variable))
    if function == "log" and len(args) == 2:
        return differentiate(divide(call("log", args[0]), call("log", args[1])), variable)
    outer = _outer(function, args[0]) if len(args) == 1 else None
    if outer is None:
        raise OutOfRange(f"no rule for the derivative of {function}")
    return times(outer, differentiate(args[0], variable))


def unfold(tree: Node) -> Node:
    """`diff(f, x)`, `diff(f, x, 2)`, `diff(f, x, y)` as the derivative itself."""
    slope, *variables = tree.args
    for position, variable in enumerate(variables):
        if variable.op == "name":
            slope = differentiate(slope, str(variable.value))
        elif variable.op == "number" and position and isinstance(variable.value, Fraction):
            if not 1 <= variable.value <= 4:
                raise OutOfRange("derivatives up to the fourth are taken")
            for _ in range(int(variable.value) - 1):
                slope = differentiate(slope, str(variables[position - 1].value))
        else:
            raise OutOfRange("a derivative is taken with respect to a symbol")
    return slope


def _extreme(tree: Node, variable: str) -> Node:
    """Of max: the slope of the first argument that is largest; at a tie the mean of 0 and 1 is
    nobody's convention, so relu'(0) = 0 holds for max(0, x) and max(x, 0) alike."""
    left, *others = tree.args
    right = others[0] if len(others) == 1 else Node("call", tuple(others), tree.value)
    relation = ">" if tree.value == "max" else "<"
    if left.op == "number":
        left, right = right, left
    condition = Node("compare", (left, right), relation)
    return Node(
        "piecewise", (differentiate(left, variable), condition, differentiate(right, variable))
    )


def _apply(tree: Node, variable: str) -> Node:
    if len(tree.args) != 1:
        raise OutOfRange(f"no rule for {tree.value} of several arguments")
    return times(replace(tree, value=f"{tree.value}'"), differentiate(tree.args[0], variable))


def _sum(tree: Node, variable: str) -> Node:
    body, low, high = tree.args
    if tree.op == "sum":
        return replace(tree, args=(differentiate(body, variable), low, high))
    # (Π b)' = Σ_k b_k' Π_{j≠k} b_j
    inner, outer = str(tree.value), "_k"
    slope = substitute(differentiate(body, variable), {inner: name(outer)})
    others = Node("piecewise", (ONE, Node("compare", (name(inner), name(outer)), "="), body))
    rest = replace(tree, args=(others, low, high))
    return Node("sum", (times(slope, rest), low, high), outer)


def _piecewise(tree: Node, variable: str) -> Node:
    args = tuple(
        arg if position % 2 else differentiate(arg, variable)
        for position, arg in enumerate(tree.args)
    )
    return replace(tree, args=args)


def _constant(tree: Node, variable: str) -> Node:
    return ZERO


RULES = {
    "name": _name, "add": _add, "neg": _negate, "mul": _multiply, "hadamard": _multiply,
    "div": _divide, "pow": _power, "call": _call, "apply": _apply, "sum": _sum, "prod": _sum,
    "piecewise": _piecewise, "compare": _constant, "and": _constant, "or": _constant,
    "not": _constant, "floordiv": _constant,
}  # fmt: skip
