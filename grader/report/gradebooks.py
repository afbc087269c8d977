"""Scores as tables: the class table that `grade batch` writes, and cells no spreadsheet runs."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from grader.errors import UsageError

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"""The last four are as wide as an East Asian sign, and read as the first four by some."""
_INNER_START = re.compile(r"([;|\t\n][\" ]*)(?=[=+@＝＋－＠-])")
"""Where another cell begins for whoever's spreadsheet parts them at something else."""
_PLAIN = re.compile(r"[+-]?\d+([.,]\d+)?|-")
"""A number, or the dash that stands for none: neither is a formula."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One student's score in one assignment."""

    student: str
    score: str
    """As it was printed; empty where nothing could be graded."""
    max_score: str
    is_final: bool
    explanation: str = ""
    names: tuple[str, ...] = ()
    """By which a platform may know the student; only `student` where there are none."""
    is_excused: bool = False


def write_points(points: float | Fraction) -> str:
    """To a ten-thousandth, as scores are kept; nothing is cut off in a table."""
    return f"{float(points):.4f}".rstrip("0").rstrip(".")


def guard_cell(text: str) -> str:
    """A cell that starts like a formula would be run by a spreadsheet: an apostrophe stops it."""
    # Some spreadsheets leave out the space before it.
    bare = text.lstrip(" \n")
    starts = text.startswith(_FORMULA_STARTS) or bare.startswith(_FORMULA_STARTS)
    is_formula = starts and not _PLAIN.fullmatch(text)
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


def write_plain(results: Iterable[Result]) -> str:
    """Student, score, maximum, explanation."""
    rows = [[each.student, each.score, each.max_score, each.explanation] for each in results]
    return write_table([["student", "score", "max_score", "explanation"], *rows])


def _unguard(text: str) -> str:
    is_guarded = text.startswith("'") and text[1:].startswith(_FORMULA_STARTS)
    return text[1:] if is_guarded else text
