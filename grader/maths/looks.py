"""Both formulas at one point: the same, different, or nothing that counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction

from grader.maths import bounds
from grader.maths.arrays import (
    Array,
    Identity,
    Ones,
    Repeated,
    Value,
    WrongShapes,
    match_identity,
)
from grader.maths.evaluate import Evaluation, Point, run
from grader.maths.memberships import is_infinite
from grader.maths.points import is_met_exactly, move_aside
from grader.maths.scalars import (
    Arithmetic,
    Cancelled,
    NoBranch,
    OutOfRange,
    Scalar,
    Undefined,
    floats,
)
from grader.maths.tree import Node
from grader.spec.models import Symbol, Tolerance


class Sight(StrEnum):
    """What one point says."""

    SAME = "same"
    DIFFERENT = "different"
    UNCLEAR = "unclear"
    STUDENT_UNDEFINED = "student undefined"
    REFERENCE_UNDEFINED = "reference undefined"
    BEYOND = "beyond range"
    SKIPPED = "skipped"
    SHAPES = "shapes"


@dataclass(frozen=True, slots=True)
class Look:
    """Both values at one point."""

    sight: Sight
    student: Value = None
    reference: Value = None
    note: str = ""
    reads: Mapping[str, Scalar] | None = None
    is_exact: bool = False
    """Both values are fractions, without any rounding."""
    is_gap: bool = False
    """Undefined because no case of a piecewise answer covers the point."""
    work: int = 0
    """Nodes that were evaluated."""
    digits: int = bounds.DIGITS
    """How many were looked at."""
    is_tied: bool = False
    """Something was decided by an exact tie."""
    is_cancelled: bool = False
    """Beyond range only as long as there are no more digits."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is compared, and by which rules."""

    student: Node
    reference: Node
    symbols: Mapping[str, Symbol]
    boundary: str = "strict"
    rounding: Tolerance | None = None
    matching: str = "in order"
    """Of entries: `in order`, `in any order`, or `as sets`, where repetition does not count."""
    is_measured: bool = False
    """The reference is float64 numbers, not a formula."""


def look_at(
    question: Question, point: Point, digits: int = bounds.DIGITS, *, is_complex: bool = False
) -> Look:
    """Evaluate both formulas at one point and judge the difference.

    Where a term lies below what the digits show, or a difference below what they vouch for, the
    point is looked at again with as many as it takes; where that is too many, nothing is certain.
    """
    work = 0
    is_exact = is_met_exactly(point)
    for _ in range(MOST_LOOKS):
        arithmetic = Arithmetic(digits, is_complex=is_complex)
        if not is_exact:
            arithmetic.tie_digits = NEAR_DIGITS
        state, own = Evaluation(point, arithmetic), Evaluation(point, arithmetic)
        look = _look(question, state, own)
        work += 2 * bounds.MAX_WORK - state.work - own.work + int(arithmetic.spent)
        look = replace(look, work=work, digits=digits, is_tied=arithmetic.on_boundary)
        if not is_exact:
            return _judge_jump(look, arithmetic)
        wanted = _wanted_digits(question, look, arithmetic)
        if wanted <= digits:
            return look
        if wanted > bounds.MOST_DIGITS or work > bounds.MAX_WORK:
            break
        digits = wanted
    if look.sight is Sight.BEYOND:
        return look
    note = "a term is too small beside the others to be seen"
    return replace(look, sight=Sight.UNCLEAR, note=look.note or note)


MOST_LOOKS = 4
NEAR_DIGITS = bounds.DIGITS - 10
"""Floats tie to so many digits at a point that is itself known to 60."""
JUMP, STILL = Fraction(1, 10**6), Fraction(1, 10**12)
"""What is larger is a jump; √(x - r) is 10^-30 where r is known to 60 digits."""
MOST_MAGNIFIED = 60
"""Bits by which a point that is known to 60 digits may be magnified."""


def _judge_jump(look: Look, arithmetic: Arithmetic) -> Look:
    """At a point that is found to many digits, not exactly, jumps are seen and nothing else."""
    if look.sight not in (Sight.DIFFERENT, Sight.UNCLEAR):
        return look if look.sight in (Sight.SAME, Sight.SHAPES) else _skip(look)
    pairs = _pairs(look.student, look.reference)
    if pairs is None or arithmetic.largest > MOST_MAGNIFIED:
        return _skip(look)
    sights = set()
    for one, other in pairs:
        first, second = arithmetic.inexact(one), arithmetic.inexact(other)
        size = max(abs(first), abs(second), 1)
        gap = abs(first - second)
        is_jump = gap > size * arithmetic.inexact(JUMP)
        is_still = gap <= size * arithmetic.inexact(STILL)
        sights.add(Sight.DIFFERENT if is_jump else Sight.SAME if is_still else Sight.SKIPPED)
    order = (Sight.DIFFERENT, Sight.SKIPPED, Sight.SAME)
    return replace(look, sight=next(one for one in order if one in sights))


def _skip(look: Look) -> Look:
    return replace(look, sight=Sight.SKIPPED)


def _pairs(student: Value, reference: Value) -> list[tuple[Scalar, Scalar]] | None:
    if isinstance(student, Identity | Ones | Repeated) or isinstance(
        reference, Identity | Ones | Repeated
    ):
        return None
    first, second = _aligned(student, reference)
    return None if first is None or second is None else list(zip(first, second, strict=True))


def look_aside(question: Question, point: Point, digits: int) -> tuple[Point, Look]:
    """Look where ties may be settled either way: near one, for only it itself is left out.

    What ties at every point near it ties for good, as `relu(relu(x))` does below 0: it counts.
    """
    plain = replace(question, boundary="strict")
    work = 0
    for turn in range(MOST_ASIDE):
        moved = move_aside(point, turn)
        look = look_at(plain, moved, digits)
        work += look.work
        if not look.is_tied or look.sight is Sight.SAME or moved is point:
            break
    return moved, replace(look, work=work)


MOST_ASIDE = 3
"""Entries of arrays tie by chance once in ten points, all three times once in a thousand."""


def _wanted_digits(question: Question, look: Look, arithmetic: Arithmetic) -> int:
    """How many digits would settle what this look leaves open; 0 when it leaves nothing."""
    if question.rounding is not None or question.is_measured:
        return 0
    if look.sight is Sight.SAME or (look.sight is Sight.DIFFERENT and look.is_tied):
        # A tie may be all that is left of log(1 + exp(700)) > 700.
        if look.is_exact and look.sight is Sight.SAME:
            return 0
        hidden = arithmetic.hidden_bits * LOG10_OF_2
        # What is equal to two thirds of the digits counts as equal.
        return int(1.5 * hidden) + 16 if hidden > arithmetic.digits * 2 // 3 - 4 else 0
    if look.is_cancelled and arithmetic.digits < bounds.MOST_DIGITS:
        return min(5 * arithmetic.digits, bounds.MOST_DIGITS)
    is_number = not isinstance(look.student, Array | Identity | Ones | Repeated)
    if look.sight is not Sight.UNCLEAR or not is_number or look.reference is None:
        return 0
    gap = arithmetic.inexact(look.student) - arithmetic.inexact(look.reference)
    below = (arithmetic.largest - arithmetic.size_bits(gap)) * LOG10_OF_2
    return max(3 * bounds.DIGITS, int(below) + 16)


LOG10_OF_2 = 0.30103


def _look(question: Question, state: Evaluation, own: Evaluation) -> Look:
    arithmetic = state.arithmetic
    try:
        reference = run(question.reference, state)
    except WrongShapes as problem:
        return Look(Sight.REFERENCE_UNDEFINED, note=str(problem))
    except Undefined as problem:
        return Look(Sight.REFERENCE_UNDEFINED, note=str(problem))
    except OutOfRange as problem:
        is_cancelled = isinstance(problem, Cancelled)
        return Look(Sight.BEYOND, note=str(problem), is_cancelled=is_cancelled)
    reference_reads = dict(state.reads)
    if is_infinite(question.student):
        return Look(Sight.STUDENT_UNDEFINED, None, reference, "∞ is no number")
    try:
        student = run(question.student, own)
    except WrongShapes as problem:
        return Look(Sight.SHAPES, None, reference, str(problem))
    except Undefined as problem:
        is_gap = isinstance(problem, NoBranch)
        return Look(Sight.STUDENT_UNDEFINED, None, reference, str(problem), is_gap=is_gap)
    except OutOfRange as problem:
        is_cancelled = isinstance(problem, Cancelled)
        return Look(Sight.BEYOND, None, reference, str(problem), is_cancelled=is_cancelled)
    note = ""
    if own.out_of_range:
        note = f"it reads {own.out_of_range[0]}, which is outside the array"
    sight = judge_values(question, student, reference, arithmetic)
    if question.boundary == "ignore" and arithmetic.on_boundary and sight is not Sight.SAME:
        sight = Sight.SKIPPED
    reads = {**reference_reads, **own.reads}
    is_exact = isinstance(student, Fraction) and isinstance(reference, Fraction)
    return Look(sight, student, reference, note, reads, is_exact=is_exact)


def judge_values(
    question: Question, student: Value, reference: Value, arithmetic: Arithmetic
) -> Sight:
    """One scalar test behind every container."""
    if question.matching != "in order":
        from grader.maths.matching import match_entries

        return match_entries(question, student, reference, arithmetic)
    try:
        student, reference = match_identity(student, reference)
    except WrongShapes:
        return Sight.SHAPES
    if isinstance(student, Repeated) or isinstance(reference, Repeated):
        if not (isinstance(student, Repeated) and isinstance(reference, Repeated)):
            return Sight.SHAPES
        if student.is_row != reference.is_row:
            return Sight.SHAPES
        student, reference = student.as_line(), reference.as_line()
    if isinstance(student, Identity) or isinstance(reference, Identity):
        if not (isinstance(student, Identity) and isinstance(reference, Identity)):
            return Sight.SHAPES
        sights = [judge_scalars(question, student.scale, reference.scale, arithmetic)]
        sights.append(judge_scalars(question, student.fill, reference.fill, arithmetic))
        return _worst(sights)
    if isinstance(student, Array) or isinstance(reference, Array):
        first, second = _aligned(student, reference)
        if first is None or second is None:
            return Sight.SHAPES
        if question.is_measured and question.rounding is None:
            return judge_measured(first, second, arithmetic)
        sights = [
            judge_scalars(question, one, other, arithmetic)
            for one, other in zip(first, second, strict=True)
        ]
        return _worst(sights)
    return judge_scalars(question, student, reference, arithmetic)


def _worst(sights: Sequence[Sight]) -> Sight:
    return next((one for one in (Sight.DIFFERENT, Sight.UNCLEAR) if one in sights), Sight.SAME)


def _aligned(
    student: Value, reference: Value
) -> tuple[tuple[Scalar, ...] | None, tuple[Scalar, ...] | None]:
    """Entries of both in one order; a vector is the same as its one-column matrix."""
    first = student.shape if isinstance(student, Array) else ()
    second = reference.shape if isinstance(reference, Array) else ()
    entries = student.entries if isinstance(student, Array) else (student,)
    others = reference.entries if isinstance(reference, Array) else (reference,)
    if _column(first) != _column(second) and not _are_one_line(student, reference):
        # A zero matrix written as 0 is meant.
        if first == () and entries[0] == 0:
            return entries * len(others), others
        return None, None
    return entries, others


def _are_one_line(student: Value, reference: Value) -> bool:
    """A row beside what is neither row nor column, as the means over an axis."""
    if not isinstance(student, Array) or not isinstance(reference, Array):
        return False
    return any(
        flat.is_flat and other.shape == (1, *flat.shape)
        for flat, other in ((student, reference), (reference, student))
    )


def _column(shape: tuple[int, ...]) -> tuple[int, ...]:
    return (shape[0], 1) if len(shape) == 1 else shape


def judge_scalars(
    question: Question, student: Scalar, reference: Scalar, arithmetic: Arithmetic
) -> Sight:
    """Same, different, or hidden by rounding."""
    if isinstance(student, Fraction) and isinstance(reference, Fraction) and student == reference:
        return Sight.SAME
    if question.rounding is not None:
        return _judge_rounded(question.rounding, student, reference, arithmetic)
    if question.is_measured:
        return judge_measured((student,), (reference,), arithmetic)
    if isinstance(student, Fraction) and isinstance(reference, Fraction):
        # Sums may have been rounded on the way when they grew too long.
        return Sight.DIFFERENT
    context = floats(arithmetic.digits)
    first, second = arithmetic.inexact(student), arithmetic.inexact(reference)
    gap = abs(first - second)
    if gap == 0:
        return Sight.SAME
    size = max(abs(first), abs(second))
    # A third of the digits may be lost to cancellation on the way.
    margin = arithmetic.digits * 2 // 3
    if gap <= size * context.mpf(10) ** -margin:
        return Sight.SAME
    if arithmetic.is_relative:
        return Sight.DIFFERENT
    floor = context.ldexp(1, int(arithmetic.largest)) * context.mpf(10) ** -(arithmetic.digits - 8)
    return Sight.UNCLEAR if gap <= floor else Sight.DIFFERENT


def _judge_rounded(
    rounding: Tolerance, student: Scalar, reference: Scalar, arithmetic: Arithmetic
) -> Sight:
    gap = abs(arithmetic.inexact(student) - arithmetic.inexact(reference))
    size = abs(arithmetic.inexact(reference))
    allowed = (rounding.atol or 0) + (rounding.rtol or 0) * size
    return Sight.SAME if gap <= allowed else Sight.DIFFERENT


SAME_TO, DIFFERENT_FROM = Fraction(1, 10**9), Fraction(1, 10**6)
"""Of the largest entry. float64 keeps 16 digits; a loss of some thousand operations on numbers
below 10, with a condition below 10^6, keeps 9 of them. A wrong formula is off in the first
digits at a generic point; what lies in between goes to a person."""
LEAST_SCALE = Fraction(1, 10**3)
"""What cancelled on the way was at least about this large: inputs are about 1."""


def judge_measured(
    student: Sequence[Scalar], reference: Sequence[Scalar], arithmetic: Arithmetic
) -> Sight:
    """Entries beside measured ones: all are as exact as the largest one lets them be."""
    first = [arithmetic.inexact(one) for one in student]
    second = [arithmetic.inexact(one) for one in reference]
    scale = max([*map(abs, first), *map(abs, second), arithmetic.inexact(LEAST_SCALE)])
    gap = max(abs(one - other) for one, other in zip(first, second, strict=True))
    if gap <= scale * arithmetic.inexact(SAME_TO):
        return Sight.SAME
    return Sight.DIFFERENT if gap > scale * arithmetic.inexact(DIFFERENT_FROM) else Sight.UNCLEAR


def confirm(question: Question, point: Point, first: Look) -> bool:
    """Whether a difference is still there, and as large, with three times the digits."""
    if question.rounding is not None:
        return True
    second = look_at(question, point, min(3 * first.digits, first.digits + bounds.MOST_DIGITS))
    if second.sight is not Sight.DIFFERENT:
        return False
    if any(
        isinstance(one, Array | Identity | Ones | Repeated)
        for one in (first.student, first.reference)
    ):
        return True
    context = floats(second.digits)
    arithmetic = Arithmetic(second.digits)
    gaps = [
        abs(arithmetic.inexact(look.student) - arithmetic.inexact(look.reference))
        for look in (first, second)
    ]
    return bool(abs(gaps[0] - gaps[1]) <= gaps[1] * context.mpf("0.01"))
