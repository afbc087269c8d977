"""A report with what people have said since: their marks, and the points that they settle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from sqlalchemy.orm import Session

from grader.report.cleaning import clean_line
from grader.report.models import CheckReport, PartReport, Report
from grader.store.blobs import read_blob
from grader.store.marks import find_latest_marks, find_wordings, read_rubric, state_marks
from grader.store.rubrics import MarkFact
from grader.store.schema import GradingRun, ProblemVersion, RubricMark
from grader.store.standing import PartFact, settle_part
from grader.verdicts import Verdict


def read_marked_report(session: Session, run: GradingRun, audience: str) -> Report | None:
    """A report as it was published, with the marks that count now; None once it was removed."""
    from grader.report.json import read

    sha = run.staff_report_sha if audience == "staff" else run.student_report_sha
    if sha is None:
        return None
    report = read(read_blob(session, sha))
    marks = find_latest_marks(session, [run.submission_id]).get(run.submission_id, [])
    if not marks:
        return report
    version = session.get_one(ProblemVersion, run.version_id)
    facts = state_marks(marks, find_wordings(session, version.assignment_id))
    marked = apply_marks(report, facts, {part["id"]: part for part in version.outline})
    said = [_say(mark, report) for mark in _find_said(marks)]
    return marked.model_copy(update={"notices": (*report.notices, *said)})


def apply_marks(
    report: Report, marks: Sequence[MarkFact], outline: Mapping[str, Mapping[str, Any]]
) -> Report:
    """The report with each marked part's points as its score has them."""
    parts = tuple(_mark_part(part, marks, outline) for part in report.parts)
    pairs = list(zip(report.parts, parts, strict=True))
    open_points = sum(part.open_points for part in parts)
    return report.model_copy(
        update={
            "parts": parts,
            "score": round(report.score + sum(new.score - old.score for old, new in pairs), 4),
            "open_points": round(open_points, 4),
            "status": "pending" if open_points else "final",
        }
    )


def _mark_part(
    part: PartReport, marks: Sequence[MarkFact], outline: Mapping[str, Mapping[str, Any]]
) -> PartReport:
    name = part.id.rpartition("/")[2]
    earned, points, open_points = map(_read, (part.score, part.max_score, part.open_points))
    fact = PartFact(name, "", earned, points, open_points, read_rubric(outline.get(name, {})))
    earned, open_points, steps = settle_part(fact, marks, ())
    if not steps:
        return part
    verdict = _name_verdict(earned, fact.points, open_points)
    return part.model_copy(
        update={
            "score": float(earned),
            "open_points": float(open_points),
            "verdict": verdict,
            "checks": tuple(_settle(check, part, earned, verdict) for check in part.checks),
        }
    )


def _settle(
    check: CheckReport, part: PartReport, earned: Fraction, verdict: Verdict
) -> CheckReport:
    """A check that waited for a person is what the person said; what was judged stays."""
    if check.verdict not in (Verdict.REVIEW, Verdict.UNDECIDED) or verdict is Verdict.REVIEW:
        return check
    given = float(earned) if len(part.checks) == 1 else check.score
    return check.model_copy(update={"verdict": verdict, "score": given, "feedback": ""})


def _name_verdict(earned: Fraction, points: Fraction, open_points: Fraction) -> Verdict:
    if open_points:
        return Verdict.REVIEW
    if earned >= points:
        return Verdict.PASSED
    return Verdict.PARTIAL if earned else Verdict.WRONG


def _find_said(marks: Sequence[RubricMark]) -> list[RubricMark]:
    """One mark for each comment: those of a part's items carry the same."""
    said = [mark for mark in marks if mark.comment and mark.points is not None]
    return list({(mark.part, mark.comment): mark for mark in said}.values())


def _say(mark: RubricMark, report: Report) -> str:
    titles = {part.id.rpartition("/")[2]: part.title for part in report.parts}
    return clean_line(f"{titles.get(mark.part) or mark.part}, marked by a person: {mark.comment}")


def _read(points: float) -> Fraction:
    return Fraction(str(points))
