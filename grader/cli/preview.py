"""`grade preview`: a problem as students will see it, with a box to try answers in."""

from __future__ import annotations

from pathlib import Path

import click

from grader.cli import GRADED
from grader.cli.options import course_option, secret_option, student_option
from grader.errors import UsageError


@click.command("preview")
@click.argument("path", metavar="ASSIGNMENT/PROBLEM")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8421, show_default=True, help="0: a free one."
)
@student_option
@secret_option
@course_option
def command(path: str, port: int, student: str, secret: str, course: Path | None) -> int:
    """Show a problem in the browser, and judge what is written into its boxes.

    The page is loaded again when a file changes. It is for this machine only, and nothing is kept.

    \b
    grade preview hw2/convolutions
    """
    from grader.authoring.choosing import choose_problems
    from grader.authoring.preview.desk import Desk
    from grader.authoring.preview.markup import render_markdown
    from grader.authoring.preview.server import open_server
    from grader.cli.finding import find_course_here
    from grader.sandbox.pool import Sandbox

    found = find_course_here(course)
    ((assignment_id, stems),) = choose_problems(found, [path]).items()
    if len(stems) != 1:
        listed = ", ".join(f"{assignment_id}/{stem}" for stem in stems)
        raise UsageError(f"one problem is shown at a time; name one of {listed}")
    render_markdown("")
    with Sandbox() as sandbox:
        sandbox.begin()
        desk = Desk(
            course=found,
            assignment_id=assignment_id,
            stem=stems[0],
            sandbox=sandbox,
            student=student or "preview",
            secret=secret,
        )
        with open_server(desk, port) as server:
            address = f"http://127.0.0.1:{server.server_port}/"
            click.echo(f"{assignment_id}/{stems[0]} at {address} (Ctrl+C ends it)")
            try:
                server.serve_forever(poll_interval=0.2)
            except KeyboardInterrupt:
                click.echo()
    return GRADED
