"""Inputs that no check draws: where a mutant that every check passes may yet show itself."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from grader.authoring.rehearsing import NOTHING, Rehearsal, name_function
from grader.errors import InstructorError
from grader.kinds.protocol import Inputs
from grader.numerics.comparing import compare_values
from grader.numerics.draws import draw_inputs, widen
from grader.numerics.tolerances import derive_closeness
from grader.sandbox.records import Ending
from grader.spec.function_part import Draw, FunctionCheck
from grader.submission.models import Submission
from grader.values import ArrayValue, Value

DRAWS = 60
"""Inputs tried before a mutant is called equal: a difference in one draw of ten shows for sure."""

MOST_VALUES = 2048
"""The channel takes 4096 values a message, and lists of inputs count twice."""

MOST_ENTRIES = 1 << 20
"""8 MiB of doubles in one message."""

CALL_MANY = """
def call_many(calls):
    import copy
    found = []
    for arguments in calls:
        try:
            found.append([True, _given(*copy.deepcopy(arguments))])
        except Exception as problem:
            found.append([False, type(problem).__name__])
    return found
"""


@dataclass(frozen=True, slots=True)
class FurtherDraw:
    """One call, and where its inputs come from."""

    check: FunctionCheck
    inputs: Inputs
    advice: str
    """Which check to add, if this is what tells a mutant from the reference."""


@dataclass(frozen=True)
class FurtherDraws:
    """Further inputs of one part, with what the reference returns for them."""

    stage: Rehearsal

    @cached_property
    def draws(self) -> list[FurtherDraw]:
        """The checks' own inputs with other seeds, other sizes and other stated numbers."""
        found: list[FurtherDraw] = []
        checks = self.stage.part.checks
        for turn in range(DRAWS // len(checks) + 1):
            for check in checks:
                found += _vary(self.stage, check, turn)
        return _keep_small(found)

    @cached_property
    def expected(self) -> list[Any]:
        """Pairs of whether it returned, and what."""
        function = name_function(self.stage.part)
        calls = [widen(draw.inputs) for draw in self.draws]
        return _call_many(self.stage, self.stage.hand_over(function, preamble=CALL_MANY), calls)

    def tell_apart(self, text: str) -> str:
        """The advice of the first draw where a changed module differs; empty if none does."""
        function = name_function(self.stage.part)
        changed = self.stage.hand_over(function, preamble=CALL_MANY, text=text)
        values = _call_many(self.stage, changed, [draw.inputs for draw in self.draws])
        for draw, right, value in zip(self.draws, self.expected, values, strict=False):
            if right[0] and (not value[0] or self._differs(draw, value[1], right[1])):
                return draw.advice
        return "" if len(values) == len(self.draws) else "it does not come back on other inputs"

    def _differs(self, draw: FurtherDraw, value: Value, expected: Value) -> bool:
        part = self.stage.part
        closeness = derive_closeness(part, draw.check, draw.inputs)
        return bool(compare_values(value, expected, closeness, accept_flat=part.accept_flat))


def _call_many(stage: Rehearsal, submission: Submission, calls: Sequence[Inputs]) -> list[Any]:
    """Make all calls in one process: each is copied, so that none sees another's changes."""
    given, answers = submission.sources
    renamed = replace(submission, sources=(given, replace(answers, functions=("call_many",))))
    lists: list[Value] = [list(inputs.values()) for inputs in calls]
    desk = stage.desk(renamed)
    run = desk.bench.call_student(
        "call_many", [{"calls": lists}], limits=stage.part.limits, modules=desk.modules
    )[0]
    return run.value if run.ending is Ending.RETURNED and isinstance(run.value, list) else []


def _vary(stage: Rehearsal, check: FunctionCheck, turn: int) -> list[FurtherDraw]:
    part, seed = stage.part, stage.bench(NOTHING, f"further {turn}").seed
    rng = random.Random(f"{seed} {check.name}")
    freed = check.model_copy(update={"inputs": _free(check.inputs)})
    free_part = part.model_copy(update={"inputs": _free(part.inputs)})
    sizes = {**part.sizes, **check.sizes}
    advice = f'give the check "{check.name}" more repeats'
    if sizes and turn % 2:
        sizes = {name: max(1, size + rng.choice((-2, -1, 1, 2))) for name, size in sizes.items()}
        shown = ", ".join(f"{name}: {size}" for name, size in sizes.items())
        advice = f"add a check with sizes {{{shown}}}"
    try:
        inputs = draw_inputs(free_part, freed, seed, turn, sizes)
    except InstructorError:
        return []
    written = {**part.inputs, **check.inputs}
    stated = [name for name in inputs if name in written and not _has_draw(written[name])]
    if stated and turn:
        changed = {name: _shrink(inputs[name], rng) for name in stated}
        if any(repr(changed[name]) != repr(inputs[name]) for name in stated):
            inputs |= changed
            advice = f'add a check like "{check.name}" with other numbers in {", ".join(stated)}'
    return [FurtherDraw(check, inputs, advice)]


def _free(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The same draws without fixed seeds."""
    return {name: _map_draws(value, _unseed) for name, value in inputs.items()}


def _unseed(draw: Draw) -> Draw:
    return draw if draw.draw is None else draw.model_copy(update={"seed": None})


def _map_draws(value: Any, change: Callable[[Draw], Draw]) -> Any:
    if isinstance(value, Draw):
        return change(value)
    if isinstance(value, dict):
        return {key: _map_draws(inner, change) for key, inner in value.items()}
    if isinstance(value, list):
        return [_map_draws(inner, change) for inner in value]
    return value


def _has_draw(value: Any) -> bool:
    if isinstance(value, Draw):
        return value.draw is not None
    if isinstance(value, dict | list):
        return any(map(_has_draw, value.values() if isinstance(value, dict) else value))
    return False


def _shrink(value: Value, rng: random.Random) -> Value:
    """Every number with a fraction a little nearer to 0: of the same sign, and still a share."""
    if isinstance(value, ArrayValue):
        if value.entries.dtype.kind != "f":
            return value
        import numpy as np

        factors = np.random.default_rng(rng.getrandbits(32)).uniform(0.6, 1, value.entries.shape)
        return replace(value, entries=(value.entries * factors).astype(value.entries.dtype))
    if isinstance(value, float):
        return value * rng.uniform(0.6, 1)
    if isinstance(value, list):
        return [_shrink(entry, rng) for entry in value]
    return value


def _keep_small(draws: list[FurtherDraw]) -> list[FurtherDraw]:
    """As many as one message carries, back and forth."""
    kept: list[FurtherDraw] = []
    values = entries = 0
    for draw in draws[:DRAWS]:
        counted = [_measure(value) for value in draw.inputs.values()]
        values += 2 + sum(count for count, _ in counted)
        entries += sum(size for _, size in counted)
        if kept and (values > MOST_VALUES or entries > MOST_ENTRIES):
            break
        kept.append(draw)
    return kept


def _measure(value: Value) -> tuple[int, int]:
    """Values and array entries within a value."""
    if isinstance(value, ArrayValue):
        return 1, value.entries.size
    if isinstance(value, list | tuple | dict):
        inner = [_measure(v) for v in (value.values() if isinstance(value, dict) else value)]
        return 1 + sum(count for count, _ in inner), sum(size for _, size in inner)
    return 1, 0
