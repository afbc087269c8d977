"""What a timing measured, in full: nothing that led to a verdict is thrown away."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Contestant = str
"""`student`, `reference`, `slow`, a twin; `again`, the reference a second time; `copy`, which moves
as many bytes as the kernel must. In a curve, the name of a tier."""

Status = Literal["decided", "inconclusive", "suspicious", "unfit", "wrong", "void"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One launch between two events."""

    elapsed_us: float
    """Between the events, before what an empty pair takes is taken off."""
    tail_us: float = 0.0
    """How long the device was still at work after the second event."""
    compiled_again: bool = False
    """The launch compiled: what was timed is not the kernel alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedRound:
    """One round: two contestants and the copy once each, in an order drawn for it."""

    left_us: float
    right_us: float
    copy_us: float
    order: tuple[Contestant, ...]

    @property
    def ratio(self) -> float:
        return self.left_us / self.right_us


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two kernels timed in turns, and what their ratio is known to."""

    left: Contestant
    right: Contestant
    status: Status
    ratio: float | None = None
    """Median over rounds of left to right."""
    low: float | None = None
    high: float | None = None
    """95 % bootstrap interval of that median."""
    quartiles: tuple[float, float] | None = None
    copy_share: float | None = None
    """Median of copy time to the left's: the share of copy bandwidth that it reaches."""
    rounds: tuple[TimedRound, ...] = field(default=(), repr=False)
    discarded: int = 0
    """Rounds lost to a clock that was held back."""
    checked: int = 0
    """Rounds whose outputs were compared with the reference's, entry by entry."""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaling:
    """Time against size, and the slope on log-log axes."""

    sizes: tuple[int, ...]
    times_us: tuple[float, ...]
    slope: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimingRecord:
    """Everything that one timing did."""

    status: Status
    reason: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    """What was timed, after calibration to a kernel that is long enough."""
    empty_us: float = 0.0
    reference_us: float = 0.0
    itself: Comparison | None = None
    slow: Comparison | None = None
    student: Comparison | None = None
    scaling: Scaling | None = None
    cpu_ms: float | None = None
    """The CPU's time at the same sizes."""

    @property
    def student_us(self) -> float | None:
        """The median of the student's launches."""
        if self.student is None or not self.student.rounds:
            return None
        times = sorted(each.left_us for each in self.student.rounds)
        return times[len(times) // 2]

    def as_json(self) -> dict[str, Any]:
        """For a file, or for staff: rounds as rows of microseconds."""
        found = asdict(self)
        for name in ("itself", "slow", "student"):
            comparison = getattr(self, name)
            if comparison is not None:
                found[name]["rounds"] = [
                    [round(each.left_us, 2), round(each.right_us, 2), round(each.copy_us, 2)]
                    for each in comparison.rounds
                ]
        return found
