"""Everything by NumPy and einsum, or by automatic differentiation where that is shorter."""

import numpy as np
import torch


def layer_io(x, W1, b1, W2, b2):
    z1 = torch.addmv(b1, W1, x)
    z2 = 2.5 * (z1 + z1.abs())
    z3 = torch.nn.functional.linear(z2, W2, b2)
    return [z1, z2, z3, z3.clone()]


def grad_b2(dl_dy, dy_dz3):
    return np.einsum("ik,kj->j", dl_dy.numpy(), dy_dz3.numpy())


def grad_W2(dl_dy, dy_dz3, z1):
    return (dl_dy @ dy_dz3).T * (5 * z1 * (z1 > 0))


def grad_b1(dl_dy, dy_dz3, W2, dz2_dz1):
    return (dz2_dz1.T @ W2.T @ dy_dz3.T @ dl_dy.T).flatten()


def grad_W1(dl_dy, dy_dz3, W2, dz2_dz1, x):
    return torch.kron(grad_b1(dl_dy, dy_dz3, W2, dz2_dz1)[:, None], x[None])


def jac_relu5(z1):
    return 5 * np.diag(np.heaviside(z1.numpy(), 0.0))


def jac_id(z3):
    return torch.ones_like(z3).diag()


def grad_mse(y_hat, y):
    return [2 * float(a - b) for a, b in zip(y_hat, y)]


def classify_grads(x, y, W1, b1, W2, b2):
    parameters = [p.clone().requires_grad_() for p in (W1, b1, W2, b2)]
    z3 = layer_io(x, *parameters)[2]
    loss = torch.nn.functional.binary_cross_entropy_with_logits(z3, y, reduction="sum")
    return torch.autograd.grad(loss, parameters)


def gd_loop(X, y, w, rate, steps):
    A = np.eye(len(w)) - 2 * rate / len(X) * X.numpy().T @ X.numpy()
    b = 2 * rate / len(X) * X.numpy().T @ y.numpy()
    w = w.numpy().copy()
    for _ in range(steps):
        w = A @ w + b
    return w
