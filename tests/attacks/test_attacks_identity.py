"""Being somebody else, or more than one is: tokens, sessions, invitations, addresses."""

from __future__ import annotations

import datetime as dt
import re
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from besieging import PLACE, Siege, find_token
from sqlalchemy import select, update

from grader.service.acting import COOKIE
from grader.service.web.lti.claims import CLAIM, DEEP_LINK
from grader.service.web.lti.launching import DEEP_LINKING
from grader.service.web.oidc import find_person
from grader.service.web.visiting import FIELD, VISITOR, _sign
from grader.store.catalogue import add_course
from grader.store.roster import enrol, make_token
from grader.store.schema import Enrolment, PlatformContext, Role, User
from grader.store.sessions import INVITED, begin_session
from grader.store.types import now

pytestmark = pytest.mark.sandbox

API = "/api/v1"


def steal_token(siege: Siege, person: str, *scopes: str, course: bool = False) -> dict[str, str]:
    """Headers of whoever found a token of somebody's, good for a day and for these scopes."""
    with siege.service.store.write() as session:
        _, text = make_token(
            session,
            session.get_one(User, siege.find_id(person)),
            scopes=scopes,
            expires_at=now() + dt.timedelta(days=1),
            course_id=siege.service.klass.course.id if course else None,
        )
    return {"Authorization": f"Bearer {text}"}


# What a page's form does, by who made up its cookie and so knows its token.
FORMS: dict[str, tuple[str, dict[str, str]]] = {
    "a-token-with-every-scope": (
        "/account/tokens", {"days": "366", "scope-admin:course": "1", "scope-operate": "1"},
    ),
    "a-password": ("/account/password", {"password": "another one", "again": "another one"}),
    "an-override": (
        f"{PLACE}/students/1/override", {"kind": "set", "points": "5", "reason": "because"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_B01_a_stolen_token_does_nothing_by_a_pages_form(siege: Siege, name: str) -> None:
    path, fields = FORMS[name]
    headers = steal_token(siege, "instructor", "read:own", "admin:course")
    headers |= {"Cookie": f"{VISITOR}=x", "Accept": "text/html"}

    response = siege.send("POST", path, headers=headers, data={FIELD: _sign("x"), **fields})

    assert response.status_code == 401
    assert "Sign in first" in response.text
    assert not re.search(r"grd_\w+", response.text)
    siege.require_honest()


def invite(siege: Siege, *, days: float = 14) -> tuple[User, str]:
    """Somebody new in the course, and the link that an instructor was shown."""
    name = siege.add()
    with siege.service.store.write() as session:
        user = session.get_one(User, siege.find_id(name))
        user.password_hash = None
        secret = begin_session(session, user, how=INVITED, lifetime=dt.timedelta(days=days))
    return user, secret


def open_account(siege: Siege, secret: str, password: str) -> int:
    browser, page = siege.browse(), f"/welcome/{secret}"
    if browser.http.get(page).status_code != 200:
        return 404
    return browser.post(page, page, password=password, again=password).status_code


def test_B02_an_invitation_signs_nobody_in(siege: Siege) -> None:
    user, secret = invite(siege)

    for path in ("/account", f"{API}/me"):
        headers = {"Cookie": f"{COOKIE}={secret}", "Accept": "application/json"}
        assert siege.send("GET", path, headers=headers).status_code == 401

    assert open_account(siege, secret, "of its owner's own") == 303
    with siege.service.store.read() as session:
        assert session.get_one(User, user.id).password_hash


def test_B03_an_invitation_given_twice_opens_an_account_once(siege: Siege) -> None:
    user, first = invite(siege)
    with siege.service.store.write() as session:
        second = begin_session(session, session.get_one(User, user.id), how=INVITED)

    assert open_account(siege, first, "of its owner's own") == 303
    assert open_account(siege, second, "of somebody else's") == 404


def test_B04_an_invitation_to_one_course_opens_no_staff_account_of_another(siege: Siege) -> None:
    user, secret = invite(siege)
    with siege.service.store.write() as session:
        other = add_course(session, f"other-{user.id}", "Another", "")
        enrol(session, other, session.get_one(User, user.id), Role.INSTRUCTOR)

    assert open_account(siege, secret, "of whoever invited") == 404
    with siege.service.store.read() as session:
        assert session.get_one(User, user.id).password_hash is None
    siege.require_honest()


def test_B05_a_token_makes_no_wider_or_longer_one(siege: Siege) -> None:
    person = siege.add(Role.INSTRUCTOR)
    headers = steal_token(siege, person, "read:own", course=True)
    asked = {"scopes": ["read:own"], "days": 366}

    made = siege.send("POST", f"{API}/tokens", headers=headers, json=asked)

    assert made.status_code == 201
    assert made.json()["course"] == "dl", "as the one that it was asked with"
    ends_at = dt.datetime.fromisoformat(made.json()["expires_at"])
    assert ends_at <= now() + dt.timedelta(days=1)
    more = {"scopes": ["read:own", "admin:course"]}
    assert siege.send("POST", f"{API}/tokens", headers=headers, json=more).status_code == 403


def test_B06_tokens_made_on_the_page_are_as_few_as_elsewhere(siege: Siege) -> None:
    browser = siege.browse(siege.add())
    fields = {FIELD: find_token(browser.get("/account")), "days": "1", "scope-submit": "1"}

    codes = [browser.http.post("/account/tokens", data=fields).status_code for _ in range(51)]

    assert codes == [200] * 50 + [422]
    page = browser.http.post("/account/tokens", data=fields).text
    assert "revoke some first" in page


def launch(siege: Siege, **claims: object) -> httpx2.Response:
    browser = siege.browse()
    response = browser.http.get("/lti/login", params={"iss": siege.platform.url})
    asked = parse_qs(urlsplit(response.headers["location"]).query)
    token = siege.platform.launch(asked["nonce"][0], **claims)
    return browser.http.post("/lti/launch", data={"state": asked["state"][0], "id_token": token})


def test_B07_an_address_that_nobody_verified_makes_nobody_staff(siege: Siege) -> None:
    address = "dean-b07@example.edu"
    launch(siege, subject="thief-b07", email=address)
    document = {"email": address, "name": "The dean", "role": "instructor"}

    reply = siege.service.ask("POST", "/courses/dl/people", "instructor", document=document)

    assert reply.status == 409
    assert "a learning platform's word alone" in reply.json["detail"]
    browser, page = siege.browse("instructor"), "/courses/dl/people"
    response = browser.post(page, page, role="grader", people=f"{address}, The dean")
    assert response.status_code == 409
    with siege.service.store.read() as session:
        thief = session.scalars(select(User).where(User.email == address)).one()
        assert session.get(Enrolment, (siege.service.klass.course.id, thief.id)) is None


def test_B08_an_institutions_unverified_address_is_not_kept(siege: Siege) -> None:
    with siege.service.store.write() as session:
        claims = {"sub": "b08", "email": "dean-b08@example.edu", "name": "Thief"}
        user_id = find_person(session, "https://login.example.edu", claims)
        assert session.get_one(User, user_id).email is None
        verified = {**claims, "sub": "b08-b", "email_verified": True}
        dean = find_person(session, "https://login.example.edu", verified)
        assert session.get_one(User, dean).email == "dean-b08@example.edu"


@pytest.mark.parametrize(
    "address",
    ["https://x; script-src *", "javascript:alert(1)//", "https://x\r\nX: y", "https://[", "", 7],
    ids=str,
)
def test_B09_a_platforms_address_says_nothing_in_a_policy(siege: Siege, address: object) -> None:
    with siege.service.store.write() as session:
        session.execute(update(PlatformContext).values(course_id=siege.service.klass.course.id))
    kind = {CLAIM + "message_type": DEEP_LINKING}
    settings = {DEEP_LINK + "deep_linking_settings": {"deep_link_return_url": address}}

    response = launch(siege, role="Instructor", subject="tess-b09", **kind, **settings)

    assert response.status_code == 403
    assert "did not say where the link is to go" in response.text


def test_B10_guesses_that_come_at_once_are_counted_before_they_are_checked(siege: Siege) -> None:
    person = siege.add()
    browser = siege.browse()
    fields = {FIELD: find_token(browser.get("/sign-in")), "email": f"{person}@example.edu"}

    def guess(number: int) -> int:
        return browser.http.post(
            "/sign-in", data={**fields, "password": f"guess {number}"}
        ).status_code

    with ThreadPoolExecutor(24) as pool:
        codes = list(pool.map(guess, range(24)))

    assert codes.count(429) == 14
    assert set(codes) == {422, 429}
    siege.require_honest()
