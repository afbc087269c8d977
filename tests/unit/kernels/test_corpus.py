"""Every kernel of the corpus: values as Numba's simulator has them, and faults where they are."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cases import HERE, Case, marked_faults
from later_cases import EXPECTED, RACE_FREE, UNSAFE

from grader.kernels.launch import KernelRun, Launch, run_kernel


def interpret(case: Case) -> tuple[KernelRun, list[Any]]:
    arguments = case.arguments()
    launch = Launch(grid=case.grid, block=case.block, dynamic_shared_bytes=case.shared_bytes)
    return run_kernel(case.source, case.name, launch, arguments), arguments


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Any:
    target = tmp_path_factory.mktemp("simulator") / "results.npz"
    subprocess.run(
        [sys.executable, str(HERE / "simulate.py"), str(target)],
        env=os.environ | {"NUMBA_ENABLE_CUDASIM": "1"},
        check=True,
        timeout=300,
    )
    return np.load(target)


def test_corpus_has_sixty_kernels() -> None:
    assert len(RACE_FREE) + len(EXPECTED) + len(UNSAFE) >= 60
    assert len(RACE_FREE) >= 60


@pytest.mark.parametrize("case", RACE_FREE, ids=lambda case: case.name)
def test_values_equal_those_of_numbas_simulator(case: Case, simulated: Any) -> None:
    run, arguments = interpret(case)

    assert run.is_complete, run.refusal or run.halted
    for position, value in enumerate(arguments):
        wanted = simulated[f"{case.name}.{position}"]
        np.testing.assert_allclose(value, wanted, rtol=case.rtol, atol=case.rtol)


@pytest.mark.parametrize("case", EXPECTED, ids=lambda case: case.name)
def test_other_values_are_those_of_numpy(case: Case) -> None:
    assert case.expected is not None
    wanted = case.expected(case.arguments())

    run, arguments = interpret(case)

    assert run.is_complete, run.refusal or run.halted
    for value, expected in zip(arguments, wanted, strict=True):
        np.testing.assert_array_equal(value, expected)


@pytest.mark.parametrize("case", RACE_FREE + EXPECTED, ids=lambda case: case.name)
def test_no_fault_is_found_where_there_is_none(case: Case) -> None:
    run, _ = interpret(case)

    assert run.issues == ()


@pytest.mark.parametrize("case", UNSAFE, ids=lambda case: case.name)
def test_every_fault_is_found_on_its_line(case: Case) -> None:
    run, _ = interpret(case)

    found = {(issue.line, issue.kind) for issue in run.faults}

    assert marked_faults(case) <= found
    assert {kind for _, kind in found} <= {kind for _, kind in marked_faults(case)} | {
        "race", "inactive lane", "uninitialised read",
    }  # fmt: skip


def test_races_name_both_lines_and_both_threads() -> None:
    case = next(case for case in UNSAFE if case.name == "neighbours_without_barrier")
    run, _ = interpret(case)

    (race,) = run.faults

    assert (race.line, race.other_line) == (race.line, race.line - 1)
    assert "block 0, thread 1" in race.message
    assert "block 0, thread 0" in race.message
    assert "shared `part[1]`" in race.message


def test_twenty_runs_give_the_same_bytes() -> None:
    cases = [case for case in UNSAFE + EXPECTED if case.name != "reduce_without_barrier"][:6]

    def report() -> bytes:
        runs = [interpret(case) for case in cases]
        return repr(
            [(run.issues, run.sites, run.lines, run.work) for run, _ in runs]
        ).encode() + b"".join(value.tobytes() for _, arguments in runs for value in arguments)

    first = report()

    assert all(report() == first for _ in range(19))


def test_corpus_files_are_beside_their_cases() -> None:
    assert {Path(case.file).name for case in RACE_FREE} == {
        "arithmetic",
        "arrays",
        "held_out",
        "later",
    }
