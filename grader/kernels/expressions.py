"""Operators, comparisons, logic and conditional expressions."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.kernels import attributes
from grader.kernels.dtypes import (
    BOOL,
    FLOAT32,
    FLOAT64,
    type_binary,
    type_comparison,
    type_unary,
)
from grader.kernels.folding import SIGNS, combine, fold_binary
from grader.kernels.lanes import Lanes, Mask
from grader.kernels.names import require_small_tuple
from grader.kernels.refusals import quote, refuse
from grader.kernels.typed import (
    Code,
    Frame,
    Run,
    TupleType,
    Type,
    cast,
    constant,
    join_types,
    say,
    scalar_type,
    truth,
)

if TYPE_CHECKING:
    from grader.kernels.compiler import Compiler

UFUNCS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: np.add, ast.Sub: np.subtract, ast.Mult: np.multiply, ast.Div: np.true_divide,
    ast.FloorDiv: np.floor_divide, ast.Mod: np.mod, ast.BitAnd: np.bitwise_and,
    ast.BitOr: np.bitwise_or, ast.BitXor: np.bitwise_xor, ast.LShift: np.left_shift,
    ast.RShift: np.right_shift,
}  # fmt: skip
COMPARISONS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Lt: np.less, ast.LtE: np.less_equal, ast.Gt: np.greater, ast.GtE: np.greater_equal,
    ast.Eq: np.equal, ast.NotEq: np.not_equal,
}  # fmt: skip
# float32 operands widened, combined once and narrowed again give what float32 gives.
FOLDABLE = (ast.Add, ast.Sub, ast.Mult, ast.Div)
ENTRIES_COPIED_A_UNIT = 200
"""Of a tuple, in a microsecond."""


def compile_binary(c: Compiler, node: ast.BinOp) -> Code:
    left, right = c.expression(node.left), c.expression(node.right)
    if isinstance(left.type, TupleType) and isinstance(right.type, TupleType):
        return join_tuples(c, node, left, right)
    return binary(c, node, node.op, left, right)


def join_tuples(c: Compiler, node: ast.BinOp, left: Code, right: Code) -> Code:
    if not isinstance(node.op, ast.Add):
        raise refuse(node, f"{quote(node)} on tuples", "compute entry by entry")
    assert isinstance(left.type, TupleType) and isinstance(right.type, TupleType)
    entries = left.type.entries + right.type.entries
    require_small_tuple(node, TupleType(entries))
    one, two = left.run, right.run
    machine, cost = c.machine, len(entries) / ENTRIES_COPIED_A_UNIT

    def run(frame: Frame, mask: Mask) -> Any:
        machine.spend(cost, node.lineno, 0)
        return one(frame, mask) + two(frame, mask)

    return Code(TupleType(entries), run)


def binary(c: Compiler, node: ast.AST, op: ast.operator, left: Code, right: Code) -> Code:
    """A binary operator on two numbers; also what `+=` does."""
    for code in (left, right):
        if not isinstance(code.type, np.dtype):
            raise refuse(
                node,
                f"{quote(node)} on {say(code.type)}",
                "work on single entries, in a loop if need be",
            )
    left_type, right_type = scalar_type(left, node), scalar_type(right, node)
    if left.const is not None and right.const is not None:
        value = fold_binary(type(op), left.const, right.const)
        result = type_binary(op, left_type, right_type)
        if value is not None and result is not None:
            return constant(value, result)
    if isinstance(op, ast.Pow):
        return power(c, node, left, right)
    dtype = type_binary(op, left_type, right_type)
    ufunc = UFUNCS.get(type(op))
    if dtype is None or ufunc is None:
        raise refuse(
            node,
            f"{quote(node)} on {say(left_type)} and {say(right_type)}",
            "convert with int(...) first" if dtype is None else "write it out",
        )
    one, two = cast(left, dtype), cast(right, dtype)
    cost = c.machine.lines[getattr(node, "lineno", 0)]
    if isinstance(op, ast.FloorDiv | ast.Mod):
        ufunc = charge(c, node, ufunc)
    if dtype.kind != "f":
        return Code(dtype, lambda frame, mask: ufunc(one(frame, mask), two(frame, mask)))
    if dtype != FLOAT64:

        def run(frame: Frame, mask: Mask) -> Any:
            value = ufunc(one(frame, mask), two(frame, mask))
            cost.arithmetic += mask.warps
            return value

        return Code(dtype, run, is_exact32=True)
    counts = [True]

    def run64(frame: Frame, mask: Mask) -> Any:
        value = ufunc(one(frame, mask), two(frame, mask))
        cost.arithmetic += mask.warps
        if counts[0]:
            cost.fp64 += mask.warps
        return value

    folds = isinstance(op, FOLDABLE) and left.is_exact32 and right.is_exact32
    return Code(FLOAT64, run64, fp64=counts if folds else None)


def charge(c: Compiler, node: ast.AST, ufunc: Callable[..., Any]) -> Callable[..., Any]:
    """Divisions of integers take NumPy ten times what an addition does."""
    machine, line = c.machine, getattr(node, "lineno", 0)

    def charged(left: Any, right: Any) -> Any:
        machine.spend(2, line, 10)
        return ufunc(left, right)

    return charged


def power(c: Compiler, node: ast.AST, left: Code, right: Code) -> Code:
    dtype = type_binary(ast.Pow(), scalar_type(left, node), scalar_type(right, node))
    assert dtype is not None
    one = cast(left, dtype)
    cost = c.machine.lines[getattr(node, "lineno", 0)]
    is_fp64 = dtype == FLOAT64

    def count(mask: Mask) -> None:
        if dtype.kind == "f":
            cost.arithmetic += mask.warps
            cost.fp64 += mask.warps * is_fp64

    if isinstance(right.const, int) and 1 <= right.const <= 4:
        times = right.const

        def multiply(frame: Frame, mask: Mask) -> Any:
            count(mask)
            base = value = one(frame, mask)
            for _ in range(times - 1):
                value = value * base
            return value

        return Code(dtype, multiply, is_exact32=dtype == FLOAT32)
    two = cast(right, dtype)
    if dtype.kind == "f":

        def run(frame: Frame, mask: Mask) -> Any:
            count(mask)
            return np.power(one(frame, mask), two(frame, mask))

        return Code(dtype, run, is_exact32=dtype == FLOAT32)
    return Code(dtype, lambda frame, mask: integer_power(one(frame, mask), two(frame, mask)))


def integer_power(base: Lanes, exponent: Lanes) -> Lanes:
    """Powers that wrap; a negative exponent gives what truncating the fraction gives."""
    whole = np.power(base, np.maximum(exponent, 0))
    if not np.any(exponent < 0):
        return np.asarray(whole)
    odd = np.where(exponent % 2 == 0, 1, base)
    inverse = np.where(base == 1, 1, np.where(base == -1, odd, 0))
    return np.where(exponent < 0, inverse, whole).astype(whole.dtype)


def compile_unary(c: Compiler, node: ast.UnaryOp) -> Code:
    operand = c.expression(node.operand)
    operand_type = scalar_type(operand, node)
    if isinstance(node.op, ast.Not):
        test = truth(operand, node)
        return Code(BOOL, lambda frame, mask: np.logical_not(test(frame, mask)))
    dtype = type_unary(node.op, operand_type)
    if dtype is None:
        raise refuse(node, f"{quote(node)} on {say(operand_type)}", "use it on integers")
    if operand.const is not None:
        value = combine(SIGNS[type(node.op)], operand.const)
        if value is not None:
            return constant(value, dtype)
    run = cast(operand, dtype)
    exact = operand.is_exact32
    if isinstance(node.op, ast.USub):
        return Code(dtype, lambda frame, mask: np.negative(run(frame, mask)), is_exact32=exact)
    if isinstance(node.op, ast.Invert):
        return Code(dtype, lambda frame, mask: np.invert(run(frame, mask)))
    return Code(dtype, run, is_exact32=exact)


def compile_compare(c: Compiler, node: ast.Compare) -> Code:
    codes = [c.expression(entry) for entry in [node.left, *node.comparators]]
    tests = []
    for op, left, right in zip(node.ops, codes, codes[1:], strict=False):
        if type(op) not in COMPARISONS:
            raise refuse(node, quote(node), "compare numbers with <, <=, ==, !=, >=, >")
        tests.append(comparison(node, COMPARISONS[type(op)], left, right))
    if len(tests) == 1:
        return Code(BOOL, tests[0])

    def run(frame: Frame, mask: Mask) -> Any:
        value = tests[0](frame, mask)
        for test in tests[1:]:
            yes, _ = mask.split(value)
            if yes is None:
                break
            value = np.logical_and(value, test(frame, yes))
        return value

    return Code(BOOL, run)


def comparison(node: ast.AST, ufunc: Callable[..., Any], left: Code, right: Code) -> Run:
    left_type, right_type = scalar_type(left, node), scalar_type(right, node)
    if "f" in (left_type.kind, right_type.kind):
        common = type_comparison(left_type, right_type)
        one, two = cast(left, common), cast(right, common)
    else:
        one, two = left.run, right.run  # NumPy compares integers of any two types exactly.
    return lambda frame, mask: ufunc(one(frame, mask), two(frame, mask))


def compile_logic(c: Compiler, node: ast.BoolOp) -> Code:
    """`and` and `or`: a later operand is evaluated only for lanes that still need it."""
    codes = [c.expression(entry) for entry in node.values]
    if any(code.type != BOOL for code in codes):
        for code, entry in zip(codes, node.values, strict=True):
            scalar_type(code, entry)
    tests = [truth(code, entry) for code, entry in zip(codes, node.values, strict=True)]
    is_and = isinstance(node.op, ast.And)

    def run(frame: Frame, mask: Mask) -> Any:
        value = tests[0](frame, mask)
        for test in tests[1:]:
            yes, no = mask.split(value)
            rest = yes if is_and else no
            if rest is None:
                break
            other = test(frame, rest)
            value = np.logical_and(value, other) if is_and else np.logical_or(value, other)
        return value

    return Code(BOOL, run)


def compile_conditional(c: Compiler, node: ast.IfExp) -> Code:
    test = truth(c.expression(node.test), node.test)
    body, other = c.expression(node.body), c.expression(node.orelse)
    type_ = join_types(body.type, other.type, node, quote(node))
    if not isinstance(type_, np.dtype):
        raise refuse(
            node, f"{quote(node)} chooses between {say(body.type)}s", "write an `if` statement"
        )
    one, two = cast(body, type_), cast(other, type_)

    def run(frame: Frame, mask: Mask) -> Any:
        condition = test(frame, mask)
        yes, no = mask.split(condition)
        if no is None:
            return one(frame, mask)
        if yes is None:
            return two(frame, mask)
        return np.where(condition, one(frame, yes), two(frame, no))

    return Code(type_, run, is_exact32=body.is_exact32 and other.is_exact32)


def fix_type(run: Run, type_: Type | None) -> Run:
    """A device function's value in its one return type."""
    if not isinstance(type_, np.dtype):
        return run
    zero = type_.type(0)

    def fixed(frame: Frame, mask: Mask) -> Any:
        value = run(frame, mask)
        return zero if value is None else value.astype(type_)

    return fixed


COMPILERS: dict[type[ast.AST], Callable[[Compiler, Any], Code]] = {
    ast.BinOp: compile_binary,
    ast.UnaryOp: compile_unary,
    ast.Compare: compile_compare,
    ast.BoolOp: compile_logic,
    ast.IfExp: compile_conditional,
    ast.Attribute: attributes.compile_attribute,
}
