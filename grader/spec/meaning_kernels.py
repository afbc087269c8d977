"""Rules for kernel parts: arguments for every parameter, formulas with values, known twins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from grader.spec.function_part import Draw
from grader.spec.kernel_part import CheckWord, KernelPart, Timing
from grader.spec.kernel_sizes import evaluate_size
from grader.spec.reference import python_name
from grader.spec.scope import Scope, missing
from grader.spec.signature import read_signature
from grader.spec.words import join

# What any GPU starts as one block.
THREADS_AT_MOST = 1024
VERDICTS = ("wrong", "inefficient", "skipped", "timeout", "refused", "passed")


def check_kernel(part: KernelPart, scope: Scope) -> None:
    """A launch can be made at every size, and everything named is in the reference."""
    signature = read_signature(part.signature)
    parameters = list(signature.names)
    if list(part.arguments) != parameters:
        message = f"expected {join(parameters)}, in the order of the signature"
        scope.refuse(message, "arguments", at_key=True)
    scope.need_known(part.outputs, parameters, "parameter", "outputs")
    _check_sizes(part, scope)
    scope.need_reference(part.reference or python_name(scope.part_id), "signature")
    if part.efficient:
        for index, tier in enumerate(part.efficient.tiers):
            scope.need_reference(tier.like, "efficient", "tiers", index, "like")
    if part.timed:
        _check_timing(part, part.timed, scope)
    if not part.exact and part.tolerance is None and part.rounding is None:
        message = "say in 'rounding' what an entry is a sum of, or give a tolerance"
        scope.refuse(message, "exact")
    if part.rounding is not None:
        if part.exact or part.tolerance is not None:
            scope.refuse("expected no 'tolerance', and 'exact: false'", "rounding", at_key=True)
        sizes = part.correct.sizes[0]
        _check_formula(part.rounding.terms, sizes, scope.below("rounding", "terms"))
    _check_mistakes(part, scope)


def _check_timing(part: KernelPart, timed: Timing, scope: Scope) -> None:
    """Everything that a timing names exists, and there is something slow to tell it from."""
    scope.need_reference(timed.like, "timed", "like")
    if timed.slow is not None:
        scope.need_reference(timed.slow, "timed", "slow")
    elif part.efficient is None or part.efficient.tiers[-1].like == timed.like:
        message = "name a kernel of the reference in 'slow' that must be too slow"
        scope.refuse(message, "timed", at_key=True)
    if timed.against_cpu is not None:
        scope.need_reference(timed.against_cpu.like, "timed", "against_cpu", "like")
    if timed.slope is not None and timed.slope.low >= timed.slope.high:
        scope.refuse("expected 'low' below 'high'", "timed", "slope", at_key=True)


def _check_sizes(part: KernelPart, scope: Scope) -> None:
    """Every formula has a value at every stated size."""
    places: list[tuple[tuple[str | int, ...], Mapping[str, int]]] = [
        (("correct", "sizes", index), sizes) for index, sizes in enumerate(part.correct.sizes)
    ]
    if part.efficient:
        places.append((("efficient", "sizes"), part.efficient.sizes))
    if part.timed:
        places.append((("timed", "sizes"), part.timed.sizes))
    names = set(part.correct.sizes[0])
    for place, sizes in places:
        if set(sizes) != names:
            scope.refuse(f"expected {join(sorted(names))}, as in the first sizes", *place)
            return
    first = part.correct.sizes[0]
    for name, argument in part.arguments.items():
        entries = argument.shape if isinstance(argument, Draw) else (argument,)
        for entry in entries:
            _check_formula(entry, first, scope.below("arguments", name))
    for entry in part.launch.grid:
        _check_formula(entry, first, scope.below("launch", "grid"))
    threads = 1
    for entry in part.launch.block:
        threads *= _check_formula(entry, first, scope.below("launch", "block"))
    if threads > THREADS_AT_MOST:
        message = f"{threads} threads a block; no GPU starts more than {THREADS_AT_MOST}"
        scope.refuse(message, "launch", "block")


def _check_formula(formula: int | str, sizes: Mapping[str, int], scope: Scope) -> int:
    try:
        return evaluate_size(formula, sizes)
    except ValueError as error:
        scope.refuse(str(error))
        return 1


def _check_mistakes(part: KernelPart, scope: Scope) -> None:
    for index, mistake in enumerate(part.mistakes):
        here = scope.below("mistakes", index)
        here.need_reference(mistake.like, "like")
        for check, verdict in mistake.verdicts.items():
            if verdict not in VERDICTS:
                here.refuse(missing("verdict", verdict, VERDICTS), "verdicts", check)
        if all(verdict == "passed" for verdict in mistake.verdicts.values()):
            checks = join(list(get_args(CheckWord)))
            here.refuse(f"say which check it fails: {checks}", "verdicts", at_key=True)
