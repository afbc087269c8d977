"""What must hold for any value: itself is right, a change is found, nothing ever raises."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from grader.numerics.comparing import compare_values
from grader.numerics.describing import LIMIT, describe_value, write_code
from grader.numerics.diagnosing import diagnose
from grader.numerics.tolerances import Closeness
from grader.values import ArrayValue, FormulaText

CLOSENESS = Closeness(length=4, magnitude=1.0)

DTYPES = st.sampled_from(
    ["bool", "int8", "uint8", "int64", "float16", "float32", "float64", "complex64", "complex128"]
)
SHAPES = arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)
ARRAYS = st.builds(
    lambda entries, family: ArrayValue(entries, entries.dtype.name, family),
    DTYPES.flatmap(lambda dtype: arrays.arrays(dtype, SHAPES)),
    st.sampled_from(["tensor", "array"]),
)
NUMBERS = st.one_of(st.booleans(), st.integers(), st.floats(), st.complex_numbers())
VALUES: Any = st.recursive(
    st.one_of(st.none(), NUMBERS, st.text(), ARRAYS, st.builds(FormulaText, st.just("x + 1"))),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.text(max_size=3), inner, max_size=3),
    ),
    max_leaves=8,
)
FINITE = arrays.arrays(
    "float64",
    arrays.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=4),
    elements=st.floats(-1e6, 1e6),
)


def is_refused(value: Any) -> bool:
    """Half precision is refused on purpose, even beside itself."""
    if isinstance(value, list | tuple | dict):
        return any(map(is_refused, value.values() if isinstance(value, dict) else value))
    return isinstance(value, ArrayValue) and value.dtype == "float16"


@given(VALUES)
def test_every_value_is_itself(value: Any) -> None:
    if not is_refused(value):
        assert compare_values(value, value, CLOSENESS) is None


@given(VALUES, VALUES)
@settings(max_examples=300)
def test_no_pair_of_values_raises(saw: Any, expected: Any) -> None:
    found = compare_values(saw, expected, CLOSENESS)

    if found is not None:
        assert 0 < found.wrong <= max(found.entries, 1)
        assert len(found.sentence) + len(found.seen) < 2000
    assert isinstance(diagnose(saw, expected, CLOSENESS), str)


@given(FINITE, st.data())
def test_any_entry_moved_beyond_the_bounds_is_found(entries: Any, data: Any) -> None:
    place = data.draw(st.integers(0, entries.size - 1))
    rtol, atol, _ = CLOSENESS.bounds((), float(np.abs(entries).max()))
    moved = entries.copy().reshape(-1)
    factor = data.draw(st.sampled_from([-1.01, 1.01, 3.0, 1e9]))
    moved[place] += factor * (atol + rtol * abs(moved[place]))

    found = compare_values(
        ArrayValue(moved.reshape(entries.shape), "float64", "tensor"),
        ArrayValue(entries, "float64", "tensor"),
        CLOSENESS,
    )

    assert found is not None
    assert found.wrong == 1
    assert found.where == str([int(i) for i in np.unravel_index(place, entries.shape)])


@given(FINITE, st.data())
def test_entries_moved_within_the_bounds_pass(entries: Any, data: Any) -> None:
    rtol, atol, _ = CLOSENESS.bounds((), float(np.abs(entries).max()))
    shares = data.draw(arrays.arrays("float64", entries.shape, elements=st.floats(-0.99, 0.99)))
    moved = entries + shares * (atol + rtol * np.abs(entries))

    assert (
        compare_values(
            ArrayValue(moved, "float64", "array"),
            ArrayValue(entries, "float64", "array"),
            CLOSENESS,
        )
        is None
    )


@given(ARRAYS, ARRAYS)
def test_arrays_and_lists_are_judged_alike(saw: ArrayValue, expected: ArrayValue) -> None:
    if "16" in saw.dtype + expected.dtype or "32" in saw.dtype + expected.dtype:
        return
    if "64" in (saw.dtype, expected.dtype) or saw.dtype == "complex64":
        return
    if saw.entries.size == 0 or expected.entries.size == 0 or expected.dtype == "complex64":
        return

    as_arrays = compare_values(saw, expected, CLOSENESS)
    as_lists = compare_values(saw.entries.tolist(), expected.entries.tolist(), CLOSENESS)

    assert (as_arrays is None) == (as_lists is None)
    if as_arrays and as_lists:
        assert (as_arrays.kind, as_arrays.where, as_arrays.wrong) == (
            as_lists.kind,
            as_lists.where,
            as_lists.wrong,
        )


@given(VALUES)
def test_descriptions_are_bounded(value: Any) -> None:
    assert len(describe_value(value)) <= LIMIT
    assert len(describe_value(value, exact=True)) <= LIMIT


@given(
    st.recursive(
        st.one_of(NUMBERS, st.text(max_size=20), st.none()),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
        max_leaves=6,
    )
)
def test_code_makes_the_same_value_again(value: Any) -> None:
    code = write_code(value)

    if code is not None:
        # The text is this test's own, from values that Hypothesis made.
        again = eval(code, {"__builtins__": {"float": float, "complex": complex}})
        assert compare_values(again, value, Closeness(rtol=0.0, atol=0.0)) is None


@given(ARRAYS)
def test_code_makes_the_same_array_again(value: ArrayValue) -> None:
    array = ArrayValue(value.entries, value.dtype, "array")
    code = write_code(array)

    if code is not None:
        again = eval(code, {"np": np, "float": float, "complex": complex})
        assert again.dtype.name == array.dtype
        assert again.shape == array.entries.shape
        assert np.array_equal(again, array.entries, equal_nan=again.dtype.kind in "fc")


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(1, 10**6))
def test_bounds_grow_with_length_and_never_vanish(largest: float, length: int) -> None:
    short = Closeness().bounds((), abs(largest))
    long = Closeness(length=length).bounds((), abs(largest))

    assert 0 < short[0] <= long[0] < 1e-5
    assert 0 < short[1] <= long[1]
    assert math.isfinite(long[1])
