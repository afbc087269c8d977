"""Keeping what a grading gave: reports, outcomes, and the score that follows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, bindparam, delete, exists, insert, select, update
from sqlalchemy.orm import Session, aliased

from grader.store.blobs import keep_blobs
from grader.store.carrying import carry_to_graded
from grader.store.runs import Lease, bury, end_cancelled
from grader.store.schema import (
    Assignment,
    CheckOutcome,
    GradingRun,
    PartOutcome,
    RubricMark,
    RunEvent,
    RunState,
    Submission,
    User,
)
from grader.store.scores import refresh
from grader.store.types import now
from grader.verdicts import Verdict

if TYPE_CHECKING:
    from grader.report.models import Report
FAULT_LENGTH = 2000
"""A trace's last lines and its message."""


@dataclass(frozen=True, slots=True)
class Result:
    """Both reports as they are published, and the staff's to compute from."""

    student: str
    staff: str
    report: Report


def describe(student: Report, staff: Report) -> Result:
    """A result of reports."""
    from grader.report.json import render

    return Result(render(student), render(staff), staff)


@dataclass(frozen=True, slots=True)
class Graded:
    """A grading that has ended."""

    lease: Lease
    result: Result
    was_told_of: bool = True
    """Whether anything was noted, while it was under way, for whoever watched."""


def finish(session: Session, together: Sequence[Graded]) -> list[RunState | None]:
    """Keep gradings' results; what became of each run, None when its lease was lost.

    Where a part could not be judged through no fault of its student's, the grading is queued
    again, once; the second time the result is kept, with the fault in words for staff.

    Cost   Little more for several of one assignment than for one.
    """
    connection = session.connection()
    leases = {
        "runs": [graded.lease.run_id for graded in together],
        "tokens": [graded.lease.token for graded in together],
    }
    held = {row.id: row for row in connection.execute(_HELD, leases)}
    states: list[RunState | None] = []
    kept: list[tuple[Graded, str]] = []
    for graded in together:
        lease, fault = graded.lease, find_fault(graded.result.report)
        if lease.run_id not in held:
            states.append(None)
        elif held[lease.run_id].erased_at is not None:
            # Handed in while its student was erased: nothing of theirs is kept.
            states.append(RunState.CANCELLED if end_cancelled(session, lease) else None)
        elif fault and lease.deaths == 0:
            states.append(bury(session, lease.run_id, lease.token, fault))
        else:
            states.append(RunState.DONE)
            kept.append((graded, fault))
    if kept:
        _keep(session, kept, [run_id for run_id, row in held.items() if row.is_marked])
    return states


def _keep(session: Session, kept: Sequence[tuple[Graded, str]], of_marked: Sequence[int]) -> None:
    connection = session.connection()
    results = [graded.result for graded, _ in kept]
    names = keep_blobs(
        session, [text.encode() for each in results for text in (each.student, each.staff)]
    )
    moment = now()
    connection.execute(
        _END,
        [
            {
                "run": graded.lease.run_id,
                "token": graded.lease.token,
                "finished": moment,
                "words": fault,
                "score": graded.result.report.score,
                "max_score": graded.result.report.max_score,
                "open_points": graded.result.report.open_points,
                "isolation": graded.result.report.isolation,
                "environment": dict(graded.result.report.versions),
                "student_report_sha": student_sha,
                "staff_report_sha": staff_sha,
            }
            for (graded, fault), student_sha, staff_sha in zip(
                kept, names[::2], names[1::2], strict=True
            )
        ],
    )
    _keep_outcomes(connection, [(graded.lease.run_id, graded.result.report) for graded, _ in kept])
    told = [{"run": graded.lease.run_id} for graded, _ in kept if graded.was_told_of]
    if told:
        connection.execute(_FORGET, told)
    marked = [graded.lease.run_id for graded, _ in kept if graded.lease.run_id in of_marked]
    if marked:
        carry_to_graded(session, marked)
    users: dict[int, set[int]] = defaultdict(set)
    for graded, _ in kept:
        users[graded.lease.assignment_id].add(graded.lease.user_id)
    for assignment_id, user_ids in sorted(users.items()):
        refresh(session, session.get_one(Assignment, assignment_id), sorted(user_ids))


def find_fault(report: Report) -> str:
    """What could not be judged, in words for staff; empty where all was."""
    void = {
        part.id: [check.staff_note for check in part.checks if check.verdict is Verdict.VOID]
        for part in report.parts
        if Verdict.VOID in (part.verdict, *(check.verdict for check in part.checks))
    }
    if not void:
        return ""
    notes = [note for found in void.values() for note in found if note]
    names = ", ".join(map(shorten, void))
    return f"could not be judged: {names}; {(notes or ['the report says more'])[0][:FAULT_LENGTH]}"


def _keep_outcomes(connection: Connection, reports: Sequence[tuple[int, Report]]) -> None:
    parts = [
        {
            "run_id": run_id,
            "part": shorten(part.id),
            "position": position,
            "verdict": part.verdict.value,
            "score": part.score,
            "max_score": part.max_score,
            "open_points": part.open_points,
        }
        for run_id, staff in reports
        for position, part in enumerate(staff.parts)
    ]
    checks = [
        {
            "run_id": run_id,
            "part": shorten(part.id),
            "position": position,
            "name": check.name[:200],
            "verdict": check.verdict.value,
            "score": check.score,
            "max_score": check.max_score,
            "hidden": check.hidden,
            "mistake": check.mistake,
            "elapsed_ms": check.elapsed_ms,
            "memory_mib": check.memory_mib,
        }
        for run_id, staff in reports
        for part in staff.parts
        for position, check in enumerate(part.checks)
    ]
    if parts:
        connection.execute(_ADD_PARTS, parts)
    if checks:
        connection.execute(_ADD_CHECKS, checks)


def shorten(part_id: str) -> str:
    """A part's id without its assignment's."""
    return part_id.partition("/")[2] or part_id


_RUNS: Any = GradingRun.__table__
_EVENTS: Any = RunEvent.__table__
# Whether a person has marked anything of the same student's in the same assignment: few have.
_OTHER = aliased(Submission)
_IS_MARKED = exists().where(
    _OTHER.assignment_id == Submission.assignment_id,
    _OTHER.user_id == Submission.user_id,
    RubricMark.submission_id == _OTHER.id,
)
# In order, and locked, so that nobody takes one away between this look and the end.
_HELD = (
    select(_RUNS.c.id, User.erased_at, _IS_MARKED.label("is_marked"))
    .join(Submission, Submission.id == _RUNS.c.submission_id)
    .join(User, User.id == Submission.user_id)
    .where(
        _RUNS.c.id.in_(bindparam("runs", expanding=True)),
        _RUNS.c.lease_token.in_(bindparam("tokens", expanding=True)),
        _RUNS.c.state == RunState.RUNNING,
    )
    .order_by(_RUNS.c.id)
    .with_for_update(of=_RUNS)
)
_END = (
    update(_RUNS)
    .where(
        _RUNS.c.id == bindparam("run"),
        _RUNS.c.lease_token == bindparam("token"),
        _RUNS.c.state == RunState.RUNNING,
    )
    .values(
        state=RunState.DONE,
        finished_at=bindparam("finished"),
        lease_token=None,
        fault=bindparam("words"),
        **{
            name: bindparam(name)
            for name in (
                "score", "max_score", "open_points", "isolation", "environment",
                "student_report_sha", "staff_report_sha",
            )
        },
    )
)  # fmt: skip
_ADD_PARTS = insert(PartOutcome.__table__)  # type: ignore[arg-type]
_ADD_CHECKS = insert(CheckOutcome.__table__)  # type: ignore[arg-type]
_FORGET = delete(_EVENTS).where(_EVENTS.c.run_id == bindparam("run"))
