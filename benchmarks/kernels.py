"""The interpreter beside Numba's CUDA simulator, on the same kernels in one run.

    python benchmarks/kernels.py

Prints one table. The simulator runs in a process of its own, because it is chosen when Numba is
imported; both sides do the same launch, and the best of several rounds counts.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

DOUBLE = """
from numba import cuda

@cuda.jit
def double(a, out):
    i = cuda.grid(1)
    if i < out.size:
        out[i] = 2 * a[i]
"""
MATMUL = (ROOT / "reference" / "hw4" / "matmul.py").read_text()
VERSUS = {
    # name: source, kernel, side or length, times faster than the simulator
    "doublify 2^12": (DOUBLE, "double", 4096, 300),
    "tiled matmul 64²": (MATMUL, "matmul_tiled", 64, 150),
    "naive matmul 64²": (MATMUL, "matmul", 64, 20),
}
ALONE = {
    # name: source, kernel, side or length, sampled, seconds at most
    "matmul 128², all metrics": (MATMUL, "matmul", 128, False, 0.5),
    "tiled matmul 128², all metrics": (MATMUL, "matmul_tiled", 128, False, 0.5),
    "matmul 1024², counts by sampling": (MATMUL, "matmul", 1024, True, 0.5),
    "tiled 1024², counts by sampling": (MATMUL, "matmul_tiled", 1024, True, 0.5),
    "doublify 2^22": (DOUBLE, "double", 2**22, False, 2.0),
}


def arrange(kernel: str, size: int) -> tuple[tuple[int, ...], tuple[int, ...], list[Any]]:
    """Grid, block and arguments."""
    rng = np.random.default_rng(0)
    if kernel == "double":
        a = rng.standard_normal(size).astype(np.float32)
        return (-(-size // 256),), (256,), [a, np.zeros_like(a)]
    factors = [rng.integers(-8, 9, (size, size)).astype(np.float32) for _ in range(2)]
    blocks = -(-size // 16)
    return (blocks, blocks), (16, 16), [*factors, np.zeros((size, size), np.float32)]


def interpret(
    source: str, kernel: str, size: int, sampled: bool, rounds: int, *, apart: bool
) -> float:
    """Seconds for one launch, here or in the process that a submission is interpreted in."""
    from grader.kernels.apart.interpreter import interpret_apart
    from grader.kernels.launch import Launch, Zeros, run_kernel, sample_blocks
    from grader.kernels.limits import Budget

    grid, block, arguments = arrange(kernel, size)
    if sampled:
        arguments = [Zeros(array.shape, array.dtype.name) for array in arguments]
    launch = Launch(grid=grid, block=block)
    blocks = sample_blocks(grid, 1) if sampled else None
    run_here_or_there: Any = interpret_apart if apart else run_kernel
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        run = run_here_or_there(
            source, kernel, launch, arguments, blocks=blocks, budget=Budget(work=10**8)
        )
        best = min(best, time.perf_counter() - start)
        assert run.is_complete and not run.issues, (run.refusal, run.halted, run.issues)
    return best


def simulate(rounds: int) -> dict[str, float]:
    """Times of the simulator, from a process that runs nothing else."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "double_.py").write_text(DOUBLE)
        (Path(folder) / "matmul_.py").write_text(MATMUL)
        output = subprocess.run(
            [sys.executable, __file__, "--simulate", folder, str(rounds)],
            env=os.environ | {"NUMBA_ENABLE_CUDASIM": "1"},
            check=True, capture_output=True, text=True,
        ).stdout  # fmt: skip
    return dict(json.loads(output))


def simulate_here(folder: str, rounds: int) -> None:
    import importlib

    sys.path.insert(0, folder)
    found = {}
    for name, (_, kernel, size, _) in VERSUS.items():
        module = importlib.import_module("double_" if kernel == "double" else "matmul_")
        grid, block, arguments = arrange(kernel, size)
        best = float("inf")
        for _ in range(rounds):
            start = time.perf_counter()
            getattr(module, kernel)[grid, block](*arguments)
            best = min(best, time.perf_counter() - start)
        found[name] = best
    print(json.dumps(found))


def main() -> None:
    simulated = simulate(rounds=3)
    print(f"{'kernel':34} {'simulator':>10} {'here':>9} {'apart':>9} {'ratio':>8} {'goal':>8}")
    for name, (source, kernel, size, goal) in VERSUS.items():
        here, apart = (
            interpret(source, kernel, size, sampled=False, rounds=9, apart=apart)
            for apart in (False, True)
        )
        # What counts is the way that a submission goes: in a process apart.
        print(
            f"{name:34} {simulated[name]:9.3f}s {here:8.4f}s {apart:8.4f}s"
            f" {simulated[name] / apart:7.0f}x {'>= ' + str(goal):>7}x"
        )
    for name, (source, kernel, size, sampled, goal_s) in ALONE.items():
        here, apart = (
            interpret(source, kernel, size, sampled, rounds=3, apart=apart)
            for apart in (False, True)
        )
        print(f"{name:34} {'':10} {here:8.4f}s {apart:8.4f}s {'':8} {'<= ' + str(goal_s):>7}s")
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{'peak memory of this process':34} {'':10} {peak_mib:8.0f}MiB {'':8} <= 300MiB")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--simulate"]:
        simulate_here(sys.argv[2], int(sys.argv[3]))
    else:
        main()
