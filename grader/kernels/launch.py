"""Run a kernel from its source text: values, what went wrong, and what it cost.

Pure Python and NumPy, no global state, every cost bounded by the budget: it may run here or in
a limited child process, and gives the same bytes every time.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from grader.kernels.compiler import Compiler
from grader.kernels.counts import LineCost, Site
from grader.kernels.dtypes import type_literal
from grader.kernels.lanes import CHUNK_LANES, Dims, Geometry
from grader.kernels.limits import WARP, Budget, Hardware
from grader.kernels.machine import Halt, Issue, Machine
from grader.kernels.memory import Memory, global_memory, whole
from grader.kernels.refusals import Refusal, Refused
from grader.kernels.source import Program, find_kernel, read_program
from grader.kernels.typed import ArrayType, Frame, Step, Type


@dataclass(frozen=True, slots=True)
class Zeros:
    """An array of zeros that nobody wants back: made where it is used, for counting."""

    shape: tuple[int, ...]
    dtype: str

    @property
    def nbytes(self) -> int:
        return int(np.prod(self.shape, dtype=np.int64)) * np.dtype(self.dtype).itemsize

    def make(self) -> Any:
        return np.zeros(self.shape, self.dtype)


@dataclass(frozen=True, slots=True)
class Repeated:
    """An array that repeats a few entries, made where it is used; what is stored there is kept."""

    shape: tuple[int, ...]
    entries: npt.NDArray[Any]
    """In one dimension, in the array's dtype; a single zero costs no memory where none is read."""

    @property
    def count(self) -> int:
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def nbytes(self) -> int:
        return self.count * self.entries.dtype.itemsize

    def make(self) -> Any:
        if not self.entries.any():
            return np.zeros(self.shape, self.entries.dtype)
        key = self.shape, self.entries.dtype.str, self.entries.tobytes()
        # Whoever has it gives it back as it was: another launch finds it made.
        made = _made.pop(key, None)
        return fill_with(self.entries, self.count).reshape(self.shape) if made is None else made

    def take_back(self, array: Any, places: npt.NDArray[np.int64]) -> Stored:
        """What a launch left at the places where it stored, which hold again what they did."""
        flat = array.reshape(-1)
        stored = Stored(places, flat[places])
        flat[places] = self.entries[places % len(self.entries)]
        if self.entries.any():
            _made.clear()
            _made[self.shape, self.entries.dtype.str, self.entries.tobytes()] = array
        return stored


_made: dict[tuple[tuple[int, ...], str, bytes], Any] = {}
"""At most one large array, which several launches in turn are given."""


def fill_with(entries: npt.NDArray[Any], count: int) -> npt.NDArray[Any]:
    """So many entries that repeat a few; doubled rather than copied one by one."""
    made = np.empty(count, entries.dtype)
    filled = min(count, len(entries))
    made[:filled] = entries[:filled]
    while 0 < filled < count:
        more = min(filled, count - filled)
        made[filled : filled + more] = made[:more]
        filled += more
    return made


@dataclass(frozen=True, slots=True)
class Stored:
    """What a launch left where it stored, by place in row-major order."""

    places: npt.NDArray[np.int64]
    values: npt.NDArray[Any]


Argument = npt.NDArray[Any] | Zeros | Repeated | int | float | bool | np.generic

# Blocks whose counts stand for a whole launch: both ends of the grid and two between.
SAMPLED_BLOCKS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """How a kernel is started."""

    grid: tuple[int, ...]
    block: tuple[int, ...]
    dynamic_shared_bytes: int = 0


@dataclass(slots=True, kw_only=True)
class KernelRun:
    """What one launch did."""

    refusal: Refusal | None = None
    halted: Issue | None = None
    """Why it was stopped before its end, if it was."""
    issues: tuple[Issue, ...] = ()
    """By line; warnings among them."""
    sites: tuple[Site, ...] = ()
    lines: dict[int, LineCost] = field(default_factory=dict)
    barriers: int = 0
    shared_bytes: int = 0
    work: int = 0
    blocks: int = 0
    """How many blocks were interpreted."""
    total_blocks: int = 0
    stored: dict[int, Stored] = field(default_factory=dict)
    """By position, for each argument that was `Repeated`."""

    @property
    def is_complete(self) -> bool:
        return self.refusal is None and self.halted is None

    @property
    def faults(self) -> tuple[Issue, ...]:
        """Issues that make the kernel unsafe: all but warnings, and a stop at a limit."""
        stop = () if self.halted is None else (self.halted,)
        return stop + tuple(issue for issue in self.issues if not issue.is_warning)


def run_kernel(
    source: str | Program,
    name: str,
    launch: Launch,
    arguments: Sequence[Argument],
    *,
    budget: Budget | None = None,
    hardware: Hardware | None = None,
    blocks: Sequence[int] | None = None,
) -> KernelRun:
    """Interpret one launch; arrays among the arguments are changed in place.

    `blocks`: interpret only these, without watching for races: for counts at real sizes.

    Errors   none for anything the source does: refusals, limits and issues are in the run.
    Cost     at most the budget's work, about a second as it stands.
    """
    program = read_program(source) if isinstance(source, str) else source
    if isinstance(program, Refusal):
        return KernelRun(refusal=program)
    grid, block = fill_dims(launch.grid), fill_dims(launch.block)
    total = grid[0] * grid[1] * grid[2]
    machine = Machine(
        grid,
        block,
        budget or Budget(),
        hardware or Hardware(),
        dynamic_shared_bytes=launch.dynamic_shared_bytes,
        watch_races=blocks is None and all(size > 0 for size in grid),
    )
    halted = refusal = None
    done = 0
    stored: dict[int, Stored] = {}
    try:
        function = find_kernel(program, name)
        check_launch(machine, function.lineno)
        compiler = Compiler(program, machine)
        with np.errstate(all="ignore"):
            made = [
                each.make() if isinstance(each, Zeros | Repeated) else each for each in arguments
            ]
            views, types, constants = bind(function, made, machine)
            scope, body = compiler.kernel(function, types, constants)
            watch_written(machine, views, types, compiler.written)
            for view, each in zip(views, arguments, strict=False):
                if isinstance(each, Repeated):
                    view.memory.touched = []
            numbers = np.arange(total) if blocks is None else np.asarray(blocks, np.int64)
            done = run_chunks(machine, body, len(scope.slots), views, numbers)
            stored = {
                position: each.take_back(made[position], list_touched(views[position].memory))
                for position, each in enumerate(arguments)
                if isinstance(each, Repeated)
            }
    except Refused as refused:
        refusal = refused.refusal
    except Halt as halt:
        halted = Issue(kind=halt.kind, line=halt.line, column=0, message=halt.message)
    except (RecursionError, MemoryError):
        halted = Issue(kind="limit", line=0, column=0, message="needs too much memory to interpret")
    return KernelRun(
        refusal=refusal,
        halted=halted,
        issues=tuple(sorted(machine.issues.values(), key=place_of)),
        sites=tuple(sorted(machine.sites, key=lambda s: (s.line, s.column, s.kind))),
        lines={line: machine.lines[line] for line in sorted(machine.lines)},
        barriers=machine.barriers,
        shared_bytes=machine.shared_bytes,
        work=int(machine.work),
        blocks=done,
        total_blocks=total,
        stored=stored,
    )


def place_of(issue: Issue) -> tuple[Any, ...]:
    return (issue.line, issue.column, issue.kind, issue.other_line, issue.is_warning)


def fill_dims(dims: tuple[int, ...]) -> Dims:
    x, y, z = (*dims, 1, 1, 1)[:3]
    return int(x), int(y), int(z)


def check_launch(machine: Machine, line: int) -> None:
    """The limits a driver would refuse a launch for."""
    hardware = machine.hardware
    threads = machine.block[0] * machine.block[1] * machine.block[2]
    if threads > hardware.threads_per_block:
        raise Halt(
            "limit", line, f"{threads} threads a block; the limit is {hardware.threads_per_block}"
        )
    for word, dims, limits in (
        ("block", machine.block, hardware.block_dims),
        ("grid", machine.grid, hardware.grid_dims),
    ):
        if any(size > limit for size, limit in zip(dims, limits, strict=True)):
            raise Halt("limit", line, f"a {word} of {dims}; the limits are {limits}")
        if any(size < 1 for size in dims) and word == "block":
            raise Halt("limit", line, f"a {word} of {dims} holds no thread")
    if machine.dynamic_shared_bytes > hardware.dynamic_shared_bytes:
        raise Halt(
            "limit",
            line,
            f"{machine.dynamic_shared_bytes} bytes of dynamic shared "
            f"memory; the limit is {hardware.dynamic_shared_bytes}",
        )


def bind(
    function: ast.FunctionDef, arguments: Sequence[Any], machine: Machine
) -> tuple[list[Any], list[Type], list[Any]]:
    """Arguments as a kernel sees them: views of global memory, and typed numbers."""
    names = [argument.arg for argument in [*function.args.posonlyargs, *function.args.args]]
    names += [f"argument {k}" for k in range(len(names), len(arguments))]
    views: list[Any] = []
    types: list[Type] = []
    memories: dict[int, int] = {}
    for position, argument in enumerate(arguments):
        if isinstance(argument, np.ndarray):
            if not argument.flags.c_contiguous:
                raise ValueError("kernels are given contiguous arrays")
            origin = memories.setdefault(argument.__array_interface__["data"][0], position)
            if origin == position:
                memory = global_memory(names[position], argument)
            else:
                memory = views[origin].memory
            views.append(whole(memory, argument.shape))
            types.append(ArrayType(argument.dtype, argument.ndim, "global", frozenset((origin,))))
        else:
            number = argument if isinstance(argument, np.generic) else np.asarray(
                argument, type_literal(argument))[()]  # fmt: skip
            views.append(number)
            types.append(number.dtype)
    return views, types, [None] * len(views)


def list_touched(memory: Memory) -> npt.NDArray[np.int64]:
    """The places that were stored to, each once and in order."""
    touched = memory.touched or [np.empty(0, np.int64)]
    return np.unique(np.concatenate(touched))


def watch_written(machine: Machine, views: list[Any], types: list[Type], written: set[int]) -> None:
    """Only arrays that some access stores to can be raced for."""
    machine.shadows = []
    for view, type_ in zip(views, types, strict=True):
        if isinstance(type_, ArrayType) and type_.origins & written:
            memory = view.memory
            if memory.shadow is None:
                machine.watch(memory)


def run_chunks(
    machine: Machine, body: Step, slot_count: int, views: list[Any], numbers: npt.NDArray[np.int64]
) -> int:
    """Blocks in order, as many at once as fit; any order of blocks is a legal one."""
    padded = -(-(machine.block[0] * machine.block[1] * machine.block[2]) // WARP) * WARP
    at_once = max(1, CHUNK_LANES // padded)
    for start in range(0, len(numbers), at_once):
        geometry = Geometry(machine.grid, machine.block, numbers[start : start + at_once])
        machine.enter(geometry)
        frame = Frame(slot_count, geometry.live)
        frame.slots[: len(views)] = views
        body(frame, geometry.live)
    return len(numbers)


def sample_blocks(grid: Sequence[int], seed: int = 0) -> tuple[int, ...]:
    """A few blocks that stand for all: the first, the last, and two that the seed picks."""
    x, y, z = fill_dims(tuple(grid))
    total = x * y * z
    if total <= SAMPLED_BLOCKS:
        return tuple(range(total))
    between = np.random.default_rng(seed).choice(total - 2, SAMPLED_BLOCKS - 2, replace=False) + 1
    return tuple(sorted({0, total - 1, *(int(block) for block in between)}))


__all__ = ["KernelRun", "Launch", "Repeated", "Stored", "Zeros", "run_kernel", "sample_blocks"]
