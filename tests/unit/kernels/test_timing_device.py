"""The device code on Numba's simulator, the module that it compiles, and what a record earns."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from builders import HEADER, kernel
from fake_device import FakeDevice

from grader.kernels.refusals import Refused
from grader.kernels.source import Program, read_program
from grader.kernels.timing.module_text import write_module
from grader.kernels.timing.protocol import Plan, measure, trace_times
from grader.kernels.timing.reading import read_record
from grader.kinds import kernel_timing
from grader.kinds.kernel_curves import draw_time_chart, list_curve_sizes
from grader.kinds.kernel_runs import Candidate
from grader.kinds.kernel_timing import judge_record, judge_time
from grader.sandbox.pool import Sandbox
from grader.spec.kernel_part import KernelPart
from grader.verdicts import Verdict

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
REFERENCE = (ROOT / "reference/hw4/matmul.py").read_text()
WRITTEN = yaml.safe_load((ROOT / "problems/hw4/matmul.yaml").read_text())["parts"]["matmul"]
TIMED = {"points": 2, "sizes": {"m": 64, "k": 64, "n": 64}, "like": "matmul"}
PART = KernelPart.model_validate(WRITTEN | {"timed": TIMED})
PLAN = Plan(sizes={"n": 1}, target_us=60, ratio=1.3, slow_ratio=1.3, seed=5)


def read(text: str) -> Program:
    program = read_program(text)
    assert isinstance(program, Program)
    return program


@pytest.fixture(scope="module")
def simulated() -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, str(HERE / "time_on_simulator.py")],
        env=os.environ | {"NUMBA_ENABLE_CUDASIM": "1"},
        check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    return dict(json.loads(done.stdout))


def test_inputs_are_new_each_round_and_of_the_same_entries(simulated: dict[str, Any]) -> None:
    assert simulated["inputs_change"]
    assert simulated["same_entries"]


def test_outputs_are_poisoned_before_each_launch(simulated: dict[str, Any]) -> None:
    assert simulated["poisoned"]


def test_outputs_are_compared_with_the_references_on_the_same_inputs(
    simulated: dict[str, Any],
) -> None:
    assert simulated["right"]
    assert not simulated["wrong_is_right"]


def test_a_fingerprint_tells_outputs_apart(simulated: dict[str, Any]) -> None:
    assert simulated["same_print"]
    assert simulated["other_print"]


def test_the_copy_copies_and_the_cpu_is_timed(simulated: dict[str, Any]) -> None:
    assert simulated["copied"]
    assert simulated["cpu_ms"] > 0


def test_the_module_holds_the_kernel_what_it_calls_and_nothing_else() -> None:
    text = write_module(
        read(
            HEADER + "import os\nfrom os import system as run\nWIDTH = 4\nOTHER = 9\nprint('x')\n"
            "@cuda.jit(device=True, inline=print('y'))\ndef half(x: run('z')):\n    return x / 2\n"
            "@cuda.jit\ndef unused(a):\n    a[0] = OTHER\n"
            "@cuda.jit(fastmath=True)\ndef f(a, out):\n    out[WIDTH] = half(a[0])\n"
        ),
        "f",
    )

    assert "print" not in text and "system" not in text and "run" not in text
    assert "OTHER" not in text and "unused" not in text
    assert "WIDTH = 4" in text
    assert "@numba.cuda.jit(device=True)\ndef half(x):" in text
    assert "@numba.cuda.jit(fastmath=True)\ndef f(a, out):" in text
    assert text.index("def half") < text.index("def f")


def test_constants_survive_being_written_anew() -> None:
    source = HEADER + "import math\nA = -1.5\nB = (1, (2, 3))\nC = math.inf\nD = True\n" + kernel(
        "a", "a[0] = A + B[0] + C + D"
    )  # fmt: skip
    text = write_module(read(source), "f")

    found: dict[str, Any] = {}
    exec("\n".join(line for line in text.splitlines() if " = " in line and line[0] in "ABCD"),
         {"math": __import__("math")}, found)  # fmt: skip
    assert found == {"A": -1.5, "B": (1, (2, 3)), "C": float("inf"), "D": True}


def test_a_kernel_under_another_decorator_is_never_written() -> None:
    with pytest.raises(Refused):
        write_module(read("def trick(f):\n    return f\n@trick\ndef f(a):\n    pass\n"), "f")


@pytest.mark.parametrize(
    ("device", "verdict", "word"),
    [
        (FakeDevice(), Verdict.PASSED, "matmul's time"),
        (FakeDevice({"student": 300.0}), Verdict.SLOW, "expected at most 1.3"),
        (FakeDevice({"student": 3.0}), Verdict.REVIEW, "a person will look"),
        (FakeDevice({"again": 150.0}), Verdict.SKIPPED, "stay open"),
    ],
    ids=["as quick", "too slow", "too quick", "unfit machine"],
)
def test_a_record_earns_its_verdict(device: FakeDevice, verdict: Verdict, word: str) -> None:
    outcome = judge_record(PART, measure(device, PLAN))

    assert outcome.verdict is verdict
    assert word in outcome.feedback
    assert outcome.points == 2
    assert (outcome.share is None) == (verdict in (Verdict.REVIEW, Verdict.SKIPPED))
    assert json.loads(outcome.staff_note)["environment"] == {"gpu": "numbers"}


def test_what_noise_hides_twice_counts_for_the_student() -> None:
    record = replace(measure(FakeDevice(), PLAN), status="inconclusive", reason="noise")

    assert judge_record(PART, record).verdict is Verdict.PASSED


def test_other_values_on_the_gpu_are_wrong() -> None:
    record = replace(measure(FakeDevice(), PLAN), status="wrong")

    assert judge_record(PART, record).verdict is Verdict.WRONG


def test_a_record_survives_the_way_between_two_processes() -> None:
    plan = replace(PLAN, slope_sizes=tuple({"n": n} for n in (1, 2, 4, 8)))
    record = measure(FakeDevice(), plan)

    found = read_record(json.dumps(record.as_json()).encode())

    assert found.as_json() == read_record(json.dumps(found.as_json()).encode()).as_json()
    assert found.student is not None and record.student is not None
    assert found.student.ratio == record.student.ratio
    assert found.scaling == record.scaling
    assert found.student_us == pytest.approx(record.student_us, abs=0.01)


def test_times_make_a_chart_with_the_cpu_where_there_is_one() -> None:
    sizes = list_curve_sizes(PART)
    times = trace_times(FakeDevice(power=2.0, jitter=0.0), ("student", "reference"), sizes, 4.0)

    chart = draw_time_chart(
        PART, {"gpu": "numbers", "cpu": [9.0, 30, 99, 300, 999], "times_us": times}
    )

    assert chart.title == "Time on numbers"
    assert [(each.name, each.role) for each in chart.curves] == [
        ("NumPy on this CPU", "cpu"), ("reference", "tier"), ("yours", "student"),
    ]  # fmt: skip
    slope = chart.curves[-1].slope
    assert slope is not None and slope == pytest.approx(2, abs=0.2)
    assert chart.sizes == (64, 128, 256, 512, 1024)


def judge_here(part: KernelPart, *, is_sound: bool = True, text: str = REFERENCE) -> Any:
    candidate = Candidate(program=read(text), name="matmul")
    with Sandbox() as sandbox:
        return judge_time(part, 1, REFERENCE, candidate, sandbox, is_sound=is_sound)


@pytest.mark.parametrize("choice", ["skipped", "void"])
def test_without_a_gpu_points_stay_open(choice: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_timing, "DEVICES", ())
    part = KernelPart.model_validate(WRITTEN | {"timed": TIMED | {"without_gpu": choice}})

    outcome = judge_here(part)

    assert (outcome.verdict.value, outcome.share) == (choice, None)
    assert "no GPU here" in outcome.feedback


def test_a_driver_that_fails_costs_nobody_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    # The real process, on a machine that only looks as if it had a GPU.
    monkeypatch.setattr(kernel_timing, "find_missing", lambda: "")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")

    outcome = judge_here(PART)

    assert (outcome.verdict, outcome.share) == (Verdict.SKIPPED, None)
    assert "could not be used" in outcome.feedback
    assert outcome.staff_note.startswith("exit ")


def test_an_unsafe_kernel_is_never_launched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_timing, "ask_for_record", lambda *_: pytest.fail("launched"))
    monkeypatch.setattr(kernel_timing, "find_missing", lambda: "")

    outcome = judge_here(PART, is_sound=False)

    assert outcome.verdict is Verdict.SKIPPED


def test_a_statement_that_no_kernel_has_never_reaches_numba() -> None:
    text = (
        "import numba\nfrom numba import cuda\n@cuda.jit\ndef f(x):\n    if False:\n"
        "        with numba.objmode(y='print(1)'):\n            y = 1\n"
    )
    program = read_program(text)
    assert isinstance(program, Program)

    with pytest.raises(Refused):
        write_module(program, "f")
