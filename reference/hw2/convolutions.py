"""References of `problems/hw2/convolutions.yaml`: a 1-D convolution with stride 2 and its slopes.

Throughout, x is C × L, W is 1 × C × K, and f(x) is 1 × N with N = (L - K) // 2 + 1.
"""

from __future__ import annotations

import torch
from torch import Tensor

STRIDE = 2


def conv1d_forward(x: Tensor, W: Tensor) -> Tensor:
    """Slide one filter over all channels, two columns at a time.

    Shapes   x: (C, L), W: (1, C, K), K <= L.  Returns (1, N), N = (L - K) // 2 + 1.
    Units    those of x times those of W.
    Errors   about C K eps times the sum of |W x| in a window.
    Source   f[0, i] = sum over m, n of W[0, m, n] x[m, 2 i + n].
    Cost     O(N C K).
    """
    return torch.nn.functional.conv1d(x[None], W, stride=STRIDE)[0]


def conv1d_dx(x: Tensor, W: Tensor) -> Tensor:
    """Slope of every output in every input.

    Shapes   x: (C, L), W: (1, C, K).  Returns (1, N, C, L).
    Units    those of W.
    Errors   none: each entry is one weight or 0.
    Source   entry [0, i, r, c] is W[0, r, c - 2 i] where 0 <= c - 2 i < K, else 0.
    Cost     O(N C L).
    """
    channels, width = x.shape
    kernel = W.shape[2]
    outputs = (width - kernel) // STRIDE + 1
    slopes = x.new_zeros(1, outputs, channels, width)
    for i in range(outputs):
        slopes[0, i, :, STRIDE * i : STRIDE * i + kernel] = W[0]
    return slopes


def conv1d_dx_flat(x: Tensor, W: Tensor) -> Tensor:
    """The same slopes, the input counted row by row.

    Shapes   x: (C, L), W: (1, C, K).  Returns (1, N, C L).
    Units    those of W.
    Errors   none.
    Source   `conv1d_dx`.
    Cost     O(N C L).
    """
    return conv1d_dx(x, W).flatten(start_dim=2)


def conv1d_dl_dW(x: Tensor, g: Tensor) -> Tensor:
    """Slope of a loss in the weights, from its slope in the outputs.

    Shapes   x: (C, L), g: (1, N), L > 2 (N - 1).  Returns (1, C K), K = L - 2 (N - 1).
    Units    those of g times those of x.
    Errors   about N eps times the sum of |g x|.
    Source   entry j is the sum over n of g[0, n] x[j // K, j % K + 2 n].
    Cost     O(N C K).
    """
    return _sum_windows(x, g, stride=STRIDE).reshape(1, -1)


def _sum_windows(x: Tensor, g: Tensor, stride: int) -> Tensor:
    outputs = g.shape[1]
    kernel = x.shape[1] - STRIDE * (outputs - 1)
    starts = range(0, stride * outputs, stride)
    windows = torch.stack([x[:, start : start + kernel] for start in starts])
    return torch.einsum("n,nck->ck", g[0], windows)


# What follows is wrong on purpose: the known mistakes that the problem names.


def conv1d_forward_flipped(x: Tensor, W: Tensor) -> Tensor:
    """A convolution as mathematics has it, the kernel reversed."""
    return conv1d_forward(x, W.flip(2))


def conv1d_forward_stride_one(x: Tensor, W: Tensor) -> Tensor:
    """The window moves by one column."""
    return torch.nn.functional.conv1d(x[None], W)[0]


def conv1d_forward_without_filter_axis(x: Tensor, W: Tensor) -> Tensor:
    """The right entries without the axis of length 1."""
    return conv1d_forward(x, W)[0]


def conv1d_forward_channels_apart(x: Tensor, W: Tensor) -> Tensor:
    """One row for each channel instead of their sum."""
    channels = x.shape[0]
    rows = W.reshape(channels, 1, -1)
    return torch.nn.functional.conv1d(x[None], rows, stride=STRIDE, groups=channels)[0]


def conv1d_dx_window(x: Tensor, W: Tensor) -> Tensor:
    """Only the columns inside each window."""
    outputs = (x.shape[1] - W.shape[2]) // STRIDE + 1
    return W.reshape(1, 1, -1).repeat(1, outputs, 1)


def conv1d_dx_stride_one(x: Tensor, W: Tensor) -> Tensor:
    """Windows start at i instead of 2 i."""
    slopes = torch.zeros_like(conv1d_dx(x, W))
    for i in range(slopes.shape[1]):
        slopes[0, i, :, i : i + W.shape[2]] = W[0]
    return slopes


def conv1d_dx_flipped(x: Tensor, W: Tensor) -> Tensor:
    """The weights of each window in reverse order."""
    return conv1d_dx(x, W.flip(2))


def conv1d_dx_without_filter_axis(x: Tensor, W: Tensor) -> Tensor:
    """The right entries without the axis of length 1."""
    return conv1d_dx(x, W)[0]


def conv1d_dl_dW_first_window(x: Tensor, g: Tensor) -> Tensor:
    """Only the first output's share."""
    kernel = x.shape[1] - STRIDE * (g.shape[1] - 1)
    return (g[0, 0] * x[:, :kernel]).reshape(1, -1)


def conv1d_dl_dW_stride_one(x: Tensor, g: Tensor) -> Tensor:
    """Windows start at n instead of 2 n."""
    return _sum_windows(x, g, stride=1).reshape(1, -1)


def conv1d_dl_dW_by_column(x: Tensor, g: Tensor) -> Tensor:
    """The right entries, counted column by column."""
    return _sum_windows(x, g, stride=STRIDE).T.reshape(1, -1)
