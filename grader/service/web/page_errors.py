"""Errors as pages: the same words as the API's, with a way on."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from grader.errors import GraderError, NotSignedIn
from grader.service.running import find_service
from grader.service.web.rendering import render
from grader.service.web.visiting import Visit, derive_token


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
        return _show(request, problem)

    return handle


def _wants_json(request: Request) -> bool:
    if request.url.path.startswith(("/api/", "/metrics", "/healthz", "/readyz")):
        return True
    accepted = request.headers.get("accept", "")
    return "text/html" not in accepted and request.headers.get("hx-request") != "true"


def _show(request: Request, problem: Response) -> Response:
    import json

    said = json.loads(bytes(problem.body))
    visit = Visit(find_service(request), None, "", derive_token(request), request.url.path)
    kept = {name: problem.headers[name] for name in ("retry-after",) if name in problem.headers}
    return render(
        visit, "problem.html", status=problem.status_code, headers=kept,
        title=said["title"], detail=said["detail"], request_id=said["request_id"],
    )  # fmt: skip
