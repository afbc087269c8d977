"""What `|x|` of an array may mean: each entry's size, the array's length, a determinant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from grader.maths.tree import BARS, Formula, Node, walk

SINGLE = ("|", "\\left|", "\\lvert", "\\vert", "\\left\\vert", "\\left\\lvert")


def bars_by_entry(formula: Formula) -> Node | None:
    """The answer with single bars taken entry by entry; None where there are none on an array."""
    tree = _rename(formula.tree, formula.text)
    return None if tree == formula.tree else tree


def _rename(tree: Node, text: str) -> Node:
    args = tuple(_rename(each, text) for each in tree.args)
    if tree.mark == BARS:
        return replace(tree, args=args, value="abs", mark="")
    is_norm = tree.op == "call" and tree.value == "norm" and len(args) == 1
    opens = text[tree.start : tree.start + 12]
    if is_norm and opens.startswith(SINGLE) and not opens.startswith("||"):
        return replace(tree, args=args, value="abs")
    return replace(tree, args=args) if args != tree.args else tree


def bars_as_norms(student: Node, reference: Node) -> Iterator[tuple[Node, Node]]:
    """Both formulas with `|A|` of a square matrix as its norm, where it was read as determinant.

    What is equal only so is for a person to judge.
    """
    in_student, in_reference = (
        any(node.mark == BARS for node in walk(side)) for side in (student, reference)
    )
    if in_student:
        yield _as_norms(student), reference
    if in_reference:
        yield student, _as_norms(reference)
    if in_student and in_reference:
        yield _as_norms(student), _as_norms(reference)


def _as_norms(tree: Node) -> Node:
    args = tuple(_as_norms(each) for each in tree.args)
    if tree.mark == BARS:
        return replace(tree, args=args, value="norm", mark="")
    return replace(tree, args=args) if args != tree.args else tree
