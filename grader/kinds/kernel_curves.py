"""How a kernel's counted work grows with its size, beside the reference's tiers and one CPU core.

Counts are taken on a few blocks and multiplied by the number of blocks; no clock is read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Literal

from grader.errors import BrokenReference
from grader.kernels.curves import fit_slope
from grader.kernels.launch import sample_blocks
from grader.kernels.limits import SECTOR_BYTES, Budget
from grader.kernels.measures import Measures, measure
from grader.kernels.refusals import Refusal
from grader.kernels.source import Program
from grader.kinds.kernel_efficiency import (
    STOP_AT,
    WORK_AT_LEAST,
    Rules,
    count,
    name_rules,
    shape_arguments,
)
from grader.kinds.kernel_runs import REFERENCE_BUDGET, Candidate, plan_launch
from grader.spec.kernel_part import KernelPart
from grader.verdicts import Chart, Curve

# Each size is half of the next, up to the one that efficiency is judged at: a slope over less
# than a factor of ten says little.
FRACTIONS = (16, 8, 4, 2, 1)

First = tuple[str, Literal["cpu", "bound"], Sequence[float]]
"""Name, role and costs of what the kernels are to be seen against."""


def draw_charts(part: KernelPart, reference: Program, student: Candidate) -> tuple[Chart, ...]:
    """Two charts: statements with the CPU's, and sectors with the least that is possible.

    Errors   BrokenReference when a tier can't be counted at one of the sizes.
    Cost     as counting at `efficient.sizes`, twice; the tiers' share once a process.
    """
    tiers = count_tiers(name_rules(part, reference))
    own = []
    for at, sizes in enumerate(list_curve_sizes(part)):
        dearest = max(counts[at].work for counts in tiers.values())
        budget = Budget(work=max(WORK_AT_LEAST, STOP_AT * dearest))
        own.append(count_launch(part, student, sizes, budget))
    # A core has one lane: what it issues is what every thread would, in turn.
    core = tuple(min(counts[at].lanes for counts in tiers.values()) for at in range(len(own)))
    once = tuple(count_bytes(part, sizes) / SECTOR_BYTES for sizes in list_curve_sizes(part))
    cpu: First = ("one CPU core, thread after thread", "cpu", core)
    bound: First = ("each array once", "bound", once)
    statements = ("Statements issued", "by warps; on the CPU, by threads")
    sectors = ("Global memory moved", "32-byte sectors")
    return (
        draw_chart(part, *statements, lambda each: each.issued, cpu, tiers, own),
        draw_chart(part, *sectors, lambda each: each.sectors, bound, tiers, own),
    )


def draw_time_chart(part: KernelPart, found: dict[str, Any]) -> Chart:
    """What a GPU's times look like; the same kernels, against the same sizes."""
    size_name, sizes = name_sizes(part)

    def curve(name: str, role: Literal["cpu", "tier", "student"], times: Sequence[float]) -> Curve:
        return Curve(name=name, role=role, costs=tuple(times), slope=fit_slope(sizes, times))

    times = dict(found["times_us"])
    own = curve("yours", "student", times.pop("student"))
    curves = [curve(name, "tier", each) for name, each in times.items()]
    if found["cpu"] is not None:
        curves.insert(0, curve("NumPy on this CPU", "cpu", found["cpu"]))
    return Chart(
        title=f"Time on {found['gpu']}",
        size_name=size_name,
        unit="microseconds",
        sizes=sizes,
        curves=(*curves, own),
    )


def draw_chart(
    part: KernelPart,
    title: str,
    unit: str,
    read: Callable[[Measures], int],
    first: First,
    tiers: dict[str, tuple[Measures, ...]],
    own: Sequence[Measures | None],
) -> Chart:
    """One count of everyone, against the largest of the sizes."""
    size_name, sizes = name_sizes(part)

    def curve(
        name: str, role: Literal["cpu", "bound", "tier", "student"], costs: Sequence[float]
    ) -> Curve:
        return Curve(name=name, role=role, costs=tuple(costs), slope=fit_slope(sizes, costs))

    curves = [curve(*first)]
    curves += [curve(name, "tier", [read(each) for each in counts])
               for name, counts in tiers.items()]  # fmt: skip
    # 0 stands on no logarithmic axis: a size at which the kernel was stopped has no point.
    curves.append(curve("yours", "student", [read(each) if each else 0 for each in own]))
    return Chart(title=title, size_name=size_name, unit=unit, sizes=sizes, curves=tuple(curves))


@lru_cache(maxsize=64)
def count_tiers(rules: Rules) -> dict[str, tuple[Measures, ...]]:
    """Every tier at every size, once a process: no submission changes them."""
    assert rules.part.efficient is not None
    found = {}
    for tier in rules.part.efficient.tiers:
        candidate = Candidate(program=rules.reference, name=tier.like)
        counts = [count_launch(rules.part, candidate, sizes, REFERENCE_BUDGET)
                  for sizes in list_curve_sizes(rules.part)]  # fmt: skip
        whole = tuple(each for each in counts if each is not None)
        if len(whole) < len(counts):
            raise BrokenReference(f"{tier.like} can't be counted at every size of its curve")
        found[tier.like] = whole
    return found


def count_launch(
    part: KernelPart, candidate: Candidate, sizes: dict[str, int], budget: Budget
) -> Measures | None:
    """The counts of a whole launch, from a few of its blocks."""
    launch = plan_launch(part, sizes)
    blocks = sample_blocks(launch.grid)
    run = count(candidate, launch, shape_arguments(part, sizes), blocks, budget)
    if not run.is_complete:
        return None
    few, factor = measure(run), run.total_blocks / run.blocks
    return replace(
        few,
        issued=round(few.issued * factor),
        lanes=round(few.lanes * factor),
        sectors=round(few.sectors * factor),
    )


def find_refusal(part: KernelPart, candidate: Candidate) -> Refusal | None:
    """Why a kernel can't be interpreted at all; None where it can."""
    sizes = list_curve_sizes(part)[0]
    launch = plan_launch(part, sizes)
    budget = Budget(work=WORK_AT_LEAST)
    blocks = sample_blocks(launch.grid)
    return count(candidate, launch, shape_arguments(part, sizes), blocks, budget).refusal


def list_curve_sizes(part: KernelPart) -> list[dict[str, int]]:
    """From a sixteenth of the judged sizes to the whole."""
    assert part.efficient is not None
    judged = part.efficient.sizes
    return [
        {name: max(1, size // fraction) for name, size in judged.items()} for fraction in FRACTIONS
    ]


def name_sizes(part: KernelPart) -> tuple[str, tuple[int, ...]]:
    """What the axis says and its numbers: 'm = k = n' where they are alike, else the largest."""
    sizes = list_curve_sizes(part)
    varied = [name for name in sizes[0] if sizes[0][name] != sizes[-1][name]]
    name = max(varied, key=lambda each: sizes[-1][each])
    alike = [each for each in varied if all(s[each] == s[name] for s in sizes)]
    return " = ".join(alike), tuple(each[name] for each in sizes)


def count_bytes(part: KernelPart, sizes: dict[str, int]) -> int:
    """Every array read or written once."""
    return sum(getattr(each, "nbytes", 0) for each in shape_arguments(part, sizes))
