from __future__ import annotations

import ast
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from building import make_course, part

from grader.authoring.public_spec import NotPublic, write_points, write_value
from grader.authoring.publishing import write_yaml
from grader.authoring.starters import write_starters
from grader.authoring.statement import describe_handing_in, write_statement
from grader.spec.yaml_reader import read_yaml
from grader.values import ArrayValue

COURSE = r'''
title: Doubling
prompt: All of it.
parts:
  double:
    kind: function
    points: 3
    title: Twice
    prompt: |
      Write `double(x)`; mind the """quotes""" and \alpha.
    signature: double(x, n=1)
    checks:
      - {name: one, points: 2, x: 1}
      - {name: two, points: 1, x: 2, hidden: true}
  sort:
    kind: order
    prompt: In order.
    items: {z: last, a: first}
    answer: [z, a]
  pick:
    kind: choice
    prompt: Pick.
    options: {red: R, blue: B}
    answer: red
--- reference
def double(x, n=1):
    return 2 * x
'''


@pytest.mark.parametrize(
    "value",
    [
        {"prompt": "two\nlines\n", "answer": ["no", "1e5", "0x1", "~", "", "é — ‖x‖"]},
        [1.0e-5, -0.0, 1e300, float("inf"), 0.1],
        {"rows": [[1.5, 2.5], [3.5, 4.5]], "empty": [], "flag": True},
        " leading and trailing \n spaces ",
    ],
)
def test_what_is_written_reads_back(value: object) -> None:
    text = write_yaml({"value": value})

    assert read_yaml(text.encode(), "made.yaml").data == {"value": value}


@pytest.mark.parametrize(
    ("points", "expected"), [("2", 2), ("0.5", 0.5), ("1/3", "1/3"), ("0.1", 0.1)]
)
def test_points_are_written_exactly(points: str, expected: object) -> None:
    assert write_points(Fraction(points)) == expected


def test_arrays_are_written_as_lists_and_what_yaml_has_not_is_refused() -> None:
    half = ArrayValue(entries=np.array([[1.5]]), dtype="float64", family="tensor")
    whole = ArrayValue(entries=np.array([1j]), dtype="complex128", family="array")

    assert write_value((half, None, {"a": 1})) == [[[1.5]], None, {"a": 1}]
    with pytest.raises(NotPublic):
        write_value(whole)
    with pytest.raises(NotPublic):
        write_value(2j)


def test_starters_are_python_that_has_still_to_be_written(tmp_path: Path) -> None:
    loaded = make_course(tmp_path, doubling=COURSE).load("hw1")

    files = write_starters(loaded)

    (function,) = [
        node for node in ast.parse(files["doubling.py"]).body if isinstance(node, ast.FunctionDef)
    ]
    assert ast.unparse(function.args) == "x, n=1"
    assert "mind the" in (ast.get_docstring(function) or "")
    assert isinstance(function.body[-1], ast.Raise)
    assert "## sort" in files["answers.md"]
    assert "double" not in files["answers.md"]


def test_the_statement_says_points_options_and_what_only_the_course_runs(tmp_path: Path) -> None:
    loaded = make_course(tmp_path, doubling=COURSE).load("hw1")
    function = {"kind": "function", "checks": [{"name": "one", "points": 2}]}

    text = write_statement(loaded, {"double": function, "sort": {"kind": "text"}, "pick": None})

    assert "`double`, 3 points" in text
    assert "one (2 points). 1 point more for checks that only your course runs" in text
    assert "- `red`: R" in text
    assert text.count("Graded by your course") == 2


def test_things_to_be_ordered_are_not_listed_in_their_order() -> None:
    asked = part("order", items={"z": "last", "a": "first"}, answer=["z", "a"])

    assert "a, z" in describe_handing_in(asked)
