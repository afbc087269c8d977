"""Paired timing of whole commands: one of each in turn, so that a busy machine slows both."""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path


def time_command(command: Sequence[str], folder: Path) -> float:
    """Wall seconds of one run.

    Errors   CalledProcessError when it fails: a failing command's time means nothing.
    """
    started = time.perf_counter()
    subprocess.run(
        command, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    return time.perf_counter() - started


def compare_commands(
    ours: Sequence[str], theirs: Sequence[str], folder: Path, *, pairs: int = 11
) -> tuple[float, float, float]:
    """Median seconds of both, and the median of the ratios pair by pair."""
    time_command(ours, folder)
    time_command(theirs, folder)
    measured = [(time_command(ours, folder), time_command(theirs, folder)) for _ in range(pairs)]
    return (
        statistics.median(one for one, _ in measured),
        statistics.median(other for _, other in measured),
        statistics.median(one / other for one, other in measured),
    )


def time_calls(call: Callable[[], object], count: int) -> list[float]:
    """Sorted wall milliseconds of so many calls."""
    taken = []
    for _ in range(count):
        started = time.perf_counter()
        call()
        taken.append((time.perf_counter() - started) * 1000)
    return sorted(taken)


def find_percentile(ordered: Sequence[float], percent: float) -> float:
    """The value below which that many of the ordered values lie."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def print_row(work: str, *cells: str) -> None:
    """One line of a table."""
    print(f"{work:<52}" + "".join(f"{cell:>14}" for cell in cells), flush=True)
