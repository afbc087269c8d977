"""What a student's score is, and why: a pure function of what the store holds.

`judge` knows nothing of a database; `explain_standing` gathers its facts, and `refresh` keeps a
copy of the outcome for the gradebook, which can be made anew at any time.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from grader.store.rubrics import MarkFact, match_marks

if TYPE_CHECKING:
    from grader.spec.models import Policies

State = Literal["none", "pending", "graded", "excused"]
Kind = Literal["set", "add", "excuse"]
UNITS = 10_000


@dataclass(frozen=True, slots=True)
class PartFact:
    """What grading gave for one part."""

    part: str
    problem: str
    earned: Fraction
    points: Fraction
    open_points: Fraction
    rubric: Mapping[str, Fraction] = field(default_factory=dict)
    """Items a person marks by, and what each is worth."""


@dataclass(frozen=True, slots=True)
class OverrideFact:
    """A person's word over the grader's."""

    part: str
    """Empty for the assignment as a whole."""
    kind: Kind
    points: Fraction
    reason: str


@dataclass(frozen=True, slots=True)
class AttemptFact:
    """One submission that may count."""

    submission_id: int
    ordinal: int
    received_at: dt.datetime
    parts: tuple[PartFact, ...] | None
    """None until it is graded."""
    marks: tuple[MarkFact, ...] = ()
    given_up: Literal["", "before it began", "while it ran"] = ""
    """When whoever could stopped its grading, if so; what never began is no attempt."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that a score depends on."""

    attempts: Sequence[AttemptFact]
    policies: Policies
    counts: str = "last"
    due_at: dt.datetime | None = None
    extended_to: dt.datetime | None = None
    zone: str = "UTC"
    """Where days are counted and times are told."""
    overrides: Sequence[OverrideFact] = ()
    max_points: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class Judged:
    """A score, and a line for everything that made it."""

    state: State
    score: Fraction
    max_score: Fraction
    open_points: Fraction
    submission_id: int | None
    is_late: bool
    is_adjusted: bool
    steps: tuple[str, ...]


def judge(facts: Facts) -> Judged:
    """The score of one student in one assignment, with its explanation."""
    whole = {each.kind: each for each in facts.overrides if not each.part}
    if "excuse" in whole:
        return Judged(
            "excused", Fraction(0), Fraction(0), Fraction(0), None, False, True,
            (f"excused: {whole['excuse'].reason}",),
        )  # fmt: skip
    graded = [each for each in facts.attempts if each.parts is not None]
    if graded:
        judged = _choose(facts, graded)
    else:
        state: State = "pending" if facts.attempts else "none"
        is_waiting = any(not each.given_up for each in facts.attempts)
        words = "not graded yet" if is_waiting else "its grading was cancelled; nothing counts yet"
        steps = (words,) if facts.attempts else ("nothing handed in",)
        judged = Judged(
            state, Fraction(0), facts.max_points, Fraction(0), None, False, False, steps
        )
    return _apply_whole(judged, whole)


def _choose(facts: Facts, graded: Sequence[AttemptFact]) -> Judged:
    numbers = number_attempts(facts)
    most = facts.policies.attempts.most if facts.policies.attempts else None
    allowed = [each for each in graded if most is None or numbers[each.submission_id] <= most]
    beyond = [each for each in graded if allowed and each not in allowed]
    graded = allowed or graded
    judged = [judge_attempt(facts, attempt, numbers[attempt.submission_id]) for attempt in graded]
    if facts.counts == "best":
        chosen = max(range(len(judged)), key=lambda index: (judged[index].score, -index))
        words = f"submission {graded[chosen].ordinal} counts, the best of {len(graded)}"
    else:
        chosen = len(judged) - 1
        words = f"submission {graded[chosen].ordinal} counts, the last of {len(graded)}"
    steps = [words] if len(graded) > 1 else []
    steps += [f"submission {each.ordinal} came after the {most} that count" for each in beyond]
    waiting = [
        each.ordinal
        for each in facts.attempts
        if each.parts is None
        and not each.given_up
        and (most is None or numbers[each.submission_id] <= most)
    ]
    state = judged[chosen].state
    if waiting and waiting[-1] > graded[-1].ordinal:
        steps.append(f"submission {waiting[-1]} is not graded yet")
        state = "pending"
    found = judged[chosen]
    steps += [*found.steps, *_tell_marked_before(facts, graded[chosen])]
    return Judged(
        state, found.score, found.max_score, found.open_points, found.submission_id,
        found.is_late, found.is_adjusted, tuple(steps),
    )  # fmt: skip


def _tell_marked_before(facts: Facts, attempt: AttemptFact) -> list[str]:
    """Parts that wait although a person marked them in an earlier submission."""
    steps = []
    for part in attempt.parts or ():
        before = [
            each.ordinal
            for each in facts.attempts
            if each.ordinal < attempt.ordinal and match_marks(part.part, part.rubric, each.marks)
        ]
        if before and settle_part(part, attempt.marks, facts.overrides)[1]:
            steps.append(
                f"{part.part}: marked in submission {before[-1]}; this one waits to be marked"
            )
    return steps


def number_attempts(facts: Facts) -> dict[int, int]:
    """Which attempt each submission is: practice is none, nor what was taken back unseen."""
    numbers: dict[int, int] = {}
    count = 0
    for each in facts.attempts:
        count += each.given_up != "before it began"
        numbers[each.submission_id] = count
    return numbers


def judge_attempt(facts: Facts, attempt: AttemptFact, number: int) -> Judged:
    """What one submission scores, as a student's attempt of that number."""
    from grader.final_score import Circumstances, ProblemScore, adjust
    from grader.spec.dates import find_timezone

    steps: list[str] = []
    is_adjusted = False
    problems: dict[str, list[Fraction]] = {}
    for part in attempt.parts or ():
        earned, open_points, words = settle_part(part, attempt.marks, facts.overrides)
        is_adjusted = is_adjusted or bool(words)
        steps += words
        sums = problems.setdefault(part.problem, [Fraction(0)] * 3)
        for index, points in enumerate((earned, part.points, open_points)):
            sums[index] += points
    earned, points, open_points = (
        sum((sums[index] for sums in problems.values()), Fraction(0)) for index in range(3)
    )
    steps.insert(0, f"the parts earned {_show(earned)} of {_show(points)}")
    deadline = facts.extended_to or facts.due_at
    if deadline is not None:
        deadline = deadline.astimezone(find_timezone(facts.zone))
    adjustments = adjust(
        [
            ProblemScore(id=name, earned=sums[0], points=sums[1], open_points=sums[2])
            for name, sums in problems.items()
        ],
        facts.policies,
        None,
        Circumstances(submitted_at=attempt.received_at, attempt=number, due=deadline),
    )
    if facts.extended_to is not None:
        steps.append(f"due {say_moment(facts.extended_to, facts.zone)} by an extension")
    steps += [f"{_show(each.points)}: {each.explanation}" for each in adjustments]
    earned += sum((each.points for each in adjustments), Fraction(0))
    return Judged(
        "pending" if open_points else "graded",
        earned,
        points,
        open_points,
        attempt.submission_id,
        deadline is not None and attempt.received_at > deadline,
        is_adjusted or any(each.points for each in adjustments),
        tuple(steps),
    )


def settle_part(
    part: PartFact, marks: Sequence[MarkFact], overrides: Sequence[OverrideFact]
) -> tuple[Fraction, Fraction, list[str]]:
    """What a part earned and what is open, after people have had their say."""
    earned, open_points = part.earned, part.open_points
    steps: list[str] = []
    given = match_marks(part.part, part.rubric, marks)
    for item, mark in given.items():
        points = min(mark.points or Fraction(0), part.rubric[item] if item else part.points)
        earned = min(part.points, (earned if item else Fraction(0)) + points)
        most = "" if item else f" of {_show(part.points)}"
        named = f"{part.part}, {item}" if item else part.part
        steps.append(f"{named}: marked {_show(points)}{most}{_tell_origin(item, mark)}")
    if given:
        settled = sum((part.rubric.get(item, part.points) for item in given), Fraction(0))
        is_whole = "" in given or len(given) == len(part.rubric)
        open_points = Fraction(0) if is_whole else max(Fraction(0), open_points - settled)
    for override in overrides:
        if override.part != part.part:
            continue
        if override.kind == "set":
            earned, open_points = override.points, Fraction(0)
        elif override.kind == "add":
            earned = max(Fraction(0), earned + override.points)
        else:
            earned, open_points = part.points, Fraction(0)
        steps.append(f"{part.part}: {_say(override)}")
    return earned, open_points, steps


def _tell_origin(item: str, mark: MarkFact) -> str:
    """Where a mark was given for other words, or for another submission."""
    words = []
    if mark.source:
        words.append(f"carried over from submission {mark.source}, whose answer is the same")
    if mark.item != item:
        words.append(f"given when it read '{mark.item}'")
    return f" ({'; '.join(words)})" if words else ""


def _apply_whole(judged: Judged, whole: Mapping[Kind, OverrideFact]) -> Judged:
    score, steps, open_points, state = (
        judged.score, list(judged.steps), judged.open_points, judged.state,
    )  # fmt: skip
    if "set" in whole:
        score, open_points, state = whole["set"].points, Fraction(0), "graded"
        steps.append(_say(whole["set"]))
    if "add" in whole:
        score = max(Fraction(0), score + whole["add"].points)
        steps.append(_say(whole["add"]))
    is_adjusted = judged.is_adjusted or bool(whole)
    return Judged(
        state, score, judged.max_score, open_points, judged.submission_id, judged.is_late,
        is_adjusted, tuple(steps),
    )  # fmt: skip


def _say(override: OverrideFact) -> str:
    words = {
        "set": f"set to {_show(override.points)}",
        "add": f"{_show(override.points)} by hand",
        "excuse": "excused, counts in full",
    }[override.kind]
    return f"{words}: {override.reason}"


def sum_parts(attempt: AttemptFact) -> Fraction:
    """What a submission earned, with people's marks, before anything is taken off or decided."""
    earned = (settle_part(part, attempt.marks, ())[0] for part in attempt.parts or ())
    return sum(earned, Fraction(0))


def say_moment(moment: dt.datetime, zone: str) -> str:
    """As a person says it, where the course is."""
    from grader.spec.dates import find_timezone

    local = moment.astimezone(find_timezone(zone))
    return f"{local:%a %-d %b %Y, %H:%M} {local.tzname()}"


def round_points(points: Fraction) -> Decimal:
    """To a ten-thousandth, as reports publish points."""
    return Decimal(round(points * UNITS)) / UNITS


def _show(points: Fraction) -> str:
    return f"{float(points):.4f}".rstrip("0").rstrip(".")
