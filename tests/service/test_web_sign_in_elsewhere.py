"""OpenID Connect and LTI 1.3 against a small provider over real HTTP."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from deployments import Deployment, wait_for
from fake_platform import CLIENT, FakePlatform
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from school import Class
from sqlalchemy import select, update
from web_site import HASHED, Browser, read_text

from grader.service.web.lti.claims import CLAIM, DEEP_LINK
from grader.service.web.lti.outbox import Outbox
from grader.store.database import Store, name_sqlite
from grader.store.schema import (
    Assignment,
    Course,
    Enrolment,
    Identity,
    Passback,
    Platform,
    PlatformContext,
    User,
)

pytestmark = pytest.mark.sandbox
PLACE = "/courses/dl/assignments/quick"


@pytest.fixture(scope="module")
def platform() -> Iterator[FakePlatform]:
    made = FakePlatform()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def service(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, platform: FakePlatform
) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("elsewhere")
    shutil.copy(sqlite_template, folder / "grade.db")
    store = Store(name_sqlite(folder / "grade.db"))
    deployment = Deployment(store.url, folder, Class(store), slots=1)
    deployment.settings = {
        "GRADE_OIDC_ISSUER": platform.url, "GRADE_OIDC_CLIENT_ID": CLIENT,
        "GRADE_OIDC_NAME": "Example University",
    }  # fmt: skip
    with store.write() as session:
        session.execute(update(Course).values(folder=""))
        session.execute(update(Assignment).values(due_at=None, policies={}))
        session.execute(update(User).where(User.name == "Operator").values(is_operator=True))
    deployment.start()
    register(deployment, platform)
    yield deployment
    deployment.stop()
    store.close()


def register(service: Deployment, platform: FakePlatform) -> None:
    operator = Browser(service).sign_in("operator")
    response = operator.post(
        "/operator/platforms", "/operator/platforms", name="Moodle", issuer=platform.url,
        client_id=CLIENT, deployments="d1", login_url=f"{platform.url}/auth?x=1",
        token_url=f"{platform.url}/token", keys_url=f"{platform.url}/keys",
    )  # fmt: skip
    assert response.status_code == 303, read_text(response.text)


def begin(browser: Browser, platform: FakePlatform) -> dict[str, str]:
    """What the platform is asked, as it sees it."""
    response = browser.http.get(
        "/lti/login", params={"iss": platform.url, "login_hint": "h", "client_id": CLIENT}
    )
    assert response.status_code == 303
    assert response.headers["location"].startswith(f"{platform.url}/auth?x=1&")
    asked = parse_qs(urlsplit(response.headers["location"]).query)
    return {name: values[0] for name, values in asked.items()}


def launch(browser: Browser, platform: FakePlatform, **changes: object) -> httpx2.Response:
    asked = begin(browser, platform)
    token = platform.launch(asked["nonce"], **changes)
    return browser.http.post("/lti/launch", data={"state": asked["state"], "id_token": token})


def connect(service: Deployment) -> None:
    with service.store.write() as session:
        session.execute(update(PlatformContext).values(course_id=service.klass.course.id))


@pytest.fixture
def connected(service: Deployment, platform: FakePlatform) -> None:
    launch(Browser(service), platform)
    connect(service)


def test_a_course_must_be_connected_by_the_operator_first(
    service: Deployment, platform: FakePlatform
) -> None:
    browser = Browser(service)
    response = launch(browser, platform)
    assert response.headers["location"] == "/lti/unconnected"
    assert "not connected yet" in browser.get("/lti/unconnected", 409)
    operator = Browser(service).sign_in("operator")
    page = operator.get("/operator/platforms")
    assert "Deep learning there" in page
    form = re.search(r"/operator/contexts/\d+", page)
    assert form
    assert operator.post(form[0], "/operator/platforms", course="dl").status_code == 303
    assert launch(browser, platform).headers["location"] == PLACE
    assert "Lee Learner" in browser.get(PLACE)


@pytest.mark.usefixtures("connected")
def test_the_same_person_comes_back_as_the_same_and_with_the_platforms_role(
    service: Deployment, platform: FakePlatform
) -> None:
    for _ in range(2):
        launch(Browser(service), platform, subject="s1", email="")
    launch(Browser(service), platform, subject="s2", role="Instructor", email="")
    with service.store.read() as session:
        rows = session.execute(
            select(Identity.subject, Enrolment.role)
            .join(Enrolment, Enrolment.user_id == Identity.user_id)
            .where(Identity.subject.in_(("s1", "s2")))
        ).all()
    assert sorted(map(tuple, rows)) == [("s1", "student"), ("s2", "instructor")]


@pytest.mark.usefixtures("connected")
def test_a_platform_cannot_take_over_an_account_by_its_address(
    service: Deployment, platform: FakePlatform
) -> None:
    launch(Browser(service), platform, subject="thief", email="instructor@example.edu")
    with service.store.read() as session:
        identity = session.scalars(select(Identity).where(Identity.subject == "thief")).one()
    assert identity.user_id != service.klass.people["instructor"].id


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": "another"},
        {"aud": "another"},
        {"aud": [CLIENT, "another"]},
        {"iss": "https://another.example"},
        {"exp": int(time.time()) - 3600},
        {"signed_by": RSAKey.generate_key(2048)},
        {CLAIM + "deployment_id": "d9"},
        {CLAIM + "version": "1.1"},
        {CLAIM + "message_type": "LtiSubmissionReviewRequest"},
    ],
    # A time and a key are others in every run.
    ids=[
        "nonce",
        "audience",
        "audiences",
        "issuer",
        "expired",
        "another key",
        "deployment",
        "version",
        "message type",
    ],
)
def test_a_launch_that_is_not_right_is_refused(
    service: Deployment, platform: FakePlatform, changes: dict[str, object]
) -> None:
    browser = Browser(service)
    asked = begin(browser, platform)
    token = platform.launch(changes.pop("nonce", asked["nonce"]), **changes)
    response = browser.http.post("/lti/launch", data={"state": asked["state"], "id_token": token})
    assert response.status_code == 403
    assert "grade_session" not in response.headers.get("set-cookie", "")


@pytest.mark.usefixtures("connected")
def test_a_launch_works_once(service: Deployment, platform: FakePlatform) -> None:
    browser = Browser(service)
    asked = begin(browser, platform)
    sent = {"state": asked["state"], "id_token": platform.launch(asked["nonce"])}
    assert browser.http.post("/lti/launch", data=sent).status_code == 303
    assert browser.http.post("/lti/launch", data=sent).status_code == 403


@pytest.mark.usefixtures("connected")
def test_inside_the_platforms_page_a_new_window_is_entered_by_a_button(
    service: Deployment, platform: FakePlatform
) -> None:
    browser = Browser(service)
    asked = begin(browser, platform)
    sent = {"state": asked["state"], "id_token": platform.launch(asked["nonce"])}
    framed = browser.http.post("/lti/launch", data=sent, headers={"Sec-Fetch-Dest": "iframe"})
    assert framed.status_code == 200
    assert f"frame-ancestors {platform.url}" in framed.headers["content-security-policy"]
    entry = re.search(r"/lti/enter\?ticket=([\w-]+)", framed.text)
    assert entry
    window = Browser(service)
    assert "Go on" in window.get(entry[0])
    foreign = window.http.post(
        "/lti/enter", data={"ticket": entry[1]}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert foreign.status_code == 403
    entered = window.http.post("/lti/enter", data={"ticket": entry[1]})
    assert entered.headers["location"] == PLACE
    assert Browser(service).http.post("/lti/enter", data={"ticket": entry[1]}).status_code == 403


@pytest.mark.usefixtures("connected")
def test_an_instructor_links_an_assignment(service: Deployment, platform: FakePlatform) -> None:
    browser = Browser(service)
    asked = begin(browser, platform)
    sent = {"state": asked["state"], "id_token": platform.ask_for_link(asked["nonce"])}
    place = browser.http.post("/lti/launch", data=sent).headers["location"]
    state = parse_qs(urlsplit(place).query)["state"][0]
    page = browser.post("/lti/deep-link", place, state=state, assignment="quick")
    assert f'action="{platform.url}/return"' in page.text
    assert f"form-action 'self' {platform.url}" in page.headers["content-security-policy"]
    token = re.search(r'name="JWT" value="([^"]+)"', page.text)
    assert token
    keys = KeySet.import_key_set(httpx2.get(f"{service.address}/lti/keys").json())
    claims = jwt.decode(token[1], keys, algorithms=["RS256"]).claims
    assert claims["aud"] == platform.url
    assert claims[DEEP_LINK + "data"] == "opaque"
    item = claims[DEEP_LINK + "content_items"][0]
    assert item["custom"] == {"assignment": "quick"}
    assert item["lineItem"]["scoreMaximum"] == 5.0
    private = httpx2.get(f"{service.address}/lti/keys").json()["keys"][0]
    assert not {"d", "p", "q"} & set(private)


@pytest.mark.usefixtures("connected")
def test_the_roster_is_read_page_by_page(service: Deployment, platform: FakePlatform) -> None:
    learner = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"
    platform.members = [
        {"user_id": f"m{number}", "name": f"Member {number}", "roles": [learner],
         "status": "Inactive" if number == 3 else "Active"}
        for number in range(4)
    ]  # fmt: skip
    instructor = Browser(service).sign_in("instructor")
    page = instructor.get("/courses/dl/platform")
    form = re.search(r"/courses/dl/platform/\d+/roster", page)
    assert form
    assert instructor.post(form[0], "/courses/dl/platform").status_code == 303
    people = read_text(instructor.get("/courses/dl/people"))
    assert "Member 2" in people
    assert "Member 3" not in people
    # A number that the course has for somebody stays: it finds their row in the platform's files.
    with service.store.write() as session:
        member = session.scalars(
            select(Enrolment)
            .join(User, User.id == Enrolment.user_id)
            .where(User.name == "Member 2")
        ).one()
        member.external_id = "U-4712"
    instructor.post(form[0], "/courses/dl/platform")
    assert "U-4712" in instructor.get("/courses/dl/people")


@pytest.mark.usefixtures("connected")
def test_a_score_arrives_after_a_failure_that_staff_can_see(
    service: Deployment, platform: FakePlatform
) -> None:
    student = Browser(service)
    platform.fails = 1
    platform.scores.clear()
    launch(student, platform, subject="scored", name="Sam Scored", email="")
    response = student.post(
        f"{PLACE}/hand-in", PLACE, data={"answer:depth": "b"}, files={"files": ("", b"")}
    )
    assert response.status_code == 303
    instructor = Browser(service).sign_in("instructor")
    wait_for(lambda: "closed for the night" in instructor.get("/courses/dl/platform"), "the error")
    assert "Sam Scored" in instructor.get("/courses/dl/platform")
    assert not platform.scores
    instructor.post("/courses/dl/platform/retry", "/courses/dl/platform")
    wait_for(lambda: platform.scores, "the score")
    path, score = platform.scores[0]
    assert path == "/items/5/scores?type_id=2"
    assert score["userId"] == "scored"
    assert (score["scoreGiven"], score["scoreMaximum"]) == (2.0, 5.0)
    wait_for(
        lambda: "Every score has arrived." in instructor.get("/courses/dl/platform"), "the end"
    )
    assertion = jwt.decode(
        platform.assertions[-1],
        KeySet.import_key_set(httpx2.get(f"{service.address}/lti/keys").json()),
        algorithms=["RS256"],
    ).claims
    assert assertion["aud"] == f"{platform.url}/token"
    # Nothing has changed: nothing is sent again.
    before = len(platform.scores)
    assert Outbox(service.store).send_due() == 0
    assert len(platform.scores) == before
    with service.store.read() as session:
        row = session.scalars(select(Passback).where(Passback.sent_version > 0)).one()
    assert row.version == row.sent_version


def sign_in_elsewhere(
    browser: Browser, platform: FakePlatform, **claims: object
) -> httpx2.Response:
    response = browser.http.get("/sign-in/oidc", params={"next": "/account"})
    assert response.status_code == 303
    asked = parse_qs(urlsplit(response.headers["location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["response_type"] == ["code"]
    code = f"code-{len(platform.codes)}-{claims.get('sub', 'x')}"
    platform.codes[code] = {
        "challenge": asked["code_challenge"][0], "nonce": asked["nonce"][0], "claims": claims,
    }  # fmt: skip
    return browser.http.get("/sign-in/oidc/back", params={"code": code, "state": asked["state"][0]})


def test_the_institutions_account_signs_in(service: Deployment, platform: FakePlatform) -> None:
    browser = Browser(service)
    assert "Sign in with Example University" in browser.get("/sign-in")
    response = sign_in_elsewhere(browser, platform, sub="o1", name="Otto", email="otto@e.edu")
    assert response.headers["location"] == "/account"
    assert "Otto" in browser.get("/account")


def test_a_verified_address_finds_the_account_and_ends_its_password(
    service: Deployment, platform: FakePlatform
) -> None:
    with service.store.write() as session:
        user = session.get_one(User, service.klass.people["student"].id)
        user.password_hash = HASHED
    told = {"sub": "o2", "email": "Student@example.edu", "name": "Student"}
    sign_in_elsewhere(Browser(service), platform, **told, email_verified=False)
    with service.store.read() as session:
        first = session.scalars(select(Identity).where(Identity.subject == "o2")).one()
    assert first.user_id != service.klass.people["student"].id
    browser = Browser(service)
    sign_in_elsewhere(browser, platform, **(told | {"sub": "o3"}), email_verified=True)
    assert "Deep learning" in browser.get("/")
    with service.store.read() as session:
        assert session.get_one(User, service.klass.people["student"].id).password_hash is None


def test_a_sign_in_that_was_begun_elsewhere_is_refused(
    service: Deployment, platform: FakePlatform
) -> None:
    response = Browser(service).http.get("/sign-in/oidc")
    state = parse_qs(urlsplit(response.headers["location"]).query)["state"][0]
    victim = Browser(service)
    victim.get("/sign-in")
    answer = victim.http.get("/sign-in/oidc/back", params={"code": "c", "state": state})
    assert answer.status_code == 403
    with service.store.read() as session:
        assert session.scalar(select(Platform.id)) is not None
