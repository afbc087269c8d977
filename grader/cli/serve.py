"""`grade serve`: the service, on this machine."""

from __future__ import annotations

from pathlib import Path

import click

from grader.cli import GRADED
from grader.errors import UsageError

NEEDS = "the service needs more than grading does; install it: pip install 'fairmark[service]'"


def config_option(command: click.decorators.FC) -> click.decorators.FC:
    """`--config` and the settings that are often given by hand."""
    for option in (
        click.option("--database", metavar="URL", help="sqlite:///… or postgresql://…"),
        click.option(
            "--folder",
            type=click.Path(path_type=Path, file_okay=False),
            help="Where the service keeps what it owns.  [default: .grade]",
        ),
        click.option(
            "--config",
            type=click.Path(path_type=Path, dir_okay=False),
            help="Settings.  [default: service.toml, if there is one]",
        ),
    ):
        command = option(command)
    return command


@click.command("serve")
@config_option
@click.option("--host", help="Where to listen.  [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="[default: 8000]")
@click.option("--slots", type=click.IntRange(1, 256), help="Gradings at once.  [default: cores]")
def command(
    config: Path | None,
    folder: Path | None,
    database: str | None,
    host: str | None,
    port: int | None,
    slots: int | None,
) -> int:
    """Serve courses: an API, and an engine that grades.

    \b
    grade admin init
    grade admin course add dl --folder . --title 'Deep learning'
    grade serve
    """
    require_service()
    from grader.service.serving import serve
    from grader.service.settings import read_settings
    from grader.store.explaining import explain_database

    settings = read_settings(
        config, folder=folder, database=database, host=host, port=port, slots=slots
    )
    with explain_database(settings.database_url):
        serve(settings)
    return GRADED


def require_service() -> None:
    """Errors   UsageError where the extra [service] is not installed."""
    from importlib.util import find_spec

    missing = [
        name
        for name in ("sqlalchemy", "alembic", "fastapi", "uvicorn", "psycopg", "procrastinate")
        if find_spec(name) is None
    ]
    if missing:
        raise UsageError(f"{missing[0]} is missing: {NEEDS}")
