"""`grade check`: the author's proof of problems."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli import GRADED, INVALID_SPEC
from grader.cli.options import course_option

if TYPE_CHECKING:
    from grader.authoring.certificate import Certificate, ProblemCertificate


@click.command("check")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@course_option
@click.option("--fresh", is_flag=True, help="Prove again what has not changed since it was proved.")
@click.option("--json", "as_json", is_flag=True, help="Print certificates as JSON, for CI.")
@click.option("-v", "--verbose", is_flag=True, help="Show every claim, and mutants that are equal.")
@click.option("-j", "--jobs", type=click.IntRange(1, 64), help="Processes.  [default: the cores]")
def command(
    paths: tuple[str, ...],
    course: Path | None,
    fresh: bool,
    as_json: bool,
    verbose: bool,
    jobs: int | None,
) -> int:
    """Prove problems: that right answers pass, and that wrong ones don't.

    A PATH is an assignment (hw2), a problem (hw2/gated-rnn) or its file; all, if none is given.

    \b
    grade check
    grade check hw2/gated-rnn --verbose
    """
    from grader.authoring.certificate import SCHEMA
    from grader.authoring.checking import check_problems
    from grader.authoring.choosing import choose_problems
    from grader.authoring.showing import show_total
    from grader.cli.finding import find_course_here

    found = find_course_here(course)
    chosen = choose_problems(found, paths)
    progress = _Progress(sum(map(len, chosen.values())), as_json, verbose)
    certificates = []
    for certificate in check_problems(found, chosen, progress, fresh=fresh, jobs=jobs or 0):
        progress.finished(certificate)
        certificates.append(certificate)
    if as_json:
        shown = [each.model_dump(mode="json") for each in certificates]
        click.echo(json.dumps({"schema": SCHEMA, "problems": shown}, indent=2, ensure_ascii=False))
    else:
        for line in show_total(certificates):
            click.echo(line)
    return GRADED if all(each.is_proved for each in certificates) else INVALID_SPEC


class _Progress:
    """What is being tried, on a terminal; certificates as they come, unless all go into JSON."""

    def __init__(self, total: int, as_json: bool, verbose: bool) -> None:
        self.total, self.done = total, 0
        self.as_json, self.verbose = as_json, verbose
        self.is_live = sys.stderr.isatty()

    def trying(self, part_id: str, what: str, done: int = 0, total: int = 0) -> None:
        count = f" {done}/{total}" if total else ""
        self._write(f"{part_id}: {what}{count}")

    def proved(self, certificate: Certificate) -> None:
        self._write("")

    def finished(self, certificate: ProblemCertificate) -> None:
        from grader.authoring.showing import show_certificate

        self.done += 1
        self._write("")
        if not self.as_json:
            took = f"{certificate.elapsed_s:.1f} s"
            how = "unchanged since it was proved" if certificate.is_remembered else took
            click.echo(f"{certificate.problem}  ({how})")
            for fault in certificate.faults:
                click.echo(f"  ✗ {fault}")
            for part in certificate.parts:
                for line in show_certificate(part, verbose=self.verbose):
                    click.echo(line)
        if self.done < self.total:
            self._write(f"{self.done}/{self.total} problems")

    def _write(self, text: str) -> None:
        if self.is_live:
            click.echo(f"\r\x1b[K{f'  {text}' if text else ''}", nl=False, err=True)
