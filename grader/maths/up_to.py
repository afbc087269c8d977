"""Equality up to a constant, a factor or a sign: one number is taken from a first point."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from grader.maths.answers import Written, read_answer
from grader.maths.arrays import Array, Identity, Ones, Repeated, Value
from grader.maths.compare_trees import Agreement, Comparison, sweep
from grader.maths.looks import Question, Sight, look_at
from grader.maths.points import draw_point
from grader.maths.scalars import Arithmetic, Scalar
from grader.maths.tree import Node, Unreadable, free_names
from grader.spec.models import Symbol

CONSTANTS = ("C", "c", "const", "constant")
"""What people add to an antiderivative without declaring it."""


def read_with_constant(text: str, symbols: Mapping[str, Symbol]) -> Written | Unreadable:
    """Read an answer up to a constant: a `+ C` of its own is no part of the formula.

    Elsewhere, as in `C x`, the name is as unknown as any.
    """
    names = {name: Symbol() for name in CONSTANTS if name not in symbols}
    written = read_answer(text, {**symbols, **names})
    if isinstance(written, Written):
        tree = _drop_terms(written.formula.tree, names.keys())
        if not free_names(tree) & names.keys():
            sides = [side for side in written.sides if not free_names(side.tree) & names.keys()]
            doubtful = tuple(_drop_terms(one, names.keys()) for one in written.formula.doubtful)
            code = written.formula.as_numpy
            formula = replace(
                written.formula, tree=tree, other=None, doubtful=doubtful, as_products=None,
                as_numpy=None if code is None else _drop_terms(code, names.keys()),
            )  # fmt: skip
            return replace(written, formula=formula, sides=tuple(sides))
    return read_answer(text, symbols)


def _drop_terms(tree: Node, names: Collection[str]) -> Node:
    if tree.op != "add":
        return tree
    kept = tuple(each for each in tree.args if not (each.op == "name" and each.value in names))
    return kept[0] if len(kept) == 1 else replace(tree, args=kept or tree.args)


def compare_up_to(question: Question, up_to: str, seed: int) -> Comparison:
    """Shift or scale the reference so that it fits at one point, then compare everywhere."""
    plain = sweep(question, seed)
    if plain.is_equal:
        return plain
    if up_to == "sign":
        flipped = replace(question, reference=Node("neg", (question.reference,)))
        found = sweep(flipped, seed)
        return found if found.is_equal else plain
    for turn in range(6):
        point = draw_point(question.symbols, seed, 900 + turn)
        look = look_at(question, point)
        if look.sight is Sight.SHAPES:
            return plain
        pair = _pick_entries(look.student, look.reference)
        if look.sight not in (Sight.DIFFERENT, Sight.SAME) or pair is None:
            continue
        fitted = _fit(question.reference, up_to, *pair)
        if fitted is None:
            continue
        found = sweep(replace(question, reference=fitted), seed)
        if found.is_equal or found.agreement is Agreement.UNDECIDED:
            return found
        return Comparison(
            Agreement.DIFFERENT, plain.witness, f"equality up to a {up_to}", found.points_tried,
            plain.note,
        )  # fmt: skip
    return Comparison(Agreement.UNDECIDED, None, f"equality up to a {up_to}", 6)


def _pick_entries(student: Value, reference: Value) -> tuple[Scalar, Scalar] | None:
    """The two numbers, or two entries of one place that are not 0 on the right side."""
    if isinstance(student, Array) and isinstance(reference, Array):
        pairs = zip(student.entries, reference.entries, strict=True)
        return next((pair for pair in pairs if pair[1] != 0), None)
    if isinstance(student, Array | Identity | Ones | Repeated) or isinstance(
        reference, Array | Identity | Ones | Repeated
    ):
        return None
    return student, reference


def _fit(reference: Node, up_to: str, student: Scalar, expected: Scalar) -> Node | None:
    arithmetic = Arithmetic()
    if up_to == "constant":
        gap = arithmetic.add(student, -expected)
        return Node("add", (reference, Node("number", value=gap)))
    if expected == 0 or student == 0:
        return None
    factor = arithmetic.divide(student, expected)
    return Node("mul", (Node("number", value=factor), reference))
