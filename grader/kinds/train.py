"""Training runs: from fixed seeds, within a budget, and scored on what the grader holds back."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from grader.errors import BrokenReference
from grader.kinds.function_calls import HEAVY, LIGHT, find_imported
from grader.kinds.function_endings import explain_ending
from grader.kinds.function_feedback import conceal
from grader.kinds.marking import explain
from grader.kinds.protocol import Bench, HandedIn
from grader.sandbox.records import Ending, Run
from grader.spec.models import Limits
from grader.spec.signature import read_signature
from grader.spec.train_part import TrainCheck, TrainPart
from grader.submission.models import Answer
from grader.values import ArrayValue, Value
from grader.verdicts import Chart, Curve, Outcome, Verdict, failed, passed

MEASURE_LIMITS = Limits(time_s=60, memory_mib=4096)
"""For a `measure` function on weights that no author wrote."""

MORE_SEEDS = 2
"""Times the check's own seeds that are tried where a median is just below its threshold."""

MOST_POINTS = 10
"""Epochs of a chart, evenly apart on its axis: a mark for each is still told from the next."""

EPOCH = "epoch"

BARS = "▁▂▃▄▅▆▇█"
WIDEST_CURVE = 40
"""Characters of a curve: what fits beside its ends on a line."""


@dataclass(frozen=True, slots=True)
class Trained:
    """One run that returned weights."""

    score: float
    curve: tuple[float, ...]
    run: Run


def judge(part: TrainPart, part_id: str, handed_in: HandedIn, bench: Bench) -> tuple[Outcome, ...]:
    """One outcome a check.

    Errors   BrokenReference when data cannot be made or weights cannot be measured.
    """
    if handed_in.source is None:
        name = part.signature.partition("(")[0]
        words = explain(f"no function `{name}` in any file", "", f"define `{part.signature}`")
        return tuple(
            failed(c.name, Verdict.MISSING, words, points=c.points, hidden=c.hidden)
            for c in part.checks
        )
    outcomes = (_judge_check(part, check, handed_in, bench) for check in part.checks)
    return tuple(conceal(outcome) for outcome in outcomes)


def _judge_check(part: TrainPart, check: TrainCheck, handed_in: HandedIn, bench: Bench) -> Outcome:
    """Train from the check's seeds; from more of them where the median is too close to say."""
    trained: list[Trained] = []
    for wanted in (check.seeds, check.seeds * (1 + MORE_SEEDS)):
        seeds = range(len(trained), wanted)
        found = _train_all(part, check, seeds, handed_in, bench)
        if isinstance(found, Outcome):
            return found
        trained += found
        middle = median(each.score for each in trained)
        if not check.at_least - check.margin <= middle < check.at_least:
            break
    words = _describe(part, check, trained)
    more: dict[str, Any] = {
        "points": check.points,
        "hidden": check.hidden,
        "elapsed_ms": max(each.run.elapsed_s for each in trained) * 1000,
        "memory_mib": max(each.run.memory_mib for each in trained),
        "output": trained[0].run.output,
        "charts": draw_losses([each.curve for each in trained]),
    }
    if middle >= check.at_least:
        return passed(check.name, feedback=words, **more)
    if middle >= check.at_least - check.margin:
        note = f"a median of {middle:.4g} over {len(trained)} seeds, {check.at_least:g} asked"
        return failed(check.name, Verdict.UNDECIDED, words, staff_note=note, **more)
    return failed(check.name, Verdict.WRONG, words, **more)


def _train_all(
    part: TrainPart, check: TrainCheck, seeds: Sequence[int], handed_in: HandedIn, bench: Bench
) -> list[Trained] | Outcome:
    """The runs from these seeds, or what became of the first that went wrong."""
    signature = read_signature(part.signature)
    source = handed_in.source
    assert source is not None
    settings = [{"seed": _mix(bench.seed, seed), **check.settings} for seed in seeds]
    made = bench.call_reference(part.data, settings)
    inputs = [_name_inputs(part, signature.names, run.value) for run in made]
    runs = bench.call_student(
        signature.name,
        inputs,
        limits=part.limits,
        modules=_find_modules(source.text, inputs),
    )
    trained = []
    for run, setting in zip(runs, settings, strict=True):
        more: dict[str, Any] = {
            "points": check.points, "hidden": check.hidden, "output": run.output,
        }  # fmt: skip
        if run.ending is not Ending.RETURNED:
            end = explain_ending(run, source, part.limits, part.signature)
            return failed(
                check.name, end.verdict, end.feedback, location=end.location,
                staff_note=end.staff_note, **more,
            )  # fmt: skip
        read = read_result(part, run.value)
        if isinstance(read, str):
            words = explain(read, "a list of arrays, and a list with the loss of each epoch")
            return failed(check.name, Verdict.WRONG, words, **more)
        weights, curve = read
        given = {"weights": weights, **setting}
        measured = bench.call_reference(part.measure, [given], limits=MEASURE_LIMITS)[0].value
        score = _read_score(part.measure, measured)
        if isinstance(score, str):
            return failed(check.name, Verdict.WRONG, explain(score), **more)
        trained.append(Trained(score, curve, run))
    return trained


def _find_modules(text: str, inputs: Sequence[Mapping[str, Value]]) -> tuple[str, ...]:
    """What the source imports, and what the arrays belong to that it is given."""
    families = {
        value.family
        for given in inputs
        for value in given.values()
        if isinstance(value, ArrayValue)
    }
    implied = HEAVY if "tensor" in families else LIGHT if families else ()
    return tuple(dict.fromkeys((*implied, *find_imported(text))))


def _mix(seed: int, index: int) -> int:
    """Small seeds that libraries take, other ones for each problem and course."""
    return (seed + 7919 * index) % 2**31


def _name_inputs(part: TrainPart, names: Sequence[str], value: Value) -> dict[str, Value]:
    if not isinstance(value, list | tuple) or len(value) != len(names):
        raise BrokenReference(f"the reference {part.data} must return {len(names)} inputs")
    return dict(zip(names, value, strict=True))


def read_result(part: TrainPart, value: Value) -> tuple[list[Value], tuple[float, ...]] | str:
    """Weights and losses as they must be, or what was returned instead."""
    if not isinstance(value, list | tuple) or len(value) != 2:
        return "no pair of weights and losses"
    weights, losses = value
    if isinstance(weights, dict):
        weights = list(weights.values())
    if not isinstance(weights, list | tuple) or not weights:
        return "no list of weights"
    if not all(isinstance(each, ArrayValue) and each.entries.dtype.kind == "f" for each in weights):
        return "weights that are no arrays of floats"
    count = sum(each.entries.size for each in weights if isinstance(each, ArrayValue))
    if count > part.parameters:
        return f"{count} parameters; {part.parameters} are allowed"
    if isinstance(losses, ArrayValue):
        losses = losses.entries.ravel().tolist()
    if not isinstance(losses, list | tuple):
        return "no list of losses"
    if len(losses) > part.epochs:
        return f"{len(losses)} losses; {part.epochs} epochs are allowed"
    curve = [_as_float(loss) for loss in losses]
    return list(weights), tuple(loss for loss in curve if math.isfinite(loss))


def _as_float(loss: Value) -> float:
    if isinstance(loss, ArrayValue) and loss.entries.size == 1:
        return float(loss.entries.item())
    return float(loss) if isinstance(loss, int | float) and abs(loss) < 1e300 else math.nan


def _read_score(function: str, value: Value) -> float | str:
    """A finite number; or text, where the weights are of no use."""
    if isinstance(value, str):
        return value
    if isinstance(value, ArrayValue) and value.entries.size == 1:
        value = value.entries.item()
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BrokenReference(f"the reference {function} must return a number, or words")
    return float(value) if math.isfinite(value) else "weights that give no finite numbers"


def _describe(part: TrainPart, check: TrainCheck, trained: Sequence[Trained]) -> str:
    unit = f" {part.unit}" if part.unit else ""
    scores = [each.score for each in trained]
    saw = f"{median(scores):.4g}{unit}"
    if len(scores) > 1:
        listed = ", ".join(f"{score:.4g}" for score in scores)
        saw += f", the median of {listed}"
    words = explain(saw, f"at least {check.at_least:g}{unit}: {check.why}")
    curve = show_curve(trained[0].curve)
    return f"{words}\n{curve}" if curve else words


def draw_losses(curves: Sequence[Sequence[float]]) -> tuple[Chart, ...]:
    """The losses of all runs in one chart; none where they can't stand on a logarithmic axis."""
    epochs = min(map(len, curves))
    if epochs < 2 or min(min(curve) for curve in curves) <= 0:
        return ()
    shown = sorted({round(epochs ** (i / (MOST_POINTS - 1))) for i in range(MOST_POINTS)})
    drawn = tuple(
        Curve(
            name=f"run {number}" if len(curves) > 1 else "your run",
            # Each run after the first has a line and marks of its own.
            role="student" if number == 1 else "tier",
            costs=tuple(curve[epoch - 1] for epoch in shown),
            slope=None,
        )
        for number, curve in enumerate(curves, start=1)
    )
    chart = Chart(
        title="Loss", size_name=EPOCH, unit="as returned", sizes=tuple(shown), curves=drawn
    )
    return (chart,)


def show_curve(losses: Sequence[float]) -> str:
    """`loss  0.9 █▅▃▂▁▁ 0.02 after 40 epochs`, on a logarithmic scale where all are positive."""
    if len(losses) < 2:
        return ""
    step = max(1, math.ceil(len(losses) / WIDEST_CURVE))
    shown = [*losses[::step]]
    heights = [math.log(loss) for loss in shown] if min(shown) > 0 else shown
    low, high = min(heights), max(heights)
    span = (high - low) or 1.0
    bars = "".join(BARS[round((height - low) / span * (len(BARS) - 1))] for height in heights)
    return f"{'loss':<10}{losses[0]:.3g} {bars} {losses[-1]:.3g} after {len(losses)} epochs"


def read_value(part: TrainPart, answer: Answer) -> Value:
    """Nothing: no later part builds on a training run."""
    return None


def describe(part: TrainPart) -> str:
    """How to hand in a training run."""
    return (
        f"Define `{part.signature}` in any .py file or notebook; it returns the weights, at most"
        f" {part.parameters} numbers in a list of arrays, and a list with the loss of each epoch."
    )
