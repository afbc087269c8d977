"""The command line: `grade` and, the same, `fairmark`.

Each command lives in a module of its own that is imported when the command is used, so that
help and completion stay quick. Exit codes are the design's: 0 graded, 1 below `--fail-under`,
2 usage, 3 a spec is invalid, 4 nothing could be graded, 5 our fault, 130 interrupted.
"""

from __future__ import annotations

import gc
import os
import sys
from importlib import import_module

import click

from grader.errors import (
    GraderError,
    InstructorError,
    Refusal,
    SubmissionError,
    TooMany,
    UnknownAssignment,
    UsageError,
)
from grader.killable import run_watched

COMMANDS = {
    "submit": ("grader.cli.submit", "Grade one submission and print its report."),
    "batch": ("grader.cli.batch", "Grade a class: many submissions of one assignment."),
    "ci": ("grader.cli.ci", "Grade a pull request: summary, annotations, outputs."),
    "export": ("grader.cli.export", "Write scores or an autograder for another platform."),
    "watch": ("grader.cli.watch", "Grade a folder again whenever a file in it is saved."),
    "render": ("grader.cli.render", "Write a report in another format, without grading again."),
    "check": ("grader.cli.check", "Prove problems: right answers pass, wrong ones don't."),
    "try": ("grader.cli.try_", "Judge one answer to one part, and say why."),
    "curve": ("grader.cli.curve", "Draw how a kernel's cost grows with its size."),
    "new": ("grader.cli.new", "Begin a problem that already passes `grade check`."),
    "preview": ("grader.cli.preview", "Show a problem in the browser, with boxes for answers."),
    "publish": ("grader.cli.publish", "Write what students may have of an assignment."),
    "schema": ("grader.cli.schema", "Print JSON Schema for problem files, for editors."),
    "login": ("grader.cli.login", "Sign in to a server, for `grade submit`."),
    "serve": ("grader.cli.serve", "Serve courses: an API and an engine that grades."),
    "worker": ("grader.cli.worker", "Grade for a service, on this host."),
    "admin": ("grader.cli.admin", "Set up a service and look after it."),
    "doctor": ("grader.cli.doctor", "Say what works on this machine and how to get the rest."),
}
"""Name to module and help; the module's `command` is the click command."""

COMPARING = ("submit", "ci", "watch", "try")
"""Commands that judge answers in their own process, which may have to be ended over one."""

GRADED, BELOW, USAGE, INVALID_SPEC, NOTHING_TO_GRADE, OUR_FAULT = 0, 1, 2, 3, 4, 5
INTERRUPTED = 130


class LazyGroup(click.Group):
    """Imports a command's module when that command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(COMMANDS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, about) for name, (_, about) in COMMANDS.items()])


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 96},
    epilog="Exit codes: 0 graded, 1 below --fail-under, 2 usage, 3 a spec is invalid, "
    "4 nothing could be graded, 5 a fault of the grader or no isolation, 130 interrupted.",
)
@click.version_option(package_name="fairmark", prog_name="grade", message="%(prog)s %(version)s")
def cli() -> None:
    """Grade deep-learning homework: closed forms, functions, kernels and short answers."""


def main() -> None:
    """Run the command and turn every error into one line and an exit code."""
    # Nothing that a start-up makes is garbage; looking for it costs a tenth of a cold run.
    gc.set_threshold(50_000)
    arguments = sys.argv[1:]
    if arguments and arguments[0] in COMPARING:
        sys.exit(run_watched(lambda: run(arguments)))
    sys.exit(run(arguments))


def run(arguments: list[str]) -> int:
    """The exit code of one command line."""
    try:
        code = cli.main(arguments, prog_name="grade", standalone_mode=False)
        return code if isinstance(code, int) else GRADED
    except click.ClickException as error:
        error.show()
        return USAGE
    except (KeyboardInterrupt, click.Abort):
        click.echo("\ngrade: interrupted", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has closed it; there's nobody left to tell.
        sys.stderr.close()
        return GRADED
    except GraderError as error:
        click.echo(f"grade: {error}", err=True)
        return name_exit_code(error)
    except Exception as fault:
        if os.environ.get("GRADE_DEBUG"):
            raise
        click.echo(
            f"grade: a fault of the grader, not yours: {type(fault).__name__}: {fault};"
            " set GRADE_DEBUG=1 to see where",
            err=True,
        )
        return OUR_FAULT


def name_exit_code(error: GraderError) -> int:
    """The code that tells whose turn it is."""
    if isinstance(error, SubmissionError | TooMany):
        return NOTHING_TO_GRADE
    if isinstance(error, UsageError | UnknownAssignment | Refusal):
        return USAGE
    if isinstance(error, InstructorError):
        return INVALID_SPEC
    return OUR_FAULT
