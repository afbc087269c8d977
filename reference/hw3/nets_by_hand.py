"""References of `problems/hw3/nets-by-hand.yaml`: what a query by hand must do."""

from __future__ import annotations

import math

ALLOWED = 0.01
"""Of a weight, as the prompt says."""


def picks_two(q: list[float], m: float) -> dict[str, object]:
    """Whether softmax attention over unit vectors as keys weighs the first two one half each.

    Shapes   q: (4,).
    Source   scores are q itself, as the keys are the unit vectors; m is already in q.
    Cost     four exponentials.
    """
    largest = max(q)
    weights = [math.exp(score - largest) for score in q]
    total = sum(weights)
    weights = [weight / total for weight in weights]
    wanted = [0.5, 0.5, 0.0, 0.0]
    return {
        "holds": all(abs(a - b) <= ALLOWED for a, b in zip(weights, wanted, strict=True)),
        "saw": "weights " + ", ".join(f"{weight:.3g}" for weight in weights),
        "expected": "weights 0.5, 0.5, 0, 0",
    }
