"""The report for a terminal: a line a part, and below those that lost points, why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from grader.report.columns import fit, measure, pad, wrap
from grader.report.details import Explanation, Row, explain_part, needs_heading, say_first
from grader.report.models import CheckReport, PartReport, Report
from grader.report.words import (
    VERDICTS,
    count_lost_points,
    find_parts_to_read_first,
    format_change,
    format_points,
    name_share,
    shorten_id,
    summarise_score,
)
from grader.verdicts import Verdict

MARKS = {"right": "✓", "partly": "◐", "wrong": "✗", "blank": "○", "open": "?"}
PLAIN_MARKS = {"right": "+", "partly": "~", "wrong": "x", "blank": "o", "open": "?"}
COLOURS = {"right": "32", "partly": "33", "wrong": "31", "blank": "2", "open": "36"}

CHECKS_EXPLAINED = 3
"""A part: enough to see a pattern, few enough to read."""
OUTPUT_LINES = 6
"""Of what the student's code printed: the end, where the cause usually stands."""
VALUE_LINES = 4
"""Of a value: a large array is read in the file or on the page."""
LABEL_WIDTH = 10
INDENT = 6
PARTS_FIRST = 3
NARROWEST, WIDEST = 60, 120


def render(
    report: Report, *, width: int = 80, colour: bool = False, ascii_only: bool = False
) -> str:
    """Plain text, with ANSI colours if asked for; code to run is never wrapped."""
    page = _Page(
        width=min(max(width, NARROWEST), WIDEST),
        colour=colour,
        marks=PLAIN_MARKS if ascii_only else MARKS,
    )
    text = "\n".join(_render_lines(report, page)) + "\n"
    return _spell_in_ascii(text) if ascii_only else text


ASCII_SPELLINGS = str.maketrans(
    {"…": "...", "—": "-", "–": "-", "−": "-", "·": "*", "×": "x", "≤": "<=", "≥": ">=", "’": "'"}
)


def _spell_in_ascii(text: str) -> str:
    return text.translate(ASCII_SPELLINGS).encode("ascii", "backslashreplace").decode("ascii")


class _Page:
    """Width, marks and colours of one rendering."""

    def __init__(self, *, width: int, colour: bool, marks: dict[str, str]) -> None:
        self.width = width
        self.colour = colour
        self.marks = marks

    def paint(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and text else text


def _render_lines(report: Report, page: _Page) -> Iterator[str]:
    yield from _render_heading(report, page)
    yield ""
    for notice in report.notices:
        yield from _render_row(Row("", f"! {notice}"), page, indent=2, code="33")
    if report.notices:
        yield ""
    yield from _render_parts(report, page)
    if report.remarks:
        yield page.paint("About your files", "1")
        for remark in report.remarks:
            place = f"{remark.file}:{remark.line}" if remark.line else remark.file
            yield from _render_row(Row("", f"{place}: {remark.message}"), page, indent=2)
        yield ""
    yield from _render_first_steps(report, page)
    for each in report.adjustments:
        change = format_change(each.points)
        yield from _render_row(Row("", f"{change}  {each.explanation}"), page, indent=2)
    for line in wrap(f"{report.assignment}: {summarise_score(report)}", page.width):
        yield page.paint(line, "1")


def _render_first_steps(report: Report, page: _Page) -> Iterator[str]:
    parts = find_parts_to_read_first(report, PARTS_FIRST)
    if not parts:
        return
    yield page.paint("Look at these first", "1")
    names = [shorten_id(part) for part in parts]
    name_width = min(max(map(measure, names)), page.width // 3)
    gains = [f"+{format_points(count_lost_points(part))}" for part in parts]
    gain_width = max(map(len, gains))
    for part, name, gain in zip(parts, names, gains, strict=True):
        line = f"  {gain.rjust(gain_width)}  {pad(fit(name, name_width), name_width)}  "
        yield line + fit(say_first(part), page.width - measure(line))
    yield ""


def _render_heading(report: Report, page: _Page) -> Iterator[str]:
    score = f"{format_points(report.score)} of {format_points(report.max_score)}"
    if report.status == "pending":
        score += f"  ({format_points(report.open_points)} open)"
    room = page.width - measure(score) - 2
    title = fit(f"{report.assignment}  {report.title}".rstrip(), room)
    yield page.paint(pad(title, room), "1") + "  " + page.paint(score, "1")


def _render_parts(report: Report, page: _Page) -> Iterator[str]:
    names = [shorten_id(part) for part in report.parts]
    points = [name_share(part) for part in report.parts]
    name_width = min(max(map(measure, names), default=0), page.width // 3)
    points_width = max(map(len, points), default=0)
    word_width = max((len(part.verdict) for part in report.parts), default=0)
    for part, name, score in zip(report.parts, names, points, strict=True):
        tone = VERDICTS[part.verdict].tone
        line = (
            f"  {page.paint(page.marks[tone], COLOURS[tone])}"
            f" {pad(fit(name, name_width), name_width)}"
            f"  {score.rjust(points_width)}"
            f"  {page.paint(part.verdict.ljust(word_width), COLOURS[tone])}"
        )
        room = page.width - (name_width + points_width + word_width + 8)
        title = part.title if part.title != name else ""
        if title and room >= 12:
            line += "  " + page.paint(fit(title, room - 2), "2")
        yield line.rstrip()
        yield from _explain_part(part, page)
    if report.parts and report.parts[-1].verdict == Verdict.PASSED:
        yield ""


def _explain_part(part: PartReport, page: _Page) -> Iterator[str]:
    explanations = explain_part(part)
    for number, explained in enumerate(explanations[:CHECKS_EXPLAINED]):
        indent = INDENT
        if needs_heading(explained.check, part):
            yield from _render_check_heading(explained.check, page)
            indent += 2
        yield from _render_explanation(explained, page, indent=indent, briefly=number > 0)
    left_out = [explained.check.name for explained in explanations[CHECKS_EXPLAINED:]]
    if left_out:
        more = f"and {len(left_out)} more: {', '.join(left_out)}"
        yield from _render_row(Row("", more), page, code="2")
    if explanations:
        yield ""


def _render_explanation(
    explained: Explanation, page: _Page, *, indent: int, briefly: bool
) -> Iterator[str]:
    """A part's first failing check in full; of the others only the words."""
    for sentence in explained.sentences:
        yield from _render_row(Row("", sentence), page, indent=indent)
    if explained.is_about_the_case and not briefly:
        found = explained.findings or explained.first_difference
        yield from _render_table((*explained.inputs, *found), page, indent)
        yield from _render_table(explained.context, page, indent)
        yield from _render_code(explained, page, indent)
    else:
        yield from _render_table((*explained.findings, *explained.context), page, indent)
        if explained.inputs and not briefly:
            yield " " * indent + page.paint("a case that fails:", "2")
            table = (*explained.inputs, *explained.first_difference)
            yield from _render_table(table, page, indent + 2)
            yield from _render_code(explained, page, indent + 2)
    for advice in explained.advice:
        yield from _render_row(Row("try", advice), page, indent=indent)


def _render_table(rows: Iterable[Row], page: _Page, indent: int) -> Iterator[str]:
    label = ""
    for row in rows:
        shown = Row("" if row.label == label else row.label, row.text, row.role)
        yield from _render_row(shown, page, indent=indent, aligned=True)
        label = row.label


def _render_code(explained: Explanation, page: _Page, indent: int) -> Iterator[str]:
    """Never wrapped: it is there to be copied."""
    label = "run"
    for line in explained.code.split("\n") if explained.code else ():
        yield " " * indent + page.paint(pad(label, LABEL_WIDTH), "2") + line
        label = ""


def _render_check_heading(check: CheckReport, page: _Page) -> Iterator[str]:
    words = VERDICTS[check.verdict]
    hidden = "hidden, " if check.hidden else ""
    mark = page.paint(page.marks[words.tone], COLOURS[words.tone])
    score = f"{format_points(check.score)} of {format_points(check.max_score)}"
    name = fit(check.name, page.width - INDENT - 30)
    yield f"{' ' * INDENT}{mark} {name} ({hidden}{check.verdict}, {score})"


def _render_row(
    row: Row, page: _Page, *, indent: int = INDENT, code: str = "", aligned: bool = False
) -> Iterator[str]:
    label = pad(row.label, LABEL_WIDTH) if row.label or aligned else ""
    margin = " " * (indent + measure(label))
    lines = list(wrap(row.text, page.width - len(margin)))
    if row.role == "output" and len(lines) > OUTPUT_LINES:
        lines = ["…", *lines[-OUTPUT_LINES:]]
    elif (row.role == "value" or row.label == "read as") and len(lines) > VALUE_LINES:
        lines = [*lines[:VALUE_LINES], "…"]
    for number, line in enumerate(lines):
        start = " " * indent + page.paint(label, "2") if number == 0 else margin
        yield (start + page.paint(line, code)).rstrip() if code else (start + line).rstrip()
