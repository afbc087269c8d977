"""Device timing, the part that needs no device: rounds in random order, ratios, when to stop.

The rounds themselves come from a `Stopwatch`: `grader.kernels.device` has one for a GPU, tests
have one of numbers. Nothing here has been run against a GPU yet.
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

ROUNDS_AT_LEAST = 20
ROUNDS_AT_MOST = 500
# A median that is known to 3 % either way decides any threshold a course would set.
INTERVAL_HALF_WIDTH = 0.03
BUDGET_S = 5.0
BOOTSTRAP_DRAWS = 400
# Below this, launch and event noise of a few microseconds is a tenth of the figure.
SHORTEST_US = 50.0
# Rounds lost to throttling beyond this share leave too few to trust.
DISCARDED_AT_MOST = 0.2
SELF_TEST_WITHIN = 0.03
SUSPICIOUS_SPEEDUP = 10.0
SUSPICIOUS_BANDWIDTH = 1.05

Contestant = Literal["student", "reference", "copy"]


class Stopwatch(Protocol):
    """One launch of one contestant between two events, cold cache, fresh inputs."""

    def time_us(self, contestant: Contestant) -> float: ...

    def is_throttled(self) -> bool:
        """Whether the clock was held back since this was last asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedRound:
    """One round: every contestant once, in an order drawn for it."""

    student_us: float
    reference_us: float
    copy_us: float
    order: tuple[Contestant, ...]

    @property
    def ratio(self) -> float:
        return self.student_us / self.reference_us


@dataclass(frozen=True, slots=True, kw_only=True)
class TimingResult:
    """What the rounds say."""

    status: Literal["decided", "inconclusive", "suspicious"]
    ratio: float
    """Median over rounds of student to reference."""
    low: float
    high: float
    """95 % bootstrap interval of that median."""
    copy_share: float
    """Copy time over student time: the share of copy bandwidth reached, for equal bytes."""
    rounds: tuple[TimedRound, ...] = field(repr=False)
    discarded: int
    reason: str = ""


def run_rounds(
    stopwatch: Stopwatch, threshold: float, seed: int, *, budget_s: float = BUDGET_S
) -> TimingResult:
    """Interleave until the threshold is outside the interval, or the interval is narrow.

    Drift and throttling hit all contestants of a round alike and cancel in its ratio.
    """
    source = random.Random(seed)
    rounds: list[TimedRound] = []
    discarded, spent_us = 0, 0.0
    low, high = 0.0, float("inf")
    while len(rounds) + discarded < ROUNDS_AT_MOST and spent_us < budget_s * 1e6:
        order: list[Contestant] = ["student", "reference", "copy"]
        source.shuffle(order)
        times = {contestant: stopwatch.time_us(contestant) for contestant in order}
        spent_us += sum(times.values())
        if stopwatch.is_throttled():
            discarded += 1
            continue
        rounds.append(
            TimedRound(
                student_us=times["student"],
                reference_us=times["reference"],
                copy_us=times["copy"],
                order=tuple(order),
            )
        )
        if len(rounds) >= ROUNDS_AT_LEAST and len(rounds) % 5 == 0:
            low, high = bound_median([each.ratio for each in rounds], seed)
            middle = (low + high) / 2
            narrow = high - low <= 2 * INTERVAL_HALF_WIDTH * middle
            if narrow or not low <= threshold <= high:
                break
    return conclude(rounds, discarded, threshold, seed)


def conclude(
    rounds: Sequence[TimedRound], discarded: int, threshold: float, seed: int
) -> TimingResult:
    """The verdict of the rounds; none when they are too few, too noisy or too good."""
    if len(rounds) < ROUNDS_AT_LEAST:
        return TimingResult(
            status="inconclusive",
            ratio=float("nan"),
            low=0.0,
            high=float("inf"),
            copy_share=0.0,
            rounds=tuple(rounds),
            discarded=discarded,
            reason="too few rounds",
        )
    ratios = [each.ratio for each in rounds]
    low, high = bound_median(ratios, seed)
    ratio = statistics.median(ratios)
    copy_share = statistics.median(each.copy_us / each.student_us for each in rounds)
    status: Literal["decided", "inconclusive", "suspicious"] = "decided"
    reason = ""
    if ratio < 1 / SUSPICIOUS_SPEEDUP:
        status, reason = "suspicious", "more than ten times as fast as the reference"
    elif copy_share > SUSPICIOUS_BANDWIDTH:
        status, reason = "suspicious", "faster than copying the same bytes"
    elif discarded > DISCARDED_AT_MOST * (discarded + len(rounds)):
        status, reason = "inconclusive", "the clock was held back too often"
    elif low <= threshold <= high and high - low > 2 * INTERVAL_HALF_WIDTH * ratio:
        status, reason = "inconclusive", "the threshold lies inside the interval"
    return TimingResult(
        status=status,
        ratio=ratio,
        low=low,
        high=high,
        copy_share=copy_share,
        rounds=tuple(rounds),
        discarded=discarded,
        reason=reason,
    )


def bound_median(values: Sequence[float], seed: int) -> tuple[float, float]:
    """95 % bootstrap interval of a median, the same for the same seed."""
    source = random.Random(seed)
    medians = sorted(
        statistics.median(source.choices(values, k=len(values))) for _ in range(BOOTSTRAP_DRAWS)
    )
    return medians[int(0.025 * BOOTSTRAP_DRAWS)], medians[int(0.975 * BOOTSTRAP_DRAWS) - 1]


def is_fit(reference_to_itself: TimingResult, slow_twin: TimingResult, threshold: float) -> bool:
    """Whether a machine may judge: the reference equals itself, and a slow twin fails."""
    even = abs(reference_to_itself.ratio - 1) <= SELF_TEST_WITHIN
    return even and slow_twin.status == "decided" and slow_twin.low > threshold
