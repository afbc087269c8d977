"""JSON Schema of problem files and of `assignment.yaml`, made from the models, for editors."""

from __future__ import annotations

import ast
import inspect
from fractions import Fraction
from typing import Any, get_args

from grader.record import Record, find_model
from grader.spec import (
    fix_part,
    function_part,
    kernel_part,
    models,
    params,
    parts,
    property_part,
    train_part,
)
from grader.spec.models import ID, Assignment, SymbolDomain
from grader.spec.parts import PARTS, Problem

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def problem_schema() -> dict[str, Any]:
    """What one problem file may hold, with the keys as they are written."""
    schema = _describe(Problem)
    definitions = schema["$defs"]
    schema["properties"]["parts"] = {
        "type": "object",
        "patternProperties": {ID.pattern: _choose_part()},
        "additionalProperties": False,
        "description": "What the student answers: an id for each part, and the part.",
        "minProperties": 1,
    }
    for definition in definitions.values():
        properties = definition["properties"]
        if "symbols" in properties:
            properties["symbols"]["additionalProperties"] = {
                "anyOf": [{"enum": list(get_args(SymbolDomain))}, {"$ref": "#/$defs/Symbol"}]
            }
            del properties["symbols"]["patternProperties"]
    schema["properties"]["params"] = {
        "type": "object",
        "additionalProperties": {
            "anyOf": [{"type": "array", "minItems": 2}, {"$ref": "#/$defs/Param"}]
        },
        "description": schema["properties"]["params"]["description"],
    }
    definitions["Draw"] = _describe(parts.Draw)
    for name in ("FunctionPart", "FixPart"):
        definitions[name]["properties"]["inputs"]["additionalProperties"] = _INPUT
    check = definitions["FunctionCheck"]
    check["properties"]["with"]["additionalProperties"] = _INPUT
    # Parameters of the function may stand beside the check's own keys.
    check["additionalProperties"] = _INPUT
    return {"$schema": DIALECT, "$id": "fairmark-problem-1.schema.json", **schema}


def assignment_schema() -> dict[str, Any]:
    """What `assignment.yaml` may hold."""
    schema = _describe(Assignment)
    return {"$schema": DIALECT, "$id": "fairmark-assignment-1.schema.json", **schema}


_MODULES = (
    parts, function_part, kernel_part, property_part, fix_part, train_part, models, params,
)  # fmt: skip

_INPUT: dict[str, Any] = {
    "if": {"type": "object", "anyOf": [{"required": ["draw"]}, {"required": ["value"]}]},
    "then": {"$ref": "#/$defs/Draw"},
}


def _choose_part() -> dict[str, Any]:
    """One branch a kind, so that an editor complains about the kind that was meant."""
    return {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"enum": list(PARTS)}},
        "allOf": [
            {
                "if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]},
                "then": {"$ref": f"#/$defs/{model.__name__}"},
            }
            for kind, model in PARTS.items()
        ],
    }


def _describe(model: type[Record]) -> dict[str, Any]:
    """A model's own schema: titles dropped, attribute docstrings as descriptions."""
    schema = find_model(model).model_json_schema(by_alias=True)
    definitions = schema.get("$defs", {})
    for name, definition in [(model.__name__, schema), *definitions.items()]:
        _clean(definition)
        described = _docstrings(name)
        for key, value in definition["properties"].items():
            if key in described:
                value["description"] = described[key]
    return schema


def _clean(definition: dict[str, Any]) -> None:
    definition.pop("title", None)
    for value in definition["properties"].values():
        value.pop("title", None)
        if "patternProperties" in value:
            value["additionalProperties"] = False
        if value.get("default", ...) is None:
            del value["default"]
        accepted = [branch.get("type") for branch in value.get("anyOf", [])]
        if "number" in accepted and isinstance(value.get("default"), str):
            # Exact fractions come as text; JSON has no form for them.
            value["default"] = float(Fraction(value["default"]))


def _docstrings(name: str) -> dict[str, str]:
    """The text below each field of a model, by the key that is written in YAML."""
    model = next(getattr(module, name) for module in _MODULES if hasattr(module, name))
    found: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if base is Record or not issubclass(base, Record):
            continue
        (tree,) = ast.parse(inspect.getsource(base)).body
        assert isinstance(tree, ast.ClassDef)
        for field, text in zip(tree.body, tree.body[1:], strict=False):
            if (
                isinstance(field, ast.AnnAssign)
                and isinstance(field.target, ast.Name)
                and isinstance(text, ast.Expr)
                and isinstance(text.value, ast.Constant)
            ):
                found[model.find_key(field.target.id)] = inspect.cleandoc(str(text.value.value))
    return found
