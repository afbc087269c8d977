"""What staff set of an assignment, and what its students then read; nothing is graded here."""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from deployments import Deployment
from school import COURSE, Class
from sqlalchemy import update
from web_site import Browser, read_text

from grader.spec.loading import Course as CourseFolder
from grader.store.catalogue import register_assignment
from grader.store.database import Store, name_sqlite
from grader.store.schema import Assignment, Course
from grader.store.types import now

pytestmark = pytest.mark.sandbox
PLACE = "/courses/dl/assignments/slow"
API = "/courses/dl/assignments/slow/settings"
FILLED = {"queue": "cpu", "counts": "last", "is_visible": "1"}
WORDS = """title: Gates
prompt: |
  Let $h_t = \\sigma(W x_t)$ and **mind** the <b>shape</b>:
  ![](https://elsewhere.example/x.png)

  - one
  - two
parts:
  gate:
    kind: multi
    points: 2
    title: A gate
    prompt: Which hold for $z$?
    options: {a: '$z > 0$', b: It is linear.}
    answer: [a]
"""


@pytest.fixture(scope="module")
def service(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("settings")
    shutil.copy(sqlite_template, folder / "grade.db")
    root = folder / "course"
    shutil.copytree(COURSE, root)
    (root / "problems/slow/gates.yaml").write_text(WORDS)
    store = Store(name_sqlite(folder / "grade.db"))
    deployment = Deployment(store.url, folder, Class(store), slots=1)
    with store.write() as session:
        session.execute(update(Course).values(folder=str(root), timezone="Europe/Zurich"))
        course = session.get_one(Course, deployment.klass.course.id)
        register_assignment(session, course, CourseFolder(root).load("slow"), root)
    deployment.start()
    yield deployment
    deployment.stop()
    store.close()


def test_statements_are_prose_with_formulas_and_fetch_nothing(service: Deployment) -> None:
    page = Browser(service).sign_in("student").get(PLACE)
    assert "<strong>mind</strong>" in page
    assert "&lt;b&gt;shape&lt;/b&gt;" in page
    assert "<msub><mi>h</mi><mi>t</mi></msub>" in page
    assert "<li>one</li>" in page
    assert "<img" not in page
    assert 'type="checkbox" name="tick:gate:a"' in page


def test_an_instructor_sets_when_it_is_due_and_what_late_work_loses(service: Deployment) -> None:
    instructor = Browser(service).sign_in("instructor")
    done = instructor.post(
        f"{PLACE}/settings", f"{PLACE}/settings", due_at="2031-03-01T12:00", loss="10",
        per="day", grace="15", per_hour="5", **FILLED,
    )  # fmt: skip
    assert done.status_code == 303
    found = service.ask("GET", API, "instructor").json
    assert dt.datetime.fromisoformat(found["due_at"]) == dt.datetime(2031, 3, 1, 11, tzinfo=dt.UTC)
    assert (found["late"]["loss"], found["late"]["grace_minutes"]) == (0.1, 15)
    assert found["per_hour"] == 5
    student = read_text(Browser(service).sign_in("student").get(PLACE))
    assert "Sat 1 Mar 2031, 12:00 CET" in student
    assert "At most 5 an hour" in student
    home = read_text(Browser(service).sign_in("student").get("/"))
    assert "Sat 1 Mar 2031, 12:00 CET" in home, "the same time wherever it stands"
    # Registering the folder anew leaves what it does not speak of.
    with service.store.write() as session:
        course = session.get_one(Course, service.klass.course.id)
        root = Path(course.folder)
        register_assignment(session, course, CourseFolder(root).load("slow"), root)
    assert service.ask("GET", API, "instructor").json == found


def test_a_page_that_was_open_for_long_takes_nothing_back(service: Deployment) -> None:
    was = {
        "was:queue": "cpu", "was:counts": "last", "was:is_visible": "1", "was:per_hour": "5",
        "was:due_at": "2031-03-01T12:00", "was:loss": "10", "was:per": "day", "was:grace": "15",
    }  # fmt: skip
    typed = {"due_at": "2031-03-01T12:00", "loss": "10", "per": "day", "grace": "15", **FILLED}
    later = "2031-03-05T11:00:00+00:00"
    assert service.ask("PATCH", API, "instructor", document={"due_at": later}).status == 200
    page = f"{PLACE}/settings"
    instructor = Browser(service).sign_in("instructor")
    saved = instructor.post(page, page, per_hour="7", data={**was, **typed})
    assert saved.status_code == 303
    found = service.ask("GET", API, "instructor").json
    assert (found["due_at"][:10], found["per_hour"]) == ("2031-03-05", 7)
    both = instructor.post(page, page, data={**was, **typed, "due_at": "2031-03-02T12:00"})
    assert both.status_code == 422
    assert "Somebody else has changed when it is due" in both.text
    assert service.ask("GET", API, "instructor").json == found


def test_what_cannot_be_is_said_beside_what_was_filled_in(service: Deployment) -> None:
    instructor = Browser(service).sign_in("instructor")
    wrong = instructor.post(
        f"{PLACE}/settings", f"{PLACE}/settings", opens_at="2031-04-01T12:00",
        due_at="2031-03-01T12:00", **FILLED,
    )  # fmt: skip
    assert wrong.status_code == 422
    assert "It would be due before it opens" in wrong.text
    assert "2031-04-01T12:00" in wrong.text
    for changes in ({"late": {"loss": 2}}, {"queue": "Über"}, {"per_hour": 0}, {"dew": None}):
        assert service.ask("PATCH", API, "instructor", document=changes).status == 422


def test_what_the_folder_says_is_changed_there(service: Deployment) -> None:
    quick = "/courses/dl/assignments/quick/settings"
    assert service.ask("GET", quick, "instructor").json["decided_by_folder"] == ["due_at", "late"]
    refused = service.ask("PATCH", quick, "instructor", document={"due_at": None})
    assert refused.status == 409
    assert "assignment.yaml says 'due'" in refused.json["detail"]
    page = Browser(service).sign_in("instructor").get(quick)
    assert 'name="due_at" type="datetime-local" value="2026-03-01T' in page
    kept = Browser(service).sign_in("instructor").post(quick, quick, closes_at="", **FILLED)
    assert kept.status_code == 303


def test_before_it_opens_students_read_its_title_alone(service: Deployment) -> None:
    later = (now() + dt.timedelta(days=2)).isoformat()
    changes = {"opens_at": later, "due_at": None, "late": None}
    assert service.ask("PATCH", API, "instructor", document=changes).status == 200
    try:
        student = Browser(service).sign_in("student")
        page = student.get(PLACE)
        assert "What is asked is shown from" in page
        assert "A gate" not in page
        assert service.ask("GET", PLACE, "student").json["parts"] == []
        assert student.post(f"{PLACE}/preview", PLACE, name="gate").status_code == 422
        assert "A gate" in Browser(service).sign_in("grader").get(PLACE)
    finally:
        service.ask("PATCH", API, "instructor", document={"opens_at": None})


def test_only_who_manages_a_course_sets_anything(service: Deployment) -> None:
    for person in ("student", "grader"):
        assert service.ask("GET", API, person).status == 403
        assert service.ask("PATCH", API, person, document={"queue": "gpu"}).status == 403
        Browser(service).sign_in(person).get(f"{PLACE}/settings", 403)


def test_an_operator_sets_it_by_a_command(service: Deployment) -> None:
    command = [
        sys.executable, "-m", "grader", "admin", "--folder", str(service.folder), "assignment",
        "dl", "slow",
    ]  # fmt: skip
    changes = ["--due", "2031-05-01", "--late-loss", "0.2", "--queue", "gpu", "--counts", "best"]
    shown = subprocess.run([*command, *changes], capture_output=True, text=True, check=True)
    assert "2031-05-01 23:59 Europe/Zurich" in shown.stdout
    assert "loss 0.2, per day" in shown.stdout
    with service.store.read() as session:
        row = session.get_one(Assignment, service.klass.assignments["slow"].id)
    assert (row.queue, row.counts) == ("gpu", "best")
    wrong = subprocess.run([*command, "--due", "soon"], capture_output=True, text=True, check=False)
    assert wrong.returncode == 2
    assert "saw 'soon'" in wrong.stderr
