"""The shape of an array; its sizes may be formulas in declared symbols."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from grader.errors import BrokenReference
from grader.kinds.marking import (
    ANSWER,
    distrust,
    explain,
    fall_short,
    find_mistake,
    leave_open,
    refuse,
)
from grader.kinds.protocol import Bench, HandedIn
from grader.kinds.reading_shapes import EXPECTED, Shape, Size, read_shape, read_size
from grader.kinds.reading_text import Unread
from grader.spec.models import Symbol
from grader.spec.parts import ShapePart
from grader.submission.models import Answer
from grader.values import Value
from grader.verdicts import Counterexample, Outcome, passed

if TYPE_CHECKING:
    from grader.maths import Comparison


def judge(part: ShapePart, part_id: str, handed_in: HandedIn, bench: Bench) -> tuple[Outcome, ...]:
    """Rank first, then each size; formulas are compared over the symbols' domains."""
    assert handed_in.answer is not None
    accepted = [
        expect_shape(part_id, answer, part.symbols) for answer in (part.answer, *part.equivalents)
    ]
    given = read_shape(handed_in.answer.text, part.symbols)
    if isinstance(given, Unread):
        return (refuse(given),)
    understood = show_shape(given)
    compared = [_compare(given, right, part.symbols, bench.seed) for right in accepted]
    if any(_is_same(each) for each in compared):
        return (passed(ANSWER, understood=understood),)
    if any(each is not None and not _differs(each) for each in compared):
        words = explain(understood, "", "a person will look at this answer")
        return (leave_open(words, understood, "some sizes could not be compared"),)

    mistake = find_mistake(
        part.mistakes,
        lambda wrong: _is_same(
            _compare(given, expect_shape(part_id, wrong, part.symbols), part.symbols, bench.seed)
        ),
    )
    words, counterexample = _explain_difference(given, accepted[0], compared[0])
    return (fall_short(words, understood, mistake=mistake, counterexample=counterexample),)


def expect_shape(part_id: str, answer: Any, symbols: Mapping[str, Symbol]) -> Shape:
    """The shape that a spec or a reference function gives as the right one."""
    if isinstance(answer, str):
        read = read_shape(answer, symbols)
        if isinstance(read, Unread):
            raise distrust(part_id, answer, read)
        return read
    sizes = answer if isinstance(answer, list | tuple) else [answer]
    shape = [read_size(str(size), symbols) for size in sizes]
    if not all(shape):
        raise distrust(part_id, answer, Unread("", EXPECTED))
    return tuple(size for size in shape if size)


def _compare(
    given: Shape, expected: Shape, symbols: Mapping[str, Symbol], seed: int
) -> list[bool | Comparison] | None:
    """Size by size: equal numbers or not, or what comparing formulas says; None at another rank."""
    if len(given) != len(expected):
        return None
    return [
        _compare_size(mine, right, symbols, seed)
        for mine, right in zip(given, expected, strict=True)
    ]


def _compare_size(
    mine: Size, right: Size, symbols: Mapping[str, Symbol], seed: int
) -> bool | Comparison:
    if mine.number is not None and right.number is not None:
        return mine.number == right.number
    from grader import maths

    formulas = []
    for size in (mine, right):
        formula = size.formula or maths.read(size.written, symbols)
        if isinstance(formula, maths.Unreadable):
            raise BrokenReference(f"the size {size.written} is a number that no formula can be")
        formulas.append(formula)
    return maths.compare(formulas[0], formulas[1], symbols, seed=seed)


def _is_equal(found: bool | Comparison) -> bool:
    return found if isinstance(found, bool) else found.is_equal


def _is_same(compared: list[bool | Comparison] | None) -> bool:
    return compared is not None and all(map(_is_equal, compared))


def _differs(compared: list[bool | Comparison]) -> bool:
    """Whether some size is surely another."""
    return any(
        not found if isinstance(found, bool) else found.agreement == "different"
        for found in compared
    )


def _explain_difference(
    given: Shape, expected: Shape, compared: list[bool | Comparison] | None
) -> tuple[str, Counterexample | None]:
    if compared is None:
        saw = f"{_count(len(given))} in {show_shape(given)}"
        return explain(saw, _count(len(expected))), None
    place, found = next((p, f) for p, f in enumerate(compared) if not _is_equal(f))
    where = f"size {place + 1} of {len(given)}"
    size = given[place].shown
    if isinstance(found, bool) or found.witness is None:
        is_permuted = sorted(s.shown for s in given) == sorted(s.shown for s in expected)
        advice = "the sizes are right, their order is not" if is_permuted else ""
        words = explain(f"{size} as {where}", "another size", advice)
        return words, Counterexample(saw=size, difference=where)
    witness = found.witness
    at = ", ".join(f"{name} = {value}" for name, value in witness.values.items())
    words = explain(
        f"{size} as {where}",
        f"at {at}: {witness.reference}, yours gives {witness.student}",
    )
    return words, Counterexample(
        inputs=tuple(witness.values.items()),
        saw=witness.student,
        expected=witness.reference,
        difference=where,
    )


def _count(sizes: int) -> str:
    return "1 size" if sizes == 1 else f"{sizes} sizes"


def show_shape(shape: Shape) -> str:
    """`2 × 5`; a scalar's is `()`."""
    if len(shape) == 1:
        return f"({shape[0].shown},)"
    return " × ".join(_show_size(size) for size in shape) or "()"


def _show_size(size: Size) -> str:
    return f"({size.shown})" if any(sign in size.shown for sign in "+-·/ ") else size.shown


def as_values(shape: Shape) -> Value:
    """The sizes as later parts get them: integers, and formulas as text."""
    values: list[Value] = []
    for size in shape:
        if size.number is None:
            values.append(size.shown)
        else:
            values.append(int(size.number) if size.number.denominator == 1 else float(size.number))
    return values


def read_value(part: ShapePart, answer: Answer) -> Value:
    """The sizes, in order."""
    given = read_shape(answer.text, part.symbols)
    return None if isinstance(given, Unread) else as_values(given)


def right_value(part: ShapePart) -> Value:
    """The right sizes in the same form."""
    return as_values(expect_shape("", part.answer, part.symbols))


def describe(part: ShapePart) -> str:
    """How to hand in an answer."""
    letters = f" with formulas in {', '.join(part.symbols)}" if part.symbols else ""
    return f"Write the shape, as 2 × 5 or (2, 5){letters}."
