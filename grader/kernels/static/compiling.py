"""Asks for a kernel's compiled facts, from a process that compiles and ends."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from grader.errors import SystemFault
from grader.kernels.source import Program
from grader.kernels.static.facts import CompiledFacts
from grader.kernels.timing.module_text import write_module

ROOT = Path(__file__).resolve().parents[3]
LIMIT_S = 120
KEPT = ("PATH", "LANG", "LD_LIBRARY_PATH", "CUDA_HOME")


def find_missing() -> str:
    """Empty where kernels can be compiled here, else what to install."""
    if find_spec("numba_cuda") is None:
        return "compiled facts need the optional extra: pip install 'fairmark[gpu]'"
    return ""


def compile_kernel(
    program: Program, name: str, types: Sequence[tuple[str, int]], capability: tuple[int, int]
) -> CompiledFacts | str:
    """The facts of a kernel for arguments of these dtypes and dimensions; or why it can't be.

    Errors   SystemFault when the compiling process fails for another reason than the source.
             Refused, where there is no kernel of that name.
    Cost     a second and a half for starting Numba, then a tenth for the kernel.
    """
    request = {
        "text": write_module(program, name),
        "name": name,
        "types": [{"dtype": dtype, "ndim": ndim} for dtype, ndim in types],
        "capability": capability,
    }
    found = ask(json.dumps(request))
    if "error" in found:
        return str(found["error"])
    return CompiledFacts(**{**found["facts"], "capability": tuple(found["facts"]["capability"])})


@functools.lru_cache(maxsize=64)
def ask(request: str) -> dict[str, Any]:
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-s", "-m", "grader.kernels.static.child"],
            input=request.encode(), capture_output=True, timeout=LIMIT_S, cwd="/", check=False,
            env=kept | {"PYTHONPATH": str(ROOT), "HOME": "/nonexistent"},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise SystemFault(f"compiling a kernel took more than {LIMIT_S} s") from None
    if done.returncode != 0:
        complaint = done.stderr.decode("utf-8", "replace").strip()[-500:]
        raise SystemFault(f"compiling a kernel ended with {done.returncode}: {complaint}")
    return dict(json.loads(done.stdout))
