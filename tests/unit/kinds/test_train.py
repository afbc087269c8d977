"""Training runs: the median over seeds decides, within a budget, and the curve is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from asking import part
from inline_bench import InlineBench

from grader.errors import BrokenReference
from grader.kinds.judging import judge_part
from grader.kinds.protocol import HandedIn
from grader.kinds.train import draw_losses, show_curve
from grader.submission.models import Source
from grader.verdicts import Outcome

SOURCE = Source(name="hw.py", text="def fit(x, seed): ...", functions=("fit",))


def judge(
    student: Callable[..., Any],
    *,
    measure: Callable[..., Any] = lambda weights, seed: float(weights[0].sum()),
    data: Callable[..., Any] = lambda seed: [np.ones(2), seed],
    **check: Any,
) -> tuple[Outcome, InlineBench]:
    asked = part(
        "train", signature="fit(x, seed)", data="draw", measure="score", unit="dB",
        parameters=4, epochs=3,
        checks=[{"name": "one", "at_least": 10, "why": "it can be done", **check}],
    )  # fmt: skip
    bench = InlineBench(student={"fit": student}, reference={"draw": data, "score": measure})
    (outcome,) = judge_part(asked, "fit", HandedIn(source=SOURCE), bench)
    return outcome, bench


def give(score: float, losses: tuple[float, ...] = (1.0, 0.1)) -> Any:
    return [np.array([score / 2, score / 2])], list(losses)


def test_weights_that_reach_the_score_pass_and_the_curve_is_shown() -> None:
    outcome, _ = judge(lambda x, seed: give(12.0))

    assert str(outcome.verdict) == "passed"
    assert "12 dB" in outcome.feedback
    assert "loss      1 █▁ 0.1 after 2 epochs" in outcome.feedback


def test_weights_that_fall_short_are_wrong_and_told_what_is_asked() -> None:
    outcome, _ = judge(lambda x, seed: give(7.5))

    assert str(outcome.verdict) == "wrong"
    assert "7.5 dB" in outcome.feedback
    assert "at least 10 dB: it can be done" in outcome.feedback


def test_one_unlucky_seed_of_three_costs_nothing() -> None:
    scores = iter([3.0, 12.0, 11.0])

    outcome, bench = judge(lambda x, seed: give(next(scores)), seeds=3)

    assert str(outcome.verdict) == "passed"
    assert len({given["seed"] for given in bench.student_calls}) == 3


def test_a_median_just_below_is_tried_from_more_seeds() -> None:
    scores = iter([9.5, 11.0, 12.0])

    outcome, bench = judge(lambda x, seed: give(next(scores)), margin=1)

    assert str(outcome.verdict) == "passed"
    assert len(bench.student_calls) == 3


def test_a_median_that_stays_just_below_waits_for_a_person() -> None:
    outcome, _ = judge(lambda x, seed: give(9.5), margin=1)

    assert (str(outcome.verdict), outcome.share) == ("undecided", None)
    assert "9.5" in outcome.staff_note


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "no pair"),
        ([np.ones(2)], "no pair"),
        (([], [1.0]), "no list of weights"),
        (([np.ones(5)], [1.0]), "5 parameters; 4 are allowed"),
        (([np.ones(2)], [1.0] * 4), "4 losses; 3 epochs are allowed"),
        (([[1.0, 2.0]], [1.0]), "no arrays of floats"),
        (([np.array(["a"])], [1.0]), "no arrays of floats"),
        (([np.ones(2)], None), "no list of losses"),
    ],
)
def test_anything_else_is_said_to_be_what_it_is(value: Any, words: str) -> None:
    outcome, _ = judge(lambda x, seed: value)

    assert (str(outcome.verdict), words in outcome.feedback) == ("wrong", True), outcome.feedback


def test_weights_without_a_score_are_wrong_in_the_references_words() -> None:
    said, _ = judge(lambda x, seed: give(1.0), measure=lambda weights, seed: "they don't fit")
    infinite, _ = judge(lambda x, seed: give(1.0), measure=lambda weights, seed: float("nan"))

    assert (str(said.verdict), "they don't fit" in said.feedback) == ("wrong", True)
    assert (str(infinite.verdict), "no finite numbers" in infinite.feedback) == ("wrong", True)


def test_a_run_that_raises_is_located() -> None:
    def fit(x: Any, seed: int) -> None:
        raise ValueError("not yet")

    outcome, _ = judge(fit)

    assert str(outcome.verdict) == "crashed"
    assert "not yet" in outcome.feedback


def test_a_reference_that_returns_something_else_is_refused() -> None:
    with pytest.raises(BrokenReference):
        judge(lambda x, seed: give(12.0), data=lambda seed: [seed])
    with pytest.raises(BrokenReference):
        judge(lambda x, seed: give(12.0), measure=lambda weights, seed: None)


def test_a_hidden_run_tells_nothing_of_its_scores() -> None:
    outcome, _ = judge(lambda x, seed: give(7.5), hidden=True)

    assert (str(outcome.verdict), "7.5" in outcome.feedback) == ("wrong", False)


def test_curves_of_any_kind_can_be_shown() -> None:
    assert show_curve([]) == ""
    assert show_curve([1.0]) == ""
    assert "▁" in show_curve([0.0, -1.0, 3.0])
    assert len(show_curve([1.0 / (k + 1) for k in range(5000)])) < 90


def test_the_losses_of_every_run_are_drawn() -> None:
    scores = iter([12.0, 12.0, 12.0])

    outcome, _ = judge(lambda x, seed: give(next(scores), (1.0, 0.5, 0.02)), seeds=3)

    (chart,) = outcome.charts
    assert chart.sizes == (1, 2, 3)
    assert [curve.costs for curve in chart.curves] == [(1.0, 0.5, 0.02)] * 3


@pytest.mark.parametrize("losses", [(1.0,), (), (1.0, -0.5), (1.0, 0.0)])
def test_losses_that_no_logarithmic_axis_holds_are_not_drawn(losses: tuple[float, ...]) -> None:
    outcome, _ = judge(lambda x, seed: give(12.0, losses))

    assert str(outcome.verdict) == "passed"
    assert outcome.charts == ()


def test_a_long_run_is_drawn_at_few_epochs_from_the_first_to_the_last() -> None:
    (chart,) = draw_losses([[1 / (epoch + 1) for epoch in range(700)]])

    assert len(chart.sizes) <= 10
    assert (chart.sizes[0], chart.sizes[-1]) == (1, 700)


def test_a_hidden_run_is_not_drawn() -> None:
    outcome, _ = judge(lambda x, seed: give(12.0), hidden=True)

    assert outcome.charts == ()
