"""How many requests are answered: a few too many are told when to come again."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from grader.service.acting import KNOWN
from grader.service.limiting import Limiter


class Desk:
    """A limiter before an API that knows the tokens `ada` and `bo`, and a clock set by hand."""

    def __init__(self, per_minute: int = 6, strangers_per_minute: int = 3) -> None:
        self.moment = 0.0
        self.limiter = Limiter(self._answer, per_minute, strangers_per_minute, lambda: self.moment)

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        known = (b"Bearer ada", b"Bearer bo", b"grade_session=ada")
        is_known = any(value.endswith(known) for _, value in scope["headers"])
        scope["state"][KNOWN] = is_known
        is_public = scope["path"].endswith("/openapi.json")
        status = 200 if is_known or is_public else 401
        await send({"type": "http.response.start", "status": status})

    def ask(
        self,
        token: str = "",
        cookie: str = "",
        address: str = "192.0.2.1",
        path: str = "/api/v1/me",
    ) -> tuple[int, dict[str, str], bytes]:
        headers = [(b"authorization", f"Bearer {token}".encode())] if token else []
        headers += [(b"cookie", cookie.encode())] if cookie else []
        scope = {
            "type": "http", "path": path, "headers": headers, "client": (address, 1),
            "method": "GET", "state": {"request_id": "abc"},
        }  # fmt: skip
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        asyncio.run(self.limiter(scope, lambda: None, send))  # type: ignore[arg-type]
        found = {name.decode(): value.decode() for name, value in sent[0].get("headers", ())}
        return sent[0]["status"], found, b"".join(each.get("body", b"") for each in sent)

    def count(self, times: int, **who: str) -> list[int]:
        return [self.ask(**who)[0] for _ in range(times)]


def test_a_token_that_asks_too_often_is_told_when_to_come_again() -> None:
    desk = Desk()
    assert desk.count(6, token="ada") == [200] * 6
    status, headers, body = desk.ask(token="ada")
    assert status == 429
    assert headers["content-type"] == "application/problem+json"
    assert headers["retry-after"] == "11"
    problem = json.loads(body)
    assert (problem["status"], problem["request_id"]) == (429, "abc")
    # Another person behind the same address goes on, and so does this one after the wait.
    assert desk.count(2, token="bo") == [200, 200]
    desk.moment = 11
    assert desk.count(2, token="ada") == [200, 429]


def test_a_browser_counts_by_its_session() -> None:
    desk = Desk()
    cookie = "grade_visitor=x; grade_session=ada"
    assert desk.count(7, cookie=cookie)[-1] == 429
    assert desk.count(1, cookie="grade_session=ada")[-1] == 429
    assert desk.count(1, token="ada") == [200]


def test_guessing_tokens_ends_soon_and_locks_out_nobody_who_is_known() -> None:
    desk = Desk()
    assert desk.count(1, token="ada") == [200]
    assert [desk.ask(token=f"guess-{number}")[0] for number in range(5)] == [401] * 3 + [429] * 2
    assert desk.count(1) == [429]
    assert desk.count(1, token="ada") == [200]
    assert desk.count(1, address="192.0.2.2") == [401]


def test_a_made_up_token_is_a_strangers_also_where_none_is_asked_for() -> None:
    desk = Desk()
    public = "/api/v1/openapi.json"
    codes = [desk.ask(token=f"guess-{number}", path=public)[0] for number in range(5)]
    assert codes == [200] * 3 + [429] * 2
    assert desk.ask(token="guess-0")[0] == 429, "it was never anybody's"
    assert desk.ask(token="ada", address="192.0.2.2")[0] == 200
    assert desk.ask(token="ada")[0] == 200


@pytest.mark.parametrize("path", ["/", "/courses/dl", "/healthz", "/api/v1/github/webhook"])
def test_only_the_api_is_counted(path: str) -> None:
    assert 429 not in Desk().count(9, path=path)


def test_nought_means_no_limit() -> None:
    desk = Desk(per_minute=0, strangers_per_minute=0)
    assert 429 not in desk.count(50) + desk.count(50, token="ada")
