"""What a student is shown beside the verdict: a counterexample, a slip by name, a hint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from grader.kinds.function_checks import Judged
from grader.kinds.function_endings import name_exception
from grader.kinds.marking import explain
from grader.sandbox.records import Ending, Run
from grader.spec.function_part import FunctionPart
from grader.verdicts import Outcome, Verdict

UNHINTED = (Verdict.VOID, Verdict.MISSING)
"""Our own faults, and functions that nobody has begun."""


def add_diagnoses(judged: Sequence[Judged]) -> list[Judged]:
    """Name a common slip where it explains a wrong value; the author's words come first."""
    return [_diagnose(each) for each in judged]


def _diagnose(each: Judged) -> Judged:
    trial = each.deciding
    if trial is None or trial.difference is None or each.outcome.mistake or each.check.hidden:
        return each
    if trial.difference.kind not in ("value", "shape") or trial.difference.doubt:
        return each
    from grader.numerics.diagnosing import diagnose

    advice = diagnose(trial.run.value, trial.expected, trial.closeness)
    if not advice:
        return each
    words = "\n".join((each.outcome.feedback, explain("", "", advice)))
    return replace(each, outcome=replace(each.outcome, feedback=words))


def add_hints(part: FunctionPart, judged: Sequence[Judged]) -> list[Judged]:
    """Give each failing check the first hint that is meant for it and not yet said."""
    said: set[str] = set()
    hinted = []
    for each in judged:
        hint = ""
        if each.deciding is not None and _has_begun(each, each.deciding.run):
            fitting = [h for h in part.hints if h.when in (None, each.check.name)]
            # One that was written for this very check helps more than a general one.
            fitting.sort(key=lambda h: h.when is None)
            hint = next((h.say for h in fitting if h.say not in said), "")
            said.add(hint)
        hinted.append(replace(each, outcome=replace(each.outcome, hint=hint)))
    return hinted


def _has_begun(each: Judged, run: Run) -> bool:
    """Whether the function itself was reached: a hint about it helps nobody before that."""
    reached = run.ending not in (Ending.IMPORT_FAILED, Ending.NOT_FOUND)
    return reached and each.outcome.verdict not in UNHINTED


def _tell_staff(outcome: Outcome) -> str:
    """What the student is not told, for whoever is asked about it."""
    found = outcome.counterexample
    if outcome.verdict is Verdict.PASSED or found is None:
        return "" if outcome.verdict is Verdict.PASSED else outcome.feedback
    lines = [f"{name} = {value}" for name, value in found.inputs]
    if found.expected and found.expected not in outcome.feedback:
        lines.append(f"expected = {found.expected}")
    return "\n".join([*lines, outcome.feedback])


def conceal(outcome: Outcome, run: Run | None = None) -> Outcome:
    """Keep what a hidden check was given from the student.

    Inputs could stand in any message, value or line number, in what the student's code printed
    or in how long it took. The verdict stays, the author's words, and a built-in exception's name;
    the rest goes to the note for staff, which no student's report has.
    """
    if not outcome.hidden:
        return outcome
    exception = name_exception(run) if run else ""
    words = {
        Verdict.PASSED: "",
        Verdict.WRONG: "a value is wrong on hidden inputs",
        Verdict.PARTIAL: "a value is wrong on hidden inputs",
        Verdict.CRASHED: f"stopped by {exception or 'an error'} on hidden inputs",
        Verdict.TIMEOUT: "more time needed than allowed on hidden inputs",
        Verdict.MEMORY: "more memory needed than allowed on hidden inputs",
        Verdict.REFUSED: "something not allowed was done on hidden inputs",
        Verdict.UNDECIDED: "off by very little on hidden inputs: a person will look at it",
    }.get(outcome.verdict, outcome.feedback)
    if run and run.ending is Ending.IMPORT_FAILED:
        words = f"the file could not be imported{f' ({exception})' if exception else ''}"
    return Outcome(
        check=outcome.check,
        verdict=outcome.verdict,
        share=outcome.share,
        points=outcome.points,
        hidden=True,
        feedback=words,
        mistake=outcome.mistake,
        hint=outcome.hint,
        staff_note="\n".join(filter(None, (outcome.staff_note, _tell_staff(outcome)))),
    )
