"""Scores into the CSV that a learning platform imports: Canvas, Moodle, or plain.

Canvas and Moodle match rows by their own identifiers, so each is filled into the file that the
platform exported.

Source   https://docs.instructure.com/  (gradebook import: Student, ID, SIS Login ID, Section, …)
         https://docs.moodle.org/  (offline grading worksheet: Identifier, Email address, Grade, …)
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from grader.errors import UsageError

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"""The last four are as wide as an East Asian sign, and read as the first four by some."""
_INNER_START = re.compile(r"([;|\t\n][\" ]*)(?=[=+@＝＋－＠-])")
"""Where another cell begins for whoever's spreadsheet parts them at something else."""
_PLAIN_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_PLAIN_ID = re.compile(r"[\w.@+-]*")

CANVAS_COLUMNS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
"""What Canvas wants back; all other columns of its export are left out, so that none changes."""
CANVAS_KEYS = ("SIS Login ID", "SIS User ID", "ID")
MOODLE_KEYS = ("Email address", "ID number", "Username", "Identifier")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One student's row of the class table that `grade batch` writes."""

    student: str
    score: str
    """As it was printed; empty where nothing could be graded."""
    max_score: str
    is_final: bool
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class Filled:
    """A file to import, and who is in only one of the two."""

    text: str
    without_row: tuple[str, ...]
    """Students with a score whom the platform does not know."""


def guard_cell(text: str) -> str:
    """A cell that starts like a formula would be run by a spreadsheet: an apostrophe stops it."""
    # Some spreadsheets leave out the space before it.
    bare = text.lstrip(" \n")
    starts = text.startswith(_FORMULA_STARTS) or bare.startswith(_FORMULA_STARTS)
    is_formula = starts and not _PLAIN_NUMBER.fullmatch(text)
    return ("'" if is_formula else "") + _INNER_START.sub(r"\1'", text)


def write_table(rows: Iterable[Sequence[str]]) -> str:
    """CSV in which commas, quotes and line ends stay inside their cells, and no formula runs."""
    text = io.StringIO()
    # The writer does not quote a carriage return, which ends a row for whoever reads it.
    csv.writer(text, lineterminator="\n").writerows(
        [guard_cell(cell).replace("\r", " ") for cell in row] for row in rows
    )
    return text.getvalue()


def read_results(text: str) -> tuple[Result, ...]:
    """The class table.

    Errors   UsageError when it is another file.
    """
    rows = csv.DictReader(io.StringIO(text.lstrip("\ufeff")))
    columns = set(rows.fieldnames or ())
    if not {"score", "max_score", "status"} <= columns or not columns & {"student", "submission"}:
        raise UsageError(
            "this is not a table of `grade batch --csv`: it has no columns student, score,"
            " max_score and status"
        )
    return tuple(
        Result(
            student=_unguard(row.get("student") or row.get("submission") or ""),
            score=row["score"] or "",
            max_score=row["max_score"] or "",
            is_final=row["status"] == "final",
            explanation=_unguard(row.get("explanation") or ""),
        )
        for row in rows
    )


def fill_canvas(gradebook: str, results: Iterable[Result], column: str) -> Filled:
    """Canvas's own export with our column, and the rows of those who have a score.

    `column` is the assignment's name; where the export has it with its number, `hw2 (4711)`,
    that one is filled, else Canvas offers to create it.

    Errors   UsageError when the file is no gradebook export.
    """
    header, rows = _read(gradebook)
    if not {"Student", "ID"} <= set(header):
        raise UsageError("the gradebook has no columns Student and ID: export it from Canvas first")
    known = [name for name in header if re.fullmatch(rf"{re.escape(column)}( \(\d+\))?", name)]
    kept = [name for name in CANVAS_COLUMNS if name in header]
    found, left = _match(rows, results, CANVAS_KEYS)
    table = [[*kept, known[0] if known else column]]
    maximum = next((result.max_score for result in found.values() if result.max_score), "")
    for index, row in enumerate(rows):
        if "Points Possible" in row["Student"]:
            table.append([*(row[name] for name in kept), maximum])
        elif index in found:
            table.append([*(row[name] for name in kept), found[index].score])
    return Filled(_write_identified(table, kept, ("Student", "Section")), left)


def fill_moodle(worksheet: str, results: Iterable[Result]) -> Filled:
    """Moodle's grading worksheet with Grade, and Feedback comments where it has that column.

    Errors   UsageError when the file is no worksheet.
    """
    header, rows = _read(worksheet)
    keys = [name for name in MOODLE_KEYS if name in header]
    if not keys:
        raise UsageError(
            "the worksheet has no column Email address, ID number, Username or Identifier:"
            " download the grading worksheet, or export the grades, from Moodle first"
        )
    columns = list(header) if "Grade" in header else [*header, "Grade"]
    found, left = _match(rows, results, MOODLE_KEYS)
    table = [columns]
    for index, row in enumerate(rows):
        if index in found:
            filled = {**row, "Grade": found[index].score}
            if found[index].explanation and "Feedback comments" in header:
                filled["Feedback comments"] = found[index].explanation
            table.append([filled[name] for name in columns])
    free = [name for name in columns if name not in MOODLE_KEYS]
    return Filled(_write_identified(table, columns, free), left)


def write_plain(results: Iterable[Result]) -> str:
    """Student, score, maximum, explanation."""
    rows = [[each.student, each.score, each.max_score, each.explanation] for each in results]
    return write_table([["student", "score", "max_score", "explanation"], *rows])


def _read(text: str) -> tuple[Sequence[str], list[dict[str, str]]]:
    reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff")), restval="")
    return reader.fieldnames or (), [dict(row) for row in reader]


def _match(
    rows: Sequence[Mapping[str, str]], results: Iterable[Result], keys: Sequence[str]
) -> tuple[dict[int, Result], tuple[str, ...]]:
    """Which row belongs to whom: by any identifier, or by what stands before an address's @."""
    places: dict[str, list[int]] = {}
    for index, row in enumerate(rows):
        names = {row.get(key, "").strip().casefold() for key in keys} - {""}
        for name in names | {name.partition("@")[0] for name in names}:
            places.setdefault(name, []).append(index)
    found: dict[int, Result] = {}
    left: list[str] = []
    for result in results:
        if not result.score:
            continue
        rows_of = places.get(result.student.strip().casefold(), [])
        if len(rows_of) == 1 and rows_of[0] not in found:
            found[rows_of[0]] = result
        else:
            # Two rows of one name: a person must say which.
            left.append(result.student)
    return found, tuple(left)


def _write_identified(
    table: Sequence[Sequence[str]], columns: Sequence[str], free: Sequence[str]
) -> str:
    """Identifiers stay as they came, or the platform would not find them again."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    for row in table:
        names = [*columns, *[""] * (len(row) - len(columns))]
        rows.writerow(
            cell if name not in free and _PLAIN_ID.fullmatch(cell) else guard_cell(cell)
            for name, cell in zip(names, row, strict=True)
        )
    return text.getvalue()


def _unguard(text: str) -> str:
    is_guarded = text.startswith("'") and text[1:].startswith(_FORMULA_STARTS)
    return text[1:] if is_guarded else text
