"""Bounds follow from precision, length and sizes, and let honest rounding pass."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from grader.numerics.comparing import compare_values
from grader.numerics.tolerances import Closeness, derive_closeness
from grader.spec.parts import FunctionPart
from grader.values import ArrayValue

EPS = 2.0**-52


def closeness(
    inputs: dict[str, Any], check: dict[str, Any] | None = None, **part: Any
) -> Closeness:
    model = FunctionPart.model_validate(
        {
            "kind": "function",
            "signature": f"f({', '.join(inputs)})",
            "arrays": "torch",
            "checks": [{"name": "a check", **(check or {})}],
        }
        | part
    )
    return derive_closeness(model, model.checks[0], inputs)


def array(entries: Any, dtype: str = "float64") -> ArrayValue:
    return ArrayValue(np.array(entries, dtype), dtype, "tensor")


def test_length_is_that_of_the_longest_axis_unless_the_author_says_it() -> None:
    inputs = {"x": array(np.ones((4, 5))), "W": array(np.ones(3)), "k": [[1.0] * 7]}

    derived, stated = closeness(inputs), closeness(inputs, reduction=6)

    assert (derived.length, derived.terms) == (7, 20)
    assert (stated.length, stated.terms) == (6, 6)


def test_magnitude_is_that_of_the_largest_float_not_of_indices() -> None:
    tokens = array([50_000], "int64")

    assert closeness({"x": array([1.0, -3.0]), "t": tokens, "n": 10**6}).magnitude == 3.0
    assert closeness({"t": tokens, "n": 12}).magnitude == 12
    assert closeness({"x": array([np.inf, 2.0, np.nan])}).magnitude == 2.0
    assert closeness({"x": 10**400}).magnitude > 1e300


def test_the_coarsest_input_decides_the_precision() -> None:
    single = array([1.0], "float32")

    assert closeness({"x": array([1.0])}).dtype == "float64"
    assert closeness({"x": single}).dtype == "float32"
    assert closeness({"x": array([1.0])}, dtype="float32").dtype == "float32"
    assert closeness({"x": single, "y": array([1.0], "float16")}).dtype == "float16"


def test_a_stated_tolerance_replaces_the_derived_one_and_leaves_the_rest() -> None:
    stated = {"rtol": 0.5, "why": "rounded by hand"}

    of_part = closeness({"x": 1.0}, tolerance=stated)
    of_check = closeness({"x": 1.0}, {"tolerance": {"atol": 0.25, "why": "two digits"}})

    assert of_part.bounds((), 8.0)[0] == 0.5
    assert of_part.bounds((), 8.0)[1] == Closeness(magnitude=1.0).bounds((), 8.0)[1]
    assert of_check.bounds((), 8.0)[1] == 0.25


def test_a_checks_own_tolerance_comes_before_the_parts() -> None:
    found = closeness(
        {"x": 1.0},
        {"tolerance": {"rtol": 0.1, "atol": 0.0, "why": "coarse here"}},
        tolerance={"rtol": 0.2, "atol": 0.0, "why": "coarse"},
    )

    assert found.bounds((), 1.0)[:2] == (0.1, 0.0)


@pytest.mark.parametrize("length", [1, 10, 1000, 100_000])
def test_a_sum_taken_one_by_one_in_single_precision_passes(length: int) -> None:
    source = np.random.default_rng(length)
    for _ in range(20):
        x = source.standard_normal(length).astype(np.float32)
        total = np.cumsum(x, dtype=np.float32)[-1]
        exact = float(x.astype(np.float64).sum())

        found = compare_values(
            array([total], "float32"), exact_value(exact), closeness({"x": array(x, "float32")})
        )

        assert found is None


def exact_value(number: float) -> ArrayValue:
    return array([number])


@pytest.mark.parametrize("size", [2, 16, 64])
def test_a_product_of_single_precision_matrices_passes_and_one_wrong_entry_does_not(
    size: int,
) -> None:
    source = np.random.default_rng(size)
    a, b = (source.standard_normal((size, size)).astype(np.float32) for _ in range(2))
    exact = a.astype(np.float64) @ b.astype(np.float64)
    near = closeness({"a": array(a, "float32"), "b": array(b, "float32")}, dtype="float32")
    wrong = exact.copy()
    wrong[0, 0] -= float(a[0, 0]) * float(b[0, 0]) * 0.01

    assert compare_values(array(a @ b, "float32"), array(exact), near) is None
    assert compare_values(array(wrong), array(exact), near) is not None


def test_a_less_stable_formula_passes_in_double_precision() -> None:
    x = np.random.default_rng(0).standard_normal(200) + 30
    in_one_pass = (x * x).mean() - x.mean() ** 2

    assert compare_values(array(in_one_pass), array(x.var()), closeness({"x": array(x)})) is None


def test_a_forgotten_epsilon_of_a_normalisation_is_found_in_double_precision() -> None:
    x = np.random.default_rng(0).standard_normal((4, 8))
    spread = x.var(axis=1, keepdims=True)
    right, without = x / np.sqrt(spread + 1e-5), x / np.sqrt(spread)

    assert compare_values(array(without), array(right), closeness({"x": array(x)})) is not None


def test_rounding_where_zero_is_expected_passes() -> None:
    x = np.random.default_rng(0).standard_normal(50)

    found = compare_values((x - x.mean()).sum().item(), 0.0, closeness({"x": array(x)}))

    assert found is None


def test_single_precision_returned_loosens_what_the_author_stated() -> None:
    tight = Closeness(rtol=1e-12, atol=0.0)

    assert tight.bounds(("float64",), 1.0)[:2] == (1e-12, 0.0)
    assert tight.bounds(("float32",), 1.0)[0] > 1e-6


def test_double_precision_for_single_inputs_is_judged_as_single() -> None:
    loose = Closeness(dtype="float32")

    assert loose.bounds(("float64",), 1.0) == loose.bounds(("float32",), 1.0)
    assert loose.bounds((), 1.0)[0] > 1e9 * EPS
