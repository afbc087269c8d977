"""What went wrong, in words: which entry, which threads, which lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from grader.kernels.counts import Site
from grader.kernels.lanes import Lanes, Mask, name_thread
from grader.kernels.memory import Memory, View
from grader.kernels.races import Conflict

if TYPE_CHECKING:
    from grader.kernels.machine import Machine

RACE_WORDS = {
    "read after write": ("stores", "reads"),
    "write after write": ("stores", "stores"),
    "write after read": ("reads", "stores"),
    "several at once": ("stores", "stores"),
}


def name_entry(memory: Memory, place: int) -> str:
    """`tile[2, 0]`, in the indices that the source uses."""
    place %= max(memory.size, 1)
    at = np.unravel_index(place, memory.shape) if memory.shape else (place,)
    return f"`{memory.name}[{', '.join(str(int(index)) for index in at)}]`"


def report_unwritten(
    machine: Machine, site: Site, memory: Memory, places: Lanes, lanes: Lanes, unwritten: Lanes
) -> None:
    def describe() -> str:
        first = int(unwritten.argmax())
        return (
            f"{machine.geometry.name_thread(int(lanes[first]))} reads {memory.space} "
            f"{name_entry(memory, int(places[first]))} before any thread has stored there"
        )

    count = int(np.count_nonzero(unwritten))
    machine.report("uninitialised read", site.line, site.column, count, describe)


def report_negative(machine: Machine, site: Site, view: View, axis: int, mask: Mask) -> None:
    def describe() -> str:
        return (
            f"negative index into `{view.memory.name}` on axis {axis} "
            f"({machine.geometry.name_thread(mask.first)}): Numba counts from the end, silently, "
            "on a GPU too"
        )

    machine.report("negative index", site.line, site.column, mask.count, describe)


def report_outside(
    machine: Machine, site: Site, view: View, axis: int, index: int, size: Any, mask: Mask,
    lane: int,
) -> None:  # fmt: skip
    def describe() -> str:
        return (
            f"{site.kind} of `{view.memory.name}` at index {index} on axis {axis}, whose size "
            f"is {int(size)} ({machine.geometry.name_thread(lane)})"
        )

    machine.report("out of bounds", site.line, site.column, mask.count, describe)


def report_race(machine: Machine, site: Site, memory: Memory, conflict: Conflict) -> None:
    def describe() -> str:
        padded = machine.geometry.padded
        first, second = (
            name_thread(thread // padded, thread % padded, machine.grid, machine.block)
            for thread in (conflict.other_thread, conflict.thread)
        )
        one, two = RACE_WORDS[conflict.kind]
        where = f"{memory.space} {name_entry(memory, conflict.place)}"
        return (
            f"{first} {one} {where} on line {conflict.other_line}, {second} {two} it on line "
            f"{site.line}, and nothing says which comes first"
            + (" (the same value, so the result holds)" if conflict.is_benign else "")
        )

    machine.report(
        "race",
        site.line,
        site.column,
        conflict.count,
        describe,
        other_line=conflict.other_line,
        is_warning=conflict.is_benign,
    )
