"""`grade submit --server`: hand in there, watch it here, end with the same report."""

from __future__ import annotations

import hashlib
import json
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader.cli.packing import Parcel, pack
from grader.cli.remote import CHUNK, Server, name_assignment
from grader.errors import Refusal, SystemFault, UsageError
from grader.scoring import PartScore
from grader.verdicts import Verdict

if TYPE_CHECKING:
    from grader.report.live import Progress
    from grader.report.models import Report

AWAY = "the server does not answer; your submission is safe there, trying again"
ROUNDED = 0.006
"""Points are told to the hundredth; both may be rounded."""
ENDED = {
    "cancelled": "the grading was cancelled; hand in again when you want it graded",
    "superseded": "you handed in again before this was graded; the newer one counts",
    "quarantined": "the grader failed on this three times; staff see it, no points are lost",
}


def submit_to_server(
    server: Server, path: Path, assignment: str | None, course: str | None, *, quiet: bool
) -> tuple[Report, str]:
    """Hand in a submission and follow it to its report; what counts, where that is something else.

    Errors   Refusal or SubmissionError in the server's words; SystemFault when the server is
             away or could not grade.
    """
    from grader.report.json import read as read_report
    from grader.report.live import watch

    place, details = find_place(server, path, assignment, course)
    parcel = pack(path)
    submission = send(server, place, parcel)
    if not quiet:
        click.echo(f"handed in as {details['slug']} #{submission['ordinal']}", err=True)
    url = f"/submissions/{submission['id']}"
    parts = [part["id"] for part in details["parts"]]
    with watch(parts, quiet=quiet) as progress:
        told: set[str] = set()
        state = _follow(server, f"{url}/events", progress, told)
        if state != "done":
            raise SystemFault(ENDED.get(state, f"the grading ended as {state}"))
        report = read_report(server.ask("GET", f"{url}/report")[1])
        _tell_rest(progress, told, report)
    return report, _say_standing(server, place, report)


def _say_standing(server: Server, place: str, report: Report) -> str:
    """What counts in the course and why; '' where it is what the report says."""
    try:
        score = server.read(f"{place}/score")
    except (Refusal, SystemFault):
        # A token may be made for handing in alone; and the report is there already.
        return ""
    if abs(score["score"] - report.score) < ROUNDED:
        return ""
    counts = f"what counts is {score['score']:g} of {score['max_score']:g} points:"
    return "\n  ".join([counts, *score["explanation"]])


def find_place(
    server: Server, path: Path, assignment: str | None, course: str | None
) -> tuple[str, dict[str, Any]]:
    """Where on the server this belongs: as said, or by the names of the folders around it."""
    courses = [each["slug"] for each in server.read("/me")["courses"]]
    if course is not None:
        courses = [each for each in courses if each == course]
    if not courses:
        raise UsageError(f"{server.url} knows you in no course" + (f" '{course}'" * bool(course)))
    known = {
        (slug, each["slug"]): each
        for slug in courses
        for each in server.read(f"/courses/{slug}/assignments")
    }
    whole = path.absolute()
    stems = (
        [assignment]
        if assignment
        else [folder.name.split(".")[0] for folder in (whole, *whole.parents)]
    )
    for stem in stems:
        found = [key for key in known if key[1] == stem]
        if len(found) > 1:
            raise UsageError(
                f"{stem} is in {len(found)} of your courses; add --in-course {found[0][0]}"
            )
        if found:
            return name_assignment(*found[0]), known[found[0]]
    if len(known) == 1 and not assignment:
        (only,) = known
        return name_assignment(*only), known[only]
    names = ", ".join(sorted({key[1] for key in known})) or "none"
    if assignment:
        raise UsageError(
            f"{server.url} has no assignment '{assignment}' for you; there are: {names}"
        )
    raise UsageError(f"{path}: which assignment is it? There are: {names}; add --assignment NAME")


def send(server: Server, place: str, parcel: Parcel) -> dict[str, Any]:
    """Hand a parcel in; a large one in pieces, from where a broken connection left off."""
    query = {"file": parcel.file, "name": parcel.name}
    if len(parcel.content) <= CHUNK:
        _, content, _ = server.ask(
            "POST",
            f"{place}/submissions",
            body=parcel.content,
            query=query,
            headers={"Content-Type": "application/octet-stream"},
        )
    else:
        query["upload"] = upload(server, parcel.content)
        _, content, _ = server.ask("POST", f"{place}/submissions", query=query)
    submission: dict[str, Any] = json.loads(content)
    return submission


def upload(server: Server, content: bytes) -> str:
    """Send bytes in pieces; what the server has already is not sent again. Gives their SHA-256."""
    sha256 = hashlib.sha256(content).hexdigest()
    path = f"/uploads/{sha256}"
    start = int(server.read(path)["size"])
    while start < len(content):
        piece = content[start : start + CHUNK]
        _, answer, _ = server.ask(
            "PATCH",
            path,
            body=piece,
            headers={"Upload-Offset": str(start), "Content-Type": "application/octet-stream"},
        )
        start = int(json.loads(answer)["size"])
    return sha256


def _follow(server: Server, path: str, progress: Progress, told: set[str]) -> str:
    """Show what happens and note which parts were told of; the state it ends in."""
    said = ""
    for kind, document in server.follow(path):
        if kind == "part":
            score = _read_part(document)
            told.add(score.id)
            progress.finished(score)
        elif kind in ("status", "away"):
            line = AWAY if kind == "away" else _say_status(document)
            if line and line != said:
                progress.said(line)
            said = line
        elif kind == "over":
            return str(document["state"])
    raise SystemFault("the server ended the story before the grading did")


def _say_status(status: dict[str, Any]) -> str:
    if status["state"] == "queued" and status["position"]:
        estimate = status["estimate_s"]
        wait = "" if estimate is None else f", about {max(1, round(estimate))} s"
        return f"queued: place {status['position']}{wait}"
    if status["state"] == "running":
        return "grading" if status["try"] < 2 else f"grading, try {status['try']}"
    return ""


def _read_part(document: dict[str, Any]) -> PartScore:
    units = {name: Fraction(str(document[name])) for name in ("score", "max_score", "open_points")}
    return PartScore(
        id=document["id"].partition("/")[2] or document["id"],
        kind="",
        title=document["title"],
        points=units["max_score"],
        earned=units["score"],
        open_points=units["open_points"],
        verdict=Verdict(document["verdict"]),
        outcomes=(),
    )


def _tell_rest(progress: Progress, told: set[str], report: Report) -> None:
    """Parts that were graded too quickly to be told of one by one."""
    for part in report.parts:
        score = _read_part(part.model_dump(mode="json"))
        if score.id not in told:
            progress.finished(score)
