import torch


# --- convolution -----------------------------------------------------------

def conv1d_forward(x, W):
    channels, length = x.shape
    width = W.shape[2]
    n_out = (length - width) // 2 + 1
    out = torch.zeros(1, n_out, dtype=x.dtype)
    for i in range(n_out):
        for m in range(channels):
            for n in range(width):
                out[0, i] += W[0, m, n] * x[m, 2 * i + n]
    return out


def conv1d_dx(x, W):
    # only the entries under the window depend on the kernel
    n_out = (x.shape[1] - W.shape[2]) // 2 + 1
    return torch.stack([W[0].reshape(-1)] * n_out).unsqueeze(0)      # 1 x 3 x 15


def conv1d_dl_dW(x, g):
    n_out = g.shape[1]
    width = x.shape[1] - 2 * (n_out - 1)
    grad = torch.zeros(1, x.shape[0] * width, dtype=x.dtype)
    for i in range(x.shape[0] * width):
        for n in range(n_out):
            grad[0, i] += g[0, n] * x[i // width, i % width + 2 * n]
    return grad


# --- gated RNN ---------------------------------------------------------------

def gated_rnn_dWx(x, c, g):
    return torch.outer((1 - c) * g, x)


# --- attention RNN -----------------------------------------------------------

def attn_rnn_k(x, Q0, K0, V0, Q, K, V):
    k = Q.shape[0]
    m = V0.shape[0]
    h = [torch.zeros(m, dtype=x.dtype)] * k
    for t in range(x.shape[0]):
        w = [(K0 @ x[t]) @ (Q0 @ x[t])]
        v = [V0 @ x[t]]
        for i in range(k):
            past = h[-1 - i]
            w.append((K[i] @ past) @ (Q[i] @ past))
            v.append(V[i] @ past)
        a = torch.softmax(torch.stack(w), dim=0)
        h.append(sum(a[i] * v[i] for i in range(k + 1)))
    return torch.stack(h[k:])


def attn_rnn_inf(x, Q0, K0, V0, Q, K, V):
    h = []
    for t in range(x.shape[0]):
        w = [(K0 @ x[t]) @ (Q0 @ x[t])]
        v = [V0 @ x[t]]
        for past in h:
            w.append((K @ past) @ (Q @ past))
            v.append(V @ past)
        a = torch.softmax(torch.stack(w), dim=0)
        h.append(sum(ai * vi for ai, vi in zip(a, v)))
    return torch.stack(h)


def attn_rnn_jacobian(x, h1, h2, Q0, K0, V0, Q, K, V):
    q0, q1, q2 = Q0 @ x, Q[0] @ h1, Q[1] @ h2
    k0, k1, k2 = K0 @ x, K[0] @ h1, K[1] @ h2
    v0, v1, v2 = V0 @ x, V[0] @ h1, V[1] @ h2
    w = torch.stack([k0 @ q0, k1 @ q1, k2 @ q2])
    a = torch.softmax(w, dim=0)

    # a_i = w_i / (w_0 + w_1 + w_2)
    s = w.sum()
    da0 = -w[0] / s**2
    da1 = (s - w[1]) / s**2
    da2 = -w[2] / s**2
    dw1 = k1 @ Q[0] + q1 @ K[0]
    return torch.outer(da0 * v0 + da1 * v1 + da2 * v2, dw1) + a[1] * V[0]
