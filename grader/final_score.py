"""From what the parts earned to what counts: lateness, attempts, a dropped problem.

Pure functions of scores, dates and policies; every change of a score has its one line. What checks
and parts earned is never touched.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from grader.spec.dates import read_time
from grader.spec.models import Attempts, Late, Policies


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """Who handed in, when, and for the how-manieth time, as far as is known."""

    student: str = ""
    submitted_at: datetime | None = None
    """With a time zone."""
    attempt: int = 1
    due: datetime | None = None
    """A due date that somebody else keeps, such as Gradescope; it goes before the assignment's."""


@dataclass(frozen=True, slots=True)
class Adjustment:
    """One change of a score, and why."""

    points: Fraction
    """Negative for a loss."""
    explanation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemScore:
    """What the parts of one problem earned together."""

    id: str
    earned: Fraction
    points: Fraction
    open_points: Fraction = Fraction(0)


def adjust(
    problems: Sequence[ProblemScore],
    policies: Policies,
    due: str | None,
    circumstances: Circumstances,
) -> tuple[Adjustment, ...]:
    """Every change, in the order in which they apply: each to what the ones before have left.

    Errors   ValueError for a date that is none.
    """
    left = sum((problem.earned for problem in problems), Fraction(0))
    found: list[Adjustment] = []

    def apply(adjustment: Adjustment | None) -> None:
        nonlocal left
        if adjustment is not None:
            found.append(adjustment)
            left += adjustment.points

    apply(drop_lowest(problems, policies.drop_lowest))
    if policies.late is not None and circumstances.submitted_at is not None:
        deadline, whose = find_deadline(policies, due, circumstances)
        if deadline is not None:
            apply(judge_lateness(left, policies.late, deadline, circumstances.submitted_at, whose))
    if policies.attempts is not None:
        apply(judge_attempt(left, policies.attempts, circumstances.attempt))
    return tuple(found)


def find_deadline(
    policies: Policies, due: str | None, circumstances: Circumstances
) -> tuple[datetime | None, str]:
    """The moment that counts for this student, and the words for an extension."""
    extension = policies.extensions.get(circumstances.student)
    if extension is not None:
        return read_time(extension, policies.timezone), " (extended)"
    if circumstances.due is not None:
        return circumstances.due, ""
    return (read_time(due, policies.timezone) if due else None), ""


def judge_lateness(
    earned: Fraction, late: Late, deadline: datetime, submitted_at: datetime, whose: str = ""
) -> Adjustment | None:
    """What a submission loses for its time; within the grace nothing, and nothing is said."""
    delay = submitted_at - deadline
    if delay <= timedelta(minutes=late.grace_minutes):
        return None
    said = f"{_say_delay(delay)} after the due date{whose}"
    if late.cut_off_hours is not None and delay > timedelta(hours=late.cut_off_hours):
        cut_off = _say_delay(timedelta(hours=late.cut_off_hours))
        return Adjustment(-earned, f"{said}, the cut-off is at {cut_off}: nothing counts")
    begun = _count_begun(late, deadline, submitted_at)
    share = min(Fraction(1), begun * late.loss)
    if not share:
        return None
    units = f"{begun} {late.per}{'s' if begun > 1 else ''} begun"
    return Adjustment(
        -earned * share,
        f"{said}, {units}: {_percent(share)} of {_show(earned)} points",
    )


def _count_begun(late: Late, deadline: datetime, submitted_at: datetime) -> int:
    """Days by the clock on the wall where the date is kept: one of them may have 25 hours."""
    if late.per == "hour":
        return math.ceil((submitted_at - deadline) / timedelta(hours=1))
    local = submitted_at.astimezone(deadline.tzinfo)
    return max(1, math.ceil((local.replace(tzinfo=None) - deadline.replace(tzinfo=None)) / _DAY))


_DAY = timedelta(days=1)


def judge_attempt(earned: Fraction, attempts: Attempts, attempt: int) -> Adjustment | None:
    """What a further attempt loses."""
    if attempts.most is not None and attempt > attempts.most:
        return Adjustment(-earned, f"attempt {attempt} of at most {attempts.most}: nothing counts")
    if attempts.free is None or attempt <= attempts.free:
        return None
    share = min(Fraction(1), (attempt - attempts.free) * attempts.loss)
    if not share:
        return None
    return Adjustment(
        -earned * share,
        f"attempt {attempt}, {attempts.free} are free: {_percent(share)} of {_show(earned)} points",
    )


def choose_attempt(scores: Sequence[float], counts: str) -> int:
    """Which of several attempts counts, in the order handed in: the last, or the best.

    Of equally good ones the first counts.
    """
    return len(scores) - 1 if counts == "last" else scores.index(max(scores))


def drop_lowest(problems: Sequence[ProblemScore], count: int) -> Adjustment | None:
    """Leave out the problems with the smallest shares; the rest counts for all of the points."""
    worth = [problem for problem in problems if problem.points]
    count = min(count, len(worth) - 1)
    if count <= 0:
        return None
    if any(problem.open_points for problem in problems):
        words = "which problem is left out is decided when no points are open any more"
        return Adjustment(Fraction(0), words)
    by_share = sorted(worth, key=lambda problem: problem.earned / problem.points)
    dropped, kept = by_share[:count], by_share[count:]
    everything = sum((problem.points for problem in worth), Fraction(0))
    earned = sum((problem.earned for problem in kept), Fraction(0))
    points = sum((problem.points for problem in kept), Fraction(0))
    counted = earned / points * everything
    before = sum((problem.earned for problem in worth), Fraction(0))
    names = ", ".join(problem.id.rpartition("/")[2] for problem in dropped)
    return Adjustment(
        counted - before,
        f"lowest left out ({names}): {_show(earned)} of {_show(points)} in the rest count as"
        f" {_show(counted)} of {_show(everything)}",
    )


def _say_delay(delay: timedelta) -> str:
    """3 min, 5 h 10 min, 2 days 3 h."""
    minutes = max(1, math.ceil(delay / timedelta(minutes=1)))
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    if days:
        return f"{days} day{'s' if days > 1 else ''}" + (f" {hours} h" if hours else "")
    return (
        f"{hours} h {minutes} min"
        if hours and minutes
        else f"{hours or minutes} " + ("h" if hours else "min")
    )


def _percent(share: Fraction) -> str:
    return f"{float(share * 100):.4g} %"


def _show(points: Fraction) -> str:
    return f"{float(points):.2f}".rstrip("0").rstrip(".")
