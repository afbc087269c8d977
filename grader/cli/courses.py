"""`grade admin course`: courses, what their folders ask, and how long work is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from grader.cli import GRADED
from grader.cli.opening import open_store
from grader.errors import Conflict, UsageError

NOTHING = "none"
LONGEST_DAYS = 36_500
"""A century: a later date than that is a slip, and none at all is written `none`."""


@click.group("course")
def group() -> None:
    """Courses."""


@group.command("add")
@click.argument("slug")
@click.option(
    "--folder",
    "root",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    required=True,
    help="The folder that holds problems/.",
)
@click.option("--title", help="[default: the name]")
@click.option("--timezone", default="UTC", show_default=True)
@click.pass_context
def add_course(
    context: click.Context, slug: str, root: Path, title: str | None, timezone: str
) -> int:
    """Add a course and register what its folder asks."""
    from grader.service.serving import synchronise
    from grader.store import audit, catalogue

    with open_store(context) as store:
        with store.write() as session:
            made = catalogue.add_course(
                session, slug, title or slug, str(root.absolute()), timezone
            )
            audit.note(session, None, "add course", f"course {made.id}", slug=slug)
        for line in synchronise(store, slug):
            click.echo(line)
    return GRADED


@group.command("sync")
@click.argument("slug")
@click.pass_context
def sync_course(context: click.Context, slug: str) -> int:
    """Register what a course's folder asks now; new submissions are graded with that."""
    from grader.service.serving import synchronise
    from grader.store import catalogue

    with open_store(context) as store:
        with store.read() as session:
            if catalogue.find_course(session, slug).archived_at is not None:
                raise Conflict(f"{slug} is archived; grade admin course set {slug} --unarchive")
        news = synchronise(store, slug)
        click.echo("\n".join(news) or "nothing new")
    return GRADED


@group.command("set")
@click.argument("slug")
@click.option("--title")
@click.option(
    "--timezone", help="As Europe/London; due dates in the folder follow at the next sync."
)
@click.option(
    "--share",
    type=click.IntRange(1, 1000),
    help="Its part of the workers: waiting runs that weigh as one.",
)
@click.option(
    "--keep-days",
    metavar="DAYS",
    help="How long files and reports are kept, for `grade admin retain`; 'none' for ever.",
)
@click.option(
    "--archive/--unarchive",
    default=None,
    help="Whether the course is over: first pages list it no more, its folder is not read.",
)
@click.pass_context
def set_course(context: click.Context, /, slug: str, **given: Any) -> int:
    """Show a course's settings, or change some of them.

    \b
    grade admin course set dl
    grade admin course set dl --keep-days 400 --share 4
    """
    from grader.store.catalogue import find_course
    from grader.store.course_settings import configure_course, read_course_settings

    changes = {name: value for name, value in given.items() if value is not None}
    if "keep_days" in changes:
        changes["keep_days"] = _read_days(changes["keep_days"])
    if "archive" in changes:
        changes["is_archived"] = changes.pop("archive")
    with open_store(context) as store, store.write() as session:
        course = find_course(session, slug)
        if changes:
            configure_course(session, course, changes, author_id=None)
        settings = read_course_settings(course)
    for name, value in settings.items():
        click.echo(f"{name:12}{_show(value)}")
    return GRADED


def _read_days(text: str) -> int | None:
    if text == NOTHING:
        return None
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= LONGEST_DAYS):
        raise UsageError(f"--keep-days '{text}': write days, 1 to {LONGEST_DAYS}, or {NOTHING}")
    return int(text)


def _show(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return NOTHING if value is None else str(value)
