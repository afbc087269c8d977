"""What is asked of a platform by the service itself: a token, its roster, a score."""

from __future__ import annotations

import json
import re
import secrets
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx2
from joserfc import jwt
from joserfc.jwk import RSAKey

from grader.errors import GraderError
from grader.service.web.lti.claims import READ_MEMBERS, WRITE_SCORES
from grader.store.schema import Platform

TIMEOUT_S = 15.0
ASSERTION_S = 60
PAGES = 200
"""Of a roster: platforms send 50 to 100 people a page."""
LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_NEXT = re.compile(r'<([^>]+)>\s*;[^,]*\brel="?next"?')


class PlatformRefused(GraderError):
    """A platform said no, or nothing."""


class PlatformClient:
    """Asks platforms, with the key that they know us by."""

    def __init__(self, key: RSAKey) -> None:
        self._key = key
        self._tokens: dict[tuple[int, str], tuple[float, str]] = {}
        self._lock = threading.Lock()
        self._http = httpx2.Client(timeout=TIMEOUT_S, follow_redirects=False)

    def close(self) -> None:
        self._http.close()

    def read_members(self, platform: Platform, url: str) -> Iterator[dict[str, Any]]:
        """Everybody in a platform's course, page after page.

        Errors   PlatformRefused.
        """
        for _ in range(PAGES):
            response = self._ask(
                platform, "GET", url, READ_MEMBERS,
                accept="application/vnd.ims.lti-nrps.v2.membershipcontainer+json",
            )  # fmt: skip
            try:
                found = list(response.json().get("members") or ())
            except (ValueError, AttributeError, TypeError):
                raise PlatformRefused(f"{_name(url)} answered with no roster") from None
            yield from (each for each in found if isinstance(each, dict))
            following = _NEXT.search(response.headers.get("link", ""))
            if following is None:
                return
            url = following[1]

    def send_score(
        self, platform: Platform, url: str, subject: str, given: float, most: float, at: str
    ) -> None:
        """One student's score.

        Errors   PlatformRefused.
        """
        parts = urlsplit(url)
        # The query stays: some platforms name the line item in it.
        place = urlunsplit(parts._replace(path=parts.path.rstrip("/") + "/scores"))
        self._ask(
            platform, "POST", place, WRITE_SCORES,
            content=json.dumps(
                {
                    "userId": subject,
                    "scoreGiven": given,
                    "scoreMaximum": most,
                    "activityProgress": "Submitted",
                    # Platforms record nothing else; points still open are told of later.
                    "gradingProgress": "FullyGraded",
                    "timestamp": at,
                }
            ),
            content_type="application/vnd.ims.lis.v1.score+json",
        )  # fmt: skip

    def _ask(
        self, platform: Platform, method: str, url: str, scope: str, *,
        accept: str = "application/json", content: str | None = None, content_type: str = "",
    ) -> httpx2.Response:  # fmt: skip
        require_safe(url)
        headers = {"Authorization": f"Bearer {self._find_token(platform, scope)}", "Accept": accept}
        if content_type:
            headers["Content-Type"] = content_type
        try:
            response = self._http.request(method, url, headers=headers, content=content)
        except httpx2.HTTPError as trouble:
            raise PlatformRefused(f"{_name(url)} does not answer: {trouble}") from None
        if response.status_code == 401:
            with self._lock:
                self._tokens.pop((platform.id, scope), None)
        if not response.is_success:
            raise PlatformRefused(
                f"{_name(url)} answered {response.status_code}: {response.text[:200]}"
            )
        return response

    def _find_token(self, platform: Platform, scope: str) -> str:
        with self._lock:
            known = self._tokens.get((platform.id, scope))
        if known and known[0] > time.monotonic():
            return known[1]
        moment = int(time.time())
        assertion = jwt.encode(
            {"alg": "RS256", "kid": self._key.kid},
            {
                "iss": platform.client_id,
                "sub": platform.client_id,
                "aud": platform.token_url,
                "iat": moment,
                "exp": moment + ASSERTION_S,
                "jti": secrets.token_hex(16),
            },
            self._key,
        )
        try:
            response = self._http.post(
                platform.token_url,
                data={
                    "grant_type": "client_credentials",
                    "client_assertion_type": (
                        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
                    ),
                    "client_assertion": assertion,
                    "scope": scope,
                },
            )
            response.raise_for_status()
            document = response.json()
            token = str(document["access_token"])
        except (httpx2.HTTPError, ValueError, KeyError) as trouble:
            raise PlatformRefused(f"no token from {_name(platform.token_url)}: {trouble}") from None
        lasts_s = float(document.get("expires_in") or 3600) - ASSERTION_S
        with self._lock:
            self._tokens[platform.id, scope] = (time.monotonic() + lasts_s, token)
        return token


def require_safe(url: str) -> None:
    """Errors   PlatformRefused for an address that scores must not be sent to in the clear."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOCAL):
        raise PlatformRefused(f"{_name(url)} is not an https address")


def _name(url: str) -> str:
    return urlsplit(url)._replace(query="", fragment="").geturl()[:200]
