"""The pages in a real browser: a course made, a submission handed in, its report read."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from deployments import wait_for
from fake_platform import CLIENT, FakePlatform
from school import COURSE
from sqlalchemy import select
from web_site import HASHED, PASSWORD

from grader.store.database import Store, name_sqlite
from grader.store.roster import add_user, enrol
from grader.store.schema import Course, Platform, PlatformContext, Role
from grader.store.sessions import INVITED, begin_session

pytestmark = pytest.mark.sandbox

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
LONG_NAME = "Wolfeschlegelsteinhausenbergerdorff-Maximiliana Anastasia Theodora von Hohenzollern"
SIZES = {"phone": (390, 844), "desk": (1280, 900)}


def find_browser() -> Any:
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine: apt-get install chromium")
    return pytest.importorskip("playwright.sync_api", reason="pip install playwright")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("browser")


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    """A service as its operator sets it up, by the commands alone."""
    find_browser()
    shutil.copytree(COURSE, folder / "course")
    environment = {**os.environ, "GRADE_FOLDER": str(folder / "grade"), "GRADE_SLOTS": "1"}

    def grade(*arguments: str) -> None:
        subprocess.run(
            [sys.executable, "-m", "grader", *arguments],
            env=environment, check=True, capture_output=True, text=True,
        )  # fmt: skip

    grade("admin", "init")
    grade("admin", "course", "add", "dl", "--folder", str(folder / "course"), "--title", "Nets")
    store = Store(name_sqlite(folder / "grade/grade.db"))
    with store.write() as session:
        course = session.scalars(select(Course)).one()
        for name, role in (("ines", Role.INSTRUCTOR), ("ada", Role.STUDENT), ("bo", Role.STUDENT)):
            user = add_user(session, f"{name}@example.edu", name.title())
            user.password_hash = HASHED
            enrol(session, course, user, role)
        add_user(session, "op@example.edu", LONG_NAME, is_operator=True).password_hash = HASHED
    store.close()
    with subprocess.Popen(
        [sys.executable, "-m", "grader", "serve", "--port", "0"],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as process:  # fmt: skip
        assert process.stdout
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found
        yield found[0]
        process.terminate()


@pytest.fixture(scope="module")
def chromium(address: str) -> Iterator[Any]:
    with find_browser().sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


class Tab:
    """One tab, and everything that it complained of or fetched from elsewhere."""

    def __init__(self, chromium: Any, address: str, **options: Any) -> None:
        self.address = address
        self.context = chromium.new_context(**options)
        self.page = self.context.new_page()
        self.page.set_default_timeout(60_000)
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._hear)
        self.page.on("request", self._see)

    def _hear(self, message: Any) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def _see(self, request: Any) -> None:
        if not request.url.startswith((self.address, "data:")):
            self.complaints.append(f"fetched {request.url}")

    def sign_in(self, person: str) -> Tab:
        self.go("/sign-in")
        self.page.fill("#email", f"{person}@example.edu")
        self.page.fill("#password", PASSWORD)
        self.page.click("button.main")
        self.page.wait_for_url(f"{self.address}/")
        return self

    def go(self, path: str) -> None:
        self.page.goto(self.address + path)

    def read(self) -> str:
        return re.sub(r"\s+", " ", self.page.inner_text("main"))


def test_a_submission_is_handed_in_and_its_report_read(
    chromium: Any, address: str, tmp_path: Path
) -> None:
    code = tmp_path / "echo.py"
    code.write_text("def echo(x):\n    return x\n")
    tab = Tab(chromium, address, timezone_id="America/New_York").sign_in("ada")
    tab.page.click("text=Nets")
    tab.page.click("text=slow")
    tab.page.set_input_files("#files", str(code))
    assert "To hand in: echo.py" in tab.read()
    tab.page.click("button.main")
    # The report comes by itself: nobody loads the page again.
    tab.page.wait_for_selector(".report")
    assert "4 of 4 points" in tab.read()
    assert "1 hidden check: you see what came of it, not what was tried." in tab.read()
    tab.go("/courses/dl")
    assert "America/New_York" in tab.read()
    assert not tab.complaints


def test_answers_are_typed_and_what_a_student_wrote_stays_text(chromium: Any, address: str) -> None:
    tab = Tab(chromium, address).sign_in("ada")
    tab.go("/courses/dl/assignments/quick")
    tab.page.check("input[value=b]")
    hostile = "<img src=x onerror=\"document.title='taken'\"> Layers compose."
    tab.page.fill("#answer-why", hostile)
    tab.page.click("button.main")
    tab.page.wait_for_selector(".report")
    assert hostile in tab.read()
    assert "taken" not in tab.page.title()
    staff = Tab(chromium, address).sign_in("ines")
    staff.go("/courses/dl/assignments/quick/marking")
    assert hostile in staff.read()
    for key in ("1", "1"):
        staff.page.keyboard.press(key)
    staff.page.keyboard.press("c")
    staff.page.keyboard.type("Good.")
    staff.page.keyboard.press("Escape")
    staff.page.keyboard.press("Enter")
    staff.page.wait_for_selector("text=Everything is marked.")
    staff.page.keyboard.press("l")
    staff.page.wait_for_selector("text=Marked by")
    assert hostile in staff.read()
    assert not tab.complaints
    assert not staff.complaints


def test_what_is_typed_outlives_a_session_that_ran_out(chromium: Any, address: str) -> None:
    tab = Tab(chromium, address).sign_in("ada")
    place = "/courses/dl/assignments/quick"
    tab.go(place)
    tab.page.fill("#answer-why", "Three hours of thought.")
    tab.context.clear_cookies()
    tab.page.click("button.main")
    assert "You are signed out" in tab.read()
    assert "What you typed is kept in this tab" in tab.read()
    tab.page.click("main a")
    tab.page.fill("#email", "ada@example.edu")
    tab.page.fill("#password", PASSWORD)
    tab.page.click("button.main")
    tab.page.wait_for_url(address + place)
    assert tab.page.input_value("#answer-why") == "Three hours of thought."
    assert "here again, not yet handed in" in tab.read()
    tab.page.click("text=Forget it")
    assert tab.page.input_value("#answer-why") != "Three hours of thought."
    tab.page.reload()
    assert tab.page.input_value("#answer-why") != "Three hours of thought."
    tab.page.fill("#answer-why", "Nobody else's.")
    tab.page.click("text=Sign out")
    tab.sign_in("bo").go(place)
    assert tab.page.input_value("#answer-why") != "Nobody else's."


@pytest.mark.parametrize(("size", "scheme"), [("phone", "light"), ("desk", "dark")])
def test_pages_are_accessible_and_fit(
    chromium: Any, address: str, folder: Path, size: str, scheme: str
) -> None:
    width, height = SIZES[size]
    options = {"color_scheme": scheme, "viewport": {"width": width, "height": height}}
    pages = {
        "": ("/sign-in", "/nowhere", invite(folder)),
        "op": ("/", "/operator", "/operator/platforms"),
        "ada": (
            "/",
            "/courses/dl",
            "/courses/dl/assignments/quick",
            "/submissions/1",
            "/account",
            "/courses/dl/gradebook",
            "/courses/dl/assignments/slow",
            "/operator",
        ),
        "ines": (
            "/courses/dl",
            "/courses/dl/gradebook",
            "/courses/dl/assignments/quick",
            "/courses/dl/assignments/quick/regrades/one",
            "/courses/dl/people",
            "/courses/dl/platform",
            *(
                f"/courses/dl/assignments/quick/{name}"
                for name in (
                    "dashboard",
                    "marking?all=true",
                    "regrades",
                    "similar",
                    "problems",
                    "settings",
                )
            ),
            "/submissions/1/review",
            "/courses/dl/assignments/slow/students/2",
        ),
    }
    found = []
    for person, paths in pages.items():
        tab = Tab(chromium, address, **options)
        if person:
            tab.sign_in(person)
        for path in paths:
            tab.go(path)
            found += find_faults(tab, path)
        # A page that is not there, or not for them, is said to be so in the console too.
        assert not [each for each in tab.complaints if "the server responded with" not in each]
    assert not found


@pytest.mark.parametrize("has_scripts", [True, False])
def test_a_platforms_file_is_looked_at_and_then_downloaded(
    chromium: Any, address: str, has_scripts: bool
) -> None:
    viewport = {"width": 390, "height": 844}
    tab = Tab(chromium, address, java_script_enabled=has_scripts, viewport=viewport)
    tab.sign_in("ines")
    rows = "".join(f"{name},7,,{name},A\n" for name in ("ada", "stranger"))
    export = f"Student,ID,SIS User ID,SIS Login ID,Section\n{rows}".encode()
    tab.go("/courses/dl/gradebook")
    tab.page.select_option("#assignment", "slow")
    tab.page.set_input_files("#export", {"name": "g.csv", "mimeType": "text/csv", "buffer": export})
    tab.page.click("text=Look at it")
    assert "1 in the file, not among the course's students" in tab.read()
    assert not has_scripts or not find_faults(tab, "fill")
    with tab.page.expect_download() as download:
        tab.page.click("text=Download the file")
    table = Path(download.value.path()).read_text().splitlines()
    assert table[1:] == ["ada,7,,ada,A,4"]
    assert not tab.complaints


def test_the_page_of_a_failure_is_accessible_and_says_whom_to_ask(
    chromium: Any, address: str, folder: Path
) -> None:
    tab = Tab(chromium, address, viewport={"width": 390, "height": 844}).sign_in("ines")
    with sqlite3.connect(folder / "grade/grade.db") as database:
        database.execute("alter table standing rename to gone")
        database.commit()
        tab.go("/courses/dl/gradebook")
        database.execute("alter table gone rename to standing")
    assert re.search("The service failed.* [0-9a-f]{16}", tab.read()), tab.read()
    assert "standing" not in tab.read()
    assert not find_faults(tab, "failure")


@pytest.mark.parametrize(("size", "scheme"), [("phone", "dark"), ("desk", "light")])
def test_pages_on_the_way_from_a_learning_platform_are_accessible_and_fit(
    chromium: Any, address: str, folder: Path, size: str, scheme: str
) -> None:
    width, height = SIZES[size]
    options = {"color_scheme": scheme, "viewport": {"width": width, "height": height}}
    tab = Tab(chromium, address, **options)
    platform = FakePlatform()
    connect(folder, platform)
    found = [fault for name in choose_link(tab, platform) for fault in find_faults(tab, name)]
    platform.stop()
    assert not found
    assert not tab.complaints


def connect(folder: Path, platform: FakePlatform) -> None:
    """Register a platform, and its course as ours."""
    store = Store(name_sqlite(folder / "grade/grade.db"))
    with store.write() as session:
        made = Platform(
            name="Moodle", issuer=platform.url, client_id=CLIENT, deployments=["d1"],
            login_url=f"{platform.url}/auth", token_url=f"{platform.url}/token",
            keys_url=f"{platform.url}/keys",
        )  # fmt: skip
        session.add(made)
        session.flush()
        course = session.scalars(select(Course)).one()
        session.add(PlatformContext(platform_id=made.id, context="c1", course_id=course.id))
    store.close()


def choose_link(tab: Tab, platform: FakePlatform) -> Iterator[str]:
    """An instructor links an assignment from a platform's frame; the page after each step."""
    asked = httpx2.get(f"{tab.address}/lti/login", params={"iss": platform.url, "login_hint": "h"})
    said = {
        key: value[0] for key, value in parse_qs(urlsplit(asked.headers["location"]).query).items()
    }
    token = platform.ask_for_link(said["nonce"])
    fields = {"state": said["state"], "id_token": token}
    inputs = "".join(f'<input name="{key}" value="{value}">' for key, value in fields.items())
    tab.page.set_content(
        f'<form method="post" action="{tab.address}/lti/launch">{inputs}<button>Go</button></form>'
    )
    # Without the cookie of who began, as in a frame.
    tab.page.click("button")
    tab.page.wait_for_selector("a.button")
    yield "window"
    tab.go(str(tab.page.get_attribute("a.button", "href")))
    yield "entry"
    tab.page.click("button.main")
    tab.page.wait_for_selector("input[name=assignment]")
    yield "choice"
    tab.page.check("input[value=quick]")
    tab.page.click("button.main")
    tab.page.wait_for_selector("input[name=JWT]", state="attached")
    yield "return"


def invite(folder: Path) -> str:
    """Where an invitation leads that was sent to somebody new."""
    store = Store(name_sqlite(folder / "grade/grade.db"))
    with store.write() as session:
        user = add_user(session, f"{secrets.token_hex(8)}@example.edu", LONG_NAME)
        enrol(session, session.scalars(select(Course)).one(), user, Role.STUDENT)
        secret = begin_session(session, user, how=INVITED)
    store.close()
    return f"/welcome/{secret}"


def find_faults(tab: Tab, name: str) -> list[tuple[str, str, str]]:
    """What axe finds on the page that is open; it must also be no wider than its window."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    size = tab.page.viewport_size
    fits = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    assert tab.page.evaluate(fits), f"{name} is wider than {size['width']} pixels"
    rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}
    answer = axe.run(tab.page, options=rules).response
    assert tab.page.evaluate("document.getAnimations().length") == 0
    tab.page.set_viewport_size({"width": 320, "height": 640})
    assert tab.page.evaluate(fits), f"{name} does not reflow at 320 pixels"
    tab.page.set_viewport_size(size)
    return [(name, each["id"], each["nodes"][0]["html"][:200]) for each in answer["violations"]]


def test_marking_is_passed_by_keyboard_and_focus_is_seen(chromium: Any, address: str) -> None:
    tab = Tab(chromium, address).sign_in("ines")
    tab.go("/courses/dl/assignments/quick/marking?all=true")
    stops: list[str] = []
    for _ in range(120):
        tab.page.keyboard.press("Tab")
        stop, outline = tab.page.evaluate(
            "() => { const at = document.activeElement; const seen = getComputedStyle(at);"
            " return [at.id || at.name || at.textContent.trim().slice(0, 40),"
            " at === document.body || (seen.outlineStyle !== 'none' &&"
            " parseFloat(seen.outlineWidth) >= 2)]; }"
        )
        assert outline, f"focus is not seen on {stop}"
        stops.append(stop)
        if stop == "Save, and go on":
            break
    assert stops[0] == "Skip to the content"
    assert stops[-1] == "Save, and go on"
    assert {"Sign out", "part", "blind", "all", "comment"} <= set(stops)


def test_everything_works_without_javascript(chromium: Any, address: str, tmp_path: Path) -> None:
    tab = Tab(chromium, address, java_script_enabled=False).sign_in("bo")
    tab.go("/courses/dl/assignments/quick")
    tab.page.check("input[value=b]")
    tab.page.fill("#answer-why", "Layers compose.")
    tab.page.click("text=Show how my answers are read")
    assert "Nothing was handed in" in tab.read()
    assert tab.page.is_checked("input[value=b]")
    assert tab.page.input_value("#answer-why") == "Layers compose."
    tab.page.click("button.main")
    assert "/submissions/" in tab.page.url, tab.read()
    place = tab.page.url.removeprefix(address)
    wait_for(lambda: tab.go(place) or tab.page.query_selector(".report"), "the report")
    assert "2 of 5 points so far" in tab.read()
    staff = Tab(chromium, address, java_script_enabled=False).sign_in("ines")
    staff.go("/courses/dl/assignments/quick/marking")
    for item in staff.page.query_selector_all("fieldset"):
        item.query_selector("input[type=radio][value='1.0'], input[type=radio][value='1']").check()
    staff.page.fill("#comment", "Good.")
    staff.page.click("text=Save, and go on")
    tab.go(place)
    assert "Marked by a person" in tab.read()
    assert "4 of 5 points" in tab.read()
    assert not tab.complaints
    assert not staff.complaints
