"""GitHub's workflow commands: annotations on the lines of a pull request.

Source   https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from grader.report.cleaning import cut
from grader.report.findings import Finding, list_findings
from grader.report.models import Report
from grader.report.words import summarise_score

ANNOTATIONS_LIMIT = 10
"""Of a kind in a step; GitHub drops the rest without a word."""
MESSAGE_LIMIT = 4_000
"""Characters: an annotation may have 64 KiB, but nobody reads a page beside a line."""


def render(report: Report, folder: str = "") -> str:
    """The worst annotations of each kind, then the score, which says how many were left out."""
    findings = list_findings(report, folder)
    # One notice is kept for the score.
    shown = choose_annotations(findings, {"notice": ANNOTATIONS_LIMIT - 1})
    left_out = len(findings) - len(shown)
    more = f" {left_out} more in the report." if left_out else ""
    lines = [write_annotation(finding) for finding in shown]
    lines.append(
        f"::notice title={escape_property(report.assignment)}::"
        f"{escape_message(summarise_score(report) + more)}"
    )
    return "\n".join(lines) + "\n"


def choose_annotations(
    findings: Sequence[Finding], limits: dict[str, int] | None = None
) -> tuple[Finding, ...]:
    """As many of each kind as GitHub shows; findings come worst first."""
    seen: Counter[str] = Counter()
    chosen = []
    for finding in findings:
        seen[finding.level] += 1
        if seen[finding.level] <= (limits or {}).get(finding.level, ANNOTATIONS_LIMIT):
            chosen.append(finding)
    return tuple(chosen)


def write_annotation(finding: Finding) -> str:
    """One command on one line, out of which no text can break."""
    properties = [f"file={escape_property(finding.path)}"]
    if finding.line:
        properties.append(f"line={finding.line}")
    properties.append(f"title={escape_property(finding.title)}")
    message = escape_message(cut(finding.message, MESSAGE_LIMIT))
    return f"::{finding.level} {','.join(properties)}::{message}"


def escape_message(text: str) -> str:
    """Text after the second `::`."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escape_property(text: str) -> str:
    """Text of a property, where commas and colons have a meaning too."""
    return escape_message(text).replace(":", "%3A").replace(",", "%2C")
