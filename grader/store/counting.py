"""Which grading of a submission counts, and which submission could."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from grader.store.rubrics import MarkFact
from grader.store.standing import (
    AttemptFact,
    Facts,
    PartFact,
    judge,
    judge_attempt,
    number_attempts,
    settle_part,
)

Gradings = Mapping[int, tuple[PartFact, ...]]
"""What each grading of one submission gave, by the grading, the oldest first."""


def list_contenders(rows: Iterable[Any], with_regrade: int | None) -> dict[int, list[Any]]:
    """The gradings of each submission that may count, of (run, its regrade's state, never lowers).

    The newest alone, or where a regrade never lowers, also what it is compared with.
    `with_regrade` counts as if it were published.
    """
    found: dict[int, list[Any]] = {}
    for run, regrade_state, never_lowers in rows:
        if run.regrade_id in (None, with_regrade) or regrade_state == "published":
            before = found.get(run.submission_id, [])
            found[run.submission_id] = [*before, run] if never_lowers else [run]
    return found


def choose_gradings(facts: Facts, gradings: Mapping[int, Gradings]) -> tuple[Facts, dict[int, int]]:
    """The facts with the grading of each submission that counts, and which it is.

    Of several the newest that scores no less than those before, with everything that was decided
    about its parts and with the course's policies.
    """
    chosen = {each: next(iter(options)) for each, options in gradings.items()}
    attempts = list(facts.attempts)
    numbers = number_attempts(facts)
    for place, attempt in enumerate(attempts):
        options = gradings.get(attempt.submission_id, {})
        best = None
        for run_id, parts in options.items() if len(options) > 1 else ():
            graded = replace(attempt, parts=parts)
            score = judge_attempt(facts, graded, numbers[attempt.submission_id]).score
            if best is None or score >= best:
                best, attempts[place], chosen[attempt.submission_id] = score, graded, run_id
    return replace(facts, attempts=attempts), chosen


def list_candidates(facts: Facts) -> list[AttemptFact]:
    """The attempt that counts, then those that would if everything open in them were earned."""
    counted = judge(facts).submission_id
    found = [each for each in facts.attempts if each.submission_id == counted]
    if facts.counts != "best" or counted is None:
        return found
    for place, attempt in enumerate(facts.attempts):
        if attempt.submission_id == counted or not list_open(facts, attempt):
            continue
        attempts = list(facts.attempts)
        attempts[place] = replace(attempt, marks=(*attempt.marks, *_earn_all(attempt)))
        if judge(replace(facts, attempts=attempts)).submission_id == attempt.submission_id:
            found.append(attempt)
    return found


def list_open(facts: Facts, attempt: AttemptFact) -> list[PartFact]:
    """The parts of an attempt with points that are neither earned nor lost."""
    return [
        part for part in attempt.parts or () if settle_part(part, attempt.marks, facts.overrides)[1]
    ]


def _earn_all(attempt: AttemptFact) -> list[MarkFact]:
    """Marks that give everything that is open."""
    made = []
    for part in attempt.parts or ():
        earned, open_points, _ = settle_part(part, attempt.marks, ())
        if open_points:
            made.append(MarkFact(part.part, "", earned + open_points))
    return made
