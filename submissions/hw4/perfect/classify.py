import numpy as np


def mlp_classify(x, y, epochs, seed):
    """The same by hand: backpropagation and AdamW without a library for either."""
    draw = np.random.default_rng(seed)
    x, y = x.numpy(), y.numpy()
    sizes = [64, 100, 50, 10]
    w = []
    for a, b in zip(sizes, sizes[1:]):
        w += [draw.normal(size=(b, a)) * np.sqrt(2 / a), np.zeros(b)]
    m, v = [np.zeros_like(p) for p in w], [np.zeros_like(p) for p in w]
    step, losses = 0, []
    for _ in range(epochs):
        for batch in np.array_split(draw.permutation(len(x)), len(x) // 25):
            a0, t = x[batch], y[batch]
            a1 = np.maximum(a0 @ w[0].T + w[1], 0)
            a2 = np.maximum(a1 @ w[2].T + w[3], 0)
            z = a2 @ w[4].T + w[5]
            p = np.exp(z - z.max(1, keepdims=True))
            p /= p.sum(1, keepdims=True)
            loss = -np.log(p[np.arange(len(t)), t]).mean()
            p[np.arange(len(t)), t] -= 1
            g3 = p / len(t)
            g2 = (g3 @ w[4]) * (a2 > 0)
            g1 = (g2 @ w[2]) * (a1 > 0)
            slopes = [g1.T @ a0, g1.sum(0), g2.T @ a1, g2.sum(0), g3.T @ a2, g3.sum(0)]
            step += 1
            for i, g in enumerate(slopes):
                m[i] = 0.9 * m[i] + 0.1 * g
                v[i] = 0.999 * v[i] + 0.001 * g * g
                rate = 1e-3 * np.sqrt(1 - 0.999**step) / (1 - 0.9**step)
                w[i] = w[i] * (1 - 1e-5) - rate * m[i] / (np.sqrt(v[i]) + 1e-8)
        losses.append(loss)
    return w, losses
