"""The pages: server-rendered, complete without JavaScript, nothing fetched from elsewhere."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI
from fastapi.staticfiles import StaticFiles

from grader.service.web import (
    account,
    configuration,
    dashboard,
    exporting,
    gradebook,
    marking,
    oidc,
    operator,
    people,
    platforms,
    problems,
    regrades,
    reports,
    review,
    signing_in,
    similar,
    student,
    students,
)
from grader.service.web.guarding import Guard
from grader.service.web.lti import pages
from grader.service.web.page_errors import answer_pages
from grader.service.web.rendering import STATIC, read_page_style

ROUTERS: tuple[APIRouter, ...] = (
    signing_in.router,
    account.router,
    student.router,
    reports.router,
    gradebook.router,
    exporting.router,
    people.router,
    dashboard.router,
    students.router,
    review.router,
    marking.router,
    regrades.router,
    similar.router,
    problems.router,
    configuration.router,
    operator.router,
    platforms.router,
    oidc.router,
    pages.router,
)


def add_pages(app: FastAPI) -> None:
    """Serve pages beside the API: their routes, files, headers and errors."""
    answer_pages(app)
    app.add_middleware(Guard)
    app.add_api_route("/static/page.css", read_page_style, include_in_schema=False)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    for router in ROUTERS:
        app.include_router(router, include_in_schema=False)
