"""What a run leaves behind: summary, annotations, outputs and files.

Nothing that a student wrote reaches standard output but through an annotation's escaping; the
runner would take a line of it for a command.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from grader.batch.labels import name_files
from grader.ci.grading import GradedFolder
from grader.report import markdown, render_report
from grader.report.findings import Finding, list_findings
from grader.report.formats.github import choose_annotations, write_annotation
from grader.report.formats.github_check import make_check_run
from grader.report.writing import write_report

if TYPE_CHECKING:
    from grader.authoring.certificate import ProblemCertificate

SUMMARY_BYTES = 1_000_000
"""GitHub takes 1 MiB of a step and drops all of it beyond that."""


def collect_findings(graded: Sequence[GradedFolder]) -> tuple[Finding, ...]:
    """All findings of all folders, the worst first."""
    found = [
        finding
        for each in graded
        if each.report
        for finding in list_findings(each.report, each.root)
    ]
    order = ("error", "warning", "notice")
    return tuple(sorted(found, key=lambda each: (order.index(each.level), -each.lost_points)))


def write_annotations(findings: Sequence[Finding]) -> str:
    """Workflow commands, as many of each kind as are shown."""
    return "".join(f"{write_annotation(each)}\n" for each in choose_annotations(findings))


def write_summary(
    graded: Sequence[GradedFolder],
    certificates: Sequence[ProblemCertificate],
    *,
    ignored: Sequence[str] = (),
    is_official: bool = False,
) -> str:
    """Markdown for the job's page, cut at a whole report where it would grow too long."""
    lines: list[str] = []
    for piece in _write_pieces(graded, certificates, ignored, is_official):
        if sum(len(each.encode()) + 2 for each in (*lines, piece)) > SUMMARY_BYTES:
            lines.append("_Too long for this page: see the artifact._")
            break
        lines.append(piece)
    return "\n\n".join(lines) + "\n"


def _write_pieces(
    graded: Sequence[GradedFolder],
    certificates: Sequence[ProblemCertificate],
    ignored: Sequence[str],
    is_official: bool,
) -> Iterator[str]:
    if graded and not is_official:
        yield "_Practice: advisory, graded with the checks that the course has made public._"
    if not graded and not certificates:
        yield "No homework was changed: no changed file lies in a folder named after an assignment."
    for each in graded:
        if each.report is None:
            heading = markdown.escape_text(each.assignment)
            yield f"## {heading}\n\n{markdown.escape_text(each.trouble)}"
            continue
        yield markdown.render(each.report).rstrip("\n")
        if each.left_out:
            items = "\n".join(f"- {markdown.escape_text(words)}" for words in each.left_out[:20])
            yield f"### Not read\n\n{items}"
    findings = collect_findings(graded)
    more = len(findings) - len(choose_annotations(findings))
    if more:
        yield f"**{more} more** annotations than GitHub shows beside the lines; all are above."
    if certificates:
        yield "\n".join(_write_certificates(certificates))
    if ignored:
        names = ", ".join(f"`{name}/`" for name in ignored)
        yield f"Taken from the course, not from this change: {names}."


def _write_certificates(certificates: Sequence[ProblemCertificate]) -> Iterator[str]:
    yield "## Proof of the changed problems\n"
    yield "| | Part | Mutation score | What is wrong |"
    yield "|---|---|---:|---|"
    for problem in certificates:
        for fault in problem.faults:
            yield _write_row("❌", problem.problem, "", fault)
        for part in problem.parts:
            score = part.mutation_score
            wrong = "; ".join(
                f"{claim.name}: {claim.words}" for claim in part.claims if not claim.holds
            )
            caught = "" if score is None else f"{score:.0%}"
            yield _write_row("✅" if part.is_proved else "❌", part.part, caught, wrong)


def _write_row(mark: str, name: str, caught: str, wrong: str) -> str:
    return f"| {mark} | {markdown.escape_text(name)} | {caught} | {markdown.escape_text(wrong)} |"


def list_outputs(
    graded: Sequence[GradedFolder], certificates: Sequence[ProblemCertificate]
) -> dict[str, str]:
    """What later steps may use: numbers, and JSON on one line."""
    reports = {each.folder or each.assignment: each.report for each in graded if each.report}
    scores = {
        name: {
            "assignment": report.assignment,
            "score": report.score,
            "max_score": report.max_score,
            "open_points": report.open_points,
            "status": report.status,
        }
        for name, report in reports.items()
    }
    return {
        "score": f"{sum(report.score for report in reports.values()):.10g}",
        "max_score": f"{sum(report.max_score for report in reports.values()):.10g}",
        "graded": str(len(reports)),
        "proved": str(all(each.is_proved for each in certificates)).lower(),
        "scores": json.dumps(scores),
    }


def append_outputs(outputs: Mapping[str, str], path: Path) -> None:
    """`name=value` lines; no value of ours has a line end in it."""
    with path.open("a", encoding="utf-8") as file:
        file.writelines(f"{name}={value}\n" for name, value in outputs.items())


def write_files(graded: Sequence[GradedFolder], folder: Path, head: str) -> None:
    """The artifact: everyone's report, JUnit, and the body of a check run."""
    folder.mkdir(parents=True, exist_ok=True)
    names = name_files([each.folder or each.assignment for each in graded])
    for name, each in zip(names, graded, strict=True):
        if each.report is None:
            continue
        for ending, format_name in (("json", "json"), ("html", "html"), ("junit.xml", "junit")):
            text = render_report(each.report, format_name, each.root)
            write_report(text, folder / f"{name}.{ending}")
        run = make_check_run(each.report, each.root, head_sha=head)
        write_report(json.dumps(run, indent=2) + "\n", folder / f"{name}.check-run.json")
