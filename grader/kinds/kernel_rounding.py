"""How far rounding alone may take a right kernel from the reference: derived, not guessed.

Source   N. J. Higham, Accuracy and Stability of Numerical Algorithms, 2nd edition, 2002, section
         3.1: whatever the order, a sum of n products errs by at most γ_n Σ|a||b| with
         γ_n = n u / (1 - n u), u half of the dtype's eps.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from grader.spec.kernel_part import KernelPart
from grader.spec.kernel_sizes import evaluate_size

# CUDA C++ Programming Guide, maximum errors of the single-precision functions: expf within 2 ulp,
# which is 4 u, and a division within 2 ulp under no option but ours.
EXP_ROUNDINGS = 4
DIVISION_ROUNDINGS = 4


def count_roundings(terms: int) -> int:
    """Of a sum of products: one a product, one an addition, and one to store."""
    return terms + 1


def gamma(roundings: float, dtype: Any) -> float:
    """What so many roundings multiply an error by; infinite where they leave no digit."""
    product = roundings * float(np.finfo(dtype).eps) / 2
    return product / (1 - product) if product < 1 else np.inf


def bound_rounding(
    part: KernelPart,
    sizes: Mapping[str, int],
    before: Mapping[str, Any],
    expected: Mapping[str, Any],
    run_reference: Callable[[Mapping[str, Any]], Mapping[str, Any]],
) -> dict[str, Any]:
    """The largest difference that two right kernels may show, an entry an output.

    Both err, the reference too, so every bound counts twice.
    """
    assert part.rounding is not None
    terms = max(1, evaluate_size(part.rounding.terms, sizes))
    if part.rounding.of == "exponentials":
        spread = max((find_spread(value) for name, value in before.items()
                      if is_input(part, name, value)), default=0.0)  # fmt: skip
        return {
            name: 2 * bound_exponentials(terms, spread, expected[name].dtype) * expected[name]
            + float(np.finfo(expected[name].dtype).tiny)
            for name in part.outputs
        }
    sized = run_reference(
        {name: np.abs(value) if is_input(part, name, value) else value
         for name, value in before.items()}
    )  # fmt: skip
    return {
        name: 2 * gamma(count_roundings(terms), sized[name].dtype)
        * np.abs(sized[name].astype(np.float64))
        + terms * float(np.finfo(sized[name].dtype).tiny)
        for name in part.outputs
    }  # fmt: skip


def bound_coarsely(
    part: KernelPart, sizes: Mapping[str, int], before: Mapping[str, Any], wanted: Any
) -> Any:
    """The same from the largest entries alone, where the reference can't be run again."""
    assert part.rounding is not None
    inputs = [value for name, value in before.items() if is_input(part, name, value)]
    terms = max(1, evaluate_size(part.rounding.terms, sizes))
    if part.rounding.of == "exponentials":
        spread = max(map(find_spread, inputs), default=0.0)
        relative = bound_exponentials(terms, spread, wanted.dtype)
        return 2 * relative * wanted + float(np.finfo(wanted.dtype).tiny)
    largest = [float(np.abs(value).max(initial=0)) for value in inputs]
    bound = gamma(count_roundings(terms), wanted.dtype) * terms * math.prod(largest)
    return np.full(wanted.shape, 2 * bound)


def bound_exponentials(terms: int, spread: float, dtype: Any) -> float:
    """Relative error of exp(x_i - m) over the sum of all such terms.

    A rounding of x - m shifts the exponent by at most `spread` u, in numerator and denominator;
    then come both exponentials, the sum of positive terms, and the division.
    """
    return gamma(2 * (spread + EXP_ROUNDINGS) + terms + DIVISION_ROUNDINGS, dtype)


def find_spread(values: Any) -> float:
    """The largest difference within any row."""
    if values.size == 0:
        return 0.0
    rows = values.astype(np.float64).reshape(-1, values.shape[-1])
    return float((rows.max(axis=1) - rows.min(axis=1)).max())


def is_input(part: KernelPart, name: str, value: Any) -> bool:
    return isinstance(value, np.ndarray) and name not in part.outputs and value.dtype.kind == "f"
