"""Errors as `application/problem+json`, each with a title, a detail and the request's id."""

from __future__ import annotations

import errno
import logging
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from grader.errors import (
    Conflict,
    GraderError,
    InstructorError,
    NotAllowed,
    NotFound,
    NotSignedIn,
    SubmissionError,
    TooMany,
    UsageError,
)
from grader.service.intake import TooLarge

log = logging.getLogger("grader.service")

STATUS: dict[type[GraderError], tuple[int, str]] = {
    NotSignedIn: (401, "Sign in first"),
    NotAllowed: (403, "Not allowed"),
    NotFound: (404, "Not found"),
    Conflict: (409, "Not possible now"),
    TooMany: (429, "Too many"),
    TooLarge: (413, "Too large"),
    SubmissionError: (422, "Nothing in the submission can be read"),
    UsageError: (422, "Not understood"),
    InstructorError: (409, "The problems need their author"),
}
"""The first class that fits; everything else is ours, a 500."""


def answer_problems(app: FastAPI) -> None:
    """Make every error of this app a problem."""
    app.add_exception_handler(GraderError, _answer_grader_error)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(DBAPIError, _answer_database)
    app.add_exception_handler(ClientDisconnect, _answer_nobody)
    app.add_exception_handler(Exception, _answer_fault)


def make_problem(
    request: Request, status: int, title: str, detail: str = "", **more: Any
) -> JSONResponse:
    """One problem, as a response."""
    headers = more.pop("headers", None)
    content = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "request_id": getattr(request.state, "request_id", ""),
        **more,
    }
    return JSONResponse(content, status, headers, media_type="application/problem+json")


def _answer_grader_error(request: Request, error: Exception) -> JSONResponse:
    for kind, (status, title) in STATUS.items():
        if isinstance(error, kind):
            headers = {}
            if isinstance(error, TooMany):
                headers["Retry-After"] = str(error.retry_after_s)
            if isinstance(error, NotSignedIn):
                headers["WWW-Authenticate"] = "Bearer"
            return make_problem(request, status, title, str(error), headers=headers)
    return _answer_fault(request, error)


def _answer_http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    title = str(error.detail)
    return make_problem(request, error.status_code, title, headers=error.headers)


def _answer_invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    faults = [
        {"where": ".".join(map(str, fault["loc"])), "what": fault["msg"]}
        for fault in error.errors()
    ]
    detail = f"{faults[0]['where']}: {faults[0]['what']}" if faults else ""
    return make_problem(request, 422, "Not understood", detail, faults=faults)


def _answer_database(request: Request, error: Exception) -> JSONResponse:
    if not _is_away(error):
        return _answer_fault(request, error)
    log.error("database: %s", error, extra=_name_request(request))
    return make_problem(
        request,
        503,
        "The database is away",
        "nothing was lost; try again in a moment",
        headers={"Retry-After": "5"},
    )


def _answer_fault(request: Request, error: Exception) -> JSONResponse:
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        log.error("the disk is full: %s", error, extra=_name_request(request))
        detail = "its disk is full; nothing was taken, and its operator is told: try again later"
        return make_problem(request, 507, "The service has no room", detail)
    log.error("fault", exc_info=error, extra=_name_request(request))
    detail = "a fault of the service, not yours; its operator finds it by the request's id"
    return make_problem(request, 500, "The service failed", detail)


def _name_request(request: Request) -> dict[str, str]:
    """What people are told to ask their operator by."""
    return {"request_id": getattr(request.state, "request_id", "")}


def _answer_nobody(request: Request, error: Exception) -> Response:
    """Whoever asked has left in the middle of it, which is nobody's fault."""
    return Response(status_code=400)


def _is_away(error: Exception) -> bool:
    """Whether the database could not do what it was asked; what it doesn't understand is a fault.

    SQLite's driver calls both operational, and a table that isn't there is its general error.
    """
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    return getattr(error.orig, "sqlite_errorname", "") != "SQLITE_ERROR"
