"""One kernel in a string, run with one line."""

from __future__ import annotations

from typing import Any

from grader.kernels.launch import KernelRun, Launch, run_kernel

HEADER = (
    "from numba import cuda, float16, float32, float64, int8, int32, int64, uint8, uint64\n"
    "import math\n"
)
# The kernel's first line, `@cuda.jit`, is line 3 of the file.


def run(
    body: str,
    *arguments: Any,
    grid: Any = (1,),
    block: Any = (32,),
    shared_bytes: int = 0,
    name: str = "f",
    **more: Any,
) -> KernelRun:
    """Interpret `@cuda.jit def f(...)` given as the text of a file after its imports."""
    launch = Launch(grid=grid, block=block, dynamic_shared_bytes=shared_bytes)
    return run_kernel(HEADER + body, name, launch, list(arguments), **more)


def kernel(parameters: str, *lines: str) -> str:
    inner = "\n".join(f"    {line}" for line in lines)
    return f"@cuda.jit\ndef f({parameters}):\n{inner}\n"
