"""Scores to a report; the one place that decides what a student may see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from grader.report.models import (
    Audience,
    ChartReport,
    CheckReport,
    CounterexampleReport,
    CurveReport,
    InputReport,
    PartReport,
    RemarkReport,
    Report,
)
from grader.report.words import VERDICTS
from grader.scoring import PartScore
from grader.submission.models import Submission
from grader.verdicts import Chart, Counterexample, Outcome, Verdict

UNITS = 10_000
"""Points are published in ten-thousandths."""


def build_report(
    *,
    assignment: str,
    title: str,
    submission: Submission,
    scores: Sequence[PartScore],
    isolation: str,
    versions: Mapping[str, str] | None = None,
    problems: Mapping[str, str] | None = None,
    notices: Sequence[str] = (),
    seed_label: str = "",
    graded_in_s: float | None = None,
    audience: Audience = "student",
    show_counterexamples: bool = True,
) -> Report:
    """Publish the scores of one submission for one audience.

    Units    Parts are rounded one by one to 0.0001 points and the totals are the sums of what
             is printed, so that a report always adds up.
    """
    parts = tuple(
        report_part(assignment, score, audience, show_counterexamples) for score in scores
    )
    return Report(
        audience=audience,
        assignment=assignment,
        title=title,
        submission=submission.id,
        submission_name=submission.name,
        score=_add(part.score for part in parts),
        max_score=_add(part.max_score for part in parts),
        open_points=_add(part.open_points for part in parts),
        status="pending" if any(score.open_points for score in scores) else "final",
        parts=parts,
        remarks=tuple(
            RemarkReport(file=remark.file, line=remark.line, message=remark.message)
            for remark in submission.remarks
        ),
        isolation=isolation,
        versions=dict(versions or {}),
        problems=dict(problems or {}),
        seed_label=seed_label,
        notices=tuple(notices),
        graded_in_s=_round(graded_in_s, 3),
    )


def report_part(
    assignment: str, score: PartScore, audience: Audience, show_counterexamples: bool
) -> PartReport:
    """One part for one audience, as the whole report has it."""
    weight = sum((outcome.points for outcome in score.outcomes), Fraction(0))
    checks = tuple(
        _report_check(
            outcome,
            # As in scoring: where no check carries points, all count alike.
            score.points
            * (outcome.points / weight if weight else Fraction(1, len(score.outcomes))),
            audience,
            show_counterexamples,
        )
        for outcome in score.outcomes
    )
    shown = find_first_failure(checks)
    return PartReport(
        id=score.id if "/" in score.id else f"{assignment}/{score.id}",
        title=score.title,
        kind=score.kind,
        verdict=score.verdict,
        score=_decimal(score.earned),
        max_score=_decimal(score.points),
        open_points=_decimal(score.open_points),
        checks=checks,
        feedback=shown.feedback if shown else "",
        counterexample=shown.counterexample if shown else None,
        mistake=shown.mistake if shown else "",
    )


def find_first_failure(checks: Sequence[CheckReport]) -> CheckReport | None:
    """The check to read first: one that lost points before an open one, visible before hidden."""
    unsettled = [check for check in checks if check.verdict != Verdict.PASSED]
    lost = [check for check in unsettled if not check.verdict.is_open]
    caused = [check for check in lost if check.verdict != Verdict.SKIPPED]
    visible = [check for check in caused if not check.hidden]
    return next(iter(visible or caused or lost or unsettled), None)


def _report_check(
    outcome: Outcome, points: Fraction, audience: Audience, show_counterexamples: bool
) -> CheckReport:
    """One outcome for one audience; what is not named here is not shown."""
    score = _decimal(points * (outcome.share or 0))
    max_score = _decimal(points)
    if audience == "student" and outcome.hidden:
        # Inputs and values may stand in any text that came from judging, in the student's own
        # output and, as a side channel, in the times; words that the author wrote hold none.
        return CheckReport(
            name=outcome.check,
            verdict=outcome.verdict,
            score=score,
            max_score=max_score,
            hidden=True,
            feedback=VERDICTS[outcome.verdict].hidden,
            mistake=outcome.mistake,
            hint=outcome.hint,
        )
    if audience == "student" and outcome.verdict == Verdict.VOID:
        # Whatever failed was ours; its message may quote the reference.
        return CheckReport(
            name=outcome.check,
            verdict=outcome.verdict,
            score=score,
            max_score=max_score,
            hidden=outcome.hidden,
            feedback=VERDICTS[outcome.verdict].meaning,
            understood=outcome.understood,
        )
    show_counterexample = show_counterexamples or audience == "staff"
    return CheckReport(
        name=outcome.check,
        verdict=outcome.verdict,
        score=score,
        max_score=max_score,
        hidden=outcome.hidden,
        feedback=outcome.feedback,
        counterexample=(
            _report_counterexample(outcome.counterexample) if show_counterexample else None
        ),
        charts=tuple(report_chart(chart) for chart in outcome.charts),
        mistake=outcome.mistake,
        hint=outcome.hint,
        location=outcome.location,
        output=outcome.output,
        understood=outcome.understood,
        staff_note=outcome.staff_note if audience == "staff" else "",
        elapsed_ms=_round(outcome.elapsed_ms, 3),
        memory_mib=_round(outcome.memory_mib, 1),
    )


def _report_counterexample(found: Counterexample | None) -> CounterexampleReport | None:
    if found is None:
        return None
    return CounterexampleReport(
        inputs=tuple(InputReport(name=name, value=value) for name, value in found.inputs),
        saw=found.saw,
        expected=found.expected,
        difference=found.difference,
        code=found.code,
    )


def report_chart(chart: Chart) -> ChartReport:
    curves = (
        CurveReport(name=each.name, role=each.role, costs=each.costs, slope=_round(each.slope, 3))
        for each in chart.curves
    )
    return ChartReport(
        title=chart.title,
        size_name=chart.size_name,
        unit=chart.unit,
        sizes=chart.sizes,
        curves=tuple(curves),
    )


def _decimal(points: Fraction) -> float:
    return round(points * UNITS) / UNITS


def _add(numbers: Iterable[float]) -> float:
    return sum(round(number * UNITS) for number in numbers) / UNITS


def _round(measured: float | None, places: int) -> float | None:
    return None if measured is None else round(measured, places)
