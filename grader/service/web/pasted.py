"""People as somebody pastes them: from a spreadsheet, a mail program or another course's roster."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grader.errors import UsageError

MOST_AT_ONCE = 500
LONGEST_LINE = 1_000
"""An address, a name, a section and a number; or a few addresses of a mail program."""
COLUMNS: Mapping[str, str] = {
    "email": "email", "e-mail": "email", "mail": "email", "address": "email",
    "email address": "email", "e-mail address": "email",
    "name": "name", "full name": "name", "student": "name",
    "first name": "first", "given name": "first",
    "last name": "last", "surname": "last", "family name": "last",
    "section": "section", "group": "section",
    "number": "number", "id number": "number", "external_id": "number", "sis user id": "number",
}  # fmt: skip
"""What a header line may call them; other columns are passed over."""
_QUOTED = re.compile(r'"[^"]*"')


@dataclass(frozen=True, slots=True)
class Pasted:
    """One person to add."""

    email: str
    name: str = ""
    section: str = ""
    number: str = ""
    """What the course, or its learning platform, calls them."""


def read_people(text: str) -> list[Pasted]:
    """A person a line: address, name, section, number, apart by commas, semicolons or tabs.

    A header line says another order. `Name <address>` is read too, a name before the address, and
    several addresses in one line.

    Errors   UsageError naming the line.
    """
    found: list[Pasted] = []
    columns: tuple[str, ...] = ()
    # By lines first: a quote left open reaches no further, and no cell is longer than is read.
    lines = [line[:LONGEST_LINE] for line in text.strip().splitlines()]
    for number, line in enumerate(lines, 1):
        cells = _part(line)
        if not any(cells):
            continue
        if not found and not columns and (columns := _read_header(cells)):
            if "email" not in columns:
                raise UsageError(
                    f"line {number}: no column is called email; add one, or leave the header out"
                )
            continue
        people = [_read_named(cells, columns)] if columns else _read_free(cells)
        for person in people:
            _require_address(person.email, number)
        found += people
    if not found or len(found) > MOST_AT_ONCE:
        raise UsageError(f"write from 1 to {MOST_AT_ONCE} people, one a line")
    return found


def _part(line: str) -> list[str]:
    bare = _QUOTED.sub("", line)
    delimiter = next((sign for sign in "\t;" if sign in bare), ",")
    return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])]


def _read_header(cells: Sequence[str]) -> tuple[str, ...]:
    """What each column is; nothing where the line is no header."""
    if any("@" in cell for cell in cells):
        return ()
    names = tuple(COLUMNS.get(cell.casefold(), "") for cell in cells)
    return names if any(names) else ()


def _read_named(cells: Sequence[str], columns: Sequence[str]) -> Pasted:
    said = {name: cell for name, cell in zip(columns, cells, strict=False) if name and cell}
    name = said.get("name") or f"{said.get('first', '')} {said.get('last', '')}".strip()
    return _make(said.get("email", ""), name, [said.get("section", ""), said.get("number", "")])


def _read_free(cells: Sequence[str]) -> list[Pasted]:
    """One person, or as many as there are addresses where nothing else stands in the line."""
    told = [cell for cell in cells if cell]
    if len(told) > 1 and all("@" in cell for cell in told):
        return [_make(cell, "", ()) for cell in told]
    place = next((index for index, cell in enumerate(cells) if "@" in cell), 0)
    before, rest = [cell for cell in cells[:place] if cell], list(cells[place + 1 :])
    address, inner = cells[place], _split(cells[place])[0]
    if not before and not inner:
        return [_make(address, rest[0] if rest else "", rest[1:])]
    return [_make(address, ", ".join(filter(None, (*before, inner))), rest)]


def _make(cell: str, name: str, rest: Sequence[str]) -> Pasted:
    inner, email = _split(cell)
    section, number = (*rest, "", "")[:2]
    return Pasted(email.lower(), (name or inner)[:200], section[:80], number[:120])


def _split(cell: str) -> tuple[str, str]:
    """Name and address of `Name <address>`; no name where the cell is an address alone."""
    if not cell.endswith(">"):
        return "", cell
    name, _, email = cell[:-1].rpartition("<")
    return name.strip().strip('"').strip(), email.strip()


def _require_address(email: str, number: int) -> None:
    before, _, after = email.partition("@")
    is_one = before and after and "@" not in after and not re.search(r"[\s<>]", email)
    if not is_one or len(email) > 254:
        raise UsageError(f"line {number}: '{email[:60]}' is no address; write ada@example.edu, Ada")
