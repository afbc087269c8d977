"""JUnit XML as pytest writes it: GitLab, Jenkins and many others show it."""

from __future__ import annotations

from xml.etree import ElementTree

from grader.report.explained import pair_checks
from grader.report.findings import locate
from grader.report.models import CheckReport, PartReport, Report
from grader.verdicts import Verdict


def render(report: Report, folder: str = "") -> str:
    """A suite for every part and a case for every check, points as properties."""
    root = ElementTree.Element("testsuites", name=report.assignment)
    for part in report.parts:
        root.append(_make_suite(part, folder))
    for key in ("tests", "failures", "errors", "skipped"):
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in root)))
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'


def _make_suite(part: PartReport, folder: str) -> ElementTree.Element:
    suite = ElementTree.Element("testsuite", name=part.id)
    elapsed_s = 0.0
    for check, text in pair_checks(part):
        suite.append(_make_case(part, check, text, folder))
        elapsed_s += (check.elapsed_ms or 0) / 1000
    suite.set("tests", str(len(part.checks)))
    for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(key, str(len(suite.findall(f"testcase/{tag}"))))
    suite.set("time", f"{elapsed_s:.3f}")
    return suite


def _make_case(part: PartReport, check: CheckReport, text: str, folder: str) -> ElementTree.Element:
    case = ElementTree.Element(
        "testcase",
        classname=part.id,
        name=check.name,
        time=f"{(check.elapsed_ms or 0) / 1000:.3f}",
    )
    place = locate(check.location, folder)
    if place:
        case.set("file", place[0])
        case.set("line", str(place[1]))
    properties = ElementTree.SubElement(case, "properties")
    facts = (
        ("verdict", str(check.verdict)),
        ("score", f"{check.score:g}"),
        ("max_score", f"{check.max_score:g}"),
        ("hidden", str(check.hidden).lower()),
    )
    for name, value in facts:
        ElementTree.SubElement(properties, "property", name=name, value=value)
    tag = _name_tag(check.verdict)
    if tag:
        said = ElementTree.SubElement(
            case, tag, type=str(check.verdict), message=text.partition("\n")[0]
        )
        said.text = text
    if check.output:
        ElementTree.SubElement(case, "system-out").text = check.output
    return case


def _name_tag(verdict: Verdict) -> str:
    """An error is ours, a failure the student's; what waits is neither."""
    if verdict == Verdict.PASSED:
        return ""
    if verdict == Verdict.VOID:
        return "error"
    return "skipped" if verdict.is_open or verdict == Verdict.SKIPPED else "failure"
