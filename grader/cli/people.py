"""`grade admin user`, `enrol` and `token`: people, what they are, and what opens their account."""

from __future__ import annotations

import datetime as dt

import click

from grader.cli import GRADED
from grader.cli.opening import find_person, open_store
from grader.errors import UsageError

ROLES = ("student", "grader", "instructor", "operator")


@click.group("user")
def group() -> None:
    """People."""


@group.command("add")
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


@group.command("password")
@click.argument("email")
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True)
@click.pass_context
def set_password(context: click.Context, email: str, password: str) -> int:
    """Set a person's password; sign them out everywhere, and revoke their tokens."""
    from grader.service.web.passwords import hash_password
    from grader.store import access, audit, sessions

    with open_store(context) as store, store.write() as session:
        person = find_person(session, email)
        person.password_hash = hash_password(password)
        sessions.end_all_sessions(session, person.id)
        count = access.revoke_all_tokens(session, person.id)
        audit.note(session, None, "set password", f"user {person.id}", tokens=count)
    click.echo(f"{email} signs in with the new password; {_count_tokens(count)} revoked")
    return GRADED


@group.command("disable")
@click.argument("email")
@click.pass_context
def disable(context: click.Context, email: str) -> int:
    """Let a person in no more: sessions end, tokens fail; what they did stays."""
    from grader.store import access

    with open_store(context) as store, store.write() as session:
        access.disable(session, find_person(session, email), None)
    click.echo(f"{email} cannot sign in, and their tokens fail; again: grade admin user enable")
    return GRADED


@group.command("enable")
@click.argument("email")
@click.pass_context
def enable(context: click.Context, email: str) -> int:
    """Let a person in again, with the tokens that they had."""
    from grader.store import access

    with open_store(context) as store, store.write() as session:
        access.enable(session, find_person(session, email), None)
    click.echo(f"{email} may sign in")
    return GRADED


@group.command("operator")
@click.argument("email")
@click.option("--yes/--no", "is_operator", required=True, help="Whether they run the service.")
@click.pass_context
def set_operator(context: click.Context, email: str, is_operator: bool) -> int:
    """Let a person run the service, or no more."""
    from grader.store import access

    with open_store(context) as store, store.write() as session:
        access.set_operator(session, find_person(session, email), is_operator, None)
    click.echo(f"{email} is {'an' if is_operator else 'no'} operator of the service")
    return GRADED


@click.command("enrol")
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
        person = find_person(session, email)
        roster.enrol(session, found, person, Role(role), section=section)
        audit.note(session, None, "enrol", f"user {person.id}", course=course, role=role)
    click.echo(f"{email} is {role} in {course}")
    return GRADED


@click.command("token")
@click.argument("email")
@click.option("--scopes", default="submit,read:own", show_default=True, help="Separated by commas.")
@click.option("--days", type=click.IntRange(1, 366), default=120, show_default=True)
@click.option("--label", default="made by hand")
@click.option("--list", "is_list", is_flag=True, help="Show the tokens that hold; make none.")
@click.option("--revoke", metavar="NUMBER|all", help="Revoke one, or all; make none.")
@click.pass_context
def make_token(
    context: click.Context,
    email: str,
    scopes: str,
    days: int,
    label: str,
    is_list: bool,
    revoke: str | None,
) -> int:
    """Make an API token; its text is printed now and never again. Or show or revoke tokens.

    \b
    grade admin token ada@example.edu --days 30
    grade admin token ada@example.edu --list
    grade admin token ada@example.edu --revoke all
    """
    from grader.store import audit, roster
    from grader.store.types import now

    if is_list and revoke is not None:
        raise UsageError("give --list or --revoke, not both")
    if is_list:
        return _list_tokens(context, email)
    if revoke is not None:
        return _revoke_tokens(context, email, revoke)
    with open_store(context) as store, store.write() as session:
        person = find_person(session, email)
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


def _list_tokens(context: click.Context, email: str) -> int:
    from grader.store import access

    with open_store(context) as store, store.read() as session:
        found = access.list_tokens(session, find_person(session, email).id)
    for token in found:
        used = f"used {token.last_used_at:%F %R}" if token.last_used_at else "never used"
        scopes = ",".join(token.scopes)
        click.echo(f"{token.id:<6} {scopes}  until {token.expires_at:%F}  {used}  {token.label}")
    if not found:
        click.echo(f"{email} has no token that holds")
    return GRADED


def _revoke_tokens(context: click.Context, email: str, which: str) -> int:
    from grader.store import access, audit, roster

    if which != "all" and not (which.isascii() and which.isdigit() and len(which) < 19):
        raise UsageError(f"--revoke '{which}': write a number from --list, or all")
    with open_store(context) as store, store.write() as session:
        person = find_person(session, email)
        if which == "all":
            count = access.revoke_all_tokens(session, person.id)
            audit.note(session, None, "revoke tokens", f"user {person.id}", tokens=count)
        else:
            roster.revoke_token(session, int(which), person.id)
            count = 1
            audit.note(session, None, "revoke token", f"token {which}", user=person.id)
    click.echo(f"{_count_tokens(count)} of {email} revoked")
    return GRADED


def _count_tokens(count: int) -> str:
    return "1 token" if count == 1 else f"{count} tokens"
