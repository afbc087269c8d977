"""The report as a comment on a pull request: Markdown in which a student's text is only text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from grader.report.details import (
    Explanation,
    Row,
    explain_part,
    find_checks_to_explain,
    merge_findings,
    needs_heading,
    say_first,
)
from grader.report.models import CheckReport, PartReport, Report
from grader.report.words import (
    VERDICTS,
    count_lost_points,
    find_parts_to_read_first,
    format_change,
    format_points,
    name_points,
    name_share,
    shorten_id,
    summarise_score,
)

MARKS = {"right": "✅", "partly": "🟡", "wrong": "❌", "blank": "⚪", "open": "🕓"}
LABEL_WIDTH = 10

LENGTH_LIMIT = 60_000
"""GitHub refuses comments above 65 536 characters."""

_SPECIAL = re.compile(
    r"""
    [\\`*_{}\[\]<>&|~$\#@]     # these mean something anywhere
    | (?i:www\.) | : (?=\S)      # links without brackets
    | ^ (?: [-+=] | \d+[.)])     # lists and headings, at the start of a line only
    """,
    re.VERBOSE,
)
_REFERRING = re.compile(r"(&\#(?:64|35);|(?i:\bGH-)) (?=\w)", re.VERBOSE)


def render(report: Report) -> str:
    """A summary table, then the parts that lost points, each in a fold."""
    text = "\n".join(_render_lines(report))
    if len(text) <= LENGTH_LIMIT:
        return text + "\n"
    # Half a fold or half a code span would swallow what follows: leave out whole parts.
    return (
        "\n".join([*_render_summary(report), "", "_Too long for a comment: see the report._"])
        + "\n"
    )


def escape_text(text: str) -> str:
    """One line of text that no Markdown, HTML, link, mention or reference can come out of.

    Characters with a meaning become numeric entities, which are decoded after Markdown has been
    read. Mentions and references are looked for in the decoded text: an invisible space parts
    `@` and `#` from the name.
    """
    escaped = _SPECIAL.sub(
        lambda found: f"{found[0][:-1]}&#{ord(found[0][-1])};", " ".join(text.split())
    )
    return _REFERRING.sub(r"\1&#8203;", escaped)


def quote_code(text: str, language: str = "text") -> str:
    """A fenced block whose fence is longer than any run of backticks inside."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def _render_lines(report: Report) -> Iterator[str]:
    yield from _render_summary(report)
    for part in report.parts:
        if find_checks_to_explain(part):
            yield ""
            yield from _render_part(part)
    if report.remarks:
        yield ""
        yield "### About your files"
        for remark in report.remarks:
            place = f"{remark.file}:{remark.line}" if remark.line else remark.file
            yield f"- {escape_text(place)}: {escape_text(remark.message)}"
    yield ""
    facts = [f"isolation {report.isolation}", report.submission[:19]]
    facts += [f"{name} {version}" for name, version in report.versions.items()]
    yield f"<sub>{escape_text(' · '.join(facts))}</sub>"


def _render_summary(report: Report) -> Iterator[str]:
    title = " · ".join(filter(None, (report.assignment, report.title)))
    yield f"## {escape_text(title)}"
    yield ""
    yield f"**{summarise_score(report)}**"
    for notice in report.notices:
        yield ""
        yield f"> {escape_text(notice)}"
    first = find_parts_to_read_first(report)
    if first:
        yield ""
        yield "Look at these first:"
        for number, part in enumerate(first, 1):
            gain = name_points(count_lost_points(part))
            yield f"{number}. **{_name(part)}** ({gain} to win): {escape_text(say_first(part))}"
    yield ""
    yield "| | Part | Verdict | Points |"
    yield "|---|---|---|---:|"
    for part in report.parts:
        mark = MARKS[VERDICTS[part.verdict].tone]
        yield f"| {mark} | {_name(part)} | {part.verdict} | {name_share(part)} |"
    for each in report.adjustments:
        yield f"| | {escape_text(each.explanation)} | | {format_change(each.points)} |"
    yield f"| | **Together** | | **{name_share(report)}** |"


def _render_part(part: PartReport) -> Iterator[str]:
    mark = MARKS[VERDICTS[part.verdict].tone]
    yield "<details>"
    yield f"<summary>{mark} <b>{_name(part)}</b>: {part.verdict}, {name_share(part)}</summary>"
    yield ""
    for explained in explain_part(part):
        if needs_heading(explained.check, part):
            yield _render_check_heading(explained.check)
            yield ""
        yield from _render_explanation(explained)
    yield "</details>"


def _render_check_heading(check: CheckReport) -> str:
    mark = MARKS[VERDICTS[check.verdict].tone]
    hidden = "hidden, " if check.hidden else ""
    points = f"{format_points(check.score)} of {format_points(check.max_score)}"
    return f"{mark} **{escape_text(check.name)}** ({hidden}{check.verdict}, {points})"


def _render_explanation(explained: Explanation) -> Iterator[str]:
    """Sentences as paragraphs; values, output and code in fences, where nothing is read."""
    for sentence in explained.sentences:
        yield "  \n".join(escape_text(line) for line in sentence.split("\n"))
        yield ""
    if explained.is_about_the_case:
        yield from _render_table(
            (*explained.inputs, *merge_findings(explained), *explained.context)
        )
    else:
        yield from _render_table((*explained.findings, *explained.context))
        if explained.inputs:
            yield "A case that fails:"
            yield ""
            yield from _render_table((*explained.inputs, *explained.values))
    if explained.code:
        yield quote_code(explained.code, "python")
        yield ""
    for advice in explained.advice:
        yield f"**Try** {escape_text(advice)}"
        yield ""


def _render_table(rows: Sequence[Row]) -> Iterator[str]:
    if rows:
        margin = "\n" + " " * LABEL_WIDTH
        yield quote_code(
            "\n".join(
                row.label.ljust(LABEL_WIDTH) + margin.join(row.text.split("\n")) for row in rows
            )
        )
        yield ""


def _name(part: PartReport) -> str:
    name = shorten_id(part)
    return escape_text(f"{part.title} ({name})" if part.title else name)
