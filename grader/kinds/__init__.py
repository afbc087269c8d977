"""The kinds of parts: one module each, imported when a problem first needs it."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from grader.kinds.protocol import Bench, HandedIn, Inputs, Kind

KINDS = {
    "function": "grader.kinds.function",
    "value": "grader.kinds.value",
    "array": "grader.kinds.array",
    "shape": "grader.kinds.shape",
    "choice": "grader.kinds.choice",
    "multi": "grader.kinds.multi",
    "order": "grader.kinds.order",
    "interval": "grader.kinds.interval",
    "set": "grader.kinds.finite_set",
    "text": "grader.kinds.text",
    "expression": "grader.kinds.expression",
    "chain": "grader.kinds.chain",
    "bigO": "grader.kinds.big_o",
    "kernel": "grader.kinds.kernel",
    "property": "grader.kinds.property",
    "fix": "grader.kinds.fix",
    "train": "grader.kinds.train",
}

__all__ = ["BY_CODE", "KINDS", "Bench", "HandedIn", "Inputs", "Kind", "find_kind"]


BY_CODE = ("function", "kernel", "fix", "train")
"""Kinds that are answered by a function of the stated signature, and by nothing else."""


def find_kind(name: str) -> Kind:
    """The module that judges parts of this kind."""
    return cast(Kind, import_module(KINDS[name]))
