"""The API against its own OpenAPI schema, once for each role: schemathesis makes the requests."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance
from school import Class

from grader.report.models import CheckReport, PartReport, Report
from grader.service.app import make_app
from grader.service.settings import read_settings
from grader.store import runs
from grader.store.admission import HandedIn, Limits, take_submission
from grader.store.database import Store, name_sqlite
from grader.store.finishing import Graded, describe, finish
from grader.store.roster import SCOPES, make_token
from grader.store.schema import Role
from grader.store.types import now
from grader.verdicts import Verdict

SECRETS = ("HIDDEN-INPUT", "STAFF-NOTE", "build on one another", "answer: b")
"""What stands in hidden checks, staff's notes, rubrics and keys."""
EXAMPLES = 8
"""Requests an operation and role: about two thousand altogether."""


def report(staff_note: str, feedback: str) -> Report:
    check = CheckReport(name="one", verdict=Verdict.WRONG, score=0, max_score=5, hidden=True,
                        feedback=feedback, staff_note=staff_note)  # fmt: skip
    part = PartReport(id="quick/depth", title="Depth", kind="choice", verdict=Verdict.WRONG,
                      score=0, max_score=5, open_points=0, checks=(check,))  # fmt: skip
    return Report(assignment="quick", submission="sha256:0", score=0, max_score=5, open_points=0,
                  status="final", parts=(part,), isolation="full")  # fmt: skip


@pytest.fixture(scope="module")
def klass(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Class]:
    """A course in which two students have handed in and were graded."""
    folder = tmp_path_factory.mktemp("schema")
    shutil.copy(sqlite_template, folder / "grade.db")
    store = Store(name_sqlite(folder / "grade.db"))
    made = Class(store)
    with store.write() as session:
        made.add(session, "other", Role.STUDENT)
    for name in ("student", "other"):
        with store.write() as session:
            taken = take_submission(
                session,
                made.assignments["quick"],
                made.people[name].id,
                HandedIn(archive=b"## depth\nb\n", archive_name="answers.md", name=f"of {name}",
                         content_hash=f"sha256:{name}", manifest=[]),
                limits=Limits(),
            )  # fmt: skip
            lease = runs.claim(session, taken.run.id, "test")
            assert lease is not None
            published = report("", "a hidden check"), report("STAFF-NOTE", "HIDDEN-INPUT")
            finish(session, [Graded(lease, describe(*published))])
    yield made
    store.close()


@pytest.fixture(scope="module")
def api(klass: Class) -> schemathesis.BaseSchema:
    folder = Path(klass.store.engine.url.database or "").parent
    limits = {"requests_per_minute": 0, "strangers_per_minute": 0}
    app = make_app(read_settings(folder=folder, database=klass.store.url, **limits))
    return schemathesis.openapi.from_asgi("/api/v1/openapi.json", app)


def make_headers(klass: Class, person: str) -> dict[str, str]:
    if person == "nobody":
        return {}
    with klass.store.write() as session:
        _, text = make_token(
            session,
            session.merge(klass.people[person]),
            scopes=SCOPES,
            expires_at=now() + dt.timedelta(days=1),
        )
    return {"Authorization": f"Bearer {text}"}


def name_things(klass: Class, case: Any, number: int) -> None:
    """Of four requests three are about things that are there."""
    known = {
        "course": "dl",
        "assignment": "quick",
        "submission_id": number % 2 + 1,
        "user_id": klass.people["other"].id,
        "token_id": 1,
        "regrade_id": 1,
    }
    if number % 4 and case.path_parameters:
        case.path_parameters |= {
            name: known[name] for name in case.path_parameters if name in known
        }


def find_numbers(document: Any, names: tuple[str, ...]) -> Iterator[int | None]:
    if isinstance(document, dict):
        for key, value in document.items():
            if key in names:
                yield value
            yield from find_numbers(value, names)
    elif isinstance(document, list):
        for each in document:
            yield from find_numbers(each, names)


@pytest.mark.parametrize("role", ["student", "grader", "instructor", "operator", "nobody"])
def test_no_request_is_a_fault_and_no_answer_tells_too_much(
    api: schemathesis.BaseSchema, klass: Class, role: str
) -> None:
    headers = make_headers(klass, role)
    own = klass.people[role].id if role != "nobody" else None
    asked: set[tuple[str, int]] = set()

    for found in api.get_all_operations():
        operation = found.ok()
        if operation.path.endswith("/events") or operation.method == "DELETE":
            # Events have no end while nothing grades here; deleting takes the data away.
            continue

        @given(case=operation.as_strategy(), number=st.integers(0, 7))
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def ask(case: Any, number: int) -> None:
            name_things(klass, case, number)
            response = case.call(headers=headers)
            asked.add((case.operation.label, response.status_code))
            case.validate_response(
                response, checks=[not_a_server_error, response_schema_conformance]
            )
            text = response.text
            if role in ("student", "nobody", "operator"):
                assert not [secret for secret in SECRETS if secret in text]
            if role == "student":
                assert "other@example.edu" not in text
                assert "of other" not in text
                if text and response.headers.get("content-type") == ["application/json"]:
                    numbers = find_numbers(response.json(), ("user_id", "author_id"))
                    assert {number for number in numbers if number is not None} <= {own}
            if role == "nobody":
                assert response.status_code in (401, 404, 405, 422)

        ask()

    answered = {label for label, status in asked if status < 300}
    least = {"student": 8, "grader": 10, "instructor": 12, "operator": 4, "nobody": 0}
    assert len(answered) >= least[role], sorted(answered)
