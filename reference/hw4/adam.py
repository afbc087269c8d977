"""Reference of `problems/hw4/adam.yaml`: one step of Adam."""

from __future__ import annotations

import torch
from torch import Tensor

State = tuple[Tensor, Tensor, Tensor]


def adam_step(
    w: Tensor,
    g: Tensor,
    m: Tensor,
    v: Tensor,
    t: int,
    rate: float = 0.001,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
) -> State:
    """Weights and both running means after one step.

    Shapes   w, g, m, v: (n,).  Returns the same shapes, w, m, v.
    Units    those of w, g, g squared.
    Errors   a dozen roundings an entry; small v beside eps scales those of v.
    Source   m̂ = m / (1 - β1^t), v̂ = v / (1 - β2^t), w - rate m̂ / (√v̂ + eps).
    Cost     O(n).
    """
    m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
    mean, square = m / (1 - beta1**t), v / (1 - beta2**t)
    return w - rate * mean / (torch.sqrt(square) + eps), m, v


# What follows is wrong on purpose: the known mistakes that the problem names.


def adam_step_uncorrected(
    w: Tensor,
    g: Tensor,
    m: Tensor,
    v: Tensor,
    t: int,
    rate: float = 0.001,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
) -> State:
    """Without the corrections."""
    m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
    return w - rate * m / (torch.sqrt(v) + eps), m, v


def adam_step_eps_inside(
    w: Tensor,
    g: Tensor,
    m: Tensor,
    v: Tensor,
    t: int,
    rate: float = 0.001,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
) -> State:
    """eps below the root."""
    m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
    return w - rate * m / (1 - beta1**t) / torch.sqrt(v / (1 - beta2**t) + eps), m, v


def adam_step_square_before_mean(
    w: Tensor,
    g: Tensor,
    m: Tensor,
    v: Tensor,
    t: int,
    rate: float = 0.001,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
) -> State:
    """The square of the mean in place of the mean of squares."""
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * m**2
    mean, square = m / (1 - beta1**t), v / (1 - beta2**t)
    return w - rate * mean / (torch.sqrt(square) + eps), m, v
