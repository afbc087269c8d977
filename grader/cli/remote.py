"""Talking to a server with nothing but the standard library: hand in, follow, fetch."""

from __future__ import annotations

import http.client
import json
import os
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from grader.errors import NotFound, NotSignedIn, Refusal, SubmissionError, SystemFault, UsageError

TIMEOUT_S = 30
PATIENCE_S = 120
"""A server that restarts is back within seconds; after this it is said to be away."""
SIGN_IN_S = 8
"""Whoever signs in may have mistyped the address, and waits for an answer."""
SHORT_WAIT_S = 10
"""Of requests too close together; a limit on submissions takes minutes, and is told."""
CHUNK = 1 << 20
_AWAY = (502, 503, 504)
_HERE = ("localhost", "127.0.0.1", "::1")


class ServerAway(SystemFault):
    """The server does not answer; nothing was lost, try again in a moment."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server, and the token that it knows you by."""

    url: str
    token: str
    is_known: bool = True
    """It answered before: where it does not now, it will again."""

    def ask(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        query: dict[str, str] | None = None,
    ) -> tuple[int, bytes, dict[str, str]]:
        """One request; tried again while the server is away, so only for what may be repeated.

        Errors   Refusal or SubmissionError in the server's words; ServerAway.
        """
        given_up_at = time.monotonic() + (PATIENCE_S if self.is_known else 0)
        pause_s = 0.2
        while True:
            try:
                connection = self.open()
                try:
                    connection.request(
                        method,
                        self.locate(path, query),
                        body=body,
                        headers=self.name_headers() | (headers or {}),
                    )
                    response = connection.getresponse()
                    content = response.read()
                    wait_s = _read_wait(response)
                    if wait_s:
                        time.sleep(wait_s)
                        continue
                    if response.status not in _AWAY:
                        if response.status >= 400:
                            raise_problem(response.status, content)
                        found = {name.lower(): value for name, value in response.getheaders()}
                        return response.status, content, found
                    trouble = f"status {response.status}"
                finally:
                    connection.close()
            except (OSError, http.client.HTTPException) as error:
                if isinstance(error, ssl.SSLError):
                    self._require_encryption(error)
                trouble = str(error) or type(error).__name__
            if time.monotonic() > given_up_at:
                advice = "try again in a moment" if self.is_known else "check the address"
                raise ServerAway(f"{self.url} does not answer: {trouble}; {advice}")
            time.sleep(pause_s)
            pause_s = min(5.0, pause_s * 2)

    def read(self, path: str, **query: str) -> Any:
        """A JSON document."""
        return json.loads(self.ask("GET", path, query=query)[1])

    def follow(self, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Server-sent events until the one called `over`; goes on where a connection broke.

        Each time that it breaks an `away` is told between them.
        """
        last, alone_since, pause_s = "", time.monotonic(), 0.2
        while True:
            connection = self.open()
            try:
                headers = {"Accept": "text/event-stream"} | self.name_headers()
                if last:
                    headers["Last-Event-ID"] = last
                connection.request("GET", self.locate(path), headers=headers)
                response = connection.getresponse()
                if response.status in _AWAY:
                    raise OSError(f"status {response.status}")
                if response.status >= 400:
                    raise_problem(response.status, response.read())
                for number, kind, document in _read_events(response):
                    alone_since, pause_s = time.monotonic(), 0.2
                    last = number or last
                    yield kind, document
                    if kind == "over":
                        return
            except (OSError, http.client.HTTPException) as error:
                if time.monotonic() - alone_since > PATIENCE_S:
                    raise ServerAway(
                        f"{self.url} does not answer: {error}; your submission is safe there"
                    ) from None
                yield "away", {}
            finally:
                connection.close()
            time.sleep(pause_s)
            pause_s = min(5.0, pause_s * 2)

    def open(self) -> http.client.HTTPConnection:
        """A connection, as the URL's scheme says."""
        parts = urlsplit(self.url)
        timeout_s = TIMEOUT_S if self.is_known else SIGN_IN_S
        if parts.scheme == "https":
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(parts.netloc, timeout=timeout_s, context=context)
        return http.client.HTTPConnection(parts.netloc, timeout=timeout_s)

    def _require_encryption(self, error: ssl.SSLError) -> None:
        """Errors   UsageError for what no waiting mends."""
        if isinstance(error, ssl.SSLCertVerificationError):
            raise UsageError(
                f"{self.url} has a certificate that is not trusted here: {error.verify_message}"
            ) from None
        if error.reason != "WRONG_VERSION_NUMBER":
            return
        parts = urlsplit(self.url)
        if parts.hostname in _HERE:
            plain = parts._replace(scheme="http").geturl()
            raise UsageError(f"{self.url} does not speak https; try {plain}") from None
        raise UsageError(
            f"{self.url} does not speak https; ask whoever runs it for its address"
        ) from None

    def locate(self, path: str, query: dict[str, str] | None = None) -> str:
        """A path below the server's own."""
        whole = urlsplit(self.url).path.rstrip("/") + "/api/v1" + path
        return f"{whole}?{urlencode(query)}" if query else whole

    def name_headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "User-Agent": "fairmark"}


def _read_wait(response: http.client.HTTPResponse) -> int:
    """Seconds after which a server that was asked too often wants to be asked again; else 0."""
    text = response.getheader("Retry-After") or ""
    if response.status != 429 or not (text.isascii() and text.isdigit()):
        return 0
    return int(text) if int(text) <= SHORT_WAIT_S else 0


def _read_events(
    response: http.client.HTTPResponse,
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    fields: dict[str, str] = {}
    for raw in response:
        line = raw.decode("utf-8", "replace").rstrip("\r\n")
        if line:
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
        elif "data" in fields:
            yield fields.get("id", ""), fields.get("event", ""), json.loads(fields["data"])
            fields = {}


def raise_problem(status: int, content: bytes) -> None:
    """What a server refused, in its own words."""
    try:
        problem = json.loads(content)
        words = problem.get("detail") or problem.get("title") or ""
        request_id = problem.get("request_id", "")
    except (ValueError, AttributeError):
        words, request_id = "", ""
    words = words or f"the server answered with status {status}"
    if status == 401:
        raise NotSignedIn(f"{words} (grade login)")
    if status == 404:
        raise NotFound(words)
    if status in (413, 422):
        raise SubmissionError(words)
    if status < 500:
        raise Refusal(words)
    raise SystemFault(f"{words}; request {request_id}")


def find_server(url: str | None) -> Server | None:
    """The server that was named, or the one signed in to last; None where there is neither.

    Errors   UsageError for no URL, or one that nobody signed in to.
    """
    known = read_logins()
    url = url or os.environ.get("GRADE_SERVER") or known.get("default", "")
    if not url:
        return None
    url = check_url(url)
    token = os.environ.get("GRADE_TOKEN") or known.get("tokens", {}).get(url)
    if not token:
        raise UsageError(f"you are not signed in to {url}; run: grade login {url}")
    return Server(url, token)


def check_url(url: str) -> str:
    """A server's URL without a slash at its end.

    Errors   UsageError, also where a token would go over a network in the open.
    """
    parts = urlsplit(url if "//" in url else f"https://{url}")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"'{url}' is no server; write it as https://grade.example.edu")
    if parts.scheme == "http" and parts.hostname not in _HERE:
        raise UsageError(f"{url} would send your token in the open; use https")
    return parts._replace(query="", fragment="").geturl().rstrip("/")


def find_logins() -> Path:
    """Where this user's tokens are kept."""
    base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "fairmark" / "servers.json"


def read_logins() -> dict[str, Any]:
    """Tokens by server, and the server signed in to last."""
    try:
        found: dict[str, Any] = json.loads(find_logins().read_text("utf-8"))
        return found
    except (OSError, ValueError):
        return {}


def keep_login(server: Server) -> Path:
    """Keep a token, for this user's eyes only."""
    path = find_logins()
    known = read_logins()
    known["default"] = server.url
    known.setdefault("tokens", {})[server.url] = server.token
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(known, file, indent=2)
    draft.replace(path)
    return path


def name_assignment(course: str, assignment: str) -> str:
    """The path of an assignment."""
    return f"/courses/{quote(course, safe='')}/assignments/{quote(assignment, safe='')}"
