"""`grade schema`: what editors complete and check problem files with."""

from __future__ import annotations

import json
from typing import Any

import click


@click.command("schema")
@click.argument(
    "what", type=click.Choice(["problem", "assignment", "report", "fields"]), default="problem"
)
def command(what: str) -> None:
    """Print the JSON Schema of problem files, of assignment.yaml or of reports.

    Of `fields` it prints no schema but a page for people: every key, what it takes and means.
    """
    if what == "fields":
        from grader.authoring.field_pages import write_field_page

        click.echo(write_field_page(), nl=False)
        return
    click.echo(json.dumps(find_schema(what), indent=2, ensure_ascii=False))


def find_schema(what: str) -> dict[str, Any]:
    """The schema of one kind of file."""
    if what == "report":
        from grader.report.json import report_schema

        return report_schema()
    from grader.spec.schema import assignment_schema, problem_schema

    return assignment_schema() if what == "assignment" else problem_schema()
