"""The pages, over HTTP from one real server, without JavaScript."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from deployments import PATIENCE_S, Deployment, wait_for
from school import Class
from sqlalchemy import select, update
from web_site import HASHED, PASSWORD, Browser, find_token, read_text

from grader.errors import TooMany
from grader.service.web.throttling import Throttle
from grader.store.database import Store, name_sqlite
from grader.store.schema import (
    Assignment,
    Course,
    Enrolment,
    Identity,
    Role,
    RubricMark,
    Standing,
    Submission,
    User,
)

pytestmark = pytest.mark.sandbox
PLACE = "/courses/dl/assignments/quick"


@pytest.fixture(scope="module")
def service(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("site")
    shutil.copy(sqlite_template, folder / "grade.db")
    store = Store(name_sqlite(folder / "grade.db"))
    deployment = Deployment(store.url, folder, Class(store), slots=1)
    with store.write() as session:
        session.execute(update(User).values(password_hash=HASHED))
        # Nothing here is about lateness; without its folder the course stays as it is.
        session.execute(update(Course).values(folder=""))
        session.execute(update(Assignment).values(due_at=None, policies={}))
        session.execute(update(User).where(User.name == "Operator").values(is_operator=True))
    deployment.start()
    yield deployment
    deployment.stop()
    store.close()


@pytest.fixture
def newcomer(service: Deployment) -> tuple[str, Browser]:
    name = f"w{len(service.klass.people)}"
    with service.store.write() as session:
        service.klass.add(session, name, Role.STUDENT).password_hash = HASHED
    return name, Browser(service).sign_in(name)


def hand_in(
    browser: Browser, depth: str = "b", why: str = "Layers compose.", **more: object
) -> str:
    response = browser.post(
        f"{PLACE}/hand-in", PLACE, data={"answer:depth": depth, "answer:why": why},
        **({"files": {"files": ("", b"")}} | more),
    )  # fmt: skip
    assert response.status_code == 303, read_text(response.text)
    return response.headers["location"]


def wait_graded(browser: Browser, place: str) -> str:
    def look() -> str:
        page = browser.get(place)
        return page if "All parts" in page else ""

    return str(wait_for(look, f"the report at {place}"))


def test_strangers_are_led_to_the_sign_in_and_back(service: Deployment) -> None:
    browser = Browser(service)
    response = browser.http.get(PLACE)
    assert response.status_code == 303
    assert response.headers["location"] == f"/sign-in?next={PLACE}"
    response = browser.post(
        "/sign-in", response.headers["location"], email="student@example.edu",
        password=PASSWORD, next=PLACE,
    )  # fmt: skip
    assert response.headers["location"] == PLACE
    assert "Quick words" in browser.get(PLACE)


def test_nobody_is_led_away_by_a_link(service: Deployment) -> None:
    browser = Browser(service).sign_in("student")
    for elsewhere in ("https://evil.example/", "//evil.example/", "/\\evil.example"):
        response = browser.http.get("/sign-in", params={"next": elsewhere})
        assert response.headers["location"] == "/"


def test_the_session_cookie_is_out_of_reach(service: Deployment) -> None:
    browser = Browser(service)
    response = browser.post("/sign-in", "/sign-in", email="student@example.edu", password=PASSWORD)
    cookie = response.headers["set-cookie"]
    assert "grade_session=" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    # Another host name than this machine's: only over HTTPS.
    page = httpx2.get(
        f"{service.address}/sign-in", headers={"Host": "grade.example.edu"}, timeout=PATIENCE_S
    )
    assert "Secure" in page.headers["set-cookie"]
    assert "not encrypted" in page.text


def test_every_page_forbids_foreign_and_inline_things(service: Deployment) -> None:
    browser = Browser(service).sign_in("student")
    for path in ("/", "/courses/dl", PLACE, "/account", "/nowhere"):
        response = browser.http.get(path)
        policy = response.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert response.headers["x-content-type-options"] == "nosniff"
        assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=|<style", response.text)
        assert not re.search(r'(?:src|href)="(?:https?:)?//', response.text)


def test_a_wrong_password_says_no_more_than_that_and_not_for_ever(service: Deployment) -> None:
    browser = Browser(service)
    known, unknown = (
        browser.post("/sign-in", "/sign-in", email=f"{person}@example.edu", password="wrong")
        for person in ("operator", "nobody")
    )
    for answer in (known, unknown):
        assert answer.status_code == 422
        assert "The address or the password is wrong." in answer.text
    throttle = Throttle(allowed=3, window_s=600)
    for _ in range(3):
        throttle.require_room("erika")
        throttle.note("erika")
    with pytest.raises(TooMany) as refused:
        throttle.require_room("erika")
    assert 0 < refused.value.retry_after_s <= 601
    throttle.require_room("another")
    throttle.forget("erika")
    throttle.require_room("erika")


def test_a_form_without_its_token_does_nothing(service: Deployment) -> None:
    browser = Browser(service).sign_in("student")
    response = browser.http.post("/sign-out", data={"csrf": "0" * 64})
    assert response.status_code == 403
    assert "Your courses" in browser.get("/")
    foreign = browser.http.post("/sign-out", headers={"Origin": "https://evil.example"})
    assert foreign.status_code == 403
    assert browser.post("/sign-out", "/").status_code == 303
    assert browser.http.get("/").headers["location"] == "/sign-in"


def test_a_session_is_revoked_from_another_browser(service: Deployment) -> None:
    here, there = Browser(service).sign_in("grader"), Browser(service).sign_in("grader")
    page = here.get("/account")
    others = re.findall(r"/account/sessions/(\d+)/end", page)
    for each in others:
        assert here.post(f"/account/sessions/{each}/end", "/account").status_code == 303
    assert there.http.get("/").headers["location"] == "/sign-in"
    assert "Your courses" in here.get("/")


def test_a_token_is_shown_once_and_works(service: Deployment) -> None:
    browser = Browser(service).sign_in("student")
    made = browser.post(
        "/account/tokens", "/account", label="mine", days="3", data={"scope-read:own": "1"}
    )
    text = re.search(r"grd_[0-9a-f]{8}_[\w-]+", made.text)
    assert text
    me = httpx2.get(
        f"{service.address}/api/v1/me",
        headers={"Authorization": f"Bearer {text[0]}"},
        timeout=PATIENCE_S,
    )
    assert me.json()["scopes"] == ["read:own"]
    assert text[0] not in browser.get("/account")


def test_answers_typed_into_the_page_are_graded_and_shown_again(
    service: Deployment, newcomer: tuple[str, Browser]
) -> None:
    _, browser = newcomer
    place = hand_in(browser, "b", "It <script>alert(1)</script> composes.\n## depth\na")
    text = read_text(wait_graded(browser, place))
    assert "2 of 5 points so far" in text
    assert "3 points wait for a person" in text
    page = browser.get(place)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
    assert 'value="b" checked' in browser.get(PLACE)
    again = hand_in(browser, "a")
    assert "That is one with few layers." in read_text(wait_graded(browser, again))
    assert 'role="img" aria-label="Your scores by submission. submission 1: 2 of 5' in browser.get(
        PLACE
    )


def test_a_file_is_kept_when_only_answers_change(
    service: Deployment, newcomer: tuple[str, Browser]
) -> None:
    _, browser = newcomer
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("hw/code.py", "x = 1\n")
    first = hand_in(browser, files={"files": ("../../hw.zip", packed.getvalue())})
    assert "code.py" in browser.get(first)
    second = hand_in(browser, why="Another reason.", keep="1")
    assert "code.py" in browser.get(second)
    content = browser.http.get(f"{second}/archive")
    assert content.headers["content-disposition"].startswith("attachment")
    assert content.headers["content-type"] == "application/octet-stream"
    names = zipfile.ZipFile(io.BytesIO(content.content)).namelist()
    assert sorted(name.rpartition("/")[2] for name in names) == ["answers.md", "code.py"]
    third = hand_in(browser, why="A third reason.")
    assert "code.py" not in browser.get(third)


def test_uploaded_answers_are_meant_where_the_page_still_has_the_old_ones(
    service: Deployment, newcomer: tuple[str, Browser]
) -> None:
    _, browser = newcomer
    place = hand_in(browser, why="The first words.")
    wait_graded(browser, place)
    new = b"## why\nThe second words.\n"
    again = hand_in(browser, why="The first words.", files={"files": ("answers.md", new)})
    page = read_text(wait_graded(browser, again))
    assert "The second words." in page
    assert "The first words." not in page
    both = hand_in(browser, why="The third words.", files={"files": ("answers.md", new)})
    page = read_text(wait_graded(browser, both))
    assert "The third words." in page
    assert "The second words." not in page


def read_shown(page: str) -> str:
    found = re.search(r'name="shown" value="(\w+)"', page)
    assert found
    return found[1]


def test_a_tab_that_was_open_before_undoes_nothing(
    service: Deployment, newcomer: tuple[str, Browser]
) -> None:
    _, browser = newcomer
    tab = read_shown(browser.get(PLACE))
    wait_graded(browser, hand_in(browser, "b", "", files={"files": ("a.py", b"x = 1\n")}))
    other = hand_in(browser, "", "Words of the other tab.", shown=tab)
    page = read_text(wait_graded(browser, other))
    assert "2 of 5 points so far" in page
    assert "Words of the other tab." in page
    assert "a.py" in browser.get(other)
    refused = browser.post(
        f"{PLACE}/hand-in", PLACE, files={"files": ("", b"")},
        data={"answer:depth": "a", "answer:why": "Words of a third tab.", "shown": tab},
    )  # fmt: skip
    assert refused.status_code == 422
    text = read_text(refused.text)
    assert "Nothing was handed in: submission 2 came since this page was opened" in text
    assert "Handed in since, as submission 2: b" in text
    assert "Handed in since, as submission 2: Words of the other tab." in text
    assert "Words of a third tab.</textarea>" in refused.text
    assert 'value="a" checked' in refused.text
    # The page that says so knows of both: handed in again, what it holds is meant.
    third = hand_in(browser, "a", "Words of a third tab.", shown=read_shown(refused.text))
    assert "Words of a third tab." in read_text(wait_graded(browser, third))


def test_what_an_archive_left_out_is_told_in_the_report(
    service: Deployment, newcomer: tuple[str, Browser]
) -> None:
    _, browser = newcomer
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("hw/inner.zip", b"PK")
    refused = browser.post(
        f"{PLACE}/hand-in", PLACE, files={"files": ("My HW.zip", packed.getvalue())}
    )
    words = "in My HW.zip can be read: hw/inner.zip: an archive inside; unpack it first"
    assert words in read_text(refused.text)
    with zipfile.ZipFile(packed, "a") as archive:
        archive.writestr("hw/code.py", "x = 1\n")
    place = hand_in(browser, files={"files": ("My HW.zip", packed.getvalue())})
    page = read_text(wait_graded(browser, place))
    assert "About your files" in page
    assert "an archive inside; unpack it first" in page


def test_uploads_that_cannot_be_read_are_few_on_the_page_too(
    service: Deployment, newcomer: tuple[str, Browser]
) -> None:
    _, browser = newcomer
    damaged = {"files": ("My HW.zip", b"no zip")}
    csrf = find_token(browser.get(PLACE))
    answers = [
        browser.http.post(f"{PLACE}/hand-in", data={"csrf": csrf}, files=damaged) for _ in range(22)
    ]
    assert [each.status_code for each in answers[:20]] == [422] * 20
    assert "My HW.zip is damaged or no zip" in read_text(answers[0].text)
    assert str(service.folder) not in answers[0].text
    assert answers[-1].status_code == 429
    assert "Too many uploads that cannot be read; wait" in read_text(answers[-1].text)
    # What is typed is no upload.
    hand_in(browser)


def test_what_cannot_be_taken_is_said_and_what_was_typed_stays(
    service: Deployment, newcomer: tuple[str, Browser]
) -> None:
    _, browser = newcomer
    response = browser.post(
        f"{PLACE}/hand-in", PLACE, data={"answer:why": "kept words"},
        files={"files": ("virus.exe", b"MZ")},
    )  # fmt: skip
    assert response.status_code == 422
    assert "A file called 'virus.exe' is not read" in read_text(response.text)
    assert "kept words" in response.text
    empty = browser.post(f"{PLACE}/hand-in", PLACE, files={"files": ("", b"")})
    assert "There is nothing to hand in" in read_text(empty.text)


def test_an_error_says_what_to_do_and_leads_back(service: Deployment) -> None:
    browser = Browser(service).sign_in("student")
    missing = read_text(browser.get("/nowhere", 404))
    assert "There is no such page; its address may be mistyped." in missing
    assert "give them the number" not in missing
    mistyped = read_text(browser.get(f"{PLACE}/regrades/one", 422))
    assert "This address is mistyped, or not complete." in mistyped
    assert "Student" in browser.get("/operator", 403).partition("<main")[0]
    browser.http.headers["Referer"] = f"{service.address}{PLACE}"
    stale = browser.http.post(f"{PLACE}/hand-in", data={"csrf": "0"})
    assert f'<a href="{PLACE}">Back to the page</a>' in stale.text
    browser.http.cookies.clear()
    signed_out = browser.http.post(f"{PLACE}/hand-in", data={"csrf": "0"})
    assert f'<a href="/sign-in?next={PLACE}">Sign in</a>' in signed_out.text
    browser.http.headers["Referer"] = f"https://evil.example{PLACE}"
    foreign = browser.http.post(f"{PLACE}/hand-in", data={"csrf": "0"})
    assert '<a href="/sign-in?next=/">Sign in</a>' in foreign.text


def test_points_are_chosen_or_typed_and_the_comment_stays(
    service: Deployment, newcomer: tuple[str, Browser]
) -> None:
    _, browser = newcomer
    place = hand_in(browser)
    wait_graded(browser, place)
    grader = Browser(service).sign_in("grader")
    answer = f"{PLACE}/marking/{place.rpartition('/')[2]}/why"
    item = "Functions are composed."
    said = {f"points:{item}": "1", f"typed:{item}": "2", "comment": "See chapter 4."}
    both = grader.post(answer, PLACE, data=said)
    assert both.status_code == 422
    assert "1 is chosen and 2 is typed; say which." in read_text(both.text)
    assert "See chapter 4." in both.text
    neither = grader.post(answer, PLACE, comment="See chapter 4.")
    assert "Give points for at least one item" in read_text(neither.text)
    assert grader.post(answer, PLACE, data={**said, f"points:{item}": ""}).status_code == 303


def test_a_student_sees_nobody_elses_work(
    service: Deployment, newcomer: tuple[str, Browser]
) -> None:
    _, browser = newcomer
    place = hand_in(browser)
    wait_graded(browser, place)
    other = Browser(service).sign_in("student")
    for path in (place, f"{place}/archive", f"{place}/report.json", f"{place}/review"):
        assert other.http.get(path).status_code == 404
    for path in (f"{place}/review", f"{PLACE}/dashboard", f"{PLACE}/marking", f"{PLACE}/problems"):
        assert browser.http.get(path).status_code == 403
    for path in ("/courses/dl/gradebook", "/courses/dl/people", "/operator", f"{PLACE}/similar"):
        assert browser.http.get(path).status_code == 403


def test_marks_by_hand_count_with_their_comment(
    service: Deployment, newcomer: tuple[str, Browser]
) -> None:
    name, student = newcomer
    place = hand_in(student)
    wait_graded(student, place)
    number = int(place.rpartition("/")[2])
    grader = Browser(service).sign_in("grader")
    page = grader.get(f"{PLACE}/marking?part=why&at={number}")
    assert "Layers compose." in page
    assert name.title() not in page
    assert name.title() in grader.get(f"{PLACE}/marking?part=why&at={number}&blind=false")
    items = re.findall(r'name="points:([^"]+)"', page)
    given = {f"points:{item}": "1" for item in dict.fromkeys(items)}
    response = grader.post(
        f"{PLACE}/marking/{number}/why", f"{PLACE}/marking?at={number}", data=given,
        comment="Say what composes.",
    )  # fmt: skip
    assert response.status_code == 303
    assert "4 of 5 points" in read_text(student.get(PLACE))
    # The report says so too, as a page and as a file, and not who marked.
    shown = read_text(student.get(place))
    assert "Marked by a person" in shown
    assert "Say what composes." in shown
    assert "wait for a person" not in shown
    assert "Grader" not in shown
    report = json.loads(student.get(f"{place}/report.json"))
    assert (report["score"], report["open_points"], report["status"]) == (4, 0, "final")
    assert "Say what composes." in report["notices"][-1]
    with service.store.read() as session:
        marks = session.scalars(select(RubricMark).where(RubricMark.submission_id == number)).all()
    assert {mark.comment for mark in marks} == {"Say what composes."}
    other = hand_in(Browser(service).sign_in("student"), why="Other words.")
    wait_graded(Browser(service).sign_in("student"), other)
    assert "Say what composes." in grader.get(
        f"{PLACE}/marking?part=why&at={other.rpartition('/')[2]}"
    )


def test_an_override_and_an_extension_carry_their_reasons(
    service: Deployment, newcomer: tuple[str, Browser]
) -> None:
    name, student = newcomer
    wait_graded(student, hand_in(student))
    user_id = service.klass.people[name].id
    instructor = Browser(service).sign_in("instructor")
    page = f"{PLACE}/students/{user_id}"
    silent = instructor.post(f"{page}/override", page, kind="set", points="4.5", reason="")
    assert silent.status_code == 422
    said = instructor.post(
        f"{page}/override", page, kind="set", points="4,5", reason="Shown at the board"
    )
    assert said.status_code == 303
    assert "4.5 of 5 points" in read_text(student.get(PLACE))
    assert "Shown at the board" in student.get(PLACE)
    given = instructor.post(
        f"{page}/extension", page, due="2030-01-02T12:00", zone="Europe/Zurich", reason="Illness"
    )
    assert given.status_code == 303
    assert "extended for you" in student.get(PLACE)
    grader = Browser(service).sign_in("grader")
    assert (
        grader.post(f"{page}/override", page, kind="excuse", reason="Not mine").status_code == 403
    )


def test_the_dashboard_names_what_fails_and_who_is_missing(
    service: Deployment, newcomer: tuple[str, Browser]
) -> None:
    _, student = newcomer
    wait_graded(student, hand_in(student, "a"))
    with service.store.write() as session:
        service.klass.add(session, "idler", Role.STUDENT)
    text = read_text(Browser(service).sign_in("grader").get(f"{PLACE}/dashboard"))
    assert "That is one with few layers." in text
    assert "Idler" in text.partition("Who has handed in nothing")[2]
    assert "None: whatever was graded again came out the same." in text


def fill(browser: Browser, export: str, **fields: object) -> httpx2.Response:
    return browser.post(
        "/courses/dl/gradebook/fill", "/courses/dl/gradebook",
        files={"export": ("grades.csv", export.encode())},
        **({"platform": "canvas", "assignment": "quick"} | fields),
    )  # fmt: skip


def read_kept(page: str) -> str:
    found = re.search(r'name="kept" value="([^"]+)"', page)
    assert found, read_text(page)
    return found[1]


def test_scores_are_filled_into_a_platforms_file(
    service: Deployment, newcomer: tuple[str, Browser]
) -> None:
    name, student = newcomer
    wait_graded(student, hand_in(student))
    instructor = Browser(service).sign_in("instructor")
    export = (
        "Student,ID,SIS User ID,SIS Login ID,Section\n"
        f"{name},7,,{name},A\nSome Body,8,,somebody,A\n"
    )
    # Points are open: left out, and said so, until asked for.
    page = fill(instructor, export).text
    said = read_text(page)
    assert "0 cells filled, column Quick words , which is not in the file" in said
    assert "whose score is not final, left out" in said
    assert f"{name.title()} ({name}@example.edu)" in said.partition("whose score is not final")[2]
    assert "in the file, not among the course's students" in said
    assert "Some Body" in said
    # From here on without the file: the page kept it.
    kept = {"kept": read_kept(page), "platform": "canvas", "assignment": "quick", "open": "1"}
    page = instructor.post("/courses/dl/gradebook/fill", "/courses/dl/gradebook", data=kept).text
    assert "1 cell filled" in read_text(page)
    response = instructor.post(
        "/courses/dl/gradebook/fill", "/courses/dl/gradebook", data=kept | {"do": "download"}
    )
    assert response.headers["content-disposition"] == 'attachment; filename="dl-quick-canvas.csv"'
    assert response.text.splitlines() == [
        "Student,ID,SIS User ID,SIS Login ID,Section,Quick words",
        f"{name},7,,{name},A,2",
    ]
    moodle = f"Identifier,Full name,Email address,Grade\nP1,{name},{name}@example.edu,\n"
    response = fill(instructor, moodle, platform="moodle", open="1", do="download")
    assert response.text.splitlines()[1] == f"P1,{name},{name}@example.edu,2"
    assert f"{name}@example.edu" in instructor.http.get("/courses/dl/gradebook/all.csv").text
    spoilt = instructor.post(
        "/courses/dl/gradebook/fill", "/courses/dl/gradebook", data=kept | {"kept": "eA=="}
    )
    assert "choose the file" in read_text(spoilt.text).lower()
    assert student.http.post("/courses/dl/gradebook/fill").status_code in {403, 413}


def test_a_decision_without_a_submission_reaches_the_platform_too(service: Deployment) -> None:
    instructor = Browser(service).sign_in("instructor")
    with service.store.write() as session:
        for name in ("set", "out"):
            service.klass.add(session, f"by-hand-{name}", Role.STUDENT)
        person = service.klass.people["by-hand-set"]
        enrolment = session.get_one(Enrolment, (service.klass.course.id, person.id))
        enrolment.external_id = "8f3a-what-a-platform-calls-them"
    for name, decision in (("set", {"kind": "set", "points": "3.5"}), ("out", {"kind": "excuse"})):
        page = f"{PLACE}/students/{service.klass.people[f'by-hand-{name}'].id}"
        done = instructor.post(f"{page}/override", page, reason="Spoke to them", data=decision)
        assert done.status_code == 303
    rows = "".join(f"{name},1,,by-hand-{name}@example.edu,A,\n" for name in ("set", "out"))
    export = f"Student,ID,SIS User ID,SIS Login ID,Section,Quick words (9)\n{rows}"
    possible = "    Points Possible,,,,,{}\n"
    header, _, rest = export.partition("\n")

    response = fill(instructor, f"{header}\n{possible.format(5)}{rest}", do="download")
    assert [line.rpartition(",")[2] for line in response.text.splitlines()[1:]] == [
        "5",
        "3.5",
        "EX",
    ]
    # Other points there: nothing is written before somebody says how.
    other = f"{header}\n{possible.format(100)}{rest}"
    refused = fill(instructor, other)
    assert refused.status_code == 422
    assert "is out of 100 in the file and out of 5 here" in read_text(refused.text)
    assert read_kept(refused.text)
    assert fill(instructor, other, scale="1", do="download").text.splitlines()[2].endswith(",70")


def test_a_regrade_is_looked_at_before_it_counts(
    service: Deployment, newcomer: tuple[str, Browser]
) -> None:
    _, student = newcomer
    wait_graded(student, hand_in(student))
    instructor = Browser(service).sign_in("instructor")
    begun = instructor.post(
        f"{PLACE}/regrades", f"{PLACE}/regrades", reason="A check was mended", everybody="1"
    )
    place = begun.headers["location"]
    wait_for(lambda: "Look again" not in instructor.get(place), "the dry run")
    assert "Nobody: every score stays." in read_text(instructor.get(place))
    assert instructor.post(f"{place}/publish", place).status_code == 409
    assert instructor.post(f"{place}/abandon", place).status_code == 303
    assert "Abandoned" in read_text(instructor.get(place))


def test_somebody_new_comes_in_by_an_invitation_once(service: Deployment) -> None:
    instructor = Browser(service).sign_in("instructor")
    page = instructor.post(
        "/courses/dl/people", "/courses/dl/people", role="student",
        people="new.one@example.edu, New One, B\n",
    )  # fmt: skip
    link = re.search(r"/welcome/[\w-]+", page.text)
    assert link
    browser = Browser(service)
    short = browser.post(link[0], link[0], password="short", again="short")
    assert "at least 10 characters" in short.text
    done = browser.post(link[0], link[0], password="a b c d e f g", again="a b c d e f g")
    assert done.status_code == 303
    assert "Deep learning" in browser.get("/")
    assert Browser(service).http.get(link[0]).status_code == 404
    # An account that somebody uses is never opened for another by an instructor.
    again = instructor.post(
        "/courses/dl/people", "/courses/dl/people", role="student", people="new.one@example.edu"
    )
    assert "/welcome/" not in again.text


def test_a_pasted_roster_corrects_names_and_changes_no_role_by_the_way(
    service: Deployment, newcomer: tuple[str, Browser]
) -> None:
    name, student = newcomer
    instructor = Browser(service).sign_in("instructor")
    page = "/courses/dl/people"
    number = service.klass.people[name].id
    listed = f"{name}@example.edu"
    said = read_text(
        instructor.post(page, page, role="grader", people=f"{listed}\npasted.ta@example.edu").text
    )
    assert "1 added." in said
    assert f"{listed} is already a student: change the role in their row." in said
    assert f"/students/{number}" in instructor.get("/courses/dl/gradebook")
    roster = f"Name\tEmail\tSIS User ID\nRenamed Person\t{listed}\tU-4711\n"
    said = read_text(instructor.post(page, page, role="student", people=roster).text)
    assert f"{listed}: '{name.title()}' is now called 'Renamed Person'." in said
    assert "U-4711" in said
    # Who signs in by an institution is called what it says.
    with service.store.write() as session:
        session.add(Identity(user_id=number, issuer="https://login.example", subject=name))
    again = instructor.post(page, page, role="student", people=f"{listed}, Other Name")
    assert "stays 'Renamed Person'" in read_text(again.text)
    changed = instructor.post(f"{page}/{number}/role", page, role="grader")
    assert changed.status_code == 303
    assert f"/students/{number}" not in instructor.get("/courses/dl/gradebook")
    own = service.klass.people["instructor"].id
    assert instructor.post(f"{page}/{own}/role", page, role="student").status_code == 409
    assert student.post(f"{page}/{number}/role", "/account", role="instructor").status_code == 403


def test_code_and_report_stand_side_by_side_for_staff(
    service: Deployment, newcomer: tuple[str, Browser]
) -> None:
    _, student = newcomer
    place = hand_in(student, files={"files": ("mine.py", b"def f():\n    return '<b>'\n")})
    wait_graded(student, place)
    page = Browser(service).sign_in("grader").get(f"{place}/review")
    assert "return &#39;&lt;b&gt;&#39;" in page
    assert "For staff" in read_text(page)


def test_problems_pairs_and_the_service_have_their_pages(service: Deployment) -> None:
    grader = Browser(service).sign_in("grader")
    assert "Nothing of this version was proved on this machine yet" in grader.get(
        f"{PLACE}/problems"
    )
    assert "No two submissions are alike." in grader.get(f"{PLACE}/similar")
    operator = Browser(service).sign_in("operator")
    text = read_text(operator.get("/operator"))
    assert "alive" in text
    assert "are free" in text


def test_how_an_answer_is_read_is_shown_without_grading_it(service: Deployment) -> None:
    from grader.service.web.previewing import preview
    from grader.spec.models import Symbol
    from grader.spec.parts import ExpressionField

    asked = ExpressionField(points=1, prompt="", symbols={"x": Symbol()}, answer="x**2")
    read = preview("expression", asked, "x^2 / <b>")
    assert read is not None
    assert not read.is_read
    good = preview("expression", asked, "x^2/2")
    assert good is not None
    assert good.is_read
    assert "<msup><mi>x</mi><mn>2</mn></msup>" in good.formulas[0]
    browser = Browser(service).sign_in("student")
    shown = browser.post(f"{PLACE}/preview", PLACE, name="why", data={"answer:why": "words"})
    assert shown.status_code == 200
    assert shown.text.strip() == ""


def test_the_web_process_stays_light() -> None:
    code = (
        "import sys, grader.service.app, grader.service.web.previewing, grader.service.web.similar;"
        "from grader.authoring.statement import describe_handing_in;"
        "from grader.kinds import KINDS, find_kind;"
        "[find_kind(kind) for kind in KINDS];"
        "print([name for name in ('torch', 'sympy', 'numba') if name in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


def test_everything_counted_is_in_the_gradebook(service: Deployment) -> None:
    with service.store.read() as session:
        rows = session.scalars(select(Standing)).all()
        submissions = session.scalars(select(Submission.user_id)).all()
    page = Browser(service).sign_in("grader").get("/courses/dl/gradebook")
    assert {row.user_id for row in rows} >= set(submissions)
    assert all(f"/students/{user_id}" in page for user_id in set(submissions))
