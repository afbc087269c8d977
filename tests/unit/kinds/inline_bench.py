"""A bench for tests: calls trusted Python functions in this process and records runs."""

from __future__ import annotations

import copy
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from grader.errors import BrokenReference
from grader.kinds.protocol import Inputs
from grader.sandbox.records import Ending, Frame, Run
from grader.spec.models import Limits
from grader.values import ArrayValue, Value

Function = Callable[..., Any]


@dataclass
class InlineBench:
    """Implements `grader.kinds.Bench`; `student` may also hold finished runs, given in turn."""

    student: Mapping[str, Function | list[Run]] = field(default_factory=dict)
    reference: Mapping[str, Function] = field(default_factory=dict)
    seed: int = 1
    module: str = "hw"
    student_calls: list[Inputs] = field(default_factory=list)
    reference_calls: list[tuple[str, Inputs]] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    modules: tuple[str, ...] = ()

    def call_student(
        self,
        function: str,
        inputs: Sequence[Inputs],
        *,
        limits: Limits,
        modules: tuple[str, ...] = (),
        return_arguments: bool = False,
    ) -> list[Run]:
        self.student_calls += inputs
        self.batches.append(len(inputs))
        self.modules = modules
        answer = self.student.get(function)
        if answer is None:
            return [Run(ending=Ending.NOT_FOUND) for _ in inputs]
        if isinstance(answer, list):
            return [answer.pop(0) if len(answer) > 1 else answer[0] for _ in inputs]
        return [self._call(answer, given, return_arguments) for given in inputs]

    def call_reference(
        self,
        function: str,
        inputs: Sequence[Inputs],
        *,
        modules: tuple[str, ...] = (),
        limits: Limits | None = None,
    ) -> list[Run]:
        self.reference_calls += [(function, given) for given in inputs]
        if function not in self.reference:
            raise BrokenReference(f"no function {function}")
        runs = [self._call(self.reference[function], given, False) for given in inputs]
        for run in runs:
            if run.ending is not Ending.RETURNED:
                raise BrokenReference(f"{function}: {run.detail}")
        return runs

    def _call(self, function: Function, inputs: Inputs, return_arguments: bool) -> Run:
        arguments = [unpack(value) for value in inputs.values()]
        try:
            value = function(*arguments)
        except Exception as raised:
            return Run(
                ending=Ending.RAISED,
                detail=f"{type(raised).__name__}: {raised}".removesuffix(": "),
                frames=(self._find_frame(raised),),
                elapsed_s=0.001,
            )
        after = [pack(argument) for argument in arguments] if return_arguments else None
        return Run(
            ending=Ending.RETURNED, value=pack(value), arguments_after=after, elapsed_s=0.001
        )

    def _find_frame(self, raised: Exception) -> Frame:
        line = traceback.extract_tb(raised.__traceback__)[-1].lineno
        return Frame(module=self.module, line=line or 0, function="")


def unpack(value: Value) -> Any:
    """A value as a function takes it."""
    if isinstance(value, ArrayValue):
        entries = value.entries.copy()
        if value.family == "tensor":
            import torch

            return torch.from_numpy(entries)
        return entries
    if isinstance(value, list | tuple):
        return type(value)(unpack(entry) for entry in value)
    if isinstance(value, dict):
        return {key: unpack(entry) for key, entry in value.items()}
    return copy.deepcopy(value)


def pack(value: Any) -> Value:
    """What a function returned as a value."""
    if value is None or isinstance(value, bool | int | float | complex | str):
        return value
    if isinstance(value, list | tuple):
        return type(value)(pack(entry) for entry in value)
    if isinstance(value, dict):
        return {key: pack(entry) for key, entry in value.items()}
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        dtype = str(value.dtype).removeprefix("torch.")
        plain = value.detach().float() if dtype == "bfloat16" else value.detach()
        return ArrayValue(plain.numpy().copy(), dtype, "tensor")
    import numpy as np

    family = "array" if isinstance(value, np.ndarray) else "scalar"
    return ArrayValue(np.array(value), value.dtype.name, family)
