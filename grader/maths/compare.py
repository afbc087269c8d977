"""Whether an answer agrees with the reference, in any way that it may be read.

First as it is most likely meant; then as NumPy has it, and the readings that what is wanted makes
likely. A reading that would make it right, and that nothing speaks for, leaves it open.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from grader.maths.compare_trees import Agreement, Comparison, compare_trees
from grader.maths.readings import DOUBTFUL, other_readings, with_thousands
from grader.maths.single_bars import bars_as_norms
from grader.maths.subscripts import align, count_otherwise
from grader.maths.tree import Formula, Node
from grader.spec.models import Symbol, Tolerance

ORDERED = ("tuple", "list", "vector")


def compare(
    student: Formula,
    reference: Formula,
    symbols: Mapping[str, Symbol],
    *,
    seed: int,
    boundary: str = "strict",
    up_to: str = "nothing",
    rounding: Tolerance | None = None,
) -> Comparison:
    """Compare an answer with the reference over the declared symbols."""

    def judge(one: Node, other: Node) -> Comparison:
        return compare_trees(
            one, other, symbols, seed=seed, boundary=boundary, up_to=up_to, rounding=rounding
        )

    tree, right = align(student.tree, reference.tree, symbols)
    first = judge(tree, right)
    if first.is_equal:
        return first
    if student.as_numpy is not None:
        found = judge(*align(student.as_numpy, reference.tree, symbols))
        if found.is_equal and student.is_numpy:
            return replace(found, note="read as NumPy has it")
        if found.agreement is not Agreement.DIFFERENT:
            note = "right or wrong by whether .T of one axis is a row" if found.is_equal else ""
            first = replace(found, agreement=Agreement.UNDECIDED, note=note or found.note)
        elif first.method == "shapes" and found.witness is not None:
            first = found
    other_tree = align(student.other, reference.tree, symbols)[0] if student.other else None
    aligned = replace(student, tree=tree, other=other_tree)
    for reading, note in other_readings(aligned, right, symbols):
        again = judge(reading, right)
        if again.is_equal:
            return replace(again, note=note)
    for reading in (*student.doubtful, *with_thousands(student, right, symbols)):
        if judge(*align(reading, reference.tree, symbols)).is_equal:
            return Comparison(Agreement.UNDECIDED, None, first.method, first.points_tried, DOUBTFUL)
    if student.as_products is not None:
        products = align(student.as_products, reference.tree, symbols)
        if judge(*products).is_equal:
            note = "right or wrong by whether * between arrays goes entry by entry"
            return Comparison(Agreement.UNDECIDED, None, first.method, first.points_tried, note)
    for one, other in count_otherwise(student.tree, reference.tree, symbols):
        if judge(one, other).is_equal:
            return Comparison(
                Agreement.UNDECIDED, None, first.method, first.points_tried,
                "right or wrong by where its subscripts count from",
            )  # fmt: skip
    for one, other in bars_as_norms(tree, right):
        if judge(one, other).is_equal:
            note = "right or wrong by whether |A| is a determinant or a norm"
            return Comparison(Agreement.UNDECIDED, None, first.method, first.points_tried, note)
    if first.agreement is Agreement.DIFFERENT and tree.op == "set" and right.op in ORDERED:
        return replace(first, note="{…} is a set and has no order: write (…, …) in the one asked")
    return first
