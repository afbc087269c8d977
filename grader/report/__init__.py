"""Reports: the published record of a grading, and one renderer a format."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from grader.report.models import Report

FORMATS = {
    "terminal": "grader.report.terminal",
    "html": "grader.report.html",
    "markdown": "grader.report.markdown",
    "json": "grader.report.json",
    "gradescope": "grader.report.formats.gradescope",
    "prairielearn": "grader.report.formats.prairielearn",
    "junit": "grader.report.formats.junit",
    "check50": "grader.report.formats.check50",
    "classroom50": "grader.report.formats.classroom50",
    "github": "grader.report.formats.github",
    "github-check": "grader.report.formats.github_check",
    "codequality": "grader.report.formats.codequality",
    "sarif": "grader.report.formats.sarif",
}
"""Each module has `render(report) -> str`; it is imported when its format is first asked for."""

POINTING = ("junit", "github", "github-check", "codequality", "sarif")
"""Those that point at files: their `render` also takes the submission's folder."""


def find_renderer(name: str) -> Callable[[Report], str]:
    """The function that renders a report in this format."""
    return cast("Callable[[Report], str]", import_module(FORMATS[name]).render)


def render_report(report: Report, name: str, folder: str = "") -> str:
    """A report in a format; `folder` is where the submission lies in its repository."""
    render = import_module(FORMATS[name]).render
    return cast("str", render(report, folder) if name in POINTING else render(report))
