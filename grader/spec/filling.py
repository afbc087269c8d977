"""Drawn values put where a problem names them: `<<n>>` in its YAML, `n = 2` in its reference."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from grader.spec.params import Drawn
from grader.spec.positions import Document, Node

PLACEHOLDER = re.compile(r"<<[ \t]*([A-Za-z]\w*)[ \t]*>>")


def fill_document(document: Document, values: Mapping[str, Drawn]) -> Document:
    """The same file with every placeholder replaced; its faults still point into the text."""
    return replace(document, root=_fill(document.root, values))


def _fill(node: Node, values: Mapping[str, Drawn]) -> Node:
    if isinstance(node.children, dict):
        inner = {key: _fill(child, values) for key, child in node.children.items()}
        value: Any = {key: child.value for key, child in inner.items()}
        return replace(node, value=value, children=inner)
    if isinstance(node.children, list):
        listed = [_fill(child, values) for child in node.children]
        return replace(node, value=[child.value for child in listed], children=listed)
    if isinstance(node.value, str):
        return replace(node, value=_fill_text(node.value, values))
    return node


def _fill_text(text: str, values: Mapping[str, Drawn]) -> Drawn:
    """A number where the placeholder is all there is, else text."""
    whole = PLACEHOLDER.fullmatch(text.strip())
    if whole and whole[1] in values:
        return values[whole[1]]
    return PLACEHOLDER.sub(lambda found: str(values.get(found[1], found[0])), text)


def find_placeholders(node: Node, path: tuple[str | int, ...] = ()) -> Iterator[tuple[Any, str]]:
    """The path of every text with a placeholder, and the name in it."""
    children = node.children
    if isinstance(children, dict | list):
        items = children.items() if isinstance(children, dict) else enumerate(children)
        for step, child in items:
            yield from find_placeholders(child, (*path, step))
    elif isinstance(node.value, str):
        for found in PLACEHOLDER.finditer(node.value):
            yield path, found[1]


def fill_reference(source: str, values: Mapping[str, Drawn]) -> str:
    """The module with its own `stride = 2` replaced by the value that was drawn.

    Lines stay where they are; a name that the module does not assign is left out of it.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return source
    lines = source.encode().splitlines(keepends=True)
    for statement in reversed(tree.body):
        given = statement.value if isinstance(statement, ast.Assign | ast.AnnAssign) else None
        for name in _assigned(statement):
            if given is not None and name in values and given.lineno == given.end_lineno:
                line = lines[given.lineno - 1]
                after = line[given.end_col_offset :]
                lines[given.lineno - 1] = (
                    line[: given.col_offset] + repr(values[name]).encode() + after
                )
    return b"".join(lines).decode()


def list_assigned(source: str) -> set[str]:
    """The names that a module gives a value at its top level."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return set()
    return {name for statement in tree.body for name in _assigned(statement)}


def _assigned(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        targets = statement.targets
    elif isinstance(statement, ast.AnnAssign):
        targets = [statement.target]
    else:
        return
    yield from (target.id for target in targets if isinstance(target, ast.Name))
