"""`grade admin`: what an operator does by hand, on the machine with the database."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import click

from grader.cli import GRADED, OUR_FAULT, assignments, courses, people, repositories
from grader.cli.exclusive import keep_service_away
from grader.cli.opening import find_person, open_store, read_given
from grader.cli.serve import config_option


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


@command.command("init")
@click.pass_context
def init(context: click.Context) -> int:
    """Make the folder and the tables, or bring older tables up to date."""
    from grader.store.explaining import show_place

    with open_store(context, is_new=True) as store:
        click.echo(f"ready: {show_place(store.url)}")
    return GRADED


for each in (
    people.group,
    people.enrol,
    people.make_token,
    courses.group,
    repositories.group,
    assignments.command,
):
    command.add_command(each)


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

    # Of older or newer tables too: before an update is when it is wanted.
    with open_store(context, is_new=None) as store:
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

    settings = read_given(context)
    # With PostgreSQL, workers on other hosts hold nothing here.
    is_alone = settings.engine_name == "embedded"
    alone = keep_service_away(settings.folder) if is_alone else nullcontext()
    with alone, open_store(context, is_new=None) as store:
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
    from grader.store.backup import draft_file

    with open_store(context) as store, draft_file(path) as draft, store.write() as session:
        person = find_person(session, email)
        draft.write_bytes(keeping.export_person(session, person))
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
            person = find_person(session, email)
        if not yes:
            click.confirm(f"erase {person.name} and all that they handed in?", abort=True)
        store.attempt(
            lambda session: keeping.erase_person(session, find_person(session, email), None)
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
    click.echo(f"submissions whose files and reports were removed: {count}")
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
