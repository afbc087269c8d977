from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from known_answers import COURSE, load

from grader.expected import ExpectedValues
from grader.grading import grade
from grader.report.models import PartReport
from grader.sandbox.pool import Sandbox
from grader.spec.loaded import LoadedAssignment


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`assignment`, `part`, `mistake` and `equivalent` run over everything in problems/."""
    loaded = [load(name) for name in COURSE.assignment_ids()]
    names = set(metafunc.fixturenames)
    if "homework" in names:
        metafunc.parametrize("homework", loaded, ids=[each.id for each in loaded])
    if "asked" in names:
        cases = [
            (each, problem, part_id, part)
            for each in loaded
            for problem, part_id, part in each.parts()
        ]
        metafunc.parametrize("asked", cases, ids=[f"{c[0].id}/{c[2]}" for c in cases])


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as started:
        yield started


@pytest.fixture(scope="session")
def expected() -> ExpectedValues:
    return ExpectedValues(None)


@pytest.fixture(scope="session")
def mark(sandbox: Sandbox, expected: ExpectedValues) -> Any:
    """Grade a submission the real way; the parts' reports by id, as the staff sees them."""

    def mark_parts(assignment: LoadedAssignment, submission: Any) -> dict[str, PartReport]:
        report = grade(assignment, submission, sandbox, expected=expected, audience="staff")
        return {part.id.removeprefix(f"{assignment.id}/"): part for part in report.parts}

    return mark_parts


@pytest.fixture(scope="session")
def narrow() -> Any:
    """An assignment cut down to some parts, so that a test grades nothing else."""
    from dataclasses import replace

    def keep(assignment: LoadedAssignment, *part_ids: str) -> LoadedAssignment:
        problems = [
            replace(problem, parts={i: p for i, p in problem.parts.items() if i in part_ids})
            for problem in assignment.problems
        ]
        return replace(assignment, problems=tuple(p for p in problems if p.parts))

    return keep
