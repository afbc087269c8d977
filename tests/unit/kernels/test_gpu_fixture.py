"""The interpreter held to what hardware counted, once a GPU has been asked; and the asking."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
FIXTURE = ROOT / "tests/kernel_corpus/gpu.json"


def load_script() -> Any:
    spec = importlib.util.spec_from_file_location("gpu_check", ROOT / "benchmarks/gpu_check.py")
    assert spec is not None and spec.loader is not None
    module = sys.modules["gpu_check"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SCRIPT = load_script()

FIGURES: dict[str, Any] = json.loads(FIXTURE.read_text()) if FIXTURE.exists() else {}
KERNELS = {kernel: problem for problem in SCRIPT.find_problems() for kernel in problem.kernels}


@pytest.mark.skipif(not FIGURES, reason="no GPU has been asked yet: benchmarks/gpu_check.py")
@pytest.mark.parametrize("kernel", FIGURES)
def test_counts_are_those_of_the_hardware(kernel: str) -> None:
    hardware = FIGURES[kernel]["ncu"]
    if hardware is None:
        pytest.skip("ncu was not installed where the fixture was made")
    ours = SCRIPT.count_ours(KERNELS[kernel], kernel)["ours"]

    # The compiler may merge or drop a load of ours; it never adds one.
    for word in ("load_sectors", "store_sectors"):
        assert hardware[word] <= ours[word]


def test_our_side_of_the_comparison_needs_no_gpu(tmp_path: Path) -> None:
    out = tmp_path / "ours.json"
    done = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks/gpu_check.py"), "--ours", "--only", "transpose",
         "--out", str(out)],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    found = json.loads(out.read_text())
    assert found["transpose"]["faults"] == []
    # 129 entries are 8 whole blocks and an edge. A warp is two rows of 16, and rows of 17 words
    # let one bank of 32 meet twice: a pass more for storing and for loading, 8 warps, 64 blocks.
    assert found["transpose"]["ours"]["bank_conflicts"] == 2 * 8 * 64
    assert found["transpose_unpadded"]["ours"]["bank_conflicts"] > 2 * 8 * 64
    assert found["transpose_no_barrier"]["faults"] == ["race"]


def test_without_a_gpu_nothing_is_said_to_be_checked() -> None:
    if Path("/dev/nvidiactl").exists():
        pytest.skip("there is a GPU here")
    done = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks/gpu_check.py")],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip

    assert done.returncode == 1
    assert "nothing checked: no GPU here" in done.stdout


def test_counters_are_summed_over_launches() -> None:
    output = (
        "==PROF== Connected\n"
        '"ID","Kernel Name","Metric Name","Metric Unit","Metric Value"\n'
        '"0","f","l1tex__t_sectors_pipe_lsu_mem_global_op_ld.sum","sector","1,024"\n'
        '"0","f","unknown","","7"\n'
        '"1","f","l1tex__t_sectors_pipe_lsu_mem_global_op_ld.sum","sector","6"\n'
    )

    assert SCRIPT.read_counters(output) == {"load_sectors": 1030.0}
    assert SCRIPT.read_counters("==ERROR== no permission\n") is None


@pytest.mark.parametrize(
    ("line", "count"),
    [("========= ERROR SUMMARY: 3 errors", 3), ("========= RACECHECK SUMMARY: 2 hazards", 2),
     ("nothing", None)],
)  # fmt: skip
def test_summaries_are_read(line: str, count: int | None) -> None:
    assert SCRIPT.read_summary(line) == count
