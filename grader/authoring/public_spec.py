"""What students may know of a problem, as a spec of its own.

A function keeps its visible checks, with the inputs and values written out: drawn with a seed
of their own, so that nothing can be inferred about the hidden ones. Code to repair keeps its
starter too. Checks of properties and training runs are kept where the author shares what of
the reference they lean on. Any other answer is its secret, so such a part becomes one that
waits for the course; code without a visible check is left out. Of answers, equivalents,
mistakes, hints and rubrics nothing is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, get_args

from grader.authoring.rehearsing import NOTHING, Rehearsal, name_function
from grader.errors import InstructorError
from grader.kinds import BY_CODE
from grader.numerics.draws import draw_inputs, widen
from grader.spec.function_part import Draw, FunctionCheck, FunctionPart
from grader.spec.models import Part
from grader.spec.train_part import TrainPart
from grader.values import ArrayValue, Value

SECRET = "public"

MOST_NUMBERS = 2000
"""In one check: what is longer is no example to read, and makes a file that nobody opens."""

KEPT = "graded by your course, not here"

_DTYPES = {name for option in get_args(Draw.__annotations__["dtype"]) for name in get_args(option)}


class NotPublic(Exception):
    """A value that a spec cannot hold."""


def publish_part(stage: Rehearsal, refused: frozenset[str] = frozenset()) -> dict[str, Any] | None:
    """The public part as plain values; None where nothing of it can be tried by a student.

    `refused` names checks that are not to be published.
    """
    part = stage.part
    if part.kind not in BY_CODE:
        return _keep(part)
    if part.kind == "train":
        return _publish_training(part, refused)
    if part.kind not in ("function", "fix"):
        return None
    checks = [
        published
        for check in part.checks
        if not check.hidden and check.name not in refused and (published := _publish(stage, check))
    ]
    return _publish_function(part, checks) if checks else None


def _keep(part: Part) -> dict[str, Any]:
    return {
        "kind": "text",
        "points": write_points(part.points),
        "title": part.title or KEPT,
        "prompt": part.prompt or KEPT,
        "rubric": [{"item": KEPT, "points": write_points(part.points)}],
    }


def _publish_function(part: Any, checks: list[dict[str, Any]]) -> dict[str, Any]:
    names = {check["name"] for check in checks}
    for check in checks:
        check["needs"] = [name for name in check.get("needs", ()) if name in names]
        if not check["needs"]:
            del check["needs"]
    total = sum((c.points for c in part.checks if c.name in names), Fraction(0))
    simple = ("arrays", "dtype", "imports", "reduction", "accept_flat", "in_place")
    stated = {
        key: list(value) if isinstance(value, tuple) else value
        for key in simple
        if (value := getattr(part, key)) != FunctionPart.defaults[key]
    }
    if part.tolerance:
        stated["tolerance"] = part.tolerance.model_dump(exclude_none=True)
    if "limits" in part.model_fields_set:
        stated["limits"] = part.limits.model_dump()
    if part.kind == "fix":
        stated["starter"] = part.starter
    shared = {check[key] for check in checks for key in ("holds", "calls") if key in check}
    if shared:
        stated["shared"] = sorted(shared)
    return {
        "kind": part.kind,
        "points": write_points(total),
        "title": part.title,
        "prompt": part.prompt,
        "signature": part.signature,
        **stated,
        "checks": checks,
    }


def _publish_training(part: TrainPart, refused: frozenset[str]) -> dict[str, Any] | None:
    """The visible runs, where both the data and the measure are shared."""
    checks = [check for check in part.checks if not check.hidden and check.name not in refused]
    if not checks or not {part.data, part.measure} <= set(part.shared):
        return None
    return {
        "kind": "train",
        "points": write_points(sum((check.points for check in checks), Fraction(0))),
        "title": part.title,
        "prompt": part.prompt,
        "signature": part.signature,
        "data": part.data,
        "measure": part.measure,
        "shared": sorted({part.data, part.measure}),
        "unit": part.unit,
        "parameters": part.parameters,
        "epochs": part.epochs,
        "limits": part.limits.model_dump(),
        "checks": [
            {
                "name": check.name,
                "points": write_points(check.points),
                **({"with": dict(check.settings)} if check.settings else {}),
                "at_least": check.at_least,
                "margin": check.margin,
                "why": check.why,
                "seeds": check.seeds,
            }
            for check in checks
        ],
    }


def _publish(stage: Rehearsal, check: FunctionCheck) -> dict[str, Any] | None:
    """One visible check with its inputs and its values; None where a spec can't hold them."""
    part: FunctionPart = stage.part
    leans_on = {name for name in (check.holds, check.calls) if name}
    if not leans_on <= set(part.shared):
        # What says whether a property holds is the reference's own, unless it is shared.
        return None
    bench = stage.bench(NOTHING, SECRET)
    try:
        inputs = draw_inputs(part, check, bench.seed)
        values = [check.expect]
        if check.holds is None and check.expect is None:
            names = (name_function(part), *part.equivalents)
            values = [bench.call_reference(name, [widen(inputs)])[0].value for name in names]
        written = {name: _write_input(value) for name, value in inputs.items()}
        first, *others = [write_value(value) for value in values]
    except (InstructorError, NotPublic):
        return None
    is_compared = check.holds is None
    if is_compared == (first is None):
        return None
    if _count([first, *others, list(written.values())]) > MOST_NUMBERS:
        return None
    published: dict[str, Any] = {
        "name": check.name,
        "points": write_points(check.points),
        "with": written,
        "needs": list(check.needs),
    }
    if is_compared:
        published["expect"] = first
        if more := [other for other in others if other != first]:
            published["equivalents"] = more
    else:
        stated = {key: getattr(check, key) for key in ("holds", "calls", "measures")}
        published |= {key: value for key, value in stated.items() if value}
    if check.tolerance:
        published["tolerance"] = check.tolerance.model_dump(exclude_none=True)
    return published


def _write_input(value: Value) -> Any:
    if isinstance(value, ArrayValue):
        if value.dtype not in _DTYPES or not value.entries.size:
            raise NotPublic
        return {"value": value.entries.tolist(), "dtype": value.dtype}
    return write_value(value)


def write_value(value: Any) -> Any:
    """A value as YAML has it.

    Errors   NotPublic for what no spec can hold: complex numbers, arrays without entries.
    """
    if isinstance(value, ArrayValue):
        if value.entries.dtype.kind not in "fiub" or not value.entries.size:
            raise NotPublic
        return value.entries.tolist()
    if isinstance(value, list | tuple):
        return [write_value(entry) for entry in value]
    if isinstance(value, Mapping):
        return {key: write_value(entry) for key, entry in value.items()}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise NotPublic


def _count(value: Any) -> int:
    if isinstance(value, list):
        return sum(map(_count, value))
    if isinstance(value, dict):
        return sum(map(_count, value.values()))
    return 1


def write_points(points: Fraction) -> int | float | str:
    """Points as a spec has them: whole, decimal, or a ratio."""
    if points.denominator == 1:
        return points.numerator
    as_decimal = float(points)
    return as_decimal if Fraction(str(as_decimal)) == points else str(points)
