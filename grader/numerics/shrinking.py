"""Counterexamples made small: fewer entries first, then simpler numbers, while they still fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from grader.errors import InstructorError
from grader.numerics.draws import draw_inputs
from grader.spec.function_part import Draw, FunctionCheck, FunctionPart
from grader.values import ArrayValue, Value

MOST_CALLS = 24
"""Calls of the student's function: half a second where torch is loaded."""

CALLS_FOR_NUMBERS = 8
"""Of those, kept for simpler numbers once the sizes are small."""

BATCH = 6
"""Candidates tried at once; more would be wasted when the first one fails."""

Inputs = Mapping[str, Value]
Failure = TypeVar("Failure")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shrunk(Generic[Failure]):
    """The simplest failing inputs found, and how they fail."""

    inputs: Inputs
    failure: Failure


def shrink(
    part: FunctionPart,
    check: FunctionCheck,
    seed: int,
    repeat: int,
    start: Shrunk[Failure],
    try_all: Callable[[Sequence[Inputs]], Sequence[Failure | None]],
    most_calls: int = MOST_CALLS,
) -> Shrunk[Failure]:
    """Look for smaller sizes, then for simpler numbers, that fail in the same way.

    `try_all` says for each inputs how it fails, or None where it does not fail alike.

    Cost     at most `most_calls` inputs are tried; the same ones every time.
    """
    draws = {**part.inputs, **check.inputs}
    used = set(_find_sizes(list(draws.values())))
    sizes = {name: n for name, n in {**part.sizes, **check.sizes}.items() if name in used}
    best, left = start, most_calls

    def attempt(candidates: list[Inputs], kept: int = 0) -> int | None:
        """Make the first candidate that fails the best one."""
        nonlocal best, left
        candidates = candidates[: min(BATCH, left - kept)]
        left -= len(candidates)
        failures = try_all(candidates) if candidates else []
        for index, failure in enumerate(failures):
            if failure is not None:
                best = Shrunk(inputs=candidates[index], failure=failure)
                return index
        return None

    while left > CALLS_FOR_NUMBERS:
        drawn = list(_draw_smaller(part, check, seed, repeat, sizes))
        found = attempt([inputs for _, inputs in drawn], CALLS_FOR_NUMBERS)
        if found is None:
            break
        sizes = drawn[found][0]
    attempt(list(_simplify_together(draws, best.inputs)))
    for name, value in best.inputs.items():
        if left:
            attempt(
                [{**best.inputs, name: simpler} for simpler in simplify(draws.get(name), value)]
            )
    return best


def _find_sizes(written: object) -> Iterator[str]:
    """Names of sizes in the shapes of draws, wherever they stand."""
    if isinstance(written, Draw):
        yield from (size for size in written.shape if isinstance(size, str))
    elif isinstance(written, list | tuple | dict):
        for value in written.values() if isinstance(written, dict) else written:
            yield from _find_sizes(value)


def _draw_smaller(
    part: FunctionPart, check: FunctionCheck, seed: int, repeat: int, sizes: Mapping[str, int]
) -> Iterator[tuple[dict[str, int], Inputs]]:
    """Inputs drawn with smaller named sizes, the smallest first."""
    proposals = [{name: min(size, all_) for name, size in sizes.items()} for all_ in (1, 2)]
    for small in (1, 2):
        proposals += [{**sizes, name: small} for name, size in sizes.items() if size > small]
    proposals += [{**sizes, name: size // 2} for name, size in sizes.items() if size > 5]
    seen = [dict(sizes)]
    for proposal in proposals:
        if proposal in seen:
            continue
        seen.append(proposal)
        try:
            yield proposal, draw_inputs(part, check, seed, repeat, proposal)
        except InstructorError:
            continue


def _simplify_together(draws: Mapping[str, Any], inputs: Inputs) -> Iterator[Inputs]:
    """Every input made simpler in the same way at once."""
    options = {name: list(simplify(draws.get(name), value)) for name, value in inputs.items()}
    for step in range(max(map(len, options.values()), default=0)):
        # An input with fewer forms stays in its last, least changed one.
        yield {
            name: options[name][min(step, len(options[name]) - 1)] if options[name] else value
            for name, value in inputs.items()
        }


def simplify(draw: object, value: Value) -> Iterator[Value]:
    """Simpler values that the author's draw might have given, the simplest first."""
    if not isinstance(draw, Draw) or draw.draw is None:
        # What an author wrote out is as simple as they want it.
        return
    if isinstance(value, ArrayValue):
        yield from _simplify_array(draw, value)
    elif isinstance(value, list):
        yield from _simplify_lists(draw, value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        for simpler in _simplify_number(draw, value):
            yield type(value)(simpler)


def _simplify_number(draw: Draw, value: float) -> Iterator[float]:
    for simpler in (0.0, 1.0, 0.5, 2.0, -1.0, float(round(value)), round(2 * value) / 2):
        if simpler == value:
            # What follows is no simpler than what there is.
            return
        if _allows(draw, simpler) and abs(simpler) <= max(abs(value), 2):
            yield simpler


def _allows(draw: Draw, number: float) -> bool:
    """Whether the draw could have given this number."""
    match draw.draw:
        case "normal":
            return True
        case "uniform":
            return _between(draw.shift + draw.scale * draw.low, number, draw)
        case "integers":
            low, high = int(draw.low), int(draw.high)
            raw = (number - draw.shift) / draw.scale if draw.scale else number
            return raw == int(raw) and low <= raw < high
        case _:
            return False


def _between(start: float, number: float, draw: Draw) -> bool:
    end = draw.shift + draw.scale * draw.high
    return min(start, end) <= number <= max(start, end)


def _simplify_lists(draw: Draw, value: list[Any]) -> Iterator[Value]:
    import numpy as np

    entries = np.array(value)
    if entries.dtype.kind in "if":
        for simpler in _simplify_array(draw, ArrayValue(entries, entries.dtype.name, "array")):
            assert isinstance(simpler, ArrayValue)
            yield simpler.entries.tolist()


def _simplify_array(draw: Draw, value: ArrayValue) -> Iterator[Value]:
    import numpy as np

    entries = value.entries
    if entries.size == 0:
        return
    proposals: list[Any] = []
    match draw.draw:
        case "normal" | "uniform" | "integers":
            counted = np.arange(1, entries.size + 1).reshape(entries.shape)
            wide = entries.astype(np.complex128 if entries.dtype.kind == "c" else np.float64)
            proposals = [np.zeros_like(wide), np.ones_like(wide)]
            proposals += [np.full_like(wide, 0.5), counted % 10]
            proposals += [np.round(wide), np.round(wide * 2) / 2]
        case "orthonormal" if entries.ndim == 2:
            proposals = [draw.shift + draw.scale * np.eye(*entries.shape)]
        case "simplex":
            proposals = [np.full(entries.shape, draw.shift + draw.scale / entries.shape[-1])]
        case "permutation":
            ordered = np.broadcast_to(np.arange(entries.shape[-1]), entries.shape)
            proposals = [draw.shift + draw.scale * ordered]
    for proposal in proposals:
        simpler = proposal.astype(entries.dtype)
        if (simpler == entries).all():
            return
        if _allows_all(draw, simpler):
            yield ArrayValue(simpler, value.dtype, value.family)


def _allows_all(draw: Draw, entries: Any) -> bool:
    if draw.draw not in ("uniform", "integers"):
        return True
    return all(_allows(draw, number) for number in set(entries.reshape(-1).tolist()))
