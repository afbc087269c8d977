"""The protocol: is the machine fit, is the kernel long enough, rounds until it is decided.

Source   the stop rule, the L2 flush and the discarding of throttled rounds follow what NVIDIA's
         nvbench does; ratios within a round make drift and clocks cancel.
"""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from grader.kernels.curves import fit_slope
from grader.kernels.timing.intervals import (
    ROUNDS_AT_LEAST,
    ROUNDS_AT_MOST,
    SUSPICIOUS_TAIL,
    TAIL_NOISE_US,
    conclude,
    is_enough,
)
from grader.kernels.timing.records import (
    Comparison,
    Contestant,
    Sample,
    Scaling,
    Status,
    TimedRound,
    TimingRecord,
)

WARM_UP_CALLS = 3
# The interval is looked at after 20, 30, 45, ... rounds: looking after each would sooner or later
# find it off the threshold by luck.
LOOK_AGAIN_AFTER = 1.5
WARM_UP_US = 200_000.0
# However short a kernel is, warming up ends.
WARM_UP_CALLS_AT_MOST = 10_000
EMPTY_PAIRS = 100
# Below this, launch and event noise of a few microseconds is a tenth of the figure.
SHORTEST_US = 50.0
DOUBLINGS_AT_MOST = 12
BUDGET_US = 5_000_000.0
SELF_TEST_WITHIN = 0.03
# A random quarter of the rounds has its outputs compared entry by entry.
CHECKED_SHARE = 0.25
SLOPE_LAUNCHES = 9


class Device(Protocol):
    """What can launch and time kernels: a GPU, or in tests a table of durations."""

    def describe(self) -> dict[str, str]:
        """Name, driver, versions, clocks: whatever a time may depend on."""

    def prepare(self, sizes: Mapping[str, int]) -> None:
        """Make the arrays for these sizes; compile every contestant on them."""

    def refresh(self, seed: int) -> None:
        """New values in every input, at the same addresses."""

    def time(self, contestant: Contestant | None) -> Sample:
        """Poisoned outputs, cold cache, one launch between two events; None launches nothing."""

    def is_right(self, contestant: Contestant) -> bool:
        """Whether its outputs on the present inputs are the reference's."""

    def print_outputs(self) -> str:
        """A fingerprint of what the last launch left in the outputs."""

    def is_throttled(self) -> bool:
        """Whether the clock was held back since this was last asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is asked of a timing."""

    sizes: Mapping[str, int]
    target_us: float
    """Sizes are doubled until the reference takes this long."""
    ratio: float
    slow_ratio: float
    """What the slow twin must exceed for the machine to be fit."""
    slope_sizes: Sequence[Mapping[str, int]] = ()
    """At least four, for a slope; none where none is asked."""
    seed: int = 0


def measure(device: Device, plan: Plan) -> TimingRecord:
    """Time the student's kernel beside the reference, if this machine can tell them apart."""
    environment = device.describe()
    sizes, reference_us = calibrate(device, plan)
    empty_us = statistics.median(device.time(None).elapsed_us for _ in range(EMPTY_PAIRS))
    rounds = Rounds(device=device, empty_us=empty_us, seed=plan.seed)

    def record(status: Status, reason: str, **found: Any) -> TimingRecord:
        return TimingRecord(
            status=status,
            reason=reason,
            environment=environment,
            sizes=dict(sizes),
            empty_us=empty_us,
            reference_us=reference_us - empty_us,
            **found,
        )

    if reference_us - empty_us < SHORTEST_US:
        words = f"the reference takes {reference_us - empty_us:.1f} us at the largest size tried"
        return record("unfit", f"{words}; {SHORTEST_US:.0f} are needed")
    warm_up(device, ("reference", "slow", "copy", "student"))
    itself = rounds.compare("again", "reference", 1 + SELF_TEST_WITHIN)
    slow = rounds.compare("slow", "reference", plan.slow_ratio)
    unfit = find_unfitness(itself, slow, plan.slow_ratio)
    if unfit:
        return record("unfit", unfit, itself=itself, slow=slow)
    student = rounds.compare("student", "reference", plan.ratio)
    if student.status == "inconclusive":
        student = rounds.compare("student", "reference", plan.ratio)
    scaling = None
    if student.status == "decided" and plan.slope_sizes:
        scaling = time_sizes(device, plan, empty_us)
    return record(
        student.status, student.reason, itself=itself, slow=slow, student=student, scaling=scaling
    )


def calibrate(device: Device, plan: Plan) -> tuple[Mapping[str, int], float]:
    """Double every size until the reference takes as long as is asked; its time there."""
    sizes = dict(plan.sizes)
    for _ in range(DOUBLINGS_AT_MOST):
        device.prepare(sizes)
        warm_up(device, ("reference",), least_us=0)
        elapsed = statistics.median(device.time("reference").elapsed_us for _ in range(5))
        if elapsed >= plan.target_us:
            break
        sizes = {name: 2 * size for name, size in sizes.items()}
    return sizes, elapsed


def warm_up(
    device: Device, contestants: Sequence[Contestant], least_us: float = WARM_UP_US
) -> None:
    """Launch until clocks are up."""
    for contestant in contestants:
        spent, calls = 0.0, 0
        while calls < WARM_UP_CALLS or (spent < least_us and calls < WARM_UP_CALLS_AT_MOST):
            spent += max(device.time(contestant).elapsed_us, 1.0)
            calls += 1


def find_unfitness(itself: Comparison, slow: Comparison, slow_ratio: float) -> str:
    """Why a machine may not judge; empty if the reference equals itself and a slow twin fails."""
    if itself.ratio is None or abs(itself.ratio - 1) > SELF_TEST_WITHIN:
        saw = "nothing certain" if itself.ratio is None else f"{itself.ratio:.3f}"
        return f"the reference beside itself gives {saw}, not 1.00 within {SELF_TEST_WITHIN}"
    if slow.low is None or slow.low <= slow_ratio:
        saw = "nothing certain" if slow.low is None else f"{slow.low:.2f} at least"
        return f"the slow twin gives {saw}, no more than {slow_ratio:.2f}: caches hide it here"
    return ""


class Spoiled(Exception):
    """A launch that ends a comparison: what it says of the kernel, or of the machine."""

    def __init__(self, status: Status, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


@dataclass(slots=True, kw_only=True)
class Rounds:
    """Interleaved rounds on one device."""

    device: Device
    empty_us: float
    seed: int
    _drawn: int = 0
    _prints: set[str] = field(default_factory=set)
    _checked: int = 0

    def compare(self, left: Contestant, right: Contestant, threshold: float) -> Comparison:
        """Rounds of both and the copy, until the ratio is known well enough or time is up."""
        source = random.Random(f"{self.seed} {left} {self._drawn}")
        done: list[TimedRound] = []
        discarded, spent_us, look = 0, 0.0, ROUNDS_AT_LEAST
        self._prints, self._checked = set(), 0
        try:
            while len(done) + discarded < ROUNDS_AT_MOST and spent_us < BUDGET_US:
                one = self._run(left, right, source)
                spent_us += one.left_us + one.right_us + one.copy_us
                if self.device.is_throttled():
                    discarded += 1
                    continue
                done.append(one)
                if len(done) >= look:
                    if is_enough([each.ratio for each in done], threshold, self.seed):
                        break
                    look = math.ceil(look * LOOK_AGAIN_AFTER)
            if len(self._prints) == 1 and len(done) >= ROUNDS_AT_LEAST:
                raise Spoiled("suspicious", "the same outputs for different inputs")
        except Spoiled as spoiled:
            return Comparison(
                left=left,
                right=right,
                status=spoiled.status,
                rounds=tuple(done),
                discarded=discarded,
                checked=self._checked,
                reason=spoiled.reason,
            )
        return conclude(
            left, right, done, threshold, self.seed, discarded=discarded, checked=self._checked
        )

    def _run(self, left: Contestant, right: Contestant, source: random.Random) -> TimedRound:
        """One round in an order drawn for it, on inputs drawn for it."""
        order: list[Contestant] = [left, right, "copy"]
        source.shuffle(order)
        self._drawn += 1
        self.device.refresh(self.seed + self._drawn)
        must_check = source.random() < CHECKED_SHARE
        times = {}
        for contestant in order:
            sample = self.device.time(contestant)
            require_fair(sample)
            # Never 0: a ratio is taken of it.
            times[contestant] = max(sample.elapsed_us - self.empty_us, 0.001)
            if contestant == left:
                self._prints.add(self.device.print_outputs())
                if must_check:
                    self._check(left)
        return TimedRound(
            left_us=times[left], right_us=times[right], copy_us=times["copy"], order=tuple(order)
        )

    def _check(self, contestant: Contestant) -> None:
        self._checked += 1
        if not self.device.is_right(contestant):
            raise Spoiled("wrong", "outputs differ from the reference's")


def require_fair(sample: Sample) -> None:
    """Refuse a launch whose events enclose more or less than the kernel."""
    if sample.compiled_again:
        raise Spoiled("void", "the kernel was compiled again while it was timed")
    if sample.tail_us > TAIL_NOISE_US + SUSPICIOUS_TAIL * sample.elapsed_us:
        raise Spoiled("suspicious", "the device was still at work after the kernel had ended")


def time_sizes(device: Device, plan: Plan, empty_us: float) -> Scaling:
    """The student's median time at each size; plausibility, not speed."""
    times = trace_times(device, ("student",), plan.slope_sizes, empty_us)["student"]
    counts = [max(sizes.values()) for sizes in plan.slope_sizes]
    return Scaling(
        sizes=tuple(counts), times_us=tuple(times), slope=fit_slope(counts, times)
    )  # fmt: skip


def trace_times(
    device: Device,
    contestants: Sequence[Contestant],
    at: Sequence[Mapping[str, int]],
    empty_us: float,
) -> dict[Contestant, list[float]]:
    """Median times at each size, in microseconds: for a curve, not for a verdict."""
    found: dict[Contestant, list[float]] = {each: [] for each in contestants}
    for sizes in at:
        device.prepare(sizes)
        for contestant in contestants:
            warm_up(device, (contestant,), least_us=0)
            launches = [device.time(contestant).elapsed_us for _ in range(SLOPE_LAUNCHES)]
            found[contestant].append(max(statistics.median(launches) - empty_us, 0.001))
    return found
