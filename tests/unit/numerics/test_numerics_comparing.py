"""Comparing values: every way of being wrong is found, and right answers in any form pass."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from grader.numerics.comparing import compare_values
from grader.numerics.differences import Difference
from grader.numerics.tolerances import Closeness
from grader.values import ArrayValue, FormulaText, Value

DOUBLE = Closeness(length=6, magnitude=3.0)
SINGLE = Closeness(dtype="float32", length=6, magnitude=3.0)

X = np.array([[0.5, -1.25, 2.0], [3.0, 0.0, -0.75]])


def tensor(entries: Any, dtype: str = "float64", **more: Any) -> ArrayValue:
    return ArrayValue(np.array(entries, dtype=dtype), dtype, "tensor", **more)


def compare(saw: Value, expected: Value, closeness: Closeness = DOUBLE, **more: Any) -> Any:
    return compare_values(saw, expected, closeness, **more)


def kind_of(difference: Difference | None) -> str | None:
    return difference.kind if difference else None


MUTANTS = [
    ("wrong axis", X.T, "shape"),
    ("wrong axis, square", np.flip(X, 1), "value"),
    ("wrong sign", -X, "value"),
    ("one wrong sign", np.where(X == 3, -X, X), "value"),
    ("column against row", X[:, :1], "shape"),
    ("an axis too many", X[None], "shape"),
    ("flattened", X.reshape(-1), "shape"),
    ("half precision", X.astype(np.float16), "dtype"),
    ("rounded to whole numbers", np.round(X), "value"),
    ("one entry of a thousandth", X + 1e-3 * (X == 0), "value"),
    ("a factor of 1.000001", X * 1.000001, "value"),
    ("nan", np.where(X == 3, math.nan, X), "nan"),
    ("all nan", np.full_like(X, math.nan), "nan"),
    ("inf", np.where(X == 3, math.inf, X), "nan"),
    ("booleans", X > 0, "dtype"),
    ("zeros", np.zeros_like(X), "value"),
    ("empty", np.zeros((0, 3)), "shape"),
]


@pytest.mark.parametrize(
    ("saw", "kind"), [mutant[1:] for mutant in MUTANTS], ids=[m[0] for m in MUTANTS]
)
def test_a_mutant_is_found(saw: Any, kind: str) -> None:
    found = compare(tensor(saw, saw.dtype.name), tensor(X))

    assert kind_of(found) == kind


@pytest.mark.parametrize(
    "saw",
    [
        tensor(X),
        tensor(np.nextafter(X, 9)),
        tensor(X.astype(np.float32), "float32"),
        tensor(X + 0j, "complex128"),
        ArrayValue(X, "float64", "array"),
        tensor(X, subclass="Masked"),
        X.tolist(),
        tuple(map(tuple, X.tolist())),
        [tensor(row) for row in X],
        tensor(np.where(X == 0, -0.0, X)),
    ],
    ids=[
        "itself", "one ulp", "single", "complex", "numpy", "subclass", "lists", "tuples",
        "a list of rows", "minus zero",
    ],
)  # fmt: skip
def test_right_entries_in_another_form_pass(saw: Value) -> None:
    assert compare(saw, tensor(X)) is None


def test_a_column_is_never_broadcast_against_a_row() -> None:
    column, row = np.ones((3, 1)), np.ones(3)

    found = compare(tensor(column), tensor(row))

    assert found.kind == "shape"
    assert (found.saw, found.expected) == ("shape (3, 1)", "shape (3,)")
    assert "length 1" in found.advice


@pytest.mark.parametrize(
    ("saw", "expected", "kind"),
    [
        (1.0, 1.0, None),
        (1, 1.0, None),
        (tensor(1.0), 1.0, None),
        (ArrayValue(np.array(1.0), "float64", "scalar"), 1.0, None),
        (1.0, tensor(1.0), None),
        ([1.0], 1.0, "shape"),
        (tensor([1.0]), 1.0, "shape"),
        (1.0, tensor([1.0]), "shape"),
        (1.0 + 0j, 1.0, None),
        (1.0 + 1e-3j, 1.0, "value"),
        (1.0, 1.0 + 1e-3j, "value"),
        (2, 3, "value"),
        (3.0, 3, None),
        (3.0000000001, 3, "value"),
        (True, 1, "dtype"),
        (1, True, "dtype"),
        (True, True, None),
        (True, False, "value"),
        (tensor([True, False], "bool"), [True, False], None),
        (tensor([1, 0], "int64"), tensor([True, False], "bool"), "dtype"),
        (10**40 + 1, 10**40, "value"),
        (10**40, 10**40, None),
        (2**53 + 1, 2**53, "value"),
        (float(2**53), 2**53 + 1, "value"),
        (10**400, 1.0, "nan"),
        (None, 1.0, "type"),
        (None, None, None),
        (0, None, "type"),
        ("relu", "relu", None),
        ("ReLU", "relu", "value"),
        ("1.0", 1.0, "type"),
        (1.0, "1.0", "type"),
        (FormulaText("x"), 1.0, "type"),
        ({"a": 1}, {"a": 1}, None),
        ({"a": 2}, {"a": 1}, "value"),
        ({"b": 1}, {"a": 1}, "structure"),
        ({"a": 1, "b": 2}, {"a": 1}, "structure"),
        ({1: 0}, {True: 0}, "structure"),
        ([1], {"a": 1}, "type"),
        ((1, 2), (1, 2), None),
        ([1, 2], (1, 2), None),
        (tensor([1, 2]), (1, 2), None),
        ((1, 2, 3), (1, 2), "structure"),
        (1, (1, 2), "type"),
        (["a", "b"], ["a", "b"], None),
        (["a"], ["a", "b"], "structure"),
        ([[1], [2, 3]], [[1], [2, 3]], None),
        ([[1], [2, 4]], [[1], [2, 3]], "value"),
        ([[1], [2, 3]], tensor(X), "type"),
        ([], [], None),
        ([], tensor(np.zeros(0)), None),
        (tensor(np.zeros((0, 3))), tensor(np.zeros((0, 3))), None),
        (tensor(np.zeros((0, 3))), tensor(np.zeros((3, 0))), "shape"),
        ((), (), None),
    ],
)  # fmt: skip
def test_kinds_of_value(saw: Value, expected: Value, kind: str | None) -> None:
    assert kind_of(compare(saw, expected)) == kind


@pytest.mark.parametrize(
    ("saw", "expected", "right"),
    [
        (math.nan, math.nan, True),
        (math.nan, 0.0, False),
        (0.0, math.nan, False),
        (math.inf, math.inf, True),
        (-math.inf, math.inf, False),
        (math.inf, 1.7e308, False),
        (1.7e308, math.inf, False),
        (math.nan, math.inf, False),
        (complex(math.nan, 0), math.nan, True),
        (complex(math.inf, 1), complex(math.inf, 2), False),
        (complex(0, math.inf), complex(math.inf, 0), False),
        (-1.7e308, 1.7e308, False),
        (1.7e308, 1.7e308, True),
        (5e-324, 0.0, True),
        (0.0, 5e-324, True),
        (1e-200, 2e-200, False),
        (-0.0, 0.0, True),
    ],
)
def test_extreme_numbers_alone_and_in_arrays(saw: Any, expected: Any, right: bool) -> None:
    exact = Closeness(length=1, magnitude=0.0)
    dtype = "complex128" if isinstance(saw, complex) else "float64"
    kind = "complex128" if isinstance(expected, complex) else "float64"

    alone = compare(saw, expected, exact)
    inside = compare(tensor([saw], dtype), tensor([expected], kind), exact)

    assert (alone is None, inside is None) == (right, right)


@pytest.mark.parametrize(("saw", "right"), [(3.0, False), (2.8, True), (1.0, True), (0.9, False)])
def test_the_relative_bound_is_that_of_the_expected_number(saw: float, right: bool) -> None:
    half = Closeness(rtol=0.5, atol=0.0)

    alone = compare(saw, 1.9, half)
    inside = compare(tensor([saw]), tensor([1.9]), half)

    assert (alone is None, inside is None) == (right, right)


def test_infinities_on_both_sides_never_cancel() -> None:
    expected = tensor([math.inf, 1.0])

    assert compare(tensor([math.inf, 1.0]), expected) is None
    assert compare(tensor([math.inf, 2.0]), expected).where == "[1]"
    assert compare(tensor([1.0, 1.0]), expected).where == "[0]"


def test_whole_numbers_in_arrays_are_exact() -> None:
    big = tensor([2**60], "int64")

    assert compare(tensor([2**60], "int64"), big) is None
    assert kind_of(compare(tensor([2**60 + 1], "int64"), big)) == "value"
    assert kind_of(compare(tensor([float(2**60)]), tensor([2**60 + 1], "int64"))) == "value"
    assert compare(tensor([3.0, 4.0]), tensor([3, 4], "int64")) is None
    assert kind_of(compare(tensor([3.0, 4.5]), tensor([3, 4], "int64"))) == "value"
    assert compare(tensor([3, 4], "uint8"), tensor([3, 4], "int64")) is None
    assert compare(tensor([3], "float16"), tensor([3], "int64")) is None


def test_subtraction_of_unsigned_numbers_does_not_wrap() -> None:
    found = compare(tensor([0], "uint8"), tensor([255.0]))

    assert found.largest_error == 255


def test_whole_numbers_written_in_yaml_may_be_met_by_floats() -> None:
    written = Closeness(exact_integers=False)

    assert compare(2.9999999999999996, 3, written) is None
    assert kind_of(compare(2.99, 3, written)) == "value"
    assert kind_of(compare(10**12 + 1, 10**12, written)) == "value"


def test_huge_cancellation_is_judged_at_the_size_of_the_inputs() -> None:
    closeness = Closeness(length=1000, magnitude=1e8)

    assert compare(1e-8, 0.0, closeness) is None
    assert kind_of(compare(1e-3, 0.0, closeness)) == "value"


def test_single_precision_is_judged_at_its_own_precision() -> None:
    third = np.float32(1) / np.float32(3)

    assert compare(tensor([third], "float32"), tensor([1 / 3])) is None
    assert kind_of(compare(tensor([third * 1.001], "float32"), tensor([1 / 3]))) == "value"


def test_single_precision_passes_though_the_author_asked_for_more() -> None:
    stated = Closeness(rtol=1e-12, atol=0.0)

    assert compare(tensor([1 / 3], "float32"), tensor([1 / 3]), stated) is None
    assert kind_of(compare(tensor([1 / 3 + 1e-9]), tensor([1 / 3]), stated)) == "value"


def test_half_precision_is_refused_unless_the_part_computes_in_it() -> None:
    half = ArrayValue(np.array([0.333], np.float32), "bfloat16", "tensor")
    within = Closeness(dtype="float16")

    assert kind_of(compare(half, tensor([1 / 3]), SINGLE)) == "dtype"
    assert compare(tensor([1 / 3], "float16"), tensor([1 / 3]), within) is None


def test_double_precision_off_by_single_rounding_leaves_a_doubt() -> None:
    rounded = tensor(X.astype(np.float32).astype(np.float64) * (1 + 1e-7))

    found = compare(rounded, tensor(X))

    assert "float32" in found.doubt
    assert "float32" in found.advice
    assert not compare(tensor(X * 1.001), tensor(X)).doubt
    assert not compare(rounded, tensor(X), Closeness(rtol=1e-9, atol=0.0)).doubt


def test_flat_entries_pass_where_the_part_accepts_them() -> None:
    flat = tensor(X.reshape(-1))

    assert compare(flat, tensor(X), accept_flat=True) is None
    assert kind_of(compare(flat, tensor(X))) == "shape"
    assert kind_of(compare(tensor(X.T.reshape(-1)), tensor(X), accept_flat=True)) == "value"
    assert kind_of(compare(tensor(X[:1]), tensor(X), accept_flat=True)) == "shape"


def test_a_difference_says_where_how_many_and_how_much() -> None:
    saw = X.copy()
    saw[0, 2], saw[1, 1] = -2.0, 0.5

    found = compare((1.0, {"W": tensor(saw)}), (1.0, {"W": tensor(X)}))

    assert found.where == "[1]['W'][0, 2]"
    assert (found.saw, found.expected) == ("-2.0", "2.0")
    assert (found.wrong, found.entries, found.share_wrong) == (2, 6, 1 / 3)
    assert found.largest_error == 4.0
    assert found.seen == "-2.0 at [1]['W'][0, 2]; 2 of 6 entries are wrong"
    assert found.sentence == "at [1]['W'][0, 2]: -2.0, expected 2.0"


def test_a_whole_number_but_for_rounding_leaves_a_doubt() -> None:
    assert "integer" in compare(3.0000000000000004, 3).doubt
    assert not compare(3.1, 3).doubt
    assert not compare(4, 3).doubt


def test_formulas_in_another_form_leave_a_doubt() -> None:
    assert compare(FormulaText("x + 1"), FormulaText("x + 1")) is None
    assert compare(FormulaText("1 + x"), FormulaText("x + 1")).doubt


def test_a_plain_difference_comes_before_a_doubtful_one() -> None:
    found = compare((3.0000000000000004, 2.0), (3, 1.0))

    assert (found.where, found.doubt) == ("[1]", "")


def test_an_infinity_is_right_where_the_precision_ends() -> None:
    single, exact = Closeness(dtype="float32"), tensor([1e39, -1e39, 1.0])

    assert compare(tensor([math.inf, -math.inf, 1.0], "float32"), exact, single) is None
    assert compare([math.inf, -math.inf, 1.0], exact, single) is None
    assert kind_of(compare(tensor([math.inf, math.inf, 1.0], "float32"), exact, single)) == "nan"
    assert kind_of(compare(tensor([math.inf, -math.inf, 1.0]), exact)) == "nan"


def test_single_precision_complex_numbers_are_judged_as_such() -> None:
    exact = tensor([1 / 3 + 1j / 3], "complex128")

    assert compare(tensor([1 / 3 + 1j / 3], "complex64"), exact) is None
    assert kind_of(compare(tensor([1 / 3 - 1j / 3], "complex64"), exact)) == "value"


def test_results_of_a_tuple_are_judged_each_at_its_own_size() -> None:
    single = Closeness(dtype="float32", magnitude=1e-3)

    assert compare((1e6, 2e-6), (1e6, 1e-6), single).where == "[1]"
    assert compare([1e6, 2e-6], [1e6, 1e-6], single) is None


def test_rows_of_an_array_stand_for_the_members_of_a_tuple() -> None:
    expected = (tensor([1.0, 2.0]), tensor([3.0, 4.0]))

    assert compare(tensor([[1.0, 2.0], [3.0, 4.0]]), expected) is None
    assert compare(tensor([[1.0, 2.0], [3.0, 5.0]]), expected).where == "[1][1]"


def test_nothing_returned_points_to_the_missing_return() -> None:
    assert "return" in compare(None, tensor(X)).advice


def test_long_text_and_large_values_are_cut_in_messages() -> None:
    found = compare("a" * 60000, "b")
    large = compare({str(i): i for i in range(5000)}, {"a": 1})

    assert len(found.saw) < 500
    assert len(large.saw) < 500
