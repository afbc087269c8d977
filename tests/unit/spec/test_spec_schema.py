"""The published schemas say what the models say.

`UPDATE_GOLDEN=1 pytest tests/unit/spec` writes the files of `tests/golden/spec/` anew.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from spec_cases import read_cases

from grader.kinds import KINDS
from grader.spec.meaning import RULES
from grader.spec.models import Assignment
from grader.spec.parts import PARTS, Draw, FunctionCheck
from grader.spec.schema import assignment_schema, problem_schema
from grader.spec.yaml_reader import read_yaml

ROOT = Path(__file__).parents[3]
GOLDEN = ROOT / "tests/golden/spec"

Make = Callable[[], dict[str, Any]]


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return problem_schema()


@pytest.fixture(scope="module")
def problem(schema: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator(schema)


@pytest.fixture(scope="module")
def header() -> Draft202012Validator:
    return Draft202012Validator(assignment_schema())


def read(text: str) -> Any:
    return read_yaml(text.encode(), "case.yaml").data


@pytest.mark.parametrize("make", [problem_schema, assignment_schema])
def test_schema_is_as_published(make: Make) -> None:
    schema = make()
    golden = GOLDEN / schema["$id"]
    text = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text(text, "utf-8")

    Draft202012Validator.check_schema(schema)
    assert golden.read_text("utf-8") == text


@pytest.mark.parametrize("path", sorted((ROOT / "problems").rglob("*.yaml")), ids=lambda p: p.stem)
def test_every_file_here_keeps_to_its_schema(
    path: Path, problem: Draft202012Validator, header: Draft202012Validator
) -> None:
    validator = header if path.name == "assignment.yaml" else problem

    faults = validator.iter_errors(read_yaml(path.read_bytes(), path.name).data)

    assert [fault.message for fault in faults] == []


def test_every_kind_that_can_be_judged_can_be_written() -> None:
    assert set(PARTS) == set(KINDS)
    # Prose is marked by a person: nothing in it could be wrong.
    assert set(RULES) == set(KINDS) - {"text"}


@pytest.mark.parametrize("kind", PARTS)
def test_schema_of_a_kind_has_the_keys_of_its_model(kind: str, schema: dict[str, Any]) -> None:
    model = PARTS[kind]
    definition = schema["$defs"][model.__name__]

    assert set(definition["properties"]) == set(model.described)
    assert definition["additionalProperties"] is False


def test_schema_of_a_check_has_the_keys_as_they_are_written(schema: dict[str, Any]) -> None:
    definition = schema["$defs"]["FunctionCheck"]

    assert set(definition["properties"]) == {*FunctionCheck.described, "with"} - {"inputs"}


def test_keys_are_described(schema: dict[str, Any]) -> None:
    definitions = schema["$defs"]

    assert definitions["FunctionPart"]["description"].startswith("A Python function")
    hidden = definitions["FunctionCheck"]["properties"]["hidden"]
    assert hidden["description"] == "Students see the verdict, never inputs or values."
    values = definitions["FunctionCheck"]["properties"]["with"]
    assert values["description"].startswith("A value or a draw for each parameter")


SHAPES = [
    "no title", "no parts", "parts as a list", "a title that is a number", "a list at the top",
    "an unknown key at the top", "a part id that cannot be one", "no kind",
    "a kind that isn't there", "a misspelt key", "points that are words", "points below nothing",
    "points in quotes", "a credit above one", "a mistake without words",
    "a tolerance without a reason", "a tolerance with an empty reason", "a tolerance above one",
    "a domain that isn't there", "a domain in long form that isn't there",
    "a symbol that is a number", "an answer of the wrong type to a choice",
    "ticks that aren't a list", "prose without a rubric", "an empty rubric",
    "a rubric item that is text", "a signature that isn't one", "no checks",
    "a check without a name", "hidden as text", "a draw that isn't there",
    "a draw with unknown options", "a size that is text", "a shape of the wrong type",
    "limits out of bounds", "arrays of another library",
]  # fmt: skip


@pytest.mark.parametrize("name", SHAPES)
def test_schema_refuses_what_the_models_refuse(name: str, problem: Draft202012Validator) -> None:
    (case,) = [case for case in read_cases("broken_problems.txt") if case.name == name]

    assert list(problem.iter_errors(read(case.yaml)))


def test_schema_takes_both_forms_of_a_symbol_and_of_points(problem: Draft202012Validator) -> None:
    text = """\
title: A
parts:
  a:
    kind: expression
    points: 1/3
    symbols: {x: real, σ': {domain: positive, low: 1.0e-3}}
    answer: x*σ'
"""

    assert list(problem.iter_errors(read(text))) == []


def test_schema_takes_parameters_beside_the_name_of_a_check(problem: Draft202012Validator) -> None:
    text = """\
title: A
parts:
  f:
    kind: function
    signature: f(x, y)
    checks:
      - {name: one, x: {draw: normal}, y: [1, 2]}
      - {name: two, with: {x: 1, y: {value: [1], dtype: int32}}}
"""

    assert list(problem.iter_errors(read(text))) == []


def test_draws_and_headers_have_the_keys_of_their_models(schema: dict[str, Any]) -> None:
    draw = schema["$defs"]["Draw"]["properties"]

    assert set(draw) == set(Draw.described)
    assert set(assignment_schema()["properties"]) == set(Assignment.described)
