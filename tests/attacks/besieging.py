"""A whole service to be attacked: people, a platform and a code host, all over real HTTP."""

from __future__ import annotations

import itertools
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).resolve().parents[1] / "service"))

import httpx2
from deployments import PATIENCE_S, Deployment, Reply, wait_for
from fake_platform import CLIENT, FakePlatform
from school import Class
from sqlalchemy import update
from web_site import HASHED, PASSWORD, Browser, find_token, read_text

from grader.store.database import Store, name_sqlite
from grader.store.migrating import migrate
from grader.store.schema import Assignment, Course, Platform, Role, User

__all__ = [
    "CLIENT", "PASSWORD", "PLACE", "RIGHT", "Browser", "FakePlatform", "Reply", "Siege",
    "find_token", "read_text", "wait_for",
]  # fmt: skip

PLACE = "/courses/dl/assignments/quick"
SECRET = "of-the-webhook"
AUDIENCE = "http://grade.example.edu"
RIGHT = "## depth\nb\n"
"""All that can be judged without a person, in the assignment `quick`."""


@dataclass
class Siege:
    """One service, and everything around it that an attacker may pose as."""

    service: Deployment
    platform: FakePlatform
    _names: itertools.count[int]

    @classmethod
    def begin(cls, folder: Path) -> Siege:
        store = Store(name_sqlite(folder / "grade.db"))
        migrate(store)
        platform = FakePlatform()
        service = Deployment(store.url, folder, Class(store), slots=1)
        service.settings = {
            "GRADE_OIDC_ISSUER": platform.url, "GRADE_OIDC_CLIENT_ID": CLIENT,
            "GRADE_GITHUB_WEBHOOK_SECRET": SECRET, "GRADE_GITHUB_OIDC_ISSUER": platform.url,
            "GRADE_PUBLIC_URL": AUDIENCE,
        }  # fmt: skip
        with store.write() as session:
            session.execute(update(User).values(password_hash=HASHED))
            session.execute(update(Course).values(folder=""))
            session.execute(update(Assignment).values(due_at=None, policies={}))
            session.execute(update(User).where(User.name == "Operator").values(is_operator=True))
            session.add(
                Platform(
                    name="Moodle",
                    issuer=platform.url,
                    client_id=CLIENT,
                    deployments=["d1"],
                    login_url=f"{platform.url}/auth?x=1",
                    token_url=f"{platform.url}/token",
                    keys_url=f"{platform.url}/keys",
                )
            )
        service.start()
        return cls(service, platform, itertools.count(1))

    def end(self) -> None:
        self.service.stop()
        self.platform.stop()
        self.service.store.close()

    @property
    def address(self) -> str:
        return self.service.address

    def add(self, role: Role = Role.STUDENT) -> str:
        """Somebody new in the course."""
        name = f"n{next(self._names)}"
        with self.service.store.write() as session:
            self.service.klass.add(session, name, role).password_hash = HASHED
        return name

    def find_id(self, person: str) -> int:
        return self.service.klass.people[person].id

    def browse(self, person: str = "") -> Browser:
        """A browser of somebody who has signed in, or of a stranger."""
        browser = Browser(self.service)
        return browser.sign_in(person) if person else browser

    def send(self, method: str, path: str, **more: Any) -> httpx2.Response:
        """A request of no browser's, with whatever headers an attacker likes."""
        return httpx2.request(method, f"{self.address}{path}", timeout=PATIENCE_S, **more)

    def require_honest(self, person: str = "") -> None:
        """Somebody else hands in right after it, and is graded."""
        person = person or self.add()
        submission = self.service.hand_in(RIGHT, person=person)
        self.service.wait(submission, person=person)
        reply = self.service.ask("GET", f"/submissions/{submission['id']}/report", person)
        assert reply.status == 200
        parts = {part["id"].rpartition("/")[2]: part["verdict"] for part in reply.json["parts"]}
        assert parts["depth"] == "passed", parts
