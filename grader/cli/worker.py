"""`grade worker`: grade for a service, on this host."""

from __future__ import annotations

from pathlib import Path

import click

from grader.cli import GRADED
from grader.cli.serve import config_option, require_service
from grader.errors import UsageError


@click.command("worker")
@config_option
@click.option("--queues", metavar="NAMES", help="Resources that this host has.  [default: cpu]")
@click.option("--slots", type=click.IntRange(1, 256), help="Gradings at once.  [default: cores]")
def command(
    config: Path | None,
    folder: Path | None,
    database: str | None,
    queues: str | None,
    slots: int | None,
) -> int:
    """Grade what a service with PostgreSQL was handed; run it on any number of hosts.

    \b
    grade worker --database postgresql://db.example.edu/grade --queues cpu --slots 8
    CUDA_VISIBLE_DEVICES=0 grade worker --queues gpu,gpu-h200 --slots 1
    """
    require_service()
    from grader.service.settings import read_settings
    from grader.service.working import work
    from grader.store.explaining import explain_database

    settings = read_settings(config, folder=folder, database=database, queues=queues, slots=slots)
    if settings.engine_name != "distributed":
        raise UsageError("workers need PostgreSQL; with SQLite `grade serve` grades by itself")
    with explain_database(settings.database_url):
        work(settings)
    return GRADED
