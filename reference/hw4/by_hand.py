"""References of `problems/hw4/by-hand.yaml`: what weights by hand must do."""

from __future__ import annotations

import math

TOO_CLOSE = 1e-9
"""A sum this near to 0 may be 0 itself, up to how floats round; nobody means to hand one in."""

CORNERS = ((0, 0), (0, 1), (1, 0), (1, 1))


def _fires(w: list[float], b: float, wanted: set[tuple[int, int]]) -> dict[str, object]:
    """Whether w · x + b is positive exactly for the wanted corners."""
    for x in CORNERS:
        score = math.fsum((w[0] * x[0], w[1] * x[1], b))
        is_zero = abs(score) <= TOO_CLOSE * (abs(w[0]) + abs(w[1]) + abs(b))
        fires = score > 0 and not is_zero
        if fires != (x in wanted):
            return {
                "holds": False,
                "inputs": {"x": list(x)},
                "saw": f"w · x + b = {0 if is_zero else score:.6g}",
                "expected": "more than 0" if x in wanted else "at most 0",
            }
    return {"holds": True}


def fires_on_both(w: list[float], b: float) -> dict[str, object]:
    """Whether a perceptron is the logical and.

    Shapes   w: (2,).
    Source   the four corners of the prompt.
    Cost     four sums.
    """
    return _fires(w, b, {(1, 1)})


def fires_on_either(w: list[float], b: float) -> dict[str, object]:
    """Whether a perceptron is the logical or.

    Shapes   w: (2,).
    Source   the four corners of the prompt.
    Cost     four sums.
    """
    return _fires(w, b, {(0, 1), (1, 0), (1, 1)})


PLACES = (0.0, 1.0, -1.0, 0.37, -2.6, 5.0)
"""Where units are compared: two lines inside an activation agree at two places or are one."""

ROUNDING = 1e-9
"""Of values up to 1: both sides are computed in float64."""


def _logistic(z: float) -> float:
    return 1 / (1 + math.exp(-z)) if z > 0 else math.exp(z) / (1 + math.exp(z))


def swaps_activations(
    w_tanh: float, b_tanh: float, w_logistic: float, b_logistic: float, w: float, b: float
) -> dict[str, object]:
    """Whether both units stay what they were under the other activation.

    Units    the larger the weights, the nearer to 0 are the places that tell units apart.
    Source   tanh(z) = 2σ(2z) − 1.
    Cost     a dozen exponentials.
    """
    scale = max(1.0, abs(w))
    shift = b / w if w else 0.0
    for place in PLACES:
        x = place / scale - shift
        pairs = {
            "logistic to tanh": (
                (math.tanh(w_tanh * x + b_tanh) + 1) / 2,
                _logistic(w * x + b),
            ),
            "tanh to logistic": (
                2 * _logistic(w_logistic * x + b_logistic) - 1,
                math.tanh(w * x + b),
            ),
        }
        for name, (mine, right) in pairs.items():
            if abs(mine - right) > ROUNDING:
                return {
                    "holds": False,
                    "share": 0.5
                    if _is_one_right(w_tanh, b_tanh, w_logistic, b_logistic, w, b)
                    else 0,
                    "inputs": {"x": x},
                    "saw": f"{name}: {mine:.6g}",
                    "expected": f"{right:.6g}",
                }
    return {"holds": True}


def _is_one_right(
    w_tanh: float, b_tanh: float, w_logistic: float, b_logistic: float, w: float, b: float
) -> bool:
    pairs = ((w_tanh, w / 2), (b_tanh, b / 2)), ((w_logistic, 2 * w), (b_logistic, 2 * b))
    return any(
        all(abs(mine - right) <= ROUNDING * max(1.0, abs(right)) for mine, right in pair)
        for pair in pairs
    )
