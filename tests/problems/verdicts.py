"""What a careful human marker says about the sample submissions, part by part.

`right` earns everything, `wrong` nothing, `partial` something, `missing` was left blank, and
`review` waits for a person. The words, where there are some, stand in what the student reads.
"""

from __future__ import annotations

from typing import NamedTuple


class Marked(NamedTuple):
    """A human verdict, the share earned where it is partial, and words the feedback holds."""

    verdict: str
    words: tuple[str, ...] = ()
    share: float | None = None


RIGHT, REVIEW, MISSING = Marked("right"), Marked("review"), Marked("missing")

SAMPLES = {
    "hw1": {
        "train-step-order": RIGHT,
        "layer-io": RIGHT,
        "grad-b2": RIGHT,
        "grad-W2": Marked("wrong", ("shapes cannot be multiplied",)),
        "grad-b1": RIGHT,
        "grad-W1": Marked("wrong", ("shapes cannot be multiplied",)),
        "jac-relu5": RIGHT,
        "jac-id": RIGHT,
        "grad-mse": RIGHT,
        "grad-mse-formula": RIGHT,
        "classify-grads": Marked("missing", ("not answered",)),
        "classify-formula": Marked("missing", ("not answered",)),
        "relu-vs-sigmoid": REVIEW,
        "softmax-name": REVIEW,
        "linear-maps": Marked("partial", ("leaves the origin",), 0.5),
        "gd-loop": RIGHT,
    },
    "hw2": {
        "conv-dims": RIGHT,
        "conv-dims-general": Marked("wrong", ("round the quotient down",)),
        "conv1d-forward": RIGHT,
        "conv1d-dW": Marked("wrong", ("indices are swapped",)),
        "conv1d-dx": Marked("wrong", ("shape", "one slope for each entry")),
        "conv1d-dl-dW": RIGHT,
        "gated-rnn-shape": RIGHT,
        "gated-rnn-dWx": RIGHT,
        "gated-rnn-gradients": REVIEW,
        "attn-rnn-shape": RIGHT,
        "attn-rnn-k": RIGHT,
        "attn-rnn-inf": RIGHT,
        "attn-rnn-jacobian": Marked("wrong", ("plain ratio", "softmax")),
        "attn-rnn-chain": RIGHT,
        "init-loss": RIGHT,
        "loss-spike-cause": RIGHT,
        "loss-spike-fix": REVIEW,
    },
    "hw3": {
        "square-exact": RIGHT,
        "square-approx-R": RIGHT,
        "square-approx-interval": RIGHT,
        "square-why": REVIEW,
        "square-grads": Marked("partial", ("w0 x + b0 > 0",), 1 / 3),
        "relu-laplacian": RIGHT,
        "siren-activations": MISSING,
        "bptt-forward": RIGHT,
        "bptt-dh3-dw": RIGHT,
        "bptt-dhT-dh1": Marked("wrong", ("off by one",)),
        "bptt-stability": REVIEW,
        "attn-alpha-range": RIGHT,
        "attn-gauss": Marked("wrong", ("step 1", "sign of the mixed term")),
        "lowrank-cost": RIGHT,
        "conv-bn-bias": RIGHT,
        "conv-bn-bias-why": REVIEW,
        "net-identity": RIGHT,
        "net-affine": Marked("partial", ("divided by a slope of 0",), 0.5),
        "net-constant": RIGHT,
        "net-hat": RIGHT,
        "attn-pick-two": RIGHT,
    },
    "hw4": {
        "tiny-dw3": RIGHT,
        "tiny-dw1": RIGHT,
        "tiny-dw2": RIGHT,
        "tiny-step": RIGHT,
        "tiny-loss": RIGHT,
        "tiny-loss-fell": RIGHT,
        "adam-step": MISSING,
        "adam-bias": Marked("wrong", ("step 2",)),
        "collapse-linear": RIGHT,
        "bottleneck-rank": RIGHT,
        "tanh-sigmoid": RIGHT,
        "mlp-classify": RIGHT,
        "perceptron-and": RIGHT,
        "perceptron-or": RIGHT,
        "swap-activation": RIGHT,
        "mle-ce": REVIEW,
        "perceptron-xor": RIGHT,
        "perceptron-xor-why": REVIEW,
        "relu-pieces": RIGHT,
        "matmul-why": REVIEW,
        "doublify": RIGHT,
        "matmul": Marked("partial", (), 10 / 12),
    },
    "hw5": {
        "conv-out-a": RIGHT,
        "conv-out-b": Marked("wrong"),
        "dilated-conv": Marked("wrong", ("3 × 3",)),
        "receptive-field": Marked("wrong"),
        "leaky-split": Marked("wrong", ("mirrored in validation", "Only the training set")),
        "beam-search": MISSING,
        "rnn-states": RIGHT,
        "rnn-attn-out": RIGHT,
        "init-which": MISSING,
        "demean-bn": Marked("partial", (), 1 / 4),
        "adam-AB": MISSING,
        "l2-vs-decay": RIGHT,
        "l2-vs-decay-steps": Marked("wrong", ("step 1", "both terms")),
        "pointcloud-invariance": RIGHT,
        "pointcloud-grouping": RIGHT,
        "fps": MISSING,
        "purify-table": Marked("partial", (), 1 / 4),
        "purify-lambda": MISSING,
        "purify-closed-form": Marked("wrong", ("n × n", "m × m")),
        "purify-range": Marked("partial", ("end",), 1 / 2),
    },
    "hw6": {
        "attn-compare": REVIEW,
        "linear-attn": MISSING,
        "causal-linear-attn": MISSING,
        "causal-linear-attn-cost": MISSING,
        "gauss-softmax": Marked("wrong", ("step 2", "divided")),
        "rff-cost": Marked("wrong", ("N D_r D",)),
    },
}

WITNESSED = {
    "hw2": ("conv-dims-general", "conv1d-dW", "attn-rnn-jacobian"),
    "hw3": ("square-grads", "bptt-dhT-dh1", "net-affine"),
}
"""Wrong parts of the samples whose report must show an input on which they are wrong."""
