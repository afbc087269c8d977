"""How close a number must be: derived from the precision, the longest sum and the sizes met."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from grader.spec.function_part import FunctionCheck, FunctionPart
from grader.values import ArrayValue, Value


@dataclass(frozen=True, slots=True, order=True)
class Precision:
    """What a floating type can hold, and how much of it a result may lose."""

    digits: int
    """Binary digits after the first: eps = 2^-digits is the gap between 1 and the next number."""
    tiny: float
    """Smallest normal number: below it a result may lose digits, or be flushed to zero."""
    largest: float
    """Beyond it every result is infinite."""
    slack: float
    """Eps allowed for each √n."""

    @property
    def eps(self) -> float:
        return 2.0**-self.digits


# Half-precision homework is one or two operations deep, and more would accept anything.
_BRAIN = Precision(7, 2.0**-126, 2.0**128 * (1 - 2.0**-8), 4)
_HALF = Precision(10, 2.0**-14, 65504.0, 4)
# exp(x) for |x| <= 10 alone costs 10 eps, and a second sum or product as much again.
_SINGLE = Precision(23, 2.0**-126, 2.0**128 * (1 - 2.0**-24), 16)
# Six of sixteen digits, for right formulas that are less stable than the reference
# (E[x²] - E[x]², a solved system); the 1e-8 that Adam adds still shows at size one.
_DOUBLE = Precision(52, 2.0**-1022, math.inf, 2.0**20)

PRECISIONS = {
    "bfloat16": _BRAIN, "float16": _HALF, "float32": _SINGLE, "float64": _DOUBLE,
    "complex64": _SINGLE, "complex128": _DOUBLE,
}  # fmt: skip

NOISE = 4.0
"""Eps times the inputs' size times √N that cancellation may leave: sums of N terms of either
sign err by about √N eps, and products with a second input are worth a few units more."""


class Bounds(NamedTuple):
    """Relative and absolute bound, and the size from which on an infinity is right."""

    rtol: float
    atol: float
    overflow: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Closeness:
    """How far numbers may be from the expected ones: |saw - expected| <= atol + rtol |expected|.

    Errors   a sum of n terms errs by n eps at worst and about √n eps in practice, relative to
             its largest terms. So rtol = slack √n eps. The same share of the largest entry of
             the expected array is atol, since entries that cancel err by that much; and at
             least 4 √N eps times the largest input, with its N entries, since all may cancel.
    """

    dtype: str = "float64"
    """What the part computes in."""
    length: int = 1
    """Terms of the longest sum behind one entry."""
    terms: int = 1
    """Entries of the largest input."""
    magnitude: float = 0.0
    """Size of the largest input."""
    rtol: float | None = None
    """Stated by the author, in place of the derived one."""
    atol: float | None = None
    exact_integers: bool = True
    """Whole numbers are expected exactly; not so in values written in YAML, where 3 may be 3.0."""

    def bounds(self, dtypes: Iterable[str], largest: float) -> Bounds:
        """Bounds for one array, in the least precise of the dtypes met."""
        own = find_precision(self.dtype)
        met = min((own, *map(find_precision, dtypes)))
        rtol = met.slack * met.eps * math.sqrt(self.length)
        noise = NOISE * met.eps * math.sqrt(max(self.terms, self.length)) * self.magnitude
        atol = max(rtol * largest, noise, met.tiny)
        # What the author states is about the precision that the part computes in.
        if self.rtol is not None:
            rtol = self.rtol if met == own else max(rtol, self.rtol)
        if self.atol is not None:
            atol = self.atol if met == own else max(atol, self.atol)
        return Bounds(rtol, atol, met.largest * (1 - rtol))

    def in_single_precision(self) -> Closeness | None:
        """Bounds that tell a wrong formula from a right one computed in float32 along the way.

        None where float32 is good enough anyway, or where the author has stated how close a
        value must be. Sums are taken as short, so that the band of doubt stays below 1e-4.
        """
        if self.dtype != "float64" or self.rtol is not None or self.atol is not None:
            return None
        length, terms = min(self.length, 256), min(self.terms, 256)
        return replace(self, dtype="float32", length=length, terms=terms)

    def is_too_coarse(self, dtype: str, expected_dtype: str) -> bool:
        """Whether a dtype throws away digits that were asked for.

        float32 is let pass where float64 was given, judged at float32's own precision: it is
        what torch makes by default, and a wrong formula still shows. Half precision is not.
        """
        if dtype not in ("float16", "bfloat16"):
            return False
        wanted = min(find_precision(self.dtype), find_precision(expected_dtype))
        return find_precision(dtype) < wanted


def find_precision(dtype: str) -> Precision:
    """That of a floating or complex dtype; all others are judged as double."""
    return PRECISIONS.get(dtype, _DOUBLE)


def derive_closeness(
    part: FunctionPart, check: FunctionCheck, inputs: Mapping[str, Value]
) -> Closeness:
    """Closeness for one call, from what the function is given.

    Shapes   without `reduction`, the longest sum is taken to run along the longest axis; the
             slack for each √n leaves room for sums over all axes.
    """
    stated = check.tolerance or part.tolerance
    dtypes: list[str] = [part.dtype]
    lengths, terms = [1], [1]
    sizes: list[float] = []
    counts: list[float] = [0.0]
    for value in inputs.values():
        leaves = list(_leaves(value))
        terms.append(len(leaves))
        lengths.append(_longest(value))
        for leaf in leaves:
            if isinstance(leaf, ArrayValue):
                terms.append(leaf.entries.size)
                lengths += leaf.entries.shape
                dtypes.append(leaf.dtype)
                sizes += [_largest_in(leaf)] if leaf.entries.dtype.kind in "fc" else []
            elif isinstance(leaf, float | complex) and not isinstance(leaf, int):
                sizes.append(abs(leaf))
            elif isinstance(leaf, int):
                counts.append(min(abs(leaf), 2**1023))
    return Closeness(
        dtype=min(dtypes, key=find_precision),
        length=part.reduction or max(lengths),
        terms=part.reduction or max(terms),
        # Token ids and counts are no sizes, unless they are all there is.
        magnitude=max((size for size in sizes or counts if math.isfinite(size)), default=0.0),
        rtol=stated.rtol if stated else None,
        atol=stated.atol if stated else None,
        exact_integers=check.expect is None,
    )


def _longest(value: Value) -> int:
    """Length of the longest list within a value."""
    if not isinstance(value, list | tuple | dict):
        return 1
    members = value.values() if isinstance(value, dict) else value
    return max(len(value), *map(_longest, members), 1)


def _leaves(value: Value) -> Iterator[Value]:
    if isinstance(value, list | tuple | dict):
        for entry in value.values() if isinstance(value, dict) else value:
            yield from _leaves(entry)
    else:
        yield value


def _largest_in(array: ArrayValue) -> float:
    import numpy as np

    sizes = np.abs(array.entries.astype(np.complex128 if array.dtype[0] == "c" else np.float64))
    finite = sizes[np.isfinite(sizes)]
    return float(finite.max()) if finite.size else 0.0
