"""What a part says about its failures, as labelled rows that every format shows in its own way."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from grader.report.models import CheckReport, CounterexampleReport, PartReport
from grader.report.words import VERDICTS
from grader.verdicts import Verdict

Role = Literal["prose", "value", "output"]

_INPUT_LENGTH, _INPUTS_LENGTH = 16, 60
"""Characters: inputs as short as sizes share a line, arrays have one each."""
_LABELLED = re.compile(r"(saw|expected|try|at|difference|differs)(?::\s*| {2,})(\S.*)")


@dataclass(frozen=True, slots=True)
class Row:
    """A short label (may be empty) and a text."""

    label: str
    text: str
    role: Role = "prose"


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why one check did not pass."""

    check: CheckReport
    sentences: tuple[str, ...]
    """The mistake by name, and what has no label."""
    findings: tuple[Row, ...]
    """What was seen and expected, in the words of whoever judged."""
    context: tuple[Row, ...]
    """Where, how the answer was read, what was printed."""
    inputs: tuple[Row, ...] = ()
    values: tuple[Row, ...] = ()
    """A case that fails: its inputs and what they give. Empty without inputs."""
    code: str = ""
    """Shows the case when run."""
    advice: tuple[str, ...] = ()
    """What to try: told last, where reading ends and work begins."""

    @property
    def is_about_the_case(self) -> bool:
        """Whether the findings tell of that very case, and not of a larger one before it."""
        shown = next((row.text for row in self.values if row.label == "differs"), "")
        told = [re.split(r" at |; ", row.text, maxsplit=1)[0] for row in self.findings]
        return bool(self.inputs) and all(text in shown for text in told)

    @property
    def first_difference(self) -> tuple[Row, ...]:
        """It names both values at one place, where whole arrays would hide it; else the values."""
        return tuple(row for row in self.values if row.label == "differs") or self.values


def explain_part(part: PartReport) -> tuple[Explanation, ...]:
    """Each check that did not pass; a mistake or a hint is told once in a part."""
    told: set[str] = set()
    explanations = []
    for check in find_checks_to_explain(part):
        explanations.append(_explain(check, told, is_prose=part.kind == "text"))
        told |= {check.mistake, check.hint}
    return tuple(explanations)


def find_checks_to_explain(part: PartReport) -> tuple[CheckReport, ...]:
    """The checks of a part that did not pass, without those skipped because of another."""
    unsettled = [check for check in part.checks if check.verdict != Verdict.PASSED]
    caused = [check for check in unsettled if check.verdict != Verdict.SKIPPED]
    return tuple(caused or unsettled)


def merge_findings(explained: Explanation) -> tuple[Row, ...]:
    """The values of a case, with what the findings add: '; 4 of 4 entries are wrong'."""
    saw = next((row.text for row in explained.findings if row.label == "saw"), "")
    added = saw.partition("; ")[2]
    if not added:
        return explained.values
    return tuple(
        Row(row.label, f"{row.text}; {added}", row.role) if row.label == "differs" else row
        for row in explained.values
    )


def needs_heading(check: CheckReport, part: PartReport) -> bool:
    """Whether a check must be named: not where it is the whole part and says the same."""
    return len(part.checks) > 1 or check.verdict != part.verdict or check.hidden


def say_first(part: PartReport) -> str:
    """One line about a part that lost points: its mistake, what was seen, or its verdict."""
    for row in (*read_feedback(part.mistake), *read_feedback(part.feedback)):
        line = row.text.partition("\n")[0]
        return f"{row.label.capitalize()} {line}" if row.label else line
    return VERDICTS[part.verdict].meaning


def read_feedback(text: str) -> tuple[Row, ...]:
    """Split feedback into its labelled lines; sentences without a label stay together."""
    rows: list[Row] = []
    for line in filter(None, map(str.strip, text.split("\n"))):
        found = _LABELLED.fullmatch(line)
        if found:
            label = "differs" if found[1] == "difference" else found[1]
            rows.append(Row(label, found[2]))
        elif rows and rows[-1].label == "":
            rows[-1] = Row("", f"{rows[-1].text}\n{line}")
        else:
            rows.append(Row("", line))
    return tuple(rows)


def _explain(check: CheckReport, told: set[str], *, is_prose: bool) -> Explanation:
    feedback = read_feedback(check.feedback)
    sentences = [row.text for row in feedback if row.label == ""]
    if check.mistake and check.mistake not in told:
        sentences.insert(0, check.mistake)
    findings = [row for row in feedback if row.label in ("saw", "expected", "differs")]
    found = check.counterexample
    inputs: Sequence[Row] = ()
    values: Sequence[Row] = ()
    if found and found.inputs:
        inputs, values = _describe_inputs(found), _describe_values(found)
    elif found:
        # Without inputs it tells of the very answer that the feedback tells of.
        said = {row.label for row in findings}
        findings += [row for row in _describe_values(found) if row.label not in said]
    if not sentences and not findings:
        sentences.append(VERDICTS[check.verdict].meaning)
    shown = {row.text for row in findings}
    understood = "" if check.understood in shown else check.understood
    context = (
        *(row for row in feedback if row.label == "at"),
        Row("at", check.location),
        Row("read as", understood, "prose" if is_prose else "value"),
        Row("printed", check.output, "output"),
        Row("staff", check.staff_note),
    )
    hints = [row.text for row in feedback if row.label == "try"]
    if check.hint not in told:
        hints.append(check.hint)
    return Explanation(
        check=check,
        sentences=tuple(sentences),
        findings=tuple(findings),
        context=tuple(row for row in context if row.text),
        inputs=tuple(inputs),
        values=tuple(values),
        code=found.code if found else "",
        advice=tuple(filter(None, hints)),
    )


def _describe_inputs(found: CounterexampleReport) -> Sequence[Row]:
    inputs = [f"{given.name} = {given.value}" for given in found.inputs]
    together = ", ".join(inputs)
    if max(map(len, inputs)) <= _INPUT_LENGTH and len(together) <= _INPUTS_LENGTH:
        inputs = [together]
    return [Row("with", given, "value") for given in inputs]


def _describe_values(found: CounterexampleReport) -> Sequence[Row]:
    told = (("saw", found.saw), ("expected", found.expected), ("differs", found.difference))
    return [Row(label, text, "value") for label, text in told if text]
