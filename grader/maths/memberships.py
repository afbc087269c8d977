"""Sets of numbers as statements: `x ∈ [0, 1)`, and whether a number lies in a set.

Two sets are the same where `x lies in it` is true for the same x: one test for all statements.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from grader.maths.tree import Node, as_interval, free_names, name, number, walk
from grader.spec.models import Symbol

STATEMENTS = ("compare", "and", "or", "not")
"""What is true or false: compared by truth, for numbers an equation is false nearly everywhere."""
SETS = ("interval", "union", "difference", "set")


def lies_in(tree: Node, member: Node) -> Node | None:
    """The statement that a number lies in a set; None for what is no set of numbers."""
    tree = as_interval(tree)
    if tree.op == "union":
        # `{2} ∪ [0, 1]`: braces around one number are no more than brackets.
        parts = [one if as_interval(one).op in SETS else Node("set", (one,)) for one in tree.args]
        sides = [lies_in(one, member) for one in parts]
        known = tuple(one for one in sides if one is not None)
        return Node("or", known) if len(known) == len(sides) else None
    if tree.op == "difference":
        first = lies_in(tree.args[0], member)
        taken = as_interval(tree.args[1])
        second = lies_in(taken if taken.op in SETS else Node("set", (taken,)), member)
        if first is None or second is None:
            return None
        return Node("and", (first, Node("not", (second,))))
    if tree.op == "set":
        return Node("or", tuple(Node("compare", (member, one), "=") for one in tree.args))
    if tree.op != "interval":
        return None
    low, high = tree.args
    opened, closed = str(tree.value)[0], str(tree.value)[1]
    conditions = []
    if not is_infinite(low):
        conditions.append(Node("compare", (low, member), "<=" if opened == "[" else "<"))
    if not is_infinite(high):
        conditions.append(Node("compare", (member, high), "<=" if closed == "]" else "<"))
    return Node("and", (*conditions, Node("compare", (number(0), number(0)), "=")))


def is_infinite(tree: Node) -> bool:
    """`∞` or `-∞`, alone."""
    return (tree.args[0] if tree.op == "neg" else tree) == name("∞")


def spell_memberships(tree: Node) -> Node:
    """`x ∈ (a, b)` as `a < x and x < b`, wherever it stands."""
    if not any(node.op == "compare" and node.value == "∈" for node in walk(tree)):
        return tree
    args = tuple(spell_memberships(arg) for arg in tree.args)
    if tree.op == "compare" and tree.value == "∈":
        found = lies_in(args[1], args[0])
        if found is not None:
            return found
    return replace(tree, args=args)


def align_with_set(
    statement: Node, numbers: Node, symbols: Mapping[str, Symbol]
) -> tuple[Node, Node] | None:
    """A statement about one symbol and a set of numbers, as two statements about that symbol.

    None where the set names the symbol too, or the statement is about more than one.
    """
    free = (free_names(statement) - free_names(numbers)) & symbols.keys()
    if len(free) != 1:
        return None
    found = lies_in(numbers, name(next(iter(free))))
    return None if found is None else (statement, found)


def join_statements(tree: Node) -> Node:
    """`x = 0, x = 1` as one or the other, `x > 0, x < 1` and `x = 1, y = 2` as both."""
    if tree.op != "tuple" or not all(one.op in STATEMENTS for one in tree.args):
        return tree
    firsts = {side.args[0] for one in tree.args for side in _equations(one)}
    is_choice = all(_equations(one) for one in tree.args) and len(firsts) == 1
    return Node("or" if is_choice else "and", tree.args, None, tree.start, tree.end)


def _equations(tree: Node) -> list[Node]:
    """The equations of a choice among them; none where it is anything else."""
    if tree.op == "compare" and tree.value == "=":
        return [tree]
    if tree.op == "or" and all(_equations(one) for one in tree.args):
        return [found for one in tree.args for found in _equations(one)]
    return []


def is_statement_of_numbers(tree: Node) -> bool:
    """Whether an answer says what a number is equal to or lies between, and names no set."""
    if tree.op not in STATEMENTS or not free_names(tree):
        return False
    return not any(
        side.op in (*SETS, "tuple", "list")
        for node in walk(tree)
        if node.op == "compare" and node.value == "="
        for side in node.args
    )
