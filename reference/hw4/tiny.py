"""References of `problems/hw4/tiny.yaml`: one step of gradient descent, from the slopes given."""

from __future__ import annotations

RATE = 0.01
WEIGHTS = (1.0, 2.3, 5.7)


def tiny_step(tiny_dw1: float, tiny_dw2: float, tiny_dw3: float) -> list[float]:
    """Weights after one step.

    Shapes   three numbers.  Returns three.
    Units    those of the weights.
    Errors   two roundings an entry.
    Source   w - rate * slope.
    Cost     none to speak of.
    """
    slopes = (tiny_dw1, tiny_dw2, tiny_dw3)
    return [weight - RATE * slope for weight, slope in zip(WEIGHTS, slopes, strict=True)]


def tiny_loss(tiny_step: list[float]) -> float:
    """The loss at given weights.

    Shapes   three numbers.  Returns one.
    Units    those of the weights, squared.
    Errors   two roundings.
    Source   (w1 + w2) w3.
    Cost     none to speak of.
    """
    w1, w2, w3 = tiny_step
    return (w1 + w2) * w3


# What follows is wrong on purpose: the known mistakes that the problem names.


def tiny_step_uphill(tiny_dw1: float, tiny_dw2: float, tiny_dw3: float) -> list[float]:
    """The slope is added."""
    return tiny_step(-tiny_dw1, -tiny_dw2, -tiny_dw3)
