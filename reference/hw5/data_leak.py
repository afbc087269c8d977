"""References of `problems/hw5/data-leak.yaml`: a split by source, and what it must obey."""

from __future__ import annotations

import numpy as np

Pair = tuple[np.ndarray, np.ndarray]
SETS = ("training", "validation", "test")

SAME_TO = 1e-5
"""Of pixels of size 1: a copy in float32 is the same image, and no two sources are this alike."""


def leaky_split(images: np.ndarray, labels: np.ndarray, seed: int) -> tuple[Pair, Pair, Pair]:
    """Sources are split, then the training set alone is mirrored.

    Shapes   images: (n, h, w), labels: (n,).  Returns three pairs of the same.
    Source   the three conditions of the prompt.
    Cost     O(n h w).
    """
    order = np.random.default_rng(seed).permutation(len(images))
    x, y = images[order], labels[order]
    first, second = int(0.6 * len(x)), int(0.8 * len(x))
    training = np.concatenate([x[:first], x[:first, :, ::-1]]), np.concatenate([y[:first]] * 2)
    return training, (x[first:second], y[first:second]), (x[second:], y[second:])


def does_not_leak(calls: list[list[object]], values: list[object]) -> dict[str, object]:
    """Whether the three sets obey the three conditions, in the order of the prompt.

    Errors   sizes may be one off: 60 % of 55 sources can be rounded either way.
    """
    images, labels, _ = calls[0]
    try:
        sets = [(np.asarray(x, float), np.asarray(y, float)) for x, y in values[0]]
    except (TypeError, ValueError):
        return {"holds": False, "saw": "something else", "expected": "three pairs of arrays"}
    if len(sets) != 3 or any(
        x.ndim != 3 or x.shape[1:] != images.shape[1:] or y.shape != (len(x),) for x, y in sets
    ):
        return {"holds": False, "saw": "other shapes", "expected": "three pairs, n × h × w and n"}
    found = [[_find_source(image, images) for image in x] for x, _ in sets]
    for name, sources, (_, y) in zip(SETS, found, sets, strict=True):
        for (source, _), label in zip(sources, y, strict=True):
            if source is None:
                return _say(f"an image in {name} that was not given", "images and mirror images")
            if label != labels[source]:
                return _say(
                    f"in {name}, label {label:g} for source {source}", f"{labels[source]:g}"
                )
    return _check_conditions(found, len(images))


def _check_conditions(found: list[list[tuple[int, bool]]], n: int) -> dict[str, object]:
    sources = [{source for source, _ in each} for each in found]
    for one, other in ((0, 1), (0, 2), (1, 2)):
        both = sources[one] & sources[other]
        if both:
            saw = f"source {min(both)} in {SETS[one]} and in {SETS[other]}"
            return _say(saw, "each source in one set", "split the sources first")
    for place in (1, 2):
        mirrored = [source for source, is_mirrored in found[place] if is_mirrored]
        if mirrored:
            saw = f"source {mirrored[0]} mirrored in {SETS[place]}"
            return _say(saw, "images as they came", "augment the training set only")
    for place, share in enumerate((0.6, 0.2, 0.2)):
        if abs(len(sources[place]) - share * n) > 1:
            saw = f"{len(sources[place])} of {n} sources in {SETS[place]}"
            return _say(saw, f"{share:.0%}")
    wanted = [
        {(source, is_mirrored) for source in sources[0] for is_mirrored in (False, True)},
        *({(source, False) for source in sources[place]} for place in (1, 2)),
    ]
    for name, each, right in zip(SETS, found, wanted, strict=True):
        if sorted(each) != sorted(right):
            return _say(f"images left out or given twice in {name}", "each once")
    return {"holds": True}


def _find_source(image: np.ndarray, images: np.ndarray) -> tuple[int | None, bool]:
    for is_mirrored, candidates in ((False, images), (True, images[:, :, ::-1])):
        same = np.flatnonzero(np.abs(candidates - image).max(axis=(1, 2)) < SAME_TO)
        if len(same):
            return int(same[0]), is_mirrored
    return None, False


def _say(saw: str, expected: str, says: str = "") -> dict[str, object]:
    return {"holds": False, "saw": saw, "expected": expected, "says": says}


# What follows is wrong on purpose: the known mistake that the problem names.


def leaky_split_mirrors_all(images: np.ndarray, labels: np.ndarray, seed: int) -> list[Pair]:
    """Every set is mirrored after the split."""
    order = np.random.default_rng(seed).permutation(len(images))
    x, y = images[order], labels[order]
    cuts = int(0.6 * len(x)), int(0.8 * len(x))
    pairs = zip(np.split(x, cuts), np.split(y, cuts), strict=True)
    return [(np.concatenate([a, a[:, :, ::-1]]), np.concatenate([b, b])) for a, b in pairs]
