"""Calls: conversions, built-in and device functions, and whatever `cuda` and `math` offer."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.kernels import allocations, atomics, mathematics, synchronisation, warps
from grader.kernels.dtypes import BOOL, FLOAT32, FLOAT64, INT64, NAMES, unify
from grader.kernels.lanes import Mask
from grader.kernels.names import lift, make_tuple
from grader.kernels.refusals import quote, refuse
from grader.kernels.source import read_defaults
from grader.kernels.typed import (
    NONE,
    ArrayType,
    Code,
    Frame,
    PathType,
    TupleType,
    cast,
    constant,
    say,
    scalar_type,
)

if TYPE_CHECKING:
    from grader.kernels.compiler import Compiler

Intrinsic = Callable[["Compiler", ast.Call, str, "list[Code]"], Code]

INTRINSICS: dict[str, Intrinsic] = {
    **allocations.INTRINSICS,
    **atomics.INTRINSICS,
    **mathematics.INTRINSICS,
    **synchronisation.INTRINSICS,
    **warps.INTRINSICS,
}
# Imported under these names, they are what Python's own functions of that name are.
SAME_AS_BUILTIN = {"numba.prange": "range", "numpy.abs": "abs", "numpy.absolute": "abs"}


def compile_call(c: Compiler, node: ast.Call) -> Code:
    callee = c.expression(node.func)
    if not isinstance(callee.type, PathType):
        raise refuse(
            node,
            f"{quote(node.func)} is {say(callee.type)} and cannot be called",
            "call functions only",
        )
    path = SAME_AS_BUILTIN.get(callee.type.path, callee.type.path)
    if path in allocations.INTRINSICS:
        return INTRINSICS[path](c, node, path, [])
    if any(isinstance(entry, ast.Starred) for entry in node.args):
        raise refuse(node, f"{quote(node)} with `*`", "pass arguments one by one")
    if path.startswith("device."):
        name = path.removeprefix("device.")
        return c.device_function(node, name, arrange_arguments(c, node, name))
    if node.keywords:
        raise refuse(node, f"{quote(node)} with keywords", "pass arguments by position")
    arguments = [c.expression(entry) for entry in node.args]
    dtype = data_type(path)
    if dtype is not None:
        return convert(node, arguments, dtype)
    if path in BUILTIN_FUNCTIONS:
        return BUILTIN_FUNCTIONS[path](c, node, arguments)
    if path in INTRINSICS:
        return INTRINSICS[path](c, node, path, arguments)
    advice = "use `math`, `cuda` and your own device functions"
    if path.startswith("numpy."):
        advice = f"use `math.{path.removeprefix('numpy.')}` or write a loop"
    raise refuse(node, f"`{path}` in a kernel", advice)


def arrange_arguments(c: Compiler, node: ast.Call, name: str) -> list[Code]:
    """The arguments of a call in the order of the parameters, defaults where none is given."""
    function = c.program.functions[name]
    parameters = [each.arg for each in (*function.args.posonlyargs, *function.args.args)]
    given = dict(zip(parameters, node.args, strict=False))
    for keyword in node.keywords:
        if keyword.arg not in parameters or keyword.arg in given:
            raise refuse(node, f"{quote(node)} with `{keyword.arg}`",
                         f"`{name}` takes {', '.join(parameters)}, each once")  # fmt: skip
        given[keyword.arg] = keyword.value
    defaults = read_defaults(c.program, function)
    unknown = [each for each in parameters if each not in given and each not in defaults]
    if unknown or len(node.args) > len(parameters):
        raise refuse(
            node, f"`{name}` takes {len(parameters)} arguments",
            f"give it {', '.join(unknown)}" if unknown else f"this call passes {len(node.args)}",
        )  # fmt: skip
    return [c.expression(given[each]) if each in given else lift(defaults[each], node)
            for each in parameters]  # fmt: skip


def data_type(path: str) -> np.dtype | None:
    """The type that `numba.float32`, `numpy.float32` or `a.dtype` stands for."""
    home, _, name = path.rpartition(".")
    return NAMES.get(name) if home in ("numba", "numpy", "dtype") else None


def convert(node: ast.Call, arguments: list[Code], dtype: np.dtype) -> Code:
    if len(arguments) != 1:
        raise refuse(node, quote(node), "convert one number")
    argument = arguments[0]
    scalar_type(argument, node)
    if argument.fp64 is not None and dtype.kind == "f" and dtype != FLOAT64:
        argument.fp64[0] = False
    const = None if isinstance(argument.const, tuple) else argument.const
    if const is not None and dtype.kind in "iuf":
        return constant(np.asarray(const).astype(dtype)[()].item(), dtype)
    exact = argument.is_exact32 or (dtype.kind == "f" and dtype.itemsize <= FLOAT32.itemsize)
    return Code(dtype, cast(argument, dtype), is_exact32=exact)


def compile_int(c: Compiler, node: ast.Call, arguments: list[Code]) -> Code:
    operand = scalar_type(arguments[0], node)
    return convert(node, arguments, operand if operand.kind in "iu" else INT64)


def compile_float(c: Compiler, node: ast.Call, arguments: list[Code]) -> Code:
    # On CUDA, Numba's `float` keeps the width of a float and makes float64 of an integer.
    operand = scalar_type(arguments[0], node)
    return convert(node, arguments, operand if operand.kind == "f" else FLOAT64)


def compile_bool(c: Compiler, node: ast.Call, arguments: list[Code]) -> Code:
    return convert(node, arguments, BOOL)


def compile_abs(c: Compiler, node: ast.Call, arguments: list[Code]) -> Code:
    dtype = scalar_type(arguments[0], node)
    run = arguments[0].run
    if dtype.kind in "bu":
        return arguments[0]
    return Code(
        dtype, lambda frame, mask: np.abs(run(frame, mask)), is_exact32=arguments[0].is_exact32
    )


def compile_len(c: Compiler, node: ast.Call, arguments: list[Code]) -> Code:
    type_, run = arguments[0].type, arguments[0].run
    if isinstance(type_, TupleType):
        return constant(len(type_.entries), INT64)
    if not isinstance(type_, ArrayType):
        raise refuse(node, f"the length of {say(type_)}", "use `len` on arrays and tuples")

    def length(frame: Frame, mask: Mask) -> Any:
        return np.asarray(run(frame, mask).shape[0], INT64)[()]

    return Code(INT64, length)


def compile_extreme(ufunc: Callable[..., Any]) -> Callable[..., Code]:
    """`min` and `max`: the first of equals, and of nan the second, as Numba compiles them."""

    def compile_(c: Compiler, node: ast.Call, arguments: list[Code]) -> Code:
        if len(arguments) < 2:
            raise refuse(node, f"{quote(node)} of one value", "compare two numbers at a time")
        dtype = scalar_type(arguments[0], node)
        for argument in arguments[1:]:
            dtype = unify(dtype, scalar_type(argument, node))
        runs = [cast(argument, dtype) for argument in arguments]

        def run(frame: Frame, mask: Mask) -> Any:
            best = runs[0](frame, mask)
            for other in runs[1:]:
                value = other(frame, mask)
                best = np.where(ufunc(best, value), best, value)
            return best

        return Code(dtype, run, is_exact32=all(a.is_exact32 for a in arguments))

    return compile_


def compile_round(c: Compiler, node: ast.Call, arguments: list[Code]) -> Code:
    dtype = scalar_type(arguments[0], node)
    run = arguments[0].run
    if len(arguments) == 1:
        return Code(INT64, lambda frame, mask: np.rint(run(frame, mask)).astype(INT64))
    digits = arguments[1].const
    if not isinstance(digits, int) or dtype.kind != "f":
        raise refuse(node, quote(node), "round a float to a constant number of digits")
    scale = dtype.type(10.0 ** max(-20, min(20, digits)))
    return Code(dtype, lambda frame, mask: np.rint(run(frame, mask) * scale) / scale)


def compile_print(c: Compiler, node: ast.Call, arguments: list[Code]) -> Code:
    runs = [argument.run for argument in arguments]

    def run(frame: Frame, mask: Mask) -> None:
        for argument in runs:
            argument(frame, mask)  # Prints nothing here, but what it reads is read.

    return Code(NONE, run)


def compile_divmod(c: Compiler, node: ast.Call, arguments: list[Code]) -> Code:
    from grader.kernels.expressions import binary

    if len(arguments) != 2:
        raise refuse(node, quote(node), "give two numbers")
    return make_tuple([binary(c, node, op, *arguments) for op in (ast.FloorDiv(), ast.Mod())])


def compile_pow(c: Compiler, node: ast.Call, arguments: list[Code]) -> Code:
    from grader.kernels.expressions import binary

    if len(arguments) != 2:
        raise refuse(node, quote(node), "give a base and an exponent")
    return binary(c, node, ast.Pow(), *arguments)


BUILTIN_FUNCTIONS: dict[str, Callable[[Compiler, ast.Call, list[Code]], Code]] = {
    "int": compile_int,
    "float": compile_float,
    "bool": compile_bool,
    "abs": compile_abs,
    "len": compile_len,
    "min": compile_extreme(np.less_equal),
    "max": compile_extreme(np.greater_equal),
    "round": compile_round,
    "print": compile_print,
    "divmod": compile_divmod,
    "pow": compile_pow,
}
COMPILERS: dict[type[ast.AST], Callable[[Compiler, Any], Code]] = {ast.Call: compile_call}
