"""The API as programs see it: one real server, people of every role."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from deployments import Deployment, wait_for
from school import COURSE, Class
from sqlalchemy import select, update

from grader.service.api.gradebook import write_csv
from grader.store.catalogue import register_assignment
from grader.store.database import Store, name_sqlite
from grader.store.gradebook import Cell, Gradebook, Row
from grader.store.roster import add_user, find_token, make_token
from grader.store.schema import Assignment, Course, ProblemVersion, Role, Submission
from grader.store.types import now

pytestmark = pytest.mark.sandbox

RIGHT = "## depth\nb\n\n## why\nLayers build on one another.\n"
WRONG = "## depth\na\n\n## why\nLayers build on one another.\n"
PLACE = "/courses/dl/assignments/quick"


@pytest.fixture(scope="module")
def service(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("service")
    shutil.copy(sqlite_template, folder / "grade.db")
    shutil.copytree(COURSE, folder / "course")
    url = name_sqlite(folder / "grade.db")
    store = Store(url)
    deployment = Deployment(url, folder, Class(store), slots=2)
    # Nothing here is about lateness: the store's tests are.
    (folder / "course/problems/quick/assignment.yaml").write_text("title: Quick words\n")
    with store.write() as session:
        session.execute(update(Course).values(folder=str(folder / "course")))
        session.execute(update(Assignment).values(due_at=None))
    deployment.start()
    yield deployment
    deployment.stop()
    store.close()


@pytest.fixture
def newcomer(service: Deployment) -> str:
    """Somebody who has handed in nothing."""
    name = f"n{len(service.klass.people)}"
    with service.store.write() as session:
        service.klass.add(session, name, Role.STUDENT)
    return name


def test_strangers_and_bad_tokens_learn_nothing(service: Deployment) -> None:
    service.tokens["stranger"] = "grd_00000000_nothing"
    reply = service.ask("GET", "/me", "stranger")
    assert reply.status == 401
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json["title"] == "Sign in first"
    assert reply.json["request_id"] == reply.headers["x-request-id"]


def test_me_tells_the_role(service: Deployment) -> None:
    me = service.ask("GET", "/me", "grader").json
    assert me["courses"] == [
        {"slug": "dl", "title": "Deep learning", "timezone": "UTC", "role": "grader"}
    ]


def test_assignments_tell_parts_and_nothing_that_answers_them(service: Deployment) -> None:
    text = service.ask("GET", "/courses/dl/assignments").content.decode()
    found = {each["slug"]: each for each in json.loads(text)}
    assert [part["id"] for part in found["quick"]["parts"]] == ["depth", "why"]
    assert found["quick"]["max_points"] == 5
    assert "987654" not in text
    assert "build on one another" not in text


def test_another_students_work_is_not_there(service: Deployment, newcomer: str) -> None:
    mine = service.hand_in(RIGHT)
    for path in ("", "/report", "/events", "/files/answers.md", "/marks"):
        assert service.ask("GET", f"/submissions/{mine['id']}{path}", newcomer).status == 404
    assert service.ask("POST", f"/submissions/{mine['id']}/cancel", newcomer).status == 404
    me = service.ask("GET", "/me").json["id"]
    assert service.ask("GET", f"{PLACE}/submissions", newcomer, user=str(me)).status == 404
    assert service.ask("GET", f"{PLACE}/score", newcomer, user=str(me)).status == 404


def test_a_hidden_check_is_told_to_staff_alone(service: Deployment, newcomer: str) -> None:
    code = "def echo(x):\n    return x if x == 1 else 0.0\n"
    submission = service.hand_in(code, person=newcomer, assignment="slow", file="echo.py")
    service.wait(submission, person=newcomer)
    path = f"/submissions/{submission['id']}/report"
    own = service.ask("GET", path, newcomer).content.decode()
    assert "987654" not in own
    assert json.loads(own)["parts"][0]["checks"][1]["hidden"] is True
    assert service.ask("GET", path, newcomer, audience="staff").status == 403
    assert "987654" in service.ask("GET", path, "grader", audience="staff").content.decode()


def test_what_cannot_be_read_is_refused_at_once_in_the_readers_words(
    service: Deployment, newcomer: str
) -> None:
    path = f"{PLACE}/submissions"
    for body, file, words in (
        (b"not a zip", "hw.zip", "damaged or no zip"),
        (b"", "picture.png", "is not read"),
        (b"\x00\x01", "answers.md", ""),
    ):
        reply = service.ask("POST", path, newcomer, body, file=file)
        assert reply.status == 422, (file, reply.content)
        assert words in reply.json["detail"]
    with service.store.read() as session:
        owner = service.klass.people[newcomer].id
        assert not session.scalars(select(Submission).where(Submission.user_id == owner)).all()


def test_more_than_is_allowed_is_refused_before_it_is_all_there(service: Deployment) -> None:
    connection = http.client.HTTPConnection(urlsplit(service.address).netloc, timeout=30)
    connection.putrequest("POST", f"/api/v1{PLACE}/submissions?file=a.zip")
    connection.putheader("Authorization", f"Bearer {service.token('student')}")
    connection.putheader("Transfer-Encoding", "chunked")
    connection.endheaders()
    chunk = b"%x\r\n%s\r\n" % (1 << 20, bytes(1 << 20))
    try:
        for _ in range(80):
            connection.send(chunk)
        connection.send(b"0\r\n\r\n")
    except OSError:
        pass
    assert connection.getresponse().status == 413


def test_a_large_upload_goes_on_where_it_broke(service: Deployment, newcomer: str) -> None:
    folder = service.folder / "large"
    folder.mkdir()
    content = folder / "answers.zip"
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("answers.md", RIGHT)
        archive.writestr("noise.png", os.urandom(3 << 20))
    whole = content.read_bytes()
    sha256 = hashlib.sha256(whole).hexdigest()

    def send(start: int, piece: bytes) -> Any:
        connection = http.client.HTTPConnection(urlsplit(service.address).netloc, timeout=30)
        connection.request(
            "PATCH", f"/api/v1/uploads/{sha256}", piece,
            {"Authorization": f"Bearer {service.token(newcomer)}", "Upload-Offset": str(start)},
        )  # fmt: skip
        response = connection.getresponse()
        return response.status, json.loads(response.read())

    assert send(0, whole[: 1 << 20])[1]["size"] == 1 << 20
    assert send(0, whole[: 1 << 20])[0] == 409
    early = service.ask("POST", f"{PLACE}/submissions", newcomer, file="a.zip", upload=sha256)
    assert early.status == 409
    size = service.ask("GET", f"/uploads/{sha256}", newcomer).json["size"]
    assert service.ask("GET", f"/uploads/{sha256}").json["size"] == 0
    assert send(size, whole[size:])[1]["size"] == len(whole)
    reply = service.ask("POST", f"{PLACE}/submissions", newcomer, file="a.zip", upload=sha256)
    assert reply.status == 201
    service.wait(reply.json, person=newcomer)
    assert service.ask("GET", f"/uploads/{sha256}", newcomer).json["size"] == 0


def test_files_come_back_as_plain_text_and_none_from_elsewhere(
    service: Deployment, newcomer: str
) -> None:
    submission = service.hand_in(RIGHT, person=newcomer)
    path = f"/submissions/{submission['id']}/files/"
    reply = service.ask("GET", path + "answers.md", newcomer)
    assert reply.content.decode() == RIGHT
    assert reply.headers["content-type"].startswith("text/plain")
    assert reply.headers["x-content-type-options"] == "nosniff"
    for name in ("other.md", "../answers.md", "%2e%2e/grade.db", "/etc/passwd"):
        assert service.ask("GET", path + name, newcomer).status in (404, 405)


def follow(service: Deployment, submission: dict[str, Any], last: str = "") -> list[list[str]]:
    connection = http.client.HTTPConnection(urlsplit(service.address).netloc, timeout=30)
    headers = {"Authorization": f"Bearer {service.token('student')}"}
    if last:
        headers["Last-Event-ID"] = last
    connection.request("GET", f"/api/v1/submissions/{submission['id']}/events", headers=headers)
    response = connection.getresponse()
    assert response.getheader("content-type", "").startswith("text/event-stream")
    return [block.split("\n") for block in response.read().decode().strip().split("\n\n")]


def test_progress_is_told_as_it_happens_and_ends(service: Deployment) -> None:
    wait = "    time.sleep(0.8)\n    return x\n"
    code = f"import time\n\ndef first(x):\n{wait}\ndef second(x):\n{wait}"
    submission = service.hand_in(code, assignment="steps", file="steps.py")
    events = follow(service, submission)

    kinds = [line for event in events for line in event if line.startswith("event: ")]
    assert kinds[0] == "event: status"
    assert kinds[-1] == "event: over"
    assert "event: part" in kinds
    states = [json.loads(event[-1].removeprefix("data: "))["state"] for event in events
              if "event: status" in event]  # fmt: skip
    assert states[-2:] == ["running", "done"]
    assert follow(service, submission)[-1][-1] == 'data: {"state": "done"}'


def test_marks_overrides_and_extensions_change_the_score_and_say_why(
    service: Deployment, newcomer: str
) -> None:
    submission = service.hand_in(RIGHT, person=newcomer)
    service.wait(submission, person=newcomer)
    person = service.klass.people[newcomer].id
    marks = f"/submissions/{submission['id']}/marks"
    item = {"part": "why", "item": "Functions are composed.", "points": 1.5, "comment": "Nearly."}

    assert service.ask("POST", marks, newcomer, document=item).status == 403
    assert service.ask("POST", marks, "grader", document={**item, "points": 2.5}).status == 409
    assert service.ask("POST", marks, "grader", document={**item, "item": "?"}).status == 404
    assert service.ask("POST", marks, "grader", document=item).status == 201
    seen = service.ask("GET", marks, newcomer).json
    assert [(mark["points"], mark["comment"], mark["author_id"]) for mark in seen] == [
        (1.5, "Nearly.", None)
    ]
    score = service.ask("GET", f"{PLACE}/score", newcomer).json
    assert (score["score"], score["state"]) == (3.5, "pending")

    given = {"user_id": person, "kind": "set", "part": "why", "points": 3, "reason": "read aloud"}
    assert service.ask("POST", f"{PLACE}/overrides", "grader", document=given).status == 403
    assert service.ask("POST", f"{PLACE}/overrides", "instructor", document=given).status == 201
    score = service.ask("GET", f"{PLACE}/score", newcomer).json
    assert (score["score"], score["state"]) == (5, "graded")
    assert any("read aloud" in line for line in score["explanation"])

    due = (dt.datetime.now(dt.UTC) + dt.timedelta(days=2)).isoformat()
    more = {"user_id": person, "due_at": due, "reason": "was ill"}
    assert service.ask("POST", f"{PLACE}/extensions", "instructor", document=more).status == 201
    assert service.ask("GET", PLACE, newcomer).json["is_extended"] is True
    stranger = {**more, "user_id": 9999}
    assert service.ask("POST", f"{PLACE}/extensions", "instructor", document=stranger).status == 404


def test_the_gradebook_has_a_row_for_everybody_and_is_for_staff(
    service: Deployment, newcomer: str
) -> None:
    submission = service.hand_in(RIGHT, person=newcomer)
    service.wait(submission, person=newcomer)

    assert service.ask("GET", "/courses/dl/gradebook", newcomer).status == 403
    book = service.ask("GET", "/courses/dl/gradebook", "grader").json
    assert [column["slug"] for column in book["columns"]] == ["quick", "slow", "steps"]
    row = next(row for row in book["rows"] if row["name"] == newcomer.title())
    assert (row["cells"][0]["score"], row["cells"][0]["open_points"], row["cells"][1]) == (
        2, 3, None,
    )  # fmt: skip
    table = service.ask("GET", "/courses/dl/gradebook", "grader", format="csv").content.decode()
    assert f"{newcomer.title()},{newcomer}@example.edu,,,2,,,2" in table


def test_a_person_is_enrolled_with_the_number_that_a_platform_has_for_them(
    service: Deployment,
) -> None:
    given = {"email": "numbered@example.edu", "role": "student", "external_id": "U-1", "name": "N"}
    for name in ("N", "Nora"):
        document = {**given, "name": name}
        reply = service.ask("POST", "/courses/dl/people", "instructor", document=document)
        assert reply.status == 201
        assert (reply.json["external_id"], reply.json["name"]) == ("U-1", name)


def test_a_table_has_nothing_where_nothing_was_earned_and_cuts_no_points_off() -> None:
    kept = [
        Cell("graded", 401.6667, 500, 0, 7, False, False),
        Cell("none", 0, 500, 0, None, False, False),
        Cell("pending", 0, 500, 0, None, False, False),
        Cell("graded", 0, 500, 0, None, False, True),
        Cell("excused", 0, 0, 0, None, False, True),
        None,
    ]
    assignments = tuple(Assignment(slug=f"hw{number}") for number in range(len(kept)))
    book = Gradebook(assignments, (Row(1, "Ada", "", "", "", tuple(kept)),))

    assert write_csv(book).splitlines()[1] == "Ada,,,,401.6667,,,0,excused,,401.6667"


def test_a_regrade_counts_for_nobody_until_it_is_published(
    service: Deployment, newcomer: str
) -> None:
    submission = service.hand_in(WRONG, person=newcomer)
    service.wait(submission, person=newcomer)
    problem = service.folder / "course/problems/quick/words.yaml"
    text = problem.read_text()
    problem.write_text(text.replace("answer: b", "answer: a").replace("{answer: a,", "{answer: b,"))
    from grader.spec.loading import Course as CourseFolder

    with service.store.write() as session:
        course = session.scalars(select(Course)).one()
        root = service.folder / "course"
        register_assignment(
            session, course, CourseFolder(root).load("quick"), root, make_current=False
        )
        version = session.scalars(select(ProblemVersion).order_by(ProblemVersion.id.desc())).first()
        assert version is not None
    try:
        given = {"reason": "the key was wrong", "version": version.content_hash, "sample": 1}
        begun = service.ask("POST", f"{PLACE}/regrades", "instructor", document=given)
        assert begun.status == 201, begun.content
        path = f"/regrades/{begun.json['id']}"
        assert service.ask("POST", f"{path}/publish", "instructor").status == 409

        def is_done() -> bool:
            return bool(service.ask("GET", path, "instructor").json["open"] == 0)

        wait_for(is_done, "the dry run")
        assert service.ask("GET", path, "instructor").json["total"] == 1
        assert service.ask("POST", f"{path}/apply", "instructor").status == 200
        wait_for(is_done, "the rest")
        assert service.ask("GET", f"{PLACE}/score", newcomer).json["score"] == 0
        moves = service.ask("GET", f"{path}/diff", "instructor").json
        mine = next(move for move in moves if move["name"] == newcomer.title())
        assert (mine["before"], mine["after"]) == (0, 2)
        assert mine["parts"][0]["part"] == "depth"
        assert [move["after"] - move["before"] for move in moves] == sorted(
            move["after"] - move["before"] for move in moves
        )

        assert service.ask("POST", f"{path}/publish", "grader").status == 403
        assert service.ask("POST", f"{path}/publish", "instructor").status == 200
        assert service.ask("GET", f"{PLACE}/score", newcomer).json["score"] == 2
        report = service.ask("GET", f"/submissions/{submission['id']}/report", newcomer).json
        assert report["score"] == 2
        # Who moved is known as long as anybody may ask.
        assert service.ask("GET", f"{path}/diff", "instructor").json == moves
    finally:
        problem.write_text(text)


def test_a_token_makes_no_stronger_one_and_is_gone_when_revoked(service: Deployment) -> None:
    service.tokens["weak"] = service.token("instructor", "submit,read:own,grade,admin:course")
    made = service.ask("POST", "/tokens", "instructor", document={"scopes": ["read:own"]})
    assert made.status == 201
    with service.store.read() as session:
        assert find_token(session, made.json["token"]) is not None
    service.tokens["weak"] = made.json["token"]
    assert service.ask("GET", "/me", "weak").status == 200
    assert service.ask("GET", "/courses/dl/gradebook", "weak").status == 403
    more = service.ask("POST", "/tokens", "weak", document={"scopes": ["grade"]})
    assert more.status == 403
    listed = service.ask("GET", "/tokens", "weak").content.decode()
    assert made.json["token"] not in listed
    assert service.ask("DELETE", f"/tokens/{made.json['id']}", "student").status == 404
    assert service.ask("DELETE", f"/tokens/{made.json['id']}", "weak").status == 204
    assert service.ask("GET", "/me", "weak").status == 401


def test_staff_acts_are_in_a_trail_that_verifies(service: Deployment) -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "grader", "admin", "--database", service.url, "audit", "--verify"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert shown.returncode == 0, shown.stderr
    assert "each follows the one before it" in shown.stdout


def ask_plainly(service: Deployment, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection(urlsplit(service.address).netloc, timeout=30)
    connection.request("GET", path)
    response = connection.getresponse()
    return response.status, response.read().decode()


def test_machines_that_watch_are_told(service: Deployment) -> None:
    assert ask_plainly(service, "/healthz") == (200, "ok\n")
    assert ask_plainly(service, "/readyz") == (200, "ready\n")
    status, text = ask_plainly(service, "/metrics")
    assert status == 200
    for name in ('fairmark_queue_oldest_seconds{queue="cpu"}', "fairmark_workers 1.0",
                 'fairmark_runs{state="done"}', "fairmark_request_seconds_bucket"):  # fmt: skip
        assert name in text


def test_the_request_id_goes_through_to_the_grading(service: Deployment, newcomer: str) -> None:
    reply = service.ask("POST", f"{PLACE}/submissions", newcomer, RIGHT.encode(), file="answers.md")
    service.wait(reply.json, person=newcomer)
    request_id = reply.headers["x-request-id"]

    def find() -> list[dict[str, Any]]:
        # A library may warn at its import, before there is a log.
        written = service.read_log("serve").splitlines()
        lines = [json.loads(line) for line in written if line.startswith("{")]
        return [line for line in lines if line.get("request_id") == request_id]

    wait_for(lambda: len(find()) == 2, "the run's line in the log")
    assert {line["message"] for line in find()} == {"answered", "run ended"}


def test_the_web_process_imports_no_torch_sympy_or_numba(
    service: Deployment, newcomer: str
) -> None:
    service.wait(service.hand_in(RIGHT, person=newcomer), person=newcomer)
    service.ask("GET", "/courses/dl/gradebook", "grader")
    assert service.web
    maps = Path(f"/proc/{service.web.pid}/maps").read_text()
    assert not [name for name in ("torch", "numba", "llvmlite") if f"/{name}/" in maps]
    code = (
        "import sys\n"
        "from grader.service.app import make_app\n"
        "from grader.service.settings import read_settings\n"
        f"make_app(read_settings(folder={str(service.folder)!r}, database='sqlite://'))\n"
        "import grader.service.serving, grader.service.intake, grader.submission.read\n"
        "print([m for m in ('torch', 'sympy', 'numba', 'numpy') if m in sys.modules])\n"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert shown.stdout == "[]\n", shown.stderr


def test_grade_submit_ends_with_the_report_that_it_ends_with_here(
    service: Deployment, tmp_path: Path
) -> None:
    folder = tmp_path / "slow"
    folder.mkdir()
    (folder / "echo.py").write_text(
        "import time\n\ndef echo(x):\n    time.sleep(0.5)\n    return x\n"
    )
    (folder / "photo.png").write_bytes(b"x")
    with service.store.read() as session:
        secret = session.scalars(select(Course.secret)).one()
    environment = {
        **os.environ,
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }

    def grade(*arguments: str, at: Path = tmp_path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "grader", *arguments],
            cwd=at, env=environment, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip

    signed_in = grade("login", service.address, "--token", service.token("student"))
    assert "signed in" in signed_in.stdout, signed_in.stderr
    there = grade("submit", "slow", "--format", "json")
    assert there.returncode == 0, there.stderr
    here = grade("submit", str(folder), "--format", "json", "--secret", secret,
                 "--course", str(service.folder / "course"))  # fmt: skip
    assert "handed in as slow" in there.stderr
    assert "1/1  echo  passed 4 / 4" in there.stderr

    from grader.report.json import read
    from grader.report.models import drop_measurements

    assert drop_measurements(read(there.stdout)) == drop_measurements(read(here.stdout))
    assert "what counts" not in there.stderr

    mistyped = grade("submit", "slow", "-a", "nosuch")
    assert mistyped.returncode == 2
    assert f"{service.address} has no assignment 'nosuch' for you; there are: " in mistyped.stderr
    assert "--assignment" not in mistyped.stderr


def test_grade_submit_says_what_lateness_took_off(
    service: Deployment, newcomer: str, tmp_path: Path
) -> None:
    (tmp_path / "slow").mkdir()
    (tmp_path / "slow/echo.py").write_text("def echo(x):\n    return x\n")
    slow = update(Assignment).where(Assignment.slug == "slow")
    with service.store.write() as session:
        late = {"late": {"loss": 0.1, "per": "day"}}
        session.execute(slow.values(due_at=now() - dt.timedelta(hours=30), policies=late))
    environment = {
        **os.environ,
        "GRADE_SERVER": service.address,
        "GRADE_TOKEN": service.token(newcomer),
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    try:
        shown = subprocess.run(
            [sys.executable, "-m", "grader", "submit", "slow"],
            cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
    finally:
        with service.store.write() as session:
            session.execute(slow.values(due_at=None, policies={}))
    assert "4 of 4 points" in shown.stdout, shown.stderr
    told = shown.stderr.partition("what counts is ")[2]
    assert told.startswith("3.2 of 4 points:\n")
    assert "2 days begun" in told


def test_grade_submit_survives_a_server_that_goes_away_and_comes_back(
    service: Deployment, tmp_path: Path
) -> None:
    (tmp_path / "slow").mkdir()
    code = "import time\n\ndef echo(x):\n    time.sleep(1.2)\n    return x + 0.0\n"
    (tmp_path / "slow/echo.py").write_text(code)
    environment = {
        **os.environ,
        "GRADE_SERVER": service.address,
        "GRADE_TOKEN": service.token("student"),
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    submitting = subprocess.Popen(
        [sys.executable, "-m", "grader", "submit", "slow"],
        cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert submitting.stderr
    said: list[str] = []
    reader = threading.Thread(target=lambda: said.extend(iter(submitting.stderr.readline, "")))
    reader.start()
    wait_for(lambda: any("grading" in line for line in said), "the grading to begin")
    service.kill_engine()
    time.sleep(0.5)
    service.start_engine()

    assert submitting.stdout
    report = submitting.stdout.read()
    assert submitting.wait(60) == 0, said
    reader.join()
    assert "4 of 4 points" in report
    assert any("try 2" in line for line in said), said


def test_a_token_that_only_submits_submits_and_leaves_stronger_ones_alone(
    service: Deployment, newcomer: str
) -> None:
    strong = service.ask("POST", "/tokens", newcomer, document={"scopes": ["read:own"]})
    weak = service.ask("POST", "/tokens", newcomer, document={"scopes": ["submit"]})
    service.tokens["only"] = weak.json["token"]
    refused = service.ask("DELETE", f"/tokens/{strong.json['id']}", "only")
    assert (refused.status, refused.json["detail"]) == (
        403, "a token can't revoke another that may do more than itself",
    )  # fmt: skip
    listed = [each["id"] for each in service.ask("GET", "/tokens", "only").json]
    assert listed == [weak.json["id"]]
    service.hand_in(RIGHT, person="only")


def test_nobody_is_told_whether_a_course_or_submission_is_there(
    service: Deployment, newcomer: str
) -> None:
    taken = service.hand_in(RIGHT, person=newcomer)

    def ask(path: str, person: str) -> tuple[int, str]:
        answer = service.ask("GET", path, person)
        return answer.status, answer.json["detail"].replace("dl", "COURSE").replace("zz", "COURSE")

    assert ask(f"/submissions/{taken['id']}", "student") == ask("/submissions/999999", "student")
    with service.store.write() as session:
        outsider = add_user(session, "outsider@example.edu", "Outsider")
        scopes = ["submit", "read:own", "grade", "admin:course"]
        service.tokens["outsider"] = make_token(
            session, outsider, scopes=scopes, expires_at=now() + dt.timedelta(days=1)
        )[1]
    assert ask("/courses/dl", "outsider") == ask("/courses/zz", "outsider")


def test_headers_that_do_not_end_close_the_connection(service: Deployment) -> None:
    place = urlsplit(service.address)
    with socket.create_connection((place.hostname or "", place.port or 0), timeout=30) as wire:
        wire.sendall(b"GET /healthz HTTP/1.1\r\nhost: x\r\nx-long: ")
        with contextlib.suppress(OSError):
            for _ in range(64):
                wire.sendall(b"a" * 65536)
        with contextlib.suppress(ConnectionError):
            assert b" 431 " in wire.recv(1000)
            assert wire.recv(1000) == b""
    assert service.ask("GET", "/me", "student").status == 200
