"""`grade try`: one written answer to one part, judged, with everything that led to the verdict."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader.cli import GRADED, NOTHING_TO_GRADE
from grader.cli.options import (
    assignment_option,
    course_option,
    secret_option,
    student_option,
    trust_option,
)

if TYPE_CHECKING:
    from grader.bench import SubmissionBench
    from grader.kinds.carrying import Earlier
    from grader.sandbox.pool import Sandbox
    from grader.spec.loaded import LoadedAssignment, LoadedProblem
    from grader.verdicts import Outcome

NOT_WRITTEN = ("function", "kernel")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One answer to one part or field, and what it takes to judge it."""

    problem: LoadedProblem
    part_id: str
    field: str
    """Empty where the part itself is answered."""
    part: Any
    text: str
    bench: SubmissionBench
    earlier: Mapping[str, Earlier]


@click.command("try")
@click.argument("target", metavar="PART")
@click.option("--answer", help="What a student would write; - reads it from standard input.")
@assignment_option
@course_option
@student_option
@trust_option
@secret_option
def command(
    target: str,
    answer: str | None,
    assignment: str | None,
    course: Path | None,
    student: str,
    trust_submission: bool,
    secret: str,
) -> int:
    """Judge one written answer to PART, a part or a field, and say why.

    \b
    grade try hw3/square-grads.w0 --answer 'w1 x 1{w0 x + b0 > 0}'
    grade try attn-gauss -a hw3 --answer - < derivation.tex
    """
    from grader.errors import UsageError
    from grader.sandbox.pool import Sandbox
    from grader.spec.personal import personalise

    if answer is None:
        raise UsageError("no answer; add --answer 'TEXT', or --answer - to read it from a file")
    text = sys.stdin.read() if answer == "-" else answer
    if not text.strip():
        click.echo("grade: the answer is blank", err=True)
        return NOTHING_TO_GRADE
    loaded, name = _load(target, assignment, course)
    loaded = personalise(loaded, student, secret)
    with Sandbox(isolated=not trust_submission) as sandbox:
        trial = _prepare(loaded, name, text, sandbox, secret)
        outcomes = _judge(trial)
        click.echo(f"{loaded.id}/{name}  ({trial.part.kind})")
        shown = list(_show_outcomes(outcomes))
        # A slip that the verdict has named already isn't named twice.
        shown += [line for line in _show_reasons(trial) if line not in shown]
        for line in shown:
            click.echo(f"  {line}")
    return GRADED


def _load(target: str, assignment: str | None, course: Path | None) -> tuple[LoadedAssignment, str]:
    """The assignment, and the part's name without it."""
    from grader.cli.finding import find_assignment

    before, _, name = target.rpartition("/")
    found, assignment_id = find_assignment(Path.cwd(), assignment or before or None, course)
    return found.load(assignment_id), name


def _prepare(
    loaded: LoadedAssignment, name: str, text: str, sandbox: Sandbox, secret: str
) -> Trial:
    """Find the part and the right answers to those it builds on.

    Errors   UsageError for a part that no text answers; UnknownAssignment for none at all.
    """
    from grader.authoring.rehearsing import NOTHING, answer_earlier
    from grader.bench import SubmissionBench
    from grader.cache import find_cache_folder
    from grader.errors import UnknownAssignment, UsageError
    from grader.expected import ExpectedValues
    from grader.kinds.handing_in import name_fields
    from grader.spec.words import suggest

    part_id, _, field = name.partition(".")
    problem, part = loaded.find_part(part_id)
    if part.kind in NOT_WRITTEN:
        raise UsageError(f"{part_id} is answered by a {part.kind}; grade submit judges it")
    known = name_fields(part)
    if field and field not in known:
        raise UnknownAssignment(f"{part_id} has no field '{field}'{suggest(field, known)}")
    expected = ExpectedValues(find_cache_folder())
    bench = SubmissionBench(
        sandbox=sandbox,
        expected=expected,
        problem=problem,
        part_id=part_id,
        submission=NOTHING,
        secret=secret,
    )
    earlier = answer_earlier(loaded, sandbox, expected) if part.uses else {}
    return Trial(
        problem=problem,
        part_id=part_id,
        field=field,
        part=part,
        text=text,
        bench=bench,
        earlier=earlier,
    )


def _judge(trial: Trial) -> tuple[Outcome, ...]:
    """The verdict as `grade submit` gives it; of the field that was asked for alone."""
    from grader.kinds.judging import judge_part
    from grader.kinds.protocol import HandedIn
    from grader.submission.models import Answer

    heading = f"{trial.part_id}.{trial.field}" if trial.field else trial.part_id
    answer = Answer(part=heading, text=trial.text, file="--answer", line=1)
    handed_in = HandedIn(fields={trial.field: answer}) if trial.field else HandedIn(answer=answer)
    outcomes = judge_part(trial.part, trial.part_id, handed_in, trial.bench, trial.earlier)
    if not trial.field:
        return outcomes
    return tuple(each for each in outcomes if each.check.split(": ")[0] == trial.field)


def _show_outcomes(outcomes: tuple[Outcome, ...]) -> Iterator[str]:
    for outcome in outcomes:
        if len(outcomes) > 1:
            yield f"{outcome.check}"
        if outcome.understood:
            yield from _label("read as", outcome.understood)
        share = "" if outcome.share is None else f", {float(outcome.share * 100):g} %"
        yield from _label("verdict", f"{outcome.verdict}{share}")
        yield from outcome.feedback.splitlines()
        for label, words in (
            ("mistake", outcome.mistake),
            ("hint", outcome.hint),
            ("staff", outcome.staff_note),
        ):
            if words:
                yield from _label(label, words)


def _show_reasons(trial: Trial) -> Iterator[str]:
    """How a closed form or the steps of a derivation were compared."""
    if trial.part.kind not in ("expression", "chain"):
        return
    from grader.kinds.carrying import resolve_answer

    used = {name: each.right for name, each in trial.earlier.items() if name in trial.part.uses}
    part = resolve_answer(trial.part, trial.part_id, trial.bench, used)
    if part.kind == "chain":
        yield from _show_steps(part, trial)
    elif trial.field:
        from grader.kinds.fields import ask_alone

        yield from _show_comparison(ask_alone(part, trial.field), trial)
    elif not part.fields:
        yield from _show_comparison(part, trial)


def _show_comparison(part: Any, trial: Trial) -> Iterator[str]:
    from grader import maths
    from grader.kinds.expression import read_written, seek
    from grader.maths.explaining import draw_tree

    sought = seek(part, trial.part_id, trial.bench)
    written = read_written(part, trial.text, sought)
    if isinstance(written, maths.Unreadable):
        return
    found = sought.compare(written.formula, sought.reference)
    is_wrong = found.agreement is maths.Agreement.DIFFERENT
    named = sought.name_slip(written.formula) if is_wrong else ""
    yield from _label("method", found.method)
    yield from _label("points", f"{found.points_tried} tried")
    if found.witness is not None:
        yield from _label("witness", _name_place(found.witness))
    if named:
        yield from _label("mistake", named)
    yield from _label("tree", "\n".join(draw_tree(written.formula.tree)))


def _name_place(witness: Any) -> str:
    place = ", ".join(f"{name} = {value}" for name, value in witness.values.items())
    values = f"the answer is {witness.student}, the right one {witness.reference}"
    return f"at {place}: {values}" if place else values


def _show_steps(part: Any, trial: Trial) -> Iterator[str]:
    from grader.kinds.chain import judge_steps
    from grader.maths.compare_trees import Agreement

    words = {
        Agreement.EQUAL: "follows",
        Agreement.DIFFERENT: "does not follow",
        Agreement.UNDECIDED: "not decided",
    }
    for one in judge_steps(part, trial.part_id, trial.text, trial.bench.seed):
        found = one.comparison
        method = f"{found.method}, {found.points_tried} tried"
        note = f"; {found.note}" if found.note else ""
        yield from _label(f"step {one.number}", f"{words[found.agreement]} ({method}{note})")


def _label(label: str, words: str) -> Iterator[str]:
    """Lines below one another, the first with its label."""
    first, *rest = words.splitlines() or [""]
    yield f"{label:<10}{first}"
    for line in rest:
        yield f"{'':<10}{line}"
