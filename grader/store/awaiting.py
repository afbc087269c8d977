"""Answers that a person marks: which wait, and how far each is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.store.counting import list_candidates
from grader.store.facts import gather
from grader.store.rubrics import match_marks
from grader.store.schema import Assignment, PartOutcome, Standing, Submission
from grader.store.scores import TOGETHER
from grader.store.standing import AttemptFact, Facts, settle_part

Claim = Literal["counts", "could count", "does not count"]


@dataclass(frozen=True, slots=True)
class Waiting:
    """One part of one submission that a person marks."""

    submission_id: int
    ordinal: int
    user_id: int
    part: str
    position: int
    run_id: int
    open_points: Fraction
    """Neither earned nor lost, after everything that was decided."""
    given: int
    """Items that are marked."""
    items: int
    claim: Claim
    """Whether the submission counts, or would if everything open in it were earned."""

    @property
    def is_open(self) -> bool:
        return bool(self.open_points)


def list_waiting(session: Session, assignment: Assignment, also: int = 0) -> list[Waiting]:
    """What a person marks in the submissions that count, or could where the best does.

    Part by part. `also` is a submission that is asked for, whatever it counts.
    """
    standings = select(Standing.user_id).where(
        Standing.assignment_id == assignment.id, Standing.submission_id.is_not(None)
    )
    owner = select(Submission.user_id).where(
        Submission.assignment_id == assignment.id, Submission.id == also
    )
    users = sorted(set(session.scalars(standings)) | set(session.scalars(owner)))
    found: list[Waiting] = []
    for start in range(0, len(users), TOGETHER):
        gathered = gather(session, assignment, users[start : start + TOGETHER])
        wanted = {
            gathered.runs[attempt.submission_id]: (user_id, facts, attempt, claim)
            for user_id, facts in gathered.facts.items()
            for attempt, claim in _choose(facts, also)
            if attempt.submission_id in gathered.runs
        }
        for run_id, part, position in _find_reviewed(session, list(wanted)):
            found += _describe(run_id, part, position, *wanted[run_id])
    places = {each.part: each.position for each in reversed(found)}
    return sorted(found, key=lambda each: (places[each.part], each.part, each.submission_id))


def _choose(facts: Facts, also: int) -> list[tuple[AttemptFact, Claim]]:
    chosen: list[tuple[AttemptFact, Claim]] = [
        (attempt, "could count" if index else "counts")
        for index, attempt in enumerate(list_candidates(facts))
    ]
    known = {attempt.submission_id for attempt, _ in chosen}
    if also not in known:
        chosen += [
            (each, "does not count") for each in facts.attempts if each.submission_id == also
        ]
    return chosen


def _find_reviewed(session: Session, run_ids: Sequence[int]) -> Iterable[tuple[int, str, int]]:
    rows = session.execute(
        select(PartOutcome.run_id, PartOutcome.part, PartOutcome.position).where(
            PartOutcome.run_id.in_(run_ids), PartOutcome.verdict.in_(("review", "undecided"))
        )
    )
    return [(run_id, part, position) for run_id, part, position in rows]


def _describe(
    run_id: int,
    part: str,
    position: int,
    user_id: int,
    facts: Facts,
    attempt: AttemptFact,
    claim: Claim,
) -> list[Waiting]:
    return [
        Waiting(
            submission_id=attempt.submission_id,
            ordinal=attempt.ordinal,
            user_id=user_id,
            part=part,
            position=position,
            run_id=run_id,
            open_points=settle_part(fact, attempt.marks, facts.overrides)[1],
            given=len(match_marks(part, fact.rubric, attempt.marks)),
            items=max(1, len(fact.rubric)),
            claim=claim,
        )
        for fact in attempt.parts or ()
        if fact.part == part
    ]
