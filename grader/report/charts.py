"""Charts on log-log axes as SVG: for a page, in its colours, and as a file of its own.

Sized for half of a page's column, which is a whole telephone's; every curve is told from the
others by its line and its marks, so that nothing hangs on colour.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from html import escape

from grader.report.models import ChartReport, CurveReport

WIDTH, PLOT_HEIGHT = 360, 216
LEFT, RIGHT, TOP = 46, 12, 34
AXIS_HEIGHT, ROW_HEIGHT, BELOW = 40, 21, 8
# A decade or two are easily read with a line each; more would be a grid of nothing else.
MOST_LINES = 6

LIGHT = {
    "ink": "#23262b", "soft": "#5d626b", "line": "#e2ded5", "sheet": "#ffffff",
    "student": "#b3401f", "tier": "#2450a6", "other": "#5d626b",
}  # fmt: skip
DARK = {
    "ink": "#e7e5e0", "soft": "#a5abb4", "line": "#343941", "sheet": "#1d2024",
    "student": "#ff9a76", "tier": "#93b4f5", "other": "#a5abb4",
}  # fmt: skip


def _set(colours: dict[str, str]) -> str:
    return ".chart{" + ";".join(f"--chart-{name}:{value}" for name, value in colours.items()) + "}"


RULES = """
.chart{max-width:100%}
.chart text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",Arial,sans-serif;
fill:var(--chart-ink);stroke:none}
.chart .title{font-size:13px;font-weight:600}
.chart .soft{fill:var(--chart-soft)}
.chart .paper{fill:var(--chart-sheet)}
.chart .grid{stroke:var(--chart-line);stroke-width:1;fill:none}
.chart .curve{fill:none;stroke-width:1.6;stroke-linejoin:round}
.chart .student .curve{stroke-width:2.6}
.chart .student{stroke:var(--chart-student)}
.chart .tier{stroke:var(--chart-tier)}
.chart .cpu,.chart .bound{stroke:var(--chart-other)}
.chart .mark{fill:var(--chart-sheet);stroke-width:1.6}
.chart .student .mark{fill:var(--chart-student)}
.chart .student text{font-weight:600}
"""
STYLE = (
    f"{_set(LIGHT)}\n@media (prefers-color-scheme:dark){{{_set(DARK)}}}\n"
    f"@media print{{{_set(LIGHT)}}}{RULES}"
)
"""What a chart on a page needs; `.charts` and `.figures` are in the page's own style."""

DASHES = {"cpu": "2 4", "bound": "8 4", "student": ""}
TIER_DASHES = ("", "6 3", "2 3", "9 3 2 3")
MARKS = {
    "cpu": "M-3.4-3.4 3.4 3.4M3.4-3.4-3.4 3.4",
    "bound": "M-4 0H4",
    "student": "M0-4.2A4.2 4.2 0 1 1-.01-4.2Z",
}
TIER_MARKS = ("M-3.6-3.6H3.6V3.6H-3.6Z", "M0-4.6 4.4 3.4H-4.4Z", "M0-4.8 4.8 0 0 4.8-4.8 0Z",
              "M0 4.6-4.4-3.4H4.4Z")  # fmt: skip


def draw(chart: ChartReport) -> str:
    """An `<svg>` for a page that has `STYLE`."""
    height = measure_height(chart)
    body = "\n".join(_draw(chart))
    label = escape(describe(chart))
    return (
        f'<svg class="chart" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{label}">'
        f"\n{body}\n</svg>"
    )


def render_table(chart: ChartReport) -> str:
    """The same figures as an HTML table, for reading out and copying."""
    head = "".join(f'<th scope="col" class="number">{size}</th>' for size in chart.sizes)
    rows = "".join(
        f'<tr><th scope="row">{escape(curve.name)}</th>'
        + "".join(f'<td class="number">{_show_cost(cost)}</td>' for cost in curve.costs)
        + "</tr>\n"
        for curve in chart.curves
    )
    caption = escape(f"{chart.title} ({chart.unit})")
    return (
        f'<table class="figures"><caption>{caption}</caption>\n'
        f'<thead><tr><th scope="col">{escape(chart.size_name)}</th>{head}</tr></thead>\n'
        f"<tbody>\n{rows}</tbody></table>"
    )


def _show_cost(cost: float) -> str:
    """Counts are whole numbers; losses have three digits."""
    if cost <= 0:
        return "stopped"
    return f"{cost:,.0f}" if cost >= 1000 or cost == int(cost) else f"{cost:.3g}"


def draw_file(charts: Sequence[ChartReport], *, plain: bool = False) -> str:
    """A file of its own, the charts beside one another on paper of their own.

    `plain`: light colours alone, written out, for programs that know no variables.
    """
    style = STYLE
    if plain:
        style = re.sub(r"var\(--chart-(\w+)\)", lambda found: LIGHT[found[1]], RULES)
    gap, margin = 24, 12
    height = max(measure_height(chart) for chart in charts) + 2 * margin
    width = len(charts) * (WIDTH + gap) - gap + 2 * margin
    drawn = "\n".join(
        f'<svg x="{margin + index * (WIDTH + gap)}" y="{margin}" width="{WIDTH}"'
        f' height="{measure_height(chart)}"{draw(chart)[len("<svg") :]}'
        for index, chart in enumerate(charts)
    )
    label = escape(" ".join(describe(chart) for chart in charts))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" width="{width}" height="{height}"'
        f' viewBox="0 0 {width} {height}" role="img" aria-label="{label}">\n'
        f"<style>{style}</style>\n"
        f'<rect class="paper" width="{width}" height="{height}"/>\n'
        f"{drawn}\n</svg>\n"
    )


def describe(chart: ChartReport) -> str:
    """The chart in a sentence, for whoever can't see it."""
    slopes = ", ".join(
        f"{curve.name} {curve.slope:.2f}" for curve in chart.curves if curve.slope is not None
    )
    against = f"{chart.title} against {chart.size_name}, logarithmic axes"
    return f"{against}; slopes: {slopes}." if slopes else f"{against}."


def measure_height(chart: ChartReport) -> int:
    return TOP + PLOT_HEIGHT + AXIS_HEIGHT + ROW_HEIGHT * (len(chart.curves) + 1) + BELOW


def _draw(chart: ChartReport) -> Iterator[str]:
    costs = [cost for curve in chart.curves for cost in curve.costs if cost > 0]
    low, high = _decades(costs)
    across = _scale(chart.sizes[0], chart.sizes[-1], LEFT + 8, WIDTH - RIGHT - 8)
    upwards = _scale(10.0**low, 10.0**high, TOP + PLOT_HEIGHT, TOP)
    yield f'<text class="title" x="0" y="13">{escape(chart.title)}</text>'
    step = max(1, math.ceil((high - low) / MOST_LINES))
    for decade in range(low, high + 1, step):
        y = upwards(10.0**decade)
        yield f'<path class="grid" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>'
        yield (
            f'<text class="soft" x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">'
            f"{_power(decade)}</text>"
        )
    bottom = TOP + PLOT_HEIGHT
    for size in chart.sizes:
        x = across(size)
        yield f'<path class="grid" d="M{x:.1f} {bottom}v5"/>'
        yield (
            f'<text class="soft" x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">'
            f"{_name_size(size)}</text>"
        )
    yield (
        f'<text class="soft" x="{WIDTH - RIGHT}" y="{bottom + 36}" text-anchor="end">'
        f"{escape(chart.size_name)}</text>"
    )
    row = bottom + AXIS_HEIGHT + ROW_HEIGHT
    has_slopes = any(curve.slope is not None for curve in chart.curves)
    if has_slopes:
        yield f'<text class="soft" x="{WIDTH - RIGHT}" y="{row}" text-anchor="end">slope</text>'
    yield f'<text class="soft" x="0" y="{row}">{escape(chart.unit)}</text>'
    tiers = 0
    for curve in chart.curves:
        row += ROW_HEIGHT
        dash, mark = _choose_look(curve, tiers)
        tiers += curve.role == "tier"
        points = [
            (across(size), upwards(cost))
            for size, cost in zip(chart.sizes, curve.costs, strict=True)
            if cost > 0
        ]
        yield f'<g class="{curve.role}">'
        yield _line(points, dash)
        yield from (_mark(x, y, mark) for x, y in points)
        yield f'<g class="key">{_line([(0, row - 4), (34, row - 4)], dash)}'
        yield _mark(17, row - 4, mark)
        slope = "stopped" if not points else "–" if curve.slope is None else f"{curve.slope:.2f}"
        yield f'<text x="44" y="{row}">{escape(curve.name)}</text>'
        if has_slopes or not points:
            yield f'<text x="{WIDTH - RIGHT}" y="{row}" text-anchor="end">{slope}</text>'
        yield "</g></g>"


def _choose_look(curve: CurveReport, tiers: int) -> tuple[str, str]:
    if curve.role == "tier":
        return TIER_DASHES[tiers % len(TIER_DASHES)], TIER_MARKS[tiers % len(TIER_MARKS)]
    return DASHES[curve.role], MARKS[curve.role]


def _line(points: Sequence[tuple[float, float]], dash: str) -> str:
    if len(points) < 2:
        return ""
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<path class="curve" d="M{path}"{dashed}/>'


def _mark(x: float, y: float, mark: str) -> str:
    return f'<path class="mark" transform="translate({x:.1f} {y:.1f})" d="{mark}"/>'


def _scale(first: float, last: float, start: float, end: float) -> _Scale:
    return _Scale(math.log(first), math.log(last), start, end)


class _Scale:
    """A logarithmic axis."""

    def __init__(self, first: float, last: float, start: float, end: float) -> None:
        self.first, self.start = first, start
        self.rate = (end - start) / ((last - first) or 1.0)

    def __call__(self, value: float) -> float:
        return self.start + self.rate * (math.log(value) - self.first)


def _decades(costs: Sequence[float]) -> tuple[int, int]:
    """The powers of ten around all costs, at least one apart."""
    low = math.floor(math.log10(min(costs, default=1)))
    high = math.ceil(math.log10(max(costs, default=10)))
    return low, max(high, low + 1)


def _power(exponent: int) -> str:
    return "10" + str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def _name_size(size: int) -> str:
    """Powers of two as people say them: 4096 stays, 65536 is 64 Ki."""
    if size >= 1024**2 and size % 1024**2 == 0:
        return f"{size // 1024**2} Mi"
    return f"{size // 1024} Ki" if size > 9999 and size % 1024 == 0 else str(size)
