"""Charts as SVG, drawn here: each has words for whoever can't see it, and a table beside it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

WIDTH, HEIGHT = 640, 240
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 26, 50


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a histogram."""

    label: str
    count: int


def draw_columns(columns: Sequence[Column], title: str, below: str) -> Markup:
    """Counts as columns, each with its number above it; `below` says what the labels are."""
    most = max((column.count for column in columns), default=0) or 1
    step = (WIDTH - LEFT - RIGHT) / max(1, len(columns))
    tall = HEIGHT - TOP - BOTTOM
    drawn = []
    for index, column in enumerate(columns):
        x, height = LEFT + index * step, tall * column.count / most
        y = TOP + tall - height
        drawn.append(
            f'<rect class="column" x="{x + 2:.1f}" y="{y:.1f}" width="{step - 4:.1f}"'
            f' height="{height:.1f}" rx="2"/>'
        )
        if column.count:
            drawn.append(
                f'<text class="count" x="{x + step / 2:.1f}" y="{y - 4:.1f}">{column.count}</text>'
            )
        if index % max(1, len(columns) // 10) == 0:
            # On a phone every other label is left out.
            odd = ' class="odd"' if index % 2 else ""
            drawn.append(
                f'<text{odd} x="{x + step / 2:.1f}" y="{HEIGHT - 29}">{escape(column.label)}</text>'
            )
    base = (
        f'<path class="axis" d="M{LEFT} {TOP + tall}H{WIDTH - RIGHT}"/>'
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 6}">{escape(below)}</text>'
    )
    words = "; ".join(f"{column.label}: {column.count}" for column in columns if column.count)
    return _frame(f"{title}. {words or 'nothing yet'}", "".join([base, *drawn]))


@dataclass(frozen=True, slots=True)
class Mark:
    """One submission in a history."""

    ordinal: int
    at: dt.datetime
    score: float | None
    counts: bool


def draw_history(marks: Sequence[Mark], maximum: float, title: str) -> Markup:
    """Scores one after another; the one that counts is filled."""
    tall = HEIGHT - TOP - BOTTOM
    top = maximum or 1.0
    step = (WIDTH - LEFT - RIGHT) / max(1, len(marks))
    points = [
        (LEFT + (index + 0.5) * step, TOP + tall * (1 - min(1.0, mark.score / top)), mark)
        for index, mark in enumerate(marks)
        if mark.score is not None
    ]
    lines = "".join(
        f'<path class="axis" d="M{LEFT} {TOP + tall * (1 - share):.1f}H{WIDTH - RIGHT}"/>'
        f'<text class="side" x="{LEFT - 8}" y="{TOP + tall * (1 - share) + 4:.1f}">'
        f"{_say(top * share)}</text>"
        for share in (0.0, 0.5, 1.0)
    )
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y, _ in points)
    curve = f'<path class="history" d="M{path}"/>' if len(points) > 1 else ""
    every = max(1, len(marks) // 12)
    dots = "".join(
        f'<circle class="dot{" counts" if mark.counts else ""}" cx="{x:.1f}" cy="{y:.1f}" r="5"/>'
        + (
            f'<text x="{x:.1f}" y="{HEIGHT - 27}">{mark.ordinal}</text>'
            if index % every == 0
            else ""
        )
        for index, (x, y, mark) in enumerate(points)
    )
    below = f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 4}">submission</text>'
    words = "; ".join(
        f"submission {mark.ordinal}: {_say(mark.score or 0)} of {_say(maximum)}"
        for _, _, mark in points
    )
    return _frame(f"{title}. {words or 'nothing graded yet'}", lines + curve + dots + below, "few")


def _say(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")


def _frame(words: str, drawn: str, kind: str = "many") -> Markup:
    """`kind` says whether it has few labels, which may be large, or many."""
    return Markup(
        f'<svg class="plot {kind}" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
        f' aria-label="{escape(words)}">{drawn}</svg>'
    )
