"""Scores into the file that Canvas or Moodle exported, to be imported there.

Both match rows by their own identifiers, so the exported file is filled and no other is made.

Source   https://docs.instructure.com/  (gradebook import: Student, ID, SIS Login ID, Section, EX)
         https://docs.moodle.org/  (offline grading worksheet: Identifier, Email address, Grade, …)
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from grader.errors import UsageError
from grader.report.exported import read_exported, read_number
from grader.report.gradebooks import Result, write_points
from grader.report.matching import Matched, match_rows

CANVAS_COLUMNS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
"""What Canvas wants back; all other columns of its export are left out, so that none changes."""
CANVAS_KEYS = ("SIS Login ID", "SIS User ID", "ID")
"""The last is the platform's own number, which others may know by chance only."""
CANVAS_EXCUSED = "EX"
MOODLE_KEYS = ("Email address", "ID number", "Username", "Identifier")
MOODLE_NAMES = ("Full name", "Email address", "Username", "Identifier")
MAXIMUM = "maximum grade"
_HIDDEN_ROWS = ("points possible", "student, test")
"""Rows of Canvas that are no student's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A file to import, and what is not in it."""

    text: str
    written: int = 0
    """Cells that were filled."""
    column: str = ""
    is_new_column: bool = False
    """Whether the platform will ask to create it."""
    without_row: tuple[str, ...] = ()
    """Students with a score whom the file does not have."""
    doubled: tuple[str, ...] = ()
    """Students with a score whom several rows fit, or who fit a row with others."""
    without_student: tuple[str, ...] = ()
    """Rows that are nobody's here, as the file calls them."""


def fill_canvas(
    gradebook: str, results: Iterable[Result], column: str, *, scale: bool = False
) -> Filled:
    """Canvas's own export with our column, and the rows of those who have a score.

    `column` is the assignment's name; where the export has it with its number, `hw2 (4711)`,
    that one is filled, else Canvas offers to create it. Where Canvas has other points for it,
    `scale` writes the same share of them.

    Errors   UsageError when the file is no gradebook export, has two such columns, or has other
             points and `scale` was not asked for.
    """
    export = read_exported(gradebook, CANVAS_COLUMNS)
    if not {"Student", "ID"} <= set(export.header):
        raise UsageError("the gradebook has no columns Student and ID: export it from Canvas first")
    wanted = re.compile(rf"{re.escape(column)}( \(\d+\))?")
    known = [
        name
        for name in export.header
        if name not in CANVAS_COLUMNS and wanted.fullmatch(name.strip())
    ]
    if len(known) > 1:
        raise UsageError(
            f"the gradebook has {len(known)} columns of that name: write one with its number,"
            f" '{known[0].strip()}'"
        )
    given = list(results)
    kept = [name for name in CANVAS_COLUMNS if name in export.header]
    people = [_read_canvas_name(row) for row in export.rows]
    found = match_rows(export.rows, people, given, CANVAS_KEYS)
    title = known[0] if known else column
    usual = Counter(each.max_score for each in given if each.score and each.max_score)
    ours = usual.most_common(1)[0][0] if usual else ""
    theirs = {row[title].strip() for row in export.rows if known and _is_possible(row)} - {""}
    maximum = read_number(theirs.pop()) if theirs else None if known else read_number(ours)
    table = [[*kept, title]]
    place = "in the file" if known else "for most"
    written = 0
    for index, row in enumerate(export.rows):
        identity = [row[name] for name in kept]
        if _is_possible(row):
            shown = row[title] if known else export.write_number(Fraction(ours or 0))
            table.append([*identity, shown if known or ours else ""])
        elif (result := found.results.get(index)) is not None:
            cell = CANVAS_EXCUSED
            if not result.is_excused:
                if not result.score:
                    continue
                cell = export.write_number(_fit(result, maximum, title.strip(), place, scale))
            table.append([*identity, cell])
            written += 1
    text = export.write(table, ("Student", "Section", title))
    return _tell(found, text, written, column=title.strip(), is_new_column=not known)


def fill_moodle(worksheet: str, results: Iterable[Result], *, scale: bool = False) -> Filled:
    """Moodle's grading worksheet with Grade, and Feedback comments where it has that column.

    Errors   UsageError when the file is no worksheet, or has another maximum grade and `scale`
             was not asked for.
    """
    export = read_exported(worksheet, (*MOODLE_KEYS, "Grade", MAXIMUM))
    keys = [name for name in MOODLE_KEYS if name in export.header]
    if not keys:
        raise UsageError(
            "the worksheet has no column Email address, ID number, Username or Identifier:"
            " download the grading worksheet, or export the grades, from Moodle first"
        )
    has_grade = "Grade" in export.header
    columns = [*export.header, *(() if has_grade else ("Grade",))]
    most = next((name for name in export.header if name.strip().casefold() == MAXIMUM), "")
    people = [_read_moodle_name(row) for row in export.rows]
    found = match_rows(export.rows, people, list(results), keys)
    table = [columns]
    for index, row in enumerate(export.rows):
        result = found.results.get(index)
        if result is None or not result.score or result.is_excused:
            continue
        maximum = read_number(row[most]) if most else None
        score = _fit(result, maximum, "the grade", "in the file", scale)
        filled = {**row, "Grade": export.write_number(score)}
        if result.explanation and "Feedback comments" in export.header:
            filled["Feedback comments"] = result.explanation
        table.append([filled[name] for name in columns])
    text = export.write(table, [name for name in columns if name not in MOODLE_KEYS])
    return _tell(found, text, len(table) - 1, column="Grade", is_new_column=not has_grade)


def _fit(result: Result, maximum: Fraction | None, title: str, place: str, scale: bool) -> Fraction:
    """A score in the platform's points, where it has a maximum; 0 there is one for extra points.

    Errors   UsageError.
    """
    score, ours = (_read_points(text, result) for text in (result.score, result.max_score or "0"))
    if not maximum or not ours or maximum == ours:
        return score
    if not scale:
        raise UsageError(
            f"{title} is out of {write_points(maximum)} {place} and out of"
            f" {write_points(ours)} here: choose 'scale', or give it the same points in both"
        )
    return score * maximum / ours


def _read_points(text: str, result: Result) -> Fraction:
    try:
        return Fraction(text.strip().replace(",", "."))
    except ValueError:
        raise UsageError(f"'{text[:40]}', of {result.student}, is no number of points") from None


def _is_possible(row: Mapping[str, str]) -> bool:
    return "Points Possible" in row["Student"]


def _read_canvas_name(row: Mapping[str, str]) -> str:
    name = row["Student"].strip()
    return "" if name.casefold() in _HIDDEN_ROWS else name


def _read_moodle_name(row: Mapping[str, str]) -> str:
    both = f"{row.get('First name', '')} {row.get('Last name', row.get('Surname', ''))}".strip()
    return next((row[name].strip() for name in MOODLE_NAMES if row.get(name, "").strip()), both)


def _tell(found: Matched, text: str, written: int, *, column: str, is_new_column: bool) -> Filled:
    return Filled(
        text=text,
        written=written,
        column=column,
        is_new_column=is_new_column,
        without_row=_name_scored(found.without_row),
        doubled=_name_scored(found.doubled),
        without_student=found.without_student,
    )


def _name_scored(results: Sequence[Result]) -> tuple[str, ...]:
    return tuple(each.student for each in results if each.score or each.is_excused)
