"""References of `problems/hw5/point-clouds.yaml`: features and samples of unordered points."""

from __future__ import annotations

import torch
from torch import Tensor


def pointcloud_invariance(X: Tensor, W: Tensor) -> Tensor:
    """Mean over the points of ReLU(X W).

    Shapes   X: (n, 3), W: (3, c).  Returns (c,).
    Units    those of X W.
    Errors   about (n + 3) eps of the mean size.
    Source   the part's prompt.
    Cost     O(n c).
    """
    return (X @ W).clamp(min=0).mean(dim=0)


def fps(X: Tensor, k: int, first: int) -> list[int]:
    """Indices of k points, each the farthest from those before it.

    Shapes   X: (n, 3), k <= n.  Returns k numbers.
    Units    none.
    Errors   none, but for distances that agree to the last digit; then the first index.
    Source   the part's prompt.
    Cost     O(n k).
    """
    picked = [first]
    nearest = _squares_from(X, first)
    while len(picked) < k:
        picked.append(int(nearest.argmax()))
        nearest = torch.minimum(nearest, _squares_from(X, picked[-1]))
    return picked


ORDERS = 4
"""How many other orders of the rows are tried beside the first."""


def shuffle_rows(X: Tensor, W: Tensor) -> list[list[Tensor]]:
    """The same cloud in several orders, one of them reversed."""
    generator = torch.Generator().manual_seed(5)
    orders = [torch.randperm(len(X), generator=generator) for _ in range(ORDERS - 1)]
    return [[X, W], [X.flip(0), W], *([X[order], W] for order in orders)]


def is_unmoved(calls: list[list[Tensor]], values: list[Tensor]) -> dict[str, object]:
    """Whether every order of the rows gives the same, but for how sums round.

    Errors   sums of n terms in another order differ by about n eps: bounds far above, in the
             precision that came back.
    """
    first = torch.as_tensor(values[0]).flatten()
    bound = 1e-9 if first.dtype == torch.float64 else 1e-4
    for (X, _), value in zip(calls[1:], values[1:], strict=True):
        other = torch.as_tensor(value).flatten()
        if other.shape != first.shape or not torch.allclose(
            other.double(), first.double(), rtol=bound, atol=bound
        ):
            return {
                "holds": False,
                "inputs": {"X": calls[0][0], "X in another order": X},
                "saw": f"{other.tolist()} after {first.tolist()}",
                "expected": "the same for every order of the rows",
            }
    return {"holds": True}


def _squares_from(X: Tensor, index: int) -> Tensor:
    return (X - X[index]).square().sum(dim=1)


# What follows is wrong on purpose: the known mistakes that the problem names.


def pointcloud_invariance_mean_first(X: Tensor, W: Tensor) -> Tensor:
    """The mean before ReLU."""
    return (X @ W).mean(dim=0).clamp(min=0)


def pointcloud_invariance_sum(X: Tensor, W: Tensor) -> Tensor:
    """The sum in place of the mean."""
    return (X @ W).clamp(min=0).sum(dim=0)


def fps_from_last(X: Tensor, k: int, first: int) -> list[int]:
    """Farthest from the last one alone."""
    picked = [first]
    while len(picked) < k:
        picked.append(int(_squares_from(X, picked[-1]).argmax()))
    return picked


def fps_from_first(X: Tensor, k: int, first: int) -> list[int]:
    """Farthest from the first one alone."""
    order = _squares_from(X, first).argsort(descending=True, stable=True)
    return [first, *order[: k - 1].tolist()]
