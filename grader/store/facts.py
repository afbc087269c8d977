"""Gathering what scores depend on: attempts, outcomes, marks, extensions and overrides."""

from __future__ import annotations

import functools
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal, cast

from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import Session

from grader.store.admission import find_extension, find_zone
from grader.store.counting import choose_gradings, list_contenders
from grader.store.marks import (
    Wordings,
    find_latest_marks,
    find_wordings,
    read_rubric,
    state_marks,
)
from grader.store.rubrics import MarkFact
from grader.store.schema import (
    Assignment,
    Extension,
    GradingRun,
    PartOutcome,
    ProblemVersion,
    Regrade,
    RubricMark,
    RunState,
    ScoreOverride,
    Submission,
)
from grader.store.standing import AttemptFact, Facts, OverrideFact, PartFact
from grader.store.withdrawing import find_given_up

if TYPE_CHECKING:
    from grader.spec.models import Policies


@dataclass(frozen=True, slots=True)
class Gathered:
    """What scores depend on, and the gradings that it comes from."""

    facts: dict[int, Facts]
    """By student."""
    runs: dict[int, int]
    """The grading that counts, by submission."""


def gather_facts(
    session: Session,
    assignment: Assignment,
    user_ids: Sequence[int],
    *,
    with_regrade: int | None = None,
) -> dict[int, Facts]:
    """Everything that the scores of some students depend on, by student.

    Cost   As many questions for a hundred students as for one.
    """
    return gather(session, assignment, user_ids, with_regrade=with_regrade).facts


def gather(
    session: Session,
    assignment: Assignment,
    user_ids: Sequence[int],
    *,
    with_regrade: int | None = None,
) -> Gathered:
    """The same, and which grading of each submission it is."""
    asked = {"assignment": assignment.id, "users": list(user_ids)}
    connection = session.connection()
    submissions = connection.execute(_SUBMISSIONS, asked).all()
    ids = [submission.id for submission in submissions]
    rows = connection.execute(_GRADED, {"submissions": ids}).all() if ids else ()
    contenders = list_contenders(((row, row.state, row.never_lowers) for row in rows), with_regrade)
    outcomes = _find_parts(session, [run for runs in contenders.values() for run in runs])
    given_up = find_given_up(session, [each for each in ids if each not in contenders])
    said = connection.execute(_SAID, asked).one()
    marks = find_latest_marks(session, ids) if said.marks else {}
    wordings = _find_wordings(session, assignment, marks, contenders, outcomes)
    ordinals = {each.id: each.ordinal for each in submissions}
    stated = {each: state_marks(given, wordings, ordinals) for each, given in marks.items()}
    has_dates = said.extensions or (assignment.policies or {}).get("late")
    zone = find_zone(session, assignment.course_id) if has_dates else "UTC"
    by_student: dict[int, list[Any]] = {user_id: [] for user_id in user_ids}
    for submission in submissions:
        by_student[submission.user_id].append(submission)
    runs: dict[int, int] = {}
    facts: dict[int, Facts] = {}
    for user_id, own in by_student.items():
        gradings = {
            each.id: {run.id: outcomes[run.id] for run in contenders[each.id]}
            for each in own
            if each.id in contenders
        }
        laid_out = _lay_out(
            assignment,
            own,
            {each: next(iter(parts.values())) for each, parts in gradings.items()},
            stated,
            given_up,
            find_extension(session, assignment.id, user_id) if said.extensions else None,
            find_overrides(session, assignment.id, user_id) if said.overrides else [],
            zone,
        )
        facts[user_id], chosen = choose_gradings(laid_out, gradings)
        runs |= chosen
    return Gathered(facts, runs)


def _find_wordings(
    session: Session,
    assignment: Assignment,
    marks: Mapping[int, Sequence[RubricMark]],
    contenders: Mapping[int, Sequence[Any]],
    outcomes: Mapping[int, Sequence[PartFact]],
) -> Wordings:
    """What marked items were among; asked only where one isn't in the version that counts."""
    is_reworded = any(
        mark.item
        and any(
            mark.part == part.part and mark.item not in part.rubric
            for run in contenders.get(submission_id, ())
            for part in outcomes[run.id]
        )
        for submission_id, given in marks.items()
        for mark in given
    )
    return find_wordings(session, assignment.id) if is_reworded else {}


def _lay_out(
    assignment: Assignment,
    submissions: Sequence[Any],
    parts: Mapping[int, tuple[PartFact, ...]],
    marks: Mapping[int, tuple[MarkFact, ...]],
    given_up: Mapping[int, bool],
    extension: Extension | None,
    overrides: Sequence[ScoreOverride],
    zone: str,
) -> Facts:
    return Facts(
        attempts=[
            AttemptFact(
                submission.id,
                submission.ordinal,
                submission.received_at,
                parts.get(submission.id),
                marks.get(submission.id, ()),
                _WHEN[given_up.get(submission.id)],
            )
            for submission in submissions
        ],
        policies=_read_policies(json.dumps(assignment.policies or {})),
        counts=assignment.counts,
        due_at=assignment.due_at,
        extended_to=extension.due_at if extension else None,
        overrides=[
            OverrideFact(
                override.part,
                cast("Literal['set', 'add', 'excuse']", override.kind),
                Fraction(override.points or 0),
                override.reason,
            )
            for override in overrides
        ],
        max_points=Fraction(assignment.max_points),
        zone=zone,
    )


_WHEN: dict[bool | None, Literal["", "before it began", "while it ran"]] = {
    None: "", False: "before it began", True: "while it ran",
}  # fmt: skip


@functools.lru_cache(256)
def _read_policies(text: str) -> Policies:
    """Policies as the store keeps them; a course's assignments have few different ones."""
    from grader.spec.models import Policies

    return Policies.model_validate(json.loads(text))


_SUBMISSIONS = (
    select(Submission.id, Submission.user_id, Submission.ordinal, Submission.received_at)
    .where(
        Submission.assignment_id == bindparam("assignment"),
        Submission.user_id.in_(bindparam("users", expanding=True)),
        Submission.is_practice.is_(False),
    )
    .order_by(Submission.ordinal)
)
_GRADED = (
    select(
        GradingRun.id,
        GradingRun.submission_id,
        GradingRun.version_id,
        GradingRun.regrade_id,
        GradingRun.score,
        Regrade.state,
        Regrade.never_lowers,
    )
    .outerjoin(Regrade, Regrade.id == GradingRun.regrade_id)
    .where(
        GradingRun.submission_id.in_(bindparam("submissions", expanding=True)),
        GradingRun.state == RunState.DONE,
    )
    .order_by(GradingRun.id)
)
# Few students have any of these: whether there are some is one question.
_SAID = select(
    exists()
    .where(
        RubricMark.submission_id == Submission.id,
        Submission.assignment_id == bindparam("assignment"),
        Submission.user_id.in_(bindparam("users", expanding=True)),
    )
    .label("marks"),
    exists()
    .where(
        Extension.assignment_id == bindparam("assignment"),
        Extension.user_id.in_(bindparam("users", expanding=True)),
    )
    .label("extensions"),
    exists()
    .where(
        ScoreOverride.assignment_id == bindparam("assignment"),
        ScoreOverride.user_id.in_(bindparam("users", expanding=True)),
    )
    .label("overrides"),
)
_OUTLINES = select(ProblemVersion.id, ProblemVersion.outline).where(
    ProblemVersion.id.in_(bindparam("versions", expanding=True))
)
_PARTS = (
    select(
        PartOutcome.run_id,
        PartOutcome.part,
        PartOutcome.score,
        PartOutcome.max_score,
        PartOutcome.open_points,
    )
    .where(PartOutcome.run_id.in_(bindparam("runs", expanding=True)))
    .order_by(PartOutcome.run_id, PartOutcome.position)
)


def _find_parts(session: Session, runs: Sequence[Any]) -> dict[int, tuple[PartFact, ...]]:
    if not runs:
        return {}
    wanted = sorted({run.version_id for run in runs})
    outlines = {
        version_id: {part["id"]: part for part in outline}
        for version_id, outline in session.connection().execute(_OUTLINES, {"versions": wanted})
    }
    versions = {run.id: run.version_id for run in runs}
    found: dict[int, list[PartFact]] = {run.id: [] for run in runs}
    rows = session.connection().execute(_PARTS, {"runs": list(versions)})
    for run_id, part, score, max_score, open_points in rows:
        known: dict[str, Any] = outlines[versions[run_id]].get(part, {})
        found[run_id].append(
            PartFact(
                part,
                known.get("problem", ""),
                Fraction(score),
                Fraction(max_score),
                Fraction(open_points),
                read_rubric(known),
            )
        )
    return {run_id: tuple(parts) for run_id, parts in found.items()}


def find_counting_runs(
    session: Session, submission_ids: Iterable[int], *, with_regrade: int | None = None
) -> dict[int, GradingRun]:
    """The grading of each submission that counts.

    The newest finished one; a regrade's only once it is published, and, where it never lowers,
    only when the submission scores no less by it, with its marks, overrides and policies.
    `with_regrade` counts as if published.
    """
    rows = session.execute(
        select(GradingRun, Regrade.state, Regrade.never_lowers)
        .outerjoin(Regrade, Regrade.id == GradingRun.regrade_id)
        .where(
            GradingRun.submission_id.in_(list(submission_ids)),
            GradingRun.state == RunState.DONE,
        )
        .order_by(GradingRun.id)
    ).all()
    contenders = list_contenders(rows, with_regrade)
    found = {each: runs[-1] for each, runs in contenders.items()}
    contested = [each for each, runs in contenders.items() if len(runs) > 1]
    for assignment, user_ids in _find_owners(session, contested):
        chosen = gather(session, assignment, user_ids, with_regrade=with_regrade).runs
        for each in contested:
            if each in chosen:
                found[each] = next(run for run in contenders[each] if run.id == chosen[each])
    return found


def _find_owners(
    session: Session, submission_ids: Sequence[int]
) -> Iterator[tuple[Assignment, list[int]]]:
    """Whose submissions these are, by assignment."""
    if not submission_ids:
        return
    owners: dict[int, set[int]] = defaultdict(set)
    for assignment_id, user_id in session.execute(
        select(Submission.assignment_id, Submission.user_id).where(
            Submission.id.in_(submission_ids)
        )
    ):
        owners[assignment_id].add(user_id)
    for assignment_id, user_ids in owners.items():
        yield session.get_one(Assignment, assignment_id), sorted(user_ids)


def find_overrides(session: Session, assignment_id: int, user_id: int) -> list[ScoreOverride]:
    """The overrides that count, of each part: the latest decision, and points added since."""
    latest: dict[tuple[str, str], ScoreOverride] = {}
    for override in session.scalars(
        select(ScoreOverride)
        .where(ScoreOverride.assignment_id == assignment_id, ScoreOverride.user_id == user_id)
        .order_by(ScoreOverride.id)
    ):
        replaced = ("add",) if override.kind == "add" else ("set", "excuse", "add")
        for kind in replaced:
            latest.pop((override.part, kind), None)
        if override.kind != "withdraw":
            latest[override.part, override.kind] = override
    return list(latest.values())
