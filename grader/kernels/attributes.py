"""Attributes: places in the launch (`cuda.threadIdx.x`) and properties of arrays (`a.shape`)."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.kernels.dtypes import INT32, INT64
from grader.kernels.folding import KNOWN_NUMBERS
from grader.kernels.lanes import Mask
from grader.kernels.limits import WARP
from grader.kernels.memory import View
from grader.kernels.refusals import quote, refuse
from grader.kernels.typed import (
    ArrayType,
    Code,
    Frame,
    PathType,
    TupleType,
    constant,
    say,
)

if TYPE_CHECKING:
    from grader.kernels.compiler import Compiler

AXES = "xyz"


def compile_attribute(c: Compiler, node: ast.Attribute) -> Code:
    path = c.path(node)
    if path is not None:
        return compile_path(c, node, path)
    value = c.expression(node.value)
    if isinstance(value.type, ArrayType):
        return compile_array_attribute(node, value, value.type)
    if isinstance(value.type, PathType) and value.type.path.startswith("dtype."):
        return Code(value.type, value.run)
    raise refuse(
        node,
        f"{quote(node)}: {say(value.type)} has no `{node.attr}` in a kernel",
        "arrays have shape, size, ndim, dtype and T",
    )


def compile_path(c: Compiler, node: ast.Attribute, path: str) -> Code:
    if path in KNOWN_NUMBERS:
        return constant(KNOWN_NUMBERS[path], np.dtype(np.float64))
    if path == "numba.cuda.warpsize":
        return constant(WARP, INT32)
    machine = c.machine
    if path == "numba.cuda.laneid":
        return Code(INT32, lambda frame, mask: machine.geometry.lane_id)
    base, _, name = path.rpartition(".")
    if base in ("numba.cuda.threadIdx", "numba.cuda.blockIdx") and name in AXES:
        axis = AXES.index(name)
        if base.endswith("threadIdx"):
            return Code(INT32, lambda frame, mask: machine.geometry.thread_index[axis])
        return Code(INT32, lambda frame, mask: machine.geometry.block_index[axis])
    if base in ("numba.cuda.blockDim", "numba.cuda.gridDim") and name in AXES:
        dims = machine.block if base.endswith("blockDim") else machine.grid
        size = np.int32(dims[AXES.index(name)])
        # No `const`: the launch is not known when Numba compiles, so no array size may use it.
        return Code(INT32, lambda frame, mask: size)
    return Code(PathType(path), lambda frame, mask: None)


def compile_array_attribute(node: ast.Attribute, array: Code, type_: ArrayType) -> Code:
    run = array.run
    if node.attr == "shape":

        def shape(frame: Frame, mask: Mask) -> Any:
            return tuple(np.asarray(size, INT64)[()] for size in run(frame, mask).shape)

        return Code(TupleType((INT64,) * type_.ndim), shape)
    if node.attr == "size":

        def size(frame: Frame, mask: Mask) -> Any:
            product: Any = np.int64(1)
            for extent in run(frame, mask).shape:
                product = product * extent
            return np.asarray(product, INT64)[()]

        return Code(INT64, size)
    if node.attr == "ndim":
        return constant(type_.ndim, INT64)
    if node.attr == "itemsize":
        return constant(type_.dtype.itemsize, INT64)
    if node.attr == "dtype":
        return Code(PathType(f"dtype.{type_.dtype.name}"), lambda frame, mask: None)
    if node.attr == "T":

        def transpose(frame: Frame, mask: Mask) -> View:
            view = run(frame, mask)
            return View(view.memory, view.offset, view.shape[::-1], view.strides[::-1])

        return Code(type_, transpose)
    raise refuse(
        node,
        f"`.{node.attr}` of an array",
        "kernels read single entries: write a loop over indices",
    )
