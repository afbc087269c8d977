"""Gradients of a reference function in Torch: the answer is judged against automatic
differentiation, and the grader itself never loads torch."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader.errors import BrokenReference
from grader.kinds import expression
from grader.kinds.protocol import HandedIn, Inputs
from grader.spec.parts import ExpressionPart
from grader.submission.models import Answer
from grader.values import ArrayValue, Value
from grader.verdicts import Outcome, Verdict

SIZES = {"m": "positive integer", "n": "positive integer"}
ARRAYS = {"W": {"shape": ["m", "n"]}, "x": {"shape": ["n"]}, "y": {"shape": ["m"]}}
LOSS = {
    "symbols": {**SIZES, **ARRAYS},
    "gradient": {"function": "loss", "with respect to": "W"},
}
CLOSED = r"2\left((\tanh(Wx) - y) \odot (1 - \tanh(Wx)^2)\right) x^\top"


def take_by_hand(given: Inputs) -> Value:
    """The gradient of Σ(tanh(Wx) - y)² in W, in float64."""
    weights, x, y = (given[name].entries for name in "Wxy")  # type: ignore[union-attr]
    reached = np.tanh(weights @ x)
    return ArrayValue(np.outer(2 * (reached - y) * (1 - reached**2), x), "float64", "tensor")


@dataclass
class FloatBench:
    """A bench whose gradients were worked out by hand; `off_by` spoils them."""

    off_by: float = 0.0
    seed: int = 3

    def differentiate_reference(
        self, function: str, by: str, inputs: Sequence[Inputs]
    ) -> list[Value]:
        assert (function, by) == ("loss", "W")
        values = [take_by_hand(given) for given in inputs]
        return [
            ArrayValue(value.entries * (1 + self.off_by), "float64", "tensor")  # type: ignore[union-attr]
            for value in values
        ]


def judge(text: str, *, off_by: float = 0.0, **gradient: str) -> Outcome:
    asked = {**LOSS, "gradient": {**LOSS["gradient"], **gradient}}
    part = ExpressionPart.model_validate({"kind": "expression", **asked})
    handed_in = HandedIn(answer=Answer(part="p", text=text, file="answers.md", line=1))
    bench: Any = FloatBench(off_by)
    (outcome,) = expression.judge(part, "p", handed_in, bench)
    return outcome


@pytest.mark.parametrize(
    "text",
    [
        CLOSED,
        "2*((tanh(W@x) - y) * (1 - tanh(W@x)**2)) @ x.T",
        r"-2\left(y - \tanh(Wx)\right) \odot \operatorname{sech}^2(Wx)\, x^{T}",
    ],
)
def test_closed_form_equal_to_the_measured_gradient_passes(text: str) -> None:
    assert judge(text).verdict is Verdict.PASSED


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        (r"2x\left((\tanh(Wx) - y) \odot (1 - \tanh(Wx)^2)\right)^\top", "transpose"),
        (r"\left((\tanh(Wx) - y) \odot (1 - \tanh(Wx)^2)\right) x^\top", "factor 2"),
        (r"2\left((\tanh(Wx) - y) \odot (1 + \tanh(Wx)^2)\right) x^\top", "sign"),
        (r"2\left((\tanh(Wx) - y) \odot (1 - 1.001\tanh(Wx)^2)\right) x^\top", "1.001"),
    ],
)
def test_slip_in_a_measured_gradient_is_named(text: str, mistake: str) -> None:
    outcome = judge(text)

    assert outcome.verdict is Verdict.WRONG
    assert mistake in outcome.mistake


def test_witness_of_a_measured_gradient_has_small_numbers() -> None:
    outcome = judge(r"(\tanh(Wx) - y) x^\top")

    assert outcome.counterexample is not None
    values = dict(outcome.counterexample.inputs)
    assert set("Wxy") <= set(values)
    assert all(len(values[name]) < 40 for name in "Wxy")


def test_forgotten_transpose_is_a_shape_error_with_both_shapes() -> None:
    outcome = judge(r"2\left((\tanh(Wx) - y) \odot (1 - \tanh(Wx)^2)\right) x")

    assert outcome.verdict is Verdict.WRONG
    assert " times " in outcome.feedback
    assert "is not defined" in outcome.feedback


def test_layout_decides_about_the_transpose() -> None:
    turned = r"2x\left((\tanh(Wx) - y) \odot (1 - \tanh(Wx)^2)\right)^\top"

    assert judge(turned, layout="numerator").verdict is Verdict.PASSED
    assert judge(CLOSED, layout="numerator").verdict is Verdict.WRONG
    assert judge(turned, layout="either").verdict is Verdict.PASSED
    assert judge(CLOSED, layout="either").verdict is Verdict.PASSED


def test_what_float64_cannot_tell_apart_goes_to_a_person() -> None:
    assert judge(CLOSED, off_by=1e-11).verdict is Verdict.PASSED
    assert judge(CLOSED, off_by=1e-8).verdict is Verdict.UNDECIDED
    assert judge(CLOSED, off_by=1e-5).verdict is Verdict.WRONG


def test_gradient_that_is_infinite_everywhere_is_the_authors_fault() -> None:
    with pytest.raises(BrokenReference, match="infinite"):
        judge(CLOSED, off_by=float("nan"))


COURSE = {
    "problems/hw/assignment.yaml": "title: Gradients\n",
    "problems/hw/net.yaml": """
title: One layer
parts:
  dw:
    kind: expression
    points: 2
    prompt: The gradient of the loss in W.
    symbols: {m: positive integer, n: positive integer, W: {shape: [m, n]}, x: {shape: [n]},
              y: {shape: [m]}}
    gradient: {function: loss, with respect to: W}
    equivalents: ['2*((tanh(W @ x) - y) ⊙ (1 - tanh(W @ x)**2)) @ x.T']
""",
    "reference/hw/net.py": """
import torch


def loss(W, x, y):
    return ((torch.tanh(W @ x) - y) ** 2).sum()
""",
}
SCRIPT = """
import atexit, sys
from grader.cli import main
# The process that judges is a child of this one: it tells as it ends.
atexit.register(lambda: print("torch loaded:", "torch" in sys.modules, file=sys.stderr))
main()
"""


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("course")
    for name, text in COURSE.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def try_answer(course: Path, answer: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", SCRIPT, "try", "hw/dw", "--answer", answer],
        cwd=course, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.sandbox
def test_torch_differentiates_in_the_sandbox_and_nowhere_else(course: Path) -> None:
    right = try_answer(course, CLOSED)
    wrong = try_answer(course, r"2(\tanh(Wx) - y) x^\top")

    assert "passed, 100 %" in right.stdout, right.stderr
    assert "automatic differentiation" in right.stdout
    assert "wrong, 0 %" in wrong.stdout
    assert "torch loaded: False" in right.stderr


@pytest.mark.sandbox
def test_function_without_a_gradient_is_the_authors_fault(course: Path) -> None:
    path = course / "reference/hw/net.py"
    before = path.read_text(encoding="utf-8")
    path.write_text(before.replace("W @ x", "W.detach() @ x"), encoding="utf-8")
    try:
        found = try_answer(course, CLOSED)
    finally:
        path.write_text(before, encoding="utf-8")

    assert "depends on 'W'" in found.stdout + found.stderr
