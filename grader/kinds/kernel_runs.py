"""A kernel's launches at each size: arguments drawn, outputs poisoned, reference beside student."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol

import numpy as np

from grader.errors import BrokenReference, InstructorError
from grader.kernels.launch import KernelRun, Launch, run_kernel
from grader.kernels.limits import Budget
from grader.kernels.source import Program
from grader.kinds.kernel_rounding import bound_rounding
from grader.numerics.arrays import draw_entries
from grader.spec.function_part import Draw
from grader.spec.kernel_part import KernelPart
from grader.spec.kernel_sizes import evaluate_size

# A hostile kernel is stopped at the first size, within a second; an honest one needs little.
TRIAL_BUDGET = Budget(time_s=10)
REFERENCE_BUDGET = Budget(work=2_000_000)

REMEMBERED = 64
"""Sizes whose right values are kept: those of a homework's kernels; some hundred KiB each."""


@dataclass(slots=True, kw_only=True)
class Trial:
    """One size: what the kernel left in each array, and what it should have."""

    sizes: Mapping[str, int]
    is_drawn: bool
    run: KernelRun
    before: dict[str, Any]
    after: dict[str, Any]
    expected: dict[str, Any]
    allowed: dict[str, Any] | None = None
    """How far each output may be off, where that follows from rounding."""


class Interpret(Protocol):
    """Interprets one launch: here for a reference, in a process apart for a submission."""

    def __call__(
        self,
        source: Program,
        name: str,
        launch: Launch,
        arguments: Sequence[Any],
        *,
        budget: Budget,
        blocks: Sequence[int] | None = None,
    ) -> KernelRun: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A kernel to be judged, and where it is interpreted."""

    program: Program
    name: str
    interpret: Interpret = run_kernel


def run_trials(
    part: KernelPart, part_id: str, candidate: Candidate, reference: Program, seed: int
) -> list[Trial]:
    """Launch at every size, until one launch cannot be interpreted or does not end.

    Errors   BrokenReference when the reference does not run clean.
    """
    right = part.reference or part_id.replace("-", "_")
    trials: list[Trial] = []
    for sizes, is_drawn in list_sizes(part, seed):
        launch = plan_launch(part, sizes)
        before = draw_arguments(part, sizes, seed)
        after = copy_arguments(before)
        run = candidate.interpret(
            candidate.program, candidate.name, launch, list(after.values()), budget=TRIAL_BUDGET
        )
        expected, allowed = before, None
        if run.is_complete:
            launched = ReferenceLaunch(
                part=part, reference=reference, right=right, sizes=sizes, seed=seed
            )
            expected, allowed = find_expected(launched)
        trials.append(
            Trial(
                sizes=sizes,
                is_drawn=is_drawn,
                run=run,
                before=before,
                after=after,
                expected=expected,
                allowed=allowed,
            )
        )
        if not run.is_complete:
            break
    return trials


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceLaunch:
    """What the reference leaves at one size; equal to another of the same text."""

    part: KernelPart = field(compare=False)
    reference: Program = field(compare=False)
    right: str
    sizes: Mapping[str, int] = field(compare=False)
    seed: int
    key: str = field(init=False)

    def __post_init__(self) -> None:
        asked = {"arguments", "outputs", "launch", "rounding"}
        written = self.part.model_dump(mode="json", include=asked)
        text = f"{written!r}\0{sorted(self.sizes.items())}\0{self.reference.text}"
        object.__setattr__(self, "key", text)


@lru_cache(maxsize=REMEMBERED)
def find_expected(launched: ReferenceLaunch) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """What the reference leaves, and how far an output may be off: once for all who are asked.

    Errors   BrokenReference when the reference does not run clean.
    """
    part, sizes = launched.part, launched.sizes
    launch = plan_launch(part, sizes)

    def run_reference(given: Mapping[str, Any]) -> dict[str, Any]:
        left = copy_arguments(given)
        arguments = list(left.values())
        check_reference(
            run_kernel(
                launched.reference, launched.right, launch, arguments, budget=REFERENCE_BUDGET
            ),
            launched.right,
        )
        return left

    before = draw_arguments(part, sizes, launched.seed)
    expected = run_reference(before)
    if part.rounding is None:
        return expected, None
    return expected, bound_rounding(part, sizes, before, expected, run_reference)


def check_reference(run: KernelRun, name: str) -> None:
    if run.refusal is not None:
        raise BrokenReference(f"{name}, line {run.refusal.line}: {run.refusal}")
    if run.faults:
        raise BrokenReference(f"{name}, line {run.faults[0].line}: {run.faults[0].message}")


def list_sizes(part: KernelPart, seed: int) -> list[tuple[dict[str, int], bool]]:
    """The stated sizes, then some that follow from the submission's seed."""
    stated: list[tuple[dict[str, int], bool]] = [(dict(each), False) for each in part.correct.sizes]
    names = sorted(part.correct.sizes[0])
    for index in range(part.correct.drawn):
        source = np.random.default_rng(key_of(seed, "sizes", str(index)))
        drawn = {name: int(source.integers(1, part.correct.up_to + 1)) for name in names}
        stated.append((drawn, True))
    return stated


def plan_launch(part: KernelPart, sizes: Mapping[str, int]) -> Launch:
    try:
        return Launch(
            grid=tuple(max(1, evaluate_size(size, sizes)) for size in part.launch.grid),
            block=tuple(evaluate_size(size, sizes) for size in part.launch.block),
            dynamic_shared_bytes=part.launch.shared_bytes,
        )
    except ValueError as error:
        raise InstructorError(f"launch: {error}") from None


def draw_arguments(part: KernelPart, sizes: Mapping[str, int], seed: int) -> dict[str, Any]:
    """Arrays and numbers by parameter; outputs hold what no right answer would."""
    return {
        name: draw_argument(part, name, written, sizes, seed)
        for name, written in part.arguments.items()
    }


def draw_argument(
    part: KernelPart, name: str, written: Draw | int | str, sizes: Mapping[str, int], seed: int
) -> Any:
    if not isinstance(written, Draw):
        return evaluate_size(written, sizes)
    shape = tuple(evaluate_size(size, sizes) for size in written.shape)
    dtype = written.dtype or "float32"
    if written.value is not None:
        return np.ascontiguousarray(np.broadcast_to(np.asarray(written.value, dtype), shape))
    if name in part.outputs and written.draw is None:
        rubbish = np.nan if np.dtype(dtype).kind == "f" else 77
        return np.full(shape, rubbish, dtype)
    key = key_of(seed if written.seed is None else written.seed, name, str(sorted(sizes.items())))
    return np.ascontiguousarray(draw_entries(written, shape, key, dtype)).astype(dtype, copy=False)


def key_of(seed: int, *names: str) -> int:
    text = "\0".join((str(seed), *names))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little")


def copy_arguments(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value.copy() if isinstance(value, np.ndarray) else value
        for name, value in arguments.items()
    }
