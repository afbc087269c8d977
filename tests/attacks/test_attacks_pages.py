"""What pages and answers may be made to do: odd numbers, odd text, and what they show of it."""

from __future__ import annotations

import csv
import io
import re
from urllib.parse import quote, urljoin, urlsplit

import pytest
import sqlalchemy as sa
from besieging import AUDIENCE, PLACE, RIGHT, Siege, find_token
from staging import load

from grader.service.web import ROUTERS
from grader.service.web.previewing import LONGEST, preview
from grader.service.web.statements import find_blanks
from grader.service.web.visiting import FIELD
from grader.store.roster import add_user, enrol
from grader.store.schema import Role, Submission, User

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
    " /account/tokens/{}/revoke /courses/dl/people/{}/remove /courses/dl/people/{}/role"
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


SENT_FROM_ELSEWHERE = {"/lti/login", "/lti/launch", "/lti/enter"}
"""Forms that a platform sends, or that a ticket in them proves."""


def list_routes(method: str) -> list[str]:
    """Every page's path, with something plausible in its gaps."""
    routes = [route for router in ROUTERS for route in router.routes]
    found = {route.path for route in routes if method in (route.methods or ())}
    given = {"course": "dl", "assignment": "quick", "ending": "html", "secret": "x", "part": "why",
             "step": "apply"}  # fmt: skip
    return [
        re.sub(r"{(\w+)(?::\w+)?}", lambda gap: given.get(gap[1], "1"), path)
        for path in sorted(found)
    ]


def test_B28_every_form_needs_its_token_whoever_sends_it(siege: Siege) -> None:
    siege.service.hand_in(RIGHT)
    paths = [path for path in list_routes("POST") if path not in SENT_FROM_ELSEWHERE]
    assert len(paths) > 25
    another = find_token(siege.browse("grader").get("/account"))
    for person, csrfs in (("operator", ["", another]), ("instructor", [another])):
        browser = siege.browse(person)
        for path in paths:
            for csrf in csrfs:
                response = browser.http.post(path, data={FIELD: csrf, "reason": "because"})
                assert response.status_code in (403, 404), (person, path)
                assert response.status_code == 403 or "not found" in response.text.lower()


def test_B29_every_page_says_what_a_browser_may_do_with_it(siege: Siege) -> None:
    browsers = [siege.browse(person) for person in ("", "student", "instructor", "operator")]
    for path in [*list_routes("GET"), "/nowhere", "/static/page.css", "//example.org/a"]:
        if path in ("/healthz", "/readyz", "/metrics", "/sign-in/oidc"):
            continue
        for browser in browsers:
            response = browser.http.get(path)
            headers = response.headers
            assert response.status_code < 500, path
            assert "default-src 'none'" in headers["content-security-policy"], path
            assert "unsafe" not in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "same-origin"
            private = "no-store" if not path.startswith("/static") else "max-age"
            assert private in headers["cache-control"], path
            place = headers.get("location", "/")
            assert place.startswith("/") and not place.startswith("//"), (path, place)


ELSEWHERE = (
    "//example.org", "/\\example.org", "/\t/example.org", "\\\\example.org", "https:example.org",
    "/\n/example.org", "javascript:alert(1)", "///example.org", "/%09/example.org", "\x00//x",
    " //example.org", "/ /example.org", "/;@example.org", "%2f%2fexample.org", "",
)  # fmt: skip


def test_B30_nobody_is_led_elsewhere_after_the_sign_in(siege: Siege) -> None:
    browser = siege.browse("student")
    for place in ELSEWHERE:
        response = browser.http.get("/sign-in", params={"next": place})
        led = str(response.headers["location"])
        joined = urljoin(siege.address + "/sign-in", re.sub(r"[\t\r\n]", "", led))
        assert urlsplit(joined).netloc == urlsplit(siege.address).netloc, place


NAUGHTY = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>\u202e\x1b]0;x\x07{{7*7}}"


def test_B31_090_no_name_is_more_than_text_on_any_page(siege: Siege) -> None:
    """Attacks 090 and 091 of the catalogue, by the service: names that staff look at."""
    person = siege.add()
    with siege.service.store.write() as session:
        user = session.get_one(User, siege.find_id(person))
        user.name = NAUGHTY
        enrol(session, siege.service.klass.course, user, Role.STUDENT, section=NAUGHTY[:80])
    reply = siege.service.ask(
        "POST", f"{PLACE}/submissions", person, f"## depth\nb\n\n## why\n{NAUGHTY}\n".encode(),
        file="answers.md", name=NAUGHTY,
    )  # fmt: skip
    assert reply.status == 201
    number = reply.json["id"]
    siege.service.wait(reply.json, person=person)
    staff, own = siege.browse("instructor"), siege.browse(person)
    pages = [
        own.get(path)
        for path in ("/", "/account", PLACE, f"/submissions/{number}",
                     f"/submissions/{number}/report.html")
    ]  # fmt: skip
    pages += [
        staff.get(path)
        for path in (
            f"/submissions/{number}/review", f"{PLACE}/marking?at={number}&blind=false&all=true",
            f"{PLACE}/students/{user.id}", f"{PLACE}/dashboard", f"{PLACE}/similar",
            "/courses/dl/people", "/courses/dl/gradebook", f"{PLACE}/marking?part={quote(NAUGHTY)}",
        )
    ]  # fmt: skip
    for page in pages:
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "49" not in re.findall(r"&gt;[^<]{0,20}(49)", page)
    for path in (f"/submissions/{number}/files/answers.md", f"/nowhere/{quote(NAUGHTY)}"):
        response = siege.send(
            "GET", f"{API}{path}",
            headers={"Authorization": f"Bearer {siege.service.token(person)}"},
        )  # fmt: skip
        assert "html" not in response.headers["content-type"]
        assert response.headers["x-content-type-options"] == "nosniff"


def test_B32_the_host_that_a_request_names_stands_in_no_link(siege: Siege) -> None:
    browser, page = siege.browse("instructor"), "/courses/dl/people"
    fields = {FIELD: find_token(browser.get(page)), "role": "student",
              "people": "b32@example.edu,New"}  # fmt: skip

    evil = dict.fromkeys(("Host", "X-Forwarded-Host", "X-Original-Host"), "evil.example")
    response = browser.http.post(
        page, data=fields, headers={**evil, "Origin": "http://evil.example"}
    )

    assert response.status_code == 200
    assert "evil.example" not in response.text
    assert f"{AUDIENCE}/welcome/" in response.text


@pytest.mark.parametrize("sign", ["=", "x = ", "(", "-", "x^", r"\frac{1}{", "||", "\n", "1,"])
def test_B33_what_is_long_to_read_is_not_read_while_it_is_typed(sign: str) -> None:
    blanks = [pair for pair in find_blanks(load("written")) if pair[0].kind != "choice"]
    assert {blank.kind for blank, _ in blanks} == {"value", "expression", "set"}
    for blank, asked in blanks:
        shown = preview(blank.kind, asked, f"x{sign * LONGEST}")
        assert shown is not None
        assert "too long to be shown" in shown.trouble
        short = preview(blank.kind, asked, f"x{sign * 20}")
        assert short is not None
        assert "too long" not in short.trouble
