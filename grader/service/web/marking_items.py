"""What a marker gives points for: the items of a rubric, as a form shows and sends them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from grader.errors import UsageError
from grader.service.web.opening import read_points
from grader.service.web.visiting import Form
from grader.store.schema import RubricMark

STEPS = 8
"""Choices for an item at most: more are typed."""


@dataclass(frozen=True, slots=True)
class Item:
    """What is given points for: an item of the rubric, or the part as a whole."""

    name: str
    most: Decimal
    choices: tuple[Decimal, ...]
    chosen: Decimal | None = None
    typed: str = ""
    was: str = ""
    """How the item read when it was marked, where it reads otherwise now."""


def list_items(outlined: Mapping[str, Any], given: Mapping[str, RubricMark]) -> list[Item]:
    """The items of a part as its students were asked, with the points that they have."""
    rubric = outlined["rubric"] or [{"item": "", "points": outlined["points"]}]
    items = []
    for each in rubric:
        name = each["item"]
        most = Decimal(round(Fraction(str(each["points"])) * 10_000)) / 10_000
        choices = list_choices(most)
        mark = given.get(name)
        points = mark.points if mark else None
        items.append(
            Item(
                name,
                most,
                choices,
                chosen=points if points in choices else None,
                typed="" if points is None or points in choices else f"{float(points):g}",
                was=mark.item if mark and mark.item != name else "",
            )
        )
    return items


def fill_items(items: list[Item], form: Form) -> list[Item]:
    """The same with what was filled in, be it good or not."""
    return [
        Item(
            item.name,
            item.most,
            item.choices,
            chosen=_find_chosen(item, form.read(f"points:{item.name}", 20)),
            typed=form.read(f"typed:{item.name}", 20),
        )
        for item in items
    ]


def _find_chosen(item: Item, text: str) -> Decimal | None:
    try:
        return next((each for each in item.choices if each == Decimal(text)), None)
    except InvalidOperation:
        return None


def read_items(items: list[Item], form: Form) -> dict[str, Decimal]:
    """The points that were filled in, by item.

    Errors   UsageError.
    """
    given = {}
    for item in items:
        chosen = read_points(form, f"points:{item.name}")
        typed = read_points(form, f"typed:{item.name}")
        if chosen is not None and typed is not None and chosen != typed:
            raise UsageError(
                f"{float(chosen):g} is chosen and {float(typed):g} is typed; say which"
            )
        points = typed if chosen is None else chosen
        if points is not None:
            given[item.name] = points
    if not given:
        raise UsageError("give points for at least one item; 0 is a number too")
    return given


def list_choices(most: Decimal) -> tuple[Decimal, ...]:
    """Points on offer: whole ones up to the most, halves where there are few."""
    step = Decimal("0.5") if most <= 3 else Decimal(1)
    count = int(most / step)
    if count + 1 > STEPS + 2:
        return (Decimal(0), most)
    choices = [step * index for index in range(count + 1)]
    return tuple(choices if choices[-1] == most else [*choices, most])
