"""A service's pages as a browser without JavaScript sees them."""

from __future__ import annotations

import html
import re
from typing import Any

import httpx2
from deployments import PATIENCE_S, Deployment

from grader.service.acting import COOKIE
from grader.service.web.passwords import hash_password
from grader.store.schema import User
from grader.store.sessions import begin_session

PASSWORD = "correct horse battery"
HASHED = hash_password(PASSWORD)


class Browser:
    """One browser: its cookies, and forms with what their pages hide in them."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.address = deployment.address
        # Slow only where the machine is: no page is judged by its time here.
        self.http = httpx2.Client(
            timeout=PATIENCE_S,
            base_url=self.address,
            headers={"Accept": "text/html", "Origin": self.address},
        )

    def get(self, path: str, status: int = 200) -> str:
        response = self.http.get(path)
        assert response.status_code == status, (path, response.status_code, response.text[:2000])
        return response.text

    def post(self, path: str, page: str = "", **fields: Any) -> httpx2.Response:
        """Send the form, with the token of the page that it stands on."""
        token = find_token(self.get(page)) if page else ""
        files = fields.pop("files", None)
        data = {"csrf": token, **fields.pop("data", {}), **fields}
        return self.http.post(path, data=data, files=files)

    def sign_in(self, person: str) -> Browser:
        """As after the password; checking one is made to be slow, and has tests of its own."""
        with self.deployment.store.write() as session:
            user = session.get_one(User, self.deployment.klass.people[person].id)
            self.http.cookies.set(COOKIE, begin_session(session, user))
        return self


def find_token(page: str) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', page)
    assert found, page[:500]
    return found[1]


def read_text(page: str) -> str:
    """What a page says, without its markup."""
    body = page.partition("<main")[2]
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", body)))
