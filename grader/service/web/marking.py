"""Marking what waits for a person: by keyboard, with comments used again, blind where wished."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from grader.errors import Conflict, NotFound, UsageError
from grader.service.api.finding import bound_id
from grader.service.authorising import Action
from grader.service.marked import read_marked_report
from grader.service.versions import load_version
from grader.service.web.dashboard import read_titles
from grader.service.web.opening import PLACE, open_assignment_for, read_points
from grader.service.web.rendering import render
from grader.service.web.visiting import PageForm, SignedIn, Visit
from grader.store.deciding import find_part, mark
from grader.store.facts import find_counting_runs, find_marks
from grader.store.schema import (
    Assignment,
    GradingRun,
    PartOutcome,
    RubricMark,
    Standing,
    Submission,
    User,
)

router = APIRouter(prefix=PLACE + "/marking")
COMMENTS = 12
"""Offered for using again: what fits beside an answer."""
STEPS = 8
"""Choices for an item at most: more are typed."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One part of one submission that a person marks."""

    submission: Submission
    part: str
    run: GradingRun
    is_marked: bool


@dataclass(frozen=True, slots=True)
class Item:
    """What is given points for: an item of the rubric, or the part as a whole."""

    name: str
    most: Decimal
    given: Decimal | None
    choices: tuple[Decimal, ...]


@router.get("")
def show_marking(
    visit: SignedIn, course: str, assignment: str, part: str = "", at: int = 0, blind: bool = True,
    all: bool = False,
) -> Response:  # fmt: skip
    """The next answer that waits, or the one asked for."""
    return _show(visit, course, assignment, part, at, blind, all)


def _show(
    visit: Visit, course: str, assignment: str, part: str, at: int, blind: bool, all: bool,
    fault: str = "", comment: str = "",
) -> Response:  # fmt: skip
    with visit.service.store.read() as session:
        found, wanted = open_assignment_for(session, visit, course, assignment, Action.MARK)
        everything = list_waiting(session, wanted)
        parts = list(dict.fromkeys(each.part for each in everything))
        chosen = [each for each in everything if not part or each.part == part]
        queue = [each for each in chosen if all or not each.is_marked or each.submission.id == at]
        place = next((i for i, each in enumerate(queue) if each.submission.id == at), 0)
        current = queue[place] if queue else None
        context = _read(session, wanted, current) if current else {}
        left = sum(not each.is_marked for each in chosen)
        titles = read_titles(session, wanted)
    if comment:
        context["comment"] = comment
    link = f"/courses/{course}/assignments/{assignment}/marking?"
    keep = {"part": part, "blind": str(blind).lower(), "all": str(all).lower()}

    def go(step: int) -> str:
        index = place + step
        if current is None or not 0 <= index < len(queue):
            return ""
        near = queue[index]
        return link + urlencode(
            keep | {"at": near.submission.id, "part": near.part if part else ""}
        )

    return render(
        visit, "marking.html", course=found, assignment=wanted, parts=parts, part=part,
        blind=blind, all=all, current=current, left=left, total=len(chosen), next_one=go(1),
        previous_one=go(-1), context=context, titles=titles, place=place + 1, count=len(queue),
        fault=fault, status=422 if fault else 200, zone_name=visit.timezone or found.timezone,
    )  # fmt: skip


@router.post("/{submission_id}/{part}")
def give_marks(
    visit: SignedIn, form: PageForm, course: str, assignment: str, submission_id: int, part: str
) -> Response:
    """Keep the points and the comment, and go on to the next."""

    keep = {name: form.read(name, 80) for name in ("part", "blind", "all")}

    def work(session: Session) -> None:
        _, wanted = open_assignment_for(session, visit, course, assignment, Action.MARK)
        submission = session.get(Submission, bound_id(submission_id))
        if submission is None or submission.assignment_id != wanted.id:
            raise NotFound("there is no such submission")
        given = 0
        for item in _list_items(session, wanted, submission.id, part):
            points = read_points(form, f"points:{item.name}")
            typed = read_points(form, f"typed:{item.name}")
            if points is not None and typed is not None and points != typed:
                raise UsageError(
                    f"{float(points):g} is chosen and {float(typed):g} is typed; say which"
                )
            points = typed if points is None else points
            if points is None:
                continue
            given += 1
            mark(
                session,
                submission,
                part=part,
                item=item.name,
                points=points,
                comment=form.read("comment", 4_000),
                reason="",
                author_id=visit.person.user_id,
            )
        if not given:
            raise UsageError("give points for at least one item; 0 is a number too")

    try:
        visit.service.store.attempt(work)
    except (UsageError, Conflict) as fault:
        return _show(
            visit, course, assignment, keep["part"] or part, submission_id,
            keep["blind"] != "false", keep["all"] == "true",
            fault=str(fault), comment=form.read("comment", 4_000),
        )  # fmt: skip
    return RedirectResponse(
        f"/courses/{course}/assignments/{assignment}/marking?{urlencode(keep)}", 303
    )


def list_waiting(session: Session, assignment: Assignment) -> list[Waiting]:
    """Parts of the submissions that count which a person marks; those that were are told."""
    ids = session.scalars(
        select(Standing.submission_id)
        .where(Standing.assignment_id == assignment.id, Standing.submission_id.is_not(None))
        .order_by(Standing.submission_id)
    ).all()
    submissions = {
        each.id: each for each in session.scalars(select(Submission).where(Submission.id.in_(ids)))
    }
    runs = find_counting_runs(session, submissions)
    marks = find_marks(session, list(submissions))
    by_run = {run.id: run for run in runs.values()}
    outcomes = session.scalars(
        select(PartOutcome)
        .where(PartOutcome.run_id.in_(by_run), PartOutcome.verdict.in_(("review", "undecided")))
        .order_by(PartOutcome.position, PartOutcome.run_id)
    )
    return [
        Waiting(
            submissions[by_run[outcome.run_id].submission_id],
            outcome.part,
            by_run[outcome.run_id],
            any(
                each.part == outcome.part
                for each in marks.get(by_run[outcome.run_id].submission_id, ())
            ),
        )
        for outcome in outcomes
    ]


def _read(session: Session, assignment: Assignment, current: Waiting) -> dict[str, Any]:
    report = read_marked_report(session, current.run, "staff")
    outlined = find_part(session, assignment, current.part)
    found = None
    for each in report.parts if report else ():
        if each.id.partition("/")[2] == current.part or each.id == current.part:
            found = each
    submission_id = current.submission.id
    given = [
        each for each in find_marks(session, [submission_id]).get(submission_id, ())
        if each.part == current.part
    ]  # fmt: skip
    loaded = load_version(session, assignment, current.submission.user_id)
    prompts = {part_id: part.prompt for _, part_id, part in loaded.parts()}
    return {
        "prompt": prompts.get(current.part, ""),
        "title": outlined["title"] or current.part,
        "points": float(Fraction(outlined["points"])),
        "answer": next((check.understood for check in found.checks if check.understood), "")
        if found
        else "",
        # Of prose the grader says nothing that its marker does not see.
        "feedback": found.feedback if found and outlined["kind"] != "text" else "",
        "items": _list_items(session, assignment, submission_id, current.part),
        "comment": next((each.comment for each in given if each.comment), ""),
        "comments": find_comments(session, assignment, current.part),
        "owner": session.get_one(User, current.submission.user_id).name,
    }


def _list_items(
    session: Session, assignment: Assignment, submission_id: int, part: str
) -> list[Item]:
    outlined = find_part(session, assignment, part)
    given = {
        each.item: each.points
        for each in find_marks(session, [submission_id]).get(submission_id, ())
        if each.part == part
    }
    rubric = outlined["rubric"] or [{"item": "", "points": outlined["points"]}]
    items = []
    for each in rubric:
        most = Decimal(round(Fraction(str(each["points"])) * 10_000)) / 10_000
        items.append(Item(each["item"], most, given.get(each["item"]), list_choices(most)))
    return items


def list_choices(most: Decimal) -> tuple[Decimal, ...]:
    """Points on offer: whole ones up to the most, halves where there are few."""
    step = Decimal("0.5") if most <= 3 else Decimal(1)
    count = int(most / step)
    if count + 1 > STEPS + 2:
        return (Decimal(0), most)
    choices = [step * index for index in range(count + 1)]
    return tuple(choices if choices[-1] == most else [*choices, most])


def find_comments(session: Session, assignment: Assignment, part: str) -> list[str]:
    """What was said of this part before, the most used first."""
    rows = session.execute(
        select(RubricMark.comment, func.count(func.distinct(RubricMark.submission_id)))
        .join(Submission, Submission.id == RubricMark.submission_id)
        .where(
            Submission.assignment_id == assignment.id,
            RubricMark.part == part,
            RubricMark.comment != "",
        )
        .group_by(RubricMark.comment)
        .order_by(func.count(func.distinct(RubricMark.submission_id)).desc(), RubricMark.comment)
        .limit(COMMENTS)
    )
    return [comment for comment, _ in rows]
