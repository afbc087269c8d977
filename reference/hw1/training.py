"""Reference of `problems/hw1/training.yaml`: gradient descent on the mean squared error."""

from __future__ import annotations

from torch import Tensor


def gd_loop(X: Tensor, y: Tensor, w: Tensor, rate: float, steps: int) -> Tensor:
    """Weights after some steps of gradient descent on all data.

    Shapes   X: (N, d), y: (N,), w: (d,).  Returns (d,).
    Units    those of y over those of X.
    Errors   about N eps a step, times |1 - rate * curvature| for each later one.
    Source   the slope of (1/N) |X w - y|^2 is (2/N) X' (X w - y).
    Cost     O(steps N d).
    """
    return _descend(X, y, w, 2 * rate / len(X), steps)


def _descend(X: Tensor, y: Tensor, w: Tensor, factor: float, steps: int) -> Tensor:
    for _ in range(steps):
        w = w - factor * X.T @ (X @ w - y)
    return w


# What follows is wrong on purpose: the known mistakes that the problem names.


def gd_loop_sum(X: Tensor, y: Tensor, w: Tensor, rate: float, steps: int) -> Tensor:
    """The sum of squares instead of their mean."""
    return _descend(X, y, w, 2 * rate, steps)


def gd_loop_without_two(X: Tensor, y: Tensor, w: Tensor, rate: float, steps: int) -> Tensor:
    """The factor 2 is missing."""
    return _descend(X, y, w, rate / len(X), steps)


def gd_loop_uphill(X: Tensor, y: Tensor, w: Tensor, rate: float, steps: int) -> Tensor:
    """The slope is added."""
    return _descend(X, y, w, -2 * rate / len(X), steps)
