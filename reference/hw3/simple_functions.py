"""Reference of `problems/hw3/simple-functions.yaml`: the Laplacian of a one-layer network."""

from __future__ import annotations

import torch
from torch import Tensor


def mlp_laplacian(x: Tensor, W1: Tensor, b1: Tensor, w2: Tensor, activation: str) -> Tensor:
    """Sum of the second derivatives of w2 · σ(W1 x + b1).

    Shapes   x: (d,), W1: (m, d), b1, w2: (m,).  Returns ().
    Units    those of f over those of x, squared.
    Errors   about (d + m) eps of the sum of sizes.
    Source   Σ_j w2[j] σ''(z[j]) |W1[j]|².
    Cost     O(m d).
    """
    return (w2 * _curve(W1 @ x + b1, activation)) @ W1.square().sum(dim=1)


def _curve(z: Tensor, activation: str) -> Tensor:
    if activation == "sin":
        return -torch.sin(z)
    if activation == "tanh":
        value = torch.tanh(z)
        return -2 * value * (1 - value**2)
    return torch.zeros_like(z)


# What follows is wrong on purpose: the known mistakes that the problem names.


def mlp_laplacian_outer(x: Tensor, W1: Tensor, b1: Tensor, w2: Tensor, activation: str) -> Tensor:
    """The inner slopes are forgotten."""
    return w2 @ _curve(W1 @ x + b1, activation)
