"""`grade admin assignment`: when it is open, what late work loses, where it is graded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from grader.cli import GRADED
from grader.errors import UsageError

if TYPE_CHECKING:
    from grader.store.schema import Course

NOTHING = "none"
TIMES = {"opens": "opens_at", "due": "due_at", "closes": "closes_at"}


@click.command("assignment")
@click.argument("course")
@click.argument("slug")
@click.option(
    "--opens", help="A time in the course's zone, '2026-10-12 23:59'; 'none' takes it back."
)
@click.option("--due", help="The same; a date alone means the end of that day.")
@click.option("--closes", help="The same; nothing is taken afterwards.")
@click.option("--late-loss", help="What late work loses, as a share: 0.1; 'none' for nothing.")
@click.option("--late-per", type=click.Choice(("day", "hour")), help="[default: day]")
@click.option("--late-grace", type=click.FloatRange(0), help="Minutes that lose nothing.")
@click.option("--late-cut-off", type=click.FloatRange(0), help="Hours until nothing is earned.")
@click.option("--counts", type=click.Choice(("last", "best")), help="Which submission counts.")
@click.option("--queue", help="The resource that it needs: cpu, gpu, gpu-h200.")
@click.option("--per-hour", help="Submissions a student may hand in; 'none' for the service's own.")
@click.option("--publish/--hide", default=None, help="Whether students see it.")
@click.pass_context
def command(context: click.Context, /, course: str, slug: str, **given: Any) -> int:
    """Show an assignment's settings, or change some of them.

    \b
    grade admin assignment dl hw2
    grade admin assignment dl hw2 --due '2026-10-12 23:59' --late-loss 0.1 --queue gpu
    """
    from grader.cli.opening import open_store
    from grader.service.versions import find_decided
    from grader.store.catalogue import find_assignment, find_course
    from grader.store.configuring import NAMES_IN_FOLDER, configure, read_configuration

    with open_store(context) as store, store.write() as session:
        found = find_course(session, course)
        assignment = find_assignment(session, found, slug)
        decided = find_decided(session, assignment)
        late = read_configuration(assignment)["late"]
        changes = _read_changes(given, found, late)
        if changes:
            configure(session, assignment, changes, decided=decided, author_id=None)
        settings = read_configuration(assignment)
    # What was changed is kept by now, though nobody may read on.
    for name, value in settings.items():
        where = f"   (in assignment.yaml: {NAMES_IN_FOLDER[name]})" if name in decided else ""
        click.echo(f"{name:12}{_show(value, found)}{where}")
    return GRADED


def _read_changes(
    given: dict[str, Any], course: Course, late: dict[str, Any] | None
) -> dict[str, Any]:
    changes: dict[str, Any] = {
        name: None if given[option] == NOTHING else _read_time(given[option], option, course)
        for option, name in TIMES.items()
        if given[option] is not None
    }
    for name in ("counts", "queue"):
        if given[name] is not None:
            changes[name] = given[name]
    if given["publish"] is not None:
        changes["is_visible"] = given["publish"]
    if given["per_hour"] is not None:
        changes["per_hour"] = _read_count(given["per_hour"])
    return changes | _read_late(given, late)


def _read_late(given: dict[str, Any], late: dict[str, Any] | None) -> dict[str, Any]:
    from grader.spec.models import Late

    named = {
        "loss": given["late_loss"],
        "per": given["late_per"],
        "grace_minutes": given["late_grace"],
        "cut_off_hours": given["late_cut_off"],
    }
    changed = {name: value for name, value in named.items() if value is not None}
    if not changed:
        return {}
    if changed.get("loss") == NOTHING:
        return {"late": None}
    if "loss" in changed:
        try:
            changed["loss"] = float(changed["loss"])
        except ValueError:
            raise UsageError(f"--late-loss is a share, as 0.1; saw '{changed['loss']}'") from None
    try:
        return {"late": Late.model_validate((late or {}) | changed).model_dump(mode="json")}
    except ValueError:
        raise UsageError("late work loses a share from 0 to 1: --late-loss 0.1") from None


def _read_time(text: str, option: str, course: Course) -> Any:
    import datetime as dt

    from grader.spec.dates import read_time

    try:
        return read_time(text, course.timezone).astimezone(dt.UTC)
    except ValueError:
        raise UsageError(f"--{option} is a time, as '2026-10-12 23:59'; saw '{text}'") from None


def _read_count(text: str) -> int | None:
    if text == NOTHING:
        return None
    if not text.isdecimal():
        raise UsageError(f"--per-hour is a number or 'none'; saw '{text}'")
    return int(text)


def _show(value: Any, course: Course) -> str:
    import datetime as dt

    from grader.spec.dates import find_timezone

    if isinstance(value, dt.datetime):
        local = value.astimezone(find_timezone(course.timezone))
        return f"{local:%Y-%m-%d %H:%M} {course.timezone}"
    if isinstance(value, dict):
        return ", ".join(f"{name} {each}" for name, each in value.items() if each is not None)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "–" if value is None else str(value)
