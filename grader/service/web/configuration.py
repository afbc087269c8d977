"""An assignment's settings as a page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from grader.errors import Conflict, GraderError, UsageError
from grader.service.authorising import Action
from grader.service.versions import find_decided
from grader.service.web.opening import PLACE, open_assignment_for
from grader.service.web.rendering import find_zone, render
from grader.service.web.students import read_local
from grader.service.web.visiting import Form, PageForm, SignedIn, Visit
from grader.spec.models import Late
from grader.store.configuring import configure, read_configuration
from grader.store.operations import read_workers

router = APIRouter(prefix=PLACE + "/settings")
RESOURCES = ("cpu", "gpu", "gpu-h200")
"""Offered though no worker has one just now."""
TIMES = {
    "opens_at": ("Opens", "Before this, students see its title and nothing else."),
    "due_at": ("Due", "Later work is late; an extension moves this for one student."),
    "closes_at": ("Closes", "Nothing is taken after this, except from whoever has an extension."),
}
NAMES = {
    "opens_at": "when it opens", "due_at": "when it is due", "closes_at": "when it closes",
    "late": "what late work loses", "counts": "which submission counts", "queue": "its queue",
    "per_hour": "how many may come an hour", "is_visible": "whether it is published",
}  # fmt: skip
"""As a message says them."""


@router.get("")
def show_settings(visit: SignedIn, course: str, assignment: str, said: str = "") -> Response:
    """Every setting, those of the folder beside those that are set here."""
    done = "The settings are saved." if said == "kept" else ""
    return _show(visit, course, assignment, done=done)


@router.post("")
def keep_settings(visit: SignedIn, form: PageForm, course: str, assignment: str) -> Response:
    """Keep what was filled in."""

    def work(session: Session) -> None:
        found, wanted = open_assignment_for(
            session, visit, course, assignment, Action.MANAGE_COURSE
        )
        decided = find_decided(session, wanted)
        # The page shows what the folder decides, and sends nothing of it.
        given = {
            name: value
            for name, value in find_changes(form, found.timezone).items()
            if name not in decided
        }
        _require_same(form, read_configuration(wanted), given, found.timezone)
        configure(session, wanted, given, decided=decided, author_id=visit.person.user_id)

    try:
        visit.service.store.attempt(work)
    except GraderError as fault:
        return _show(visit, course, assignment, fault=str(fault), typed=form, status=422)
    return RedirectResponse(f"/courses/{course}/assignments/{assignment}/settings?said=kept", 303)


def find_changes(form: Form, zone: str) -> dict[str, Any]:
    """What was changed on the page: what stood there when it was shown comes with it.

    Errors   UsageError naming what can't be read.
    """
    given, shown = read_given(form, zone), _read_shown(form, zone)
    return {name: value for name, value in given.items() if value != shown.get(name, _UNKNOWN)}


_UNKNOWN = object()


def _read_shown(form: Form, zone: str) -> dict[str, Any]:
    shown = {name[4:]: value for name, value in form.items() if name.startswith("was:")}
    return read_given(Form(FormData(shown)), zone) if shown else {}


def _require_same(form: Form, now: Mapping[str, Any], given: Mapping[str, Any], zone: str) -> None:
    """Errors   Conflict where somebody else changed the same setting while the page was open."""
    shown = _read_shown(form, zone)
    for name in given:
        is_same = now[name] == shown.get(name, now[name]) or now[name] == given[name]
        if not is_same and not _is_as_shown(now[name], shown[name]):
            words = NAMES[name]
            raise Conflict(
                f"somebody else has changed {words} since this page was opened; look at the"
                " settings again, nothing was saved"
            )


def _is_as_shown(value: Any, shown: Any) -> bool:
    """A page shows times to the minute."""
    if isinstance(value, dt.datetime) and isinstance(shown, dt.datetime):
        return abs(value - shown) < dt.timedelta(minutes=1)
    return False


def read_given(form: Form, zone: str) -> dict[str, Any]:
    """The whole form as settings.

    Errors   UsageError naming what can't be read.
    """
    given: dict[str, Any] = {
        name: read_local(form.read(name, 30), zone) if form.read(name, 30) else None
        for name in TIMES
    }
    given["counts"] = form.read("counts", 8) or "last"
    given["queue"] = form.read("queue", 40)
    given["is_visible"] = bool(form.get("is_visible"))
    per_hour = _read_number(form, "per_hour", "submissions an hour")
    given["per_hour"] = None if per_hour is None else int(per_hour)
    loss = _read_number(form, "loss", "the percentage that late work loses")
    if loss is not None and loss > 100:
        raise UsageError(f"late work loses 100 % at most; saw {loss:g} %")
    given["late"] = None
    if loss is not None:
        cut_off = _read_number(form, "cut_off", "hours until nothing is earned")
        grace = _read_number(form, "grace", "minutes of grace") or 0.0
        late = {
            "loss": round(loss / 100, 6),
            "per": "hour" if form.get("per") == "hour" else "day",
            "grace_minutes": grace,
            "cut_off_hours": cut_off,
        }
        given["late"] = Late.model_validate(late).model_dump(mode="json")
    return given


def _read_number(form: Form, name: str, what: str) -> float | None:
    text = form.read(name, 12).replace(",", ".")
    if not text:
        return None
    if not text.replace(".", "", 1).isdecimal():
        raise UsageError(f"{what}: '{text}' is no number; write it as 10")
    return float(text)


def _show(
    visit: Visit, course: str, slug: str, *, done: str = "", fault: str = "",
    typed: Form | None = None, status: int = 200,
) -> Response:  # fmt: skip
    with visit.service.store.read() as session:
        found, assignment = open_assignment_for(session, visit, course, slug, Action.MANAGE_COURSE)
        settings = read_configuration(assignment)
        decided = find_decided(session, assignment)
        workers = read_workers(session, visit.service.settings.stale_s)
    queues = {*RESOURCES, settings["queue"], *(name for each, _ in workers for name in each.queues)}
    late = settings["late"] or {}
    stands = {name: _show_local(settings[name], found.timezone) for name in TIMES} | {
        "counts": settings["counts"],
        "queue": settings["queue"],
        "per_hour": settings["per_hour"] or "",
        "is_visible": settings["is_visible"],
        "loss": f"{100 * late['loss']:g}" if late else "",
        "per": late.get("per", "day"),
        "grace": f"{late['grace_minutes']:g}" if late.get("grace_minutes") else "",
        "cut_off": f"{late['cut_off_hours']:g}" if late.get("cut_off_hours") is not None else "",
    }
    filled = dict(stands)
    if typed is not None:
        filled |= {name: typed.get(name, "") for name in filled}
    return render(
        visit, "settings.html", status, course=found, assignment=assignment, filled=filled,
        stands=stands, decided=decided, times=TIMES, queues=sorted(queues), done=done, fault=fault,
        per_hour=visit.service.settings.per_hour, zone_name=found.timezone,
    )  # fmt: skip


def _show_local(moment: dt.datetime | None, zone: str) -> str:
    return f"{moment.astimezone(find_zone(zone)):%Y-%m-%dT%H:%M}" if moment else ""
