"""An assignment's settings: when it is open, what late work loses, where it is graded."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from grader.service.acting import Asker
from grader.service.api.assignments import PLACE
from grader.service.api.finding import open_assignment
from grader.service.api.shapes import Given, GivenTime
from grader.service.authorising import Action, Thing, require
from grader.service.running import find_service
from grader.service.versions import find_decided
from grader.store.configuring import MOST_PER_HOUR, configure, read_configuration
from grader.store.roster import Known
from grader.store.schema import Assignment

router = APIRouter(tags=["assignments"])

MOST_MINUTES = 60 * 24 * 366


class LateGiven(Given):
    """What late work loses; shares are 0 to 1, of what was earned."""

    loss: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
    per: Literal["day", "hour"] = "day"
    grace_minutes: Annotated[float, Field(ge=0, le=MOST_MINUTES, allow_inf_nan=False)] = 0
    cut_off_hours: (
        Annotated[float, Field(ge=0, le=MOST_MINUTES / 60, allow_inf_nan=False)] | None
    ) = None
    """So long after the due time nothing is earned any more."""


class ConfigurationGiven(Given):
    """What is to change; what is left out stays."""

    opens_at: GivenTime | None = None
    due_at: GivenTime | None = None
    closes_at: GivenTime | None = None
    late: LateGiven | None = None
    counts: Literal["last", "best"] | None = None
    queue: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")] | None = None
    per_hour: Annotated[int, Field(ge=1, le=MOST_PER_HOUR)] | None = None
    is_visible: bool | None = None


class ConfigurationView(BaseModel):
    """The settings of an assignment."""

    opens_at: dt.datetime | None
    due_at: dt.datetime | None
    closes_at: dt.datetime | None
    late: dict[str, Any] | None
    counts: str
    queue: str
    per_hour: int | None
    is_visible: bool
    decided_by_folder: list[str]
    """These are said in assignment.yaml, and changed there."""


@router.get(PLACE + "/settings")
def read(request: Request, known: Asker, course: str, assignment: str) -> ConfigurationView:
    """Every setting as it stands."""
    with find_service(request).store.read() as session:
        return _show(session, _open(session, known, course, assignment))


@router.patch(PLACE + "/settings")
def change(
    request: Request, known: Asker, course: str, assignment: str, given: ConfigurationGiven
) -> ConfigurationView:
    """Change some settings; scores that depend on them are computed anew."""
    never_null = ("counts", "queue", "is_visible")
    changes = {
        name: value
        for name, value in given.model_dump(exclude_unset=True).items()
        if value is not None or name not in never_null
    }

    def work(session: Session) -> ConfigurationView:
        wanted = _open(session, known, course, assignment)
        decided = find_decided(session, wanted)
        configure(session, wanted, changes, decided=decided, author_id=known.user_id)
        session.flush()
        return _show(session, wanted)

    return find_service(request).store.attempt(work)


def _open(session: Session, known: Known, course: str, assignment: str) -> Assignment:
    found, wanted = open_assignment(session, known, course, assignment)
    require(known, Action.MANAGE_COURSE, Thing(found.id))
    return wanted


def _show(session: Session, assignment: Assignment) -> ConfigurationView:
    return ConfigurationView(
        **read_configuration(assignment),
        decided_by_folder=sorted(find_decided(session, assignment)),
    )
