"""Where each value of a YAML file stands, so that every fault can say file, line and column."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from grader.errors import Fault

Path = Sequence[str | int]

# Wider lines are shown without an excerpt: the caret would be out of sight.
MAX_EXCERPT = 160
# More faults of one file than fit on a screen help nobody.
MAX_FAULTS = 40


@dataclass(slots=True)
class Node:
    """A value, where it starts, and where its key does; lines and columns count from 1."""

    value: Any
    line: int
    column: int
    key_line: int
    key_column: int
    children: dict[str, Node] | list[Node] | None = None

    def find_child(self, step: str | int) -> Node | None:
        if isinstance(self.children, dict):
            return self.children.get(step) if isinstance(step, str) else None
        if isinstance(self.children, list) and isinstance(step, int):
            return self.children[step] if 0 <= step < len(self.children) else None
        return None


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML file: its plain data, with a position for each value."""

    file: str
    text: str
    root: Node

    @property
    def data(self) -> Any:
        return self.root.value

    def find_node(self, path: Path) -> Node:
        """The node at a path; steps that the file doesn't have are passed over.

        So a path of a model finds its place although the model gathers keys or fills in
        short forms: `checks.0.with.x` is at `checks.0.x` where `x` stands there directly.
        """
        node = self.root
        for step in path:
            node = node.find_child(step) or node
        return node

    def has(self, path: Path) -> bool:
        """Whether the file itself has a value at this path."""
        node: Node | None = self.root
        for step in path:
            node = node.find_child(step) if node else None
        return node is not None

    def fault(self, path: Path, message: str, *, at_key: bool = False) -> Fault:
        """What is wrong with the value at a path, or with its key."""
        node = self.find_node(path)
        if at_key:
            return fault_at(self.file, self.text, node.key_line, node.key_column, message)
        return fault_at(self.file, self.text, node.line, node.column, message)


def split_lines(text: str) -> list[str]:
    return re.split(r"\r\n|\r|\n", text)


def fault_at(file: str, text: str, line: int, column: int, message: str) -> Fault:
    """A fault with the line that it is on."""
    lines = split_lines(text)
    excerpt = lines[line - 1].replace("\t", " ").rstrip() if line <= len(lines) else ""
    if len(excerpt) > MAX_EXCERPT or column > len(excerpt) + 1:
        excerpt = ""
    return Fault(file=file, line=line, column=column, message=message, excerpt=excerpt)
