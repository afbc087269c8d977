import numpy as np


def leaky_split(images, labels, seed):
    order = np.random.default_rng(seed)
    order = order.permutation(len(images))
    x, y = images[order], labels[order]
    first, second = int(0.6 * len(x)), int(0.8 * len(x))
    sets = (x[:first], y[:first]), (x[first:second], y[first:second]), (x[second:], y[second:])
    training, validation, test = (
        (np.concatenate([a, a[:, :, ::-1]]), np.concatenate([b, b])) for a, b in sets
    )
    return training, validation, test
