"""Kernels interpreted in a process of their own: the same answers, and limits that hold."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from builders import HEADER, kernel

from grader.errors import SystemFault
from grader.kernels.apart import interpreter
from grader.kernels.apart.interpreter import ProcessInterpreter
from grader.kernels.launch import Launch, Zeros, run_kernel
from grader.kernels.limits import Budget

ONE_WARP = Launch(grid=(1,), block=(32,))
RACY = HEADER + kernel("a", "i = cuda.grid(1)", "a[i // 2] = i", "if i < 4:", "    a[i] += 1")


@pytest.fixture(scope="module")
def apart() -> Iterator[ProcessInterpreter]:
    interpreter = ProcessInterpreter()
    yield interpreter
    interpreter.close()


def test_the_run_and_the_arrays_are_those_of_interpreting_here(apart: ProcessInterpreter) -> None:
    here, there = np.zeros(32, np.float32), np.zeros(32, np.float32)

    wanted = run_kernel(RACY, "f", ONE_WARP, [here], budget=Budget())
    found = apart(RACY, "f", ONE_WARP, [there], budget=Budget())

    assert asdict(found) == asdict(wanted)
    assert found.issues and found.sites and found.lines
    np.testing.assert_array_equal(there, here)


def test_one_array_given_twice_stays_one(apart: ProcessInterpreter) -> None:
    text = HEADER + kernel("a, b", "i = cuda.grid(1)", "a[i] = 1", "b[i] += 1")
    array = np.zeros(32, np.float32)

    apart(text, "f", ONE_WARP, [array, array], budget=Budget())

    assert (array == 2).all()


@pytest.mark.parametrize(
    "number", [3, -1.5, True, np.float16(0.1), np.int8(-4), np.uint64(2**63), np.float32("nan")]
)
def test_numbers_keep_their_type_and_value(apart: ProcessInterpreter, number: Any) -> None:
    text = HEADER + kernel("a, x", "a[cuda.grid(1)] = x")
    here, there = np.zeros(32), np.zeros(32)

    run_kernel(text, "f", ONE_WARP, [here, number])
    apart(text, "f", ONE_WARP, [there, number], budget=Budget())

    np.testing.assert_array_equal(there, here)


def test_arrays_without_entries_come_and_go(apart: ProcessInterpreter) -> None:
    text = HEADER + kernel("a, n", "n[0] = a.shape[1]")
    count = np.zeros(1)

    apart(text, "f", Launch(grid=(1,), block=(1,)), [np.zeros((0, 7)), count], budget=Budget())

    assert count[0] == 7


def test_a_refusal_comes_back_with_its_place(apart: ProcessInterpreter) -> None:
    found = apart(HEADER + kernel("a", "x = [1]"), "f", ONE_WARP, [np.zeros(1)], budget=Budget())

    assert found.refusal is not None
    assert (found.refusal.line, found.refusal.column) == (5, 9)


def test_arrays_for_counting_are_made_over_there(apart: ProcessInterpreter) -> None:
    text = HEADER + kernel("a", "a[cuda.grid(1)] = 1")
    side = 2**28

    found = apart(
        text, "f", Launch(grid=(2**20,), block=(256,)), [Zeros((side,), "float32")],
        budget=Budget(), blocks=(0, 2**20 - 1),
    )  # fmt: skip

    assert found.is_complete
    assert sum(site.sectors for site in found.sites) == 2 * 8 * 4


def test_more_memory_than_a_kernel_needs_is_a_limit_and_no_crash(
    apart: ProcessInterpreter,
) -> None:
    text = HEADER + kernel("a", "a[cuda.grid(1)] = 1")
    tight = Budget(memory_mib=0)

    found = apart(
        text, "f", Launch(grid=(4096,), block=(1024,)), [np.zeros(8, np.float32)], budget=tight
    )

    assert found.halted is not None and found.halted.kind == "limit"
    assert "memory" in found.halted.message
    assert apart(RACY, "f", ONE_WARP, [np.zeros(32)], budget=Budget()).is_complete


def test_a_step_that_does_not_end_is_killed_and_the_next_launch_is_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(interpreter, "GRACE_S", 0.3)
    apart = ProcessInterpreter()
    apart.warm_up()
    assert apart._process is not None
    # A process that has stopped stands for a single NumPy call that takes for ever.
    os.kill(apart._process.pid, signal.SIGSTOP)

    found = apart(RACY, "f", ONE_WARP, [np.zeros(32)], budget=Budget(time_s=0))
    after = apart(RACY, "f", ONE_WARP, [np.zeros(32)], budget=Budget())
    apart.close()

    assert found.halted is not None and found.halted.kind == "does not end"
    assert "stopped after" in found.halted.message
    assert after.is_complete


def test_processor_time_is_limited_by_the_system(apart: ProcessInterpreter) -> None:
    text = HEADER + kernel("a", "x = 0", "while True:", "    x += 1")
    endless = Budget(work=10**12, time_s=0.2)

    found = apart(text, "f", ONE_WARP, [np.zeros(1)], budget=endless)

    assert found.halted is not None and found.halted.kind in ("does not end", "limit")


def test_another_end_of_the_process_is_our_fault() -> None:
    apart = ProcessInterpreter()
    apart.warm_up()
    assert apart._process is not None
    os.kill(apart._process.pid, signal.SIGSTOP)
    process = apart._process
    threading.Timer(0.2, lambda: os.kill(process.pid, signal.SIGTERM)).start()
    threading.Timer(0.3, lambda: os.kill(process.pid, signal.SIGCONT)).start()

    with pytest.raises(SystemFault, match="ended with -15"):
        apart(RACY, "f", ONE_WARP, [np.zeros(32)], budget=Budget())


def test_nothing_beside_a_student_s_files_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "numpy.py").write_text("raise SystemExit(3)\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    apart = ProcessInterpreter()

    found = apart(RACY, "f", ONE_WARP, [np.zeros(32)], budget=Budget())
    apart.close()

    assert found.is_complete
