"""Reference of `problems/hw4/depth.yaml`: two linear layers as one."""

from __future__ import annotations

from torch import Tensor


def collapse_linear(W1: Tensor, b1: Tensor, W2: Tensor, b2: Tensor) -> tuple[Tensor, Tensor]:
    """One layer that does what two do.

    Shapes   W1: (m, d), b1: (m,), W2: (K, m), b2: (K,).  Returns (K, d), (K,).
    Units    those of W2 W1, of b2.
    Errors   about m eps of the sum of sizes.
    Source   W2 (W1 x + b1) + b2 = (W2 W1) x + (W2 b1 + b2).
    Cost     O(K m d).
    """
    return W2 @ W1, W2 @ b1 + b2


# What follows is wrong on purpose: the known mistakes that the problem names.


def collapse_linear_plain_sum(
    W1: Tensor, b1: Tensor, W2: Tensor, b2: Tensor
) -> tuple[Tensor, Tensor]:
    """The offsets of the second layer alone."""
    return W2 @ W1, b2
