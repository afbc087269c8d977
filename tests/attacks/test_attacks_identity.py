"""Being somebody else, or more than one is: tokens, sessions, invitations, addresses."""

from __future__ import annotations

import base64
import datetime as dt
import hmac
import json
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from besieging import CLIENT, PLACE, RIGHT, FakePlatform, Siege, find_token
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc.jwk import RSAKey
from sqlalchemy import delete, select, update

from grader.errors import NotAllowed, NotSignedIn
from grader.service.acting import COOKIE
from grader.service.github import claims as github
from grader.service.web.lti import launching
from grader.service.web.lti.claims import CLAIM, DEEP_LINK
from grader.service.web.lti.launching import DEEP_LINKING
from grader.service.web.oidc import find_person
from grader.service.web.visiting import FIELD, VISITOR, _sign
from grader.store import audit
from grader.store.catalogue import add_course
from grader.store.roster import enrol, make_token
from grader.store.schema import AuditEntry, Enrolment, PlatformContext, Role, User
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
    assert "sign in" in response.text.lower()
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


def test_B35_a_trail_whose_end_was_cut_off_is_noticed(siege: Siege) -> None:
    store = siege.service.store
    with store.write() as session:
        for number in range(3):
            audit.note(session, None, "b35", f"thing {number}")
        head = audit.find_head(session)
    with store.write() as session:
        assert audit.verify_trail(session, head)[1] == ""
        last = session.scalars(select(AuditEntry).where(AuditEntry.hash == head)).one()
        session.execute(delete(AuditEntry).where(AuditEntry.id >= last.id))
        assert audit.verify_trail(session)[1] == "", "what is left follows"
        assert "is gone" in audit.verify_trail(session, head)[1]
        session.rollback()


def forge_tokens(siege: Siege) -> dict[str, str]:
    """Everything that a verifier has been known to take for a signature."""
    moment = int(time.time())
    claims = {
        "iss": siege.platform.url, "aud": CLIENT, "sub": "forger", "nonce": "n", "iat": moment,
        "exp": moment + 300,
    }  # fmt: skip
    public = siege.platform.key.as_dict(private=False)
    own = RSAKey.generate_key(2048, {"kid": public["kid"]})
    key = cast("RSAPrivateKey", load_pem_private_key(own.as_pem(private=True), None))
    pem = siege.platform.key.as_pem(private=False)

    def encode(part: object) -> str:
        raw = part if isinstance(part, bytes) else json.dumps(part).encode()
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    def sign_with(secret: bytes) -> str:
        signed = f"{encode({'alg': 'HS256', 'kid': public['kid']})}.{encode(claims)}"
        return f"{signed}.{encode(hmac.digest(secret, signed.encode(), 'sha256'))}"

    def sign_as(**header: object) -> str:
        head = {"alg": "RS256", "kid": public["kid"], **header}
        signed = f"{encode(head)}.{encode(claims)}"
        signature = key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{encode(signature)}"

    good = siege.platform.sign("n")
    return {
        "none": f"{encode({'alg': 'none'})}.{encode(claims)}.",
        "None": f"{encode({'alg': 'None', 'kid': public['kid']})}.{encode(claims)}.",
        "by the public key": sign_with(pem),
        "by its modulus": sign_with(public["n"].encode()),
        "by nothing": sign_with(b""),
        "by a key of its own": sign_as(jwk=own.as_dict(private=False)),
        "by a key from elsewhere": sign_as(jku="http://127.0.0.1:9/keys", x5u="file:///etc/passwd"),
        "by a file": sign_as(kid="../../../../dev/null"),
        "critical": sign_as(crit=["b64"], b64=False),
        "other words": ".".join((good.split(".")[0], encode(claims), good.split(".")[2])),
        "without its end": good.rpartition(".")[0] + ".",
        "twice": f"{good}.{good}",
        "too much": "a" * 100_000,
        "nothing": "",
        "no text": "\u00e9.\ud7ff.x",
    }  # fmt: skip


def test_B36_no_forged_token_is_believed_by_whoever_reads_one(siege: Siege) -> None:
    keys = f"{siege.platform.url}/keys"
    assert launching.read_token(siege.platform.sign("n"), keys, siege.platform.url, CLIENT, "n")
    for name, token in forge_tokens(siege).items():
        with pytest.raises(NotAllowed):
            launching.read_token(token, keys, siege.platform.url, CLIENT, "n")
        with pytest.raises(NotSignedIn):
            github.read_token(token, siege.platform.url, CLIENT)
        response = siege.send(
            "POST", f"{API}/github/commits", headers={"Authorization": f"Bearer {token!a}"}
        )
        assert response.status_code == 401, name
    siege.require_honest()


STALE: dict[str, dict[str, object]] = {
    "of tomorrow": {"iat": 1 << 33},
    "of no time": {"exp": None},
    "that ended": {"exp": 1},
    "for all": {"aud": [CLIENT, "https://another.example"]},
    "for a part of us": {"aud": CLIENT[:-1]},
    "for many numbers": {"exp": "tomorrow"},
    "of another's": {"iss": "https://another.example"},
    "of another moment": {"nonce": "m"},
    "of nobody": {"sub": None},
}


@pytest.mark.parametrize("name", STALE)
def test_B37_a_token_with_a_good_signature_and_wrong_words_is_refused(
    siege: Siege, name: str
) -> None:
    token = siege.platform.sign(**({"nonce": "n"} | STALE[name]))  # type: ignore[arg-type]
    with pytest.raises(NotAllowed):
        launching.read_token(token, f"{siege.platform.url}/keys", siege.platform.url, CLIENT, "n")


def test_B38_a_teacher_of_another_course_is_a_stranger_here(siege: Siege) -> None:
    """Attack 022 of the catalogue, by the service: other people's work, scores and names."""
    owner, teacher = siege.add(), siege.add()
    with siege.service.store.write() as session:
        other = add_course(session, f"b38-{teacher}", "Another", "")
        user = session.get_one(User, siege.find_id(teacher))
        enrol(session, other, user, Role.INSTRUCTOR)
        session.get_one(Enrolment, (siege.service.klass.course.id, user.id)).left_at = now()
    submission = siege.service.hand_in(RIGHT, person=owner)
    siege.service.wait(submission, person=owner)
    number, person = submission["id"], siege.find_id(owner)
    browser = siege.browse(teacher)

    asked = f"/submissions/{number}"
    for path in (
        asked, f"{asked}/report", f"{asked}/report?audience=staff", f"{asked}/events",
        f"{asked}/marks", f"{asked}/files/answers.md", PLACE,
        f"{PLACE}/submissions?user={person}",
        f"{PLACE}/score?user={person}", f"{PLACE}/overrides", f"{PLACE}/extensions",
        f"{PLACE}/regrades", f"{PLACE}/settings", "/courses/dl/people", "/courses/dl/gradebook",
        "/courses/dl/repositories", "/courses/dl/assignments",
    ):  # fmt: skip
        assert siege.service.ask("GET", path, teacher).status == 404, path
    for path in (
        asked, f"{asked}/review", f"{asked}/archive", f"{asked}/report.html", PLACE,
        f"{PLACE}/students/{person}", f"{PLACE}/dashboard", f"{PLACE}/marking", f"{PLACE}/similar",
        f"{PLACE}/problems", f"{PLACE}/regrades", f"{PLACE}/settings", "/courses/dl",
        "/courses/dl/people", "/courses/dl/gradebook", "/courses/dl/gradebook/all.csv",
        "/courses/dl/platform",
    ):  # fmt: skip
        browser.get(path, 404)
    mark = {"part": "depth", "points": 2}
    judged = {"user_id": person, "kind": "set", "points": 5, "reason": "because"}
    for path, document in (
        (f"{asked}/marks", mark), (f"{asked}/cancel", {}), (f"{asked}/retry", {}),
        (f"{PLACE}/overrides", judged), (f"{PLACE}/regrades", {"reason": "because"}),
        ("/courses/dl/people", {"email": "x@example.edu", "role": "student"}),
    ):  # fmt: skip
        assert siege.service.ask("POST", path, teacher, document=document).status == 404, path
    assert siege.service.ask("GET", f"{PLACE}/score", owner).json["score"] == 2


def test_B39_a_platform_that_answers_slowly_keeps_nobody_from_handing_in(
    siege: Siege, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, answers = threading.Event(), threading.Event()

    def stall(handler: Any, query: str) -> None:
        asked.set()
        answers.wait(60)
        FakePlatform._send_members(siege.platform, handler, query)

    monkeypatch.setattr(siege.platform, "_send_members", stall)
    siege.platform.members = [{"user_id": "b39", "roles": ["Learner"], "name": "Late"}]
    launch(siege, subject="b39-teacher")
    with siege.service.store.write() as session:
        session.execute(update(PlatformContext).values(course_id=siege.service.klass.course.id))
        context = session.scalars(select(PlatformContext.id)).first()
    browser, page = siege.browse("instructor"), "/courses/dl/platform"
    with ThreadPoolExecutor(1) as pool:
        roster = pool.submit(browser.post, f"{page}/{context}/roster", page)
        try:
            assert asked.wait(60)
            siege.require_honest()
        finally:
            answers.set()
        assert roster.result().status_code == 303
    with siege.service.store.read() as session:
        assert session.scalars(select(User).where(User.name == "Late")).one()
