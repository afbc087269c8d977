"""Intervals, half-lines and their unions compared, with formulas for ends."""

from __future__ import annotations

from collections.abc import Mapping

from grader.maths.compare_trees import Agreement, Comparison
from grader.maths.memberships import STATEMENTS, align_with_set, lies_in
from grader.maths.tree import Node, name
from grader.spec.models import Symbol

MEMBERS = ("x", "t", "z", "member")
"""What a member is called: the first that the question leaves free."""


def compare_real_sets(
    student: Node, reference: Node, symbols: Mapping[str, Symbol], seed: int
) -> Comparison:
    """Compare by the members; what is no set of numbers is left to a person."""
    from grader.maths.truth_tables import judge_implication

    if student.op in STATEMENTS:
        return compare_with_set(student, reference, symbols, seed)
    spelling = next(one for one in (*MEMBERS, "member_") if one not in symbols)
    first, second = (lies_in(side, name(spelling)) for side in (student, reference))
    if first is None or second is None:
        agreement = Agreement.DIFFERENT if first is None else Agreement.UNDECIDED
        return Comparison(agreement, None, "truth tables", 0, "it is no set of numbers")
    everything = {**symbols, spelling: Symbol()}
    return judge_implication(second, first, "⇔", everything, seed, spares_zeros=False)


def compare_with_set(
    statement: Node, numbers: Node, symbols: Mapping[str, Symbol], seed: int
) -> Comparison:
    """`-1 < x < 1` beside `(-1, 1)`: both are about the one symbol that the set leaves open."""
    from grader.maths.truth_tables import judge_implication

    pair = align_with_set(statement, numbers, symbols)
    if pair is None:
        note = "a set of numbers beside a statement about more than one"
        return Comparison(Agreement.UNDECIDED, None, "truth tables", 0, note)
    return judge_implication(pair[1], pair[0], "⇔", symbols, seed, spares_zeros=False)
