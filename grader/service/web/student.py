"""A student's pages: courses, assignments, handing in, what came of it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.errors import Conflict, GraderError, TooMany, UsageError
from grader.service.api.finding import is_open_yet, open_assignment, open_course
from grader.service.authorising import Action, Thing, may, require
from grader.service.versions import load_version
from grader.service.web.answered import read_typed, reconcile
from grader.service.web.charts import Mark, draw_history
from grader.service.web.previewing import Preview, preview
from grader.service.web.rendering import render
from grader.service.web.statements import Blank, ask, find_blanks
from grader.service.web.taking import (
    find_shown,
    has_chosen,
    name_shown,
    read_archive,
    say_disputed,
    take_form,
)
from grader.service.web.throttling import Throttle
from grader.service.web.visiting import Anybody, Form, PageForm, SignedIn, UploadForm, Visit
from grader.spec.loaded import LoadedAssignment
from grader.store.admission import (
    count_attempts,
    find_extension,
    find_latest,
    find_most_attempts,
)
from grader.store.catalogue import list_assignments
from grader.store.facts import find_counting_runs
from grader.store.runs import find_newest_runs
from grader.store.schema import Assignment, Course, GradingRun, Standing, Submission
from grader.store.scores import explain_standing, find_earned
from grader.store.standing import Judged
from grader.store.types import now
from grader.submission.names import Use

router = APIRouter()
SHOWN = 200
"""Submissions of one student to one assignment on a page."""
PREVIEWS = Throttle(allowed=240, window_s=60)
"""Four a second: faster than anybody types, slow enough for one process to serve a class."""
PREVIEW_S = 0.02
"""What one may take; a slower one counts as several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An assignment in a list, as it stands for its reader."""

    course: Course
    assignment: Assignment
    due_at: Any
    is_extended: bool
    standing: Standing | None
    is_open: bool


@router.get("/")
def show_home(visit: Anybody) -> Response:
    """One's courses, and what is due next in them."""
    if visit.known is None:
        return RedirectResponse("/sign-in", 303)
    person = visit.person
    with visit.service.store.read() as session:
        courses = session.scalars(
            select(Course)
            .where(Course.id.in_(person.roles), Course.archived_at.is_(None))
            .order_by(Course.title)
        ).all()
        rows = [row for course in courses for row in _list_rows(session, visit, course)]
    soon = sorted(
        (row for row in rows if row.is_open and row.due_at and row.due_at > now()),
        key=lambda row: row.due_at,
    )[:5]
    return render(visit, "home.html", courses=courses, soon=soon, roles=person.roles)


@router.get("/courses/{course}")
def show_course(visit: SignedIn, course: str) -> Response:
    """The assignments of a course."""
    with visit.service.store.read() as session:
        found = open_course(session, visit.person, course)
        rows = _list_rows(session, visit, found)
    return render(
        visit, "course.html", course=found, rows=rows, zone_name=visit.timezone or found.timezone,
        role=visit.person.roles.get(found.id, ""),
    )  # fmt: skip


def _list_rows(session: Session, visit: Visit, course: Course) -> list[Row]:
    person = visit.person
    sees_all = may(person, Action.SEE_UNPUBLISHED, Thing(course.id))
    standings = {
        standing.assignment_id: standing
        for standing in session.scalars(select(Standing).where(Standing.user_id == person.user_id))
    }
    rows = []
    for assignment in list_assignments(session, course.id):
        if not (assignment.is_visible or sees_all):
            continue
        extension = find_extension(session, assignment.id, person.user_id)
        due_at = extension.due_at if extension else assignment.due_at
        closes_at = max(filter(None, (assignment.closes_at, due_at)), default=None)
        is_open = not (assignment.closes_at and closes_at and closes_at < now())
        rows.append(
            Row(
                course=course,
                assignment=assignment,
                due_at=due_at,
                is_extended=extension is not None,
                standing=standings.get(assignment.id),
                is_open=is_open and not (assignment.opens_at and assignment.opens_at > now()),
            )
        )
    return rows


@router.get("/courses/{course}/assignments/{assignment}")
def show_assignment(visit: SignedIn, course: str, assignment: str) -> Response:
    """What is asked, the form to hand in, and where one stands."""
    return _show_assignment(visit, course, assignment)


def _show_assignment(
    visit: Visit,
    course_slug: str,
    slug: str,
    *,
    fault: str = "",
    done: str = "",
    typed: dict[str, str] | None = None,
    shown: str | None = None,
    disputed: Mapping[str, str] = MappingProxyType({}),
    readings: Mapping[str, Preview | None] = MappingProxyType({}),
    status: int = 200,
) -> Response:
    person = visit.person
    with visit.service.store.read() as session:
        course, assignment = open_assignment(session, person, course_slug, slug)
        row = next(
            row for row in _list_rows(session, visit, course) if row.assignment.id == assignment.id
        )
        loaded = load_version(session, assignment, person.user_id)
        is_shown = is_open_yet(person, assignment)
        latest = find_latest(session, assignment.id, person.user_id)
        earlier = read_archive(session, latest)
        judged = _explain(session, visit, assignment)
        submissions, runs, counting = find_history(session, assignment, person.user_id)
        earned = find_earned(session, assignment, person.user_id)
        used = count_attempts(session, assignment, person.user_id)
    if typed is None:
        typed = read_typed(earlier.files, loaded)
    if shown is None:
        shown = name_shown(latest)
    return render(
        visit, "assignment.html", status, course=course, assignment=assignment, row=row,
        problems=ask(loaded) if is_shown else (), prompt=loaded.prompt if is_shown else "",
        typed=typed, fault=fault, done=done, readings=readings, latest=latest,
        part_count=sum(1 for _ in loaded.parts()),
        kept=[file.name for file in earlier.files if file.use is not Use.ANSWERS],
        shown=shown, disputed=disputed,
        judged=judged, submissions=submissions, runs=runs, counting=counting, earned=earned,
        chart=_draw(submissions, earned, judged, float(assignment.max_points)),
        used=used, most=find_most_attempts(assignment),
        zone_name=visit.timezone or course.timezone, limits=visit.service.settings,
        closed=_say_closed(visit, row, used),
    )  # fmt: skip


def _say_closed(visit: Visit, row: Row, used: int) -> str:
    """Why nothing can be handed in now; '' where it can."""
    if not may(visit.person, Action.SUBMIT, Thing(row.course.id, visit.person.user_id)):
        return "Your role hands nothing in here."
    most = find_most_attempts(row.assignment)
    if most is not None and used >= most:
        return "Your attempts are used: nothing more is taken, and what counts stays."
    if row.course.archived_at:
        return "This course is archived: nothing is taken any more."
    if row.is_open:
        return ""
    opens_at = row.assignment.opens_at
    if opens_at and opens_at > now():
        return "This is not open yet."
    return "This is closed: nothing is taken any more."


def _explain(session: Session, visit: Visit, assignment: Assignment) -> Judged | None:
    person = visit.person
    if not may(person, Action.SEE_SCORE, Thing(assignment.course_id, person.user_id)):
        return None
    return explain_standing(session, assignment, person.user_id)


def find_history(
    session: Session, assignment: Assignment, user_id: int
) -> tuple[Sequence[Submission], dict[int, GradingRun], dict[int, GradingRun]]:
    submissions = session.scalars(
        select(Submission)
        .where(Submission.assignment_id == assignment.id, Submission.user_id == user_id)
        .order_by(Submission.ordinal.desc())
        .limit(SHOWN)
    ).all()
    ids = [submission.id for submission in submissions]
    return submissions, find_newest_runs(session, ids), find_counting_runs(session, ids)


def _draw(
    submissions: Sequence[Submission],
    earned: Mapping[int, Fraction],
    judged: Judged | None,
    maximum: float,
) -> Any:
    marks = [
        Mark(
            submission.ordinal,
            submission.received_at,
            float(earned[submission.id]),
            judged is not None and judged.submission_id == submission.id,
        )
        for submission in reversed(submissions)
        if submission.id in earned
    ]
    return draw_history(marks, maximum, "Your scores by submission") if len(marks) > 1 else None


@router.post("/courses/{course}/assignments/{assignment}/preview")
def show_preview(visit: SignedIn, form: PageForm, course: str, assignment: str) -> Response:
    """How one typed answer is read: a fragment, or a page of its own without JavaScript."""
    PREVIEWS.require_room(str(visit.person.user_id))
    with visit.service.store.read() as session:
        _, found = open_assignment(session, visit.person, course, assignment)
        loaded = load_version(session, found, visit.person.user_id)
    name = form.read("name", 200)
    blanks = find_blanks(loaded) if is_open_yet(visit.person, found) else ()
    blank = next((pair for pair in blanks if pair[0].name == name), None)
    if blank is None:
        raise UsageError(f"{assignment} has no answer called '{name}'")
    shown = _preview(visit, blank[0], blank[1], form.get(f"answer:{name}", ""))
    return render(visit, "preview.html", shown=shown)


def _preview(visit: Visit, blank: Blank, asked: Any, text: str) -> Preview | None:
    """How a text is read; counted by the time that it takes, for all wait for this process."""
    started_s = time.thread_time()
    shown = preview(blank.kind, asked, text)
    for _ in range(1 + int((time.thread_time() - started_s) / PREVIEW_S)):
        PREVIEWS.note(str(visit.person.user_id))
    return shown


@router.post("/courses/{course}/assignments/{assignment}/hand-in")
def hand_in(
    request: Request, visit: SignedIn, form: UploadForm, course: str, assignment: str
) -> Response:
    """Take what was uploaded and typed, and let it be graded."""
    person = visit.person
    with visit.service.store.read() as session:
        found, wanted = open_assignment(session, person, course, assignment)
        require(person, Action.SUBMIT, Thing(found.id, person.user_id))
        loaded = load_version(session, wanted, person.user_id)
        latest = find_latest(session, wanted.id, person.user_id)
        shown = find_shown(session, form, latest)
        newest = read_archive(session, latest)
        seen = newest if shown is latest else read_archive(session, shown)
    blanks = {blank.name: blank for blank, _ in find_blanks(loaded)}
    typed = {name: read_blank(form, blank) for name, blank in blanks.items()}
    if form.get("read"):
        PREVIEWS.require_room(str(person.user_id))
        # The button of a browser without JavaScript: show how everything is read.
        return _show_readings(
            visit, loaded, typed, course, assignment, name_shown(shown), has_files=has_chosen(form)
        )
    meant = reconcile(
        blanks, typed, read_typed(seen.files, loaded), read_typed(newest.files, loaded)
    )
    try:
        if meant.disputed:
            raise Conflict(say_disputed(meant, latest, has_files=has_chosen(form)))
        view = take_form(request, visit, form, course, assignment, loaded, meant, seen, newest)
    except GraderError as fault:
        return _show_assignment(
            visit, course, assignment, fault=str(fault), typed=meant.texts,
            shown=name_shown(latest), disputed=meant.disputed,
            status=429 if isinstance(fault, TooMany) else 422,
        )  # fmt: skip
    return RedirectResponse(f"/submissions/{view.id}", 303)


def read_blank(form: Form, blank: Blank) -> str:
    """What was filled in: a text, or a line for each option ticked."""
    if blank.kind != "multi":
        return form.get(f"answer:{blank.name}", "")
    return "\n".join(option for option in blank.options if form.get(f"tick:{blank.name}:{option}"))


def _show_readings(
    visit: Visit,
    loaded: LoadedAssignment,
    typed: dict[str, str],
    course: str,
    assignment: str,
    shown: str,
    *,
    has_files: bool,
) -> Response:
    readings = {
        blank.name: _preview(visit, blank, asked, typed.get(blank.name, ""))
        for blank, asked in find_blanks(loaded)
    }
    done = "Nothing was handed in; how each answer is read stands below it."
    if has_files:
        done += " Choose your files again before you hand in."
    return _show_assignment(
        visit, course, assignment, done=done, typed=typed, shown=shown, readings=readings
    )
