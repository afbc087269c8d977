"""Similar submissions side by side: evidence for a person, who decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from grader.report.class_page import render_page, render_section, render_table
from grader.report.cleaning import clean_text

LINES = 400
"""Of each side: more is not read on a page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One submission's code, and the lines that the other has too."""

    label: str
    text: str
    marked: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class SimilarPair:
    """Two submissions that are alike."""

    share: float
    """0..1, of their fingerprints."""
    shared: int
    first: Side
    second: Side


def render_similar(assignment: str, title: str, pairs: Sequence[SimilarPair]) -> str:
    """A list of the pairs, then each side by side."""
    rows = [
        f'<tr><td class="number">{pair.share:.0%}</td>'
        f'<td><a href="#pair-{number}">{escape(pair.first.label)}</a></td>'
        f"<td>{escape(pair.second.label)}</td>"
        f'<td class="number">{pair.shared}</td></tr>'
        for number, pair in enumerate(pairs, 1)
    ]
    heads = ["#Alike", "One", "Other", "#Pieces in common"]
    content = render_table(heads, rows) if rows else "<p>No two submissions are alike.</p>"
    return render_page(
        page_title=f"{assignment} · similar submissions",
        header=(
            f'<p class="quiet said">{escape(assignment)} · similar submissions</p>\n'
            f'<h1 class="said">{escape(title or assignment)}</h1>\n'
            "<p>Structure that two programs share and few others have. It says that a person"
            " should look, and nothing about who did what: those who learnt together, or from"
            " the same page, write alike too.</p>"
        ),
        sections=(
            render_section("pairs", "Pairs", content),
            *(_render_pair(number, pair) for number, pair in enumerate(pairs, 1)),
        ),
        footer="Names, numbers, comments and layout are not compared.",
    )


def _render_pair(number: int, pair: SimilarPair) -> str:
    heading = f"{pair.first.label} and {pair.second.label}: {pair.share:.0%}"
    return (
        f'<section class="pair" aria-labelledby="pair-{number}">\n'
        f'<h2 id="pair-{number}" class="said">{escape(heading)}</h2>\n'
        f'<div class="sides">{_render_side(pair.first)}{_render_side(pair.second)}</div>\n'
        "</section>"
    )


def _render_side(side: Side) -> str:
    lines = side.text.split("\n")
    shown = "".join(
        f'<span class="match">{escape(clean_text(line))}</span>'
        if number in side.marked
        else f"<span>{escape(clean_text(line))}</span>"
        for number, line in enumerate(lines[:LINES], 1)
    )
    more = len(lines) - LINES
    left_out = f'<p class="quiet">{more} more lines.</p>' if more > 0 else ""
    heading = f'<h3 class="said">{escape(side.label)}</h3>'
    return f'<div>{heading}<pre tabindex="0">{shown}</pre>{left_out}</div>'
