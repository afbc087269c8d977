"""Barriers, fences, and where a thread stands in the grid."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.kernels.dtypes import INT32, INT64
from grader.kernels.lanes import Mask
from grader.kernels.machine import Machine
from grader.kernels.refusals import quote, refuse
from grader.kernels.typed import NONE, Code, Frame, TupleType, scalar_type, truth

if TYPE_CHECKING:
    from grader.kernels.compiler import Compiler


def compile_barrier(c: Compiler, node: ast.Call, path: str, arguments: list[Code]) -> Code:
    """`syncthreads`, and its forms that also count or combine a condition over the block."""
    machine = c.machine
    name = path.rpartition(".")[2]
    if name == "syncthreads":

        def wait(frame: Frame, mask: Mask) -> None:
            pass_barrier(machine, node, mask)

        return Code(NONE, wait)
    if len(arguments) != 1:
        raise refuse(node, quote(node), "give one condition")
    test = truth(arguments[0], node)

    def run(frame: Frame, mask: Mask) -> Any:
        condition = test(frame, mask)
        pass_barrier(machine, node, mask)
        geometry = machine.geometry
        yes = (mask.bits & condition).reshape(geometry.block_count, -1)
        here = mask.bits.reshape(geometry.block_count, -1)
        if name == "syncthreads_count":
            result = yes.sum(axis=1)
        elif name == "syncthreads_and":
            result = (yes == here).all(axis=1)
        else:
            result = yes.any(axis=1)
        return np.repeat(result.astype(INT32), geometry.padded)

    return Code(INT32, run)


def pass_barrier(machine: Machine, node: ast.Call, mask: Mask) -> None:
    """Order what came before, and look for threads of the block that are elsewhere."""
    machine.spend(50, node.lineno, 15)
    machine.loaded.clear()
    geometry = machine.geometry
    blocks = np.zeros(geometry.block_count, np.bool_)
    blocks[geometry.block_of[mask.index]] = True
    elsewhere = geometry.live.bits & ~machine.exited & blocks[geometry.block_of] & ~mask.bits
    if elsewhere.any():
        missing = int(elsewhere.argmax())

        def describe() -> str:
            return (
                f"{geometry.name_thread(mask.first)} waits here and "
                f"{geometry.name_thread(missing)} does not come: every thread of a block must "
                "reach the same barrier"
            )

        machine.report("barrier divergence", node.lineno, node.col_offset + 1, 1, describe)
    machine.barriers += 1
    everyone = bool(blocks.all()) and not elsewhere.any()
    for shadow in machine.shadows:
        shadow.pass_barrier(everyone=everyone)
    if machine.watch_races:
        machine.order.pass_barrier(blocks)


def compile_fence(c: Compiler, node: ast.Call, path: str, arguments: list[Code]) -> Code:
    machine = c.machine

    def run(frame: Frame, mask: Mask) -> None:
        if machine.watch_races:
            machine.order.fence(mask)

    return Code(NONE, run)


def compile_grid(c: Compiler, node: ast.Call, path: str, arguments: list[Code]) -> Code:
    """`cuda.grid(n)` and `cuda.gridsize(n)`: one number, or a tuple of 2 or 3."""
    ndim = arguments[0].const if len(arguments) == 1 else None
    if ndim not in (1, 2, 3) or isinstance(ndim, bool):
        raise refuse(node, quote(node), "give 1, 2 or 3")
    machine = c.machine
    sizes = tuple(
        np.int64(blocks * threads)
        for blocks, threads in zip(machine.grid, machine.block, strict=True)
    )
    is_grid = path.endswith(".grid")

    def run(frame: Frame, mask: Mask) -> Any:
        places: tuple[Any, ...] = machine.geometry.grid_index if is_grid else sizes
        return places[0] if ndim == 1 else places[:ndim]

    return Code(INT64 if ndim == 1 else TupleType((INT64,) * ndim), run)


def compile_sleep(c: Compiler, node: ast.Call, path: str, arguments: list[Code]) -> Code:
    for argument in arguments:
        scalar_type(argument, node)
    return Code(NONE, lambda frame, mask: None)


def compile_clock(c: Compiler, node: ast.Call, path: str, arguments: list[Code]) -> Code:
    raise refuse(node, quote(node), "kernels here have no clock: leave timing to the grader")


INTRINSICS: dict[str, Any] = {
    "numba.cuda.syncthreads": compile_barrier,
    "numba.cuda.syncthreads_count": compile_barrier,
    "numba.cuda.syncthreads_and": compile_barrier,
    "numba.cuda.syncthreads_or": compile_barrier,
    "numba.cuda.threadfence": compile_fence,
    "numba.cuda.threadfence_block": compile_sleep,
    "numba.cuda.threadfence_system": compile_fence,
    "numba.cuda.nanosleep": compile_sleep,
    "numba.cuda.grid": compile_grid,
    "numba.cuda.gridsize": compile_grid,
    "numba.cuda.clock64": compile_clock,
}
