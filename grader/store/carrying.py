"""Marks for an answer that a student handed in again unchanged: they are carried over.

Whoever hands in once more for the sake of another part loses no marks, and no marker reads the
same words twice. What is compared is what markers read; where that was cut, nothing is carried.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from grader.store import audit
from grader.store.blobs import read_blob
from grader.store.facts import find_counting_runs
from grader.store.marks import find_latest_marks, find_wordings, read_rubric, state_marks
from grader.store.rubrics import match_marks
from grader.store.schema import GradingRun, ProblemVersion, RubricMark, Submission
from grader.verdicts import Verdict

CUT = "left out …"
"""What a report says where it doesn't quote all."""
OPEN = frozenset({Verdict.REVIEW, Verdict.UNDECIDED})


def carry_to_graded(session: Session, run_ids: Sequence[int]) -> None:
    """Carry marks over to what was graded just now, from other submissions of its students."""
    graded, other = aliased(Submission), aliased(Submission)
    targets = session.scalars(
        select(graded)
        .join(GradingRun, GradingRun.submission_id == graded.id)
        .where(
            GradingRun.id.in_(run_ids),
            GradingRun.regrade_id.is_(None),
            graded.is_practice.is_(False),
            exists().where(
                other.assignment_id == graded.assignment_id,
                other.user_id == graded.user_id,
                other.id != graded.id,
                RubricMark.submission_id == other.id,
            ),
        )
    ).all()
    for target in targets:
        others = {each.id: each for each in list_others(session, target)}
        newest = {
            submission_id: max(mark.id for mark in marks)
            for submission_id, marks in find_latest_marks(session, list(others)).items()
        }
        for submission_id in sorted(newest, key=newest.__getitem__, reverse=True):
            carry_marks(session, others[submission_id], [target])


def list_others(session: Session, submission: Submission) -> list[Submission]:
    """The other submissions of the same student that may count."""
    return list(
        session.scalars(
            select(Submission)
            .where(
                Submission.assignment_id == submission.assignment_id,
                Submission.user_id == submission.user_id,
                Submission.id != submission.id,
                Submission.is_practice.is_(False),
            )
            .order_by(Submission.id)
        )
    )


def carry_marks(session: Session, source: Submission, targets: Sequence[Submission]) -> bool:
    """Copy a submission's marks to those with the same answers; whether any were copied.

    What a person said of a target itself stays as it is.
    """
    if not targets:
        return False
    ids = [source.id, *(each.id for each in targets)]
    runs = {each: run.id for each, run in find_counting_runs(session, ids).items()}
    latest = find_latest_marks(session, ids)
    given: dict[str, list[RubricMark]] = {}
    for mark in latest.get(source.id, ()):
        given.setdefault(mark.part, []).append(mark)
    answers = _read_answers(session, runs[source.id]) if given and source.id in runs else {}
    is_carried = False
    for target in targets:
        if not answers or target.id not in runs:
            continue
        same = _read_answers(session, runs[target.id])
        for part, marks in given.items():
            own = {mark.item: mark for mark in latest.get(target.id, ()) if mark.part == part}
            changed = [mark for mark in marks if _is_news(mark, own.get(mark.item))]
            if (
                changed
                and part in answers
                and answers[part] == same.get(part)
                and all(mark.source_id is not None for mark in own.values())
                and _fit(session, runs[target.id], part, marks)
            ):
                _copy(session, changed, source, target)
                is_carried = True
    return is_carried


def _is_news(mark: RubricMark, own: RubricMark | None) -> bool:
    if own is None:
        return mark.points is not None
    return (mark.points, mark.comment) != (own.points, own.comment)


def _copy(
    session: Session, marks: Sequence[RubricMark], source: Submission, target: Submission
) -> None:
    session.add_all(
        RubricMark(
            submission_id=target.id,
            part=mark.part,
            item=mark.item,
            points=mark.points,
            comment=mark.comment,
            reason=mark.reason,
            author_id=mark.author_id,
            source_id=mark.source_id or source.id,
        )
        for mark in marks
    )
    session.flush()
    audit.note(
        session, None, "mark: carried over", f"submission {target.id}",
        part=marks[0].part, source=source.id,
    )  # fmt: skip


def _fit(session: Session, run_id: int, part: str, marks: Sequence[RubricMark]) -> bool:
    """Whether all marks count by the rubric that a grading has."""
    version = session.scalars(
        select(ProblemVersion)
        .join(GradingRun, GradingRun.version_id == ProblemVersion.id)
        .where(GradingRun.id == run_id)
    ).one()
    outlined: Mapping[str, Any] = next((each for each in version.outline if each["id"] == part), {})
    given = [mark for mark in marks if mark.points is not None]
    facts = state_marks(given, find_wordings(session, version.assignment_id))
    return len(match_marks(part, read_rubric(outlined), facts)) == len(given)


def _read_answers(session: Session, run_id: int) -> dict[str, tuple[str, ...]]:
    """What markers read of each part; without those that are not quoted in full."""
    from grader.report.json import read

    sha = session.scalar(select(GradingRun.staff_report_sha).where(GradingRun.id == run_id))
    report = read(read_blob(session, sha)) if sha else None
    answers = {
        part.id.partition("/")[2] or part.id: tuple(check.understood for check in part.checks)
        for part in (report.parts if report else ())
        if part.verdict in OPEN
    }
    return {
        part: texts
        for part, texts in answers.items()
        if any(texts) and not any(CUT in text for text in texts)
    }
