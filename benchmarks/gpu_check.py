"""Everything that needs an NVIDIA GPU, in one script. NOT RUN YET on any.

    python benchmarks/gpu_check.py [--out tests/kernel_corpus/gpu.json]

1. every tier and twin of the kernel problems is launched; right ones must give the reference's
   values (tiers only: a racy twin may do anything);
2. the timing protocol's self-test, then each tier's ratio to the best one;
3. where `ncu` is installed, sectors and bank conflicts as the hardware counts them, beside ours;
4. where `compute-sanitizer` is installed, whether its racecheck flags what we flag.

Writes one JSON file with the figures, the GPU, the driver and the versions.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

COUNTERS = {
    "load_sectors": "l1tex__t_sectors_pipe_lsu_mem_global_op_ld.sum",
    "store_sectors": "l1tex__t_sectors_pipe_lsu_mem_global_op_st.sum",
    "load_requests": "l1tex__t_requests_pipe_lsu_mem_global_op_ld.sum",
    "store_requests": "l1tex__t_requests_pipe_lsu_mem_global_op_st.sum",
    "bank_conflicts": "l1tex__data_bank_conflicts_pipe_lsu_mem_shared.sum",
}
SIDE = 512


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path)
    parser.add_argument("--launch", help="internal: launch one kernel of one problem and leave")
    options = parser.parse_args()
    if options.launch:
        launch_once(*options.launch.split(":"))
        return 0
    from numba import cuda

    if not cuda.is_available():
        print("no NVIDIA GPU here: nothing checked")
        return 1
    figures: dict[str, Any] = {"environment": describe_environment(), "kernels": {}}
    for problem in ("doublify", "matmul"):
        for name in list_kernels(problem):
            figures["kernels"][name] = check_kernel(problem, name)
    text = json.dumps(figures, indent=1, sort_keys=True)
    if options.out:
        options.out.write_text(text + "\n")
    print(text)
    return 0


def describe_environment() -> dict[str, str]:
    import numba
    from numba import cuda

    device = cuda.get_current_device()
    driver = ".".join(map(str, cuda.driver.driver.get_version()))
    return {
        "gpu": device.name.decode() if isinstance(device.name, bytes) else str(device.name),
        "capability": ".".join(map(str, device.compute_capability)),
        "driver": driver,
        "numba": numba.__version__,
        "numpy": np.__version__,
    }


def load_module(problem: str) -> Any:
    path = ROOT / "reference" / "hw4" / f"{problem}.py"
    spec = importlib.util.spec_from_file_location(problem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def list_kernels(problem: str) -> list[str]:
    return [name for name in vars(load_module(problem)) if name.startswith(problem)]


def arrange(problem: str) -> tuple[tuple[int, ...], tuple[int, ...], list[Any]]:
    """Grid, block and arguments, a whole number of blocks so that no guard is needed."""
    rng = np.random.default_rng(0)
    count = 1 if problem == "doublify" else 2
    inputs = [rng.integers(-8, 9, (SIDE, SIDE)).astype(np.float32) for _ in range(count)]
    blocks = SIDE // 16
    return (blocks, blocks), (16, 16), [*inputs, np.full((SIDE, SIDE), np.nan, np.float32)]


def launch_once(problem: str, name: str) -> list[Any]:
    from numba import cuda

    grid, block, arguments = arrange(problem)
    on_device = [cuda.to_device(array) for array in arguments]
    getattr(load_module(problem), name)[grid, block](*on_device)
    cuda.synchronize()
    return [array.copy_to_host() for array in on_device]


def check_kernel(problem: str, name: str) -> dict[str, Any]:
    """Values, our counts, the hardware's counts, and both opinions on races."""
    from grader.kernels.launch import Launch, run_kernel
    from grader.kernels.limits import Budget
    from grader.kernels.measures import measure

    grid, block, arguments = arrange(problem)
    source = (ROOT / "reference" / "hw4" / f"{problem}.py").read_text()
    run = run_kernel(source, name, Launch(grid=grid, block=block), arguments,
                     budget=Budget(work=10**9, time_s=300))  # fmt: skip
    ours = measure(run)
    found: dict[str, Any] = {
        "ours": {"sectors": ours.sectors, "requests": ours.requests, "ways": ours.ways},
        "faults": sorted({issue.kind for issue in run.faults}),
        "complete": run.is_complete,
    }
    if run.is_complete and not run.faults:
        hardware = launch_once(problem, name)
        found["same_values"] = bool(np.array_equal(hardware[-1], arguments[-1]))
    command = [sys.executable, __file__, "--launch", f"{problem}:{name}"]
    found["ncu"] = count_with_ncu(command)
    found["racecheck"] = check_races(command)
    return found


def count_with_ncu(command: list[str]) -> dict[str, float] | None:
    """What the hardware's own counters say; None where `ncu` is missing or not allowed."""
    if shutil.which("ncu") is None:
        return None
    metrics = ",".join(COUNTERS.values())
    output = subprocess.run(
        ["ncu", "--csv", "--metrics", metrics, *command],
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    found = {}
    for word, metric in COUNTERS.items():
        for line in output.splitlines():
            if f'"{metric}"' in line:
                found[word] = float(line.rstrip().split('","')[-1].strip('"').replace(",", ""))
    return found or None


def check_races(command: list[str]) -> bool | None:
    """Whether racecheck reports a hazard; None where it is missing. It sees shared memory only."""
    if shutil.which("compute-sanitizer") is None:
        return None
    output = subprocess.run(
        ["compute-sanitizer", "--tool", "racecheck", *command],
        capture_output=True, text=True, check=False,
    ).stdout  # fmt: skip
    return "hazard" in output and "0 hazards" not in output


if __name__ == "__main__":
    sys.exit(main())
