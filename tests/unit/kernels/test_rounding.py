"""Bounds derived from the length of a sum and the dtype: right kernels within, coarser ones not."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import yaml

from grader.kinds.kernel import judge
from grader.kinds.kernel_rounding import bound_coarsely, bound_rounding, gamma
from grader.kinds.protocol import HandedIn
from grader.spec.kernel_part import KernelPart
from grader.submission.models import Source
from grader.verdicts import Outcome, Verdict

ROOT = Path(__file__).resolve().parents[3]
NORMAL = {"draw": "normal", "scale": 30, "dtype": "float32"}


def load(problem: str, part_id: str, **more: Any) -> tuple[KernelPart, str]:
    written = yaml.safe_load((ROOT / f"problems/hw4/{problem}.yaml").read_text())["parts"][part_id]
    reference = (ROOT / f"reference/hw4/{problem}.py").read_text()
    return KernelPart.model_validate({**written, "efficient": None, **more}), reference


def hand_in(part: KernelPart, part_id: str, reference: str, text: str) -> Outcome:
    name = part.signature.split("(")[0]
    bench: Any = SimpleNamespace(seed=11, reference_source=reference)
    source = Source(name="answer.py", text=text, functions=(name,))
    return judge(part, part_id, HandedIn(source=source), bench)[0]


MATMUL, MATMUL_TEXT = load(
    "matmul", "matmul", exact=False, rounding={"terms": "k"}, mistakes=[],
    arguments={
        "A": NORMAL | {"shape": ["m", "k"]}, "B": NORMAL | {"shape": ["k", "n"]},
        "C": {"shape": ["m", "n"], "dtype": "float32"},
    },
    correct={"sizes": [{"m": 17, "k": 200, "n": 18}, {"m": 2, "k": 0, "n": 3}], "drawn": 1},
)  # fmt: skip


def rename(text: str, function: str, name: str) -> str:
    text = re.sub(rf"\bdef {name}\b", "def replaced", text)
    return re.sub(rf"\bdef {function}\b", f"def {name}", text)


@pytest.mark.parametrize("function", ["matmul_tiled", "matmul_naive", "matmul_fp64"])
def test_another_order_and_a_finer_sum_are_right(function: str) -> None:
    text = rename(MATMUL_TEXT, function, "matmul")

    assert hand_in(MATMUL, "matmul", MATMUL_TEXT, text).verdict is Verdict.PASSED


@pytest.mark.parametrize(
    "change",
    [
        ("total = float32(0)", "total = float16(0)"),
        ("range(A.shape[1])", "range(A.shape[1] - 1)"),
        ("C[row, column] = total", "C[row, column] = total * float32(1.0001)"),
    ],
    ids=["sums in float16", "leaves out a term", "off by a ten-thousandth"],
)
def test_a_coarser_sum_is_wrong_and_told_what_rounding_allows(change: tuple[str, str]) -> None:
    text = "from numba import float16\n" + MATMUL_TEXT.replace(change[0], change[1], 1)
    if "float16" in change[1]:
        product = "total += A[row, k] * B[k, column]"
        text = text.replace(product, "total = float16(total + A[row, k] * B[k, column])", 1)

    outcome = hand_in(MATMUL, "matmul", MATMUL_TEXT, text)

    assert outcome.verdict is Verdict.WRONG
    assert "by rounding" in outcome.feedback


SOFTMAX, SOFTMAX_TEXT = load("softmax_row", "softmax-row", mistakes=[])


def test_a_softmax_may_sum_in_another_order() -> None:
    text = rename(SOFTMAX_TEXT, "softmax_row_one_thread", "softmax_row")

    assert hand_in(SOFTMAX, "softmax-row", SOFTMAX_TEXT, text).verdict is Verdict.PASSED


def test_a_softmax_off_by_a_thousandth_is_wrong() -> None:
    text = SOFTMAX_TEXT.replace("/ total\n", "/ (total * float32(1.001))\n")
    assert text != SOFTMAX_TEXT

    assert hand_in(SOFTMAX, "softmax-row", SOFTMAX_TEXT, text).verdict is Verdict.WRONG


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_real_sums_stay_within_the_bound_and_near_it_in_order_of_size(dtype: Any) -> None:
    rng = np.random.default_rng(0)
    worst = 0.0
    for terms in (10, 100, 300):
        a, b = rng.standard_normal((2, 50, terms)).astype(dtype)
        exact = (a.astype(np.float64) * b.astype(np.float64)).sum(axis=1)
        total = np.zeros(50, dtype)
        for k in range(terms):
            total = (total + a[:, k] * b[:, k]).astype(dtype)
        sized = (np.abs(a.astype(np.float64) * b.astype(np.float64))).sum(axis=1)
        error = np.abs(total.astype(np.float64) - exact) / (gamma(terms + 1, dtype) * sized)
        worst = max(worst, float(error.max()))

    assert worst <= 1
    assert worst > 0.01


def test_the_coarse_bound_is_never_below_the_derived_one() -> None:
    rng = np.random.default_rng(1)
    a, b = (rng.standard_normal(shape).astype(np.float32) for shape in ((4, 60), (60, 5)))
    before = {"A": a, "B": b, "C": np.zeros((4, 5), np.float32)}
    sizes = {"m": 4, "k": 60, "n": 5}
    expected = before | {"C": a @ b}

    fine = bound_rounding(MATMUL, sizes, before, expected,
                          lambda given: {**given, "C": given["A"] @ given["B"]})  # fmt: skip

    assert (bound_coarsely(MATMUL, sizes, before, expected["C"]) >= fine["C"]).all()
    assert (fine["C"] < 1e-3).all()


def test_where_no_digit_is_left_nothing_can_be_wrong() -> None:
    assert gamma(5000, np.float16) == np.inf
