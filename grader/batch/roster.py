"""Who handed in what, and when: an optional CSV beside the submissions."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import datetime

from grader.errors import UsageError
from grader.final_score import Circumstances
from grader.spec.dates import read_time

COLUMNS = ("submission", "student", "submitted_at", "attempt")


def read_roster(text: str, timezone: str) -> dict[str, Circumstances]:
    """By submission: whose it is, when it came, the how-manieth it is; all but the first optional.

    Errors   UsageError naming the line.
    """
    rows = csv.DictReader(io.StringIO(text.lstrip("\ufeff")))
    if "submission" not in (rows.fieldnames or ()):
        raise UsageError(
            f"the roster needs a column 'submission', and may have {', '.join(COLUMNS[1:])}"
        )
    return {
        (row["submission"] or "").strip(): _read_row(row, rows.line_num, timezone) for row in rows
    }


def _read_row(row: Mapping[str, str | None], line: int, timezone: str) -> Circumstances:
    when, attempt = (row.get("submitted_at") or "").strip(), (row.get("attempt") or "").strip()
    submitted_at: datetime | None = None
    if when:
        try:
            submitted_at = read_time(when, timezone)
        except ValueError:
            raise UsageError(
                f"roster line {line}: '{when}' is no time; write 2026-10-12 23:59"
            ) from None
    if attempt and not attempt.isdecimal():
        raise UsageError(f"roster line {line}: '{attempt}' is no number of an attempt")
    return Circumstances(
        student=(row.get("student") or row.get("submission") or "").strip(),
        submitted_at=submitted_at,
        attempt=int(attempt or 1),
    )
