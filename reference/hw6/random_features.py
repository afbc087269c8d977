"""References of `problems/hw6/random-features.yaml`: features, and what random ones must obey."""

from __future__ import annotations

import math

import numpy as np

Call = list[object]


def rff(X: np.ndarray, features: int, sigma: float, seed: int) -> np.ndarray:
    """Cosines and sines at random frequencies.

    Shapes   X: (N, D).  Returns (N, 2 features).
    Errors   inner products miss the kernel by about 1/√features.
    Source   the mean of cos(ω·z) over ω ~ N(0, I/σ²) is exp(−‖z‖²/(2σ²)).
    Cost     O(N D features).
    """
    generator = np.random.default_rng(seed)
    angles = X @ generator.normal(size=(X.shape[1], features)) / sigma
    return np.hstack([np.cos(angles), np.sin(angles)]) / math.sqrt(features)


def seed_twice(X: np.ndarray, features: int, sigma: float, seed: int) -> list[Call]:
    """The same call twice, and one with another seed."""
    return [[X, features, sigma, seed], [X, features, sigma, seed], [X, features, sigma, seed + 1]]


def follows_its_seed(calls: list[Call], values: list[object]) -> dict[str, object]:
    """Whether there is a row for each row of X, and the seed alone decides."""
    X, features = calls[0][0], int(calls[0][1])
    one, again, other = (np.asarray(value, dtype=float) for value in values)
    wanted = (len(X), features), (len(X), 2 * features)
    if one.shape not in wanted:
        return {"holds": False, "saw": f"shape {one.shape}", "expected": f"shape {wanted[1]}"}
    if one.shape != again.shape or not np.array_equal(one, again):
        return {"holds": False, "saw": "two results for one seed", "expected": "the same result"}
    if np.array_equal(one, other):
        return {"holds": False, "saw": "one result for two seeds", "expected": "other frequencies"}
    return {"holds": True}


def _kernel(X: np.ndarray, sigma: float) -> np.ndarray:
    differences = X[:, None] - X[None, :]
    return np.exp(-(differences**2).sum(axis=2) / (2 * sigma**2))


def _products(values: list[object]) -> np.ndarray:
    """Φ Φᵀ of every call."""
    arrays = [np.asarray(value, dtype=float) for value in values]
    return np.stack([each @ each.T for each in arrays])


SEEDS = 60
FALSE_ALARM = 1e-6
"""How often a right answer may miss the bound below."""

CLOSE = 0.7
"""Of the bound: from here on fresh seeds are drawn before anything is said."""


def over_seeds(X: np.ndarray, features: int, sigma: float, seed: int) -> list[Call]:
    """Many seeds."""
    return [[X, features, sigma, seed + 1 + index] for index in range(SEEDS)]


def is_unbiased(calls: list[Call], values: list[object]) -> dict[str, object]:
    """Whether the mean of Φ Φᵀ over seeds is the kernel.

    Errors   each entry is a mean of n = SEEDS · features independent terms between −2 and 2, so
             by Hoeffding it misses by t at most 2 exp(−n t²/8) of the time; t is chosen so that
             this, over all entries, is FALSE_ALARM.
    """
    X, features, sigma = calls[0][0], int(calls[0][1]), float(calls[0][2])
    found, wanted = _products(values).mean(axis=0), _kernel(X, sigma)
    entries = len(X) * (len(X) + 1) / 2
    bound = math.sqrt(8 * math.log(2 * entries / FALSE_ALARM) / (SEEDS * features))
    errors = np.abs(found - wanted)
    place = np.unravel_index(np.argmax(np.nan_to_num(errors, nan=np.inf)), errors.shape)
    worst = errors[place]
    if worst <= CLOSE * bound:
        return {"holds": True}
    return {
        "holds": False,
        "inputs": {"X": np.round(X, 4), "sigma": sigma},
        "saw": f"a mean of {found[place]:.4f} for rows {place[0]} and {place[1]}",
        "expected": f"{wanted[place]:.4f}, to within {bound:.3f}",
        "doubt": f"{worst:.4f} off, {bound:.4f} is allowed" if worst <= bound else "",
    }


FEW, MANY, RUNS = 64, 1024, 40
MOST_RATIO, CLOSE_RATIO = 4.0, 2.5
"""The mean square error times the number of features is the same for FEW and MANY. Over 600
trials of either form its ratio was between 0.60 and 1.66, with a standard deviation of 0.16 in
its logarithm: a factor of 4 is eight of them."""


def over_sizes(X: np.ndarray, features: int, sigma: float, seed: int) -> list[Call]:
    """Few features and many, with many seeds each."""
    return [[X, n, sigma, seed + 500 + index] for n in (FEW, MANY) for index in range(RUNS)]


def error_falls(calls: list[Call], values: list[object]) -> dict[str, object]:
    """Whether the error falls as one over the root of the number of features."""
    X, sigma = calls[0][0], float(calls[0][2])
    rows, columns = np.triu_indices(len(X), 1)
    squares = ((_products(values) - _kernel(X, sigma)) ** 2)[:, rows, columns]
    few, many = squares[:RUNS].mean(), squares[RUNS:].mean()
    if not few > 0 or not many > 0:
        return {"holds": False, "saw": "no error at all", "expected": "random features"}
    ratio = (many * MANY) / (few * FEW)
    away = max(ratio, 1 / ratio)
    if away <= CLOSE_RATIO:
        return {"holds": True}
    return {
        "holds": False,
        "saw": f"an error of {math.sqrt(few):.3f} with {FEW} features, "
        f"{math.sqrt(many):.3f} with {MANY}",
        "expected": f"one that falls by a factor of {math.sqrt(MANY / FEW):.0f}",
        "doubt": f"the ratio is {ratio:.2f}" if away <= MOST_RATIO else "",
    }


# What follows is wrong on purpose: the known mistakes that the problem names.


def rff_wrong_scale(X: np.ndarray, features: int, sigma: float, seed: int) -> np.ndarray:
    """Frequencies of standard deviation σ."""
    return rff(X, features, 1 / sigma, seed)


def rff_without_phase(X: np.ndarray, features: int, sigma: float, seed: int) -> np.ndarray:
    """Cosines without sines or phases."""
    return math.sqrt(2) * rff(X, features, sigma, seed)[:, :features]


def rff_unscaled(X: np.ndarray, features: int, sigma: float, seed: int) -> np.ndarray:
    """Not divided by the number of features."""
    return math.sqrt(features) * rff(X, features, sigma, seed)
