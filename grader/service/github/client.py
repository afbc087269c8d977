"""What is asked of GitHub: a token for one repository, a commit's tree, a check run.

Source   https://docs.github.com/en/rest
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx2
from joserfc import jwt
from joserfc.jwk import RSAKey

from grader.errors import GraderError, SubmissionError
from grader.service.settings import Settings
from grader.submission.files import show_size

TIMEOUT_S = 20.0
HOPS = 3
"""A tarball is asked for at the API and had from another host."""
GZIP = b"\x1f\x8b"
JWT_S = 540
"""GitHub takes ten minutes at most."""
LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
WANTED = {"contents": "read", "checks": "write"}
"""All that a token of ours may do, whatever the app may."""


class GitHubRefused(GraderError):
    """GitHub said no, or nothing."""

    def __init__(self, message: str, pause_s: float = 0) -> None:
        self.pause_s = pause_s
        super().__init__(message)


class GitHubClient:
    """Asks GitHub as the app that the settings name; without one, as anybody may."""

    def __init__(self, settings: Settings) -> None:
        self._api = settings.github_api.rstrip("/")
        self._app = settings.github_app_id
        self._key = (
            RSAKey.import_key(settings.github_app_key.read_bytes())
            if self._app and settings.github_app_key
            else None
        )
        self._tokens: dict[tuple[int, str], tuple[float, str]] = {}
        self._lock = threading.Lock()
        self._http = httpx2.Client(timeout=TIMEOUT_S, follow_redirects=False)

    @property
    def is_app(self) -> bool:
        """Whether check runs can be posted."""
        return self._key is not None

    def close(self) -> None:
        self._http.close()

    def fetch_tree(
        self, place: str, sha: str, installation: int | None, path: Path, limit: int
    ) -> None:
        """Write a commit's tree to a file as a .tar.gz, as data.

        Errors   GitHubRefused; SubmissionError when it is larger than the limit.
        """
        headers = self._authorise(place, installation)
        url = f"{self._api}/repos/{place}/tarball/{sha}"
        for _ in range(HOPS):
            _require_safe(url)
            try:
                with self._http.stream("GET", url, headers=headers) as response:
                    if response.is_redirect:
                        url = urljoin(url, response.headers["location"])
                        # The address that we are sent to has a right of its own in it.
                        headers = {}
                        continue
                    if not response.is_success:
                        response.read()
                    _require_success(response, f"{place}@{sha[:12]}")
                    _write(response, path, limit)
                if not _starts_with(path, GZIP):
                    raise GitHubRefused(f"{_name(url)} answered with no tarball")
                return
            except httpx2.HTTPError as trouble:
                raise GitHubRefused(f"{_name(url)} does not answer: {trouble}") from None
        raise GitHubRefused(f"{_name(url)} sends from one address to another")

    def find_check(
        self, place: str, sha: str, name: str, external_id: str, installation: int | None
    ) -> dict[str, Any] | None:
        """The check run that an earlier try may have made.

        Errors   GitHubRefused.
        """
        found = self._ask(
            "GET", f"/repos/{place}/commits/{sha}/check-runs", place, installation,
            query={"check_name": name, "filter": "all", "per_page": "100"},
        )  # fmt: skip
        runs = found.get("check_runs") or ()
        return next((run for run in runs if run.get("external_id") == external_id), None)

    def make_check(
        self, place: str, body: Mapping[str, Any], installation: int | None
    ) -> dict[str, Any]:
        """Errors   GitHubRefused."""
        return self._ask("POST", f"/repos/{place}/check-runs", place, installation, body)

    def add_to_check(
        self, place: str, number: int, body: Mapping[str, Any], installation: int | None
    ) -> dict[str, Any]:
        """Errors   GitHubRefused."""
        return self._ask("PATCH", f"/repos/{place}/check-runs/{number}", place, installation, body)

    def _ask(
        self, method: str, path: str, place: str, installation: int | None,
        body: Mapping[str, Any] | None = None, query: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        return self._send(method, path, self._authorise(place, installation), body, query)

    def _send(
        self, method: str, path: str, headers: Mapping[str, str],
        body: Mapping[str, Any] | None = None, query: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        url = f"{self._api}{path}"
        _require_safe(url)
        try:
            response = self._http.request(method, url, headers=headers, json=body, params=query)
            _require_success(response, path)
            found = response.json()
        except (httpx2.HTTPError, ValueError) as trouble:
            raise GitHubRefused(f"{_name(url)} does not answer: {trouble}") from None
        if not isinstance(found, dict):
            raise GitHubRefused(f"{_name(url)} answered with something else")
        return found

    def _authorise(self, place: str, installation: int | None) -> dict[str, str]:
        headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
        if self._key is None:
            return headers
        if installation is None:
            found = self._send("GET", f"/repos/{place}/installation", self._sign(headers))
            installation = int(found["id"])
        return {**headers, "Authorization": f"Bearer {self._find_token(place, installation)}"}

    def _sign(self, headers: Mapping[str, str]) -> dict[str, str]:
        assert self._key is not None
        moment = int(time.time())
        # A minute back: GitHub refuses what was signed in its future.
        claims = {"iss": self._app, "iat": moment - 60, "exp": moment + JWT_S}
        token = jwt.encode({"alg": "RS256"}, claims, self._key)
        return {**headers, "Authorization": f"Bearer {token}"}

    def _find_token(self, place: str, installation: int) -> str:
        """A token for this repository alone."""
        with self._lock:
            known = self._tokens.get((installation, place))
        if known and known[0] > time.time():
            return known[1]
        found = self._send(
            "POST", f"/app/installations/{installation}/access_tokens",
            self._sign({"Accept": "application/vnd.github+json"}),
            {"repositories": [place.partition("/")[2]], "permissions": WANTED},
        )  # fmt: skip
        try:
            token = str(found["token"])
            until = dt.datetime.fromisoformat(str(found["expires_at"])).timestamp() - 60
        except (KeyError, ValueError):
            raise GitHubRefused("GitHub gave no token for the app's installation") from None
        with self._lock:
            self._tokens[installation, place] = (until, token)
        return token


def _write(response: httpx2.Response, path: Path, limit: int) -> None:
    size = 0
    with path.open("wb") as file:
        for chunk in response.iter_raw():
            size += len(chunk)
            if size > limit:
                raise SubmissionError(
                    f"the commit is larger than {show_size(limit)}; commit code and answers only,"
                    " without data and pictures"
                )
            file.write(chunk)


def _starts_with(path: Path, mark: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(mark)) == mark


def _require_success(response: httpx2.Response, what: str) -> None:
    if response.is_success:
        return
    pause_s = response.headers.get("retry-after", "")
    raise GitHubRefused(
        f"GitHub answered {response.status_code} for {what}: {response.text[:200]}",
        float(pause_s) if pause_s.isdecimal() and len(pause_s) < 6 else 0,
    )


def _require_safe(url: str) -> None:
    """Errors   GitHubRefused for an address that a token must not be sent to in the clear."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOCAL):
        raise GitHubRefused(f"{_name(url)} is not an https address")


def _name(url: str) -> str:
    return urlsplit(url)._replace(query="", fragment="").geturl()[:200]
