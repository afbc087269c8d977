"""What rounds say about a ratio: its median, how well that is known, and when to stop asking."""

from __future__ import annotations

import random
import statistics
from collections.abc import Sequence

from grader.kernels.timing.records import Comparison, Contestant, Status, TimedRound

ROUNDS_AT_LEAST = 20
ROUNDS_AT_MOST = 500
# A median that is known to 3 % either way decides any threshold that a course would set.
INTERVAL_HALF_WIDTH = 0.03
# Enough for two digits of a 95 % interval.
BOOTSTRAP_DRAWS = 400
# Rounds lost to throttling beyond this share leave too few to trust.
DISCARDED_AT_MOST = 0.2
SUSPICIOUS_SPEEDUP = 10.0
SUSPICIOUS_BANDWIDTH = 1.05
# A kernel whose work goes on after its end event hides time; a device needs some microseconds
# to say that it is idle.
SUSPICIOUS_TAIL = 0.2
TAIL_NOISE_US = 50.0


def bound_median(values: Sequence[float], seed: int) -> tuple[float, float]:
    """95 % bootstrap interval of a median, the same for the same seed.

    Source   B. Efron, "Bootstrap methods: another look at the jackknife", 1979; percentiles.
    """
    source = random.Random(seed)
    medians = sorted(
        statistics.median(source.choices(values, k=len(values))) for _ in range(BOOTSTRAP_DRAWS)
    )
    return medians[int(0.025 * BOOTSTRAP_DRAWS)], medians[int(0.975 * BOOTSTRAP_DRAWS) - 1]


def is_enough(ratios: Sequence[float], threshold: float, seed: int) -> bool:
    """Whether further rounds would change nothing: the interval is narrow or off the threshold."""
    if len(ratios) < ROUNDS_AT_LEAST:
        return False
    low, high = bound_median(ratios, seed)
    return is_narrow(low, high) or not low <= threshold <= high


def is_narrow(low: float, high: float) -> bool:
    return high - low <= INTERVAL_HALF_WIDTH * (low + high)


def conclude(
    left: Contestant,
    right: Contestant,
    rounds: Sequence[TimedRound],
    threshold: float,
    seed: int,
    *,
    discarded: int = 0,
    checked: int = 0,
) -> Comparison:
    """What the rounds say; nothing when they are too few, too noisy or too good."""
    if len(rounds) < ROUNDS_AT_LEAST:
        return Comparison(
            left=left,
            right=right,
            status="inconclusive",
            rounds=tuple(rounds),
            discarded=discarded,
            checked=checked,
            reason=f"{len(rounds)} rounds, too few to say anything",
        )
    ratios = [each.ratio for each in rounds]
    low, high = bound_median(ratios, seed)
    ratio = statistics.median(ratios)
    copy_share = statistics.median(each.copy_us / each.left_us for each in rounds)
    status, reason = name_status(ratio, low, high, copy_share, threshold)
    if discarded > DISCARDED_AT_MOST * (discarded + len(rounds)):
        status, reason = "inconclusive", "the clock was held back in too many rounds"
    quarters = statistics.quantiles(ratios, n=4)
    return Comparison(
        left=left,
        right=right,
        status=status,
        ratio=ratio,
        low=low,
        high=high,
        quartiles=(quarters[0], quarters[2]),
        copy_share=copy_share,
        rounds=tuple(rounds),
        discarded=discarded,
        checked=checked,
        reason=reason,
    )


def name_status(
    ratio: float, low: float, high: float, copy_share: float, threshold: float
) -> tuple[Status, str]:
    if ratio < 1 / SUSPICIOUS_SPEEDUP:
        return "suspicious", "more than ten times as fast as the reference"
    if copy_share > SUSPICIOUS_BANDWIDTH:
        return "suspicious", "faster than copying the bytes that it must move"
    if low <= threshold <= high and not is_narrow(low, high):
        return "inconclusive", "the threshold lies within what noise allows"
    return "decided", ""
