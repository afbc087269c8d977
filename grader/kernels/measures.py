"""The counts of a launch as a few numbers, and how two launches compare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from grader.kernels.launch import KernelRun

NAMES = {
    "sectors": "32-byte sectors of global memory",
    "requests": "global loads and stores",
    "bank_ways": "passes a shared-memory request",
    "contention": "lanes meeting in atomics",
    "fp64": "float64 operations",
    "issued": "statements issued",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """What the blocks that were interpreted cost, summed."""

    requests: int
    sectors: int
    shared_requests: int
    ways: int
    worst_ways: int
    contention: int
    arithmetic: int
    fp64: int
    issued: int
    lanes: int
    branches: int
    divergent: int
    barriers: int
    shared_bytes: int
    blocks: int
    work: int
    """What interpreting cost, in the units of a budget."""

    @property
    def bank_ways(self) -> float:
        """Passes a request on average; 1 without conflicts or without shared memory."""
        return self.ways / self.shared_requests if self.shared_requests else 1.0

    @property
    def sectors_per_request(self) -> float:
        return self.sectors / self.requests if self.requests else 0.0


def measure(run: KernelRun) -> Measures:
    """Sum a run's sites and lines."""
    outside = [site for site in run.sites if site.space == "global"]
    shared = [site for site in run.sites if site.space == "shared"]
    costs = run.lines.values()
    return Measures(
        requests=sum(site.requests for site in outside),
        sectors=sum(site.sectors for site in outside),
        shared_requests=sum(site.requests for site in shared),
        ways=sum(site.ways for site in shared),
        worst_ways=max((site.worst_ways for site in shared), default=0),
        contention=sum(site.contention for site in run.sites),
        arithmetic=sum(cost.arithmetic for cost in costs),
        fp64=sum(cost.fp64 for cost in costs),
        issued=sum(cost.issued for cost in costs),
        lanes=sum(cost.lanes for cost in costs),
        branches=sum(cost.branches for cost in costs),
        divergent=sum(cost.divergent for cost in costs),
        barriers=run.barriers,
        shared_bytes=run.shared_bytes,
        blocks=run.blocks,
        work=run.work,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Excess:
    """One count beyond its ceiling."""

    name: str
    saw: float
    reference: float
    ceiling: float

    def __str__(self) -> str:
        if not self.reference:
            return f"{NAMES[self.name]}: {say_count(self.saw)}; the reference has none"
        return (
            f"{NAMES[self.name]}: {say_count(self.saw)}, {self.saw / self.reference:.3g} times the "
            f"reference's {say_count(self.reference)}; at most {self.ceiling:g} times is asked for"
        )


def say_count(count: float) -> str:
    """Whole where it is a count; averages with two places."""
    return f"{count:,.0f}" if count == round(count) else f"{count:,.2f}"


def find_excess(
    saw: Measures, reference: Measures, ceilings: Mapping[str, float | None]
) -> tuple[Excess, ...]:
    """The counts that are more than their multiple of the reference's, worst first."""
    found = []
    for name, ceiling in ceilings.items():
        if ceiling is None:
            continue
        here, there = float(getattr(saw, name)), float(getattr(reference, name))
        # Where the reference has none, none is allowed: no multiple of 0 is more than 0.
        if here > there * ceiling:
            found.append(Excess(name=name, saw=here, reference=there, ceiling=ceiling))
    return tuple(
        sorted(found, key=lambda e: (-(e.saw / e.reference if e.reference else 1e9), e.name))
    )
