"""Keeping what a grading gave: reports, outcomes, and the score that follows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, bindparam, delete, insert, update
from sqlalchemy.orm import Session

from grader.store.blobs import keep_blobs
from grader.store.runs import Lease, bury
from grader.store.schema import (
    Assignment,
    CheckOutcome,
    GradingRun,
    PartOutcome,
    RunEvent,
    RunState,
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
    states = [_finish(session, graded) for graded in together]
    users: dict[int, set[int]] = defaultdict(set)
    for graded, state in zip(together, states, strict=True):
        if state is RunState.DONE:
            users[graded.lease.assignment_id].add(graded.lease.user_id)
    for assignment_id, user_ids in sorted(users.items()):
        refresh(session, session.get_one(Assignment, assignment_id), sorted(user_ids))
    return states


def _finish(session: Session, graded: Graded) -> RunState | None:
    lease, result = graded.lease, graded.result
    fault = find_fault(result.report)
    if fault and lease.deaths == 0:
        return bury(session, lease.run_id, lease.token, fault)
    connection = session.connection()
    staff = result.report
    student_sha, staff_sha = keep_blobs(session, [result.student.encode(), result.staff.encode()])
    held: Any = connection.execute(
        _END,
        {
            "run": lease.run_id,
            "token": lease.token,
            "finished": now(),
            "words": fault,
            "score": staff.score,
            "max_score": staff.max_score,
            "open_points": staff.open_points,
            "isolation": staff.isolation,
            "environment": dict(staff.versions),
            "student_report_sha": student_sha,
            "staff_report_sha": staff_sha,
        },
    )
    if held.rowcount != 1:
        return None
    _keep_outcomes(connection, lease.run_id, staff)
    if graded.was_told_of:
        connection.execute(_FORGET, {"run": lease.run_id})
    return RunState.DONE


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


def _keep_outcomes(connection: Connection, run_id: int, staff: Report) -> None:
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
