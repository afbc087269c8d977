"""What pages and answers may be made to do: odd numbers, odd text, and what they show of it."""

from __future__ import annotations

import csv
import io

import pytest
import sqlalchemy as sa
from besieging import PLACE, Siege, find_token

from grader.service.web.visiting import FIELD
from grader.store.roster import add_user, enrol
from grader.store.schema import Role, Submission

pytestmark = pytest.mark.sandbox

API = "/api/v1"
HUGE = 10**30
FORMULA = ("=", "+", "-", "@", "\uff1d")
NUMBERED = (
    f"/submissions/{{}} {PLACE}/regrades/{{}} {PLACE}/students/{{}} /submissions/{{}}/review"
    f" {PLACE}/marking?at={{}} /submissions/{{}}/report.html"
)
POSTED = (
    "/operator/quarantine/{}/release /operator/contexts/{} /account/sessions/{}/end"
    " /account/tokens/{}/revoke /courses/dl/people/{}/remove"
)


@pytest.mark.parametrize("number", [-1, 0, -HUGE, HUGE, 2**63], ids=str)
def test_B21_a_number_that_nothing_has_is_not_found(siege: Siege, number: int) -> None:
    for person, places in (("operator", POSTED), ("instructor", NUMBERED)):
        browser = siege.browse(person)
        csrf = find_token(browser.get("/account"))
        for place in places.split():
            path = place.format(number)
            if person == "operator":
                response = browser.http.post(path, data={FIELD: csrf, "course": "dl"})
            else:
                response = browser.http.get(path)
            assert response.status_code in (404, 409, 422) or "marking" in path, path


def test_B22_a_time_that_no_zone_can_show_is_refused(siege: Siege) -> None:
    student = siege.find_id("student")
    for text in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"):
        document = {"user_id": student, "due_at": text, "reason": "because"}
        reply = siege.service.ask("POST", f"{PLACE}/extensions", "instructor", document=document)
        assert reply.status == 422
        settings = {"due_at": text}
        reply = siege.service.ask("PATCH", f"{PLACE}/settings", "instructor", document=settings)
        assert reply.status == 422
    browser = siege.browse("instructor")
    page = f"{PLACE}/students/{student}"
    for due in ("0001-01-01T00:00", "9999-12-31T23:59", "12", "x" * 30):
        fields = {"due": due, "zone": "Asia/Tokyo", "reason": "because"}
        assert browser.post(f"{page}/extension", page, **fields).status_code in (303, 422)


def test_B23_a_list_of_people_is_read_line_by_line(siege: Siege) -> None:
    browser, page = siege.browse("instructor"), "/courses/dl/people"
    for people in (f"b23@example.edu,{'x' * 200_000}", '"' * 200_001, "a@b,\r\r\n\x00\n" * 501):
        response = browser.post(page, page, role="student", people=people)
        assert response.status_code in (200, 422)
        assert "The service failed" not in response.text


def test_B24_a_nul_in_a_form_is_left_out_and_in_a_name_refused(siege: Siege) -> None:
    person = siege.add()
    browser = siege.browse(person)
    fields = {"answer:depth": "\0b\0", "answer:why": "\0", FIELD: find_token(browser.get(PLACE))}

    response = browser.http.post(
        f"{PLACE}/hand-in", data=fields, files={"files": ("a\0.md", b"## why\nIt is.\n")}
    )

    assert response.status_code == 303
    with siege.service.store.read() as session:
        kept = session.get_one(Submission, int(response.headers["location"].rpartition("/")[2]))
    assert "\0" not in kept.name
    reply = siege.service.ask("POST", f"{PLACE}/submissions", person, b"x", file="a\0.md")
    assert reply.status == 422
    siege.require_honest()


def test_B25_what_an_error_of_the_database_says_holds_nothing_that_was_kept(siege: Siege) -> None:
    with siege.service.store.read() as session, pytest.raises(sa.exc.DBAPIError) as caught:
        session.execute(sa.text("select nothing from nowhere where it = :kept"), {"kept": "CANARY"})
    assert "nowhere" in str(caught.value)
    assert "CANARY" not in str(caught.value)


@pytest.mark.parametrize("name", ["X-Forwarded-For", "X-Forwarded-Proto", "X-Real-IP", "Via"])
def test_B26_measures_are_not_for_whoever_comes_by_a_proxy(siege: Siege, name: str) -> None:
    for value in ("192.0.2.1", "127.0.0.1"):
        assert siege.send("GET", "/metrics", headers={name: value}).status_code == 404
    assert "fairmark_requests" in siege.send("GET", "/metrics").text


NAMES = ("=1+1", " =1+1", "\n=1+1", "\t@SUM(A1)", "+1;x", "Ada;=1+1", "Ada\t-1+1", 'x","=1+1',
         "\uff1d1+1", "Ada\n=1+1", "-2+3|calc")  # fmt: skip


def test_B27_no_name_starts_a_formula_in_a_gradebook(siege: Siege) -> None:
    with siege.service.store.write() as session:
        for number, name in enumerate(NAMES):
            user = add_user(session, f"b27-{number}@example.edu", name)
            enrol(session, siege.service.klass.course, user, Role.STUDENT, section=name)

    text = siege.browse("instructor").get("/courses/dl/gradebook/all.csv")

    rows = [row for row in csv.reader(io.StringIO(text)) if "b27-" in row[1]]
    assert len(rows) == len(NAMES)
    for separator in ",;\t|":
        for row in csv.reader(io.StringIO(text), delimiter=separator):
            for cell in row:
                assert not cell.strip(" \n").startswith(FORMULA), (separator, cell)
