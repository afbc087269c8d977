"""What cannot be interpreted, said as a value: where, what, and what to write instead."""

from __future__ import annotations

import ast
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A construct of the source that the interpreter doesn't know or Numba doesn't compile."""

    line: int
    column: int
    """From 1; 0 where the whole file is meant."""
    construct: str
    advice: str

    def __str__(self) -> str:
        return f"{self.construct}; {self.advice}"


class Refused(Exception):
    """Carries a refusal up to `run_kernel`, which returns it."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal


def refuse(node: ast.AST | None, construct: str, advice: str) -> Refused:
    """The exception to raise for a node."""
    line = getattr(node, "lineno", 0)
    column = getattr(node, "col_offset", -1) + 1
    return Refused(Refusal(line=line, column=column, construct=construct, advice=advice))


def quote(node: ast.AST, limit: int = 48) -> str:
    """A node as source text, short enough for one line of a message."""
    try:
        text = " ".join(ast.unparse(node).split())
    except (RecursionError, ValueError):
        return f"this {type(node).__name__.lower()}"
    return f"`{text[:limit]}…`" if len(text) > limit else f"`{text}`"
