"""The API: a module for each kind of thing, and its router in one visible table."""

from __future__ import annotations

from fastapi import APIRouter

from grader.service.api import assignments, identity, submissions

ROUTERS: tuple[APIRouter, ...] = (
    identity.router,
    assignments.router,
    submissions.router,
)
