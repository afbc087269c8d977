"""Values as Python text."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from grader.numerics.describing import describe_value, write_code
from grader.values import ArrayValue, FormulaText


def tensor(entries: Any, dtype: str = "float32") -> ArrayValue:
    return ArrayValue(np.array(entries, dtype), dtype, "tensor")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2, "2"),
        (1.0, "1.0"),
        (1 / 3, "0.333333"),
        (1e-20, "1e-20"),
        (float("nan"), "float('nan')"),
        (float("-inf"), "-float('inf')"),
        (1 + 2j, "complex(1.0, 2.0)"),
        (True, "True"),
        (None, "None"),
        ("a'b", '"a\'b"'),
        ([1, 2.5], "[1, 2.5]"),
        ((1,), "(1,)"),
        ({"a": [1]}, "{'a': [1]}"),
        (FormulaText("x**2"), "x**2"),
        (tensor([[1, 2.5]]), "torch.tensor([[1., 2.5]])"),
        (tensor([[1, 2.5]], "float64"), "torch.tensor([[1., 2.5]])"),
        (tensor([1, 2], "int64"), "torch.tensor([1, 2])"),
        (tensor([1, 2], "int32"), "torch.tensor([1, 2], dtype=torch.int32)"),
        (tensor([True], "bool"), "torch.tensor([True])"),
        (tensor(2.0), "torch.tensor(2.)"),
        (tensor([np.nan, -np.inf]), "torch.tensor([torch.nan, -torch.inf])"),
        (tensor(np.zeros((3, 4))), "torch.zeros((3, 4))"),
        (tensor(np.zeros((0, 4))), "torch.zeros((0, 4))"),
        (tensor(np.ones(9), "int64"), "torch.ones((9,), dtype=torch.int64)"),
        (ArrayValue(np.array([0.1]), "float64", "array"), "np.array([0.1])"),
        (ArrayValue(np.float32(0.5), "float32", "scalar"), "np.float32(0.5)"),
    ],
)  # fmt: skip
def test_values_as_text(value: Any, text: str) -> None:
    assert describe_value(value) == text


def test_exact_text_keeps_every_digit_and_the_dtype() -> None:
    assert describe_value(1 / 3, exact=True) == "0.3333333333333333"
    assert describe_value(tensor([0.1]), exact=True) == "torch.tensor([0.1])"
    assert (
        describe_value(tensor([0.1], "float64"), exact=True)
        == "torch.tensor([0.1], dtype=torch.float64)"
    )


def test_long_text_is_cut_and_says_so() -> None:
    text = describe_value(list(range(10_000)))

    assert len(text) <= 400
    assert text.endswith("…")


def test_a_large_array_is_named_by_its_shape() -> None:
    text = describe_value(tensor(np.arange(1000.0).reshape(10, 100)))

    assert text == "a tensor of shape (10, 100) that starts with 0., 1., 2., …"


def test_a_huge_integer_is_never_written_out() -> None:
    assert describe_value(-(10**1000)) == "-(an integer of about 1001 digits …)"


@pytest.mark.parametrize(
    "value",
    [list(range(1000)), tensor(np.arange(1000.0)), "x" * 1000, dict.fromkeys(range(300), 0)],
)
def test_code_that_would_be_too_long_is_not_written(value: Any) -> None:
    assert write_code(value) is None


def test_code_for_a_large_array_of_zeros_is_short() -> None:
    assert write_code(tensor(np.zeros((64, 64)))) == "torch.zeros((64, 64))"
