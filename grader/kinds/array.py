"""A vector or matrix of numbers: its shape first, then its entries."""

from __future__ import annotations

from typing import Any

from grader.errors import BrokenReference
from grader.kinds.marking import ANSWER, distrust, explain, fall_short, find_mistake, refuse
from grader.kinds.numbers import is_right
from grader.kinds.protocol import Bench, HandedIn
from grader.kinds.reading_arrays import Array, read_array
from grader.kinds.reading_numbers import expect_number
from grader.kinds.reading_text import Unread
from grader.kinds.value import as_value
from grader.spec.models import Tolerance
from grader.spec.parts import ArrayPart
from grader.submission.models import Answer
from grader.values import Value
from grader.verdicts import Counterexample, Outcome, passed

MOST_SHOWN = 12
"""Entries shown of an array as it was understood; more would fill the line."""


def judge(part: ArrayPart, part_id: str, handed_in: HandedIn, bench: Bench) -> tuple[Outcome, ...]:
    """Shape, then entries; the first entry that differs is shown."""
    assert handed_in.answer is not None
    accepted = [expect_array(part_id, answer) for answer in (part.answer, *part.equivalents)]
    given = read_array(handed_in.answer.text)
    if isinstance(given, Unread):
        return (refuse(given),)
    understood = show_array(given)
    if any(is_same(given, right, part.tolerance) for right in accepted):
        return (passed(ANSWER, understood=understood),)
    mistake = find_mistake(
        part.mistakes, lambda wrong: is_same(given, expect_array(part_id, wrong), part.tolerance)
    )
    expected = next((right for right in accepted if fits(given, right)), accepted[0])
    words, counterexample = _explain_difference(given, expected, part.tolerance)
    return (fall_short(words, understood, mistake=mistake, counterexample=counterexample),)


def expect_array(part_id: str, answer: Any) -> Array:
    """The array that a spec or a reference function gives as the right one."""
    if isinstance(answer, str):
        read = read_array(answer)
        if isinstance(read, Unread):
            raise distrust(part_id, answer, read)
        return read
    if not isinstance(answer, list | tuple):
        number = expect_number(answer)
        if isinstance(number, Unread):
            raise distrust(part_id, answer, number)
        return Array((), (number,))
    rows = [expect_array(part_id, entry) for entry in answer]
    if len({row.shape for row in rows}) > 1:
        raise BrokenReference(f"{part_id}: the rows of the answer differ in length")
    shape = (len(rows), *(rows[0].shape if rows else ()))
    return Array(shape, tuple(entry for row in rows for entry in row.entries))


def fits(given: Array, expected: Array) -> bool:
    """Whether the shapes agree; a flat list may stand for one row or one column, and back."""
    if given.shape == expected.shape:
        return True
    if len(given.entries) != len(expected.entries):
        return False
    if len(given.entries) == 1:
        return len(given.shape) <= 2 and len(expected.shape) <= 2
    shapes = sorted((given.shape, expected.shape), key=len)
    is_flat = len(shapes[0]) == 1 and len(shapes[1]) == 2
    return is_flat and 1 in shapes[1]


def is_same(given: Array, expected: Array, tolerance: Tolerance | None) -> bool:
    """Whether shape and all entries count as right."""
    return fits(given, expected) and _first_difference(given, expected, tolerance) is None


def _first_difference(given: Array, expected: Array, tolerance: Tolerance | None) -> int | None:
    pairs = zip(given.entries, expected.entries, strict=True)
    wrong = (
        place for place, (mine, right) in enumerate(pairs) if not is_right(mine, right, tolerance)
    )
    return next(wrong, None)


def _explain_difference(
    given: Array, expected: Array, tolerance: Tolerance | None
) -> tuple[str, Counterexample | None]:
    if not fits(given, expected):
        words = explain(f"a {describe_shape(given.shape)}", f"a {describe_shape(expected.shape)}")
        difference = f"shape {given.shape}, expected {expected.shape}"
        return words, Counterexample(difference=difference)
    pairs = list(zip(given.entries, expected.entries, strict=True))
    wrong = [
        place for place, (mine, right) in enumerate(pairs) if not is_right(mine, right, tolerance)
    ]
    mine = given.entries[wrong[0]]
    count = f"{len(wrong)} of {len(pairs)} entries differ" if len(pairs) > 1 else "another number"
    advice = "did you write its transpose?" if _is_transpose(given, expected, tolerance) else ""
    if len(pairs) == 1:
        return explain(mine.shown, "another number"), None
    where = list(given.index(wrong[0]))
    # Not the right entry: a few wrong answers would hand over the array, one entry each.
    found = Counterexample(
        saw=mine.shown, expected="another number", difference=f"at {where}: {mine.shown} is wrong"
    )
    return explain(f"{count}, the first at {where}: {mine.shown}", advice=advice), found


def _is_transpose(given: Array, expected: Array, tolerance: Tolerance | None) -> bool:
    if len(given.shape) != 2 or given.shape != expected.shape:
        return False
    rows, columns = given.shape
    turned = tuple(given.entries[r * columns + c] for c in range(columns) for r in range(rows))
    return is_same(Array((columns, rows), turned), expected, tolerance)


def describe_shape(shape: tuple[int, ...]) -> str:
    """`3 × 3 matrix`, `vector of 4`, `single number`."""
    if not shape:
        return "single number"
    if len(shape) == 1:
        return f"vector of {shape[0]}"
    return f"{' × '.join(map(str, shape))} {'matrix' if len(shape) == 2 else 'array'}"


def show_array(array: Array) -> str:
    """The array as it was understood, in nested brackets; long ones are cut."""
    if len(array.entries) > MOST_SHOWN:
        first = ", ".join(entry.written for entry in array.entries[:3])
        return f"{describe_shape(array.shape)}: {first}, …"
    return _show_axis(array.shape, [entry.written for entry in array.entries])


def _show_axis(shape: tuple[int, ...], entries: list[str]) -> str:
    if not shape:
        return entries[0] if entries else "[]"
    width = len(entries) // shape[0] if shape[0] else 0
    rows = [_show_axis(shape[1:], entries[i * width : (i + 1) * width]) for i in range(shape[0])]
    return f"[{', '.join(rows)}]"


def as_nested(array: Array) -> Value:
    """The array as later parts get it: nested lists of numbers."""
    values: list[Value] = [as_value(entry) for entry in array.entries]
    for length in reversed(array.shape):
        if length == 0:
            return []
        values = [values[i : i + length] for i in range(0, len(values), length)]
    return values[0] if values else []


def read_value(part: ArrayPart, answer: Answer) -> Value:
    """Nested lists of integers and floats."""
    given = read_array(answer.text)
    if isinstance(given, Unread):
        return None
    expected = expect_array("", part.answer) if part.answer is not None else given
    # A column that stands for a flat vector goes on as one.
    return as_nested(Array(expected.shape, given.entries) if fits(given, expected) else given)


def right_value(part: ArrayPart) -> Value:
    """The right array in the same form."""
    return as_nested(expect_array("", part.answer))


def describe(part: ArrayPart) -> str:
    """How to hand in an answer."""
    return "Write the array in brackets, [[1, 2], [3, 4]], as rows of numbers, or in LaTeX."
