"""What the 32 threads of a warp do together: shuffles, votes, ballots, `syncwarp`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.kernels.dtypes import BOOL, FLOAT32, FLOAT64, INT32, INT64, UINT32, UINT64
from grader.kernels.lanes import Lanes, Mask
from grader.kernels.limits import WARP
from grader.kernels.machine import Machine
from grader.kernels.refusals import quote, refuse
from grader.kernels.typed import NONE, Code, Frame, TupleType, cast, scalar_type, truth

if TYPE_CHECKING:
    from grader.kernels.compiler import Compiler

POWERS = 1 << np.arange(WARP, dtype=np.int64)
ALL_LANES = 2**WARP - 1


def compile_shuffle(c: Compiler, node: ast.Call, path: str, arguments: list[Code]) -> Code:
    """A value read from another lane of the warp; from outside the warp, one's own."""
    if len(arguments) != 3:
        raise refuse(node, quote(node), "give a mask, a value and a lane")
    machine, way = c.machine, path.rpartition(".")[2]
    members = cast(arguments[0], INT64)
    dtype = shuffle_type(scalar_type(arguments[1], node))
    value, other = cast(arguments[1], dtype), cast(arguments[2], INT64)
    scalar_type(arguments[2], node)

    def run(frame: Frame, mask: Mask) -> Any:
        geometry = machine.geometry
        named = members(frame, mask)
        entries = np.broadcast_to(value(frame, mask), mask.bits.shape)
        lane = geometry.lane % WARP
        amount = other(frame, mask)
        check_members(machine, node, mask, named)
        source = {
            "shfl_sync": lambda: amount % WARP + 0 * lane,
            "shfl_up_sync": lambda: lane - amount,
            "shfl_down_sync": lambda: lane + amount,
            "shfl_xor_sync": lambda: lane ^ amount,
        }[way]()
        inside = (source >= 0) & (source < WARP)
        at = np.where(inside, geometry.lane - lane + source, geometry.lane)
        check_sources(machine, node, mask, at)
        if machine.watch_races:
            machine.order.sync_warps(mask)
        return entries[at]

    return Code(dtype, run, is_exact32=arguments[1].is_exact32)


def shuffle_type(dtype: np.dtype) -> np.dtype:
    """Shuffles exist for 32- and 64-bit numbers; others are converted first."""
    if dtype in (INT32, INT64, FLOAT32, FLOAT64):
        return dtype
    if dtype in (UINT32, UINT64):
        return dtype
    return FLOAT32 if dtype.kind == "f" else INT32


def check_members(machine: Machine, node: ast.Call, mask: Mask, named: Lanes) -> None:
    """Every lane named in the mask that is still running must take part."""
    machine.spend(60, node.lineno, 25)
    machine.loaded.clear()
    bits = (np.broadcast_to(named, mask.bits.shape).reshape(-1, WARP) & ALL_LANES)[
        mask.active_warps
    ]
    first = mask.rows(mask.bits).argmax(axis=1)
    wanted = (bits[np.arange(len(bits)), first][:, None] & POWERS) != 0
    live = mask.rows(machine.geometry.live.bits & ~machine.exited)
    missing = wanted & live & ~mask.rows(mask.bits)
    if missing.any():
        lane = int(missing.any(axis=0).argmax())

        def describe() -> str:
            return (
                f"the mask of {quote(node)} names lane {lane}, which does not reach it: take it "
                "out of the branch or name the lanes that come"
            )

        machine.report("barrier divergence", node.lineno, node.col_offset + 1, 1, describe)


def check_sources(machine: Machine, node: ast.Call, mask: Mask, source: Lanes) -> None:
    idle = mask.bits & ~mask.bits[source]
    if idle.any():
        lane = int(idle.argmax())

        def describe() -> str:
            return (
                f"{machine.geometry.name_thread(lane)} reads lane {int(source[lane]) % WARP} of "
                "its warp, which is not there: the value is undefined"
            )

        count = int(np.count_nonzero(idle))
        machine.report("inactive lane", node.lineno, node.col_offset + 1, count, describe)


def compile_vote(c: Compiler, node: ast.Call, path: str, arguments: list[Code]) -> Code:
    """`all_sync`, `any_sync`, `eq_sync` and `ballot_sync`."""
    if len(arguments) != 2:
        raise refuse(node, quote(node), "give a mask and a condition")
    machine, way = c.machine, path.rpartition(".")[2]
    members, test = cast(arguments[0], INT64), truth(arguments[1], node)
    dtype = INT32 if way == "ballot_sync" else BOOL

    def run(frame: Frame, mask: Mask) -> Any:
        condition = test(frame, mask)
        check_members(machine, node, mask, members(frame, mask))
        if machine.watch_races:
            machine.order.sync_warps(mask)
        here = mask.in_warps
        yes = here & np.broadcast_to(condition, mask.bits.shape).reshape(-1, WARP)
        if way == "ballot_sync":
            result = yes @ POWERS
        elif way == "all_sync":
            result = (yes == here).all(axis=1)
        elif way == "any_sync":
            result = yes.any(axis=1)
        else:
            result = (yes == here).all(axis=1) | ~yes.any(axis=1)
        return np.repeat(result.astype(dtype), WARP)

    return Code(dtype, run)


def compile_match(c: Compiler, node: ast.Call, path: str, arguments: list[Code]) -> Code:
    """`match_any_sync`, `match_all_sync`: the lanes that hold the same value."""
    if len(arguments) != 2:
        raise refuse(node, quote(node), "give a mask and a value")
    scalar_type(arguments[1], node)
    machine, value = c.machine, arguments[1].run
    is_all = path.endswith("match_all_sync")

    def run(frame: Frame, mask: Mask) -> Any:
        rows = np.broadcast_to(value(frame, mask), mask.bits.shape).reshape(-1, WARP)
        here = mask.in_warps
        machine.spend(20, node.lineno, 400)  # Every lane is compared with every other.
        if machine.watch_races:
            machine.order.sync_warps(mask)
        same = (rows[:, :, None] == rows[:, None, :]) & here[:, None, :]
        if not is_all:
            return (same @ POWERS).astype(INT32).reshape(-1)
        everyone = (same.sum(axis=2) == here.sum(axis=1)[:, None]) & here
        bits = (here @ POWERS)[:, None]
        return np.where(everyone, bits, 0).astype(INT32).reshape(-1), everyone.reshape(-1)

    return Code(TupleType((INT32, BOOL)) if is_all else INT32, run)


def compile_active(c: Compiler, node: ast.Call, path: str, arguments: list[Code]) -> Code:
    def run(frame: Frame, mask: Mask) -> Any:
        return np.repeat((mask.in_warps @ POWERS).astype(UINT32), WARP)

    return Code(UINT32, run)


def compile_lower_lanes(c: Compiler, node: ast.Call, path: str, arguments: list[Code]) -> Code:
    machine = c.machine

    def run(frame: Frame, mask: Mask) -> Any:
        return ((1 << (machine.geometry.lane % WARP)) - 1).astype(UINT32)

    return Code(UINT32, run)


def compile_sync(c: Compiler, node: ast.Call, path: str, arguments: list[Code]) -> Code:
    machine = c.machine
    members = cast(arguments[0], INT64) if arguments else None

    def run(frame: Frame, mask: Mask) -> None:
        named: Any = np.int64(ALL_LANES) if members is None else members(frame, mask)
        check_members(machine, node, mask, named)
        for shadow in machine.shadows:
            shadow.fold_log()
        if machine.watch_races:
            machine.order.sync_warps(mask)

    return Code(NONE, run)


VOTES = ("all_sync", "any_sync", "eq_sync", "ballot_sync")
SHUFFLES = ("shfl_sync", "shfl_up_sync", "shfl_down_sync", "shfl_xor_sync")
INTRINSICS: dict[str, Any] = {
    **{f"numba.cuda.{name}": compile_vote for name in VOTES},
    **{f"numba.cuda.{name}": compile_shuffle for name in SHUFFLES},
    "numba.cuda.match_any_sync": compile_match,
    "numba.cuda.match_all_sync": compile_match,
    "numba.cuda.activemask": compile_active,
    "numba.cuda.lanemask_lt": compile_lower_lanes,
    "numba.cuda.syncwarp": compile_sync,
}
