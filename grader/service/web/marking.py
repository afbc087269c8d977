"""Marking what waits for a person: by keyboard, with comments used again, blind where wished."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from grader.errors import Conflict, NotFound, UsageError
from grader.service.api.finding import bound_id
from grader.service.authorising import Action
from grader.service.web.dashboard import read_titles
from grader.service.web.marking_answer import read_answer
from grader.service.web.marking_items import fill_items, list_items, read_items
from grader.service.web.opening import PLACE, open_assignment_for
from grader.service.web.rendering import render
from grader.service.web.visiting import Form, PageForm, SignedIn, Visit
from grader.store.awaiting import Waiting, list_waiting
from grader.store.deciding import find_asked
from grader.store.marking import keep_marks
from grader.store.schema import Assignment, Submission

router = APIRouter(prefix=PLACE + "/marking")


@dataclass(frozen=True, slots=True)
class Filters:
    """What a marker goes through."""

    part: str = ""
    blind: bool = True
    all: bool = False

    def link(self, place: str, **more: object) -> str:
        """The page with these filters."""
        asked = {"part": self.part, "blind": str(self.blind).lower(), "all": str(self.all).lower()}
        return f"{place}/marking?{urlencode(asked | more)}"


@dataclass(frozen=True, slots=True)
class Queue:
    """The answers that a marker goes through, and the one that is shown."""

    waiting: list[Waiting]
    place: int
    parts: list[str]
    left: int
    total: int
    was_found: bool

    @property
    def current(self) -> Waiting | None:
        return self.waiting[self.place] if self.waiting else None

    def look(self, step: int) -> Waiting | None:
        """The answer so far from the one that is shown."""
        near = self.place + step
        return self.waiting[near] if 0 <= near < len(self.waiting) else None


@router.get("")
def show_marking(
    visit: SignedIn, course: str, assignment: str, part: str = "", at: int = 0, of: str = "",
    after: int = 0, blind: bool = True, all: bool = False, reuse: bool = False,
) -> Response:  # fmt: skip
    """The next answer that waits: of all, after another one, or the one asked for."""
    filters = Filters(part, blind, all)
    return _show(visit, course, assignment, filters, at=at, of=of, after=after, reuse=reuse)


def _show(
    visit: Visit, course: str, assignment: str, filters: Filters, *, at: int = 0, of: str = "",
    after: int = 0, reuse: bool = False, form: Form | None = None, fault: str = "",
    status: int = 200,
) -> Response:  # fmt: skip
    with visit.service.store.read() as session:
        found, wanted = open_assignment_for(session, visit, course, assignment, Action.MARK)
        queue = _find_queue(session, wanted, filters, bound_id(at), of, after)
        current = queue.current
        answer = read_answer(session, wanted, current, reuse=reuse) if current else None
        titles = read_titles(session, wanted)
    items, comment = (answer.items, answer.comment) if answer else ([], "")
    if form is not None:
        items, comment = fill_items(items, form), form.read("comment", 4_000)
    place = f"/courses/{course}/assignments/{assignment}"

    def go(step: int) -> str:
        near = queue.look(step)
        return filters.link(place, at=near.submission_id, of=near.part) if near else ""

    return render(
        visit, "marking.html", course=found, assignment=wanted, queue=queue, filters=filters,
        current=current, answer=answer, items=items, comment=comment, titles=titles, fault=fault,
        next_one=go(1), previous_one=go(-1), is_outdated=status == 409, reused=reuse,
        last_one=filters.link(place, at=after, of=of) if after else "",
        reuse_link=filters.link(place, at=current.submission_id, of=current.part, reuse="true")
        if current else "",
        status=status, zone_name=visit.timezone or found.timezone,
    )  # fmt: skip


def _find_queue(
    session: Session, assignment: Assignment, filters: Filters, at: int, of: str, after: int
) -> Queue:
    everything = list_waiting(session, assignment, also=at)
    parts = list(dict.fromkeys(each.part for each in everything))
    chosen = [each for each in everything if filters.part in ("", each.part)]
    asked = [each for each in chosen if each.submission_id == at and of in ("", each.part)]
    waiting = [each for each in chosen if filters.all or each.is_open or each in asked[:1]]
    place = 0
    if asked:
        place = waiting.index(asked[0])
    elif after and of in parts:
        last = parts.index(of), after
        later = [i for i, each in enumerate(waiting) if _order(parts, each) > last]
        place = later[0] if later else 0
    counted = [each for each in chosen if each.claim != "does not count"]
    left = sum(each.is_open for each in counted)
    return Queue(waiting, place, parts, left, len(counted), bool(asked) or not at)


def _order(parts: list[str], waiting: Waiting) -> tuple[int, int]:
    return parts.index(waiting.part), waiting.submission_id


@router.get("/{submission_id}/{part}")
def return_to_answer(
    visit: SignedIn, course: str, assignment: str, submission_id: int, part: str
) -> Response:
    """The address that marks are sent to, loaded again, leads back to the answer."""
    place = f"/courses/{course}/assignments/{assignment}"
    return RedirectResponse(Filters().link(place, at=submission_id, of=part), 303)


@router.post("/{submission_id}/{part}")
def give_marks(
    visit: SignedIn, form: PageForm, course: str, assignment: str, submission_id: int, part: str
) -> Response:
    """Keep the points and the comment, and go on to the next after this one."""
    filters = Filters(
        form.read("part", 80), form.read("blind") != "false", form.read("all") == "true"
    )
    seen = form.read("seen", 18)
    again: dict[str, Any] = {"at": submission_id, "of": part, "form": form}

    def work(session: Session) -> bool:
        _, wanted = open_assignment_for(session, visit, course, assignment, Action.MARK)
        submission = session.get(Submission, bound_id(submission_id))
        if submission is None or submission.assignment_id != wanted.id:
            raise NotFound("there is no such submission")
        items = list_items(find_asked(session, submission, part), {})
        return keep_marks(
            session, submission, part, read_items(items, form),
            comment=form.read("comment", 4_000), author_id=visit.person.user_id,
            seen=int(seen) if seen.isdecimal() else 0,
        )  # fmt: skip

    try:
        is_kept = visit.service.store.attempt(work)
    except (UsageError, Conflict) as fault:
        return _show(visit, course, assignment, filters, fault=str(fault), status=422, **again)
    if not is_kept:
        return _show(visit, course, assignment, filters, status=409, **again)
    place = f"/courses/{course}/assignments/{assignment}"
    return RedirectResponse(filters.link(place, after=submission_id, of=part), 303)
