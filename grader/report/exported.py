"""The CSV that a learning platform exported: read as it was written, and written so again."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction

from grader.errors import UsageError
from grader.report.gradebooks import guard_cell, write_points

_DELIMITERS = (",", ";", "\t")
_PLAIN_ID = re.compile(r"[\w.@+-]*")
_NUMBER = re.compile(r"-?\d+([.,]\d+)?")
_WITH_COMMA, _WITH_POINT = re.compile(r"-?\d+,\d{1,2}"), re.compile(r"-?\d+\.\d{1,2}")
"""Three places after a comma may be thousands."""
_COMMA_START = re.compile(r"(,[\" ]*)(?=[=+@＝＋－＠-])")
"""Where another cell begins for whoever parts a file of semicolons at commas."""


@dataclass(frozen=True, slots=True)
class Exported:
    """One exported table, and how its numbers and columns stand in it."""

    header: tuple[str, ...]
    rows: tuple[dict[str, str], ...]
    delimiter: str
    has_decimal_commas: bool

    def write_number(self, number: Fraction) -> str:
        """With the decimal sign of the file's other numbers."""
        text = write_points(number)
        return text.replace(".", ",") if self.has_decimal_commas else text

    def write(self, table: Sequence[Sequence[str]], free: Collection[str]) -> str:
        """The same kind of file; `free` are columns of words, the others identify somebody.

        Identifiers stay as they came, or the platform would not find them again.
        """
        text = io.StringIO()
        rows = csv.writer(text, delimiter=self.delimiter, lineterminator="\n")
        for row in table:
            rows.writerow(
                cell if name not in free and _PLAIN_ID.fullmatch(cell) else self._guard(cell)
                for name, cell in zip(table[0], row, strict=True)
            )
        return text.getvalue()

    def _guard(self, cell: str) -> str:
        guarded = guard_cell(cell)
        if self.delimiter == "," or _NUMBER.fullmatch(cell):
            return guarded
        return _COMMA_START.sub(r"\1'", guarded)


def read_exported(text: str, known: Collection[str]) -> Exported:
    """A table, parted by whichever sign gives its header most of the `known` columns.

    Errors   UsageError when it is no CSV.
    """
    text = text.lstrip("\ufeff\r\n")
    first = text.partition("\n")[0]
    wanted = {name.casefold() for name in known}

    def count_known(delimiter: str) -> int:
        # A quoted name that goes on in the next line is no harm: it is an assignment's.
        cells = next(csv.reader([first], delimiter=delimiter), [])
        return sum(cell.strip().casefold() in wanted for cell in cells)

    try:
        delimiter = max(_DELIMITERS, key=count_known)
        reader = csv.DictReader(io.StringIO(text), delimiter=delimiter, restval="")
        header = tuple(reader.fieldnames or ())
        rows = tuple({name: row[name] for name in header} for row in reader)
    except csv.Error as error:
        raise UsageError(f"this is no CSV file ({error}); choose the file as it came") from None
    cells = [cell.strip() for row in rows for cell in row.values()]
    commas = sum(bool(_WITH_COMMA.fullmatch(cell)) for cell in cells)
    points = sum(bool(_WITH_POINT.fullmatch(cell)) for cell in cells)
    return Exported(header, rows, delimiter, commas > points)


def read_number(cell: str) -> Fraction | None:
    """A number with a point or a comma; None where there is another thing."""
    cell = cell.strip()
    return Fraction(cell.replace(",", ".")) if _NUMBER.fullmatch(cell) else None
