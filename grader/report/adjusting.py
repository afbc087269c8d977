"""A report after lateness, attempts and dropped problems."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from grader.final_score import Circumstances, ProblemScore, adjust
from grader.report.build import UNITS
from grader.report.models import AdjustmentReport, PartReport, Report
from grader.report.words import shorten_id
from grader.spec.loaded import LoadedAssignment


def adjust_report(
    report: Report, assignment: LoadedAssignment, circumstances: Circumstances
) -> Report:
    """The report with the score that counts; its parts stay as they are.

    Units    Each adjustment is rounded to 0.0001 points, so that the report still adds up.
    """
    policies = assignment.policies
    if not (policies.late or policies.attempts or policies.drop_lowest):
        return report
    found = adjust(_sum_problems(report, assignment), policies, assignment.due, circumstances)
    adjustments = tuple(
        AdjustmentReport(points=round(each.points * UNITS) / UNITS, explanation=each.explanation)
        for each in found
    )
    earned = round(sum(part.score for part in report.parts) * UNITS)
    changed = sum(round(each.points * UNITS) for each in adjustments)
    score = max(0, earned + changed) / UNITS
    return report.model_copy(update={"adjustments": adjustments, "score": score})


def _sum_problems(report: Report, assignment: LoadedAssignment) -> list[ProblemScore]:
    by_id = {shorten_id(part): part for part in report.parts}
    return [
        _sum_parts(problem.id, [by_id[part_id] for part_id in problem.parts if part_id in by_id])
        for problem in assignment.problems
    ]


def _sum_parts(problem_id: str, parts: Iterable[PartReport]) -> ProblemScore:
    parts = tuple(parts)
    return ProblemScore(
        id=problem_id,
        earned=sum((_exact(part.score) for part in parts), Fraction(0)),
        points=sum((_exact(part.max_score) for part in parts), Fraction(0)),
        open_points=sum((_exact(part.open_points) for part in parts), Fraction(0)),
    )


def _exact(points: float) -> Fraction:
    return Fraction(round(points * UNITS), UNITS)
