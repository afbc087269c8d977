"""`grade admin`: what an operator does by hand, on the machine with the database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader.cli import GRADED, OUR_FAULT
from grader.cli.serve import config_option, require_service

if TYPE_CHECKING:
    from grader.store.database import Store

ROLES = ("student", "grader", "instructor", "operator")


@click.group("admin")
@config_option
@click.pass_context
def command(
    context: click.Context, config: Path | None, folder: Path | None, database: str | None
) -> None:
    """Set up a service and look after it.

    \b
    grade admin init
    grade admin user add ada@example.edu --name 'Ada' --operator
    grade admin course add dl --folder . --title 'Deep learning'
    grade admin enrol dl ada@example.edu instructor
    grade admin token ada@example.edu
    """
    context.obj = {"config": config, "folder": folder, "database": database}


@contextmanager
def open_store(context: click.Context, *, is_new: bool = False) -> Iterator[Store]:
    """The store that the settings name, with its tables as this version needs them."""
    require_service()
    from grader.service.settings import read_settings
    from grader.store.database import Store
    from grader.store.migrating import migrate, require_current

    given: dict[str, Any] = dict(context.obj)
    settings = read_settings(given.pop("config"), **given)
    if is_new:
        settings.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    store = Store(settings.database_url)
    try:
        if is_new:
            migrate(store)
        else:
            require_current(store)
        yield store
    finally:
        store.close()


@command.command("init")
@click.pass_context
def init(context: click.Context) -> int:
    """Make the folder and the tables, or bring older tables up to date."""
    with open_store(context, is_new=True) as store:
        click.echo(f"ready: {store.engine.url.render_as_string()}")
    return GRADED


@command.group("user")
def user() -> None:
    """People."""


@user.command("add")
@click.argument("email")
@click.option("--name", required=True)
@click.option("--operator", is_flag=True, help="May run the service.")
@click.pass_context
def add_user(context: click.Context, email: str, name: str, operator: bool) -> int:
    """Add a person."""
    from grader.store import audit, roster

    with open_store(context) as store, store.write() as session:
        made = roster.add_user(session, email, name, is_operator=operator)
        audit.note(session, None, "add user", f"user {made.id}", operator=operator)
        click.echo(f"user {made.id}: {made.email}")
    return GRADED


@user.command("password")
@click.argument("email")
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True)
@click.pass_context
def set_password(context: click.Context, email: str, password: str) -> int:
    """Set a person's password, and sign them out everywhere."""
    from grader.errors import NotFound
    from grader.service.web.passwords import hash_password
    from grader.store import audit, roster, sessions

    with open_store(context) as store, store.write() as session:
        person = roster.find_user(session, email)
        if person is None:
            raise NotFound(f"nobody has the address {email}; add them: grade admin user add")
        person.password_hash = hash_password(password)
        sessions.end_all_sessions(session, person.id)
        audit.note(session, None, "set password", f"user {person.id}")
        click.echo(f"{email} signs in with the new password")
    return GRADED


@command.group("course")
def course() -> None:
    """Courses."""


@course.command("add")
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


@course.command("sync")
@click.argument("slug")
@click.pass_context
def sync_course(context: click.Context, slug: str) -> int:
    """Register what a course's folder asks now; new submissions are graded with that."""
    from grader.service.serving import synchronise
    from grader.store import catalogue

    with open_store(context) as store:
        with store.read() as session:
            catalogue.find_course(session, slug)
        news = synchronise(store, slug)
        click.echo("\n".join(news) or "nothing new")
    return GRADED


@command.command("enrol")
@click.argument("course")
@click.argument("email")
@click.argument("role", type=click.Choice(ROLES))
@click.option("--section", default="")
@click.pass_context
def enrol(context: click.Context, course: str, email: str, role: str, section: str) -> int:
    """Give a person a role in a course."""
    from grader.errors import NotFound
    from grader.store import audit, catalogue, roster
    from grader.store.schema import Role

    with open_store(context) as store, store.write() as session:
        found = catalogue.find_course(session, course)
        person = roster.find_user(session, email)
        if person is None:
            raise NotFound(f"nobody has the address {email}; add them: grade admin user add")
        roster.enrol(session, found, person, Role(role), section=section)
        audit.note(session, None, "enrol", f"user {person.id}", course=course, role=role)
        click.echo(f"{email} is {role} in {course}")
    return GRADED


@command.command("token")
@click.argument("email")
@click.option("--scopes", default="submit,read:own", show_default=True, help="Separated by commas.")
@click.option("--days", type=click.IntRange(1, 366), default=120, show_default=True)
@click.option("--label", default="made by hand")
@click.pass_context
def make_token(context: click.Context, email: str, scopes: str, days: int, label: str) -> int:
    """Make an API token; its text is printed now and never again."""
    from grader.errors import NotFound
    from grader.store import audit, roster
    from grader.store.types import now

    with open_store(context) as store, store.write() as session:
        person = roster.find_user(session, email)
        if person is None:
            raise NotFound(f"nobody has the address {email}; add them: grade admin user add")
        token, text = roster.make_token(
            session,
            person,
            scopes=[scope.strip() for scope in scopes.split(",")],
            expires_at=now() + dt.timedelta(days=days),
            label=label,
        )
        audit.note(session, None, "make token", f"token {token.id}", user=person.id)
        click.echo(text)
    return GRADED


@command.command("audit")
@click.option("--verify", is_flag=True, help="Check that no entry was changed or taken out.")
@click.option("--last", type=click.IntRange(1), default=50, show_default=True)
@click.pass_context
def show_audit(context: click.Context, verify: bool, last: int) -> int:
    """Show who did what; or verify the trail."""
    from sqlalchemy import select

    from grader.store import audit
    from grader.store.schema import AuditEntry

    with open_store(context) as store, store.read() as session:
        if verify:
            count, trouble = audit.verify_trail(session)
            click.echo(trouble or f"{count} entries, each follows the one before it")
            return OUR_FAULT if trouble else GRADED
        latest = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(last)
        for entry in reversed(session.scalars(latest).all()):
            who = "-" if entry.actor_id is None else f"user {entry.actor_id}"
            click.echo(f"{entry.at:%F %T}  {who:10}  {entry.action:24}  {entry.thing}")
    return GRADED
