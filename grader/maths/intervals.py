"""Intervals, half-lines and their unions, with formulas for ends.

Two sets are the same where `x lies in it` is true for the same x: one test for all statements.
"""

from __future__ import annotations

from collections.abc import Mapping

from grader.maths.compare import STATEMENTS, Agreement, Comparison
from grader.maths.tree import Node, as_interval, name, number
from grader.spec.models import Symbol

SETS = ("interval", "union", "set")
MEMBERS = ("x", "t", "z", "member")
"""What a member is called: the first that the question leaves free."""


def compare_real_sets(
    student: Node, reference: Node, symbols: Mapping[str, Symbol], seed: int
) -> Comparison:
    """Compare by the members; what is no set of numbers is left to a person."""
    from grader.maths.truth_tables import judge_implication

    spelling = next(one for one in (*MEMBERS, "member_") if one not in symbols)
    sides = [_lies_in(side, name(spelling)) for side in (student, reference)]
    first, second = sides
    if first is None or second is None:
        wrong = first is None and student.op not in STATEMENTS
        agreement = Agreement.DIFFERENT if wrong else Agreement.UNDECIDED
        return Comparison(agreement, None, "truth tables", 0, "it is no set of numbers")
    everything = {**symbols, spelling: Symbol()}
    return judge_implication(second, first, "⇔", everything, seed, spares_zeros=False)


def _lies_in(tree: Node, member: Node) -> Node | None:
    """The statement that a number lies in a set."""
    tree = as_interval(tree)
    if tree.op == "union":
        # `{2} ∪ [0, 1]`: braces around one number are no more than brackets.
        parts = [one if as_interval(one).op in SETS else Node("set", (one,)) for one in tree.args]
        sides = [_lies_in(one, member) for one in parts]
        known = tuple(one for one in sides if one is not None)
        return Node("or", known) if len(known) == len(sides) else None
    if tree.op == "set":
        return Node("or", tuple(Node("compare", (member, one), "=") for one in tree.args))
    if tree.op != "interval":
        return None
    low, high = tree.args
    opened, closed = str(tree.value)[0], str(tree.value)[1]
    conditions = []
    if not _is_infinite(low):
        conditions.append(Node("compare", (low, member), "<=" if opened == "[" else "<"))
    if not _is_infinite(high):
        conditions.append(Node("compare", (member, high), "<=" if closed == "]" else "<"))
    return Node("and", (*conditions, Node("compare", (number(0), number(0)), "=")))


def _is_infinite(tree: Node) -> bool:
    return (tree.args[0] if tree.op == "neg" else tree) == name("∞")
