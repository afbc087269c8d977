"""The process that times kernels on a GPU: reads one request, writes one record, ends.

No Python of a student's runs here: their kernels come as text that `write_module` made. The
reference module is the author's and is run.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from grader.kernels.timing.protocol import Plan, measure
from grader.kernels.timing.records import TimingRecord
from grader.kinds.kernel_rounding import bound_coarsely
from grader.kinds.kernel_runs import draw_arguments, plan_launch
from grader.kinds.kernel_values import find_wrong
from grader.spec.kernel_part import KernelPart

CPU_CALLS = 5


def main() -> None:
    """Answer on the stream that was standard output; what anything prints goes to the other."""
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    request = json.load(sys.stdin)
    record = time_on_gpu(
        KernelPart.model_validate(request["part"]),
        request["student"],
        request["name"],
        request["reference"],
        request["slow"],
        request["seed"],
    )
    json.dump(record.as_json(), answer)
    answer.close()


def time_on_gpu(
    part: KernelPart, student: str, name: str, reference: str, slow: str, seed: int
) -> TimingRecord:
    """Compile both, and measure.

    Errors   whatever Numba or the driver says; the process ends with it.
    """
    from grader.kernels.timing.gpu import GpuDevice

    assert part.timed is not None
    timed = part.timed
    theirs, ours = run_text(student, "student"), run_text(reference, "reference")
    names = list(part.arguments)
    drawn: dict[str, Any] = {}
    at: dict[str, int] = {}

    def draw(sizes: Mapping[str, int]) -> list[Any]:
        drawn.update(draw_arguments(part, sizes, seed))
        at.update(sizes)
        return list(drawn.values())

    def is_same(_: int, saw: Any, wanted: Any) -> bool:
        allowed = None if part.rounding is None else bound_coarsely(part, at, drawn, wanted)
        return find_wrong(part, saw, wanted, exact=part.exact, allowed=allowed) is None

    device = GpuDevice(
        student=theirs[name],
        reference=ours[timed.like],
        slow=ours[slow],
        plan_launch=lambda sizes: plan_launch(part, sizes),
        draw=draw,
        outputs=[names.index(each) for each in part.outputs],
        is_same=is_same,
    )
    record = measure(device, make_plan(part, seed))
    if timed.against_cpu is not None and record.status == "decided":
        function = ours[timed.against_cpu.like]
        record = replace(record, cpu_ms=time_on_cpu(part, function, record.sizes, seed))
    return record


def make_plan(part: KernelPart, seed: int) -> Plan:
    assert part.timed is not None
    timed = part.timed
    growing = [
        {name: max(1, size // fraction) for name, size in timed.sizes.items()}
        for fraction in (8, 4, 2, 1)
    ]
    return Plan(
        sizes=timed.sizes,
        target_us=timed.target_us,
        ratio=timed.ratio,
        slow_ratio=timed.ratio,
        slope_sizes=growing if timed.slope is not None else (),
        seed=seed,
    )


def run_text(text: str, name: str) -> dict[str, Any]:
    """A module's names after its text has run."""
    found: dict[str, Any] = {"__name__": name}
    exec(compile(text, f"<{name}>", "exec"), found)
    return found


def time_on_cpu(
    part: KernelPart, function: Callable[..., Any], sizes: Mapping[str, int], seed: int
) -> float:
    """Milliseconds of the author's CPU function on the same inputs, the median of some calls."""
    arguments = draw_arguments(part, sizes, seed)
    inputs = [value for name, value in arguments.items() if name not in part.outputs]
    times = []
    for _ in range(CPU_CALLS):
        started = time.perf_counter()
        function(*inputs)
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


if __name__ == "__main__":
    main()
