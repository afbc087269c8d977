"""Every key of a problem file as a page of Markdown, made from the models themselves."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from grader.spec.parts import PARTS
from grader.spec.schema import assignment_schema, problem_schema

TITLE = "Every key of a spec"

INTRODUCTION = """\
This page is written by `grade schema fields` from the models that read a spec, so it says what
the grader does. A key without a default that is marked *required* has to be written; unknown keys
are refused with the nearest known one.
"""

COMMON = ("kind", "points", "title", "prompt", "hints", "uses", "waive")
"""Keys that every part has."""


def write_field_page() -> str:
    """The whole page: files first, then kinds, then what stands inside of both."""
    problem, assignment = problem_schema(), assignment_schema()
    definitions: dict[str, Any] = {**assignment.get("$defs", {}), **problem["$defs"]}
    kinds = {model.__name__: kind for kind, model in PARTS.items()}
    lines = [f"# {TITLE}", "", INTRODUCTION]
    lines += _write_table("A problem file", problem, "")
    lines += _write_table("assignment.yaml", assignment, "")
    any_part = next(iter(definitions[name] for name in kinds if name in definitions))
    shared = {key: any_part["properties"][key] for key in COMMON}
    about = "The keys that parts of every kind have."
    lines += _write_table(
        "Every part", {"properties": shared, "required": ["kind"], "description": about}, ""
    )
    for name, kind in kinds.items():
        own = dict(definitions[name])
        own["properties"] = {k: v for k, v in own["properties"].items() if k not in COMMON}
        lines += _write_table(f"Kind `{kind}`", own, f"kind-{kind.lower()}")
    inner = sorted(set(definitions) - set(kinds))
    for name in inner:
        lines += _write_table(_spell(name), definitions[name], _anchor(name))
    return "\n".join(lines).rstrip() + "\n"


OVERRIDES = {
    "parts": "a mapping of ids, each a [part](#every-part)",
    "kind": "one of the kinds below",
}
"""What the schema says in more words than a table has room for."""


def _write_table(heading: str, schema: Mapping[str, Any], anchor: str) -> Iterator[str]:
    mark = f" {{#{anchor}}}" if anchor else ""
    yield from (f"## {heading}{mark}", "")
    if schema.get("description"):
        yield from (_one_line(schema["description"]), "")
    yield from ("| key | takes | default | |", "|---|---|---|---|")
    required = schema.get("required", ())
    for key, value in schema.get("properties", {}).items():
        default = "*required*" if key in required else _show_default(value)
        about = _one_line(value.get("description", ""))
        takes = OVERRIDES.get(key) or _name_type(value)
        yield f"| `{key}` | {takes} | {default} | {about} |"
    yield ""


def _name_type(value: Mapping[str, Any]) -> str:
    """What may be written for a key, in words."""
    if "$ref" in value:
        name = value["$ref"].rpartition("/")[2]
        return f"[{_spell(name)}](#{_anchor(name)})"
    if "const" in value:
        return f"`{value['const']}`"
    if "enum" in value:
        return " or ".join(f"`{each}`" for each in value["enum"])
    branches = value.get("anyOf") or value.get("oneOf")
    if branches:
        names = [_name_type(each) for each in branches if each.get("type") != "null"]
        return " or ".join(dict.fromkeys(name for name in names if name))
    kind = value.get("type")
    if kind == "array":
        inner = _name_type(value.get("items") or {})
        return f"a list of {inner}" if inner and inner != "anything" else "a list"
    if kind == "object":
        return _name_mapping(value)
    if "if" in value:
        return "a value, or a [draw](#inside-draw)"
    return WORDS.get(str(kind), "anything")


WORDS = {
    "string": "text", "integer": "a whole number", "number": "a number",
    "boolean": "true or false", "null": "nothing",
}  # fmt: skip


def _name_mapping(value: Mapping[str, Any]) -> str:
    patterns = list(value.get("patternProperties", {}).values())
    more = value.get("additionalProperties")
    inner = patterns[0] if patterns else more if isinstance(more, dict) else None
    if not inner:
        return "a mapping"
    return f"a mapping, each {_name_type(inner)}"


def _show_default(value: Mapping[str, Any]) -> str:
    default = value.get("default")
    if default in (None, "", [], {}):
        return ""
    if isinstance(default, float) and default.is_integer():
        default = int(default)
    shown = json.dumps(default, ensure_ascii=False)
    return f"`{shown}`" if len(shown) <= 40 else ""


def _one_line(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _spell(name: str) -> str:
    """`FunctionCheck` as `function check`."""
    return "".join(f" {c.lower()}" if c.isupper() else c for c in name).strip()


def _anchor(name: str) -> str:
    return f"inside-{_spell(name).replace(' ', '-')}"
