"""What a kernel costs at a real size, beside what the reference's tiers cost there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from math import log2

from grader.errors import BrokenReference
from grader.kernels.annotating import annotate, name_habits
from grader.kernels.launch import KernelRun, Launch, Repeated, Zeros, sample_blocks
from grader.kernels.limits import Budget
from grader.kernels.measures import Excess, Measures, find_excess, measure
from grader.kernels.source import Program
from grader.kinds.kernel_runs import REFERENCE_BUDGET, Candidate, plan_launch
from grader.kinds.kernel_work import Shortfall, Work, do_work, draw_repeated, find_shortfall
from grader.spec.function_part import Draw
from grader.spec.kernel_part import KernelPart, Tier
from grader.spec.kernel_sizes import evaluate_size
from grader.verdicts import Outcome, Verdict, failed, passed

# A kernel may do this many times the dearest tier's work before it is stopped, so that one that
# does everything in one thread is answered within a second or two.
STOP_AT = 5
# Never less than this, so that cheap tiers leave room for a clumsy answer.
WORK_AT_LEAST = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Yardstick:
    """What the reference's tiers cost, on the blocks that a submission is counted on."""

    launch: Launch
    blocks: tuple[int, ...]
    tiers: tuple[tuple[Tier, Measures], ...]
    budget: Budget
    arguments: tuple[Repeated | int, ...]
    work: Work | None
    """What those blocks must have stored; None where a block alone doesn't say."""


@dataclass(frozen=True, kw_only=True)
class Rules:
    """A part and its reference, equal to another pair of the same text."""

    key: str
    part: KernelPart = field(compare=False)
    reference: Program = field(compare=False)


def name_rules(part: KernelPart, reference: Program) -> Rules:
    return Rules(key=f"{part!r}\0{reference.text}", part=part, reference=reference)


def lay_yardstick(part: KernelPart, reference: Program, seed: int) -> Yardstick:
    """Count every tier, once a process: no submission changes them.

    Errors   BrokenReference when a tier cannot be run.
    """
    return _count_tiers(name_rules(part, reference), seed)


@lru_cache(maxsize=64)
def _count_tiers(rules: Rules, seed: int) -> Yardstick:
    part, reference = rules.part, rules.reference
    assert part.efficient is not None
    launch = plan_launch(part, part.efficient.sizes)
    blocks = sample_blocks(launch.grid, seed)
    arguments = draw_repeated(part, part.efficient.sizes, seed)
    tiers = []
    work = WORK_AT_LEAST
    for tier in part.efficient.tiers:
        candidate = Candidate(program=reference, name=tier.like)
        run = count(candidate, launch, arguments, blocks, REFERENCE_BUDGET)
        if not run.is_complete:
            raise BrokenReference(f"{tier.like}: {run.refusal or run.halted}")
        tiers.append((tier, measure(run)))
        work = max(work, STOP_AT * run.work)
    best = part.efficient.tiers[0].like
    return Yardstick(
        launch=launch,
        blocks=blocks,
        tiers=tuple(tiers),
        budget=Budget(work=work),
        arguments=tuple(arguments),
        work=do_work(part, part.efficient.sizes, reference, best, launch, arguments, blocks),
    )


def judge_efficiency(part: KernelPart, candidate: Candidate, yardstick: Yardstick) -> Outcome:
    """The best tier whose counts the kernel's stay near; `wrong` where its values are."""
    assert part.efficient is not None
    wanted = part.efficient
    run = count(
        candidate, yardstick.launch, yardstick.arguments, yardstick.blocks, yardstick.budget
    )
    if not run.is_complete:
        return stopped(part, run)
    shortfall = find_shortfall(yardstick.work, run) if yardstick.work else None
    if shortfall is not None:
        return idled(part, shortfall)
    saw = measure(run)
    ceilings = wanted.ceilings.model_dump()
    short: tuple[Excess, ...] = ()
    for tier, there in yardstick.tiers:
        excess = find_excess(saw, there, ceilings)
        short = short or excess
        if not excess:
            if tier.share == 1:
                return passed("efficient", points=wanted.points, feedback=say(saw))
            return reached(part, candidate.program, run, short, tier.like, tier.share)
    return reached(part, candidate.program, run, short, "", Fraction(0))


def count(
    candidate: Candidate,
    launch: Launch,
    arguments: Sequence[Repeated | Zeros | int],
    blocks: tuple[int, ...],
    budget: Budget,
) -> KernelRun:
    """Interpret a few blocks of a launch at a real size."""
    return candidate.interpret(
        candidate.program, candidate.name, launch, arguments, budget=budget, blocks=blocks
    )


def idled(part: KernelPart, shortfall: Shortfall) -> Outcome:
    """Counts of work that was not done say nothing."""
    assert part.efficient is not None
    verdict = Verdict.WRONG if shortfall.is_certain else Verdict.UNDECIDED
    points, note = part.efficient.points, "values at a real size"
    return failed("efficient", verdict, shortfall.words, points=points, staff_note=note)


def shape_arguments(part: KernelPart, sizes: Mapping[str, int]) -> list[Zeros | int]:
    """What each parameter is at these sizes, arrays without their values."""
    return [
        Zeros(tuple(evaluate_size(size, sizes) for size in written.shape),
              written.dtype or "float32")
        if isinstance(written, Draw) else evaluate_size(written, sizes)
        for written in part.arguments.values()
    ]  # fmt: skip


def reached(
    part: KernelPart,
    program: Program,
    run: KernelRun,
    excess: tuple[Excess, ...],
    tier: str,
    share: Fraction,
) -> Outcome:
    """Short of the best tier: which counts, on which lines, and what to do."""
    assert part.efficient is not None
    lines = [str(each) for each in excess]
    if tier:
        lines.append(f"That is as good as the reference's {tier}, which earns {float(share):.0%}.")
    lines += annotate(run, program.text, excess)
    sizes = [f"{each.name} x{size_of(each)}" for each in excess]
    note = ", ".join((tier, *sorted(sizes), *name_habits(run)))
    worst = max(run.sites, key=lambda site: site.sectors, default=None)
    return Outcome(
        check="efficient",
        verdict=Verdict.INEFFICIENT,
        share=share,
        points=part.efficient.points,
        feedback="\n".join(lines),
        location=str(worst.line) if worst else "",
        staff_note=note,
    )


def size_of(excess: Excess) -> int:
    """How far beyond, in powers of two: near enough to tell two known mistakes apart."""
    return round(log2(excess.saw / excess.reference)) if excess.reference else 0


def stopped(part: KernelPart, run: KernelRun) -> Outcome:
    assert part.efficient is not None
    halted = run.halted
    line = halted.line if halted else 0
    feedback = (
        f"line {line}: stopped after several times the reference's work on the same blocks\n"
        "try  spread the work over the threads: one element each, or a grid-stride loop"
    )
    return failed(
        "efficient",
        Verdict.INEFFICIENT,
        feedback,
        points=part.efficient.points,
        location=str(line),
        staff_note="work",
    )


def say(measures: Measures) -> str:
    """The counts of a kernel that needs no advice."""
    return (
        f"{measures.sectors:,} sectors in {measures.requests:,} requests "
        f"({measures.sectors_per_request:.2g} each) on {measures.blocks} blocks"
    )
