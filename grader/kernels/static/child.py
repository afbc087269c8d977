"""The process that compiles: reads one request, writes one answer, ends.

No Python of a student's runs here: kernels come as text that `write_module` made, and Numba reads
their bodies.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from dataclasses import asdict
from importlib import import_module
from types import SimpleNamespace
from typing import Any

from grader.kernels.static.facts import read_facts

CPU_S = 60
# Virtual: what the compiler's libraries map alone is two.
MEMORY_BYTES = 8 << 30


def main() -> None:
    """Answer on the stream that was standard output; what anything prints goes to the other."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    json.dump(compile_facts(json.load(sys.stdin)), answer)
    answer.close()


def compile_facts(request: dict[str, Any]) -> dict[str, Any]:
    """`facts` of a kernel, or the `error` that Numba has with it."""
    major, minor = request["capability"]
    pretend_capability(major, minor)
    numba: Any = import_module("numba")
    found: dict[str, Any] = {"__name__": "student"}
    exec(compile(request["text"], "<student>", "exec"), found)
    types = [name_type(numba, each) for each in request["types"]]
    errors: Any = import_module("numba.core.errors")
    cuda: Any = import_module("numba.cuda")
    try:
        kernel = found[request["name"]]
        text, _ = cuda.compile_ptx(kernel.py_func, tuple(types), cc=(major, minor))
    except errors.NumbaError as error:
        return {"error": find_cause(str(error))}
    log, assembler = assemble(str(text), f"sm_{major}{minor}")
    return {"facts": asdict(read_facts(str(text), log, (major, minor), assembler))}


def pretend_capability(major: int, minor: int) -> None:
    """Numba asks the device for its capability where one kernel calls a function; there is none."""
    device = SimpleNamespace(compute_capability=(major, minor))
    for name in ("dispatcher", "compiler"):
        module: Any = import_module(f"numba.cuda.{name}")
        module.get_current_device = lambda: device


def name_type(numba: Any, described: dict[str, Any]) -> Any:
    """`float32[:, ::1]` for an array, `int64` for a number: contiguous, or loads lose `.global`."""
    base = getattr(numba.types, described["dtype"])
    return base if described["ndim"] == 0 else numba.types.Array(base, described["ndim"], "C")


def assemble(text: str, architecture: str) -> tuple[str, tuple[int, int]]:
    """The assembler's log, and its release."""
    linker: Any = import_module("cuda.bindings.nvjitlink")
    handle = linker.create(2, [f"-arch={architecture}", "-verbose"])
    data = text.encode()
    linker.add_data(handle, linker.InputType.PTX, data, len(data), "kernel")
    linker.complete(handle)
    log = bytearray(linker.get_info_log_size(handle))
    linker.get_info_log(handle, log)
    linker.destroy(handle)
    major, minor = linker.version()
    return log.decode("utf-8", "replace"), (int(major), int(minor))


def find_cause(message: str) -> str:
    """The line of Numba's message that says what is wrong."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    told = [line for line in lines if not line.startswith(("Failed in", "During:", "File", "<"))]
    return (told or lines or ["no reason given"])[0][:300]


if __name__ == "__main__":
    main()
