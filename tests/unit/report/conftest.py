"""A graded homework with every verdict in it, and what the golden files are compared with."""

from __future__ import annotations

import os
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from grader.report.build import build_report
from grader.report.models import Report
from grader.scoring import PartScore, score_part
from grader.submission.models import Remark, Submission
from grader.verdicts import Counterexample, Outcome, Verdict, failed, passed

GOLDEN = Path(__file__).parents[2] / "golden" / "report"
UPDATE = "UPDATE_GOLDEN"

SUBMISSION = Submission(
    id="sha256:" + "4f" * 32,
    name="sample",
    remarks=(
        Remark(file="answers.md", line=41,
               message="no part is called 'conv-dim'; did you mean 'conv-dims'?"),
        Remark(file="notes.bin", line=0, message="not text; it was not read"),
    ),
)  # fmt: skip


def make_scores() -> tuple[PartScore, ...]:
    """A part for each verdict, as a course would see them, and one with several checks."""
    return (
        score_part("conv-dims", "shape", "Output of a strided convolution", Fraction(2), [
            passed("answer", understood="(2, 5)"),
        ]),
        score_part("conv-dims-general", "expression", "Output size in general", Fraction(4), [
            failed(
                "answer", Verdict.WRONG,
                "saw       3.5 rows at H = 6, K = 2, S = 2\nexpected  3 rows\n"
                "try       what happens when the stride does not divide the height?",
                counterexample=Counterexample(
                    inputs=(("H", "6"), ("K", "2"), ("P", "0"), ("S", "2"), ("D", "1")),
                    saw="3.5", expected="3", difference="1/2 too large",
                ),
                mistake="Right before rounding. A window that does not fit is left out.",
                understood="F × ((H + 2·P − D·(K − 1) − 1)/S + 1)",
            ),
        ]),
        score_part("conv1d-forward", "function", "One-dimensional convolution", Fraction(6), [
            passed("shape", elapsed_ms=17.25, memory_mib=31.4),
            failed(
                "stride 2", Verdict.WRONG,
                "1 of 3 entries differs from the expected value.",
                counterexample=Counterexample(
                    inputs=(("W", "[[[1.0, 0.0, 0.0]]]"), ("x", "[[0.0, 1.0, 0.0, 0.0, 0.0]]")),
                    saw="tensor([[0.0, 1.0]])", expected="tensor([[0.0, 0.0]])",
                    difference="at [0, 1]: 1.0, expected 0.0",
                    code="import torch\nprint(conv1d_forward(torch.tensor([[[1.0, 0.0, 0.0]]]), "
                         "torch.tensor([[0.0, 1.0, 0.0, 0.0, 0.0]])))",
                ),
                hint="By how much does the window move from one output to the next?",
                location="conv.py:12", output="step 0\nstep 1", elapsed_ms=18.5, memory_mib=31.9,
            ),
            failed("large input", Verdict.WRONG, "the hidden input was 77", hidden=True),
        ]),
        score_part("conv1d-dW", "function", "Gradient for the weights", Fraction(4), [
            Outcome(
                check="entries", verdict=Verdict.PARTIAL, share=Fraction(1, 2),
                feedback="The entries are right, in another order.",
                mistake="Row and column are swapped: W is flattened row by row.",
            ),
        ]),
        score_part("conv1d-fast", "function", "A faster convolution", Fraction(3), [
            Outcome(check="work", verdict=Verdict.INEFFICIENT, share=Fraction(1, 3),
                    feedback="saw       48 loads for each output\nexpected  at most 20"),
        ]),
        score_part("conv1d-time", "function", "And in time", Fraction(3), [
            Outcome(check="time", verdict=Verdict.SLOW, share=Fraction(2, 3),
                    feedback="saw       2.1 times the reference's time\nexpected  at most 1.5"),
        ]),
        score_part("attn-rnn-k", "function", "Attention over k steps", Fraction(8), [
            failed("k = 2", Verdict.CRASHED, "IndexError: list index out of range",
                   location="rnn.py:31", output="Traceback (most recent call last):\n  …",
                   hint="At t = 0 there is nothing to attend to yet.", elapsed_ms=4.2),
        ]),
        score_part("attn-rnn-inf", "function", "Attention over all steps", Fraction(8), [
            failed("T = 3", Verdict.TIMEOUT,
                   "saw       no result within 10 s\nexpected  about 5 ms", elapsed_ms=10_000.0),
        ]),
        score_part("attn-rnn-wide", "function", "A wider one", Fraction(2), [
            failed("m = 512", Verdict.MEMORY, "saw       more than 1024 MiB in use",
                   memory_mib=1024.0),
        ]),
        score_part("gated-rnn-dWx", "function", "Gradient of a gated cell", Fraction(3), [
            failed("one step", Verdict.MISSING, ""),
            failed("two steps", Verdict.SKIPPED, "Skipped: 'one step' must pass first."),
        ]),
        score_part("attn-rnn-jacobian", "function", "Jacobian of one step", Fraction(4), [
            failed("source", Verdict.REFUSED,
                   "saw       torch.autograd\nexpected  the derivative by hand",
                   location="rnn.py:3"),
        ]),
        score_part("attn-rnn-chain", "expression", "The chain over steps", Fraction(3), [
            failed("answer", Verdict.UNDECIDED, "Neither equality nor a difference was found.",
                   understood="Σ_t g_t J_t", staff_note="no witness in 400 draws"),
        ]),
        score_part("gated-rnn-gradients", "text", "Why gates help", Fraction(4), [
            failed("rubric", Verdict.REVIEW, "A person will read this."),
        ]),
        score_part("init-loss", "value", "Loss before training", Fraction(1), [
            failed("loss", Verdict.VOID, "reference raised ValueError: secret",
                   staff_note="reference raised"),
        ]),
    )  # fmt: skip


def make_report(**more: object) -> Report:
    """The report of those scores."""
    given: dict[str, object] = {
        "assignment": "hw2",
        "title": "Convolutions, gated and attention RNNs",
        "submission": SUBMISSION,
        "scores": make_scores(),
        "isolation": "full",
        "versions": {"grader": "0.1.0", "python": "3.11.7", "torch": "2.13.0"},
        "problems": {"conv1d": "sha256:" + "a0" * 32},
        "graded_in_s": 1.234,
    }
    return build_report(**{**given, **more})  # type: ignore[arg-type]


@pytest.fixture
def make() -> Callable[..., Report]:
    return make_report


@pytest.fixture
def scores() -> tuple[PartScore, ...]:
    return make_scores()


@pytest.fixture
def report() -> Report:
    return make_report()


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compare a text with a golden file; `UPDATE_GOLDEN=1 pytest tests/unit/report` writes them."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if os.environ.get(UPDATE):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.exists(), f"no {path.name}: run {UPDATE}=1 pytest tests/unit/report"
        assert text == path.read_text(encoding="utf-8"), (
            f"{path.name} differs: look at the change, then {UPDATE}=1 pytest tests/unit/report"
        )

    return compare
