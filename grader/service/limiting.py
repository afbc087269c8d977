"""How many requests a token, a browser or an address may make: programs wait, nobody is starved."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from grader.service.acting import COOKIE, KNOWN
from grader.service.problem_json import make_problem

MOST_KEYS = 20_000
"""Kept at once, about 4 MiB; the longest unused go first, and are full again by then."""
LIMITED = "/api/"
SIGNED = "/api/v1/github/webhook"
"""Its sender signs each request, and a class hands in through one address."""


class Buckets:
    """A bucket a key: it holds `per_minute` requests, and fills again evenly. 0 has no limit.

    Each process counts for itself.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._clock = float(per_minute), clock
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, key: str, count: float = 1.0) -> int:
        """Take a request out; seconds to wait where there is none, else 0."""
        if not self._most:
            return 0
        with self._lock:
            moment = self._clock()
            level, since = self._levels.get(key, (self._most, moment))
            level = min(self._most, level + (moment - since) * self._most / 60)
            is_there = level >= 1
            self._levels[key] = (level - count if is_there else level, moment)
            self._levels.move_to_end(key)
            while len(self._levels) > MOST_KEYS:
                self._levels.popitem(last=False)
        return 0 if is_there else int((1 - level) * 60 / self._most) + 1

    def look(self, key: str) -> int:
        """The same, and nothing is taken."""
        return self.take(key, 0.0)


class Limiter:
    """ASGI middleware over the API: a limit for each token or session, and one for strangers.

    Whoever sends tokens that nobody has counts as a stranger, also where nobody is asked for one;
    a token that was good a moment ago does not, so that a neighbour behind the same address locks
    nobody out.
    """

    def __init__(
        self,
        app: ASGIApp,
        per_minute: int,
        strangers_per_minute: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._known = Buckets(per_minute, clock)
        self._strangers = Buckets(strangers_per_minute, clock)
        self._accepted: OrderedDict[str, None] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_limited = scope["type"] == "http" and scope["path"].startswith(LIMITED)
        if not is_limited or scope["path"] == SIGNED:
            await self._app(scope, receive, send)
            return
        client = scope.get("client")
        address = client[0] if client else ""
        credential = find_credential(scope)
        wait_s = self._find_wait(address, credential)
        if wait_s:
            await self._refuse(wait_s)(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start" and credential:
                if scope.get("state", {}).get(KNOWN):
                    self._accept(credential)
                elif message["status"] == 401 or credential not in self._accepted:
                    self._strangers.take(address)
            await send(message)

        await self._app(scope, receive, answer)

    def _find_wait(self, address: str, credential: str) -> int:
        if not credential:
            return self._strangers.take(address)
        if credential not in self._accepted:
            wait_s = self._strangers.look(address)
            if wait_s:
                return wait_s
        return self._known.take(credential)

    def _accept(self, credential: str) -> None:
        self._accepted[credential] = None
        self._accepted.move_to_end(credential)
        while len(self._accepted) > MOST_KEYS:
            self._accepted.popitem(last=False)

    def _refuse(self, wait_s: int) -> ASGIApp:
        async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
            response = make_problem(
                Request(scope),
                429,
                "Too many",
                f"too many requests; wait {wait_s} s before the next",
                headers={"Retry-After": str(wait_s)},
            )
            await response(scope, receive, send)

        return refuse


def find_credential(scope: Scope) -> str:
    """A name for the token or the session that a request carries; '' for neither."""
    for wanted in (b"authorization", b"cookie"):
        for name, value in scope["headers"]:
            if name != wanted:
                continue
            secret = value if wanted == b"authorization" else _find_session(value)
            if secret:
                return hashlib.sha256(secret).hexdigest()[:32]
    return ""


def _find_session(header: bytes) -> bytes:
    try:
        found = SimpleCookie(header.decode("latin-1")).get(COOKIE)
    except CookieError:
        return b""
    return found.value.encode() if found else b""
