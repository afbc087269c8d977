"""Counterexamples get smaller and simpler, stay within what the author draws, and stay failing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from grader.numerics.draws import draw_inputs
from grader.numerics.shrinking import MOST_CALLS, Shrunk, shrink
from grader.spec.parts import FunctionPart


def a_part(inputs: dict[str, Any], sizes: dict[str, int]) -> Any:
    return FunctionPart.model_validate(
        {
            "kind": "function",
            "arrays": "torch",
            "signature": f"f({', '.join(inputs)})",
            "sizes": sizes,
            "checks": [{"name": "a check", "with": inputs}],
        }
    )


def run(part: Any, fails: Callable[[dict[str, Any]], bool]) -> tuple[dict[str, Any], int]:
    """The inputs found, and how many were tried."""
    tried = 0
    check = part.checks[0]

    def try_all(candidates: Any) -> list[bool | None]:
        nonlocal tried
        tried += len(candidates)
        return [True if fails(inputs) else None for inputs in candidates]

    start = Shrunk(inputs=draw_inputs(part, check, 1), failure=True)
    return dict(shrink(part, check, 1, 0, start, try_all).inputs), tried


def test_sizes_shrink_before_numbers() -> None:
    part = a_part({"x": {"draw": "normal", "shape": ["n", "m"]}}, {"n": 9, "m": 12})

    found, _ = run(part, lambda inputs: inputs["x"].entries.shape[1] >= 2)

    assert found["x"].entries.shape == (1, 2)
    assert found["x"].entries.tolist() == [[0, 0]]


def test_numbers_become_simple_where_zeros_and_ones_pass() -> None:
    part = a_part({"x": {"draw": "normal", "shape": ["n"]}}, {"n": 3})

    found, _ = run(part, lambda inputs: len(set(inputs["x"].entries.tolist())) == 3)

    assert found["x"].entries.tolist() == [1, 2, 3]


def test_each_input_is_simplified_where_all_together_cannot_be() -> None:
    part = a_part(
        {"x": {"draw": "normal", "shape": [2]}, "y": {"draw": "normal", "shape": [2]}}, {}
    )
    original = draw_inputs(part, part.checks[0], 1)["y"].entries.tolist()  # type: ignore[union-attr]

    found, _ = run(part, lambda inputs: inputs["y"].entries.tolist() == original)

    assert found["x"].entries.tolist() == [0, 0]
    assert found["y"].entries.tolist() == original


def test_what_the_author_bounds_stays_within_the_bounds() -> None:
    part = a_part(
        {
            "p": {"draw": "uniform", "shape": [3], "low": 0.05, "high": 0.95},
            "k": {"draw": "integers", "low": 2, "high": 9},
            "t": {"draw": "integers", "low": 5, "high": 9, "shape": [4]},
            "w": {"draw": "simplex", "shape": [4]},
            "q": {"draw": "orthonormal", "shape": [2, 3]},
            "order": {"draw": "permutation", "shape": [5]},
            "given": {"value": [1.25, 2.5]},
            "mode": "same",
        },
        {},
    )
    tried: list[dict[str, Any]] = []

    run(part, lambda inputs: not tried.append(inputs))  # type: ignore[func-returns-value]

    assert tried
    for inputs in tried:
        assert ((inputs["p"].entries >= 0.05) & (inputs["p"].entries <= 0.95)).all()
        assert 2 <= inputs["k"] < 9
        assert type(inputs["k"]) is int
        assert ((inputs["t"].entries >= 5) & (inputs["t"].entries < 9)).all()
        assert abs(inputs["w"].entries.sum() - 1) < 1e-12
        q = inputs["q"].entries
        assert np.abs(q @ q.T - np.eye(2)).max() < 1e-12
        assert sorted(inputs["order"].entries.tolist()) == [0, 1, 2, 3, 4]
        assert inputs["given"].entries.tolist() == [1.25, 2.5]
        assert inputs["mode"] == "same"


def test_dtypes_and_families_are_kept() -> None:
    part = a_part({"x": {"draw": "normal", "shape": ["n"], "dtype": "float32"}}, {"n": 5})

    found, _ = run(part, lambda inputs: True)

    assert (found["x"].dtype, found["x"].family) == ("float32", "tensor")
    assert found["x"].entries.dtype == np.float32


def test_the_number_of_calls_is_bounded() -> None:
    part = a_part(
        {name: {"draw": "normal", "shape": ["n", "m", "k"]} for name in "abcdefgh"},
        {"n": 50, "m": 60, "k": 70},
    )

    _, calls = run(part, lambda inputs: inputs["a"].entries.size > 40)
    _, calls_without_success = run(part, lambda inputs: False)

    assert 0 < calls <= MOST_CALLS
    assert 0 < calls_without_success <= MOST_CALLS


def test_nothing_simpler_that_fails_leaves_the_inputs_as_they_were() -> None:
    part = a_part({"x": {"draw": "normal", "shape": ["n"]}}, {"n": 5})
    original = draw_inputs(part, part.checks[0], 1)["x"]

    found, _ = run(part, lambda inputs: False)

    assert (found["x"].entries == original.entries).all()  # type: ignore[union-attr]


def test_the_same_counterexample_is_found_every_time() -> None:
    part = a_part({"x": {"draw": "normal", "shape": ["n", "m"]}}, {"n": 9, "m": 12})

    first, second = (run(part, lambda inputs: inputs["x"].entries.size >= 6)[0] for _ in range(2))

    assert (first["x"].entries == second["x"].entries).all()
