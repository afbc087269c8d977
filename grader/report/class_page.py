"""A class on one page for its staff: self-contained, no script, no request to anywhere."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterable, Sequence
from functools import cache
from html import escape
from pathlib import Path
from string import Template

from grader.report.class_statistics import ClassStatistics, PartStatistics
from grader.report.html import make_page, read_style
from grader.report.words import format_duration, format_points

MISTAKES, SLOWEST, OPEN = 12, 8, 300
"""Rows shown: what a person reads; the rest is counted."""
NAMES = 3

CHART_WIDTH, CHART_HEIGHT, CHART_FOOT = 720, 200, 24


def render_class(found: ClassStatistics) -> str:
    """Where the class stands, which parts are hard and why, and what waits for a person."""
    return render_page(
        page_title=f"{found.assignment} · {found.count} submissions",
        header=_render_header(found),
        sections=(
            _render_histogram(found),
            _render_parts(found),
            _render_mistakes(found),
            _render_slowest(found),
            _render_open(found),
            _render_troubles(found),
        ),
        footer="Scores count lateness and attempts; shares are of settled points. For staff.",
    )


def render_page(*, page_title: str, header: str, sections: Iterable[str], footer: str) -> str:
    """The frame of a staff page; everything but the title is HTML already."""
    return _page().substitute(
        page_title=escape(page_title),
        header=header,
        main="\n".join(filter(None, sections)),
        footer=f'<p class="quiet">{escape(footer)}</p>',
    )


def render_table(heads: Sequence[str], rows: Iterable[str]) -> str:
    """A table; a list of cards on a narrow screen. Heads that start with # are numbers."""
    names = [head.removeprefix("#") for head in heads]
    cells = "".join(
        f'<th scope="col" class="number">{head[1:]}</th>'
        if head.startswith("#")
        else f'<th scope="col">{head}</th>'
        for head in heads
    )
    body = "\n".join(_label_cells(row, names) for row in rows)
    return (
        f'<div class="wide" tabindex="0" role="group" aria-label="{escape(" and ".join(names))}">'
        f"<table>\n<thead><tr>{cells}</tr></thead>\n<tbody>\n{body}\n</tbody>\n"
        "</table></div>"
    )


def _label_cells(row: str, names: Sequence[str]) -> str:
    """A row whose cells say what they are, for where its head is not in sight."""
    left = iter(names)
    return re.sub("<td(?=[ >])", lambda _: f'<td data-label="{escape(next(left))}"', row)


def render_section(name: str, title: str, content: str) -> str:
    """A section with its heading."""
    return (
        f'<section aria-labelledby="{name}">\n<h2 id="{name}">{escape(title)}</h2>\n{content}\n'
        "</section>"
    )


@cache
def _page() -> Template:
    own = (Path(__file__).parent / "class.css").read_text(encoding="utf-8").strip()
    return make_page(f"{read_style()}\n{own}", attributes=' class="class"')


def _render_header(found: ClassStatistics) -> str:
    figures = [("submissions", str(found.count))]
    if found.scores:
        of = f" / {format_points(found.max_score)}"
        figures += [
            ("median", format_points(statistics.median(found.scores)) + of),
            ("mean", format_points(statistics.fmean(found.scores)) + of),
            ("parts open", str(len(found.open_parts))),
        ]
    if found.troubles:
        figures.append(("without a report", str(len(found.troubles))))
    rows = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in figures)
    return (
        f'<p class="quiet said">{escape(found.assignment)} · class</p>\n'
        f'<h1 class="said">{escape(found.title or found.assignment)}</h1>\n'
        f'<dl class="figures">{rows}</dl>'
    )


def _render_histogram(found: ClassStatistics) -> str:
    if not found.scores:
        return ""
    bins = found.bins
    edges = [found.max_score * step / len(bins) for step in range(len(bins) + 1)]
    highest, width = max(bins), CHART_WIDTH / len(bins)
    room = CHART_HEIGHT - CHART_FOOT - 28
    drawn = []
    for index, count in enumerate(bins):
        height = room * count / highest
        left, top = index * width, CHART_HEIGHT - CHART_FOOT - height
        said = f"{format_points(edges[index])} to {format_points(edges[index + 1])}: {count}"
        drawn.append(
            f'<rect class="column" x="{left + 3:.1f}" y="{top:.1f}" width="{width - 6:.1f}"'
            f' height="{height:.1f}" rx="3"><title>{said}</title></rect>'
        )
        if count:
            drawn.append(
                f'<text class="count" x="{left + width / 2:.1f}" y="{top - 6:.1f}">{count}</text>'
            )
    labels = [
        f'<text class="edge" x="{min(max(index * width, 14), CHART_WIDTH - 14):.1f}"'
        f' y="{CHART_HEIGHT - 6}">{format_points(round(edge, 1))}</text>'
        for index, edge in enumerate(edges)
    ]
    base = CHART_HEIGHT - CHART_FOOT
    rows = [
        f"<tr><td>{format_points(edges[index])} to {format_points(edges[index + 1])}</td>"
        f'<td class="number">{count}</td></tr>'
        for index, count in enumerate(bins)
    ]
    return render_section(
        "scores",
        "Scores",
        f'<div><svg class="chart" viewBox="0 0 {CHART_WIDTH} {CHART_HEIGHT}"'
        f' role="img"'
        f' aria-label="Histogram of {found.count} scores; the numbers are in the table below">\n'
        f'<line x1="0" x2="{CHART_WIDTH}" y1="{base}" y2="{base}"/>\n{"".join(drawn)}\n'
        f"<g>{''.join(labels)}</g>\n</svg></div>\n<details>\n<summary>As a table</summary>\n"
        f"{render_table(['Points', '#Submissions'], rows)}\n</details>",
    )


def _render_parts(found: ClassStatistics) -> str:
    if not found.parts:
        return ""
    rows = [_render_part_row(part) for part in found.parts.values()]
    heads = ["Part", "#Mean", "Share of the points", "Verdicts"]
    return render_section("parts", "How hard each part was", render_table(heads, rows))


def _render_part_row(part: PartStatistics) -> str:
    counts = ", ".join(f"{count} {verdict}" for verdict, count in part.verdicts.most_common())
    # A mean of the few that are settled would say nothing of the many that wait.
    share = part.mean_share if 2 * len(part.shares) >= part.verdicts.total() else None
    level = "" if share is None else "low" if share < 0.4 else "middle" if share < 0.7 else ""
    said = "open" if share is None else f"{share:.0%}"
    return (
        f'<tr><td>{_name(part)}</td><td class="number">{said}</td>'
        f'{_draw_meter(share or 0, level)}<td class="quiet">{escape(counts)}</td></tr>'
    )


def _render_mistakes(found: ClassStatistics) -> str:
    mistakes = found.list_mistakes(MISTAKES)
    if not mistakes:
        return ""
    rows = [
        f'<tr><td class="number">{len(each.labels)}</td><td><code>{escape(each.part)}</code></td>'
        f'<td><span class="said">{escape(each.words)}</span>'
        f'<br><span class="quiet said">{escape(_list_names(each.labels))}</span></td></tr>'
        for each in mistakes
    ]
    more = len(found.mistakes) - len(mistakes)
    left_out = f'\n<p class="quiet">{more} more mistakes, made less often.</p>' if more else ""
    table = render_table(["#Made by", "Part", "Mistake"], rows)
    return render_section("mistakes", "Commonest mistakes", table + left_out)


def _render_slowest(found: ClassStatistics) -> str:
    timed = [(part.median_ms, part) for part in found.parts.values() if part.median_ms is not None]
    timed.sort(key=lambda each: -each[0])
    if not timed:
        return ""
    longest = timed[0][0] or 1
    rows = [
        f'<tr><td>{_name(part)}</td><td class="number">{format_duration(median)}</td>'
        f"{_draw_meter(median / longest, 'time')}"
        f'<td class="number">{format_duration(max(part.times_ms))}</td></tr>'
        for median, part in timed[:SLOWEST]
    ]
    heads = ["Part", "#Median", "Slowest check of each submission", "#Longest"]
    return render_section("slowest", "Slowest parts", render_table(heads, rows))


def _render_open(found: ClassStatistics) -> str:
    if not found.open_parts:
        return ""
    # A fault of ours or of a problem is to be mended; the rest is to be read.
    ordered = sorted(found.open_parts, key=lambda each: (each.verdict != "void", each.part))
    rows = [
        f"<tr><td>{escape(each.label)}</td><td><code>{escape(each.part)}</code></td>"
        f'<td>{each.verdict}</td><td class="quiet"><span class="said">{escape(each.why)}</span>'
        "</td></tr>"
        for each in ordered[:OPEN]
    ]
    more = len(ordered) - len(rows)
    left_out = f'\n<p class="quiet">and {more} more.</p>' if more else ""
    heads = ["Submission", "Part", "Verdict", "Why"]
    return render_section(
        "open", "Waiting for a person or a retry", render_table(heads, rows) + left_out
    )


def _render_troubles(found: ClassStatistics) -> str:
    if not found.troubles:
        return ""
    rows = [
        f'<tr><td>{escape(label)}</td><td><span class="said">{escape(words)}</span></td></tr>'
        for label, words in found.troubles
    ]
    return render_section("troubles", "Without a report", render_table(["Submission", "Why"], rows))


def _name(part: PartStatistics) -> str:
    title = f'<br><span class="quiet said">{escape(part.title)}</span>' if part.title else ""
    return f"<code>{escape(part.id)}</code>{title}"


def _draw_meter(share: float, level: str) -> str:
    kind = f' class="{level}"' if level else ""
    return (
        f'<td class="meter"><i aria-hidden="true">'
        f'<b{kind} style="width:{100 * share:.1f}%"></b></i></td>'
    )


def _list_names(labels: Sequence[str]) -> str:
    shown = ", ".join(labels[:NAMES])
    return shown if len(labels) <= NAMES else f"{shown} and {len(labels) - NAMES} more"
