"""A kernel that does less at the size it is counted at earns nothing by that."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from grader.kinds.kernel import judge
from grader.kinds.protocol import HandedIn
from grader.spec.kernel_part import KernelPart
from grader.submission.models import Source
from grader.verdicts import Outcome, Verdict

ROOT = Path(__file__).resolve().parents[3]
GRID = "    column, row = cuda.grid(2)\n"
INSIDE = "    if row < out.shape[0] and column < out.shape[1]:\n"
DOUBLE = "        out[row, column] = 2 * a[row, column]\n"


def hand_in(name: str, body: str, parameters: str = "a, out") -> dict[str, Outcome]:
    part_file = yaml.safe_load((ROOT / f"problems/hw4/{name}.yaml").read_text())
    part = KernelPart.model_validate(part_file["parts"][name])
    reference = (ROOT / f"reference/hw4/{name}.py").read_text()
    text = f"from numba import cuda, float32\n\n@cuda.jit\ndef {name}({parameters}):\n{body}"
    return judge_text(part, name, reference, text)


def judge_text(part: KernelPart, name: str, reference: str, text: str) -> dict[str, Outcome]:
    bench: Any = SimpleNamespace(seed=3, reference_source=reference)
    handed_in = HandedIn(source=Source(name="hw4.py", text=text, functions=(name,)))
    return {outcome.check: outcome for outcome in judge(part, name, handed_in, bench)}


IDLE = {
    "everywhere": "    if a.shape[0] > 64:\n        return\n",
    "in most blocks": "    if cuda.blockIdx.x > 8:\n        return\n",
    "in every second row": "    if a.shape[0] > 64 and row % 2:\n        return\n",
}


@pytest.mark.parametrize("where", IDLE)
def test_work_left_out_at_the_real_size_earns_nothing(where: str) -> None:
    outcomes = hand_in("doublify", GRID + IDLE[where] + INSIDE + DOUBLE)

    assert {outcomes[each].verdict for each in ("correct", "efficient")} == {Verdict.UNDECIDED}
    assert not outcomes["correct"].share and not outcomes["efficient"].share
    assert "1024" in outcomes["correct"].feedback


WRONG = {
    "zeros": "    if a.shape[0] > 64:\n        out[row, column] = 0\n        return\n",
    "ones": "    if a.shape[0] > 64:\n        out[row, column] = 1\n        return\n",
    "elsewhere": "    if a.shape[0] > 64:\n        out[column, row] = 1\n        return\n",
}


@pytest.mark.parametrize("what", WRONG)
def test_values_that_are_wrong_at_the_real_size_alone_are_wrong(what: str) -> None:
    outcomes = hand_in("doublify", GRID + WRONG[what] + INSIDE + DOUBLE)

    assert outcomes["correct"].verdict is Verdict.WRONG
    assert "n = 4096" in outcomes["correct"].feedback
    assert outcomes["efficient"].verdict is Verdict.SKIPPED


def test_an_input_that_changes_at_the_real_size_alone_is_found() -> None:
    spoil = "        if a.shape[0] > 64:\n            a[row, column] = 0\n"
    outcomes = hand_in("doublify", GRID + INSIDE + DOUBLE + spoil)

    assert outcomes["correct"].verdict is Verdict.WRONG
    assert "a is changed at n = 4096" in outcomes["correct"].feedback


OTHER_ORDERS = {
    "rows of blocks": (
        "    threads = cuda.blockDim.x * cuda.blockDim.y\n"
        "    block = cuda.blockIdx.y * cuda.gridDim.x + cuda.blockIdx.x\n"
        "    i = block * threads + cuda.threadIdx.y * cuda.blockDim.x + cuda.threadIdx.x\n"
        "    if i < a.size:\n"
        "        row = i // a.shape[1]\n"
        "        column = i % a.shape[1]\n" + DOUBLE
    ),
    "the last block first": (
        "    column = cuda.threadIdx.x"
        " + cuda.blockDim.x * (cuda.gridDim.x - 1 - cuda.blockIdx.x)\n"
        "    row = cuda.threadIdx.y + cuda.blockDim.y * (cuda.gridDim.y - 1 - cuda.blockIdx.y)\n"
        + INSIDE + DOUBLE
    ),
}  # fmt: skip


@pytest.mark.parametrize("order", OTHER_ORDERS)
def test_another_order_of_the_same_work_passes(order: str) -> None:
    outcomes = hand_in("doublify", OTHER_ORDERS[order])

    assert [each.verdict for each in outcomes.values()] == [Verdict.PASSED] * 3


def test_sums_are_compared_at_the_real_size_too() -> None:
    sums = (
        "    if row < C.shape[0] and column < C.shape[1]:\n        total = float32(0)\n"
        "        for k in range({}):\n            total += A[row, k] * B[k, column]\n"
        "        C[row, column] = total\n"
    )
    honest, short = (
        hand_in("matmul", GRID + sums.format(length), "A, B, C")
        for length in ("A.shape[1]", "min(A.shape[1], 900)")
    )

    assert honest["correct"].verdict is Verdict.PASSED
    assert honest["efficient"].verdict is Verdict.INEFFICIENT
    assert short["correct"].verdict is Verdict.WRONG


def test_a_kernel_that_does_nothing_earns_nothing_for_its_safety() -> None:
    outcomes = hand_in("doublify", "    return\n")

    assert [each.share for each in outcomes.values()] == [0, 0, 0]


ROW_SUM: dict[str, Any] = {
    "kind": "kernel",
    "points": 10,
    "prompt": "Add the sum of each row of x to out.",
    "signature": "row_sum(x, out)",
    "arguments": {
        "x": {"draw": "integers", "low": -8, "high": 9, "shape": ["m", "n"], "dtype": "float32"},
        "out": {"draw": "zeros", "shape": ["m"], "dtype": "float32"},
    },
    "outputs": ["out"],
    "launch": {"block": [64], "grid": ["m"]},
    "correct": {"points": 4, "sizes": [{"m": 8, "n": 70}, {"m": 16, "n": 600}]},
    "safe": {"points": 3},
    "efficient": {"points": 3, "sizes": {"m": 512, "n": 512}, "tiers": [{"like": "row_sum"}]},
}
SUM_IN_BLOCK = """\
from numba import cuda, float32

@cuda.jit(device=True)
def keep(target, value):
    target[0] = value

@cuda.jit
def row_sum(x, out):
    row = cuda.blockIdx.x
    t = cuda.threadIdx.x
    part = cuda.shared.array(64, float32)
    total = float32(0)
    for column in range(t, x.shape[1], 64):
        total += x[row, column]
    part[t] = total
    cuda.syncthreads()
    step = 32
    while step > 0:
        if t < step:
            part[t] += part[t + step]
        cuda.syncthreads()
        step //= 2
    if t == 0:
        out[row] = part[0]
"""
SUM_TOGETHER = """\
from numba import cuda, float32

@cuda.jit
def row_sum(x, out):
    first = cuda.blockIdx.x // 8 * 8
    start = cuda.blockIdx.x % 8 * 64 + cuda.threadIdx.x
    for row in range(first, min(first + 8, x.shape[0])):
        for column in range(start, x.shape[1], 8 * 64):
            cuda.atomic.add(out, row, x[row, column])
"""


def test_an_output_is_stored_to_under_any_name() -> None:
    part = KernelPart.model_validate(ROW_SUM)
    renamed = SUM_IN_BLOCK.replace("x, out", "a, b").replace("x[", "a[").replace("x.s", "a.s")
    through_a_view = renamed.replace("out[row] = part[0]", "keep(b[row:], part[0])")
    outcomes = judge_text(part, "row_sum", SUM_IN_BLOCK, through_a_view)

    assert [each.verdict for each in outcomes.values()] == [Verdict.PASSED] * 3


def test_blocks_that_add_to_one_entry_together_are_not_called_wrong() -> None:
    part = KernelPart.model_validate(ROW_SUM)
    outcomes = judge_text(part, "row_sum", SUM_IN_BLOCK, SUM_TOGETHER)

    assert outcomes["safe"].verdict is Verdict.PASSED
    assert outcomes["correct"].verdict is Verdict.UNDECIDED
    assert "add to an entry together" in outcomes["correct"].feedback
