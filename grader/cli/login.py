"""`grade login`: keep a server's token on this machine."""

from __future__ import annotations

import click

from grader.cli import GRADED
from grader.errors import UsageError


@click.command("login")
@click.argument("url")
@click.option(
    "--token",
    envvar="GRADE_TOKEN",
    help="The token; asked for when left out, so that no shell remembers it.",
)
def command(url: str, token: str | None) -> int:
    """Sign in to a server: `grade submit` then hands in there.

    Make a token on the server's page 'Tokens', or ask whoever runs it for one.
    """
    from grader.cli.remote import Server, check_url, keep_login

    text = token or click.prompt("token", hide_input=True, err=True)
    if not text.isascii() or not text.isprintable() or " " in text.strip():
        raise UsageError("this is no token; copy the whole line that begins with grd_")
    server = Server(check_url(url), text.strip(), is_known=False)
    click.echo(f"asking {server.url} who you are", err=True)
    me = server.read("/me")
    path = keep_login(server)
    courses = ", ".join(each["slug"] for each in me["courses"]) or "no course yet"
    click.echo(f"signed in to {server.url} as {me['name']} ({courses}); kept in {path}")
    return GRADED
