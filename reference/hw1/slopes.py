"""References of `problems/hw1/slopes.yaml`: slopes of x → Linear → f → Linear → g.

Rows of slopes are 1 × length; d inputs, m hidden units, K outputs.
"""

from __future__ import annotations

import torch
from torch import Tensor

GAIN = 5.0


def layer_io(
    x: Tensor, W1: Tensor, b1: Tensor, W2: Tensor, b2: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Outputs of the four layers.

    Shapes   x: (d,), W1: (m, d), b1: (m,), W2: (K, m), b2: (K,).  Returns (m,), (m,), (K,), (K,).
    Units    those of b1, b1, b2, b2.
    Errors   about (d + m) eps of the sums of sizes.
    Source   the equations above the parts in the problem.
    Cost     O(m (d + K)).
    """
    return _layers(x, W1, b1, W2, b2, GAIN)


def _layers(
    x: Tensor, W1: Tensor, b1: Tensor, W2: Tensor, b2: Tensor, gain: float
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    z1 = W1 @ x + b1
    z2 = gain * z1.clamp(min=0)
    z3 = W2 @ z2 + b2
    return z1, z2, z3, z3


def grad_b2(dl_dy: Tensor, dy_dz3: Tensor) -> Tensor:
    """Slope of the loss in the second layer's offsets.

    Shapes   dl_dy: (1, K), dy_dz3: (K, K).  Returns (1, K).
    Units    those of the loss over those of z3.
    Errors   about K eps of the sum of sizes.
    Source   chain rule; z3 moves as b2 does.
    Cost     O(K^2).
    """
    return dl_dy @ dy_dz3


def grad_W2(dl_dy: Tensor, dy_dz3: Tensor, z1: Tensor) -> Tensor:
    """Slope of the loss in the second layer's weights.

    Shapes   dl_dy: (1, K), dy_dz3: (K, K), z1: (m,).  Returns (K, m).
    Units    those of the loss over those of W2.
    Errors   about K eps of the sum of sizes.
    Source   outer product of the slope in z3 with z2 = 5 ReLU(z1).
    Cost     O(K (K + m)).
    """
    return torch.outer((dl_dy @ dy_dz3)[0], GAIN * z1.clamp(min=0))


def grad_b1(dl_dy: Tensor, dy_dz3: Tensor, W2: Tensor, dz2_dz1: Tensor) -> Tensor:
    """Slope of the loss in the first layer's offsets.

    Shapes   dl_dy: (1, K), dy_dz3: (K, K), W2: (K, m), dz2_dz1: (m, m).  Returns (1, m).
    Units    those of the loss over those of z1.
    Errors   about (2 K + m) eps of the sum of sizes.
    Source   chain rule, from the left.
    Cost     O(K^2 + K m + m^2).
    """
    return dl_dy @ dy_dz3 @ W2 @ dz2_dz1


def grad_W1(dl_dy: Tensor, dy_dz3: Tensor, W2: Tensor, dz2_dz1: Tensor, x: Tensor) -> Tensor:
    """Slope of the loss in the first layer's weights.

    Shapes   as `grad_b1`, and x: (d,).  Returns (m, d).
    Units    those of the loss over those of W1.
    Errors   as `grad_b1`.
    Source   outer product of the slope in z1 with x.
    Cost     O(K^2 + K m + m^2 + m d).
    """
    return torch.outer(grad_b1(dl_dy, dy_dz3, W2, dz2_dz1)[0], x)


def jac_relu5(z1: Tensor) -> Tensor:
    """Slope of 5 ReLU, 0 at the kink.

    Shapes   z1: (m,).  Returns (m, m).
    Units    none.
    Errors   none.
    Source   5 on the diagonal where z1 > 0.
    Cost     O(m^2).
    """
    return torch.diag(GAIN * (z1 > 0).to(z1.dtype))


def jac_id(z3: Tensor) -> Tensor:
    """Slope of the identity.

    Shapes   z3: (K,).  Returns (K, K).
    Units    none.
    Errors   none.
    Source   the identity matrix.
    Cost     O(K^2).
    """
    return torch.eye(len(z3), dtype=z3.dtype)


def grad_mse(y_hat: Tensor, y: Tensor) -> Tensor:
    """Slope of the squared distance in its first argument.

    Shapes   y_hat, y: (K,).  Returns (1, K).
    Units    those of y.
    Errors   one rounding an entry.
    Source   2 (y_hat - y).
    Cost     O(K).
    """
    return 2 * (y_hat - y)[None]


def classify_grads(
    x: Tensor, y: Tensor, W1: Tensor, b1: Tensor, W2: Tensor, b2: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Slopes of summed binary cross-entropy after a sigmoid.

    Shapes   as `layer_io`, and y: (K,) of zeros and ones.  Returns (m, d), (m,), (K, m), (K,).
    Units    nats over those of the parameter.
    Errors   about (d + m + K) eps of the sums of sizes.
    Source   the slope in z3 is sigmoid(z3) - y.
    Cost     O(m (d + K)).
    """
    z1, z2, z3, _ = layer_io(x, W1, b1, W2, b2)
    in_z3 = torch.sigmoid(z3) - y
    in_z1 = (in_z3 @ W2) * GAIN * (z1 > 0)
    return torch.outer(in_z1, x), in_z1, torch.outer(in_z3, z2), in_z3


def squared_distance(y_hat: Tensor, y: Tensor) -> Tensor:
    """The loss of `grad_mse`, to be differentiated.

    Shapes   y_hat, y: (K,).  Returns ().
    Units    those of y, squared.
    Errors   about K eps of the sum.
    Source   the equations above the parts in the problem.
    Cost     O(K).
    """
    return (y_hat - y).square().sum()


def cross_entropy_of_outputs(W2: Tensor, b2: Tensor, z2: Tensor, y: Tensor) -> Tensor:
    """The loss of `classify_grads` from the second layer on, to be differentiated.

    Shapes   W2: (K, m), b2, y: (K,), z2: (m,).  Returns ().
    Units    nats.
    Errors   about (m + K) eps of the sum of sizes.
    Source   binary cross-entropy of a sigmoid, summed over the outputs.
    Cost     O(K m).
    """
    scores = W2 @ z2 + b2
    return torch.nn.functional.binary_cross_entropy_with_logits(scores, y, reduction="sum")


# What follows is wrong on purpose: the known mistakes that the problem names.


def layer_io_without_five(
    x: Tensor, W1: Tensor, b1: Tensor, W2: Tensor, b2: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """ReLU without its factor."""
    return _layers(x, W1, b1, W2, b2, 1.0)


def grad_b2_other_side(dl_dy: Tensor, dy_dz3: Tensor) -> Tensor:
    """Multiplied from the other side."""
    return dl_dy @ dy_dz3.T


def grad_W2_transposed(dl_dy: Tensor, dy_dz3: Tensor, z1: Tensor) -> Tensor:
    """The transpose, m × K."""
    return grad_W2(dl_dy, dy_dz3, z1).T


def grad_W2_before_activation(dl_dy: Tensor, dy_dz3: Tensor, z1: Tensor) -> Tensor:
    """z1 in place of z2."""
    return torch.outer((dl_dy @ dy_dz3)[0], z1)


def grad_b1_without_activation(
    dl_dy: Tensor, dy_dz3: Tensor, W2: Tensor, dz2_dz1: Tensor
) -> Tensor:
    """The slope in z2."""
    return dl_dy @ dy_dz3 @ W2


def grad_W1_transposed(
    dl_dy: Tensor, dy_dz3: Tensor, W2: Tensor, dz2_dz1: Tensor, x: Tensor
) -> Tensor:
    """The transpose, d × m."""
    return grad_W1(dl_dy, dy_dz3, W2, dz2_dz1, x).T


def jac_relu5_diagonal(z1: Tensor) -> Tensor:
    """The diagonal alone."""
    return jac_relu5(z1).diagonal()


def jac_relu5_without_five(z1: Tensor) -> Tensor:
    """The slope of ReLU."""
    return jac_relu5(z1) / GAIN


def jac_relu5_kink(z1: Tensor) -> Tensor:
    """The slope 5 at the kink."""
    return torch.diag(GAIN * (z1 >= 0).to(z1.dtype))


def jac_id_ones(z3: Tensor) -> Tensor:
    """A vector of ones."""
    return torch.ones_like(z3)


def grad_mse_without_two(y_hat: Tensor, y: Tensor) -> Tensor:
    """The factor 2 is missing."""
    return grad_mse(y_hat, y) / 2


def grad_mse_reversed(y_hat: Tensor, y: Tensor) -> Tensor:
    """The other sign."""
    return -grad_mse(y_hat, y)


def grad_mse_mean(y_hat: Tensor, y: Tensor) -> Tensor:
    """The slope of the mean."""
    return grad_mse(y_hat, y) / len(y)


def classify_grads_mean(
    x: Tensor, y: Tensor, W1: Tensor, b1: Tensor, W2: Tensor, b2: Tensor
) -> tuple[Tensor, ...]:
    """The mean over the outputs."""
    return tuple(slope / len(y) for slope in classify_grads(x, y, W1, b1, W2, b2))
