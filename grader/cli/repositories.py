"""`grade admin repository`: whose work the commits of a repository are."""

from __future__ import annotations

import csv
from pathlib import Path

import click

from grader.cli import GRADED
from grader.errors import Conflict, NotFound, UsageError

COLUMNS = ("repository", "email", "assignment", "folder", "branch", "actors")


@click.group("repository")
def group() -> None:
    """Repositories whose commits are handed in."""


@group.command("add")
@click.argument("course")
@click.argument("name", metavar="OWNER/NAME")
@click.argument("email")
@click.option("--assignment", default="", help="All of it is this one's.  [default: by folders]")
@click.option("--folder", default="", help="Where the work lies.  [default: the root]")
@click.option("--branch", default="", help="Whose commits count.  [default: the default branch]")
@click.option("--actor", "actors", multiple=True, help="Only this login's pushes count.")
@click.pass_context
def add(
    context: click.Context,
    course: str,
    name: str,
    email: str,
    assignment: str,
    folder: str,
    branch: str,
    actors: tuple[str, ...],
) -> int:
    """Say whose work a repository's commits are."""
    row = {
        "repository": name, "email": email, "assignment": assignment, "folder": folder,
        "branch": branch, "actors": " ".join(actors),
    }  # fmt: skip
    _add(context, course, [row])
    click.echo(f"commits of {name.lower()} are the work of {email}")
    return GRADED


@group.command("load")
@click.argument("course")
@click.argument("table", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.pass_context
def load(context: click.Context, course: str, table: Path) -> int:
    """Add all rows of a CSV: repository, email; and, if wanted, assignment, folder, branch, actors.

    All are added, or none.
    """
    with table.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        missing = [name for name in COLUMNS[:2] if name not in (reader.fieldnames or ())]
        if missing:
            raise UsageError(f"{table} has no column '{missing[0]}'; it needs repository and email")
        rows = [{name: (row.get(name) or "").strip() for name in COLUMNS} for row in reader]
    _add(context, course, rows)
    click.echo(f"{len(rows)} repositories")
    return GRADED


@group.command("list")
@click.argument("course")
@click.pass_context
def show(context: click.Context, course: str) -> int:
    """Show whose each is, and what went wrong with its latest commit."""
    from grader.cli.opening import open_store
    from grader.service.github.routes import show_repository
    from grader.store import catalogue, commits

    with open_store(context) as store, store.read() as session:
        found = catalogue.find_course(session, course)
        for each in commits.list_repositories(session, found.id):
            view = show_repository(session, each)
            what = view.assignment or "by folders"
            click.echo(
                f"{view.name:40}  {view.email:30}  {what:12}  {view.last_error[:120]}".rstrip()
            )
    return GRADED


@group.command("remove")
@click.argument("course")
@click.argument("name", metavar="OWNER/NAME")
@click.pass_context
def remove(context: click.Context, course: str, name: str) -> int:
    """Take nothing more from a repository; what was handed in stays."""
    from grader.cli.opening import open_store
    from grader.store import audit, catalogue, commits

    with open_store(context) as store, store.write() as session:
        found = catalogue.find_course(session, course)
        gone = commits.remove_repository(session, found.id, name)
        audit.note(session, None, "remove repository", f"user {gone.user_id}", name=gone.name)
    click.echo(f"nothing more is taken from {gone.name}")
    return GRADED


def _add(context: click.Context, course: str, rows: list[dict[str, str]]) -> None:
    from grader.cli.opening import open_store
    from grader.store import audit, catalogue, commits, roster

    with open_store(context) as store, store.write() as session:
        found = catalogue.find_course(session, course)
        for row in rows:
            person = roster.find_user(session, row["email"])
            if person is None:
                raise UsageError(f"nobody has the address {row['email']}; grade admin user add")
            try:
                if row["assignment"]:
                    catalogue.find_assignment(session, found, row["assignment"])
                made = commits.add_repository(
                    session, found, person, row["repository"],
                    assignment=row["assignment"], folder=row["folder"], branch=row["branch"],
                    actors=row["actors"].split(),
                )  # fmt: skip
            except (Conflict, NotFound) as refused:
                raise UsageError(str(refused)) from None
            audit.note(session, None, "add repository", f"user {person.id}", name=made.name)
