"""The value of a tree at a point, with bounded work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache

from grader.maths import bounds
from grader.maths.arrays import Array, Identity, Ones, Repeated, Value, shape_text
from grader.maths.scalars import Arithmetic, OutOfRange, Scalar, Undefined
from grader.maths.tree import Node, free_names
from grader.spec.models import Symbol


@dataclass(slots=True)
class Point:
    """Where formulas are evaluated: values of the scalars, and a seed for all the rest."""

    values: Mapping[str, Scalar]
    seed: int = 0
    symbols: Mapping[str, Symbol] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)
    """Of axes that are named but not declared."""
    is_small: bool = False
    """Entries and function values are small integers, to be checked by hand."""
    arrays: dict[str, Array] = field(default_factory=dict)
    """Drawn once a point."""
    overrides: Mapping[str, Array | Scalar] = field(default_factory=dict)
    """Values that are given, not drawn."""
    slopes: dict[tuple[Node, int], Value] = field(default_factory=dict)
    """Gradients already taken here, by the formula and the digits."""


@dataclass(slots=True)
class Evaluation:
    """One evaluation: the point, the arithmetic, the work left, and what was met."""

    point: Point
    arithmetic: Arithmetic
    work: int = bounds.MAX_WORK
    bound: dict[str, Scalar] = field(default_factory=dict)
    reads: dict[str, Scalar] = field(default_factory=dict)
    """Entries and function values that were used, as text."""
    out_of_range: list[str] = field(default_factory=list)
    constant: dict[tuple[int, str], bool] = field(default_factory=dict)
    """Whether the body of a sum, by identity, is free of its variable."""

    def is_free_of(self, body: Node, variable: str) -> bool:
        """Whether a body does not hold a name."""
        key = (id(body), variable)
        if key not in self.constant:
            self.constant[key] = variable not in free_names(body)
        return self.constant[key]


def evaluate(tree: Node, point: Point, arithmetic: Arithmetic | None = None) -> Value:
    """The value at a point.

    Errors   Undefined where there is none; OutOfRange beyond the bounds.
    """
    return run(tree, Evaluation(point, arithmetic or Arithmetic()))


def run(node: Node, state: Evaluation) -> Value:
    """One node."""
    state.work -= 1
    if state.work < 0:
        raise OutOfRange("too much work")
    return _operations()[node.op](node, state)


@cache
def _operations() -> Mapping[str, Callable[[Node, Evaluation], Value]]:
    """Loaded at the first use: operations evaluate their arguments in turn."""
    from grader.maths.operations import OPERATIONS

    return OPERATIONS


def scalar(node: Node, state: Evaluation) -> Scalar:
    """A node that must be a number."""
    value = run(node, state)
    if isinstance(value, Identity | Ones | Repeated):
        raise Undefined("a number was expected, not a matrix")
    if isinstance(value, Array):
        if len(value.entries) == 1:
            return value.entries[0]
        raise Undefined(f"a number was expected, not {shape_text(value)} entries")
    return value


def truth(node: Node, state: Evaluation) -> bool:
    """A condition."""
    return bool(scalar(node, state) != 0)
