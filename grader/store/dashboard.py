"""What staff want to know of one assignment: scores, checks that fail, slow, flaky, ours."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from grader.store.facts import find_counting_runs
from grader.store.schema import (
    Assignment,
    CheckOutcome,
    Enrolment,
    GradingRun,
    Role,
    RunState,
    Standing,
    Submission,
    User,
)
from grader.store.types import now

GOOD = frozenset({"passed"})
UNJUDGED = frozenset({"undecided", "review", "skipped", "void"})
"""Neither right nor wrong: they count in no failure rate."""
SHOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckFigures:
    """How one check goes, over the submissions that count."""

    part: str
    name: str
    hidden: bool
    judged: int
    failed: int
    mistakes: tuple[tuple[str, int], ...]
    """The commonest, in the author's words, or the verdict's where there are none."""
    usual_ms: float | None
    slowest_ms: float | None

    @property
    def failure(self) -> float:
        """Share, 0..1."""
        return self.failed / self.judged if self.judged else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Flake:
    """A check that said different things of the same files and the same problem."""

    part: str
    name: str
    submission_id: int
    verdicts: tuple[str, ...]


Place = Literal["graded", "open", "waiting", "excused", "practised", "absent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """One assignment."""

    students: int
    places: Counter[Place]
    """Where each of them is; together they are all students."""
    waiting: int
    oldest_s: float
    shares: tuple[float, ...]
    """Final scores as shares of the most, also those that a person gave without a submission."""
    open_shares: tuple[float, ...]
    """Scores so far of those who have points open."""
    checks: tuple[CheckFigures, ...]
    flakes: tuple[Flake, ...]
    faults: tuple[GradingRun, ...]
    absent: tuple[tuple[int, str], ...]
    """Who has handed in nothing, and nothing was decided for them: number and name."""

    @property
    def median_share(self) -> float | None:
        """Of the final scores; of two in the middle, what is between them."""
        return median(self.shares) if self.shares else None


def read_dashboard(session: Session, assignment: Assignment) -> Dashboard:
    """Everything at once.

    Cost     a few queries; linear in the checks of the submissions that count.
    """
    rows = session.execute(
        select(User.id, User.name)
        .join(Enrolment, Enrolment.user_id == User.id)
        .where(
            Enrolment.course_id == assignment.course_id,
            Enrolment.role == Role.STUDENT,
            Enrolment.left_at.is_(None),
        )
        .order_by(User.name)
    ).all()
    names = {row[0]: row[1] for row in rows}
    standings = {
        standing.user_id: standing
        for standing in session.scalars(
            select(Standing).where(Standing.assignment_id == assignment.id)
        )
        if standing.user_id in names
    }
    handed_in = _find_handed_in(session, assignment)
    places: dict[int, Place] = {
        user_id: _find_place(standings.get(user_id), handed_in.get(user_id)) for user_id in names
    }
    counted = [each.submission_id for each in standings.values() if each.submission_id is not None]
    runs = find_counting_runs(session, counted)
    waiting, oldest = _find_waiting(session, assignment)
    return Dashboard(
        students=len(names),
        places=Counter(places.values()),
        waiting=waiting,
        oldest_s=(now() - oldest).total_seconds() if oldest else 0.0,
        shares=_find_shares(standings, places, "graded"),
        open_shares=_find_shares(standings, places, "open"),
        checks=_read_checks(session, [run.id for run in runs.values()]),
        flakes=_find_flakes(session, assignment),
        faults=_find_faults(session, assignment),
        absent=tuple(
            (user_id, name) for user_id, name in names.items() if places[user_id] == "absent"
        ),
    )


def _find_handed_in(session: Session, assignment: Assignment) -> dict[int, bool]:
    """Who has handed in, and whether any of it counts."""
    rows = session.execute(
        select(Submission.user_id, Submission.is_practice)
        .where(Submission.assignment_id == assignment.id)
        .distinct()
    )
    found: dict[int, bool] = {}
    for user_id, is_practice in rows:
        found[user_id] = found.get(user_id, False) or not is_practice
    return found


def _find_place(standing: Standing | None, counts: bool | None) -> Place:
    """One of them for everybody; `counts` is None where nothing was handed in."""
    if standing is not None:
        if standing.state == "excused":
            return "excused"
        if standing.state == "pending":
            return "waiting" if standing.submission_id is None else "open"
        if standing.state == "graded" or standing.is_adjusted:
            return "graded"
    return "absent" if counts is None else "waiting" if counts else "practised"


def _find_shares(
    standings: Mapping[int, Standing], places: Mapping[int, Place], place: Place
) -> tuple[float, ...]:
    """Nobody is left out; where there is nothing to earn, all of it was."""
    found = (standings[user_id] for user_id, where in places.items() if where == place)
    return tuple(float(each.score / each.max_score) if each.max_score else 1.0 for each in found)


def _find_waiting(session: Session, assignment: Assignment) -> tuple[int, dt.datetime | None]:
    row = session.execute(
        select(func.count(), func.min(GradingRun.queued_at))
        .join(Submission, Submission.id == GradingRun.submission_id)
        .where(
            Submission.assignment_id == assignment.id,
            GradingRun.state.in_((RunState.QUEUED, RunState.RUNNING)),
        )
    ).one()
    return row[0], row[1]


def _read_checks(session: Session, run_ids: Sequence[int]) -> tuple[CheckFigures, ...]:
    rows: dict[tuple[str, int, str], list[CheckOutcome]] = defaultdict(list)
    for outcome in session.scalars(select(CheckOutcome).where(CheckOutcome.run_id.in_(run_ids))):
        rows[outcome.part, outcome.position, outcome.name].append(outcome)
    figures = [_sum_check(found) for found in rows.values()]
    return tuple(sorted(figures, key=lambda each: (-each.failure, each.part, each.name)))


def _sum_check(found: Sequence[CheckOutcome]) -> CheckFigures:
    judged = [each for each in found if each.verdict not in UNJUDGED]
    failed = [each for each in judged if each.verdict not in GOOD]
    times = [each.elapsed_ms for each in found if each.elapsed_ms is not None]
    mistakes = Counter(each.mistake or each.verdict for each in failed)
    return CheckFigures(
        part=found[0].part,
        name=found[0].name,
        hidden=found[0].hidden,
        judged=len(judged),
        failed=len(failed),
        mistakes=tuple(mistakes.most_common(3)),
        usual_ms=median(times) if times else None,
        slowest_ms=max(times, default=None),
    )


def _find_flakes(session: Session, assignment: Assignment) -> tuple[Flake, ...]:
    verdict = CheckOutcome.verdict
    rows = session.execute(
        select(
            CheckOutcome.part, CheckOutcome.name, GradingRun.submission_id,
            func.min(verdict), func.max(verdict),
        )
        .join(GradingRun, GradingRun.id == CheckOutcome.run_id)
        .join(Submission, Submission.id == GradingRun.submission_id)
        .where(Submission.assignment_id == assignment.id, GradingRun.state == RunState.DONE)
        .group_by(
            CheckOutcome.part, CheckOutcome.position, CheckOutcome.name,
            GradingRun.submission_id, GradingRun.version_id,
        )
        .having(func.min(verdict) != func.max(verdict))
        .limit(SHOWN)
    )  # fmt: skip
    return tuple(
        Flake(part=part, name=name, submission_id=submission_id, verdicts=(one, other))
        for part, name, submission_id, one, other in rows
    )


def _find_faults(session: Session, assignment: Assignment) -> tuple[GradingRun, ...]:
    """Gradings on which we failed, whether they were tried again or set aside."""
    return tuple(
        session.scalars(
            select(GradingRun)
            .join(Submission, Submission.id == GradingRun.submission_id)
            .where(
                Submission.assignment_id == assignment.id,
                (GradingRun.fault != "") | (GradingRun.state == RunState.QUARANTINED),
            )
            .order_by(GradingRun.id.desc())
            .limit(SHOWN)
        )
    )
