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
