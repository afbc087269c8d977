"""How a class is getting on: a bar with the time left on a terminal, a line at each tenth else."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TextIO

from grader.report.columns import fit
from grader.verdicts import Verdict

BAR_WIDTH = 24


class Progress:
    """Counts what is done, and says when the rest will be."""

    def __init__(
        self,
        total: int,
        stream: TextIO,
        *,
        width: int = 80,
        read_clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._total, self._stream, self._width = total, stream, width
        self._read_clock_s = read_clock_s
        self._started_s = read_clock_s()
        self._done = self._known = 0
        self._verdicts: Counter[str] = Counter()
        self._unreadable = 0
        self._is_live = stream.isatty()

    def advance(self, verdicts: Mapping[str, int], *, was_known: bool = False) -> None:
        """One more submission is done."""
        self._done += 1
        self._known += was_known
        self._verdicts.update(verdicts)
        self._unreadable += not verdicts
        if self._is_live:
            filled = BAR_WIDTH * self._done // self._total
            bar = "█" * filled + "·" * (BAR_WIDTH - filled)
            line = fit(f"  {bar} {self._describe()}", self._width - 1)
            self._stream.write(f"\r\x1b[K{line}")
        elif self._done * 10 // self._total > (self._done - 1) * 10 // self._total:
            self._stream.write(f"  {self._describe()}\n")
        self._stream.flush()

    def close(self) -> None:
        """Leave the terminal on a line of its own."""
        if self._is_live and self._done:
            self._stream.write("\n")
            self._stream.flush()

    def _describe(self) -> str:
        words = [f"{self._done}/{self._total}"]
        left_s = self._estimate_left_s()
        if left_s is not None and self._done < self._total:
            words.append(f"{say_time(left_s)} left")
        counts = [
            f"{self._verdicts[verdict]} {verdict}" for verdict in Verdict if self._verdicts[verdict]
        ]
        if self._unreadable:
            counts.append(f"{self._unreadable} without a report")
        if self._known:
            counts.append(f"{self._known} known before")
        return "  ".join((", ".join(words), ", ".join(counts)))

    def _estimate_left_s(self) -> float | None:
        """From those graded now: what an earlier run graded took no time."""
        graded = self._done - self._known
        if not graded:
            return None
        return (self._read_clock_s() - self._started_s) / graded * (self._total - self._done)


def say_time(seconds: float) -> str:
    """40 s, 3 min 5 s, 2 h 10 min."""
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
