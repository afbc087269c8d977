"""What pages and answers may be made to do: odd numbers, odd text, and what they show of it."""

from __future__ import annotations

import pytest
from besieging import PLACE, Siege, find_token

from grader.service.web.visiting import FIELD

pytestmark = pytest.mark.sandbox

API = "/api/v1"
HUGE = 10**30
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
