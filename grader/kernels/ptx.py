"""Facts of compiled code, without a GPU: registers, spills, float64, shared bytes.

Needs the extra `[gpu]` (`numba-cuda`); where it isn't installed, `find_compiler` says so. Compiling
imports the kernel's module, so for a student's source this belongs into the sandbox; from this
process it is for the references alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledFacts:
    """Instructions counted in the text of a kernel's PTX; loops count once."""

    capability: tuple[int, int]
    global_loads: int
    global_stores: int
    shared_loads: int
    shared_stores: int
    fp64: int
    fused: int
    barriers: int
    shared_bytes: int
    local_bytes: int
    """More than 0: arrays or spilled registers in local memory."""


PATTERNS = {
    "global_loads": r"\bld\.global\b|\bld\.global\.",
    "global_stores": r"\bst\.global\b|\bst\.global\.",
    "shared_loads": r"\bld\.shared\b|\bld\.shared\.",
    "shared_stores": r"\bst\.shared\b|\bst\.shared\.",
    # `.ftz` comes between the operation and the type under fastmath.
    "fp64": r"^\s*(?:add|sub|mul|div|fma|sqrt|neg|abs|min|max)(?:\.\w+)*\.f64\b",
    "fused": r"^\s*fma(?:\.\w+)*\.f32\b",
    "barriers": r"\bbar\.sync\b|\bbarrier\.sync\b",
}
SHARED = re.compile(r"\.shared\s+\.align\s+\d+\s+\.b8\s+\w+\[(\d+)\]")
LOCAL = re.compile(r"\.local\s+\.align\s+\d+\s+\.b8\s+\w+\[(\d+)\]")


def find_compiler() -> str:
    """Empty where PTX can be made here, else what to install."""
    if find_spec("numba_cuda") is None:
        return "PTX facts need the optional extra: pip install 'fairmark[gpu]'"
    return ""


def compile_ptx(
    function: Callable[..., Any], types: Sequence[Any], capability: tuple[int, int]
) -> str:
    """The PTX of one of our own kernels.

    Errors   whatever Numba says about code it can't compile.
    """
    cuda: Any = import_module("numba.cuda")
    text, _ = cuda.compile_ptx(getattr(function, "py_func", function), tuple(types), cc=capability)
    return str(text)


def read_ptx(text: str, capability: tuple[int, int]) -> CompiledFacts:
    """Count what matters in a PTX text."""
    counts = {name: len(re.findall(p, text, re.MULTILINE)) for name, p in PATTERNS.items()}
    return CompiledFacts(
        capability=capability,
        shared_bytes=sum(int(size) for size in SHARED.findall(text)),
        local_bytes=sum(int(size) for size in LOCAL.findall(text)),
        **counts,
    )
