"""The program that times kernels on a GPU: reads one request, writes one record, ends.

It runs in a box of its own (`grader.sandbox.alone`). A student's kernel comes as text that
`write_module` made; the reference module is the author's. The grader believes no byte of the
answer before it has been read strictly.
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

from grader.kernels.timing.gpu import GpuDevice
from grader.kernels.timing.protocol import EMPTY_PAIRS, Plan, measure, trace_times
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
    part = KernelPart.model_validate(request["part"])
    theirs = run_text(request["student"], "student")
    ours = run_text(request["reference"], "reference")
    kernels = {"student": theirs[request["name"]]}
    if request["ask"] == "curve":
        kernels |= {name: ours[name] for name in request["tiers"]}
        found: Any = trace_curve(part, kernels, ours, request["sizes"], request["seed"])
    else:
        found = time_on_gpu(part, kernels, ours, request["slow"], request["seed"]).as_json()
    json.dump(found, answer)
    answer.close()


def trace_curve(
    part: KernelPart,
    kernels: Mapping[str, Any],
    ours: Mapping[str, Any],
    sizes: list[dict[str, int]],
    seed: int,
) -> dict[str, Any]:
    """Microseconds at each size: of every kernel, and of the CPU function where there is one."""
    device = open_device(part, kernels, seed)
    device.prepare(sizes[0])
    empty_us = statistics.median(device.time(None).elapsed_us for _ in range(EMPTY_PAIRS))
    found: dict[str, Any] = {"gpu": device.describe()["gpu"], "cpu": None}
    found["times_us"] = trace_times(device, list(kernels), sizes, empty_us)
    if part.timed is not None and part.timed.against_cpu is not None:
        function = ours[part.timed.against_cpu.like]
        found["cpu"] = [1000 * time_on_cpu(part, function, each, seed) for each in sizes]
    return found


def time_on_gpu(
    part: KernelPart, kernels: Mapping[str, Any], ours: Mapping[str, Any], slow: str, seed: int
) -> TimingRecord:
    """Measure the student's kernel by the protocol.

    Errors   whatever Numba or the driver says; the process ends with it.
    """
    assert part.timed is not None
    reference = ours[part.timed.like]
    twins = {"reference": reference, "again": reference, "slow": ours[slow]}
    device = open_device(part, {**kernels, **twins}, seed)
    record = measure(device, make_plan(part, seed))
    if part.timed.against_cpu is not None and record.status == "decided":
        function = ours[part.timed.against_cpu.like]
        record = replace(record, cpu_ms=time_on_cpu(part, function, record.sizes, seed))
    return record


def open_device(part: KernelPart, kernels: Mapping[str, Any], seed: int) -> GpuDevice:
    """The GPU with this part's arrays, and its notion of what is the same."""
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

    return GpuDevice(
        kernels=kernels,
        plan_launch=lambda sizes: plan_launch(part, sizes),
        draw=draw,
        outputs=[names.index(each) for each in part.outputs],
        is_same=is_same,
    )


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
