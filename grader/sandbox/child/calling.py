"""Importing a student's files from memory and calling one function of theirs."""

from __future__ import annotations

import importlib.machinery
import json
import os
import random
import resource
import sys
import traceback
import types
from collections.abc import Mapping, Sequence
from typing import Any, cast

from .channel import (
    IMPORT_FAILED,
    NOT_FOUND,
    RAISED,
    RETURNED,
    STARTED,
    UNSENDABLE,
    Unsendable,
    decode,
    encode,
)

MAX_MESSAGE = 2000
MAX_FRAMES = 8


class _MemoryImporter:
    """Finds a submission's other files; comes last, so none can stand in for a real package.

    A finder and a loader by its methods alone: `importlib.abc` is a third of a worker's start.
    """

    def __init__(self, sources: Mapping[str, str]) -> None:
        self.sources = sources

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: types.ModuleType | None = None,
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname not in self.sources:
            return None
        return importlib.machinery.ModuleSpec(
            fullname, cast("Any", self), origin=_file_name(fullname)
        )

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> None:
        return None

    def exec_module(self, module: types.ModuleType) -> None:
        _execute(self.sources[module.__name__], module.__name__, module.__dict__)


def _file_name(module: str) -> str:
    return f"<{module}>"


def _execute(source: str, module: str, namespace: dict[str, Any]) -> None:
    exec(compile(source, _file_name(module), "exec", dont_inherit=True), namespace)


def answer(request: Mapping[str, Any], arguments: bytes, pipe: int) -> None:
    """Serve one request: everything that comes back goes through the pipe."""
    _write(pipe, STARTED)
    stage = IMPORT_FAILED
    try:
        positional, keywords = decode(arguments)
        _seed(request["seed"])
        namespace = _import_module(request["sources"], request["module"])
        function = namespace.get(request["function"])
        if not callable(function):
            _write(pipe, NOT_FOUND + json.dumps(_kind_name(function)).encode())
            return
        stage = RAISED
        value = function(*positional, **keywords)
        if request["return_arguments"]:
            value = [value, list(positional)]
        _write(pipe, RETURNED + encode(value))
    except Unsendable as problem:
        _write(pipe, UNSENDABLE + json.dumps(str(problem)[:300]).encode())
    except BaseException as raised:
        _write(pipe, stage + json.dumps(_describe(raised, request["sources"])).encode())


def _import_module(sources: Mapping[str, str], module: str) -> dict[str, Any]:
    sys.meta_path.append(_MemoryImporter(sources))
    loaded = types.ModuleType(module)
    loaded.__file__ = _file_name(module)
    # A file called torch.py must not replace torch for the code that imports it.
    sys.modules.setdefault(module, loaded)
    _execute(sources[module], module, loaded.__dict__)
    return loaded.__dict__


def _seed(seed: int) -> None:
    random.seed(seed)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(seed % 2**32)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(seed)


def _kind_name(value: object) -> str:
    return "" if value is None else type(value).__name__[:80]


def _describe(raised: BaseException, sources: Mapping[str, str]) -> dict[str, Any]:
    """An exception in words; its own methods may misbehave, so they are fenced in."""
    name = type(raised).__name__[:100]
    try:
        message = str(raised)[:MAX_MESSAGE]
    except BaseException:
        message = "(its message cannot be printed)"
    is_memory = isinstance(raised, MemoryError) or (
        isinstance(raised, RuntimeError) and _speaks_of_memory(message)
    )
    ours = {_file_name(module): module for module in sources}
    frames = [
        [ours[frame.filename], frame.lineno or 0, frame.name[:100]]
        for frame in traceback.extract_tb(raised.__traceback__, limit=-200)
        if frame.filename in ours
    ]
    if isinstance(raised, SyntaxError) and raised.filename in ours:
        message = str(raised.msg)[:MAX_MESSAGE]
        frames.append([ours[raised.filename], raised.lineno or 0, ""])
    return {"type": name, "message": message, "memory": is_memory, "frames": frames[-MAX_FRAMES:]}


def _speaks_of_memory(message: str) -> bool:
    """PyTorch says it itself; a thread fails to start for want of room for its stack."""
    if "can't start new thread" in message:
        import threading

        most = resource.getrlimit(resource.RLIMIT_NPROC)[0]
        return most < 0 or threading.active_count() < most // 2
    return "can't allocate memory" in message


def _write(pipe: int, content: bytes) -> None:
    remaining = memoryview(content)
    while remaining:
        remaining = remaining[os.write(pipe, remaining[: 1 << 20]) :]
