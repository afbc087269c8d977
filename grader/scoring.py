"""Outcomes to points, in exact fractions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from grader.verdicts import Outcome, Verdict

SERIOUSNESS = (
    Verdict.VOID, Verdict.REVIEW, Verdict.UNDECIDED, Verdict.REFUSED, Verdict.CRASHED,
    Verdict.TIMEOUT, Verdict.MEMORY, Verdict.WRONG, Verdict.SLOW, Verdict.INEFFICIENT,
    Verdict.PARTIAL, Verdict.MISSING, Verdict.SKIPPED,
)  # fmt: skip
"""When no check earned anything, the part is called after the first of these among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartScore:
    """One part, scored: what was earned, and what a person or a retry may still give."""

    id: str
    kind: str
    title: str
    points: Fraction
    earned: Fraction
    open_points: Fraction
    verdict: Verdict
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """The sum over the parts."""

    earned: Fraction
    open_points: Fraction
    points: Fraction

    @property
    def is_final(self) -> bool:
        return self.open_points == 0


def score_part(
    part_id: str, kind: str, title: str, points: Fraction, outcomes: Iterable[Outcome]
) -> PartScore:
    """Weigh a part's outcomes by their points; open ones earn nothing yet and lose nothing."""
    outcomes = tuple(outcomes)
    weight = sum((outcome.points for outcome in outcomes), Fraction(0))
    if weight == 0:
        # Every check carries no points: they then count alike.
        weights = [Fraction(1, len(outcomes))] * len(outcomes)
    else:
        weights = [outcome.points / weight for outcome in outcomes]
    earned = open_points = Fraction(0)
    for outcome, share_of_part in zip(outcomes, weights, strict=True):
        if outcome.share is None:
            open_points += share_of_part * points
        else:
            earned += share_of_part * points * outcome.share
    return PartScore(
        id=part_id,
        kind=kind,
        title=title,
        points=points,
        earned=earned,
        open_points=open_points,
        verdict=name_part(outcomes),
        outcomes=outcomes,
    )


def name_part(outcomes: tuple[Outcome, ...]) -> Verdict:
    """One verdict for a part: passed, partial, or the most serious among its checks."""
    verdicts = {outcome.verdict for outcome in outcomes}
    if len(verdicts) == 1:
        return verdicts.pop()
    for verdict in (Verdict.VOID, Verdict.UNDECIDED, Verdict.REVIEW):
        if verdict in verdicts:
            return verdict
    if any(outcome.share for outcome in outcomes):
        return Verdict.PARTIAL
    return next(verdict for verdict in SERIOUSNESS if verdict in verdicts)


def sum_parts(parts: Iterable[PartScore]) -> Score:
    """Add up an assignment."""
    parts = tuple(parts)
    return Score(
        earned=sum((part.earned for part in parts), Fraction(0)),
        open_points=sum((part.open_points for part in parts), Fraction(0)),
        points=sum((part.points for part in parts), Fraction(0)),
    )
