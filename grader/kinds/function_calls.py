"""The calls behind a function's checks: inputs drawn, student and reference called, compared."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from grader.kinds.protocol import Bench, Inputs
from grader.numerics.comparing import compare_values
from grader.numerics.differences import Difference
from grader.numerics.draws import draw_inputs, widen
from grader.numerics.tolerances import Closeness, derive_closeness
from grader.sandbox.records import Ending, Run
from grader.spec.function_part import FunctionCheck, FunctionPart
from grader.spec.models import Limits
from grader.spec.signature import read_signature
from grader.submission.models import Source
from grader.values import ArrayValue, Value

LIGHT, HEAVY = ("numpy",), ("numpy", "torch")

# The channel takes 4096 values and 64 MiB back; half of it is left for what is returned.
MOST_RETURNED_VALUES = 2048
MOST_RETURNED_BYTES = 32 << 20


Plan = tuple[FunctionCheck, int, Mapping[str, Value]]
"""A check, which of its repetitions, and the inputs of that call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One part with what was handed in for it."""

    part: FunctionPart
    source: Source
    bench: Bench
    reference_limits: Limits | None = None
    """For inputs that no author wrote; those of the bench where they did."""

    @property
    def function(self) -> str:
        return read_signature(self.part.signature).name

    @property
    def modules(self) -> tuple[str, ...]:
        return find_modules(self.part, self.source.text)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trial:
    """One call of the student's function, beside what was expected of it."""

    check: FunctionCheck
    inputs: Mapping[str, Value]
    run: Run
    closeness: Closeness
    repeat: int = 0
    expected: Value = None
    difference: Difference | None = None
    """Set where a value came back and it is not the expected one."""
    changed: tuple[str, ...] = ()
    """Arguments that are no longer what they were."""

    @property
    def returned(self) -> bool:
        return self.run.ending is Ending.RETURNED

    @property
    def is_right(self) -> bool:
        return self.returned and self.difference is None and not self.changed


def find_modules(part: FunctionPart, text: str) -> tuple[str, ...]:
    """What the worker must have imported: what the part says, and what the source asks for.

    A module missing here is only slower: the student's own import then loads it in each call.
    """
    implied = {"torch": HEAVY, "numpy": LIGHT, "python": ()}[part.arrays]
    modules = dict.fromkeys((*implied, *part.imports))
    return (*modules, *(name for name in find_imported(text) if name not in modules))


def find_imported(text: str) -> tuple[str, ...]:
    """The large modules that a source asks for."""
    found = set(
        re.findall(r"^[ \t]*(?:import|from)[ \t]+(numpy|torch|sympy)\b", text, re.MULTILINE)
    )
    if "torch" in found:
        found.add("numpy")
    return tuple(sorted(found))


def make_trials(desk: Desk, checks: Sequence[tuple[FunctionCheck, int]]) -> list[Trial]:
    """Call the student's function for repetitions of checks, all in one batch.

    Checks of a property make calls of their own, for all their repetitions at once.
    """
    trials = call_all(
        desk,
        [
            (check, repeat, draw_inputs(desk.part, check, desk.bench.seed, repeat))
            for check, repeat in checks
            if check.holds is None
        ],
    )
    whole = [check for check, repeat in checks if check.holds is not None and repeat == 0]
    if whole:
        from grader.kinds.function_properties import try_property

        trials += [trial for check in whole for trial in try_property(desk, check).trials]
    return trials


def call_all(desk: Desk, plans: Sequence[Plan]) -> list[Trial]:
    """Call the student's function on given inputs and compare what it returns.

    Errors   BrokenReference when the reference fails where the student's function does not.
    """
    if not plans:
        return []
    inputs = [given for _, _, given in plans]
    runs = desk.bench.call_student(
        desk.function,
        inputs,
        limits=desk.part.limits,
        modules=desk.modules,
        return_arguments=not desk.part.in_place and _can_be_changed(inputs),
    )
    trials = [
        Trial(
            check=check,
            repeat=repeat,
            inputs=given,
            run=run,
            closeness=derive_closeness(desk.part, check, given),
        )
        for (check, repeat, given), run in zip(plans, runs, strict=True)
    ]
    return _compare_equivalents(desk, _compare_all(desk, trials))


def _compare_all(desk: Desk, trials: Sequence[Trial]) -> list[Trial]:
    asked = [
        i
        for i, trial in enumerate(trials)
        if trial.check.expect is None and trial.run.ending in (Ending.RETURNED, Ending.RAISED)
    ]
    values = _call_reference(desk, desk.function, [trials[i].inputs for i in asked])
    expected = dict(zip(asked, values, strict=True))
    return [
        _compare(desk, trial, expected.get(i, trial.check.expect)) for i, trial in enumerate(trials)
    ]


def _compare(desk: Desk, trial: Trial, expected: Value) -> Trial:
    if not trial.returned:
        return replace(trial, expected=expected)
    return replace(
        trial,
        expected=expected,
        difference=compare_values(
            trial.run.value, expected, trial.closeness, accept_flat=desk.part.accept_flat
        ),
        changed=_find_changed(trial),
    )


def _compare_equivalents(desk: Desk, trials: list[Trial]) -> list[Trial]:
    """Let other right functions have their say where the first one disagrees."""
    for name in desk.part.equivalents:
        wrong = [i for i, trial in enumerate(trials) if trial.returned and trial.difference]
        wrong = [i for i in wrong if trials[i].check.expect is None]
        values = _call_reference(desk, name, [trials[i].inputs for i in wrong])
        for i, value in zip(wrong, values, strict=True):
            second = _compare(desk, trials[i], value)
            if second.difference is None:
                trials[i] = second
    return [_compare_stated(desk, trial) for trial in trials]


def _compare_stated(desk: Desk, trial: Trial) -> Trial:
    """The same for the other values that a check itself states."""
    if not trial.returned or trial.difference is None:
        return trial
    others = (_compare(desk, trial, value) for value in trial.check.equivalents)
    return next((other for other in others if other.difference is None), trial)


def _call_reference(desk: Desk, function: str, inputs: Sequence[Inputs]) -> list[Value]:
    """What the reference returns, in double precision on the very same numbers."""
    if not inputs:
        return []
    wide = [widen(one) for one in inputs]
    runs = desk.bench.call_reference(function, wide, limits=desk.reference_limits)
    return [run.value for run in runs]


def _can_be_changed(inputs: Sequence[Inputs]) -> bool:
    """Whether any argument is mutable, and all are small enough to be sent back."""
    found = False
    for given in inputs:
        values = n_bytes = 0
        pending = list(given.values())
        while pending:
            value = pending.pop()
            values += 1
            if isinstance(value, ArrayValue):
                n_bytes += value.entries.nbytes
                found = True
            elif isinstance(value, list | tuple | dict):
                pending += value.values() if isinstance(value, dict) else value
                found = True
        if values > MOST_RETURNED_VALUES or n_bytes > MOST_RETURNED_BYTES:
            return False
    return found


def _find_changed(trial: Trial) -> tuple[str, ...]:
    after = trial.run.arguments_after
    if not isinstance(after, list | tuple) or len(after) != len(trial.inputs):
        return ()
    return tuple(
        name
        for (name, before), now in zip(trial.inputs.items(), after, strict=True)
        if not _is_same(before, now)
    )


def _is_same(before: Value, now: Value) -> bool:
    """Whether two values are alike to the last bit: NaN is itself, -0.0 is not 0.0."""
    if isinstance(before, ArrayValue):
        return (
            isinstance(now, ArrayValue)
            and before.dtype == now.dtype
            and before.entries.shape == now.entries.shape
            and before.entries.tobytes() == now.entries.tobytes()
        )
    if isinstance(before, list | tuple):
        return (
            type(now) is type(before)
            and len(now) == len(before)
            and all(map(_is_same, before, now))
        )
    if isinstance(before, dict):
        return (
            isinstance(now, dict)
            and list(now) == list(before)
            and all(_is_same(value, now[key]) for key, value in before.items())
        )
    return type(now) is type(before) and repr(now) == repr(before)
