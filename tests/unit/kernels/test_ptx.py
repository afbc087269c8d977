"""Compiled facts: read off text and log, judged, and, with the extra `[gpu]`, really compiled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from builders import HEADER, kernel

from grader.errors import SystemFault
from grader.kernels.source import Program, read_program
from grader.kernels.static.compiling import find_missing, read_answer
from grader.kernels.static.facts import CompiledFacts, read_facts
from grader.kinds import kernel_compiled
from grader.kinds.kernel_compiled import compile_kernel, judge_compiled, judge_facts
from grader.kinds.kernel_runs import Candidate
from grader.sandbox.pool import Sandbox
from grader.sandbox.records import Ending, Run
from grader.spec.kernel_part import Compiled, KernelPart
from grader.values import ArrayValue, Value
from grader.verdicts import Verdict

ROOT = Path(__file__).resolve().parents[3]
MATMUL = (ROOT / "reference/hw4/matmul.py").read_text()
WRITTEN = yaml.safe_load((ROOT / "problems/hw4/matmul.yaml").read_text())["parts"]["matmul"]
PART = KernelPart.model_validate(WRITTEN | {"compiled": {"points": 2, "capability": [9, 0]}})
MATRICES = [("float32", 2)] * 3

TEXT = """
// Cuda compilation tools, release 13.5, V13.5.37
.shared .align 4 .b8 tile[1024];
ld.global.f32 %f1, [%rd1];
st.shared.f32 [%r1], %f1;
bar.sync 0;
ld.shared.f32 %f2, [%r2];
fma.rn.ftz.f32 %f3, %f1, %f2, %f3;
fma.rn.f64 %fd1, %fd2, %fd3, %fd1;
st.global.f32 [%rd2], %f3;
"""
LOG = """
ptxas         .     64 bytes stack frame, 8 bytes spill stores, 4 bytes spill loads
ptxas info    : Used 30 registers, used 1 barriers
info    : used 30 registers, used 5 barriers, 64 stack, 2048 bytes smem, 0 bytes lmem
"""

with_compiler = pytest.mark.skipif(bool(find_missing()), reason=find_missing())


def read(text: str) -> Program:
    program = read_program(text)
    assert isinstance(program, Program)
    return program


def test_facts_are_read_off_the_text_and_the_log() -> None:
    facts = read_facts(TEXT, LOG, (9, 0), (13, 5))

    assert (facts.global_loads, facts.global_stores) == (1, 1)
    assert (facts.shared_loads, facts.shared_stores, facts.shared_bytes) == (1, 1, 1024)
    assert (facts.fused, facts.fp64, facts.barriers) == (1, 1, 1)
    assert (facts.registers, facts.spill_bytes, facts.stack_bytes) == (30, 12, 64)


def test_compiler_and_assembler_must_be_of_one_minor_release() -> None:
    with pytest.raises(ValueError, match=r"13\.5 and the assembler of 13\.4"):
        read_facts(TEXT, LOG, (9, 0), (13, 4))


FACTS = read_facts(TEXT, LOG, (9, 0), (13, 5))


def test_every_fact_beyond_what_is_allowed_is_named_with_advice() -> None:
    outcome = judge_facts(Compiled(registers=20), FACTS)

    assert outcome.verdict is Verdict.INEFFICIENT
    for words in ("1 float64 instructions", "30 registers a thread", "12 bytes of spilled"):
        assert words in outcome.feedback
    assert "float32(0.5)" in outcome.feedback
    assert "compute capability 9.0, by CUDA 13.5" in outcome.feedback


def test_facts_within_what_is_allowed_pass() -> None:
    clean: CompiledFacts = replace(FACTS, fp64=0, spill_bytes=0)

    assert judge_facts(Compiled(), clean).verdict is Verdict.PASSED


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(slots=1) as sandbox:
        yield sandbox


def judge_here(name: str, sandbox: Sandbox, text: str = MATMUL) -> Any:
    candidate = Candidate(program=read(text), name=name)
    return judge_compiled(PART, candidate, sandbox, is_correct=True)


def compile_here(
    sandbox: Sandbox, text: str, name: str, types: Sequence[tuple[str, int]],
    capability: tuple[int, int] = (8, 0),
) -> CompiledFacts | str:  # fmt: skip
    return compile_kernel(Candidate(program=read(text), name=name), types, capability, sandbox)


def test_without_the_extra_points_stay_open(
    monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox
) -> None:
    monkeypatch.setattr(kernel_compiled, "find_missing", lambda: "no compiler")

    outcome = judge_here("matmul", sandbox)

    assert (outcome.verdict, outcome.share) == (Verdict.SKIPPED, None)
    assert "stay open" in outcome.feedback


def test_only_what_is_right_is_compiled(sandbox: Sandbox) -> None:
    candidate = Candidate(program=read(MATMUL), name="matmul")

    outcome = judge_compiled(PART, candidate, sandbox, is_correct=False)

    assert (outcome.verdict, outcome.share) == (Verdict.SKIPPED, 0)
    assert "once the values are right" in outcome.feedback


class Answering:
    """A sandbox in which every call ends in one way."""

    def __init__(self, run: Run) -> None:
        self.ended = run

    def run(self, calls: Sequence[Any]) -> list[Run]:
        return [self.ended for _ in calls]


@pytest.mark.parametrize(
    "run",
    [
        Run(ending=Ending.TIMEOUT), Run(ending=Ending.MEMORY), Run(ending=Ending.SIGNAL),
        Run(ending=Ending.MALFORMED), Run(ending=Ending.RAISED, detail="OSError: no libNVVM"),
        Run(ending=Ending.RETURNED, value={"facts": {"registers": 1}}),
    ],
    ids=lambda run: run.ending.value,
)  # fmt: skip
def test_a_compiler_that_fails_costs_nobody_anything(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernel_compiled, "find_missing", lambda: "")
    broken: Any = Answering(run)

    outcome = judge_here("matmul", broken)

    assert (outcome.verdict, outcome.share) == (Verdict.SKIPPED, None)
    assert outcome.staff_note


def as_bytes(text: str) -> ArrayValue:
    return ArrayValue(np.frombuffer(text.encode(), np.uint8), "uint8", "array", "")


def test_an_answer_is_read_from_bytes() -> None:
    value: Value = {"text": as_bytes(TEXT), "log": as_bytes(LOG), "release": (13, 5)}

    assert read_answer(value, (9, 0)) == read_facts(TEXT, LOG, (9, 0), (13, 5))


FORGED: dict[str, Value] = {
    "nothing": None,
    "a list": [],
    "facts": {"facts": {"registers": 1}},
    "a further field": {"error": "x", "facts": 1},
    "an endless cause": {"error": "x" * 10_000},
    "a text as a text": {"text": TEXT, "log": LOG, "release": (13, 5)},
    "other numbers": {
        "text": ArrayValue(np.zeros(9), "float64", "array", ""), "log": as_bytes(LOG),
        "release": (13, 5),
    },
    "another release": {"text": as_bytes(TEXT), "log": as_bytes(LOG), "release": (13, 4)},
    "a release in words": {"text": as_bytes(TEXT), "log": as_bytes(LOG), "release": ("13", 5)},
    "endless digits": {
        "text": as_bytes(TEXT), "log": as_bytes("used " + "9" * 9000 + " registers"),
        "release": (13, 5),
    },
}  # fmt: skip


@pytest.mark.parametrize("value", FORGED.values(), ids=FORGED)
def test_an_answer_that_no_compiler_gives_says_nothing(value: Value) -> None:
    with pytest.raises(SystemFault):
        read_answer(value, (9, 0))


@with_compiler
def test_fp64_by_accident_is_found_in_what_was_compiled(sandbox: Sandbox) -> None:
    right = compile_here(sandbox, MATMUL, "matmul", MATRICES, (9, 0))
    wrong = compile_here(sandbox, MATMUL, "matmul_fp64", MATRICES, (9, 0))

    assert isinstance(right, CompiledFacts) and isinstance(wrong, CompiledFacts)
    assert (right.fp64, right.global_stores) == (0, 1)
    assert right.fused > 0 and right.registers > 0
    assert wrong.fp64 > 0
    assert judge_here("matmul", sandbox).verdict is Verdict.PASSED
    assert judge_here("matmul_fp64", sandbox).verdict is Verdict.INEFFICIENT


@with_compiler
def test_tiles_and_barriers_are_where_the_source_puts_them(sandbox: Sandbox) -> None:
    facts = compile_here(sandbox, MATMUL, "matmul_tiled", MATRICES, (9, 0))

    assert isinstance(facts, CompiledFacts)
    assert (facts.shared_bytes, facts.barriers, facts.global_loads) == (2048, 2, 2)
    assert facts.shared_loads > 0 and facts.shared_stores == 4


@with_compiler
def test_what_numba_cannot_compile_is_said_in_its_words(sandbox: Sandbox) -> None:
    text = HEADER + kernel("a, b, c", "a[0, 0] = b.foo(1)")

    assert "foo" in str(compile_here(sandbox, text, "f", MATRICES))


@with_compiler
def test_a_local_array_that_does_not_fit_registers_is_seen(sandbox: Sandbox) -> None:
    body = kernel("a, n", "s = cuda.local.array(500, float32)", "for k in range(n):",
                  "    s[k] = a[k]", "a[0] = s[n // 2]")  # fmt: skip

    facts = compile_here(sandbox, HEADER + body, "f", [("float32", 1), ("int64", 0)])

    assert isinstance(facts, CompiledFacts)
    assert facts.stack_bytes >= 2000


@with_compiler
def test_device_functions_with_defaults_compile_without_a_driver(sandbox: Sandbox) -> None:
    text = HEADER + "@cuda.jit(device=True)\ndef g(x, k=2):\n    return x * k\n" + kernel(
        "a", "a[0] = g(a[0], k=float32(3))"
    )  # fmt: skip

    assert isinstance(compile_here(sandbox, text, "f", [("float32", 1)]), CompiledFacts)
