"""The words and marks for verdicts and points that every format shares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from grader.report.models import CheckReport, PartReport, Report
from grader.verdicts import Verdict

Tone = Literal["right", "partly", "wrong", "blank", "open"]


@dataclass(frozen=True, slots=True)
class VerdictWords:
    """How a verdict looks and what it says."""

    tone: Tone
    meaning: str
    """One calm sentence for the student."""
    hidden: str
    """The same about a hidden check, which tells nothing else."""


_NOT_YOURS = "This could not be judged, and not because of your answer. Its points stay open."

VERDICTS = {
    Verdict.PASSED: VerdictWords("right", "Right.", "A hidden check passed."),
    Verdict.PARTIAL: VerdictWords(
        "partly", "Part of this is right.", "A hidden check was partly right."
    ),
    Verdict.WRONG: VerdictWords("wrong", "Not right yet.", "A hidden check was wrong."),
    Verdict.INEFFICIENT: VerdictWords(
        "partly", "Right, but it does more work than it needs to.",
        "A hidden check was right but did more work than it needs to.",
    ),
    Verdict.SLOW: VerdictWords(
        "partly", "Right, but slower than asked.", "A hidden check was right but slow."
    ),
    Verdict.CRASHED: VerdictWords(
        "wrong", "The code stopped with an error.",
        "Your code stopped with an error in a hidden check.",
    ),
    Verdict.TIMEOUT: VerdictWords(
        "wrong", "The code did not finish in time.",
        "Your code did not finish a hidden check in time.",
    ),
    Verdict.MEMORY: VerdictWords(
        "wrong", "The code needed more memory than allowed.",
        "Your code needed more memory than allowed in a hidden check.",
    ),
    Verdict.MISSING: VerdictWords("blank", "Not answered.", "There was nothing to check."),
    Verdict.REFUSED: VerdictWords(
        "wrong", "The answer uses something that is not allowed here.",
        "A hidden check refused the answer: it uses something that is not allowed here.",
    ),
    Verdict.UNDECIDED: VerdictWords(
        "open", "The grader could not decide this. A person will look; no points are lost.",
        "A hidden check could not decide. A person will look; no points are lost.",
    ),
    Verdict.REVIEW: VerdictWords(
        "open", "A person will read this.", "A person will look at a hidden check."
    ),
    Verdict.SKIPPED: VerdictWords(
        "blank", "Skipped: an earlier check must pass first.",
        "A hidden check was skipped: an earlier check must pass first.",
    ),
    Verdict.VOID: VerdictWords("open", _NOT_YOURS, _NOT_YOURS),
}  # fmt: skip


def format_points(points: float) -> str:
    """Points as people write them: 2, 2.5, 0.33."""
    rounded = round(points, 2)
    if points and not rounded:
        return "<0.01"
    return f"{rounded:.2f}".rstrip("0").rstrip(".")


def format_change(points: float) -> str:
    """A gain or a loss with its sign: +1.5, −7.2, 0."""
    sign = "+" if points > 0 else "−" if points < 0 else ""
    return f"{sign}{format_points(abs(points))}"


def format_duration(elapsed_ms: float) -> str:
    """A time as people say it: 0.4 ms, 17 ms, 2.13 s."""
    if elapsed_ms < 0.1:
        return "under 0.1 ms"
    if elapsed_ms < 10:
        return f"{elapsed_ms:.1f} ms"
    if elapsed_ms < 1000:
        return f"{elapsed_ms:.0f} ms"
    return f"{elapsed_ms / 1000:.3g} s"


def shorten_id(part: PartReport) -> str:
    """The part's id without its assignment's."""
    return part.id.partition("/")[2] or part.id


def count_lost_points(part: PartReport) -> float:
    """Points that the answer did not earn and that nobody still has to give."""
    return max(0.0, round(part.max_score - part.score - part.open_points, 4))


def summarise_score(report: Report) -> str:
    """The score in one sentence."""
    total = f"{format_points(report.score)} of {format_points(report.max_score)} points"
    if report.status == "final":
        return f"{total}."
    waiting = format_points(report.open_points)
    noun = "point waits" if waiting == "1" else "points wait"
    return f"{total} so far; {waiting} {noun} for a person or another try."


def find_parts_to_read_first(report: Report, limit: int = 5) -> tuple[PartReport, ...]:
    """The parts where most points can still be won, those answered before those left blank."""
    lossy = [part for part in report.parts if count_lost_points(part)]
    lossy.sort(key=lambda part: (VERDICTS[part.verdict].tone == "blank", -count_lost_points(part)))
    return tuple(lossy[:limit])


def name_points(points: float) -> str:
    """Points with their noun: 1 point, 2.5 points."""
    return f"{format_points(points)} {'point' if points == 1 else 'points'}"


def name_share(scored: Report | PartReport | CheckReport) -> str:
    """What was earned of what there was: 2.5 / 4."""
    return f"{format_points(scored.score)} / {format_points(scored.max_score)}"
