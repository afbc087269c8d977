"""Returns containers that never end, and arrays that are not what they say."""


class Endless(list):
    def __iter__(self):
        while True:
            yield self

    def __len__(self):
        return 2


def collapse_linear(W1, b1, W2, b2):
    return Endless()


def adam_step(w, g, m, v, t, rate=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    nested = []
    for _ in range(100_000):
        nested = [nested]
    return nested, w, m
