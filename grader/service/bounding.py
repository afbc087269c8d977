"""What is read of a request into memory: little, unless its route streams and bounds it itself."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from grader.service.problem_json import make_problem
from grader.submission.files import show_size

MOST_BYTES = 1 << 20
"""Of a request in JSON: the largest, a reason and a comment, has some thousands."""
LIMITED = "/api/"
STREAMED = re.compile(
    r"/api/v1/(courses/[^/]+/assignments/[^/]+/submissions|uploads/[^/]+|github/webhook)"
)
"""Routes with limits of their own, which keep no more in memory than they say."""


class Bound:
    """ASGI middleware over the API: a body is read before anybody knows who sends it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_bounded = scope["type"] == "http" and scope["path"].startswith(LIMITED)
        if not is_bounded or STREAMED.fullmatch(scope["path"]):
            await self._app(scope, receive, send)
            return
        size = 0
        has_begun = False

        async def receive_bounded() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > MOST_BYTES:
                raise _TooMuch
            return message

        async def send_noted(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive_bounded, send_noted)
        except _TooMuch:
            if has_begun:
                raise
            words = f"this is larger than the {show_size(MOST_BYTES)} that a request may have"
            response = make_problem(Request(scope), 413, "Too large", words)
            response.headers["Connection"] = "close"
            await response(scope, receive, send)


class _TooMuch(BaseException):
    """Passes by every handler on its way out."""
