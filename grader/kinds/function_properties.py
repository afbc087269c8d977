"""Checks of a property: several calls, and a function of the reference that looks at them all.

So are judged: what must not change when the rows are shuffled, estimates that are right on the
average, and memory that must not grow with the square of a length.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from grader.errors import BrokenReference
from grader.kinds.function_calls import Desk, Trial
from grader.kinds.property_findings import Finding, read_finding
from grader.numerics.differences import Difference
from grader.numerics.draws import draw_inputs
from grader.numerics.tolerances import derive_closeness
from grader.sandbox.records import Run
from grader.spec.function_part import FunctionCheck
from grader.spec.models import Limits
from grader.values import Value

MOST_CALLS = 100
"""Of one check: an average over seeds takes some dozens."""

MOST_TRIES = 3
"""Of a property that is too close to say: each time with fresh inputs."""

HOLDS_LIMITS = Limits(time_s=60, memory_mib=4096)
"""For a `holds` function on values that no author wrote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """The calls that decide, and what was found in them; nothing where a call did not return."""

    trials: tuple[Trial, ...]
    finding: Finding | None = None


def try_property(desk: Desk, check: FunctionCheck) -> Tried:
    """Call the student's function as the check says, until the property fails or is settled.

    Errors   BrokenReference when the reference's own functions fail or return something else.
    """
    tried = _try_once(desk, check, 0)
    for repeat in range(1, check.repeats):
        if tried.finding is None or not tried.finding.holds:
            break
        tried = _try_once(desk, check, repeat)
    more = check.repeats
    while tried.finding and tried.finding.doubt and more < check.repeats + MOST_TRIES - 1:
        tried = _try_once(desk, check, more)
        more += 1
    return tried


def _try_once(desk: Desk, check: FunctionCheck, repeat: int) -> Tried:
    given = draw_inputs(desk.part, check, desk.bench.seed, repeat)
    calls = _list_calls(desk, check, given)
    runs = desk.bench.call_student(
        desk.function, calls, limits=desk.part.limits, modules=desk.modules
    )
    trials = tuple(
        Trial(
            check=check,
            repeat=repeat,
            inputs=inputs,
            run=run,
            closeness=derive_closeness(desk.part, check, inputs),
        )
        for inputs, run in zip(calls, runs, strict=True)
    )
    if not all(trial.returned for trial in trials):
        return Tried(trials=trials)
    finding = _look(desk, check, calls, runs)
    if finding.holds and not finding.doubt:
        return Tried(trials=trials, finding=finding)
    difference = Difference(
        kind="property",
        saw=finding.saw or "the property does not hold",
        expected=finding.expected,
        doubt=finding.doubt,
        advice=finding.says,
    )
    return Tried(trials=_mark(trials, difference), finding=finding)


def _mark(trials: Sequence[Trial], difference: Difference) -> tuple[Trial, ...]:
    return tuple(replace(trial, difference=difference) for trial in trials)


def _list_calls(
    desk: Desk, check: FunctionCheck, given: Mapping[str, Value]
) -> list[Mapping[str, Value]]:
    """The inputs of every call."""
    if check.calls is None:
        return [given]
    listed = desk.bench.call_reference(check.calls, [given])[0].value
    if not isinstance(listed, list | tuple) or not 1 <= len(listed) <= MOST_CALLS:
        raise BrokenReference(f"the reference {check.calls} must return 1 to {MOST_CALLS} calls")
    calls: list[Mapping[str, Value]] = []
    for inputs in listed:
        if not isinstance(inputs, list | tuple) or len(inputs) != len(given):
            raise BrokenReference(
                f"the reference {check.calls} must return lists of {len(given)} inputs"
            )
        calls.append(dict(zip(given, inputs, strict=True)))
    return calls


def _look(
    desk: Desk, check: FunctionCheck, calls: Sequence[Mapping[str, Value]], runs: Sequence[Run]
) -> Finding:
    """What the reference's function says about these calls."""
    assert check.holds is not None
    shown: dict[str, Value] = {
        "calls": [list(inputs.values()) for inputs in calls],
        "values": [run.value for run in runs],
    }
    if check.measures is not None:
        shown["measured"] = [float(getattr(run, check.measures)) for run in runs]
    found = desk.bench.call_reference(check.holds, [shown], limits=HOLDS_LIMITS)[0]
    return read_finding(check.holds, found.value)
