"""Scaling: what a kernel costs against the size of its input, and the slope on log axes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One kernel's cost at several sizes: counted work, or time where there is a GPU."""

    name: str
    unit: str
    """`sectors` or `us`."""
    sizes: tuple[int, ...]
    costs: tuple[float, ...]

    @property
    def slope(self) -> float:
        """Least squares of log cost on log size: 1 for doubling a vector, 3 for a product."""
        points = [
            (math.log(size), math.log(cost))
            for size, cost in zip(self.sizes, self.costs, strict=True)
            if size > 0 and cost > 0
        ]
        if len(points) < 2:
            return math.nan
        x_mean = sum(x for x, _ in points) / len(points)
        y_mean = sum(y for _, y in points) / len(points)
        spread = sum((x - x_mean) ** 2 for x, _ in points)
        return sum((x - x_mean) * (y - y_mean) for x, y in points) / spread


def trace(name: str, unit: str, sizes: Sequence[int], cost: Callable[[int], float]) -> Curve:
    """Ask for the cost at every size."""
    return Curve(
        name=name, unit=unit, sizes=tuple(sizes), costs=tuple(cost(size) for size in sizes)
    )  # fmt: skip
