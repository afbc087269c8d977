"""Other readings of an answer, tried where the first one is not the right answer.

Each is what people mean by the same signs: a wrong answer stays wrong under all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction

from grader.maths.shapes import infer_shape
from grader.maths.single_bars import bars_by_entry
from grader.maths.subscripts import count_from_one
from grader.maths.tree import ONES, Formula, Node, Unreadable, walk
from grader.spec.models import Symbol

DOUBTFUL = "right or wrong by how it is read: where an argument without brackets ends, say"


def other_readings(
    student: Formula, reference: Node, symbols: Mapping[str, Symbol]
) -> Iterator[tuple[Node, str]]:
    """Trees, and how each was read."""
    if student.other is not None:
        yield student.other, "read with the product as the denominator"
    shifted = count_from_one(student.tree, reference, symbols)
    if shifted is not None:
        yield shifted, "read with subscripts from 1"
    bars = bars_by_entry(student)
    if bars is not None:
        yield bars, "read with |x| entry by entry"
    if not any(len(symbol.shape) > 0 for symbol in symbols.values()):
        return
    for tree in (student.tree, shifted):
        if tree is not None and (rows := _multiply_rows(tree, symbols)) != tree:
            yield rows, "read with x_i w as an inner product"
    ones = _spell_ones(student.tree, symbols)
    if ones != student.tree:
        yield ones, "read with a factor 1 as the column of ones"
    if (starred := _multiply_by_entry(student, symbols)) is not None:
        yield starred, "read with * entry by entry, as NumPy has it"


def _multiply_rows(tree: Node, symbols: Mapping[str, Symbol]) -> Node:
    """`X_i w`: a row of a matrix times a column is a number."""
    args = tuple(_multiply_rows(arg, symbols) for arg in tree.args)
    tree = replace(tree, args=args) if args != tree.args else tree
    if tree.op != "mul":
        return tree
    factors: list[Node] = []
    for factor in tree.args:
        if factors and _is_row(factors[-1], symbols) and _is_column(factor, symbols):
            factors[-1] = Node("call", (factors[-1], factor), "dot", factor.start, factor.end)
        else:
            factors.append(factor)
    return factors[0] if len(factors) == 1 else replace(tree, args=tuple(factors))


def _is_row(tree: Node, symbols: Mapping[str, Symbol]) -> bool:
    shape = infer_shape(tree, symbols)
    return tree.op == "index" and shape is not None and len(shape) == 1


def _is_column(tree: Node, symbols: Mapping[str, Symbol]) -> bool:
    shape = infer_shape(tree, symbols)
    return shape is not None and len(shape) == 1


def _spell_ones(tree: Node, symbols: Mapping[str, Symbol]) -> Node:
    """`X 1`: nobody multiplies an array by the number 1, this is the column of ones."""
    args = tuple(_spell_ones(arg, symbols) for arg in tree.args)
    if tree.op in ("mul", "matmul") and any(infer_shape(arg, symbols) for arg in args):
        args = tuple(
            Node("name", (), ONES, arg.start, arg.end)
            if arg.op == "number" and arg.value == Fraction(1)
            else arg
            for arg in args
        )
    return replace(tree, args=args) if args != tree.args else tree


def _multiply_by_entry(student: Formula, symbols: Mapping[str, Symbol]) -> Node | None:
    """`A * B` of matrices as NumPy has it; None where no star stands between any."""
    from grader.maths.read import LATEX, read

    text = student.text.replace("**", "^")
    has_matrices = any(
        len(symbols[str(node.value)].shape) > 1
        for node in walk(student.tree)
        if node.op == "name" and str(node.value) in symbols
    )
    if "*" not in text or not has_matrices or LATEX.search(text):
        return None
    found = read(text.replace("*", " .* "), symbols)
    return None if isinstance(found, Unreadable) else found.tree
