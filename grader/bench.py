"""The bench a part is judged on: one student's functions and one problem's reference, apart."""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Sequence
from importlib import resources
from pathlib import PurePosixPath

from grader import killable
from grader.cache import name_key
from grader.errors import BrokenReference, SandboxFault
from grader.expected import ExpectedValues
from grader.kinds.protocol import Inputs
from grader.sandbox.decoding import encode_value
from grader.sandbox.pool import REFERENCE, STUDENT, Sandbox
from grader.sandbox.records import Call, Ending, Run
from grader.spec.loaded import LoadedProblem
from grader.spec.models import Limits
from grader.submission.models import Source, Submission
from grader.values import ArrayValue, Value

REFERENCE_LIMITS = Limits(time_s=120, memory_mib=8192)
"""A reference may be slow the first time; what it returns is remembered."""


class SubmissionBench:
    """Implements `grader.kinds.Bench` on a sandbox."""

    def __init__(
        self,
        *,
        sandbox: Sandbox,
        expected: ExpectedValues,
        problem: LoadedProblem,
        part_id: str,
        submission: Submission,
        secret: str,
    ) -> None:
        self.sandbox = sandbox
        self._expected = expected
        self._problem = problem
        self._submission = submission
        self._modules = name_modules(submission.sources)
        self.seed = draw_seed(secret, problem.id, part_id)

    @property
    def reference_source(self) -> str:
        return self._problem.reference

    def call_student(
        self,
        function: str,
        inputs: Sequence[Inputs],
        *,
        limits: Limits,
        modules: tuple[str, ...] = (),
        return_arguments: bool = False,
    ) -> list[Run]:
        source = self._submission.find_function(function)
        if source is None:
            return [Run(ending=Ending.NOT_FOUND) for _ in inputs]
        sources = {self._modules[each.name]: each.text for each in self._submission.sources}
        sources[self._modules[source.name]] = source.text
        calls = [
            Call(
                sources=sources,
                module=self._modules[source.name],
                function=function,
                arguments=tuple(given.values()),
                modules=modules,
                # Not the seed that drew the inputs: from that one, others could be foretold.
                seed=draw_seed("inside", str(self.seed), str(index)) % 2**32,
                time_s=limits.time_s,
                memory_mib=limits.memory_mib,
                return_arguments=return_arguments,
            )
            for index, given in enumerate(inputs)
        ]
        return self._run(calls, STUDENT)

    def call_reference(
        self,
        function: str,
        inputs: Sequence[Inputs],
        *,
        modules: tuple[str, ...] = (),
        limits: Limits | None = None,
    ) -> list[Run]:
        allowed = limits or REFERENCE_LIMITS
        modules = modules or _find_imports(self._problem.reference, inputs)
        keys = [self._name_key(function, given, modules) for given in inputs]
        runs: dict[int, Run] = {}
        for index, key in enumerate(keys):
            is_known, value = self._expected.find(key)
            if is_known:
                runs[index] = Run(ending=Ending.RETURNED, value=value)
        missing = [index for index in range(len(keys)) if index not in runs]
        calls = [
            Call(
                sources={"reference": self._problem.reference},
                module="reference",
                function=function,
                arguments=tuple(inputs[index].values()),
                modules=modules,
                time_s=allowed.time_s,
                memory_mib=allowed.memory_mib,
            )
            for index in missing
        ]
        for index, run in zip(missing, self._run(calls, REFERENCE), strict=True):
            self._require_value(function, run)
            # Values for inputs that only this student's failure led to are not for the disk.
            self._expected.remember(keys[index], run.value, only_here=limits is not None)
            runs[index] = run
        return [runs[index] for index in range(len(keys))]

    def differentiate_reference(
        self, function: str, by: str, inputs: Sequence[Inputs]
    ) -> list[Value]:
        folder = resources.files("grader.sandbox.child")
        source = folder.joinpath("differentiating.py").read_text(encoding="utf-8")
        modules = ("numpy", "torch")
        keys = [self._name_key(f"∂{function}/∂{by} {source}", given, modules) for given in inputs]
        known = [self._expected.find(key) for key in keys]
        missing = [index for index, (is_known, _) in enumerate(known) if not is_known]
        calls = [
            Call(
                sources={"reference": self._problem.reference, "differentiating": source},
                module="differentiating",
                function="take_gradient",
                arguments=(function, by, _as_argument(inputs[index])),
                modules=modules,
                time_s=REFERENCE_LIMITS.time_s,
                memory_mib=REFERENCE_LIMITS.memory_mib,
            )
            for index in missing
        ]
        for index, run in zip(missing, self._run(calls, REFERENCE), strict=True):
            self._require_value(function, run)
            self._expected.remember(keys[index], run.value)
            known[index] = True, run.value
        return [value for _, value in known]

    def _run(self, calls: Sequence[Call], role: str) -> list[Run]:
        killable.wait()
        runs = self.sandbox.run(calls, role)
        killable.go_on()
        return runs

    def _require_value(self, function: str, run: Run) -> None:
        if run.ending is Ending.RETURNED:
            return
        if run.ending is Ending.FAULT:
            raise SandboxFault(run.detail)
        line = f":{run.frames[-1].line}" if run.frames else ""
        path = self._problem.reference_path or f"reference of {self._problem.id}"
        reason = run.detail or run.ending.value
        raise BrokenReference(f"{path}{line}: {function} did not return: {reason}")

    def _name_key(self, function: str, given: Inputs, modules: tuple[str, ...]) -> str:
        versions = [f"{module} {find_version(module)}" for module in modules]
        values = encode_value(tuple(given.values()))
        return name_key([self._problem.digest, function, *versions, values])


def _as_argument(given: Inputs) -> Value:
    """Inputs by name, as one argument."""
    named: dict[str | int | bool, Value] = {}
    named.update(given)
    return named


def draw_seed(*names: str) -> int:
    """A seed that follows from names and nothing else, the same on every machine."""
    return int.from_bytes(hashlib.sha256("\0".join(names).encode()).digest()[:8], "little")


def name_modules(sources: Sequence[Source]) -> dict[str, str]:
    """A module name for each file: its stem, made an identifier."""
    return {
        source.name: re.sub(r"\W", "_", PurePosixPath(source.name).stem) or "submission"
        for source in sources
    }


def _find_imports(reference: str, inputs: Sequence[Inputs]) -> tuple[str, ...]:
    """Which warm modules a reference wants: those it imports, and those its arrays belong to."""
    families = {
        value.family
        for given in inputs
        for value in given.values()
        if isinstance(value, ArrayValue)
    }
    needed = {"numpy": bool(families), "torch": "tensor" in families, "sympy": False}
    wanted = [
        module
        for module in ("numpy", "sympy", "torch")
        if needed[module] or re.search(rf"^\s*(import|from) {module}\b", reference, re.MULTILINE)
    ]
    if "torch" in wanted and "numpy" not in wanted:
        wanted.insert(0, "numpy")
    return tuple(wanted)


@functools.cache
def find_version(module: str) -> str:
    """The installed version of a library, without importing it."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(module)
    except PackageNotFoundError:
        return "unknown"
