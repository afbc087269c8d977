"""Grading again with another version: a dry run, what it would change, then all at once."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from grader.errors import Conflict, NotFound
from grader.store import audit
from grader.store.admission import URGENCY
from grader.store.facts import find_counting_runs
from grader.store.marks import find_counted_marks
from grader.store.schema import (
    Assignment,
    AuditEntry,
    GradingRun,
    PartOutcome,
    ProblemVersion,
    Purpose,
    Regrade,
    RunState,
    Submission,
    User,
)
from grader.store.scores import explain_standings, refresh_all
from grader.store.types import now

PUBLISH = "regrade: publish"


@dataclass(frozen=True, slots=True)
class PartMove:
    """What changes in one part."""

    part: str
    before: float
    after: float
    verdict_before: str
    verdict_after: str


@dataclass(frozen=True, slots=True)
class Move:
    """What a regrade would change for one student."""

    user_id: int
    name: str
    before: float
    after: float
    parts: tuple[PartMove, ...]
    lost_marks: int = 0
    """Marks for items that the new version doesn't have; those parts wait to be marked again."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a regrade is."""

    total: int
    done: int
    open: int
    failed: int


def begin_regrade(
    session: Session,
    assignment: Assignment,
    *,
    version_id: int | None,
    reason: str,
    author_id: int,
    never_lowers: bool,
    sample: int | None,
) -> tuple[Regrade, list[GradingRun]]:
    """Begin with a dry run over a sample, or over everybody; nothing counts yet.

    Errors   NotFound for a version of another assignment; Conflict while another regrade is open.
    """
    version_id = version_id or assignment.version_id
    version = session.get(ProblemVersion, version_id) if version_id else None
    if version is None or version.assignment_id != assignment.id:
        raise NotFound(f"{assignment.slug} has no such version")
    open_one = session.scalar(
        select(Regrade.id).where(
            Regrade.assignment_id == assignment.id, Regrade.state.in_(("dry-run", "applied"))
        )
    )
    if open_one is not None:
        raise Conflict(f"regrade {open_one} is not ended; publish or abandon it first")
    regrade = Regrade(
        assignment_id=assignment.id,
        version_id=version.id,
        reason=reason,
        author_id=author_id,
        never_lowers=never_lowers,
    )
    session.add(regrade)
    session.flush()
    audit.note(session, author_id, "regrade: dry run", f"regrade {regrade.id}", reason=reason)
    return regrade, _add_runs(session, assignment, regrade, sample)


def apply_regrade(session: Session, regrade: Regrade, author_id: int) -> list[GradingRun]:
    """Grade everybody else too, and whoever handed in since; still nothing counts.

    Errors   Conflict when it was published or abandoned already.
    """
    if regrade.state not in ("dry-run", "applied"):
        raise Conflict(f"this regrade is {regrade.state} already")
    regrade.state = "applied"
    audit.note(session, author_id, "regrade: apply", f"regrade {regrade.id}")
    assignment = session.get_one(Assignment, regrade.assignment_id)
    return _add_runs(session, assignment, regrade, None)


def publish_regrade(session: Session, regrade: Regrade, author_id: int) -> int:
    """Let the regrade count, for everybody in one moment; how many scores were computed anew.

    Errors   Conflict while something of it is still to be graded.
    """
    if regrade.state != "applied":
        raise Conflict(f"this regrade is {regrade.state}; only an applied one is published")
    progress = measure_progress(session, regrade)
    if progress.open:
        raise Conflict(f"{progress.open} of {progress.total} are still to be graded")
    if progress.failed:
        raise Conflict(
            f"{progress.failed} of {progress.total} could not be graded; look at the quarantine"
        )
    assignment = session.get_one(Assignment, regrade.assignment_id)
    since = len(_list_wanted(session, assignment, regrade))
    if since:
        raise Conflict(f"{since} submissions have come since; apply again to grade them too")
    # Kept as it is now: later marks and regrades move scores again.
    moved = [asdict(move) for move in find_moves(session, regrade)]
    regrade.state, regrade.published_at = "published", now()
    assignment.version_id = regrade.version_id
    audit.note(
        session, author_id, PUBLISH, f"regrade {regrade.id}",
        moved=[{name: value for name, value in move.items() if name != "name"} for move in moved],
    )  # fmt: skip
    return refresh_all(session, assignment)


def abandon_regrade(session: Session, regrade: Regrade, author_id: int) -> None:
    """End it without a trace in any score; its gradings stay to be looked at.

    Errors   Conflict when it was published.
    """
    if regrade.state not in ("dry-run", "applied"):
        raise Conflict(f"this regrade is {regrade.state} already")
    regrade.state = "abandoned"
    for run in session.scalars(
        select(GradingRun).where(
            GradingRun.regrade_id == regrade.id, GradingRun.state == RunState.QUEUED
        )
    ):
        run.state, run.finished_at = RunState.CANCELLED, now()
    audit.note(session, author_id, "regrade: abandon", f"regrade {regrade.id}")


def measure_progress(session: Session, regrade: Regrade) -> Progress:
    """How many gradings there are, and how they stand."""
    counts = dict(
        session.execute(
            select(GradingRun.state, func.count())
            .where(GradingRun.regrade_id == regrade.id)
            .group_by(GradingRun.state)
        ).all()
    )
    is_open = counts.get(RunState.QUEUED, 0) + counts.get(RunState.RUNNING, 0)
    done = counts.get(RunState.DONE, 0)
    total = sum(counts.values())
    return Progress(total, done, is_open, total - done - is_open)


def find_moves(session: Session, regrade: Regrade) -> list[Move]:
    """Who would move, by how much and why, or who did when it was published.

    The largest losses first; as far as it is graded.
    """
    if regrade.state == "published":
        return _recall_moves(session, regrade)
    assignment = session.get_one(Assignment, regrade.assignment_id)
    submissions = dict(
        session.execute(
            select(Submission.id, Submission.user_id)
            .join(GradingRun, GradingRun.submission_id == Submission.id)
            .where(GradingRun.regrade_id == regrade.id, GradingRun.state == RunState.DONE)
        ).all()
    )
    before = find_counting_runs(session, submissions)
    after = find_counting_runs(session, submissions, with_regrade=regrade.id)
    people = select(User.id, User.name).where(User.id.in_(set(submissions.values())))
    names = dict(session.execute(people).all())
    owners = sorted(set(submissions.values()))
    was, will = (
        {user_id: round(float(each.score), 4) for user_id, each in scores.items()}
        for scores in (
            explain_standings(session, assignment, owners),
            explain_standings(session, assignment, owners, with_regrade=regrade.id),
        )
    )
    moves = []
    for submission_id, user_id in submissions.items():
        old, new = before.get(submission_id), after.get(submission_id)
        if old is None or new is None or old.id == new.id:
            continue
        parts = _compare(session, old.id, new.id)
        lost = _count_marks(session, old) - _count_marks(session, new)
        if parts or lost > 0 or was[user_id] != will[user_id]:
            name, change = names[user_id], (was[user_id], will[user_id])
            moves.append(Move(user_id, name, *change, parts, max(0, lost)))
    return sorted(moves, key=lambda move: (move.after - move.before, move.name))


def _recall_moves(session: Session, regrade: Regrade) -> list[Move]:
    detail = session.scalar(
        select(AuditEntry.detail).where(
            AuditEntry.action == PUBLISH, AuditEntry.thing == f"regrade {regrade.id}"
        )
    )
    moved = (detail or {}).get("moved", ())
    people = select(User.id, User.name).where(User.id.in_([each["user_id"] for each in moved]))
    names = dict(session.execute(people).all())
    return [
        Move(
            each["user_id"],
            names.get(each["user_id"], "somebody who was removed"),
            each["before"],
            each["after"],
            tuple(PartMove(**part) for part in each["parts"]),
            each.get("lost_marks", 0),
        )
        for each in moved
    ]


def _count_marks(session: Session, run: GradingRun) -> int:
    return sum(map(len, find_counted_marks(session, run).values()))


def _compare(session: Session, old_id: int, new_id: int) -> tuple[PartMove, ...]:
    found: dict[int, dict[str, tuple[float, str]]] = {old_id: {}, new_id: {}}
    for outcome in session.scalars(
        select(PartOutcome)
        .where(PartOutcome.run_id.in_((old_id, new_id)))
        .order_by(PartOutcome.position)
    ):
        found[outcome.run_id][outcome.part] = (float(outcome.score), outcome.verdict)
    nothing = (0.0, "missing")
    names = dict.fromkeys([*found[new_id], *found[old_id]])
    return tuple(
        PartMove(part, old[0], new[0], old[1], new[1])
        for part in names
        for old, new in [(found[old_id].get(part, nothing), found[new_id].get(part, nothing))]
        if old != new
    )


def _list_wanted(session: Session, assignment: Assignment, regrade: Regrade) -> list[int]:
    """Submissions that may count and have no run in this regrade yet."""
    rows = session.execute(
        select(Submission.id, Submission.user_id)
        .where(
            Submission.assignment_id == assignment.id,
            Submission.is_practice.is_(False),
            Submission.archive_sha.is_not(None),
        )
        .order_by(Submission.user_id, Submission.ordinal)
    ).all()
    if assignment.counts == "last":
        ids = list({user_id: submission_id for submission_id, user_id in rows}.values())
    else:
        ids = [submission_id for submission_id, _ in rows]
    have = set(
        session.scalars(select(GradingRun.submission_id).where(GradingRun.regrade_id == regrade.id))
    )
    return [each for each in ids if each not in have]


def _add_runs(
    session: Session, assignment: Assignment, regrade: Regrade, sample: int | None
) -> list[GradingRun]:
    """A run for each submission that may count and has none in this regrade yet."""
    ids = _list_wanted(session, assignment, regrade)
    if sample is not None and len(ids) > sample:
        # Evenly over the class, and the same ones whenever it is asked.
        ids = [ids[len(ids) * index // sample] for index in range(sample)]
    waiting = session.scalar(
        select(func.count()).where(
            GradingRun.course_id == assignment.course_id, GradingRun.state == RunState.QUEUED
        )
    )
    made = [
        GradingRun(
            submission_id=submission_id,
            version_id=regrade.version_id,
            course_id=assignment.course_id,
            purpose=Purpose.REGRADE,
            # A regrade is a generation of its own: the same version may be graded again.
            generation=regrade.id,
            regrade_id=regrade.id,
            state=RunState.QUEUED,
            queue=assignment.queue,
            priority=URGENCY[Purpose.REGRADE] - (waiting or 0) - index,
            queued_at=now(),
        )
        for index, submission_id in enumerate(ids)
    ]
    session.add_all(made)
    session.flush()
    return made
