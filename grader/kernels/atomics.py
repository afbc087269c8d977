"""Atomic operations: one after the other in lane order, each thread getting what it found."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.kernels.counts import Site, count_access
from grader.kernels.lanes import Lanes, Mask, is_uniform
from grader.kernels.machine import Machine
from grader.kernels.memory import Memory, View
from grader.kernels.refusals import quote, refuse
from grader.kernels.subscripts import integer
from grader.kernels.typed import ArrayType, Code, Frame, Run, TupleType, cast, scalar_type

if TYPE_CHECKING:
    from grader.kernels.compiler import Compiler

Combine = Callable[[Lanes, "list[Lanes]"], Lanes]
"""Old entries and operands to new entries."""

# More threads than this on one entry are served one by one rather than a round each.
MANY_ROUNDS = 64


def increment(old: Lanes, operands: list[Lanes]) -> Lanes:
    return np.where(old >= operands[0], 0, old + 1).astype(old.dtype)


def decrement(old: Lanes, operands: list[Lanes]) -> Lanes:
    outside = (old == 0) | (old > operands[0])
    return np.where(outside, operands[0], old - 1).astype(old.dtype)


def swap_if_equal(old: Lanes, operands: list[Lanes]) -> Lanes:
    return np.where(old == operands[0], operands[1], old).astype(old.dtype)


def with_nan(ufunc: Callable[..., Any]) -> Combine:
    """`atomic.max` and `min`: a nan that is there stays, a nan that comes is passed over."""
    return lambda old, operands: np.where(
        old != old, old, np.where(ufunc(operands[0], old), operands[0], old)
    )


COMBINE: dict[str, Combine] = {
    "add": lambda old, operands: old + operands[0],
    "sub": lambda old, operands: old - operands[0],
    "and_": lambda old, operands: old & operands[0],
    "or_": lambda old, operands: old | operands[0],
    "xor": lambda old, operands: old ^ operands[0],
    "inc": increment,
    "dec": decrement,
    "exch": lambda old, operands: operands[0],
    "max": with_nan(np.greater),
    "min": with_nan(np.less),
    "nanmax": lambda old, operands: np.fmax(old, operands[0]),
    "nanmin": lambda old, operands: np.fmin(old, operands[0]),
    "cas": swap_if_equal,
    "compare_and_swap": swap_if_equal,
}
WIDE = frozenset(["int32", "int64", "uint32", "uint64", "float32", "float64"])
INTEGERS = frozenset(["int32", "int64", "uint32", "uint64"])
SUPPORTED = {
    **dict.fromkeys(("and_", "or_", "xor", "exch", "cas", "compare_and_swap"), INTEGERS),
    **dict.fromkeys(("inc", "dec"), frozenset(("uint32", "uint64"))),
}


def compile_atomic(c: Compiler, node: ast.Call, path: str, arguments: list[Code]) -> Code:
    name = path.rpartition(".")[2]
    wanted = {"compare_and_swap": 3, "cas": 4}.get(name, 3)
    if len(arguments) != wanted or not isinstance(arguments[0].type, ArrayType):
        raise refuse(node, quote(node), "give an array, an index and a value")
    array = arguments[0].type
    if array.dtype.name not in SUPPORTED.get(name, WIDE):
        raise refuse(
            node,
            f"`atomic.{name}` on {array.dtype.name}",
            f"use an array of {', '.join(sorted(SUPPORTED.get(name, WIDE)))}",
        )
    if name == "compare_and_swap":
        indices: list[Run] = [lambda frame, mask: np.int64(0)]
        values = arguments[1:]
    else:
        indices, values = read_index(node, arguments[1]), arguments[2:]
    if len(indices) != array.ndim:
        raise refuse(
            node,
            f"{len(indices)} indices into an array of {array.ndim} dimensions",
            "give one index a dimension, as a tuple",
        )
    for value in values:
        scalar_type(value, node)
    c.mark_written(node, array)
    site = c.site(node, "atomic", array, quote(node.args[0]).strip("`"))
    runs = [cast(value, array.dtype) for value in values]
    machine, base, combine = c.machine, arguments[0].run, COMBINE[name]

    def run(frame: Frame, mask: Mask) -> Any:
        view = base(frame, mask)
        at = [index(frame, mask) for index in indices]
        operands = [value(frame, mask) for value in runs]
        return perform(machine, site, view, at, operands, mask, combine)

    return Code(array.dtype, run)


def read_index(node: ast.Call, code: Code) -> list[Run]:
    if not isinstance(code.type, TupleType):
        return [integer(code, node.args[1])]
    run = code.run

    def part(position: int) -> Run:
        return lambda frame, mask: run(frame, mask)[position]

    return [
        integer(Code(type_, part(k)), node.args[1]) for k, type_ in enumerate(code.type.entries)
    ]


def perform(
    machine: Machine,
    site: Site,
    view: View,
    at: list[Any],
    operands: list[Lanes],
    mask: Mask,
    combine: Combine,
) -> Lanes:
    """Apply an operation for every active lane, in lane order; returns what each found."""
    memory = view.memory
    flat, kept = machine.locate(site, view, at, mask)
    found = np.zeros(len(mask.bits), memory.dtype)
    if kept is None:
        return found
    machine.spend(230, site.line, 150)
    count_access(site, flat, kept)
    lanes = kept.index
    places = np.asarray(memory.place(flat, machine.geometry))
    places = np.full(len(lanes), int(places)) if is_uniform(places) else places[lanes]
    values = [
        np.broadcast_to(operand, mask.bits.shape)[lanes].astype(memory.dtype, copy=False)
        for operand in operands
    ]
    machine.check_atomic(site, memory, places, lanes, kept)
    found[lanes] = serve(machine, site.line, memory, places, values, combine)
    memory.mark_written(places)
    return found


def serve(
    machine: Machine,
    line: int,
    memory: Memory,
    places: Lanes,
    values: list[Lanes],
    combine: Combine,
) -> Lanes:
    """Rounds: in each, every entry serves the next thread that waits for it."""
    entries = memory.entries
    order = np.argsort(places, kind="stable")
    ordered = places[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    lengths = np.diff(np.append(starts, len(ordered)))
    old = np.empty(len(places), entries.dtype)
    rounds = int(lengths.max())
    if rounds > MANY_ROUNDS:
        machine.spend(4 * len(places), line, 0)
        return serve_singly(entries, places, values, combine, old)
    for turn in range(rounds):
        machine.spend(8, line, 0)
        waiting = order[starts[lengths > turn] + turn]
        spot = places[waiting]
        old[waiting] = entries[spot]
        entries[spot] = combine(old[waiting], [value[waiting] for value in values])
    return old


def serve_singly(
    entries: Lanes, places: Lanes, values: list[Lanes], combine: Combine, old: Lanes
) -> Lanes:
    """Entries in turn, all threads of one entry at a time where the operation is a running sum."""
    for position, place in enumerate(places):
        old[position] = entries[place]
        entries[place] = combine(
            entries[place : place + 1], [value[position : position + 1] for value in values]
        )[0]
    return old


INTRINSICS: dict[str, Any] = {f"numba.cuda.atomic.{name}": compile_atomic for name in COMBINE}
