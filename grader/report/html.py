"""The report as one page: self-contained, no script, no request to anywhere."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from html import escape
from pathlib import Path
from string import Template

from grader.report.details import say_first
from grader.report.html_parts import anchor, render_part, render_verdict
from grader.report.models import Report
from grader.report.words import (
    count_lost_points,
    find_parts_to_read_first,
    format_change,
    format_duration,
    format_points,
    name_points,
    name_share,
    shorten_id,
)


def render(report: Report) -> str:
    """A page to read late in the evening: what to do next first, then the sheet in order."""
    score = f"{format_points(report.score)} of {format_points(report.max_score)} points"
    return _page().substitute(
        page_title=escape(" · ".join(filter(None, (report.assignment, score, report.title)))),
        header=_render_header(report),
        main="\n".join(render_main(report)),
        footer=_render_footer(report),
    )


def render_inset(report: Report) -> str:
    """The parts alone, for a place that says the rest itself, as below a notebook's cell."""
    parts = "\n".join(render_part(part) for part in report.parts)
    return _inset().substitute(
        page_title=escape(report.title or report.assignment),
        header=_render_notices(report),
        main="\n".join(filter(None, (parts, _render_remarks(report)))),
        footer="",
    )


@cache
def _inset() -> Template:
    close = "main, header.top { max-width: none; padding: 0; } .part:first-child { margin-top: 0; }"
    return make_page(f"{read_style()}\n{close}\nfooter {{ display: none; }}", before=read_marks())


@cache
def _page() -> Template:
    skip = '<a class="skip" href="#parts">Skip to the parts</a>'
    return make_page(read_style(), before=f"{skip}\n{read_marks()}\n")


def make_page(style: str, attributes: str = "", before: str = "") -> Template:
    """A page to be filled: its title, header, main part and footer."""
    fixed = {"style": style, "attributes": attributes, "before": before}
    return Template(
        Template(_read("page.html")).safe_substitute(
            {name: text.replace("$", "$$") for name, text in fixed.items()}
        )
    )


def read_style() -> str:
    """How reports look, for pages that show a part of one."""
    return _read("page.css").strip()


def read_marks() -> str:
    """The icons that verdicts draw; a page holds them once."""
    return _read("marks.html").strip()


def _read(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


def _render_header(report: Report) -> str:
    eyebrow = " · ".join(filter(None, (report.assignment, report.submission_name)))
    if report.audience == "staff":
        eyebrow += " · staff copy, shows hidden checks"
    lost = round(report.max_score - report.score - report.open_points, 4)
    legend = [("earned", report.score, "earned")]
    if report.open_points:
        legend.append(("waiting", report.open_points, "wait for a person or another try"))
    if lost > 0:
        legend.append(("lost", lost, "not earned"))
    bar = "".join(
        f'<i class="{name}" style="width:{100 * points / report.max_score:.2f}%"></i>'
        for name, points, _ in legend
        if points and report.max_score and name != "lost"
    )
    so_far = " so far" if report.open_points else ""
    return f"""<p class="quiet said">{escape(eyebrow)}</p>
<h1 class="said">{escape(report.title or report.assignment)}</h1>
<p class="total"><strong>{format_points(report.score)}</strong> of \
{format_points(report.max_score)} points{so_far}</p>
<div class="bar" aria-hidden="true">{bar}</div>
<ul class="legend quiet">{
        _items(
            f'<i class="{name}"></i>{format_points(points)} {text}' for name, points, text in legend
        )
    }</ul>{_render_notices(report)}"""


def _render_notices(report: Report) -> str:
    if not report.notices:
        return ""
    notices = _items(f'<span class="said">{escape(notice)}</span>' for notice in report.notices)
    return f'\n<ul class="notices" role="note" aria-label="Please note">{notices}</ul>'


def render_main(report: Report) -> Iterable[str]:
    yield _render_first_steps(report)
    yield _render_summary(report)
    parts = "\n".join(render_part(part) for part in report.parts)
    yield (
        f'<section id="parts" aria-labelledby="parts-title" tabindex="-1">\n'
        f'<h2 id="parts-title">Part by part</h2>\n{parts}\n</section>'
    )
    if report.remarks:
        yield _render_remarks(report)


def _render_remarks(report: Report) -> str:
    if not report.remarks:
        return ""
    remarks = _items(
        f"<code>{escape(remark.file)}{f':{remark.line}' if remark.line else ''}</code>"
        f'<br><span class="said">{escape(remark.message)}</span>'
        for remark in report.remarks
    )
    return (
        f'<section aria-labelledby="files-title">\n<h2 id="files-title">About your files'
        f'</h2>\n<ul class="remarks">{remarks}</ul>\n</section>'
    )


def _render_first_steps(report: Report) -> str:
    parts = find_parts_to_read_first(report)
    if not parts:
        if not report.parts:
            return ""
        said = "Everything is right. Nothing is left to mend."
        if report.open_points:
            said = "Nothing is left to mend. The rest waits for a person or another try."
        return f'<h2>Next</h2>\n<p class="done">{said}</p>'
    steps = _items(
        f'<a href="#{anchor(part)}">{escape(part.title or shorten_id(part))}</a>'
        f'<span class="number quiet">{name_points(count_lost_points(part))} to win</span>'
        f'<p class="said quiet">{escape(say_first(part))}</p>'
        for part in parts
    )
    return (
        f'<section aria-labelledby="first-title">\n<h2 id="first-title">Look at these first'
        f'</h2>\n<ol class="first">{steps}</ol>\n</section>'
    )


def _render_summary(report: Report) -> str:
    rows = "\n".join(
        f'<tr><th scope="row"><a href="#{anchor(part)}">'
        f"{escape(part.title or shorten_id(part))}</a></th>"
        f"<td>{render_verdict(part.verdict)}</td>"
        f'<td class="number">{name_share(part)}</td></tr>'
        for part in report.parts
    )
    adjustments = "".join(
        f'<tr class="quiet"><td colspan="2" class="said">{escape(each.explanation)}</td>'
        f'<td class="number">{format_change(each.points)}</td></tr>\n'
        for each in report.adjustments
    )
    return f"""<section aria-labelledby="summary-title">
<h2 id="summary-title">All parts</h2>
<table class="parts">
<thead><tr><th scope="col">Part</th><th scope="col">Verdict</th>\
<th scope="col">Points</th></tr></thead>
<tbody>
{rows}
</tbody>
<tfoot>{adjustments}<tr><th scope="row" colspan="2">Together</th>\
<td class="number">{name_share(report)}</td></tr></tfoot>
</table>
</section>"""


def _render_footer(report: Report) -> str:
    facts = [("Submission", report.submission), ("Isolation", report.isolation)]
    if report.seed_label:
        facts.append(("Seed", report.seed_label))
    if report.graded_in_s is not None:
        facts.append(("Graded in", format_duration(report.graded_in_s * 1000)))
    versions = ", ".join(f"{name} {version}" for name, version in report.versions.items())
    facts.append(("Versions", versions))
    facts += [(f"Problem {name}", digest) for name, digest in report.problems.items()]
    rows = "".join(
        f'<dt>{escape(name)}</dt><dd class="value">{escape(text)}</dd>'
        for name, text in facts
        if text
    )
    return f"<details>\n<summary>How this was graded</summary>\n<dl>{rows}</dl>\n</details>"


def _items(contents: Iterable[str]) -> str:
    return "".join(f"<li>{content}</li>" for content in contents)
