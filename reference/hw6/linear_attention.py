"""References of `problems/hw6/linear-attention.yaml`: attention by features, no softmax."""

from __future__ import annotations

import torch
from torch import Tensor


def _features(z: Tensor) -> Tensor:
    return torch.nn.functional.elu(z) + 1


def linear_attn(Q: Tensor, K: Tensor, V: Tensor) -> Tensor:
    """Attention over a whole sequence, keys and values summed first.

    Shapes   Q, K: (N, D), V: (N, M).  Returns (N, M).
    Units    those of V.
    Errors   about (N + D) eps of the largest value: all weights are positive.
    Source   the equation above the parts in the problem.
    Cost     O(N D M), and D M numbers besides the result.
    """
    queries, keys = _features(Q), _features(K)
    return queries @ (keys.T @ V) / (queries @ keys.sum(dim=0))[:, None]


def causal_linear_attn(Q: Tensor, K: Tensor, V: Tensor) -> Tensor:
    """Attention over the past and the present, by running sums.

    Shapes   Q, K: (N, D), V: (N, M).  Returns (N, M).
    Units    those of V.
    Errors   about (N + D) eps of the largest value: all weights are positive.
    Source   the recurrences of the part's prompt.
    Cost     O(N D M).
    """
    queries, keys = _features(Q), _features(K)
    sums = torch.einsum("nd,nm->ndm", keys, V).cumsum(dim=0)
    return _divide(queries, sums, keys.cumsum(dim=0))


def _divide(queries: Tensor, sums: Tensor, norms: Tensor) -> Tensor:
    above = torch.einsum("nd,ndm->nm", queries, sums)
    return above / torch.einsum("nd,nd->n", queries, norms)[:, None]


def shorten_twice(Q: Tensor, K: Tensor, V: Tensor) -> list[list[Tensor]]:
    """A quarter, half, and all of a sequence."""
    return [[one[: len(Q) // part].clone() for one in (Q, K, V)] for part in (4, 2, 1)]


ARRAY_SHARE = 0.25
"""Of one N × N array: what sums of features need is a hundredth, half of one is an array."""


def memory_stays_linear(
    calls: list[list[Tensor]], values: list[Tensor], measured: list[float]
) -> dict[str, object]:
    """Whether memory grows by less than an N × N array would from the first length to the last.

    Units    measured is the peak of each call in MiB.
    Errors   what libraries take by themselves is in every call, and drops out of the difference.
    """
    shortest, longest = len(calls[0][0]), len(calls[-1][0])
    square = (longest**2 - shortest**2) * 8 / 2**20
    grown = measured[-1] - measured[0]
    return {
        "holds": grown <= ARRAY_SHARE * square,
        "saw": f"{grown:.0f} MiB more for N = {longest} than for N = {shortest}",
        "expected": "memory that grows with N, not with N²",
    }


# What follows is wrong on purpose: the known mistakes that the problem names.


def linear_attn_without_normaliser(Q: Tensor, K: Tensor, V: Tensor) -> Tensor:
    """The numerator alone."""
    return _features(Q) @ (_features(K).T @ V)


def linear_attn_softmax(Q: Tensor, K: Tensor, V: Tensor) -> Tensor:
    """Softmax attention, a thousand queries at a time."""
    scores = (block @ K.T for block in Q.split(1000))
    return torch.cat([torch.softmax(score, dim=1) @ V for score in scores])


def causal_linear_attn_strict(Q: Tensor, K: Tensor, V: Tensor) -> Tensor:
    """The past alone; the first entry divides zero by zero."""
    queries, keys = _features(Q), _features(K)
    products = torch.einsum("nd,nm->ndm", keys, V)
    return _divide(queries, products.cumsum(dim=0) - products, keys.cumsum(dim=0) - keys)
