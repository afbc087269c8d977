"""Compiles one kernel; runs in a student's sandbox, and sends back text that facts are read off.

It travels there as source, beside the module that `write_module` made, and imports nothing of the
grader.
"""

from __future__ import annotations

import re
from importlib import import_module
from types import SimpleNamespace
from typing import Any

WRITTEN = "written_kernel"
"""The name of the module that holds the kernel."""


def compile_kernel(
    name: str, types: list[tuple[str, int]], capability: tuple[int, int]
) -> dict[str, Any]:
    """PTX, the assembler's log and its release; or the `error` that Numba has with the kernel."""
    numba: Any = import_module("numba")
    numpy: Any = import_module("numpy")
    cuda: Any = import_module("numba.cuda")
    errors: Any = import_module("numba.core.errors")
    pretend_capability(capability)
    arguments = tuple(name_type(numba, dtype, ndim) for dtype, ndim in types)
    try:
        kernel = getattr(import_module(WRITTEN), name)
        text, _ = cuda.compile_ptx(kernel.py_func, arguments, cc=tuple(capability))
    except errors.NumbaError as error:
        return {"error": find_cause(str(error))}
    log, release = assemble(str(text), f"sm_{capability[0]}{capability[1]}")

    def pack(content: str) -> Any:
        return numpy.frombuffer(content.encode(), dtype=numpy.uint8)

    return {"text": pack(str(text)), "log": pack(log), "release": release}


def pretend_capability(capability: tuple[int, int]) -> None:
    """Numba asks the device for its capability where one kernel calls a function; there is none."""
    device = SimpleNamespace(compute_capability=tuple(capability))
    for name in ("dispatcher", "compiler"):
        module: Any = import_module(f"numba.cuda.{name}")
        module.get_current_device = lambda: device


def name_type(numba: Any, dtype: str, ndim: int) -> Any:
    """`float32[:, ::1]` for an array, `int64` for a number: contiguous, or loads lose `.global`."""
    base = getattr(numba.types, dtype)
    return base if ndim == 0 else numba.types.Array(base, ndim, "C")


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
    """The line of Numba's message that says what is wrong, without the colours."""
    message = re.sub("\x1b\\[[0-9;]*m", "", message)
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    told = [line for line in lines if not line.startswith(("Failed in", "During:", "File", "<"))]
    return (told or lines or ["no reason given"])[0][:300]
