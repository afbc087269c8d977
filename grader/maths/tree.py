"""The expression tree: one kind of node, with the place in the text where it was read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction

ONES = "𝟏"
"""The name of a column of ones, as long as what it meets."""
SUBSCRIPT, FROM_ONE, BARS = "_", "1", "|"
"""Marks of entries, of their indices, and of determinants that are written with bars."""
WHOLE, NEW, PICKED = 0, 1, 2
"""What stands at one place of `A[:, None, 0]`: a whole axis, a new one, one entry of an axis."""
Payload = Fraction | str | tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class Node:
    """One operation and what it applies to.

    number(value) name(value) add mul div pow neg floordiv mod hadamard matmul transpose
    call(value: function) apply(value: symbol, primes as ') index(array, subscripts...)
    sum/prod(value: bound name; body, low, high) compare(value: relation; two sides)
    and or not  piecewise(value, condition, value, condition, ..., default)
    axes(array, subscripts...; value: what stands at each place) einsum(arrays; value: labels)
    vector(entries) list(items) tuple set interval(value: its brackets) expectation
    """

    op: str
    args: tuple[Node, ...] = ()
    value: Payload = None
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)
    mark: str = field(default="", compare=False)
    """How it was written: `_` on an entry, `1` on an index moved from 1 to 0, `|` on `|A|`."""

    def __hash__(self) -> int:
        return hash((self.op, self.args, self.value))


@dataclass(frozen=True, slots=True)
class Formula:
    """What was read: the tree, and the text it came from."""

    tree: Node
    text: str = ""
    other: Node | None = None
    """The other way to read `a/bc`, where the text leaves it open."""
    doubtful: tuple[Node, ...] = ()
    """Readings of functions without brackets that people use as well, if less often."""
    as_numpy: Node | None = None
    """What NumPy makes of it, where that may be something else."""
    is_numpy: bool = False
    """Whether nothing else can be meant."""
    as_products: Node | None = None
    """What it is to somebody whose `*` between arrays is a product of matrices."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why a text could not be read, and where."""

    message: str
    column: int
    """Counted from 1, in `text`."""
    text: str
    suggestion: str = ""

    def __str__(self) -> str:
        return self.show()

    def show(self) -> str:
        """The message, with the line concerned and a caret below the place."""
        before = self.text[: self.column - 1]
        line_start = before.rfind("\n") + 1
        line_end = self.text.find("\n", line_start)
        line = self.text[line_start : line_end if line_end >= 0 else None]
        offset = self.column - 1 - line_start
        first = max(0, offset - 50)
        shown = "".join(c if c.isprintable() else "?" for c in line[first : first + 76])
        caret = " " * (offset - first) + "^"
        message = self.message + (f" {self.suggestion}" if self.suggestion else "")
        return f"{message}\n    {shown}\n    {caret}"


def number(value: int | Fraction) -> Node:
    """A constant."""
    return Node("number", value=Fraction(value))


def name(value: str) -> Node:
    """A symbol."""
    return Node("name", value=value)


def as_written(index: Node) -> Node:
    """A subscript that was moved from 1 to 0, as it was before."""
    if index.mark != FROM_ONE:
        return index
    return number(index.value + 1) if isinstance(index.value, Fraction) else index.args[0]


def as_interval(tree: Node) -> Node:
    """`(a, b)` and `[a, b]` beside a set of numbers are intervals."""
    if tree.op in ("tuple", "list") and len(tree.args) == 2:
        brackets = "()" if tree.op == "tuple" else "[]"
        return Node("interval", tree.args, brackets, tree.start, tree.end)
    return tree


def walk(tree: Node) -> Iterator[Node]:
    """Every node, parents before children, without recursion."""
    stack = [tree]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(node.args))


def substitute(tree: Node, values: dict[str, Node]) -> Node:
    """Replace free names by trees; bound names of sums stay."""
    if tree.op == "name":
        return values.get(str(tree.value), tree)
    if tree.op in ("sum", "prod"):
        inner = {key: value for key, value in values.items() if key != tree.value}
        body, *bounds = tree.args
        args = (substitute(body, inner), *(substitute(bound, values) for bound in bounds))
    elif tree.op == "call" and tree.value == "diff":
        # The variables of a derivative are no values.
        args = (substitute(tree.args[0], values), *tree.args[1:])
    else:
        args = tuple(substitute(arg, values) for arg in tree.args)
    return replace(tree, args=args) if args != tree.args else tree


def free_names(tree: Node) -> set[str]:
    """Names and symbolic functions the value depends on."""
    if tree.op == "name":
        return {str(tree.value)}
    found: set[str] = {str(tree.value).rstrip("'")} if tree.op == "apply" else set()
    if tree.op in ("sum", "prod"):
        body, *bounds = tree.args
        found |= free_names(body) - {str(tree.value)}
        for bound in bounds:
            found |= free_names(bound)
        return found
    for arg in tree.args:
        found |= free_names(arg)
    return found
