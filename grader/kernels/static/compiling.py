"""What is asked of the sandbox to compile a kernel, and how its answer is read."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from importlib.util import find_spec

from grader.errors import SystemFault
from grader.kernels.source import Program
from grader.kernels.static.facts import CompiledFacts, read_facts
from grader.kernels.static.inside import WRITTEN
from grader.kernels.timing.module_text import write_module
from grader.values import ArrayValue, Value

COMPILER = "inside"
FUNCTION = "compile_kernel"
MODULES = ("numpy", "numba", "numba.cuda")
TIME_S = 60
MEMORY_MIB = 4096
"""Address space: what the compiler's libraries map alone is two gibibytes."""
MOST_TEXT = 16 << 20
"""PTX of a source of 64 KiB, all of its loops unrolled."""
MOST_CAUSE = 300


def find_missing() -> str:
    """Empty where kernels can be compiled here, else what to install."""
    if find_spec("numba_cuda") is None:
        return "compiled facts need the optional extra: pip install 'fairmark[gpu]'"
    return ""


def write_sources(program: Program, name: str) -> Mapping[str, str]:
    """The compiler and what it compiles, as modules of one call in the sandbox.

    Errors   Refused, where there is no kernel of that name, or Numba must not see it.
    """
    folder = resources.files("grader.kernels.static")
    compiler = folder.joinpath(f"{COMPILER}.py").read_text(encoding="utf-8")
    return {COMPILER: compiler, WRITTEN: write_module(program, name)}


def read_answer(value: Value, capability: tuple[int, int]) -> CompiledFacts | str:
    """The facts, or why Numba can't compile it. Nothing in the answer is believed unseen.

    Errors   SystemFault for anything that the compiler doesn't answer.
    """
    match value:
        case {"error": str(cause), **rest} if not rest and len(cause) <= MOST_CAUSE:
            return cause
        case {"text": text, "log": log, "release": (int(major), int(minor)), **rest} if not rest:
            release = major, minor
            try:
                return read_facts(read_text(text), read_text(log), capability, release)
            except ValueError as error:
                raise SystemFault(str(error)[:MOST_CAUSE]) from None
    raise SystemFault("the compiler's answer is none")


def read_text(value: Value) -> str:
    """Bytes in an array, as a compiler writes them.

    Errors   ValueError for anything else.
    """
    is_bytes = isinstance(value, ArrayValue) and value.dtype == "uint8" and value.entries.ndim == 1
    if not is_bytes or value.entries.size > MOST_TEXT:  # type: ignore[union-attr]
        raise ValueError("the compiler's answer holds no text")
    return bytes(value.entries.tobytes()).decode("utf-8", "replace")  # type: ignore[union-attr]
