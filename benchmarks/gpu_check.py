"""Everything that needs an NVIDIA GPU, in one script. NOT RUN YET on any.

    python benchmarks/gpu_check.py --out tests/kernel_corpus/gpu.json
    python benchmarks/gpu_check.py --ours            # our side of the comparison alone: no GPU

For every tier and twin of every kernel problem:

1. launched on the GPU, are the values those that the interpreter finds (race-free ones only);
2. the timing protocol, with its self-test, against the best tier; a twin that is wrong, unsafe or
   much slower than a tier must not pass;
3. where `ncu` is installed, sectors, requests and bank conflicts as the hardware counts them;
4. where `compute-sanitizer` is installed, what racecheck, memcheck, synccheck and initcheck find.

The file that it writes is a fixture: `tests/unit/kernels/test_gpu_fixture.py` holds the interpreter
to the hardware's counts, and is skipped until there is one.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from grader.errors import NoIsolation
from grader.kernels.launch import KernelRun, run_kernel
from grader.kernels.limits import Budget
from grader.kernels.measures import measure
from grader.kernels.refusals import Refused
from grader.kernels.source import Program, read_program
from grader.kernels.timing.module_text import write_module
from grader.kinds.kernel_runs import Candidate, draw_arguments, plan_launch
from grader.kinds.kernel_timing import ask_for_record, find_missing
from grader.sandbox.pool import Sandbox
from grader.spec.kernel_part import KernelPart

ROOT = Path(__file__).resolve().parents[1]

COUNTERS = {
    "load_sectors": "l1tex__t_sectors_pipe_lsu_mem_global_op_ld.sum",
    "store_sectors": "l1tex__t_sectors_pipe_lsu_mem_global_op_st.sum",
    "load_requests": "l1tex__t_requests_pipe_lsu_mem_global_op_ld.sum",
    "store_requests": "l1tex__t_requests_pipe_lsu_mem_global_op_st.sum",
    "bank_conflicts": "l1tex__data_bank_conflicts_pipe_lsu_mem_shared.sum",
}
TOOLS = ("racecheck", "memcheck", "synccheck", "initcheck")
# Counting is exact at any size; this one is interpreted whole in seconds.
SMALLER = 32
LIMIT_S = 300


@dataclass(frozen=True)
class Problem:
    """One kernel part with its reference."""

    name: str
    part_id: str
    part: KernelPart
    text: str

    @property
    def program(self) -> Program:
        program = read_program(self.text)
        assert isinstance(program, Program)
        return program

    @property
    def kernels(self) -> list[str]:
        """Tiers first, then the wrong twins that are not tiers."""
        assert self.part.efficient is not None
        tiers = [tier.like for tier in self.part.efficient.tiers]
        return list(dict.fromkeys([*tiers, *(each.like for each in self.part.mistakes)]))

    @property
    def sizes(self) -> dict[str, int]:
        """Small enough to be interpreted whole, and no multiple of a block."""
        assert self.part.efficient is not None
        return {name: max(1, size // SMALLER) + 1 for name, size in
                self.part.efficient.sizes.items()}  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path)
    parser.add_argument("--ours", action="store_true", help="no GPU: what the interpreter counts")
    parser.add_argument("--only", help="one problem, such as matmul")
    parser.add_argument("--launch", help="internal: launch PROBLEM:KERNEL and leave")
    options = parser.parse_args()
    problems = [each for each in find_problems() if options.only in (None, each.name)]
    if options.launch:
        name, kernel = options.launch.split(":")
        launch_on_gpu(next(each for each in problems if each.name == name), kernel)
        return 0
    missing = "" if options.ours else find_missing()
    if missing:
        print(f"nothing checked: {missing}")
        return 1
    figures: dict[str, Any] = {}
    for problem in problems:
        for kernel in problem.kernels:
            found = count_ours(problem, kernel)
            if not options.ours:
                found |= check_on_gpu(problem, kernel, found)
            figures[kernel] = found
            print(kernel, json.dumps(found, default=str)[:200], flush=True)
    if options.out:
        options.out.write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n")
    wrong = [name for name, found in figures.items() if not found.get("agrees", True)]
    print(f"{len(figures)} kernels, {len(wrong)} where hardware and interpreter differ: {wrong}")
    return 1 if wrong else 0


def find_problems() -> Iterator[Problem]:
    for path in sorted((ROOT / "problems").glob("*/*.yaml")):
        text = path.read_text()
        if "kind: kernel" not in text:
            continue
        reference = (ROOT / "reference" / path.parent.name / f"{path.stem}.py").read_text()
        for part_id, written in yaml.safe_load(text)["parts"].items():
            if written["kind"] == "kernel":
                part = KernelPart.model_validate(written)
                yield Problem(path.stem, part_id, part, reference)


def interpret(problem: Problem, kernel: str) -> tuple[KernelRun, dict[str, Any]]:
    arguments = draw_arguments(problem.part, problem.sizes, 1)
    run = run_kernel(
        problem.program, kernel, plan_launch(problem.part, problem.sizes),
        list(arguments.values()), budget=Budget(work=10**9, time_s=LIMIT_S),
    )  # fmt: skip
    return run, arguments


def count_ours(problem: Problem, kernel: str) -> dict[str, Any]:
    """What the interpreter says of a kernel."""
    run, _ = interpret(problem, kernel)
    ours = measure(run)
    sites = [site for site in run.sites if site.space == "global"]
    return {
        "sizes": problem.sizes,
        "complete": run.is_complete,
        "faults": sorted({issue.kind for issue in run.faults}),
        "ours": {
            "load_sectors": sum(s.sectors for s in sites if s.kind == "load"),
            "store_sectors": sum(s.sectors for s in sites if s.kind == "store"),
            "load_requests": sum(s.requests for s in sites if s.kind == "load"),
            "store_requests": sum(s.requests for s in sites if s.kind == "store"),
            "bank_conflicts": ours.ways - ours.shared_requests,
        },
    }


def check_on_gpu(problem: Problem, kernel: str, ours: dict[str, Any]) -> dict[str, Any]:
    """Values, times, and the hardware's own counts and hazards."""
    found: dict[str, Any] = {}
    is_clean = ours["complete"] and not ours["faults"]
    if is_clean:
        _, wanted = interpret(problem, kernel)
        saw = launch_on_gpu(problem, kernel)
        found["same_values"] = all(
            np.allclose(saw[name], wanted[name], rtol=1e-4, atol=1e-6, equal_nan=True)
            for name in problem.part.outputs
        )
        found["agrees"] = found["same_values"]
        found["timing"] = time_kernel(problem, kernel)
    command = [sys.executable, __file__, "--launch", f"{problem.name}:{kernel}"]
    found["ncu"] = count_with_ncu(command)
    found["sanitizer"] = {tool: count_errors(tool, command) for tool in TOOLS}
    return found


def launch_on_gpu(problem: Problem, kernel: str) -> dict[str, Any]:
    """One launch on the GPU; the arrays as it left them."""
    from numba import cuda

    found: dict[str, Any] = {"__name__": "reference"}
    exec(compile(write_module(problem.program, kernel), problem.name, "exec"), found)
    launch = plan_launch(problem.part, problem.sizes)
    arguments = draw_arguments(problem.part, problem.sizes, 1)
    on_device = {name: cuda.to_device(value) if isinstance(value, np.ndarray) else value
                 for name, value in arguments.items()}  # fmt: skip
    configured = found[kernel][launch.grid, launch.block, 0, launch.dynamic_shared_bytes]
    configured(*on_device.values())
    cuda.synchronize()
    return {name: value.copy_to_host() for name, value in on_device.items()
            if isinstance(arguments[name], np.ndarray)}  # fmt: skip


def time_kernel(problem: Problem, kernel: str) -> dict[str, Any]:
    """The whole record of the protocol, against the best tier; the worst one is its slow twin."""
    assert problem.part.efficient is not None
    tiers = problem.part.efficient.tiers
    slow = next((each.like for each in problem.part.mistakes if "one_thread" in each.like),
                tiers[-1].like)  # fmt: skip
    timed = {"sizes": problem.part.efficient.sizes, "like": tiers[0].like, "slow": slow}
    written = problem.part.model_dump(mode="json", by_alias=True) | {"timed": timed}
    part = KernelPart.model_validate_json(json.dumps(written))
    candidate = Candidate(program=problem.program, name=kernel)
    try:
        with Sandbox() as sandbox:
            record, complaint = ask_for_record(part, 1, problem.text, candidate, sandbox)
    except (Refused, NoIsolation) as refusal:
        return {"complaint": str(refusal)}
    return {"complaint": complaint} if record is None else record.as_json()


def count_with_ncu(command: list[str]) -> dict[str, float] | None:
    """What the hardware's own counters say; None where `ncu` is missing or not allowed."""
    if shutil.which("ncu") is None:
        return None
    metrics = ",".join(COUNTERS.values())
    output = subprocess.run(
        ["ncu", "--csv", "--metrics", metrics, *command],
        capture_output=True, text=True, check=False, timeout=LIMIT_S,
    ).stdout  # fmt: skip
    return read_counters(output)


def read_counters(output: str) -> dict[str, float] | None:
    """Counters by our names, summed over launches, from ncu's CSV with other lines around it."""
    rows = [line for line in output.splitlines() if line.startswith('"')]
    found: dict[str, float] = {}
    words = {metric: word for word, metric in COUNTERS.items()}
    for row in csv.DictReader(io.StringIO("\n".join(rows))):
        word = words.get(row.get("Metric Name", ""))
        if word is not None:
            found[word] = found.get(word, 0.0) + float(row["Metric Value"].replace(",", ""))
    return found or None


def count_errors(tool: str, command: list[str]) -> int | None:
    """What compute-sanitizer finds; None where it is missing. racecheck sees shared memory only."""
    if shutil.which("compute-sanitizer") is None:
        return None
    output = subprocess.run(
        ["compute-sanitizer", "--tool", tool, *command],
        capture_output=True, text=True, check=False, timeout=LIMIT_S,
    ).stdout  # fmt: skip
    return read_summary(output)


def read_summary(output: str) -> int | None:
    """The number in the summary line: errors, or hazards displayed."""
    found = re.search(r"(?:ERROR|RACECHECK) SUMMARY: (\d+)", output)
    return None if found is None else int(found[1])


if __name__ == "__main__":
    sys.exit(main())
