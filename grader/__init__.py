"""An auto-grader for deep-learning homework.

from grader import Sandbox, find_course, grade, read_submission

assignment = find_course(Path(".")).load("hw2")
with Sandbox() as sandbox:
    report = grade(assignment, read_submission(Path("hw2/")), sandbox)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grader.errors import GraderError
    from grader.grading import grade
    from grader.report.models import Report
    from grader.sandbox.pool import Sandbox
    from grader.spec.loading import find_course, load_assignment
    from grader.submission import read_submission
    from grader.verdicts import Verdict

__version__ = "0.1.0"

_PLACES = {
    "GraderError": "grader.errors",
    "Report": "grader.report.models",
    "Sandbox": "grader.sandbox.pool",
    "Verdict": "grader.verdicts",
    "find_course": "grader.spec.loading",
    "grade": "grader.grading",
    "load_assignment": "grader.spec.loading",
    "load_ipython_extension": "grader.notebook",
    "read_submission": "grader.submission",
}
"""Where each public name lives; it is imported when first asked for."""

__all__ = [
    "GraderError",
    "Report",
    "Sandbox",
    "Verdict",
    "find_course",
    "grade",
    "load_assignment",
    "read_submission",
]


def __getattr__(name: str) -> object:
    if name in _PLACES:
        return getattr(import_module(_PLACES[name]), name)
    raise AttributeError(f"module 'grader' has no attribute {name!r}")
