"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path

import click

assignment_option = click.option(
    "-a", "--assignment", metavar="NAME", help="Which assignment.  [default: from the path]"
)
course_option = click.option(
    "--course",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="The folder that holds problems/.  [default: found upwards from here]",
)
trust_option = click.option(
    "--trust-submission",
    is_flag=True,
    help="Only for your own code: where it can't be isolated fully. The report says so.",
)
student_option = click.option(
    "--student",
    metavar="NAME",
    default="",
    help="Whose submission it is, where parameters are drawn for each student.",
)
secret_option = click.option(
    "--secret",
    envvar="GRADE_SECRET",
    default="",
    help="Seeds the hidden inputs; a course keeps one.  [env: GRADE_SECRET]",
)
