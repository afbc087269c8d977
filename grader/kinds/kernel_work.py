"""Whether the blocks that were counted did the work: values at a real size, where they stored.

A kernel may tell the size it is counted at from those its values are judged at, and do less.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np
import numpy.typing as npt

from grader.kernels.launch import KernelRun, Launch, Repeated, Stored, fill_dims, run_kernel
from grader.kernels.limits import Budget
from grader.kernels.source import Program
from grader.kinds.kernel_rounding import bound_coarsely
from grader.kinds.kernel_runs import draw_argument
from grader.spec.function_part import Draw
from grader.spec.kernel_part import KernelPart
from grader.spec.kernel_sizes import evaluate_size

ENTRIES = 65_521
"""Drawn for an array and repeated: a prime, so that rows and tiles don't repeat with them."""
FOLLOWED_BLOCKS = 256
"""Of the reference, to learn what belongs where a submission's blocks stored."""
BUDGET = Budget(work=20_000_000)

Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What the reference stored in the blocks that are counted, and how to learn more."""

    part: KernelPart
    sizes: Mapping[str, int]
    reference: Program
    name: str
    launch: Launch
    arguments: tuple[Repeated | int, ...]
    blocks: tuple[int, ...]
    stored: Mapping[int, Stored]
    """By position of an output."""

    @property
    def count(self) -> int:
        """How many entries are stored."""
        return sum(len(each.places) for each in self.stored.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortfall:
    """What a submission's blocks left undone or did wrong."""

    words: str
    is_certain: bool


def draw_repeated(part: KernelPart, sizes: Mapping[str, int], seed: int) -> list[Repeated | int]:
    """The arguments at a real size, each from a few drawn entries; outputs hold zeros."""
    drawn: list[Repeated | int] = []
    for name, written in part.arguments.items():
        if not isinstance(written, Draw):
            drawn.append(evaluate_size(written, sizes))
            continue
        shape = tuple(evaluate_size(size, sizes) for size in written.shape)
        if written.value is not None or written.draw in WHOLE:
            entries = draw_argument(part, name, written, sizes, seed).reshape(-1)
        else:
            few = written.model_copy(update={"shape": (ENTRIES,)})
            entries = draw_argument(part, name, few, {}, seed)
        is_empty = name in part.outputs and written.draw is None
        drawn.append(Repeated(shape, np.zeros(1, entries.dtype) if is_empty else entries))
    return drawn


WHOLE = ("orthonormal", "simplex", "eye", "arange", "permutation")
"""Draws that mean something only as a whole."""


def do_work(
    part: KernelPart,
    sizes: Mapping[str, int],
    reference: Program,
    name: str,
    launch: Launch,
    arguments: Sequence[Repeated | int],
    blocks: tuple[int, ...],
) -> Work | None:
    """What the reference's blocks store; None where several blocks share an entry.

    There a block by itself says nothing about the value.
    """
    found = _store(reference, name, launch, arguments, blocks)
    beside = _list_neighbours(blocks[len(blocks) // 2], launch)
    with_others = _store(reference, name, launch, arguments, beside)
    for position, each in found.items():
        there = with_others.get(position, _NOTHING)
        _, one, other = np.intersect1d(each.places, there.places, return_indices=True)
        if not _are_same(each.values[one], there.values[other]):
            return None
    outputs = {list(part.arguments).index(name) for name in part.outputs}
    return Work(
        part=part,
        sizes=sizes,
        reference=reference,
        name=name,
        launch=launch,
        arguments=tuple(arguments),
        blocks=blocks,
        stored={position: each for position, each in found.items() if position in outputs},
    )


def find_shortfall(work: Work, run: KernelRun) -> Shortfall | None:
    """What is wrong, or missing, in what a submission stored at the same blocks.

    Values are no one's fault where blocks add to an entry together: a few of them leave it
    unfinished, and a person decides.
    """
    names = list(work.part.arguments)
    at = ", ".join(f"{name} = {size}" for name, size in work.sizes.items())
    is_shared = any(site.kind == "atomic" and site.space == "global" for site in run.sites)
    for position, each in run.stored.items():
        if position not in work.stored and len(each.places) and _is_input(work, names[position]):
            words = f"{names[position]} is changed at {at}; inputs must stay as they are"
            return Shortfall(words=words, is_certain=True)
    compared = 0
    for position, right in work.stored.items():
        own = run.stored.get(position, _NOTHING)
        known = _follow(work, position, right, own.places)
        where = np.searchsorted(known.places, own.places)
        where = np.minimum(where, max(0, len(known.places) - 1))
        met = known.places[where] == own.places if len(known.places) else own.places < 0
        compared += int(met.sum())
        saw, wanted = own.values[met], known.values[where[met]]
        wrong = np.flatnonzero(~_are_near(work, saw, wanted))
        if len(wrong):
            place = np.unravel_index(own.places[met][wrong[0]], _shape(work, position))
            entry = f"{names[position]}[{', '.join(str(int(index)) for index in place)}]"
            if is_shared:
                words = (
                    f"saw       {entry} = {saw[wrong[0]]} after {len(work.blocks)} blocks at {at},"
                    " where blocks may add to an entry together\ntry       a person will look"
                )
                return Shortfall(words=words, is_certain=False)
            words = (
                f"saw       {entry} = {saw[wrong[0]]} at {at}\nexpected  {wanted[wrong[0]]}\n"
                "try       the kernel must be right at every size"
            )
            return Shortfall(words=words, is_certain=True)
    if compared < work.count:
        words = (
            f"saw       {compared} entries stored by {len(work.blocks)} blocks at {at}, where the"
            f" reference's blocks store {work.count}\ntry       a person will look"
        )
        return Shortfall(words=words, is_certain=False)
    return None


_NOTHING = Stored(np.empty(0, np.int64), np.empty(0))


def _is_input(work: Work, name: str) -> bool:
    return name not in work.part.outputs


def _shape(work: Work, position: int) -> tuple[int, ...]:
    argument = work.arguments[position]
    assert isinstance(argument, Repeated)
    return argument.shape


def _store(
    reference: Program,
    name: str,
    launch: Launch,
    arguments: Sequence[Repeated | int],
    blocks: Iterable[int],
) -> dict[int, Stored]:
    run = run_kernel(reference, name, launch, arguments, budget=BUDGET, blocks=sorted(blocks))
    return run.stored


def _list_neighbours(block: int, launch: Launch) -> set[int]:
    """A block with those beside it along each axis of the grid."""
    x, y, z = fill_dims(launch.grid)
    steps = (0, *(step for step, size in ((1, x), (x, y), (x * y, z)) if size > 1))
    return {
        block + step * sign
        for step in steps
        for sign in (-1, 1)
        if 0 <= block + step * sign < x * y * z
    }


def _follow(work: Work, position: int, right: Stored, wanted: Places) -> Stored:
    """The reference's values at other places: of those blocks that should store there."""
    unknown = np.setdiff1d(wanted, right.places)
    if not len(unknown):
        return right
    blocks = _guess_blocks(work, position, right, unknown)
    found = _store(work.reference, work.name, work.launch, work.arguments, {*blocks, *work.blocks})
    return found.get(position, right)


def _guess_blocks(work: Work, position: int, right: Stored, unknown: Places) -> set[int]:
    """Where blocks store tiles of one size side by side, those whose tiles hold these places.

    The size of a tile is what the first block stores; which axis of the grid goes along which of
    the array is tried.
    """
    shape, grid = _shape(work, position), fill_dims(work.launch.grid)
    first = _store(work.reference, work.name, work.launch, work.arguments, {0})[position]
    tile = [int(axis.max()) + 1 for axis in np.unravel_index(first.places, shape)]
    tiles = [
        axis // size for axis, size in zip(np.unravel_index(unknown, shape), tile, strict=True)
    ]
    guessed: set[int] = set()
    for axes in permutations(range(3), min(3, len(tiles))):
        numbers = np.zeros(len(unknown), np.int64)
        fits = np.ones(len(unknown), np.bool_)
        for axis, each in zip(axes, tiles, strict=False):
            fits &= each < grid[axis]
            numbers += each * int(np.prod(grid[:axis], dtype=np.int64))
        guessed |= {int(number) for number in np.unique(numbers[fits])[:FOLLOWED_BLOCKS]}
    return guessed


def _are_same(one: Any, other: Any) -> bool:
    return bool(((one == other) | ((one != one) & (other != other))).all())


def _are_near(work: Work, saw: Any, wanted: Any) -> Any:
    """As near as rounding leaves them, or as the part says."""
    part = work.part
    same = np.asarray((saw == wanted) | ((saw != saw) & (wanted != wanted)))
    with np.errstate(all="ignore"):
        apart = np.abs(saw.astype(np.complex128) - wanted)
        if part.rounding is not None:
            drawn = {
                name: each.entries
                for name, each in zip(part.arguments, work.arguments, strict=True)
                if isinstance(each, Repeated)
            }
            return same | (apart <= bound_coarsely(part, work.sizes, drawn, wanted))
        if not part.exact and part.tolerance is not None:
            rtol, atol = part.tolerance.rtol or 0.0, part.tolerance.atol or 0.0
            return same | (apart <= atol + rtol * np.abs(wanted))
    return same
