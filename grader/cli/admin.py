"""`grade admin`: what an operator does by hand, on the machine with the database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader.cli import GRADED, OUR_FAULT, assignments, repositories
from grader.cli.serve import config_option, require_service

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from grader.store.database import Store
    from grader.store.schema import User

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
def open_store(context: click.Context, *, is_new: bool | None = False) -> Iterator[Store]:
    """The store that the settings name, with its tables as this version needs them.

    New, it gets them; with None it may have others, or none.
    """
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
        elif is_new is False:
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


command.add_command(repositories.group)
command.add_command(assignments.command)


@command.command("enrol")
@click.argument("course")
@click.argument("email")
@click.argument("role", type=click.Choice(ROLES))
@click.option("--section", default="")
@click.pass_context
def enrol(context: click.Context, course: str, email: str, role: str, section: str) -> int:
    """Give a person a role in a course."""
    from grader.store import audit, catalogue, roster
    from grader.store.schema import Role

    with open_store(context) as store, store.write() as session:
        found = catalogue.find_course(session, course)
        person = _find_person(session, email)
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
    from grader.store import audit, roster
    from grader.store.types import now

    with open_store(context) as store, store.write() as session:
        person = _find_person(session, email)
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
@click.option("--expect", metavar="HEAD", default="", help="What --verify told on another day.")
@click.option("--last", type=click.IntRange(1), default=50, show_default=True)
@click.pass_context
def show_audit(context: click.Context, verify: bool, expect: str, last: int) -> int:
    """Show who did what; or verify the trail."""
    from sqlalchemy import select

    from grader.store import audit
    from grader.store.schema import AuditEntry

    with open_store(context) as store, store.read() as session:
        if verify or expect:
            count, trouble = audit.verify_trail(session, expect)
            head = f"the head is {audit.find_head(session)}: keep it elsewhere, for --expect"
            click.echo(trouble or f"{count} entries, each follows the one before it; {head}")
            return OUR_FAULT if trouble else GRADED
        latest = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(last)
        for entry in reversed(session.scalars(latest).all()):
            who = "-" if entry.actor_id is None else f"user {entry.actor_id}"
            click.echo(f"{entry.at:%F %T}  {who:10}  {entry.action:24}  {entry.thing}")
    return GRADED


@command.command("backup")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_context
def back_up(context: click.Context, path: Path) -> int:
    """Write everything to one file, while the service goes on."""
    from grader.store import backup

    with open_store(context) as store:
        backup.back_up(store, path)
        click.echo(f"{path}: {path.stat().st_size:,} bytes")
    return GRADED


@command.command("restore")
@click.argument("path", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--replace", is_flag=True, help="Overwrite what the database holds.")
@click.pass_context
def restore(context: click.Context, path: Path, replace: bool) -> int:
    """Fill the database from a backup; stop the service and its workers first."""
    from grader.store import backup
    from grader.store.migrating import migrate

    with open_store(context, is_new=None) as store:
        backup.restore(store, path, replaces=replace)
        migrate(store)
        click.echo(f"restored from {path}")
    return GRADED


@command.command("export")
@click.argument("email")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_context
def export_person(context: click.Context, email: str, path: Path) -> int:
    """Write everything that is kept of a person to a zip."""
    from grader.store import audit, keeping

    with open_store(context) as store, store.write() as session:
        person = _find_person(session, email)
        path.write_bytes(keeping.export_person(session, person))
        audit.note(session, None, "export", f"user {person.id}")
    click.echo(f"{path}: {path.stat().st_size:,} bytes")
    return GRADED


@command.command("erase")
@click.argument("email")
@click.option("--yes", is_flag=True, help="Don't ask.")
@click.pass_context
def erase_person(context: click.Context, email: str, yes: bool) -> int:
    """Remove a person's name and work for good; points and the audit trail keep a number."""
    from grader.store import keeping

    with open_store(context) as store:
        with store.read() as session:
            person = _find_person(session, email)
        if not yes:
            click.confirm(f"erase {person.name} and all that they handed in?", abort=True)
        store.attempt(
            lambda session: keeping.erase_person(session, _find_person(session, email), None)
        )
    click.echo(f"erased; user {person.id} is nobody now")
    return GRADED


@command.command("retain")
@click.pass_context
def apply_retention(context: click.Context) -> int:
    """Remove submissions' files that are older than their course keeps them; run it nightly."""
    from grader.store.retaining import apply_retention as remove_old

    with open_store(context) as store:
        count = remove_old(store)
    click.echo(f"{count} submissions' files removed")
    return GRADED


@command.command("release")
@click.argument("run_id", type=int)
@click.pass_context
def release(context: click.Context, run_id: int) -> int:
    """Let a quarantined grading be tried again."""
    from grader.store import audit, runs

    with open_store(context) as store, store.write() as session:
        run = runs.release_from_quarantine(session, run_id)
        if not store.is_sqlite:
            from grader.store.delivery import deliver

            deliver(session, [run])
        audit.note(session, None, "release", f"run {run_id}")
    click.echo(f"run {run_id} waits again")
    return GRADED


@command.command("doctor")
@click.pass_context
def examine(context: click.Context) -> int:
    """Say how the service does: tables, trail, scores, queues, workers, quarantine."""
    from grader.service.examining import examine_store

    with open_store(context, is_new=None) as store:
        findings = examine_store(store)
    for finding in findings:
        mark = "ok  " if finding.is_well else "BAD "
        click.echo(f"{mark}{finding.what}: {finding.words}")
    return GRADED if all(finding.is_well for finding in findings) else OUR_FAULT


def _find_person(session: Session, email: str) -> User:
    from grader.errors import NotFound
    from grader.store import roster

    person = roster.find_user(session, email)
    if person is None:
        raise NotFound(f"nobody has the address {email}; add them: grade admin user add")
    return person
