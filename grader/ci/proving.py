"""An instructor's change to problems: proved, and shown as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from grader.authoring.certificate import Certificate, ProblemCertificate
from grader.authoring.checking import check_problems
from grader.authoring.choosing import choose_problems
from grader.spec.loading import Course


class Silence:
    """A watcher that says nothing: a log shows the certificates, not how they came about."""

    def trying(self, part_id: str, what: str, done: int = 0, total: int = 0) -> None: ...

    def proved(self, certificate: Certificate) -> None: ...


def prove(course: Course, names: Sequence[str]) -> tuple[ProblemCertificate, ...]:
    """Certificates of the named problems, those that no longer exist left out.

    Errors   SpecError with `file:line:column` for what can't be read.
    """
    known = set(course.assignment_ids())
    listed = [
        name
        for name in names
        if name in known or (course.root / "problems" / f"{name}.yaml").is_file()
    ]
    if not listed:
        return ()
    return tuple(check_problems(course, choose_problems(course, listed), Silence()))
