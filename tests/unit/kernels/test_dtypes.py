"""The rules for types, held to Numba's own typing context for CUDA, which needs no GPU."""

from __future__ import annotations

import ast
import itertools
import operator
from typing import Any

import numpy as np
import pytest

from grader.kernels.dtypes import NAMES, type_binary, type_unary

WORDS = (
    "boolean",
    "int8",
    "uint8",
    "int16",
    "uint16",
    "int32",
    "uint32",
    "int64",
    "uint64",
    "float16",
    "float32",
    "float64",
)
OPERATORS = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
    ast.Div: operator.truediv, ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod,
    ast.LShift: operator.lshift, ast.BitAnd: operator.and_,
}  # fmt: skip


@pytest.fixture(scope="module")
def numba_types() -> Any:
    from numba import types
    from numba.cuda.target import CUDATypingContext

    context = CUDATypingContext()
    context.refresh()

    def resolve(function: Any, *words: str) -> str | None:
        try:
            found = context.resolve_function_type(
                function, tuple(getattr(types, word) for word in words), {}
            )
        except Exception:
            return None
        return str(found.return_type)

    return resolve


@pytest.mark.parametrize("node", OPERATORS, ids=lambda node: node.__name__)
def test_binary_operators_give_the_types_numba_gives(node: Any, numba_types: Any) -> None:
    for left, right in itertools.product(WORDS, WORDS):
        mine = type_binary(node(), NAMES[left], NAMES[right])
        wanted = numba_types(OPERATORS[node], left, right)
        assert (mine.name if mine else None) == wanted, (left, right)


def test_powers_give_the_types_numba_gives(numba_types: Any) -> None:
    # Numba has a special case for a truth value to an unsigned power, which nobody writes.
    words = [word for word in WORDS if word != "boolean"]
    for left, right in itertools.product(words, words):
        mine = type_binary(ast.Pow(), NAMES[left], NAMES[right])
        assert mine is not None
        assert mine.name == numba_types(operator.pow, left, right), (left, right)


@pytest.mark.parametrize(
    ("node", "function"),
    [(ast.USub, operator.neg), (ast.Invert, operator.invert), (ast.Not, operator.not_)],
)
def test_unary_operators_give_the_types_numba_gives(
    node: Any, function: Any, numba_types: Any
) -> None:
    for word in WORDS:
        mine = type_unary(node(), NAMES[word])
        assert (mine.name if mine else None) == numba_types(function, word), word


def test_a_literal_beyond_int64_is_unsigned() -> None:
    from grader.kernels.dtypes import type_literal

    assert type_literal(2**63) == np.uint64
    assert type_literal(2**63 - 1) == np.int64
    assert type_literal(0.5) == np.float64
