"""The API: a module for each kind of thing, and its router in one visible table."""

from __future__ import annotations

from fastapi import APIRouter

from grader.service.api import (
    assignments,
    configuration,
    following,
    gradebook,
    handing_in,
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
    handing_in.router,
    submissions.router,
    following.router,
    judgements.router,
    gradebook.router,
    regrades.router,
    people.router,
    tokens.router,
    operations.router,
)
