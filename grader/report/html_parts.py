"""One part of the page: its verdict, what went wrong and on what, and what to try."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape

from grader.report.details import Explanation, Row, explain_part, merge_findings, needs_heading
from grader.report.models import CheckReport, PartReport
from grader.report.words import VERDICTS, format_duration, name_share, shorten_id
from grader.verdicts import Verdict

LABELS = {
    "with": "With", "saw": "Saw", "expected": "Expected", "differs": "First difference",
    "at": "In your file", "read as": "Read as", "staff": "For staff",
}  # fmt: skip


def anchor(part: PartReport) -> str:
    """The part's place in the page."""
    return "part-" + re.sub(r"[^A-Za-z0-9_-]+", "-", shorten_id(part))


def render_verdict(verdict: Verdict) -> str:
    """Icon and word: never colour alone."""
    tone = VERDICTS[verdict].tone
    return f'<span class="verdict {tone}">{_draw(f"mark-{tone}")}{verdict}</span>'


def render_part(part: PartReport) -> str:
    """An article: its heading, the checks to read, then those that passed."""
    name = shorten_id(part)
    to_read = explain_part(part)
    checks = "\n".join(
        _render_check(explained, part, is_first=number == 0)
        for number, explained in enumerate(to_read)
    )
    read = {id(explained.check) for explained in to_read}
    others = [check for check in part.checks if id(check) not in read]
    return f"""<article class="part" id="{anchor(part)}" aria-labelledby="{anchor(part)}-title">
<header>
<h3 class="said" id="{anchor(part)}-title">{escape(part.title or name)}</h3>
<span class="number">{name_share(part)}</span>
<code>{escape(name)}</code>
{render_verdict(part.verdict)}
</header>
{checks}{_render_others(others)}{_render_charts(part)}
</article>"""


def _render_charts(part: PartReport) -> str:
    """How a kernel's cost grows or a loss falls, drawn; the figures behind it folded away."""
    charts = [chart for check in part.checks for chart in check.charts]
    if not charts:
        return ""
    from grader.report.charts import STYLE, draw, render_table

    is_training = part.kind == "train"
    heading = "How the loss fell" if is_training else "How the work grows with the size"
    drawn = "\n".join(draw(chart) for chart in charts)
    tables = "\n".join(render_table(chart) for chart in charts)
    return f"""
<section class="check" aria-label="{escape(part.title or part.id)}: {heading.lower()}">
<style>{STYLE}</style>
<h4>{heading}</h4>
<div class="charts">
{drawn}
</div>
<details>
<summary>The figures</summary>
{tables}
</details>
</section>"""


def _render_check(explained: Explanation, part: PartReport, *, is_first: bool) -> str:
    check = explained.check
    body = "\n".join(_render_explanation(explained, is_first=is_first))
    heading = ""
    if needs_heading(check, part):
        heading = f"""<header>
<h4 class="said">{escape(check.name)}</h4>
{render_verdict(check.verdict)}{_render_lock(check)}
<span class="number quiet">{name_share(check)}</span>
</header>
"""
    tone = VERDICTS[check.verdict].tone
    return f'<section class="check {tone}">\n{heading}{body}\n</section>'


def _render_explanation(explained: Explanation, *, is_first: bool) -> Iterator[str]:
    """The sentences, the table of values, a case to run, and what to do about it."""
    check = explained.check
    for sentence in explained.sentences:
        kind = "mistake said" if sentence == check.mistake else "said"
        yield f'<p class="{kind}">{escape(sentence)}</p>'
    if is_first and explained.is_about_the_case:
        yield _render_table((*explained.inputs, *merge_findings(explained), *explained.context))
        yield _render_code(explained)
    else:
        yield _render_table((*explained.findings, *explained.context))
        if explained.inputs:
            # One case is enough to start with: those of further checks are folded away.
            yield f"<details{' open' if is_first else ''}>\n<summary>A case that fails</summary>"
            yield _render_table((*explained.inputs, *explained.values))
            yield _render_code(explained)
            yield "</details>"
    if check.output:
        yield "<details>\n<summary>What your code printed</summary>"
        yield f'<pre class="output">{escape(check.output)}</pre>\n</details>'
    for advice in explained.advice:
        yield f'<p class="try"><b>Try</b> <span class="said">{escape(advice)}</span></p>'
    measured = _name_measurements(check)
    if measured:
        yield f'<p class="quiet">{measured}</p>'


def _render_code(explained: Explanation) -> str:
    if not explained.code:
        return ""
    code = f"<code>{escape(explained.code)}</code>"
    return f'<p class="quiet">To see it yourself:</p>\n<pre tabindex="0">{code}</pre>'


def _render_table(rows: Sequence[Row]) -> str:
    """Rows by label; what the code printed has a place of its own."""
    groups = []
    for label, name in LABELS.items():
        values = "".join(
            f'<dd class="{"value" if row.role == "value" or label == "at" else "said"}">'
            f"{escape(row.text)}</dd>"
            for row in rows
            if row.label == label
        )
        if values:
            groups.append(f"<div><dt>{name}</dt>{values}</div>")
    return f'<dl class="rows">{"".join(groups)}</dl>' if groups else ""


def _render_others(checks: list[CheckReport]) -> str:
    """Checks with nothing to explain, on a line."""
    if not checks:
        return ""
    items = "".join(
        f'<li class="verdict {VERDICTS[check.verdict].tone}">'
        f"{_draw(f'mark-{VERDICTS[check.verdict].tone}')}"
        f'<span><span class="said">{escape(check.name)}</span> '
        f'<span class="quiet">{_summarise(check)}</span></span></li>'
        for check in checks
    )
    return f'\n<ul class="passed">{items}</ul>'


def _summarise(check: CheckReport) -> str:
    words = [str(check.verdict)]
    if check.hidden:
        words.append("hidden")
    if check.understood:
        words.append(f'read as <span class="value">{escape(check.understood)}</span>')
    measured = _name_measurements(check)
    return ", ".join([*words, measured] if measured else words)


def _name_measurements(check: CheckReport) -> str:
    measured = []
    if check.elapsed_ms is not None:
        measured.append(format_duration(check.elapsed_ms))
    if check.memory_mib is not None and check.memory_mib >= 1:
        measured.append(f"{check.memory_mib:.0f} MiB")
    return ", ".join(measured)


def _render_lock(check: CheckReport) -> str:
    return f'\n<span class="lock">{_draw("mark-hidden")}hidden</span>' if check.hidden else ""


def _draw(symbol: str) -> str:
    return f'<svg aria-hidden="true" focusable="false"><use href="#{symbol}"/></svg>'
