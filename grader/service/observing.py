"""Around every request: an id that goes through to the worker, a line in the log, a measure."""

from __future__ import annotations

import logging
import re
import time
import uuid

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from grader.service.health import Measures

_GIVEN = re.compile(rb"[A-Za-z0-9._-]{8,64}")
"""What a proxy may call a request; anything else is named anew."""

log = logging.getLogger("grader.service.requests")


class Observer:
    """ASGI middleware; streams pass through as they come."""

    def __init__(self, app: ASGIApp, measures: Measures) -> None:
        self._app, self._measures = app, measures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _find_id(scope) or uuid.uuid4().hex[:16]
        scope.setdefault("state", {})["request_id"] = request_id
        started = time.perf_counter()
        status = 500

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [
                    *message.get("headers", ()),
                    (b"x-request-id", request_id.encode()),
                ]
            await send(message)

        try:
            await self._app(scope, receive, answer)
        finally:
            elapsed_s = time.perf_counter() - started
            # The route and never the path: names in it would make a measure each.
            route = getattr(scope.get("route"), "path", "none")
            self._measures.requests.labels(scope["method"], route, str(status)).inc()
            self._measures.seconds.labels(route).observe(elapsed_s)
            log.info(
                "answered",
                extra={
                    "request_id": request_id,
                    "method": scope["method"],
                    "route": route,
                    "status": status,
                    "elapsed_ms": round(elapsed_s * 1000, 1),
                },
            )


def _find_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _GIVEN.fullmatch(value):
            return str(value.decode())
    return ""
