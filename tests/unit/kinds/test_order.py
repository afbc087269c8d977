from fractions import Fraction

import pytest
from asking import judge_one, part

from grader.errors import BrokenReference

STEPS = {
    "forward": "run the network on the batch",
    "loss": "compute the loss",
    "zero_grad": "set old gradients to zero",
    "backward": "compute the gradients, layer by layer",
    "step": "change the weights",
}
TRAINING = part(
    "order",
    items=STEPS,
    chains=[["forward", "loss", "backward", "step"], ["zero_grad", "backward"]],
)
STRICT = part("order", items=STEPS, answer=list(STEPS), scoring="all")
COUNTING = part("order", items={"one": "", "two": "", "three": ""}, answer=["one", "two", "three"])
LOOSE = part("order", items={"a": "", "b": "", "c": ""}, chains=[["a", "b"]])


@pytest.mark.parametrize(
    ("asked", "text", "verdict", "share"),
    [
        (TRAINING, "forward\nloss\nzero_grad\nbackward\nstep", "passed", 1),
        (TRAINING, "zero_grad, forward, loss, backward, step", "passed", 1),
        (TRAINING, "forward loss zero_grad backward step", "passed", 1),
        (TRAINING, "forward > loss > zero grad > backward > step", "passed", 1),
        (TRAINING, "forward -> zero-grad -> loss -> backward -> step", "passed", 1),
        (TRAINING, "forward → loss → zero_grad → backward → step.", "passed", 1),
        (TRAINING, r"forward $\rightarrow$ loss \to zero_grad \to backward \to step", "passed", 1),
        (TRAINING, "1. forward\n2. loss\n3. zero_grad\n4. backward\n5. step", "passed", 1),
        (TRAINING, "1) Forward, 2) Loss, 3) Zero_grad, 4) Backward, 5) Step", "passed", 1),
        (TRAINING, "5. step\n4. backward\n3. zero_grad\n2. loss\n1. forward", "passed", 1),
        (TRAINING, "1. forward\n1. loss\n1. zero_grad\n1. backward\n1. step", "passed", 1),
        (
            TRAINING,
            "- model forward\n- loss\n- `optimizer.zero_grad()`\n- `loss.backward()`\n"
            "- `optimizer.step()`",
            "passed",
            1,
        ),
        (
            TRAINING,
            "run the network on the batch\ncompute the loss\nset old gradients to zero\n"
            "compute the gradients, layer by layer\nchange the weights",
            "passed",
            1,
        ),
        (TRAINING, "forward, loss, backward, zero_grad, step", "partial", Fraction(7, 8)),
        (TRAINING, "step, backward, zero_grad, loss, forward", "wrong", 0),
        (TRAINING, "forward, loss, backward, step", "partial", Fraction(6, 8)),
        (TRAINING, "forward, loss, loss, backward, step", "refused", 0),
        (TRAINING, "forward, loss, dance", "refused", 0),
        (TRAINING, "...", "refused", 0),
        (STRICT, "forward, loss, zero_grad, backward, step", "passed", 1),
        (STRICT, "zero_grad, forward, loss, backward, step", "wrong", 0),
        (COUNTING, "one, three, two", "partial", Fraction(2, 3)),
        (COUNTING, "first one, then two, then three", "passed", 1),
        (LOOSE, "c, a, b", "passed", 1),
        (LOOSE, "a, c, b", "passed", 1),
        (LOOSE, "a, b", "partial", Fraction(1, 2)),
        (LOOSE, "b, a, c", "wrong", 0),
    ],
)
def test_any_order_that_keeps_the_chains_is_right(asked, text, verdict, share):
    outcome = judge_one(asked, text)

    assert (outcome.verdict, outcome.share) == (verdict, share)


def test_feedback_names_the_first_pair_out_of_order():
    outcome = judge_one(TRAINING, "forward, loss, backward, zero_grad, step")

    assert "backward before zero_grad" in outcome.feedback
    assert outcome.counterexample.expected == "zero_grad before backward"


def test_feedback_names_missing_items():
    outcome = judge_one(TRAINING, "forward, loss, backward, step")

    assert "4 of 5 items; missing: zero_grad" in outcome.feedback


def test_understood_shows_the_order_as_read():
    outcome = judge_one(COUNTING, "1. One\n2. Three\n3. Two")

    assert outcome.understood == "one → three → two"


def test_chains_that_contradict_one_another_are_the_author_s_fault():
    asked = part("order", items={"a": "", "b": ""}, chains=[["a", "b"], ["b", "a"]])

    with pytest.raises(BrokenReference, match="contradict"):
        judge_one(asked, "a, b")
