"""A notebook as one source and its Markdown as answers; outputs and metadata count for nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from grader.submission.commands import plain_python
from grader.submission.files import LINES, TEXT_BYTES, show_size
from grader.submission.markdown import Page, read_markdown
from grader.submission.models import Answer, Remark, Source
from grader.submission.scan import find_definitions
from grader.submission.text import decode_text

CELLS = 5_000
CONTAINERS = 500_000
"""Lists and objects in the JSON: each costs 64 bytes however short it is written."""
_NOT_TEXT = re.compile("[\0\ud800-\udfff]")


def read_notebook(
    name: str, content: bytes
) -> tuple[Source | None, Sequence[Answer], list[Remark]] | Remark:
    """The code cells in order as one source, and the answers in the Markdown cells."""
    cells = _load_cells(name, content)
    if isinstance(cells, Remark):
        return cells
    texts = [_read_cell(cell) for cell in cells[: CELLS + 1]]
    if (
        len(cells) > CELLS
        or sum(len(text) for _, text in texts) > TEXT_BYTES
        or sum(text.count("\n") for _, text in texts) > LINES
    ):
        words = f"more than {CELLS:,} cells, or {show_size(TEXT_BYTES)} or {LINES:,} lines in them"
        return _refuse(name, 0, f"{words}; leave data out of it")
    pages: list[Page] = []
    lines: list[str] = []
    starts: list[tuple[int, int]] = []
    remarks: list[Remark] = []
    for number, (kind, text) in enumerate(texts, 1):
        if kind == "markdown":
            pages.append(Page(f"{name}, cell {number}", text.split("\n")))
        elif kind == "code" and text.strip():
            code, trouble = plain_python(text.split("\n"))
            starts.append((len(lines) + 1, number))
            lines += code
            if trouble:
                message = f"cell {number}: {trouble}"
                remarks.append(Remark(file=name, line=0, message=message))
    answers, found = read_markdown(pages)
    remarks += found
    source = "\n".join(lines) + "\n"
    if not lines:
        return None, answers, remarks
    functions = find_definitions(source)
    return (
        Source(name=name, text=source, functions=functions, cells=tuple(starts)),
        answers,
        remarks,
    )


def _load_cells(name: str, content: bytes) -> list[Any] | Remark:
    text = decode_text(name, content, long_lines=True)
    if isinstance(text, Remark):
        return text
    if text.count("[") + text.count("{") > CONTAINERS:
        return _refuse(name, 0, "too many lists and objects in it; clear all outputs and save")
    try:
        notebook = json.loads(text)
    except json.JSONDecodeError as error:
        saw = "a merge conflict" if "\n<<<<<<< " in text else f"no valid JSON: {error.msg.lower()}"
        place = f"line {error.lineno}, column {error.colno}"
        return _refuse(name, error.lineno, f"{saw} at {place}; save it again in Jupyter")
    except (RecursionError, ValueError):
        # Too deep, or a number of more digits than Python reads.
        return _refuse(name, 0, "nothing that Jupyter writes; clear all outputs and save it again")
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if cells is None and isinstance(notebook, dict):
        # Version 3 kept its cells on sheets.
        sheets = notebook.get("worksheets")
        if isinstance(sheets, list):
            found = [sheet.get("cells") for sheet in sheets if isinstance(sheet, dict)]
            cells = [cell for some in found if isinstance(some, list) for cell in some]
    if not isinstance(cells, list):
        return _refuse(name, 0, "JSON, but no notebook: it has no cells; save it again in Jupyter")
    return cells


def _read_cell(cell: object) -> tuple[str, str]:
    """A cell's kind and text; version 3 wrote `input` for code and had cells for headings."""
    if not isinstance(cell, dict):
        return "", ""
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    if not isinstance(source, str):
        return "", ""
    text = _NOT_TEXT.sub("\ufffd", source.replace("\r\n", "\n").replace("\r", "\n"))
    kind = cell.get("cell_type")
    if kind == "heading":
        level = cell.get("level")
        return "markdown", f"{'#' * level if isinstance(level, int) and level < 7 else '#'} {text}"
    return str(kind) if kind in ("code", "markdown") else "", text


def _refuse(name: str, line: int, message: str) -> Remark:
    return Remark(file=name, line=line, message=f"not read: {message}")
