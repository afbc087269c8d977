"""Why a verdict is what it is: the tree as read, the method, the points, the witness."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from grader.maths.answers import read_answer
from grader.maths.compare import STATEMENTS, Agreement, Comparison, compare
from grader.maths.mutations import name_mistake
from grader.maths.read import read
from grader.maths.show import show
from grader.maths.show_mathml import show_mathml
from grader.maths.tree import Formula, Node, Unreadable
from grader.spec.models import Symbol, Tolerance


@dataclass(frozen=True, slots=True)
class Explanation:
    """What `grade try` prints."""

    understood: str
    mathml: str
    tree: tuple[str, ...]
    """One line a node, indented."""
    comparison: Comparison
    mistake: str
    """The slip by name, where one was found."""


def explain(
    student: Formula,
    reference: Formula,
    symbols: Mapping[str, Symbol],
    *,
    seed: int = 0,
    boundary: str = "strict",
    up_to: str = "nothing",
    rounding: Tolerance | None = None,
) -> Explanation:
    """Compare, and keep everything that led to the verdict."""
    found = compare(
        student, reference, symbols,
        seed=seed, boundary=boundary, up_to=up_to, rounding=rounding,
    )  # fmt: skip
    named = ""
    if found.agreement is Agreement.DIFFERENT:
        named = name_mistake(student.tree, reference.tree, symbols, seed)
    return Explanation(
        show(student), show_mathml(student), tuple(draw_tree(student.tree)), found, named
    )


def explain_text(
    text: str,
    reference: str,
    symbols: Mapping[str, Symbol],
    *,
    seed: int = 0,
    boundary: str = "strict",
    up_to: str = "nothing",
    rounding: Tolerance | None = None,
) -> Explanation | Unreadable:
    """The same for an answer as it stands below its heading."""
    expected = read(reference, symbols)
    if isinstance(expected, Unreadable):
        return expected
    written = read_answer(text, symbols, is_statement=expected.tree.op in STATEMENTS)
    if isinstance(written, Unreadable):
        return written
    return explain(
        written.formula, expected, symbols,
        seed=seed, boundary=boundary, up_to=up_to, rounding=rounding,
    )  # fmt: skip


def draw_tree(tree: Node, depth: int = 0) -> Iterator[str]:
    """The tree, a node a line."""
    value = "" if tree.value is None else f" {tree.value}"
    yield "  " * depth + tree.op + value
    for arg in tree.args:
        yield from draw_tree(arg, depth + 1)
