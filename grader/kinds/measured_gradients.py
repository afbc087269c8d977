"""The right answer as the gradient of a program: measured at points, in the reference's worker."""

from __future__ import annotations

from fractions import Fraction

from grader.errors import BrokenReference
from grader.kinds.protocol import Bench, Inputs
from grader.maths.arrays import Array
from grader.maths.evaluate import Point
from grader.maths.measured import draw_measuring_points, note_measured
from grader.maths.points import INTEGERS
from grader.spec.parts import ExpressionPart
from grader.values import ArrayValue, Value


def measure_gradient(part: ExpressionPart, part_id: str, bench: Bench) -> tuple[Point, ...]:
    """Points of the declared domains, each with the gradient there; numbers that overflow are
    left out.

    Errors   BrokenReference where the function cannot be called so, or has no gradient.
    """
    gradient = part.gradient
    assert gradient is not None
    assert gradient.function is not None
    points = draw_measuring_points(part.symbols, bench.seed)
    inputs = [_write_inputs(point) for point in points]
    values = bench.differentiate_reference(gradient.function, gradient.by, inputs)
    measured = []
    for point, value in zip(points, values, strict=True):
        entries = _read_entries(value, part_id)
        if entries is not None:
            measured.append(note_measured(point, entries))
    if not any(not point.is_small for point in measured):
        raise BrokenReference(f"{part_id}: the gradient is infinite wherever it was taken")
    return tuple(measured)


def _write_inputs(point: Point) -> Inputs:
    """Integers as int, all else in float64."""
    import numpy as np

    given: dict[str, Value] = {}
    for spelling, symbol in point.symbols.items():
        if symbol.shape:
            array = point.overrides[spelling]
            entries = np.array([float(one) for one in array.entries], dtype=np.float64)
            given[spelling] = ArrayValue(entries.reshape(array.shape), "float64", "tensor")
        elif spelling in point.values:
            value = point.values[spelling]
            given[spelling] = int(value) if symbol.domain in INTEGERS else float(value)
    return given


def _read_entries(value: Value, part_id: str) -> Array | Fraction | None:
    """What came back, exactly; None where it is not finite."""
    import numpy as np

    if not isinstance(value, ArrayValue):
        raise BrokenReference(f"{part_id}: the gradient is no array")
    entries = value.entries.astype(np.float64)
    if not np.isfinite(entries).all():
        return None
    exact = tuple(Fraction(one) for one in entries.ravel().tolist())
    return exact[0] if entries.ndim == 0 else Array(entries.shape, exact)
