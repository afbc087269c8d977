"""What judging says: verdicts, outcomes and counterexamples, as plain frozen records.

A verdict is a value. Whose fault it is can be read off it: `void` is ours or the
instructor's and costs nothing; `review` and `undecided` wait for a person; all the others
are about the student's answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Literal


class Verdict(StrEnum):
    """What a check or a part can be said to be."""

    PASSED = "passed"
    PARTIAL = "partial"
    WRONG = "wrong"
    INEFFICIENT = "inefficient"
    SLOW = "slow"
    CRASHED = "crashed"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    MISSING = "missing"
    REFUSED = "refused"
    UNDECIDED = "undecided"
    REVIEW = "review"
    SKIPPED = "skipped"
    VOID = "void"

    @property
    def is_open(self) -> bool:
        """Whether its points are still to be given: nobody has lost them yet."""
        return self in (Verdict.UNDECIDED, Verdict.REVIEW, Verdict.VOID)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterexample:
    """The smallest input found on which the answer is wrong, in words a student can check."""

    inputs: tuple[tuple[str, str], ...] = ()
    """Name and value of each input, as Python text."""
    saw: str = ""
    expected: str = ""
    difference: str = ""
    """The first place where they differ: 'at [0, 2]: -1.5, expected 0.25'."""
    code: str = ""
    """Two lines of Python that show it; empty where no code was handed in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """What one kernel or processor costs at each size of a chart."""

    name: str
    role: Literal["cpu", "tier", "student", "bound"]
    costs: tuple[float, ...]
    slope: float | None
    """Least squares on the logarithms of sizes and costs; None where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Costs against one size, to be drawn on log-log axes."""

    title: str
    size_name: str
    unit: str
    sizes: tuple[int, ...]
    curves: tuple[Curve, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One check, judged."""

    check: str
    verdict: Verdict
    share: Fraction | None = None
    """0..1 of the check's points; None while the verdict is open."""
    points: Fraction = Fraction(1)
    """The check's weight among the checks of its part."""
    hidden: bool = False
    feedback: str = ""
    """What was seen, what was expected, what to try: a line each."""
    counterexample: Counterexample | None = None
    charts: tuple[Chart, ...] = ()
    """How a kernel's cost grows, beside the reference's."""
    mistake: str = ""
    """The author's words about a known mistake, when the answer makes it."""
    hint: str = ""
    """The author's words too: what a kind advises by itself stands in `feedback`."""
    location: str = ""
    """`file:line` in the student's own files."""
    output: str = ""
    """What the student's code printed, cut and cleaned."""
    understood: str = ""
    """The answer as the grader read it."""
    staff_note: str = ""
    """For the course's staff only: why a check is void or undecided."""
    elapsed_ms: float | None = None
    memory_mib: float | None = None


def passed(check: str, **more: object) -> Outcome:
    """An outcome that earns everything."""
    return Outcome(check=check, verdict=Verdict.PASSED, share=Fraction(1), **more)  # type: ignore[arg-type]


def failed(check: str, verdict: Verdict, feedback: str, **more: object) -> Outcome:
    """An outcome that earns nothing, or is open if its verdict is."""
    share = None if verdict.is_open else Fraction(0)
    return Outcome(check=check, verdict=verdict, share=share, feedback=feedback, **more)  # type: ignore[arg-type]
