"""Whether two trees are equal: yes, no with a witness, or not decided.

The ladder: the same tree; then values at random points of the declared domains, exact where
the formulas are rational and to 40 digits elsewhere; far points; points on every switching
surface; a second look with more digits. A point where rounding could hide or feign a
difference counts for neither side.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction

from grader.maths import bounds
from grader.maths.arrays import (
    Array,
    shape_text,
    transpose,
)
from grader.maths.evaluate import Point
from grader.maths.looks import Look, Question, Sight, confirm, look_aside, look_at
from grader.maths.memberships import SETS, STATEMENTS, align_with_set, spell_memberships
from grader.maths.modular import agree_modulo_prime, is_rational
from grader.maths.points import draw_point, is_allowed
from grader.maths.sampling import MODERATE_POINTS, NEEDED_POINTS, choose_points
from grader.maths.switching import Switches
from grader.maths.tally import Tally
from grader.maths.tree import Node, as_interval, free_names, walk
from grader.maths.witnesses import (
    Witness,
    explain_gap,
    find_small_witness,
    make_witness,
    text_at,
    value_text,
    values_text,
)
from grader.spec.models import Symbol, Tolerance


class Agreement(StrEnum):
    """What comparing can say."""

    EQUAL = "equal"
    DIFFERENT = "different"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The verdict, and how it was reached."""

    agreement: Agreement
    witness: Witness | None = None
    method: str = ""
    points_tried: int = 0
    note: str = ""

    @property
    def is_equal(self) -> bool:
        return self.agreement is Agreement.EQUAL


def compare_trees(
    student: Node,
    reference: Node,
    symbols: Mapping[str, Symbol],
    *,
    seed: int,
    boundary: str = "strict",
    up_to: str = "nothing",
    rounding: Tolerance | None = None,
) -> Comparison:
    """Compare two trees over the declared symbols."""
    if student == reference:
        return Comparison(Agreement.EQUAL, method="the same expression")
    if any(node.op == "expectation" for side in (student, reference) for node in walk(side)):
        from grader.maths.expectations import compare_expectations

        if up_to != "nothing" or rounding is not None or student.op in STATEMENTS:
            return Comparison(
                Agreement.UNDECIDED, None, "expectations", 0, "expectations are not compared so"
            )
        return compare_expectations(student, reference, symbols, seed=seed, boundary=boundary)
    student, reference = spell_memberships(student), spell_memberships(reference)
    if reference.op in STATEMENTS and align_with_set(reference, student, symbols) is not None:
        # `(0, 1)` beside `0 < x < 1` is no pair.
        student = as_interval(student)
    if reference.op in ("interval", "union", "difference"):
        from grader.maths.intervals import compare_real_sets

        return compare_real_sets(student, reference, symbols, seed)
    if {student.op, reference.op} & set(SETS) and {student.op, reference.op} & set(STATEMENTS):
        from grader.maths.intervals import compare_with_set

        sides = (student, reference) if student.op in STATEMENTS else (reference, student)
        return compare_with_set(*sides, symbols, seed)
    if student.op in STATEMENTS and reference.op in STATEMENTS:
        from grader.maths.truth_tables import compare_statements

        return compare_statements(student, reference, symbols, seed)
    if student.op == "set" and len(student.args) == 1 and reference.op != "set":
        # Braces around one formula may be a set in the question's words too.
        student = student.args[0]
    used = used_symbols(student, reference, symbols)
    matching = "as sets" if reference.op == "set" else "in order"
    if up_to == "permutation":
        matching, up_to = "in any order", "nothing"
    question = Question(student, reference, used, boundary, rounding, matching)
    if any(symbol.domain == "complex" for symbol in used.values()):
        return _compare_over_complex(question, seed)
    if up_to != "nothing":
        from grader.maths.up_to import compare_up_to

        return compare_up_to(question, up_to, seed)
    return sweep(question, seed)


def used_symbols(
    student: Node, reference: Node, symbols: Mapping[str, Symbol]
) -> dict[str, Symbol]:
    """The symbols that matter, with those their shapes and bounds mention, in declared order."""
    wanted = free_names(student) | free_names(reference)
    for spelling, symbol in symbols.items():
        # A size that is only named in shapes gets its value with an array of that shape.
        if any(size in wanted and size not in symbols for size in symbol.shape):
            wanted = wanted | {spelling}
    while True:
        more = set(wanted)
        for spelling in wanted & set(symbols):
            symbol = symbols[spelling]
            more.update(size for size in symbol.shape if isinstance(size, str))
            for limit in (symbol.above, symbol.below):
                more.update(limit.replace("+", " ").replace("-", " ").split())
        if more == wanted:
            break
        wanted = more
    return {spelling: symbol for spelling, symbol in symbols.items() if spelling in wanted}


def agree_at_points(question: Question, seed: int) -> bool:
    """Whether points alone show equality: without a witness, and without SymPy."""
    if not question.symbols:
        return _compare_constants(question, seed).is_equal
    same = 0
    sides = (question.reference, question.student)
    switches = Switches(sides, question.symbols, seed, bends=False)
    for kind, point in choose_points(question, switches, seed):
        if not is_allowed(question.symbols, point.values):
            continue
        look = look_at(question, point, 3 * bounds.DIGITS if kind == "beside" else bounds.DIGITS)
        same += look.sight is Sight.SAME
        is_gone = look.sight is Sight.STUDENT_UNDEFINED and (kind != "boundary" or look.is_gap)
        if look.sight is Sight.SHAPES or look.sight is Sight.DIFFERENT or is_gone:
            return False
    return same >= NEEDED_POINTS


def sweep(question: Question, seed: int) -> Comparison:
    """Look at one point after the other until something is certain."""
    if not question.symbols:
        return _compare_constants(question, seed)
    tally = Tally()
    switches = Switches((question.reference, question.student), question.symbols, seed)
    for kind, point in choose_points(question, switches, seed):
        if not is_allowed(question.symbols, point.values):
            continue
        digits = 3 * bounds.DIGITS if kind == "beside" else bounds.DIGITS
        asked, look = question, look_at(question, point, digits)
        tally.tried += 1
        tally.work += look.work
        if look.sight is Sight.SKIPPED and look.is_tied and question.boundary == "ignore":
            point, look = look_aside(question, point, digits)
            asked = replace(question, boundary="strict")
            kind = "between" if kind == "boundary" else kind
            tally.work += look.work
        if look.sight is Sight.SHAPES:
            return shapes_differ(look, tally.tried)
        is_beside = kind == "beside" and look.sight is Sight.DIFFERENT
        if is_beside or (look.sight is Sight.DIFFERENT and confirm(asked, point, look)):
            return _refute(question, point, look, kind, seed, tally.tried)
        if look.is_gap and kind == "boundary":
            if question.boundary == "ignore":
                continue
            note = "right except where the formula switches: no case covers that point"
            witness = make_witness(point, look)
            return Comparison(Agreement.DIFFERENT, witness, "boundary points", tally.tried, note)
        tally.count(kind, point, look)
        if tally.is_exhausted:
            break
    if tally.same >= NEEDED_POINTS and question.boundary == "strict":
        for trees, point in switches.pretend():
            pretended = replace(question, reference=trees[0], student=trees[1])
            tally.count("pretended", point, look_at(pretended, point))
    tally.close(switches)
    if tally.undefined:
        return _judge_undefined(question, tally)
    if tally.same >= NEEDED_POINTS:
        accepted = _accept(question, seed, tally.tried)
        if tally.doubt and accepted.is_equal and accepted.method == "random points":
            return replace(accepted, agreement=Agreement.UNDECIDED, note=tally.doubt)
        return accepted
    if tally.is_empty:
        found = _compare_complex(question, seed)
        if found is not None:
            return found
    note = f"only {tally.same} points could be compared"
    return _ask_sympy(question, note, tally.worst, tally.tried)


def _judge_undefined(question: Question, tally: Tally) -> Comparison:
    """The answer has no value where the reference has one."""
    if tally.same == 0 and len(tally.undefined) >= NEEDED_POINTS:
        note = f"undefined wherever it was tried: {tally.worst.note if tally.worst else ''}"
        point = tally.undefined[0]
        expected = text_at(question.reference, point)
        witness = Witness(values_text(point), "undefined", expected)
        return Comparison(Agreement.DIFFERENT, witness, "random points", tally.tried, note)
    note = "no value at some points where the reference has one; is a domain missing?"
    return Comparison(Agreement.UNDECIDED, None, "random points", tally.tried, note)


def _accept(question: Question, seed: int, tried: int) -> Comparison:
    """Equal wherever it was tried; rational functions are settled modulo a prime."""
    sides = (question.student, question.reference)
    if question.rounding is None and all(is_rational(one, question.symbols) for one in sides):
        agrees = agree_modulo_prime(*sides, seed)
        if agrees:
            return Comparison(Agreement.EQUAL, None, "exactly, modulo a prime", tried)
        if agrees is False:
            found = find_small_witness(question, seed)
            witness = make_witness(*found) if found else None
            return Comparison(Agreement.DIFFERENT, witness, "modulo a prime", tried)
    return Comparison(Agreement.EQUAL, None, "random points", tried)


def _compare_over_complex(question: Question, seed: int) -> Comparison:
    """Declared complex symbols: rational functions are settled, all else is left to a person."""
    sides = (question.student, question.reference)
    agrees = None
    if all(is_rational(one, question.symbols) for one in sides):
        agrees = agree_modulo_prime(*sides, seed)
    if agrees is None:
        return Comparison(
            Agreement.UNDECIDED, None, "modulo a prime", 0, "complex symbols are not evaluated"
        )
    found = Agreement.EQUAL if agrees else Agreement.DIFFERENT
    return Comparison(found, None, "exactly, modulo a prime", 3)


def _compare_complex(question: Question, seed: int) -> Comparison | None:
    """The reference is real nowhere: then complex values count."""
    same = 0
    for turn in range(MODERATE_POINTS):
        point = draw_point(question.symbols, seed, 300 + turn)
        look = look_at(question, point, is_complex=True)
        if look.sight is Sight.DIFFERENT:
            return Comparison(
                Agreement.DIFFERENT, make_witness(point, look), "complex points", turn + 1
            )
        same += look.sight is Sight.SAME
    if same >= NEEDED_POINTS:
        return Comparison(Agreement.EQUAL, None, "complex points", MODERATE_POINTS)
    return None


def _ask_sympy(question: Question, note: str, worst: Look | None, tried: int) -> Comparison:
    """Nothing could be told from values: SymPy may still show equality."""
    if worst is not None and worst.note:
        note += f" ({worst.note})"
    if question.rounding is None and not any(one.shape for one in question.symbols.values()):
        from grader.maths.symbolic import is_zero_by_sympy

        if is_zero_by_sympy(question.student, question.reference, question.symbols):
            return Comparison(Agreement.EQUAL, None, "SymPy", tried)
    return Comparison(Agreement.UNDECIDED, None, "random points", tried, note)


def _compare_constants(question: Question, seed: int) -> Comparison:
    """Without symbols there is one point: look at it with 120 and with 300 digits."""
    point = Point({}, seed, {})
    looks = []
    for digits in (3 * bounds.DIGITS, 300):
        looks.append(look_at(question, point, digits))
        if looks[-1].sight in (Sight.SHAPES, Sight.STUDENT_UNDEFINED):
            break
    look = looks[-1]
    sights = {one.sight for one in looks}
    witness = Witness({}, value_text(look.student), value_text(look.reference))
    if look.sight is Sight.SHAPES:
        return shapes_differ(look, 1)
    if look.sight is Sight.STUDENT_UNDEFINED:
        witness = Witness({}, "undefined", value_text(look.reference))
        return Comparison(Agreement.DIFFERENT, witness, "its value", 1, look.note)
    if sights == {Sight.SAME}:
        exact = isinstance(look.student, Fraction) and isinstance(look.reference, Fraction)
        return Comparison(
            Agreement.EQUAL, None, "the exact value" if exact else "its value to 200 digits", 1
        )
    if sights == {Sight.DIFFERENT}:
        return Comparison(Agreement.DIFFERENT, witness, "its value", 1)
    return Comparison(Agreement.UNDECIDED, None, "its value", 1, look.note)


def shapes_differ(look: Look, tried: int) -> Comparison:
    """Arrays that have not one shape, or that cannot be multiplied, with the shapes in words."""
    note = look.note
    witness = None
    if look.student is not None:
        saw, wanted = shape_text(look.student), shape_text(look.reference)
        note = f"its shape is {saw}, expected {wanted}"
        witness = Witness({}, f"shape {saw}", f"shape {wanted}")
        has_sides = isinstance(look.student, Array) and len(look.student.shape) <= 2
        flipped = transpose(look.student) if has_sides else None
        if flipped is not None and shape_text(flipped) == wanted:
            note += "; it may be transposed"
    return Comparison(Agreement.DIFFERENT, witness, "shapes", tried, note)


def _refute(
    question: Question, point: Point, look: Look, kind: str, seed: int, tried: int
) -> Comparison:
    """Find the smallest witness, and say where the difference is seen."""
    note = look.note
    if kind == "boundary":
        note = "right except where the formula switches"
    if kind == "far":
        note = "right near 0, wrong far from it"
    found = None
    if kind != "far":
        found = find_small_witness(question, seed)
    if found is not None:
        point, look = found
        note = look.note or (note if kind == "boundary" else "")
    note = note or explain_gap(look)
    return Comparison(Agreement.DIFFERENT, make_witness(point, look), f"{kind} points", tried, note)
