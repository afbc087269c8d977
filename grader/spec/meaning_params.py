"""Rules for parameters: each can be drawn, has a use, and every placeholder names one."""

from __future__ import annotations

import math
from collections.abc import Mapping

from grader.errors import Fault
from grader.spec.filling import find_placeholders, list_assigned
from grader.spec.params import MOST_VALUES, Param, count_values
from grader.spec.positions import Document
from grader.spec.reference import Reference
from grader.spec.words import suggest


def check_params(
    params: Mapping[str, Param], document: Document, reference: Reference, faults: list[Fault]
) -> bool:
    """Add a fault for everything that cannot be meant; whether values can be drawn at all."""
    before = len(faults)
    for name, param in params.items():
        message = _find_fault(param)
        if message:
            faults.append(document.fault(("params", name), message, at_key=True))
    can_draw = len(faults) == before
    used = set(list_assigned(reference.text))
    for path, name in find_placeholders(document.root):
        used.add(name)
        if name not in params:
            message = f"there is no parameter '{name}'{suggest(name, params)}"
            faults.append(document.fault(path, message))
    for name in params:
        if name not in used:
            message = f"nothing uses '{name}'; write <<{name}>> where it belongs, or remove it"
            faults.append(document.fault(("params", name), message, at_key=True))
    return can_draw


def _find_fault(param: Param) -> str:
    if param.of:
        if param.low is not None or param.high is not None or "step" in param.model_fields_set:
            return "a parameter has 'of', or 'low' and 'high'"
        if not all(_is_plain(value) for value in param.of):
            return "'of' lists numbers and words"
        if len(set(map(repr, param.of))) < len(param.of):
            return "'of' lists a value twice"
        return "" if len(param.of) > 1 else "one value is not drawn; list another, or write it out"
    if param.low is None or param.high is None:
        return "write a list of values, or 'low' and 'high'"
    if not all(map(math.isfinite, (param.low, param.high, param.step))) or param.step <= 0:
        return "'low', 'high' and 'step' should be finite, and 'step' more than 0"
    if param.high <= param.low or count_values(param) < 2:
        return f"from {param.low} to {param.high} there is one value at most; widen the range"
    if count_values(param) > MOST_VALUES:
        return f"these are {count_values(param)} values; {MOST_VALUES} are allowed"
    return ""


def _is_plain(value: object) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, int | str) or (isinstance(value, float) and math.isfinite(value))
