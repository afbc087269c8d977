"""Templates to responses: escaped throughout, times in the reader's zone."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from grader.report.html import read_marks, read_style
from grader.report.words import VERDICTS, format_change, format_points
from grader.service.web.visiting import Visit
from grader.store.types import now
from grader.verdicts import Verdict

HERE = Path(__file__).parent
STATIC = HERE / "static"
PROSE_KEPT = 4_096
"""Statements remembered as HTML, a few KiB each: those of a hundred assignments."""


@cache
def environment() -> Environment:
    """Templates; what comes from a student is text, and stays text."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Callable[..., str]] = {
        "points": format_points_of,
        "change": lambda points: format_change(float(points)),
        "tone": name_tone,
        "duration": format_wait,
        "size": format_size,
        "sentence": write_sentence,
        "prose": show_prose,
        "prose_line": show_prose_line,
    }
    made.filters |= filters
    made.globals |= {"marks": Markup(read_marks()), "static_version": name_static()}
    return made


def render(
    visit: Visit,
    template: str,
    status: int = 200,
    headers: dict[str, str] | None = None,
    **context: Any,
) -> HTMLResponse:
    """One page for one visitor."""
    zone = find_zone(context.get("zone_name") or visit.timezone)
    text = (
        environment()
        .get_template(template)
        .render(
            visit=visit,
            moment=lambda when: format_moment(when, zone),
            moment_in=lambda when, name: format_moment(when, find_zone(visit.timezone or name)),
            moment_text=lambda when: format_moment(when, zone).striptags(),
            relative=format_relative,
            zone_name=zone.key,
            **{name: value for name, value in context.items() if name != "zone_name"},
        )
    )
    return HTMLResponse(text, status, headers)


@lru_cache(maxsize=PROSE_KEPT)
def show_prose(text: str) -> Markup:
    """An author's statement: Markdown, with formulas as MathML and HTML as text."""
    from grader.authoring.preview.markup import render_markdown

    # What is wider than its place scrolls, also by keyboard.
    return Markup(render_markdown(text).replace("<pre>", '<pre tabindex="0">'))


@lru_cache(maxsize=PROSE_KEPT)
def show_prose_line(text: str) -> Markup:
    """The same within a line."""
    from grader.authoring.preview.markup import render_line

    return Markup(render_line(" ".join(text.split())))


def format_points_of(points: Decimal | Fraction | float | None) -> str:
    """Points as people write them; a dash for none."""
    return "–" if points is None else format_points(float(points))


def write_sentence(text: str) -> str:
    """A message as a sentence: a capital, unless it begins with code, and a full stop."""
    first = text.partition(" ")[0]
    if first.isalpha() and first.islower():
        text = text[0].upper() + text[1:]
    return text if text.endswith((".", "!", "?", ":", "…")) or "\n" in text else f"{text}."


def name_tone(verdict: str) -> str:
    """How a verdict looks."""
    return VERDICTS[Verdict(verdict)].tone


def find_zone(name: str) -> ZoneInfo:
    """A time zone by its name; UTC where there is none."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def format_moment(when: dt.datetime | None, zone: ZoneInfo) -> Markup:
    """A `<time>` in the reader's zone, with its name."""
    if when is None:
        return Markup("–")
    local = when.astimezone(zone)
    shown = f"{local:%a %-d %b %Y, %H:%M} {local.tzname()}"
    return Markup('<time datetime="{}">{}</time>').format(when.isoformat(), shown)


def format_relative(when: dt.datetime | None, today: dt.datetime | None = None) -> str:
    """How far from now, in the largest unit that fits: 'in 3 days', '2 hours ago'."""
    if when is None:
        return ""
    seconds = (when - (today or now())).total_seconds()
    words = format_wait(abs(seconds))
    return f"in {words}" if seconds > 0 else f"{words} ago"


def format_wait(seconds: float | None) -> str:
    """A time for people: 20 seconds, 5 minutes, 3 days."""
    if seconds is None:
        return "–"
    for size, word in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {word}{'' if count == 1 else 's'}"
    count = max(0, round(seconds))
    return f"{count} second{'' if count == 1 else 's'}"


def format_size(count: int) -> str:
    """Bytes for people."""
    size = float(count)
    if count == 1:
        return "1 byte"
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if size < 1024 or unit == "GiB":
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1024
    raise AssertionError


@cache
def _page_style() -> str:
    from grader.report.charts import STYLE

    own = (STATIC / "service.css").read_text("utf-8")
    return "\n".join([read_style(), STYLE, own])


def read_page_style(request: Request) -> Response:
    """The reports' own style, and what pages need beside it."""
    return Response(_page_style(), media_type="text/css")


@cache
def name_static() -> str:
    """Changes whenever a static file does."""
    digest = hashlib.sha256(_page_style().encode())
    for path in sorted(STATIC.iterdir()):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
