"""Errors as pages: the same words as the API's, with a way on."""

from __future__ import annotations

from collections.abc import Awaitable
from contextlib import suppress
from typing import Any
from urllib.parse import quote, urlsplit

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from grader.errors import GraderError, NotSignedIn
from grader.service.running import find_service
from grader.service.web.rendering import render
from grader.service.web.visiting import Visit, derive_token, visit_anyway


def answer_pages(app: FastAPI) -> None:
    """Turn the API's problems into pages wherever a person looks at one."""
    for kind in (GraderError, HTTPException, RequestValidationError, DBAPIError, Exception):
        app.add_exception_handler(kind, _make_handler(app.exception_handlers[kind]))


def _make_handler(answer: Any) -> Any:
    async def handle(request: Request, error: Exception) -> Response:
        problem = answer(request, error)
        if isinstance(problem, Awaitable):
            problem = await problem
        if _wants_json(request):
            return problem  # type: ignore[no-any-return]
        if isinstance(error, NotSignedIn) and request.method == "GET":
            return RedirectResponse(f"/sign-in?next={quote(request.url.path)}", 303)
        return _show(request, error, problem)

    return handle


def _wants_json(request: Request) -> bool:
    if request.url.path.startswith(("/api/", "/metrics", "/healthz", "/readyz")):
        return True
    accepted = request.headers.get("accept", "")
    return "text/html" not in accepted and request.headers.get("hx-request") != "true"


def _show(request: Request, error: Exception, problem: Response) -> Response:
    import json

    said = json.loads(bytes(problem.body))
    title, detail = WORDS.get(type(error)) or (said["title"], said["detail"])
    if isinstance(error, HTTPException) and problem.status_code != 404:
        title, detail = said["title"].capitalize(), ""
    kept = {name: problem.headers[name] for name in ("retry-after",) if name in problem.headers}
    return render(
        _visit(request), "problem.html", status=problem.status_code, headers=kept,
        title=title, detail=detail, way=_find_way(request, error),
        request_id=said["request_id"] if problem.status_code not in UNREMARKABLE else "",
    )  # fmt: skip


WORDS: dict[type[Exception], tuple[str, str]] = {
    HTTPException: ("Not found", "There is no such page; its address may be mistyped"),
    RequestValidationError: ("Not understood", "This address is mistyped, or not complete"),
    NotSignedIn: ("You are signed out", "Nothing was changed. Sign in, and try again"),
}
"""Said otherwise than to programs."""
UNREMARKABLE = frozenset({401, 404, 429})
"""Nobody need be asked about these."""


def _visit(request: Request) -> Visit:
    """Whose page it is, where that can be told: the fault may be in telling it."""
    with suppress(Exception):
        return visit_anyway(request)
    return Visit(find_service(request), None, "", derive_token(request), request.url.path)


def _find_way(request: Request, error: Exception) -> tuple[str, str]:
    """Where to go on: the page that a form stood on, or one's courses."""
    came_from = urlsplit(request.headers.get("referer", ""))
    place = f"{came_from.path}?{came_from.query}" if came_from.query else came_from.path
    is_ours = request.method == "POST" and came_from.netloc == request.url.netloc
    if isinstance(error, NotSignedIn):
        return f"/sign-in?next={quote(place if is_ours else '/')}", "Sign in"
    return (place, "Back to the page") if is_ours else ("/", "Go to your courses")
