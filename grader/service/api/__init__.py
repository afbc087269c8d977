"""The API: a module for each kind of thing, and its router in one visible table."""

from __future__ import annotations

from fastapi import APIRouter

from grader.service.api import (
    assignments,
    configuration,
    gradebook,
    identity,
    judgements,
    operations,
    people,
    regrades,
    submissions,
    tokens,
    uploads,
)

ROUTERS: tuple[APIRouter, ...] = (
    identity.router,
    assignments.router,
    configuration.router,
    uploads.router,
    submissions.router,
    judgements.router,
    gradebook.router,
    regrades.router,
    people.router,
    tokens.router,
    operations.router,
)
