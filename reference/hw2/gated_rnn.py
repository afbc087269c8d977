"""References of `problems/hw2/gated-rnn.yaml`: one step of a recurrent network with one gate."""

from __future__ import annotations

import torch
from torch import Tensor


def gated_rnn_dWx(x: Tensor, c: Tensor, g: Tensor) -> Tensor:
    """Slope of a loss in W_x through one step h = c ∘ h_before + (1 - c) ∘ (W_x x).

    Shapes   x: (n,), c: (m,), g: (m,).  Returns (m, n).
    Units    those of g times those of x.
    Errors   three roundings an entry.
    Source   ∂h[r]/∂W_x[r, s] = (1 - c[r]) x[s].
    Cost     O(m n).
    """
    return torch.outer((1 - c) * g, x)


# What follows is wrong on purpose: the known mistakes that the problem names.


def gated_rnn_dWx_ungated(x: Tensor, c: Tensor, g: Tensor) -> Tensor:
    """The factor 1 - c is missing."""
    return torch.outer(g, x)


def gated_rnn_dWx_other_gate(x: Tensor, c: Tensor, g: Tensor) -> Tensor:
    """The old state's gate."""
    return torch.outer(c * g, x)


def gated_rnn_dWx_transposed(x: Tensor, c: Tensor, g: Tensor) -> Tensor:
    """The transpose, n × m."""
    return torch.outer(x, (1 - c) * g)
