"""`cuda.shared.array`, `cuda.local.array` and `cuda.const.array_like`."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.kernels.dtypes import NAMES
from grader.kernels.lanes import Mask
from grader.kernels.machine import Halt
from grader.kernels.memory import View, block_memory, thread_memory, whole
from grader.kernels.refusals import quote, refuse
from grader.kernels.typed import ArrayType, Code, Frame, PathType

if TYPE_CHECKING:
    from grader.kernels.compiler import Compiler


def compile_shared(c: Compiler, node: ast.Call, path: str, _: list[Code]) -> Code:
    shape, dtype = read_arguments(c, node)
    name = c.name_hint or "shared array"
    origin = c.new_origin(node)
    type_ = ArrayType(dtype, len(shape), "shared", frozenset((origin,)))
    if shape == (0,):
        return Code(type_, dynamic_array(c, node, name, origin, dtype))
    machine = c.machine
    size = int(np.prod(shape))
    size_bytes = size * dtype.itemsize
    if origin not in c.shared_bytes:
        c.shared_bytes[origin] = size_bytes
    if sum(c.shared_bytes.values()) > machine.hardware.static_shared_bytes:
        machine.shared_bytes = sum(c.shared_bytes.values())
        raise Halt(
            "limit",
            node.lineno,
            f"{machine.shared_bytes} bytes of static shared memory "
            f"a block; the limit is {machine.hardware.static_shared_bytes}",
        )
    machine.shared_bytes = sum(c.shared_bytes.values())
    written = c.written

    def run(frame: Frame, mask: Mask) -> View:
        view = machine.shared.get(origin)
        if view is None:
            machine.hold(size_bytes * machine.geometry.block_count, node.lineno)
            memory = block_memory(name, size, dtype, machine.geometry)
            if origin in written:
                machine.watch(memory)
            view = machine.shared[origin] = whole(memory, shape)
        return view

    return Code(type_, run)


def dynamic_array(
    c: Compiler, node: ast.Call, name: str, origin: int, dtype: np.dtype
) -> Callable[[Frame, Mask], View]:
    """The launch's dynamic shared memory: every array of size 0 starts at its first byte."""
    machine = c.machine
    size = machine.dynamic_shared_bytes // dtype.itemsize

    def run(frame: Frame, mask: Mask) -> View:
        view = machine.shared.get(origin)
        if view is None:
            if machine.dynamic is None:
                machine.hold(
                    machine.dynamic_shared_bytes * machine.geometry.block_count, node.lineno
                )
                machine.dynamic = block_memory(name, size, dtype, machine.geometry)
                machine.watch(machine.dynamic)
            if machine.dynamic.dtype != dtype:
                raise refuse(
                    node,
                    "dynamic shared memory seen as two data types",
                    "use static arrays, or one data type",
                )
            view = machine.shared[origin] = whole(machine.dynamic, (size,))
        return view

    return run


def compile_local(c: Compiler, node: ast.Call, path: str, _: list[Code]) -> Code:
    shape, dtype = read_arguments(c, node)
    name = c.name_hint or "local array"
    machine = c.machine
    size = int(np.prod(shape))
    size_bytes = size * dtype.itemsize
    if size_bytes > machine.hardware.local_bytes_per_thread:
        raise Halt(
            "limit",
            node.lineno,
            f"{size_bytes} bytes of local memory a thread; the "
            f"limit is {machine.hardware.local_bytes_per_thread}",
        )
    type_ = ArrayType(dtype, len(shape), "local", frozenset((c.new_origin(node),)))

    def run(frame: Frame, mask: Mask) -> View:
        machine.hold(size_bytes * machine.geometry.lane_count, node.lineno)
        memory = thread_memory(name, size, dtype, machine.geometry)
        return whole(memory, shape)

    return Code(type_, run)


def compile_array_like(c: Compiler, node: ast.Call, path: str, _: list[Code]) -> Code:
    """A tuple of the module as a constant array."""
    source = c.expression(node.args[0]) if len(node.args) == 1 and not node.keywords else None
    if source is None or not isinstance(source.const, tuple):
        raise refuse(
            node, quote(node), "give the name of a tuple of numbers at the top of the file"
        )
    entries = np.asarray(source.const)
    if entries.dtype.kind not in "if":
        raise refuse(node, quote(node), "give numbers of one type")
    from grader.kernels.memory import Memory

    memory = Memory(quote(node.args[0]).strip("`"), "const", entries.reshape(-1), entries.size)
    view = whole(memory, entries.shape)
    type_ = ArrayType(entries.dtype, entries.ndim, "const", frozenset(), is_readonly=True)
    return Code(type_, lambda frame, mask: view)


def read_arguments(c: Compiler, node: ast.Call) -> tuple[tuple[int, ...], np.dtype]:
    """Shape and data type, both known before the launch."""
    given: dict[str, ast.expr] = dict(zip(("shape", "dtype"), node.args, strict=False))
    given.update({keyword.arg or "**": keyword.value for keyword in node.keywords})
    if set(given) != {"shape", "dtype"} or len(node.args) > 2:
        raise refuse(node, quote(node), "give a shape and a data type")
    shape = c.expression(given["shape"]).const
    shape = (shape,) if isinstance(shape, int) else shape
    if (
        not isinstance(shape, tuple)
        or not shape
        or not all(type(size) is int and 0 <= size < 2**31 for size in shape)
    ):
        raise refuse(
            given["shape"],
            f"the shape {quote(given['shape'])} is not known before the launch",
            "use integers or constants of the file",
        )
    type_ = c.expression(given["dtype"]).type
    path = type_.path if isinstance(type_, PathType) else ""
    home, _, name = path.rpartition(".")
    dtype = NAMES.get(name) if home in ("", "numba", "numpy", "dtype") else None
    if path in ("int", "float"):
        dtype = NAMES[{"int": "int64", "float": "float64"}[path]]
    if dtype is None:
        raise refuse(
            given["dtype"],
            f"{quote(given['dtype'])} is no data type",
            "use `numba.float32` or its like",
        )
    return shape, dtype


INTRINSICS: dict[str, Any] = {
    "numba.cuda.shared.array": compile_shared,
    "numba.cuda.local.array": compile_local,
    "numba.cuda.const.array_like": compile_array_like,
}
