"""What the text of PTX and the assembler's log say of a kernel."""

from __future__ import annotations

import re
from dataclasses import dataclass

PATTERNS = {
    "global_loads": r"\bld\.global\b",
    "global_stores": r"\bst\.global\b",
    "shared_loads": r"\bld\.shared\b",
    "shared_stores": r"\bst\.shared\b",
    # `.rn`, `.ftz` and the like come between the operation and the type.
    "fp64": r"^\s*(?:add|sub|mul|div|fma|sqrt|neg|abs|min|max|rcp)(?:\.\w+)*\.f64\b",
    "fused": r"^\s*fma(?:\.\w+)*\.f32\b",
    "barriers": r"\b(?:bar|barrier)\.sync\b",
}
REGISTERS = re.compile(r"\bused (\d+) registers", re.IGNORECASE)
SPILLS = re.compile(r"(\d+) bytes spill stores, (\d+) bytes spill loads")
# From the text: the assembler adds what the system keeps for itself, 1 KiB since 8.0.
SHARED = re.compile(r"\.shared\s+\.align\s+\d+\s+\.b8\s+\w+\[(\d+)\]")
STACK = re.compile(r"(\d+) (?:bytes )?stack\b")
RELEASE = re.compile(r"release (\d+)\.(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledFacts:
    """Of one kernel for one compute capability; instructions in loops count once."""

    capability: tuple[int, int]
    global_loads: int
    global_stores: int
    shared_loads: int
    shared_stores: int
    fp64: int
    """Instructions that compute in float64: what is left after the compiler's own folding."""
    fused: int
    barriers: int
    registers: int
    """A thread's."""
    spill_bytes: int
    """Stored and loaded because registers ran out."""
    stack_bytes: int
    """Local memory: arrays of a thread's own, and what indexing forces out of registers."""
    shared_bytes: int
    toolkit: str
    """The CUDA release of compiler and assembler alike."""


def read_facts(
    text: str, log: str, capability: tuple[int, int], assembler: tuple[int, int]
) -> CompiledFacts:
    """Facts of a PTX text and the log that assembling it left.

    Errors   ValueError where compiler and assembler are of two CUDA minors: an older assembler
             refuses newer PTX, and a newer one gives figures that are nobody's.
    """
    release = RELEASE.search(text)
    compiler = (int(release[1]), int(release[2])) if release else None
    if compiler != assembler:
        raise ValueError(
            f"NVVM is of CUDA {say_release(compiler)} and the assembler of "
            f"{say_release(assembler)}; install both of one minor release"
        )
    counts = {name: len(re.findall(p, text, re.MULTILINE)) for name, p in PATTERNS.items()}
    spills = SPILLS.search(log)
    return CompiledFacts(
        capability=capability,
        registers=largest(REGISTERS, log),
        spill_bytes=int(spills[1]) + int(spills[2]) if spills else 0,
        stack_bytes=largest(STACK, log),
        shared_bytes=sum(int(size) for size in SHARED.findall(text)),
        toolkit=say_release(assembler),
        **counts,
    )


def largest(pattern: re.Pattern[str], log: str) -> int:
    """The log tells of the kernel, then of all together."""
    return max((int(found) for found in pattern.findall(log)), default=0)


def say_release(release: tuple[int, int] | None) -> str:
    return "an unknown release" if release is None else f"{release[0]}.{release[1]}"
