"""Counterexamples of functions: inputs on which they fail, as small as can be, ready to run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from grader.errors import InstructorError, SandboxFault
from grader.kinds.function_calls import Desk, Plan, Trial, call_all
from grader.kinds.function_checks import Judged, find_fault
from grader.kinds.function_endings import describe_exception, name_exception
from grader.numerics.describing import describe_value, write_code
from grader.numerics.differences import Difference
from grader.numerics.shrinking import CALLS_FOR_NUMBERS, MOST_CALLS, Inputs, Shrunk, shrink
from grader.sandbox.records import Ending
from grader.submission.models import Source
from grader.values import ArrayValue, Value
from grader.verdicts import Counterexample

SLOW_S = 0.25
"""A call that takes longer is not made two dozen times only to make an example smaller."""

CLEAR_ERROR = 0.05
"""Of the largest expected number: simpler inputs are no help where they hide the difference."""

CLEAR_SIZE = 0.01
"""Of the numbers expected at first: below it a function has run into a limit, 0 for exp(-60)."""

LONGEST_CODE = 600
"""Characters of the call: a longer one is neither read nor typed."""


def add_counterexamples(desk: Desk, judged: Sequence[Judged]) -> list[Judged]:
    """Show inputs on which each check fails; those of the first visible one are made small.

    A hidden check's are for staff, who want those that were tried.
    """
    shown = []
    calls = [MOST_CALLS, CALLS_FOR_NUMBERS, CALLS_FOR_NUMBERS]
    for each in judged:
        trial = each.deciding
        if trial is None or each.check.holds or not _can_be_shown(trial):
            shown.append(each)
            continue
        if each.check.hidden:
            outcome = replace(each.outcome, counterexample=_describe(desk, trial, exact=True))
            shown.append(replace(each, outcome=outcome))
            continue
        changed = trial.changed
        if calls:
            trial = _shrink(desk, trial, calls.pop(0))
        # The words are about the very inputs that are shown; simple ones may change to themselves.
        finding = find_fault(desk, replace(trial, changed=trial.changed or changed))
        outcome = replace(
            each.outcome,
            feedback=finding.feedback,
            location=finding.location,
            counterexample=_describe(desk, trial),
        )
        shown.append(replace(each, outcome=outcome))
    return shown


def _can_be_shown(trial: Trial) -> bool:
    return trial.run.ending in (Ending.RETURNED, Ending.RAISED)


def _shrink(desk: Desk, trial: Trial, most_calls: int) -> Trial:
    """The simplest call that fails as this one does."""
    is_open = trial.difference is not None and trial.difference.doubt
    if trial.check.expect is not None or is_open or trial.run.elapsed_s > SLOW_S:
        return trial
    desk = replace(desk, reference_limits=desk.part.limits)
    was_finite = is_finite(trial.expected)

    def try_all(candidates: Sequence[Inputs]) -> list[Trial | None]:
        plans = [(trial.check, trial.repeat, inputs) for inputs in candidates]
        tried = _call_where_defined(desk, plans)
        return [
            found
            if found
            and _fails_alike(trial, found)
            and (is_finite(found.expected) or not was_finite)
            else None
            for found in tried
        ]

    start = Shrunk(inputs=trial.inputs, failure=trial)
    seed = desk.bench.seed
    found = shrink(desk.part, trial.check, seed, trial.repeat, start, try_all, most_calls)
    return found.failure


def _call_where_defined(desk: Desk, plans: Sequence[Plan]) -> list[Trial | None]:
    """Calls on inputs nobody wrote: where the reference fails, there is nothing to compare."""
    try:
        return list(call_all(desk, plans))
    except SandboxFault:
        # An example that stays large is no reason to leave a check open.
        return [None] * len(plans)
    except InstructorError:
        if len(plans) == 1:
            return [None]
    return [found for plan in plans for found in _call_where_defined(desk, [plan])]


def _fails_alike(first: Trial, other: Trial) -> bool:
    if first.run.ending is not other.run.ending:
        return False
    if not first.returned:
        return name_exception(first.run) == name_exception(other.run)
    if first.difference is None:
        return other.difference is None and bool(other.changed)
    if other.difference is None or other.difference.kind != first.difference.kind:
        return False
    return _is_as_clear(first.difference, other.difference)


def _is_as_clear(first: Difference, other: Difference) -> bool:
    """Whether simpler inputs show the difference as well as the first ones did."""
    if other.doubt or other.relative_error < min(CLEAR_ERROR, first.relative_error):
        return False
    return other.largest_expected >= CLEAR_SIZE * first.largest_expected


def _describe(desk: Desk, trial: Trial, *, exact: bool = False) -> Counterexample:
    difference = trial.difference
    saw = describe_value(trial.run.value)
    found = difference.sentence if difference else ""
    if not trial.returned:
        saw = found = describe_exception(trial.run, desk.source)
    elif difference is None:
        found = f"{' and '.join(trial.changed)} changed"
    code = _write_code(desk, trial.inputs)
    return Counterexample(
        # The call holds every digit; where there is none, the inputs must.
        inputs=tuple(
            (name, describe_value(value, exact=exact or not code))
            for name, value in trial.inputs.items()
        ),
        saw=saw,
        expected=describe_value(trial.expected, exact=exact),
        difference=found,
        code=code,
    )


def _write_code(desk: Desk, inputs: Inputs) -> str:
    """Two lines that show it: what to import, and the call. Empty where they would be too long."""
    written = [write_code(value) for value in inputs.values()]
    call = ", ".join(text for text in written if text is not None)
    if None in written or len(call) > LONGEST_CODE:
        return ""
    imports = []
    if "torch." in call:
        imports.append("import torch")
    if "np." in call:
        imports.append("import numpy as np")
    imports.append(_import_function(desk.source, desk.function))
    return f"{'; '.join(filter(None, imports))}\nprint({desk.function}({call}))".lstrip()


def _import_function(source: Source, function: str) -> str:
    path = PurePosixPath(source.name)
    names = [*path.parent.parts, path.stem]
    if path.suffix != ".py" or not all(name.isidentifier() for name in names):
        # In a notebook the function is there already.
        return ""
    return f"from {'.'.join(names)} import {function}"


def is_finite(value: Value) -> bool:
    """Whether no number in a value is NaN or infinite."""
    if isinstance(value, ArrayValue):
        import numpy as np

        return bool(np.isfinite(value.entries).all())
    if isinstance(value, float | complex):
        return abs(value) < float("inf")
    if isinstance(value, list | tuple):
        return all(map(is_finite, value))
    if isinstance(value, dict):
        return all(map(is_finite, value.values()))
    return True
