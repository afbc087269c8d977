"""One call in a fresh isolated process, beside importing torch and beside a bare fork."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.measuring import find_percentile, print_row, time_calls, time_command
from grader.sandbox.pool import Sandbox
from grader.sandbox.records import Call, Ending

CALLS = 200
SOURCES = {"hw": "def double(x):\n    return 2 * x\n"}


def main() -> None:
    print(f"\nOne isolated call, {CALLS} in a row (ms)")
    print_row("worker", "median", "p95", "p99")
    for modules in ((), ("numpy",), ("numpy", "torch"), ("numpy", "sympy", "torch", "numba")):
        _measure(modules)
    import_s = min(
        time_command([sys.executable, "-c", "import torch"], Path.cwd()) for _ in range(3)
    )
    print_row("`import torch` in a fresh process, best of 3", f"{import_s * 1000:.0f}")


def _measure(modules: tuple[str, ...]) -> None:
    request = Call(
        sources=SOURCES, module="hw", function="double", arguments=(21,), modules=modules
    )
    with Sandbox(slots=1) as sandbox:

        def call() -> None:
            run = sandbox.run([request])[0]
            if run.ending is not Ending.RETURNED or run.value != 42:
                raise RuntimeError(f"the call did not return: {run}")

        call()
        taken = time_calls(call, CALLS)
    cells = [f"{find_percentile(taken, percent):.1f}" for percent in (50, 95, 99)]
    print_row(", ".join(modules) or "standard library alone", *cells)


if __name__ == "__main__":
    main()
