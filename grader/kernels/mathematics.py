"""`math`, `cuda.libdevice`, `cuda.fp16` and the bit functions, entry by entry over lanes."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.kernels.dtypes import (
    BOOL,
    FLOAT16,
    FLOAT32,
    FLOAT64,
    INT32,
    INT64,
    UINT32,
    mix_floats,
    type_math,
    unify,
    widen,
)
from grader.kernels.lanes import Lanes, Mask
from grader.kernels.refusals import quote, refuse
from grader.kernels.typed import Code, Frame, cast, scalar_type

if TYPE_CHECKING:
    from grader.kernels.compiler import Compiler


def each(function: Callable[[float], float]) -> Callable[[Lanes], Lanes]:
    """A function of Python's `math` for arrays; what it refuses gives nan, what overflows inf."""

    def safe(value: float) -> float:
        try:
            return function(value)
        except OverflowError:
            return math.inf
        except ValueError:
            return math.nan

    ufunc = np.frompyfunc(safe, 1, 1)
    return lambda values: np.asarray(ufunc(np.asarray(values, FLOAT64))).astype(values.dtype)


UNARY: dict[str, Callable[..., Any]] = {
    "sqrt": np.sqrt, "exp": np.exp, "expm1": np.expm1, "log": np.log, "log2": np.log2,
    "log10": np.log10, "log1p": np.log1p, "sin": np.sin, "cos": np.cos, "tan": np.tan,
    "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan, "sinh": np.sinh, "cosh": np.cosh,
    "tanh": np.tanh, "asinh": np.arcsinh, "acosh": np.arccosh, "atanh": np.arctanh,
    "fabs": np.abs, "floor": np.floor, "ceil": np.ceil, "trunc": np.trunc, "exp2": np.exp2,
    "radians": np.radians, "degrees": np.degrees, "erf": each(math.erf),
    "erfc": each(math.erfc), "gamma": each(math.gamma), "lgamma": each(math.lgamma),
    "cbrt": np.cbrt, "rsqrt": lambda x: 1 / np.sqrt(x), "rint": np.rint,
}  # fmt: skip
SLOW = tuple(UNARY[name] for name in ("erf", "erfc", "gamma", "lgamma"))
BINARY: dict[str, Callable[..., Any]] = {
    "pow": np.power, "atan2": np.arctan2, "copysign": np.copysign, "fmod": np.fmod,
    "hypot": np.hypot, "remainder": lambda x, y: x - np.rint(x / y) * y,
    "fmin": np.fmin, "fmax": np.fmax,
}  # fmt: skip
TESTS = {"isnan": np.isnan, "isinf": np.isinf, "isfinite": np.isfinite}
# Names of libdevice that differ from C's.
LIBDEVICE_FAST = ("fast_expf", "fast_logf", "fast_sinf", "fast_cosf", "fast_log2f", "fast_tanf")
NUMPY_NAMES = {
    "sqrt": "sqrt", "exp": "exp", "log": "log", "sin": "sin", "cos": "cos", "tanh": "tanh",
    "floor": "floor", "ceil": "ceil", "fabs": "fabs",
}  # fmt: skip


def numbers(node: ast.Call, arguments: list[Code], count: int) -> list[np.dtype]:
    if len(arguments) != count:
        raise refuse(node, quote(node), f"give {count} number{'s' * (count != 1)}")
    return [scalar_type(argument, node) for argument in arguments]


def apply(
    c: Compiler,
    node: ast.Call,
    arguments: list[Code],
    dtype: np.dtype,
    function: Callable[..., Any],
    result: np.dtype | None = None,
) -> Code:
    """Convert the arguments to one type, apply, and count it as arithmetic."""
    runs = [cast(argument, dtype) for argument in arguments]
    cost = c.machine.lines[node.lineno]
    out = dtype if result is None else result
    is_fp64 = dtype == FLOAT64
    machine, line = c.machine, node.lineno
    # `math.erf` and its like go through Python entry by entry.
    lanewise = 300 if function in SLOW else 15

    def run(frame: Frame, mask: Mask) -> Any:
        machine.spend(1, line, lanewise)
        cost.arithmetic += mask.warps
        cost.fp64 += mask.warps * is_fp64
        value = function(*[argument(frame, mask) for argument in runs])
        return value if value.dtype == out else value.astype(out)

    return Code(out, run, is_exact32=out in (FLOAT16, FLOAT32))


def compile_unary(c: Compiler, node: ast.Call, path: str, arguments: list[Code]) -> Code:
    (operand,) = numbers(node, arguments, 1)
    return apply(c, node, arguments, type_math(operand), UNARY[path.rpartition(".")[2]])


def compile_rounding(c: Compiler, node: ast.Call, path: str, arguments: list[Code]) -> Code:
    """`math.floor` and `math.ceil` return floats in CUDA kernels, not integers."""
    return compile_unary(c, node, path, arguments)


def compile_binary(c: Compiler, node: ast.Call, path: str, arguments: list[Code]) -> Code:
    left, right = numbers(node, arguments, 2)
    dtype = FLOAT64 if "f" not in (left.kind, right.kind) else mix_floats(left, right)
    dtype = FLOAT32 if dtype == FLOAT16 else dtype
    return apply(c, node, arguments, dtype, BINARY[path.rpartition(".")[2]])


def compile_test(c: Compiler, node: ast.Call, path: str, arguments: list[Code]) -> Code:
    (operand,) = numbers(node, arguments, 1)
    test = TESTS[path.rpartition(".")[2]]
    return apply(c, node, arguments, type_math(operand), test, BOOL)


def compile_ldexp(c: Compiler, node: ast.Call, path: str, arguments: list[Code]) -> Code:
    base, _ = numbers(node, arguments, 2)
    dtype = type_math(base)
    power = cast(arguments[1], INT32)
    run = cast(arguments[0], dtype)
    return Code(dtype, lambda frame, mask: np.ldexp(run(frame, mask), power(frame, mask)))


def compile_libdevice(c: Compiler, node: ast.Call, path: str, arguments: list[Code]) -> Code:
    """`libdevice.sqrtf` and its like: a trailing f means float32, none means float64."""
    name = path.rpartition(".")[2].removeprefix("fast_")
    single = name.endswith("f") and name not in UNARY
    base = name.removesuffix("f") if single else name
    dtype = FLOAT32 if single else FLOAT64
    table = UNARY if base in UNARY else BINARY
    numbers(node, arguments, 1 if base in UNARY else 2)
    return apply(c, node, arguments, dtype, table[base])


def compile_fma(c: Compiler, node: ast.Call, path: str, arguments: list[Code]) -> Code:
    """Rounded once: float32 through float64, which rounds the product exactly."""
    types = numbers(node, arguments, 3)
    dtype = FLOAT32 if path.endswith("fmaf") else types[0]
    for other in types[1:]:
        dtype = unify(dtype, other)
    dtype = FLOAT16 if path.endswith("hfma") else dtype if dtype == FLOAT32 else FLOAT64
    wide = FLOAT64 if dtype != FLOAT64 else np.dtype(np.longdouble)

    def fma(x: Lanes, y: Lanes, z: Lanes) -> Lanes:
        return np.asarray((x.astype(wide) * y.astype(wide) + z.astype(wide)).astype(dtype))

    return apply(c, node, arguments, dtype, fma)


def compile_half(c: Compiler, node: ast.Call, path: str, arguments: list[Code]) -> Code:
    """`cuda.fp16.hadd` and its like."""
    name = path.rpartition(".")[2].removeprefix("h")
    if name in HALF_BINARY:
        numbers(node, arguments, 2)
        function = HALF_BINARY[name]
        result = BOOL if name in ("eq", "ne", "ge", "gt", "le", "lt") else FLOAT16
        return apply(c, node, arguments, FLOAT16, function, result)
    numbers(node, arguments, 1)
    return apply(c, node, arguments, FLOAT16, HALF_UNARY[name])


HALF_BINARY: dict[str, Callable[..., Any]] = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.true_divide,
    "max": np.fmax, "min": np.fmin, "eq": np.equal, "ne": np.not_equal,
    "ge": np.greater_equal, "gt": np.greater, "le": np.less_equal, "lt": np.less,
}  # fmt: skip
HALF_UNARY: dict[str, Callable[..., Any]] = {
    "neg": np.negative, "abs": np.abs, "sin": np.sin, "cos": np.cos, "log": np.log,
    "log10": np.log10, "log2": np.log2, "exp": np.exp, "exp2": np.exp2, "floor": np.floor,
    "exp10": lambda x: np.power(x.dtype.type(10), x),
    "ceil": np.ceil, "sqrt": np.sqrt, "rint": np.rint, "trunc": np.trunc,
    "rsqrt": lambda x: 1 / np.sqrt(x), "rcp": lambda x: 1 / x,
}  # fmt: skip


def compile_bits(c: Compiler, node: ast.Call, path: str, arguments: list[Code]) -> Code:
    """`popc`, `clz`, `ffs`, `brev`: on the bits of an integer of its own width."""
    (dtype,) = numbers(node, arguments, 1)
    if dtype.kind not in "iu":
        raise refuse(node, f"{quote(node)} on a {dtype.name}", "use it on integers")
    name = path.rpartition(".")[2]
    width = dtype.itemsize * 8
    if name == "brev" and dtype.itemsize < 4:
        dtype, width = UINT32, 32
    unsigned = np.dtype(f"uint{width}")
    run = cast(arguments[0], dtype)
    out = UINT32 if name == "ffs" else unsigned if name == "brev" else dtype

    machine, line = c.machine, node.lineno

    def compute(frame: Frame, mask: Mask) -> Any:
        machine.spend(8, line, 300)
        value = run(frame, mask).astype(unsigned).astype(np.uint64)
        bits = (value[..., None] >> np.arange(width, dtype=np.uint64)) & np.uint64(1)
        if name == "popc":
            result = bits.sum(axis=-1)
        elif name == "clz":
            result = np.where(value == 0, width, bits[..., ::-1].argmax(axis=-1))
        elif name == "ffs":
            result = np.where(value == 0, 0, bits.argmax(axis=-1) + 1)
        else:
            places = np.arange(width - 1, -1, -1, dtype=np.uint64)
            result = (bits << places).sum(axis=-1, dtype=np.uint64)
        return np.asarray(result).astype(out)

    return Code(out, compute)


def compile_select(c: Compiler, node: ast.Call, path: str, arguments: list[Code]) -> Code:
    _, left, right = numbers(node, arguments, 3)
    dtype = unify(left, right)
    runs = [cast(arguments[0], BOOL), cast(arguments[1], dtype), cast(arguments[2], dtype)]
    return Code(dtype, lambda frame, mask: np.where(*[run(frame, mask) for run in runs]))


def compile_integer_pick(c: Compiler, node: ast.Call, path: str, arguments: list[Code]) -> Code:
    """`libdevice.min` and `libdevice.max`, on integers."""
    types = numbers(node, arguments, 2)
    dtype = widen(unify(*types)) if "f" not in types[0].kind else FLOAT64
    ufunc = np.minimum if path.endswith("min") else np.maximum
    return apply(c, node, arguments, INT64 if dtype.kind != "f" else dtype, ufunc)


MATH_NAMES = [name for name in UNARY if name not in ("rsqrt", "rint", "cbrt", "exp2")]
LIBDEVICE = "numba.cuda.libdevice"
INTRINSICS: dict[str, Any] = {
    **{f"math.{name}": compile_unary for name in MATH_NAMES},
    **{f"numpy.{name}": compile_unary for name in NUMPY_NAMES},
    **{f"math.{name}": compile_binary for name in BINARY if not name.startswith("fm")},
    "math.fmod": compile_binary,
    **{f"math.{name}": compile_test for name in TESTS},
    "math.ldexp": compile_ldexp,
    **{f"{LIBDEVICE}.{name}": compile_libdevice for name in (*UNARY, *BINARY)},
    **{f"{LIBDEVICE}.{name}f": compile_libdevice for name in (*UNARY, *BINARY)},
    **{f"{LIBDEVICE}.{name}": compile_libdevice for name in LIBDEVICE_FAST},
    f"{LIBDEVICE}.fast_powf": compile_libdevice,
    f"{LIBDEVICE}.fma": compile_fma,
    f"{LIBDEVICE}.fmaf": compile_fma,
    f"{LIBDEVICE}.min": compile_integer_pick,
    f"{LIBDEVICE}.max": compile_integer_pick,
    **{f"{LIBDEVICE}.{name}": compile_bits for name in ("popc", "clz", "ffs", "brev")},
    "numba.cuda.fma": compile_fma,
    "numba.cuda.cbrt": compile_unary,
    "numba.cuda.selp": compile_select,
    **{f"numba.cuda.{name}": compile_bits for name in ("popc", "clz", "ffs", "brev")},
    "numba.cuda.fp16.hfma": compile_fma,
    **{f"numba.cuda.fp16.h{name}": compile_half for name in (*HALF_BINARY, *HALF_UNARY)},
}
