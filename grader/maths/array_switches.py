"""Entries of arrays moved onto the surfaces where something switches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from grader.maths.arrays import Array, Identity, Ones, Repeated
from grader.maths.evaluate import Evaluation, Point, evaluate
from grader.maths.points import is_in_domain
from grader.maths.scalars import Arithmetic, OutOfRange, Undefined
from grader.maths.surfaces import Surface
from grader.maths.tree import free_names

MOST_ARRAYS = 2
FAR = 4
"""Random entries lie on both sides of what is nearer to 0 than this."""


def array_roots(surface: Surface, base: Point) -> Iterator[tuple[bool, Point]]:
    """Points where one entry makes the expression 0 or two of its entries tie.

    Each with whether it lies on the surface; those that do not lie far beyond it.
    """
    names = sorted(free_names(surface.expression) & base.symbols.keys())
    arrays = [one for one in names if base.symbols[one].shape]
    for spelling in arrays[:MOST_ARRAYS]:
        symbol = base.symbols[spelling]
        if symbol.layout != "free":
            continue
        for index, root in _roots_of(surface, spelling, base):
            places = [(True, root)]
            if abs(root) > FAR:
                places += [(False, root + abs(root) / 3), (False, root - abs(root) / 3)]
            for is_on, place in places:
                if is_in_domain(symbol, place):
                    yield is_on, _with_entry(spelling, index, place, base)


def _roots_of(surface: Surface, spelling: str, base: Point) -> Iterator[tuple[int, Fraction]]:
    """Entries of one array, with the value at which something of the surface switches."""
    from grader.maths.lookups import whole_array

    try:
        drawn = whole_array(spelling, base.symbols[spelling], Evaluation(base, Arithmetic()))
        here = _gaps(surface, base, None)
    except (Undefined, OutOfRange, ValueError):
        return
    last = len(drawn.entries) - 1
    for index in dict.fromkeys((0, last)) if surface.meaning == "zero" else range(last + 1):
        found = _line(surface, spelling, index, base, here[1])
        if found is not None:
            yield index, found
            if surface.meaning != "zero":
                return


def _line(
    surface: Surface, spelling: str, index: int, base: Point, rank: tuple[int, int]
) -> Fraction | None:
    """The value of an entry where the first part of the surface that it moves vanishes."""
    seen: list[list[Fraction]] = []
    for probe in (Fraction(0), Fraction(1), Fraction(3)):
        try:
            seen.append(_gaps(surface, _with_entry(spelling, index, probe, base), rank)[0])
        except (Undefined, OutOfRange):
            return None
    for first, second, third in zip(*seen, strict=True):
        if not all(isinstance(one, Fraction) for one in (first, second, third)):
            continue
        slope = second - first
        if slope != 0 and third == first + 3 * slope:
            return Fraction(-first / slope)
    return None


def _gaps(
    surface: Surface, point: Point, rank: tuple[int, int] | None
) -> tuple[list[Fraction], tuple[int, int]]:
    """What vanishes where the surface is met, and which entries lead, the largest first."""
    entries: list[Fraction]
    value = evaluate(surface.expression, point)
    if isinstance(value, Identity | Ones | Repeated):
        raise Undefined("an array of unknown size")
    entries = list(value.entries) if isinstance(value, Array) else [value]
    if surface.meaning == "whole":
        return [one - 1 for one in entries], (0, 0)
    if surface.meaning == "zero":
        return entries, (0, 0)
    if len(entries) < 2:
        raise Undefined("one entry ties with nothing")
    if rank is None:
        order = sorted(range(len(entries)), key=lambda one: -entries[one])
        rank = (order[0], order[1])
    return [entries[rank[0]] - entries[rank[1]]], rank


def _with_entry(spelling: str, index: int, value: Fraction, base: Point) -> Point:
    from grader.maths.lookups import whole_array

    drawn = whole_array(spelling, base.symbols[spelling], Evaluation(base, Arithmetic()))
    entries = (*drawn.entries[:index], value, *drawn.entries[index + 1 :])
    given = {**base.overrides, spelling: Array(drawn.shape, entries, drawn.is_flat)}
    return replace(base, overrides=given, arrays={})


def shrink_arrays(point: Point) -> Point:
    """The point with all entries of arrays near 0, where they may be."""
    from grader.maths.lookups import whole_array

    given = dict(point.overrides)
    for spelling, symbol in point.symbols.items():
        if symbol.shape and symbol.layout == "free":
            drawn = whole_array(spelling, symbol, Evaluation(point, Arithmetic()))
            entries = tuple(one / SHRUNK for one in drawn.entries)
            if all(is_in_domain(symbol, one) for one in entries):
                given[spelling] = Array(drawn.shape, entries, drawn.is_flat)
    return replace(point, overrides=given, arrays={})


SHRUNK = 64
