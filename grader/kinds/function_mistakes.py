"""Known mistakes of functions: recognised by their values, never by their code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from grader.errors import BrokenReference
from grader.kinds.function_calls import Desk, Trial
from grader.kinds.function_checks import Judged
from grader.numerics.comparing import compare_values
from grader.spec.models import Mistake
from grader.values import Value
from grader.verdicts import Verdict


def name_mistakes(desk: Desk, judged: list[Judged]) -> list[Judged]:
    """Say the author's words where the student's values are those of a known mistake."""
    trials = [trial for each in judged for trial in each.trials if trial.returned]
    if all(trial.difference is None for trial in trials):
        return judged
    for mistake in desk.part.mistakes:
        if mistake.like and _explains(desk, mistake.like, trials):
            return [_blame(each, mistake) for each in judged]
    return judged


def _explains(desk: Desk, function: str, trials: Sequence[Trial]) -> bool:
    """Whether a wrong function gives what the student's gave, right and wrong values alike.

    It is called on the student's own inputs, in their precision: some mistakes are of precision.
    """
    try:
        runs = desk.bench.call_reference(function, [trial.inputs for trial in trials])
    except BrokenReference:
        # It fails where the student's function returns: it is another mistake.
        return False
    return all(_is_alike(desk, trial, run.value) for trial, run in zip(trials, runs, strict=True))


def _is_alike(desk: Desk, trial: Trial, value: Value) -> bool:
    found = compare_values(
        trial.run.value, value, trial.closeness, accept_flat=desk.part.accept_flat
    )
    if found is None:
        return True
    # Where the student's value is right, the mistake's may match it by being right as well.
    return trial.difference is None and (
        compare_values(value, trial.expected, trial.closeness, accept_flat=desk.part.accept_flat)
        is None
    )


def _blame(each: Judged, mistake: Mistake) -> Judged:
    """Give a check that shows the mistake, or is skipped for it, at least the mistake's credit."""
    outcome = each.outcome
    share = max(outcome.share or mistake.credit, mistake.credit)
    if outcome.verdict is Verdict.SKIPPED:
        return replace(each, outcome=replace(outcome, share=share))
    if each.deciding is None or each.deciding.difference is None:
        return each
    verdict = Verdict.PARTIAL if share else Verdict.WRONG
    outcome = replace(outcome, mistake=mistake.say, share=share, verdict=verdict, staff_note="")
    return replace(each, outcome=outcome)
