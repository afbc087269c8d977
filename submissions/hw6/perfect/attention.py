import numpy as np
import torch


def phi(z):
    return torch.where(z > 0, z + 1, z.clamp(max=0).exp())


def linear_attn(Q, K, V):
    values = torch.cat([V, torch.ones(len(V), 1, dtype=V.dtype)], dim=1)
    both = torch.einsum("jd,jm,id->im", phi(K), values, phi(Q))
    return both[:, :-1] / both[:, -1:]


def causal_linear_attn(Q, K, V):
    Q, K, V = phi(Q).numpy(), phi(K).numpy(), V.numpy()
    S = np.zeros((Q.shape[1], V.shape[1]))
    Z = np.zeros(Q.shape[1])
    out = []
    for q, k, v in zip(Q, K, V):
        S += np.outer(k, v)
        Z += k
        out.append(q @ S / (q @ Z))
    return np.stack(out)
