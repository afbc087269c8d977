"""Rules for parts that are answered by a function: its checks, their inputs and draws."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from grader.spec.function_part import Draw, FunctionCheck, FunctionPart
from grader.spec.meaning_answers import check_mistakes
from grader.spec.scope import Scope, missing
from grader.spec.signature import Signature, read_signature
from grader.spec.words import join

# As float64, this fills the 64 MiB that a message of the sandbox may carry.
MAX_ENTRIES = 1 << 23

_MODULE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")

_OPTIONS = {
    "low": ("uniform", "integers"),
    "high": ("uniform", "integers"),
    "of": ("choice",),
}
"""Options that only some draws have."""

_AXES = {"eye": 2, "orthonormal": 2, "simplex": 1, "permutation": 1, "arange": 1}
"""Draws that need a shape of so many axes."""


def check_function(part: FunctionPart, scope: Scope) -> None:
    """Every check can be called, and has something to be compared with."""
    signature = read_signature(part.signature)
    _check_names(part, scope)
    _check_inputs(part.inputs, part, part.sizes, scope.below("inputs"), shared=True)
    for index, check in enumerate(part.checks):
        _check_check(part, check, signature, scope.below("checks", index))
    _check_expected(part, signature, scope)
    for index, name in enumerate(part.equivalents):
        scope.need_reference(name, "equivalents", index)
    check_shared(part.shared, (signature.name, *part.equivalents), part.mistakes, scope)
    for index, module in enumerate(part.imports):
        if not _MODULE.fullmatch(module):
            scope.refuse(f"'{module}' is not the name of a module", "imports", index)
    for index, mistake in enumerate(part.mistakes):
        if mistake.answer is not None:
            message = "a mistake in a function is a function of the reference; write 'like'"
            scope.refuse(message, "mistakes", index, "answer", at_key=True)
        elif mistake.like == signature.name:
            message = "this is the right function, so it is no mistake"
            scope.refuse(message, "mistakes", index, "like")
    if all(mistake.answer is None for mistake in part.mistakes):
        check_mistakes(_WithoutAnswer(part.mistakes), scope)


def check_shared(
    shared: Sequence[str], answers: Sequence[str], mistakes: Sequence[Any], scope: Scope
) -> None:
    """What students may have is in the reference, and is neither an answer nor a mistake."""
    for index, name in enumerate(shared):
        scope.need_reference(name, "shared", index)
        if name in answers:
            scope.refuse(f"'{name}' is an answer, so it cannot be shared", "shared", index)
        elif any(mistake.like == name for mistake in mistakes):
            scope.refuse(f"'{name}' is a mistake, so it cannot be shared", "shared", index)


class _WithoutAnswer:
    """A question whose right answer is a function, not a value."""

    answer = None

    def __init__(self, mistakes: tuple[Any, ...]) -> None:
        self.mistakes = mistakes


def _check_names(part: FunctionPart, scope: Scope) -> None:
    names = [check.name for check in part.checks]
    for index, check in enumerate(part.checks):
        here = scope.below("checks", index)
        if check.name in names[:index]:
            here.refuse(f"there is another check '{check.name}'; rename one", "name")
        here.need_known(check.needs, names, "check", "needs")
    needs = {check.name: check.needs for check in part.checks}
    for index, check in enumerate(part.checks):
        if _reaches(needs, check.name, check.name):
            message = f"'{check.name}' needs itself in the end"
            scope.refuse(message, "checks", index, "needs", at_key=True)


def _reaches(needs: Mapping[str, tuple[str, ...]], start: str, goal: str) -> bool:
    seen: set[str] = set()
    waiting = list(needs[start])
    while waiting:
        name = waiting.pop()
        if name == goal:
            return True
        if name not in seen:
            seen.add(name)
            waiting.extend(needs.get(name, ()))
    return False


def _check_expected(part: FunctionPart, signature: Signature, scope: Scope) -> None:
    """A check without `expect` is compared with the reference's function."""
    for index, check in enumerate(part.checks):
        if check.expect is None and "expect" in check.model_fields_set:
            message = "'expect' is empty; write a value, or leave it to the reference"
            scope.refuse(message, "checks", index, "expect", at_key=True)
        _check_holds(check, scope.below("checks", index))
    unexpected = [
        index
        for index, check in enumerate(part.checks)
        if check.expect is None and check.holds is None
    ]
    if not unexpected or scope.reference.path is None:
        return
    if not scope.reference.text and len(unexpected) < len(part.checks):
        for index in unexpected:
            scope.refuse("this check needs 'expect', as there is no reference", "checks", index)
    else:
        scope.need_reference(signature.name, "signature")


def _check_holds(check: FunctionCheck, scope: Scope) -> None:
    """A property is said by a function of the reference, and by nothing else."""
    if check.holds is None:
        for key in ("calls", "measures"):
            if getattr(check, key) is not None:
                scope.refuse(f"'{key}' goes with 'holds'", key, at_key=True)
        return
    scope.need_reference(check.holds, "holds")
    if check.calls is not None:
        scope.need_reference(check.calls, "calls")
    if check.expect is not None:
        scope.refuse("a check has one of 'expect' and 'holds'", "expect", at_key=True)
    if check.tolerance is not None:
        scope.refuse("'tolerance' is for values that are compared", "tolerance", at_key=True)


def _check_check(
    part: FunctionPart, check: FunctionCheck, signature: Signature, scope: Scope
) -> None:
    if scope.has("inputs") and "inputs" not in signature.names:
        scope.refuse("unknown key 'inputs'; did you mean 'with'?", "inputs", at_key=True)
    sizes = {**part.sizes, **check.sizes}
    for name, length in check.sizes.items():
        if length < 0:
            scope.refuse(f"a size cannot be {length}", "sizes", name)
    _check_inputs(check.inputs, part, sizes, scope.below("with"))
    inputs = {**part.inputs, **check.inputs}
    for parameter in signature.parameters:
        if parameter.name not in inputs and not parameter.has_default:
            scope.refuse(f"the check '{check.name}' has no input '{parameter.name}'", at_key=False)
    for name in part.inputs.keys() - check.inputs.keys():
        for size in sorted(_named_sizes(part.inputs[name]) - sizes.keys()):
            scope.refuse(
                f"the check '{check.name}' has no size '{size}', which '{name}' needs", "sizes"
            )
        for draw in _find_draws(part.inputs[name]):
            _check_entries(draw, sizes, scope)


def _check_inputs(
    inputs: Mapping[str, Any],
    part: FunctionPart,
    sizes: Mapping[str, int],
    scope: Scope,
    shared: bool = False,
) -> None:
    names = read_signature(part.signature).names
    for name, value in inputs.items():
        if name not in names:
            message = missing("parameter", name, names)
            scope.refuse(message, name, at_key=True)
        for draw in _find_draws(value):
            here = scope.below(name)
            _check_draw(draw, part, here)
            if shared:
                # Their sizes may come from each check.
                continue
            for index, size in enumerate(draw.shape):
                if isinstance(size, str) and size not in sizes:
                    here.refuse(missing("size", size, list(sizes)), "shape", index)
            _check_entries(draw, sizes, here)


def _find_draws(value: Any) -> Iterator[Draw]:
    if isinstance(value, Draw):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _find_draws(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _find_draws(inner)


def _named_sizes(value: Any) -> set[str]:
    return {size for draw in _find_draws(value) for size in draw.shape if isinstance(size, str)}


def _check_draw(draw: Draw, part: FunctionPart, scope: Scope) -> None:
    given = draw.model_fields_set
    if draw.draw is None:
        _check_stated(draw, part, scope)
        return
    if "value" in given:
        scope.refuse("an input has one of 'draw' and 'value'", "value", at_key=True)
        return
    for key, draws in _OPTIONS.items():
        if key in given and draw.draw not in draws:
            scope.refuse(f"'{key}' is for {join(draws)}, not {draw.draw}", key, at_key=True)
    for index, size in enumerate(draw.shape):
        if isinstance(size, int) and size < 0:
            scope.refuse(f"a size cannot be {size}", "shape", index)
    axes = _AXES.get(draw.draw, 0)
    if len(draw.shape) < axes:
        word = "axis" if axes == 1 else "axes"
        scope.refuse(f"'{draw.draw}' needs a shape of at least {axes} {word}", "shape")
    _check_range(draw, scope)


def _check_stated(draw: Draw, part: FunctionPart, scope: Scope) -> None:
    """Stated entries: an array where a dtype or a shape is given, else any value."""
    for key in sorted(draw.model_fields_set - {"value", "dtype", "shape"}):
        scope.refuse(f"'{key}' is for draws, not beside 'value'", key, at_key=True)
    shape = _literal_shape(draw.value)
    is_array = draw.dtype is not None or bool(draw.shape) or part.arrays != "python"
    if shape is None and is_array and _holds_numbers(draw.value):
        scope.refuse("the rows of 'value' differ in length", "value")
    elif shape is None and (draw.dtype is not None or draw.shape):
        scope.refuse("'value' should be a number, or lists of numbers", "value")
    elif shape is not None and draw.shape and all(isinstance(size, int) for size in draw.shape):
        wanted = math.prod(int(size) for size in draw.shape)
        if wanted != math.prod(shape):
            scope.refuse(f"{math.prod(shape)} numbers do not fill {wanted} entries", "shape")


def _holds_numbers(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_holds_numbers, value))
    return isinstance(value, int | float)


def _check_range(draw: Draw, scope: Scope) -> None:
    for key in ("low", "high", "scale", "shift"):
        if not math.isfinite(getattr(draw, key)):
            scope.refuse(f"'{key}' should be finite", key)
            return
    if draw.draw == "uniform" and draw.low >= draw.high:
        scope.refuse(f"'low' should be below 'high', saw {draw.low:g} and {draw.high:g}", "low")
    if draw.draw == "integers":
        if "high" not in draw.model_fields_set:
            scope.refuse("'integers' needs 'high', which itself is never drawn")
        elif draw.low != int(draw.low) or draw.high != int(draw.high):
            scope.refuse("'low' and 'high' should be whole numbers", "high")
        elif draw.low >= draw.high:
            scope.refuse(f"'low' should be below 'high', saw {draw.low:g} and {draw.high:g}", "low")
    if draw.draw == "choice" and not draw.of:
        scope.refuse("'choice' needs 'of', a list of numbers")
    if draw.shape and not all(isinstance(option, int | float) for option in draw.of):
        scope.refuse("'of' should be a list of numbers, as an array is drawn", "of")


def _check_entries(draw: Draw, sizes: Mapping[str, int], scope: Scope) -> None:
    shape = [sizes.get(size, 1) if isinstance(size, str) else size for size in draw.shape]
    if math.prod(shape) > MAX_ENTRIES:
        scope.refuse(f"an array of {math.prod(shape):,} entries is too large to check", "shape")


def _literal_shape(value: Any) -> tuple[int, ...] | None:
    if isinstance(value, int | float):
        return ()
    if not isinstance(value, list):
        return None
    shapes = {_literal_shape(item) for item in value}
    if len(shapes) > 1 or None in shapes:
        return None
    return (len(value), *(shapes.pop() or ())) if shapes else (0,)
