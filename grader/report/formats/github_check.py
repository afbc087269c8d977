"""The body of a request that makes a GitHub check run.

Source   https://docs.github.com/en/rest/checks/runs
"""

from __future__ import annotations

import json
from typing import Any

from grader.report import markdown
from grader.report.cleaning import cut
from grader.report.findings import Finding, list_findings
from grader.report.models import Report
from grader.report.words import summarise_score

ANNOTATIONS_LIMIT = 50
"""In one request."""


def render(report: Report, folder: str = "") -> str:
    """A check run that is done; a score is no failure, so its conclusion is neutral."""
    return json.dumps(make_check_run(report, folder), indent=2, ensure_ascii=False) + "\n"


def make_check_run(
    report: Report, folder: str = "", *, head_sha: str = "", conclusion: str = "neutral"
) -> dict[str, Any]:
    """The request's body; GitHub wants `head_sha` in it."""
    annotations = list_annotations(report, folder)
    left_out = max(0, len(annotations) - ANNOTATIONS_LIMIT)
    more = f"\n\n{left_out} more annotations than fit here.\n" if left_out else ""
    run: dict[str, Any] = {
        "name": f"grade {report.assignment}",
        "status": "completed",
        "conclusion": conclusion,
        "output": {
            "title": summarise_score(report),
            "summary": markdown.render(report) + more,
            "annotations": annotations[:ANNOTATIONS_LIMIT],
        },
    }
    return {**run, "head_sha": head_sha} if head_sha else run


def list_annotations(report: Report, folder: str = "") -> list[dict[str, Any]]:
    """All of them, the worst first; one request takes ANNOTATIONS_LIMIT."""
    return [_annotate(finding) for finding in list_findings(report, folder)]


def _annotate(finding: Finding) -> dict[str, Any]:
    levels = {"error": "failure", "warning": "warning", "notice": "notice"}
    return {
        "path": finding.path,
        "start_line": finding.line or 1,
        "end_line": finding.line or 1,
        "annotation_level": levels[finding.level],
        "title": cut(finding.title, 255),
        "message": cut(finding.message, 4_000),
    }
