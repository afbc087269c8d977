"""Whether what a hidden check is given can be read off a report: a loud student tries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from grader.authoring.certificate import Claim
from grader.authoring.rehearsing import NOTHING, Rehearsal, name_function
from grader.kinds.protocol import Inputs
from grader.numerics.draws import draw_inputs
from grader.report.build import build_report
from grader.report.models import Report
from grader.submission.models import Source
from grader.values import ArrayValue, Value

DIGITS = 9
"""So many digits of two random numbers are not equal by chance."""

LOUD = """
def {name}(*arguments):
    text = repr([a.tolist() if hasattr(a, "tolist") else a for a in arguments])
    print(text)
    {ending}
"""
ENDINGS = ("raise ValueError(text)", "return arguments[0]")


def check_hidden(stage: Rehearsal) -> Iterator[Claim]:
    """Hand in functions that tell what they are given, and look for it in the student's report."""
    hidden = [check for check in stage.part.checks if check.hidden]
    if not hidden:
        return
    seed = stage.bench(NOTHING).seed
    secret = {
        number
        for check in hidden
        for repeat in range(check.repeats)
        for number in _numbers(draw_inputs(stage.part, check, seed, repeat))
    }
    public = {
        number
        for check in stage.part.checks
        if not check.hidden
        for number in _numbers(draw_inputs(stage.part, check, seed, 0))
    }
    for ending in ENDINGS:
        report = _report(stage, ending)
        text = report.model_dump_json()
        found = [f"shows {number}" for number in sorted(secret - public) if number in text]
        found += [f"says more than a verdict of '{name}'" for name in _tell_tales(report)]
        if found:
            words = f"the report of a function that does '{ending}' {found[0]}"
            yield Claim(name="hidden checks leak nothing", holds=False, words=words)
            return
    yield Claim(name="hidden checks leak nothing", holds=True)


def _report(stage: Rehearsal, ending: str) -> Report:
    """The hidden checks alone: those that all see cost many calls and are given nothing secret."""
    hidden = [check.model_copy(update={"needs": ()}) for check in stage.part.checks if check.hidden]
    part = stage.part.model_copy(update={"checks": tuple(hidden)})
    name = name_function(stage.part)
    text = LOUD.format(name=name, ending=ending)
    loud = replace(NOTHING, sources=(Source(name="loud.py", text=text, functions=(name,)),))
    return build_report(
        assignment=stage.assignment.id,
        title="",
        submission=loud,
        scores=[replace(stage, part=part).judge(loud)],
        isolation=stage.sandbox.tier,
    )


def _tell_tales(report: Report) -> Iterator[str]:
    """Hidden checks with anything beside their verdict and the author's words."""
    for check in report.parts[0].checks:
        told = (check.output, check.location, check.understood, check.counterexample)
        if check.hidden and (any(told) or any(map(str.isdigit, check.feedback))):
            yield check.name


def _numbers(inputs: Inputs) -> Iterator[str]:
    """The first digits of every number that has enough of them to be known again."""
    for value in inputs.values():
        yield from _digits(value)


def _digits(value: Value) -> Iterator[str]:
    if isinstance(value, ArrayValue):
        yield from _digits(value.entries.tolist())
    elif isinstance(value, list | tuple):
        for entry in value:
            yield from _digits(entry)
    elif isinstance(value, dict):
        yield from _digits(list(value.values()))
    elif isinstance(value, float):
        found = re.match(rf"-?(\d*\.0*\d{{{DIGITS}}})", repr(value))
        if found:
            yield found[1]
