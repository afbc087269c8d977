"""Marks and the rubric that they are given by, also after its words were changed.

A rubric's item is known by its words. Where an edited problem puts it otherwise, a mark goes on
to count for the item in its place, if that is worth as much and the list is as long as before:
whoever mends a word loses no mark, and no mark slips to an item that asks something else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

Rubric = Mapping[str, Fraction]
"""What each item is worth, in the order of the list."""


@dataclass(frozen=True, slots=True)
class MarkFact:
    """What a person gave for a part, or for one item of its rubric."""

    part: str
    item: str
    points: Fraction | None
    """None took the mark back."""
    asked: Rubric = field(default_factory=dict)
    """The rubric that had this item."""
    source: int = 0
    """Which submission of the student's was marked, where the same answer came again."""
    id: int = 0


def match_marks(part: str, rubric: Rubric, marks: Sequence[MarkFact]) -> dict[str, MarkFact]:
    """The marks of a part that count, by its items now; '' for the part as a whole.

    Of several for an item the last of `marks` counts, and so it is between marks of the whole
    and of its items.
    """
    latest: dict[str, MarkFact] = {}
    for mark in marks:
        item = find_item(rubric, mark) if mark.part == part else None
        if item is not None:
            latest.pop(item, None)
            latest[item] = mark
    found = {item: mark for item, mark in latest.items() if mark.points is not None}
    if "" not in found:
        return found
    if list(found)[-1] == "":
        return {"": found[""]}
    del found[""]
    return found


def find_item(rubric: Rubric, mark: MarkFact) -> str | None:
    """The item that a mark is for, by its words or by its place; None where it is gone."""
    if not mark.item or mark.item in rubric:
        return mark.item
    if mark.item not in mark.asked or len(mark.asked) != len(rubric):
        return None
    item = list(rubric)[list(mark.asked).index(mark.item)]
    is_another = item in mark.asked
    return item if not is_another and rubric[item] == mark.asked[mark.item] else None
