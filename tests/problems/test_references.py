"""The references against automatic differentiation and against sums written out."""

from __future__ import annotations

import torch
from known_answers import ROOT, load_reference
from torch import Tensor
from torch.autograd.functional import jacobian


def draw(*shape: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed + sum(shape))
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def close(one: Tensor, other: Tensor) -> bool:
    return one.shape == other.shape and torch.allclose(one, other, rtol=1e-10, atol=1e-12)


def test_a_convolution_is_the_sum_over_its_window() -> None:
    convolutions = load_reference(ROOT / "reference/hw2/convolutions.py")
    x, W = draw(5, 7), draw(1, 5, 3)

    f = convolutions.conv1d_forward(x, W)

    sums = [sum(W[0, m, n] * x[m, 2 * i + n] for m in range(5) for n in range(3)) for i in range(3)]
    assert close(f, torch.stack(sums)[None])


def test_slopes_of_a_convolution_are_those_of_autograd() -> None:
    convolutions = load_reference(ROOT / "reference/hw2/convolutions.py")
    x, W, g = draw(4, 9), draw(1, 4, 3), draw(1, 4)

    in_x = jacobian(lambda given: convolutions.conv1d_forward(given, W), x)
    in_W = jacobian(lambda given: (g * convolutions.conv1d_forward(x, given)).sum(), W)

    assert close(convolutions.conv1d_dx(x, W), in_x)
    assert close(convolutions.conv1d_dl_dW(x, g), in_W.reshape(1, -1))


def test_the_slope_of_a_gated_step_is_that_of_autograd() -> None:
    gated = load_reference(ROOT / "reference/hw2/gated_rnn.py")
    x, c, g, W_x, before = draw(3), torch.sigmoid(draw(2)), draw(2, seed=1), draw(2, 3), draw(2)

    in_W = jacobian(lambda given: g @ (c * before + (1 - c) * (given @ x)), W_x)

    assert close(gated.gated_rnn_dWx(x, c, g), in_W)


def test_two_steps_of_an_attention_rnn_are_its_equations() -> None:
    attention = load_reference(ROOT / "reference/hw2/attention_rnn.py")
    x, Q0, K0, V0 = draw(2, 3), draw(4, 3), draw(4, 3, seed=1), draw(2, 3, seed=2)
    Q, K, V = draw(2, 4, 2), draw(2, 4, 2, seed=1), draw(2, 2, 2)

    states = attention.attn_rnn_k(x, Q0, K0, V0, Q, K, V)

    zero = torch.zeros((), dtype=torch.float64)
    a = torch.softmax(torch.stack([(Q0 @ x[0]) @ (K0 @ x[0]), zero, zero]), 0)
    h1 = a[0] * (V0 @ x[0])
    w = torch.stack([(Q0 @ x[1]) @ (K0 @ x[1]), (Q[0] @ h1) @ (K[0] @ h1), zero])
    a = torch.softmax(w, 0)
    assert close(states, torch.stack([h1, a[0] * (V0 @ x[1]) + a[1] * (V[0] @ h1)]))


def test_with_all_states_the_first_step_is_the_value_of_the_input() -> None:
    attention = load_reference(ROOT / "reference/hw2/attention_rnn.py")
    x, Q0, K0, V0 = draw(1, 3), draw(4, 3), draw(4, 3, seed=1), draw(2, 3, seed=2)

    states = attention.attn_rnn_inf(x, Q0, K0, V0, draw(4, 2), draw(4, 2, seed=1), draw(2, 2))

    assert close(states, (V0 @ x[0])[None])


def test_the_jacobian_of_attention_is_the_closed_form() -> None:
    attention = load_reference(ROOT / "reference/hw2/attention_rnn.py")
    x, h1, h2 = draw(3), draw(2), draw(2, seed=5)
    Q0, K0, V0 = draw(4, 3), draw(4, 3, seed=1), draw(2, 3, seed=2)
    Q, K, V = draw(2, 4, 2), draw(2, 4, 2, seed=1), draw(2, 2, 2)

    slope = attention.attn_rnn_jacobian(x, h1, h2, Q0, K0, V0, Q, K, V)

    q, k = (torch.stack([M0 @ x, M[0] @ h1, M[1] @ h2]) for M0, M in ((Q0, Q), (K0, K)))
    v = torch.stack([V0 @ x, V[0] @ h1, V[1] @ h2])
    a = torch.softmax((q * k).sum(1), 0)
    in_w1 = a * (torch.eye(3, dtype=a.dtype)[1] - a[1])
    assert close(slope, torch.outer(in_w1 @ v, k[1] @ Q[0] + q[1] @ K[0]) + a[1] * V[0])


def test_slopes_of_a_classifier_are_those_of_autograd() -> None:
    slopes = load_reference(ROOT / "reference/hw1/slopes.py")
    x, y = draw(3), torch.tensor([1.0, 0.0], dtype=torch.float64)
    parameters = (draw(4, 3), draw(4), draw(2, 4), draw(2))

    def loss(*given: Tensor) -> Tensor:
        z3 = slopes.layer_io(x, *given)[2]
        return torch.nn.functional.binary_cross_entropy(torch.sigmoid(z3), y, reduction="sum")

    for ours, theirs in zip(
        slopes.classify_grads(x, y, *parameters), jacobian(loss, parameters), strict=True
    ):
        assert close(ours, theirs)


def test_the_table_of_slopes_agrees_with_autograd() -> None:
    slopes = load_reference(ROOT / "reference/hw1/slopes.py")
    x, y = draw(3), draw(2, seed=3)
    W1, b1, W2, b2 = draw(4, 3), draw(4), draw(2, 4), draw(2)
    z1, _, z3, y_hat = slopes.layer_io(x, W1, b1, W2, b2)
    upstream, inner = slopes.grad_mse(y_hat, y), slopes.jac_id(z3)
    activation = slopes.jac_relu5(z1)

    in_W1, in_b1, in_W2, in_b2 = jacobian(
        lambda *given: (slopes.layer_io(x, *given)[3] - y).square().sum(), (W1, b1, W2, b2)
    )

    assert close(slopes.grad_W1(upstream, inner, W2, activation, x), in_W1)
    assert close(slopes.grad_b1(upstream, inner, W2, activation), in_b1[None])
    assert close(slopes.grad_W2(upstream, inner, z1), in_W2)
    assert close(slopes.grad_b2(upstream, inner), in_b2[None])


def test_gradient_descent_follows_autograd() -> None:
    training = load_reference(ROOT / "reference/hw1/training.py")
    X, y, w = draw(6, 3), draw(6), draw(3)

    ended = training.gd_loop(X, y, w, 0.1, 3)

    for _ in range(3):
        w = w - 0.1 * jacobian(lambda given: (X @ given - y).square().mean(), w)
    assert close(ended, w)


def test_the_laplacian_is_the_trace_of_the_hessian() -> None:
    functions = load_reference(ROOT / "reference/hw3/simple_functions.py")
    x, W1, b1, w2 = draw(3), draw(5, 3), draw(5), draw(5, seed=2)

    for name, activation in (("sin", torch.sin), ("tanh", torch.tanh), ("relu", torch.relu)):
        second = torch.autograd.functional.hessian(
            lambda given, f=activation: w2 @ f(W1 @ given + b1), x
        )
        assert close(functions.mlp_laplacian(x, W1, b1, w2, name), second.trace())
