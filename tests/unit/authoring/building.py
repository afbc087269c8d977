"""Builders for authoring tests: a course in a folder, parts from dicts."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import Any

from pydantic import TypeAdapter

from grader.spec.loading import Course
from grader.spec.parts import AnyPart

PARTS: TypeAdapter[Any] = TypeAdapter(AnyPart)


def part(kind: str, **keys: object) -> Any:
    return PARTS.validate_python({"kind": kind, **keys})


def make_course(root: Path, **problems: str) -> Course:
    """`hw1/double` from `double=...`; a text with `--- reference` has one behind that line."""
    for stem, text in problems.items():
        spec, _, reference = dedent(text).partition("--- reference\n")
        for folder, name, content in (
            ("problems", f"{stem}.yaml", spec),
            ("reference", f"{stem}.py", reference),
        ):
            if content:
                path = root / folder / "hw1" / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content, "utf-8")
    return Course(root)
