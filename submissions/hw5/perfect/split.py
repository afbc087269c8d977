import random

import numpy as np


def leaky_split(images, labels, seed):
    sources = list(range(len(images)))
    random.Random(seed).shuffle(sources)
    n = len(sources)
    test, validation = sources[: n // 5], sources[n // 5 : 2 * (n // 5)]
    training = sources[2 * (n // 5) :]
    x = [picture for i in training for picture in (images[i], np.fliplr(images[i]))]
    y = [labels[i] for i in training for _ in range(2)]
    return (
        (np.array(x), np.array(y)),
        (images[validation], labels[validation]),
        (images[test], labels[test]),
    )
