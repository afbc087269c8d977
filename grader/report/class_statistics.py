"""A class in numbers, gathered one report at a time: nothing of a report is kept whole."""

from __future__ import annotations

import statistics
from collections import Counter
from dataclasses import dataclass, field

from grader.report.models import PartReport, Report
from grader.report.words import shorten_id
from grader.verdicts import Verdict

BINS = 10
"""Bars of the histogram: tenths of the points."""
SAMPLES = 5
"""Names shown for a mistake: enough to look it up."""


@dataclass
class PartStatistics:
    """How a class did on one part."""

    id: str
    title: str
    kind: str
    shares: list[float] = field(default_factory=list)
    """0..1, of those whose points are settled."""
    verdicts: Counter[str] = field(default_factory=Counter)
    times_ms: list[float] = field(default_factory=list)
    """The slowest check of each submission."""

    @property
    def mean_share(self) -> float | None:
        return statistics.fmean(self.shares) if self.shares else None

    @property
    def median_ms(self) -> float | None:
        return statistics.median(self.times_ms) if self.times_ms else None


@dataclass
class MistakeStatistics:
    """A mistake that several made."""

    part: str
    words: str
    labels: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class OpenPart:
    """A part that is not settled yet."""

    label: str
    part: str
    verdict: Verdict
    why: str


class ClassStatistics:
    """What a class page tells."""

    def __init__(self, assignment: str, title: str) -> None:
        self.assignment, self.title = assignment, title
        self.count = 0
        self.max_score = 0.0
        self.scores: list[float] = []
        self.bins = [0] * BINS
        self.parts: dict[str, PartStatistics] = {}
        self.mistakes: dict[tuple[str, str], MistakeStatistics] = {}
        self.open_parts: list[OpenPart] = []
        self.troubles: list[tuple[str, str]] = []

    @property
    def voided(self) -> list[OpenPart]:
        return [each for each in self.open_parts if each.verdict == Verdict.VOID]

    def add(self, label: str, report: Report) -> None:
        """One more report, a copy for staff."""
        self.count += 1
        self.max_score = max(self.max_score, report.max_score)
        self.scores.append(report.score)
        share = report.score / report.max_score if report.max_score else 0
        self.bins[min(BINS - 1, int(share * BINS))] += 1
        for part in report.parts:
            self._add_part(label, part)

    def add_trouble(self, label: str, words: str) -> None:
        """One that has no report."""
        self.troubles.append((label, words))

    def list_mistakes(self, limit: int) -> list[MistakeStatistics]:
        """The commonest first."""
        ordered = sorted(self.mistakes.values(), key=lambda each: (-len(each.labels), each.part))
        return ordered[:limit]

    def _add_part(self, label: str, part: PartReport) -> None:
        name = shorten_id(part)
        found = self.parts.setdefault(name, PartStatistics(name, part.title, part.kind))
        found.verdicts[part.verdict] += 1
        if part.max_score and not part.open_points:
            found.shares.append(part.score / part.max_score)
        times = [check.elapsed_ms for check in part.checks if check.elapsed_ms is not None]
        if times:
            found.times_ms.append(max(times))
        for words in {check.mistake for check in part.checks if check.mistake}:
            key = (name, words)
            mistake = self.mistakes.setdefault(key, MistakeStatistics(name, words))
            mistake.labels.append(label)
        if part.open_points or part.verdict.is_open:
            self.open_parts.append(self._describe_open(label, name, part))

    def _describe_open(self, label: str, name: str, part: PartReport) -> OpenPart:
        check = next((each for each in part.checks if each.verdict.is_open), None)
        why = (check.staff_note or check.feedback) if check else ""
        verdict = check.verdict if check else part.verdict
        return OpenPart(label, name, verdict, why.partition("\n")[0])
