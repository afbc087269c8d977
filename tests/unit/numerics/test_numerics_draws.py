"""Inputs: seeded apart from one another, as the author wrote them, without NumPy where none."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from grader.errors import InstructorError
from grader.numerics.draws import draw_inputs, widen
from grader.spec.parts import FunctionPart
from grader.values import ArrayValue

NORMAL = {"draw": "normal", "shape": ["n", 3]}


def a_part(inputs: dict[str, Any], *, check: dict[str, Any] | None = None, **more: Any) -> Any:
    given = {
        "kind": "function",
        "arrays": "torch",
        "signature": f"f({', '.join(inputs)})",
        "sizes": {"n": 4},
        "checks": [{"name": "a check", "with": inputs, **(check or {})}],
    }
    return FunctionPart.model_validate(given | more)


def draw(part: Any, seed: int = 1, repeat: int = 0, sizes: Any = None) -> dict[str, Any]:
    return dict(draw_inputs(part, part.checks[0], seed, repeat, sizes))


def entries(part: Any, name: str = "x", **more: Any) -> Any:
    value = draw(part, **more)[name]
    assert isinstance(value, ArrayValue)
    return value.entries


def test_same_seed_draws_the_same() -> None:
    part = a_part({"x": NORMAL})

    assert (entries(part) == entries(part)).all()


def test_seed_check_parameter_and_repetition_each_change_the_draw() -> None:
    part = a_part({"x": NORMAL, "y": NORMAL})
    renamed = a_part({"x": NORMAL, "y": NORMAL}, check={"name": "another"})
    first = entries(part)

    others = [
        entries(part, seed=2),
        entries(part, repeat=1),
        entries(part, "y"),
        entries(renamed),
    ]

    assert all((first != other).any() for other in others)


def test_an_input_does_not_move_when_others_are_added_or_reordered() -> None:
    alone = a_part({"x": NORMAL})
    among = a_part({"w": NORMAL, "x": NORMAL, "z": {"draw": "uniform"}})

    assert (entries(alone) == entries(among)).all()


def test_known_entries_are_drawn_on_every_machine() -> None:
    part = a_part({"x": {"draw": "normal", "shape": [3]}, "k": {"draw": "uniform"}})

    inputs = draw(part, seed=7)

    assert inputs["x"].entries.tolist() == KNOWN_NORMALS
    assert inputs["k"] == KNOWN_UNIFORM


def test_fixed_seed_ignores_the_submission_and_the_check_but_not_the_repetition() -> None:
    fixed = {"x": NORMAL | {"seed": 5}}
    part, renamed = a_part(fixed), a_part(fixed, check={"name": "another"})

    assert (entries(part, seed=1) == entries(renamed, seed=2)).all()
    assert (entries(part) != entries(part, repeat=1)).any()


def test_sizes_come_from_the_part_then_the_check_then_the_caller() -> None:
    part = a_part({"x": NORMAL})
    own = a_part({"x": NORMAL}, check={"sizes": {"n": 5}})

    assert entries(part).shape == (4, 3)
    assert entries(own).shape == (5, 3)
    assert entries(own, sizes={"n": 0}).shape == (0, 3)


@pytest.mark.parametrize(
    ("arrays", "dtype", "family"),
    [("torch", "float32", "tensor"), ("torch", "float64", "tensor"), ("numpy", "float32", "array")],
)
def test_arrays_have_the_family_and_dtype_of_the_part(arrays: str, dtype: str, family: str) -> None:
    value = draw(a_part({"x": NORMAL}, arrays=arrays, dtype=dtype))["x"]

    assert (value.family, value.dtype, value.entries.dtype.name) == (family, dtype, dtype)


def test_plain_python_gets_nested_lists() -> None:
    inputs = draw(a_part({"x": NORMAL, "y": [[1, 2]]}, arrays="python"))

    assert [len(row) for row in inputs["x"]] == [3, 3, 3, 3]
    assert all(type(number) is float for row in inputs["x"] for number in row)
    assert inputs["y"] == [[1, 2]]


@pytest.mark.parametrize(
    ("written", "dtype", "expected"),
    [
        ([[1, 2], [3, 4]], "int64", [[1, 2], [3, 4]]),
        ([1.5, 2], "float32", [1.5, 2.0]),
        ([True, False], "bool", [True, False]),
        ({"value": [1, 2]}, "float32", [1.0, 2.0]),
        ({"value": [1, 2], "dtype": "int32"}, "int32", [1, 2]),
        ({"value": [True]}, "bool", [True]),
        ({"value": [1, 2, 3, 4], "shape": [2, 2]}, "float32", [[1.0, 2.0], [3.0, 4.0]]),
        ({"value": 3, "dtype": "float64"}, "float64", 3.0),
        ([], "float32", []),
    ],
)
def test_lists_of_numbers_become_arrays(written: Any, dtype: str, expected: Any) -> None:
    value = draw(a_part({"x": written}, dtype="float32"))["x"]

    assert value.dtype == dtype
    assert value.entries.tolist() == expected


@pytest.mark.parametrize(
    "written",
    [3, 2.5, True, None, "relu", [[1, 2], [3]], ["a", 1], [2**70], {"lr": 0.1, "steps": 3}],
)
def test_everything_else_stays_plain_python(written: Any) -> None:
    assert draw(a_part({"x": written}))["x"] == written


def test_lists_and_mappings_may_hold_draws() -> None:
    part = a_part({"layers": [{"W": NORMAL, "b": {"draw": "zeros", "shape": [2]}}, {"W": NORMAL}]})

    layers = draw(part)["layers"]

    assert layers[0]["b"].entries.tolist() == [0, 0]
    assert (layers[0]["W"].entries != layers[1]["W"].entries).any()


def test_a_draw_without_shape_is_a_number_and_one_with_an_empty_shape_an_array() -> None:
    inputs = draw(a_part({"x": {"draw": "normal"}, "y": {"draw": "normal", "shape": []}}))

    assert type(inputs["x"]) is float
    assert inputs["y"].entries.shape == ()


def test_whole_numbers_stay_within_their_bounds() -> None:
    part = a_part(
        {
            "x": {"draw": "integers", "low": -2, "high": 3, "shape": [500]},
            "k": {"draw": "integers", "low": 4, "high": 5},
        }
    )

    inputs = draw(part)

    assert inputs["x"].dtype == "int64"
    assert set(inputs["x"].entries.tolist()) == {-2, -1, 0, 1, 2}
    assert inputs["k"] == 4
    assert type(inputs["k"]) is int


@pytest.mark.parametrize("shape", [[3, 5], [5, 3], [2, 4, 4]])
def test_orthonormal_rows_or_columns(shape: list[int]) -> None:
    q = entries(a_part({"x": {"draw": "orthonormal", "shape": shape}}))

    wide = q if shape[-2] <= shape[-1] else np.swapaxes(q, -1, -2)
    products = wide @ np.swapaxes(wide, -1, -2)

    # A few eps: Gram-Schmidt was done twice.
    assert np.abs(products - np.eye(wide.shape[-2])).max() < 1e-14


def test_simplex_rows_are_positive_and_sum_to_one() -> None:
    rows = entries(a_part({"x": {"draw": "simplex", "shape": [50, 4]}}))

    assert (rows > 0).all()
    assert np.abs(rows.sum(axis=1) - 1).max() < 1e-15


def test_a_permutation_holds_every_place_once() -> None:
    rows = entries(a_part({"x": {"draw": "permutation", "shape": [3, 6]}}))

    assert np.sort(rows, axis=1).tolist() == [list(range(6))] * 3
    assert len({tuple(row) for row in rows.tolist()}) > 1


def test_scale_and_shift_move_what_was_drawn() -> None:
    part = a_part(
        {
            "x": {"draw": "ones", "shape": [2], "scale": 3, "shift": -1},
            "y": {"draw": "arange", "shape": [3], "scale": 2, "shift": 1},
            "z": {"draw": "arange", "shape": [3], "scale": 0.5},
        }
    )

    inputs = draw(part)

    assert inputs["x"].entries.tolist() == [2, 2]
    assert (inputs["y"].dtype, inputs["y"].entries.tolist()) == ("int64", [1, 3, 5])
    assert inputs["z"].entries.tolist() == [0, 0.5, 1]


def test_choice_draws_from_what_is_given() -> None:
    part = a_part(
        {
            "x": {"draw": "choice", "of": [0.5, 2.0], "shape": [40]},
            "name": {"draw": "choice", "of": ["relu", "tanh"]},
        }
    )

    inputs = draw(part)

    assert set(inputs["x"].entries.tolist()) == {0.5, 2.0}
    assert inputs["name"] in ("relu", "tanh")


def test_the_reference_gets_the_same_numbers_in_double_precision() -> None:
    inputs = draw(a_part({"x": NORMAL, "k": [1, 2], "s": "text"}, dtype="float32"))

    wide = widen(inputs)

    assert wide["x"].dtype == "float64"
    assert (wide["x"].entries == inputs["x"].entries.astype(np.float64)).all()
    assert wide["k"].dtype == "int64"
    assert wide["s"] == "text"


def test_defaults_fill_gaps_and_are_left_out_at_the_end() -> None:
    def inputs(given: dict[str, Any]) -> dict[str, Any]:
        return draw(a_part(given, signature="f(x, stride=2, mode='same', bias=None)"))

    assert inputs({"x": 1}) == {"x": 1}
    assert inputs({"x": 1, "mode": "full"}) == {"x": 1, "stride": 2, "mode": "full"}


@pytest.mark.parametrize(
    ("inputs", "signature", "words"),
    [
        ({"x": 1}, "f(x, y)", "no input for `y`"),
        ({"x": 1, "y": 2}, "f(x)", "`y`, no parameter of `f(x)`"),
        ({"x": {"draw": "normal", "shape": ["m"]}}, "f(x)", "no size is called `m`"),
        ({"x": {"draw": "normal", "shape": [-1]}}, "f(x)", "may not be -1"),
        ({"x": {"draw": "normal", "shape": [9000, 9000]}}, "f(x)", "at most"),
        ({"x": {"draw": "integers", "shape": [2], "low": 3, "high": 3}}, "f(x)", "exceed"),
        ({"x": {"draw": "integers", "low": 3, "high": 3}}, "f(x)", "exceed"),
        ({"x": {"draw": "eye", "shape": [2]}}, "f(x)", "2 axes"),
        ({"x": {"draw": "eye"}}, "f(x)", "needs a `shape`"),
        ({"x": {"draw": "choice", "shape": [2]}}, "f(x)", "list of numbers"),
        ({"x": {"draw": "normal", "value": 3}}, "f(x)", "not both"),
        ({"x": {"value": [[1], [1, 2]], "dtype": "int64"}}, "f(x)", "differ in length"),
        ({"x": {"value": [1, 2, 3], "shape": [2]}}, "f(x)", "reshape"),
    ],
)
def test_an_author_hears_what_is_wrong_with_an_input(
    inputs: dict[str, Any], signature: str, words: str
) -> None:
    part = a_part(inputs, signature=signature)

    with pytest.raises(InstructorError, match="a check") as caught:
        draw(part)

    assert words in str(caught.value)


def test_plain_numbers_are_drawn_and_compared_without_numpy() -> None:
    program = """
import sys
from grader.numerics.comparing import compare_values
from grader.numerics.draws import draw_inputs
from grader.numerics.tolerances import derive_closeness
from grader.spec.parts import FunctionPart
part = FunctionPart.model_validate({"kind": "function", "signature": "f(x, k)",
    "checks": [{"name": "a", "with": {"x": {"draw": "normal"}, "k": [1, 2]}}]})
check = part.checks[0]
inputs = draw_inputs(part, check, 1)
closeness = derive_closeness(part, check, inputs)
assert compare_values([1.0, 2], [1.0, 3], closeness) is not None
print("numpy" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "False"


KNOWN_NORMALS = [-0.426040597493, -1.547269050315, 0.998998870322]
KNOWN_UNIFORM = 0.7129516120096954
