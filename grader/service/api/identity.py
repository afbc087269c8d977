"""Who asks, and the courses that are theirs."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import BaseModel
from sqlalchemy import select

from grader.service.acting import Asker
from grader.service.running import find_service
from grader.store.schema import Course

router = APIRouter(tags=["identity"])


class CourseView(BaseModel):
    """A course, and what the asker is in it."""

    slug: str
    title: str
    timezone: str
    role: str


class MeView(BaseModel):
    """The asker."""

    id: int
    name: str
    is_operator: bool
    scopes: list[str] | None
    courses: list[CourseView]


@router.get("/me")
def read_me(request: Request, known: Asker) -> MeView:
    """Who you are, what you may do, and your courses."""
    service = find_service(request)
    with service.store.read() as session:
        courses = session.scalars(
            select(Course).where(Course.id.in_(known.roles)).order_by(Course.slug)
        ).all()
    return MeView(
        id=known.user_id,
        name=known.name,
        is_operator=known.is_operator,
        scopes=None if known.scopes is None else sorted(known.scopes),
        courses=[
            CourseView(
                slug=course.slug,
                title=course.title,
                timezone=course.timezone,
                role=known.roles[course.id],
            )
            for course in courses
        ],
    )
