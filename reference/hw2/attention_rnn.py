"""References of `problems/hw2/attention-rnn.yaml`: recurrent networks that attend to their past.

A step turns one query, key and value each for the input (index 0) and for i states (1, ...)
into weights a = softmax(w) with w_i = k_i · q_i, and returns the weighted sum of the values.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

Weighing = Callable[[Tensor], Tensor]


def _softmax(w: Tensor) -> Tensor:
    return torch.softmax(w, dim=0)


def _plain_ratio(w: Tensor) -> Tensor:
    return w / w.sum()


def _step(q: Tensor, k: Tensor, v: Tensor, weigh: Weighing = _softmax) -> Tensor:
    """One attention over rows: q, k are (i, d), v is (i, m)."""
    return weigh((k * q).sum(dim=1)) @ v


def _join(first: Tensor, others: Tensor) -> Tensor:
    return torch.cat([first[None], others])


def attn_rnn_k(
    x: Tensor, Q0: Tensor, K0: Tensor, V0: Tensor, Q: Tensor, K: Tensor, V: Tensor
) -> Tensor:
    """All states of AttentionRNN(k), zero states before the first.

    Shapes   x: (T, n), Q0, K0: (d, n), V0: (m, n), Q, K: (k, d, m), V: (k, m, m).
             Returns (T, m).
    Units    those of V0 x.
    Errors   a step adds about (d + k) eps max|w| relative; later steps read it.
    Source   the equations above the parts in the problem.
    Cost     O(T k m (m + d)).
    """
    return _run(x, Q0, K0, V0, Q, K, V)


def _run(
    x: Tensor,
    Q0: Tensor,
    K0: Tensor,
    V0: Tensor,
    Q: Tensor,
    K: Tensor,
    V: Tensor,
    weigh: Weighing = _softmax,
    early_states: bool = True,
) -> Tensor:
    states = [x.new_zeros(V0.shape[0]) for _ in Q]
    for t, entry in enumerate(x):
        reach = len(Q) if early_states else min(t, len(Q))
        past = torch.stack([states[-i] for i in range(1, reach + 1)]) if reach else x.new_zeros(0)
        q, k, v = (
            _join(first @ entry, torch.einsum("irm,im->ir", others[:reach], past))
            if reach
            else (first @ entry)[None]
            for first, others in ((Q0, Q), (K0, K), (V0, V))
        )
        states.append(_step(q, k, v, weigh))
    return torch.stack(states[len(Q) :])


def attn_rnn_inf(
    x: Tensor, Q0: Tensor, K0: Tensor, V0: Tensor, Q: Tensor, K: Tensor, V: Tensor
) -> Tensor:
    """All states of AttentionRNN(∞), one set of matrices for every state.

    Shapes   x: (T, n), Q0, K0: (d, n), V0: (m, n), Q, K: (d, m), V: (m, m).  Returns (T, m).
    Units    those of V0 x.
    Errors   a step adds about (d + t) eps max|w| relative; later steps read it.
    Source   the equations in the part's prompt.
    Cost     O(T^2 m (m + d)).
    """
    return _run_shared(x, Q0, K0, V0, Q, K, V, states=[])


def _run_shared(
    x: Tensor,
    Q0: Tensor,
    K0: Tensor,
    V0: Tensor,
    Q: Tensor,
    K: Tensor,
    V: Tensor,
    states: list[Tensor],
    reach: int | None = None,
) -> Tensor:
    before = len(states)
    for entry in x:
        past = torch.stack(states)[-reach if reach else 0 :] if states else x.new_zeros(0, len(V))
        q, k, v = (
            _join(first @ entry, past @ shared.T) for first, shared in ((Q0, Q), (K0, K), (V0, V))
        )
        states = [*states, _step(q, k, v)]
    return torch.stack(states[before:])


def attn_rnn_jacobian(
    x: Tensor,
    h1: Tensor,
    h2: Tensor,
    Q0: Tensor,
    K0: Tensor,
    V0: Tensor,
    Q: Tensor,
    K: Tensor,
    V: Tensor,
) -> Tensor:
    """Slope of the next state of AttentionRNN(2) in the state before.

    Shapes   x: (n,), h1, h2: (m,), Q0, K0: (d, n), V0: (m, n), Q, K: (2, d, m), V: (2, m, m).
             Returns (m, m), rows for h[t].
    Units    none.
    Errors   about (d + m) eps max|w| relative to the largest entry.
    Source   automatic differentiation of one step.
    Cost     m backward passes.
    """

    def step(h: Tensor) -> Tensor:
        past = torch.stack([h, h2])
        q, k, v = (
            _join(first @ x, torch.einsum("irm,im->ir", others, past))
            for first, others in ((Q0, Q), (K0, K), (V0, V))
        )
        return _step(q, k, v)

    slope: Tensor = torch.autograd.functional.jacobian(step, h1)
    return slope


def _scores(
    x: Tensor,
    h1: Tensor,
    h2: Tensor,
    Q0: Tensor,
    K0: Tensor,
    V0: Tensor,
    Q: Tensor,
    K: Tensor,
    V: Tensor,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Scores (3,), values (3, m), and the slope of w_1 in h1 through its query and its key."""
    pairs = [(Q0 @ x, K0 @ x), (Q[0] @ h1, K[0] @ h1), (Q[1] @ h2, K[1] @ h2)]
    w = torch.stack([q @ k for q, k in pairs])
    v = torch.stack([V0 @ x, V[0] @ h1, V[1] @ h2])
    q1, k1 = pairs[1]
    return w, v, k1 @ Q[0], q1 @ K[0]


# What follows is wrong on purpose: the known mistakes that the problem names.


def attn_rnn_k_early_states_left_out(*arguments: Tensor) -> Tensor:
    """States before the first do not take part."""
    return _run(*arguments, early_states=False)


def attn_rnn_k_plain_ratio(*arguments: Tensor) -> Tensor:
    """Scores over their sum instead of their softmax."""
    return _run(*arguments, weigh=_plain_ratio)


def attn_rnn_k_scaled(*arguments: Tensor) -> Tensor:
    """Scores over √d."""
    root = arguments[1].shape[0] ** 0.5
    return _run(*arguments, weigh=lambda w: _softmax(w / root))


def attn_rnn_inf_with_zero_state(*arguments: Tensor) -> Tensor:
    """A zero state h[0] takes part."""
    V = arguments[6]
    return _run_shared(*arguments, states=[V.new_zeros(len(V))])


def attn_rnn_inf_last_state(*arguments: Tensor) -> Tensor:
    """Only the last state takes part."""
    return _run_shared(*arguments, states=[], reach=1)


def attn_rnn_jacobian_plain_ratio(*arguments: Tensor) -> Tensor:
    """The weights differentiated as w_i over the sum of w."""
    w, v, through_query, through_key = _scores(*arguments)
    V = arguments[8]
    total = w.sum()
    slope_of_weights = (torch.eye(3, dtype=w.dtype)[1] * total - w) / total**2
    return torch.outer(slope_of_weights @ v, through_query + through_key) + _softmax(w)[1] * V[0]


def attn_rnn_jacobian_weights_fixed(*arguments: Tensor) -> Tensor:
    """Only the path through v_1."""
    w, *_ = _scores(*arguments)
    return _softmax(w)[1] * arguments[8][0]


def attn_rnn_jacobian_one_factor(*arguments: Tensor) -> Tensor:
    """w_1 changes through its query only."""
    w, v, through_query, _ = _scores(*arguments)
    a = _softmax(w)
    slope_of_weights = a * (torch.eye(3, dtype=w.dtype)[1] - a[1])
    return torch.outer(slope_of_weights @ v, through_query) + a[1] * arguments[8][0]


def attn_rnn_jacobian_transposed(*arguments: Tensor) -> Tensor:
    """Rows and columns exchanged."""
    return attn_rnn_jacobian(*arguments).T
