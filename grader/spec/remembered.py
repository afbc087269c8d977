"""Assignments that were found valid before: recalled as they were loaded, not validated again.

The key is all that validation looks at: every file's bytes, where they lie, and the code that
reads specs. What is kept is plain JSON; only records of this package are made from it.
"""

from __future__ import annotations

import json
import os
from dataclasses import fields, is_dataclass
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import Any

from grader.cache import name_key, read_entry, write_entry
from grader.record import Record
from grader.spec.loaded import LoadedAssignment
from grader.spec.reference import locate_reference

PACKAGE = __package__ or "grader.spec"


def name_assignment(folder: Path, reference_root: Path | None) -> str | None:
    """A key for everything that loading an assignment depends on; None where it can't be read."""
    parts: list[str | bytes] = [str(folder), str(reference_root)]
    try:
        with os.scandir(Path(__file__).parent) as entries:
            code = [(entry.name, entry.stat()) for entry in entries if entry.name.endswith(".py")]
        parts += sorted(f"{name} {stat.st_size} {stat.st_mtime_ns}" for name, stat in code)
        for path in sorted(folder.glob("*.y*ml")):
            reference = locate_reference(path, reference_root)
            text = reference.read_bytes() if reference and reference.is_file() else b""
            parts += [path.name, path.read_bytes(), text]
    except OSError:
        return None
    return name_key(parts)


def recall(key: str, memory: Path) -> LoadedAssignment | None:
    """The assignment that was loaded under this key; None where none is remembered.

    Cost   a millisecond for 20 parts, where validating takes over 100.
    """
    content = read_entry(memory, key)
    if content is None:
        return None
    try:
        found = _thaw(json.loads(content))
    except (ValueError, KeyError, TypeError, AttributeError, ImportError, RecursionError):
        return None
    return found if isinstance(found, LoadedAssignment) else None


def remember(key: str, assignment: LoadedAssignment, memory: Path) -> None:
    """Keep a valid assignment, unless it holds something that JSON has no form for."""
    try:
        content = json.dumps(_freeze(assignment))
    except TypeError:
        return
    write_entry(memory, key, content.encode())


def _freeze(value: Any) -> Any:
    """Plain JSON for a value; a mapping of one short key says what the value was."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list):
        return [_freeze(each) for each in value]
    if isinstance(value, tuple):
        return {"tuple": [_freeze(each) for each in value]}
    if isinstance(value, dict):
        return {"dict": [[_freeze(key), _freeze(each)] for key, each in value.items()]}
    if isinstance(value, Fraction):
        return {"fraction": [value.numerator, value.denominator]}
    if isinstance(value, Path):
        return {"path": str(value)}
    name = f"{type(value).__module__.removeprefix(f'{PACKAGE}.')}:{type(value).__qualname__}"
    if isinstance(value, Record):
        held = {
            key: _freeze(each)
            for key, each in value.__dict__.items()
            if key in value.model_fields_set or each != value.defaults.get(key, ...)
        }
        return {"record": [name, held, sorted(value.model_fields_set)]}
    if is_dataclass(value):
        held = {field.name: _freeze(getattr(value, field.name)) for field in fields(value)}
        return {"loaded": [name, held]}
    raise TypeError(f"a {name} has no form in JSON")


def _thaw(frozen: Any) -> Any:
    if isinstance(frozen, list):
        return [_thaw(each) for each in frozen]
    if not isinstance(frozen, dict):
        return frozen
    ((form, held),) = frozen.items()
    if form == "record":
        name, values, written = held
        thawed = {key: _thaw(each) for key, each in values.items()}
        return _find_class(name, Record).recall(thawed, written)
    if form == "loaded":
        name, values = held
        return _find_class(name, object)(**{key: _thaw(each) for key, each in values.items()})
    if form == "dict":
        return {_thaw(key): _thaw(each) for key, each in held}
    if form == "tuple":
        return tuple(map(_thaw, held))
    if form == "fraction":
        return Fraction(*held)
    if form == "path":
        return Path(held)
    raise ValueError(f"there is no form '{form}'")


def _find_class(name: str, base: type) -> Any:
    """A record or a loaded dataclass of this package, and nothing else."""
    module, _, qualified = name.partition(":")
    found = getattr(import_module(f"{PACKAGE}.{module}"), qualified)
    if not isinstance(found, type) or not issubclass(found, base):
        raise ValueError(f"{name} is no record")
    if found.__module__ != f"{PACKAGE}.{module}":
        raise ValueError(f"{name} belongs elsewhere")
    return found
