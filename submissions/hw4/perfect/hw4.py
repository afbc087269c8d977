import numpy as np
import torch


def collapse_linear(W1, b1, W2, b2):
    joined = W2 @ torch.cat([W1, b1[:, None]], dim=1)
    return [joined[:, :-1], b2 + joined[:, -1]]


def adam_step(w, g, m, v, t, rate=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    w, g, m, v = map(np.asarray, (w, g, m, v))
    m = m + (1 - beta1) * (g - m)
    v = v + (1 - beta2) * (g * g - v)
    scale = np.sqrt(1 - beta2**t)
    w = w - rate * scale / (1 - beta1**t) * m / (np.sqrt(v) + eps * scale)
    return w, m, v
