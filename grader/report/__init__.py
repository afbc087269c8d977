"""Reports: the published record of a grading, and one renderer a format."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from grader.report.models import Report

FORMATS = {
    "json": "grader.report.json",
    "html": "grader.report.html",
    "markdown": "grader.report.markdown",
    "terminal": "grader.report.terminal",
}
"""Each module has `render(report) -> str`; it is imported when its format is first asked for."""


def find_renderer(name: str) -> Callable[[Report], str]:
    """The function that renders a report in this format."""
    return cast("Callable[[Report], str]", import_module(FORMATS[name]).render)
