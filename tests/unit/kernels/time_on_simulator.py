"""Runs the device code against Numba's simulator: every call but those that only hardware has.

Started by a test as a process of its own, because the simulator is chosen when Numba is imported.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import yaml

from grader.kernels.source import Program, read_program
from grader.kernels.timing import gpu
from grader.kernels.timing.module_text import write_module
from grader.kinds.kernel_runs import draw_arguments, plan_launch
from grader.kinds.kernel_timing_child import make_plan, run_text, time_on_cpu
from grader.kinds.kernel_values import find_wrong
from grader.spec.kernel_part import KernelPart

ROOT = Path(__file__).resolve().parents[3]
SIZES = {"m": 5, "k": 3, "n": 7}


def main() -> None:
    written = yaml.safe_load((ROOT / "problems/hw4/matmul.yaml").read_text())["parts"]["matmul"]
    timed = {"sizes": SIZES, "like": "matmul", "slope": {"low": 2, "high": 3}}
    part = KernelPart.model_validate(written | {"timed": timed})
    reference = (ROOT / "reference/hw4/matmul.py").read_text()
    program = read_program(reference)
    assert isinstance(program, Program)
    right = write_module(program, "matmul_tiled")
    wrong = right.replace("total = float32(0)", "total = float32(1)")
    # One warp of the grader's own kernels is enough for a few entries.
    gpu.FILL_BLOCKS, gpu.FILL_THREADS, gpu.CACHE_BYTES = 1, 32, 1024

    def make(student: str) -> gpu.GpuDevice:
        ours = run_text(reference, "reference")
        device: Any = gpu.GpuDevice(
            kernels={
                "student": run_text(student, "student")["matmul_tiled"],
                "reference": ours["matmul"],
            },
            plan_launch=lambda sizes: plan_launch(part, sizes),
            draw=lambda sizes: list(draw_arguments(part, sizes, 1).values()),
            outputs=[2],
            is_same=lambda _, saw, wanted: find_wrong(part, saw, wanted, exact=True) is None,
        )
        # The simulator has no clock of its own and knows no waiting.
        device._own["wait"] = {(1, 1, device._stream): lambda least_ns: None}
        device.prepare(SIZES)
        return device

    found: dict[str, Any] = {}
    device = make(right)
    before = [device._arrays[0].copy_to_host().tolist()]
    device.refresh(3)
    found["inputs_change"] = device._arrays[0].copy_to_host().tolist() not in before
    found["same_entries"] = sorted(device._arrays[0].copy_to_host().ravel().tolist()) == sorted(
        device._bases[0].copy_to_host().tolist()
    )
    device.time("student")
    first = device.print_outputs()
    found["right"] = device.is_right("student")
    device.time("student")
    found["same_print"] = device.print_outputs() == first
    device.refresh(4)
    device.time("student")
    found["other_print"] = device.print_outputs() != first
    device.time(None)
    poisoned = device._arrays[2].copy_to_host()
    found["poisoned"] = bool((poisoned == poisoned.flat[0]).all())
    device.time("copy")
    found["copied"] = bool((device._target.copy_to_host() == 1).all())
    wrong_device = make(wrong)
    wrong_device.time("student")
    found["wrong_is_right"] = wrong_device.is_right("student")
    found["slope_sizes"] = len(make_plan(part, 1).slope_sizes)
    found["cpu_ms"] = time_on_cpu(part, lambda A, B: A @ B, {"m": 64, "k": 64, "n": 64}, 1)
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
