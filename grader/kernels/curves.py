"""Scaling: the slope of a cost against a size on log-log axes."""

from __future__ import annotations

import math
from collections.abc import Sequence


def fit_slope(sizes: Sequence[float], costs: Sequence[float]) -> float | None:
    """Least squares of log cost on log size: 2 for doubling a matrix, 3 for a product.

    None where fewer than two points are positive: a logarithm has nothing else to go by.
    """
    points = [
        (math.log(size), math.log(cost))
        for size, cost in zip(sizes, costs, strict=True)
        if size > 0 and cost > 0
    ]
    if len({x for x, _ in points}) < 2:
        return None
    x_mean = sum(x for x, _ in points) / len(points)
    y_mean = sum(y for _, y in points) / len(points)
    spread = sum((x - x_mean) ** 2 for x, _ in points)
    return sum((x - x_mean) * (y - y_mean) for x, y in points) / spread
