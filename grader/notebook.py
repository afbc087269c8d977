"""`%%grade hw2/conv1d-forward` in a notebook: the report of one part, below its cell.

`%load_ext grader` makes the magic known. A cell that answers with code is run in the notebook as
any other, and then graded apart from it, in the sandbox, together with the cells that were run
before; the text of any other cell is the written answer.
"""

from __future__ import annotations

import ast
import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from html import escape
from importlib import import_module
from pathlib import Path
from typing import Any

from grader.errors import GraderError, NoIsolation, SystemFault, UsageError
from grader.report.models import Report
from grader.sandbox.pool import Sandbox
from grader.spec.loaded import LoadedAssignment
from grader.spec.loading import Course, find_course

MAGIC = "%%grade"
LOAD = "%load_ext grader"
LINE_PX, LEAST_PX, CHARTS_PX, MOST_PX = 30, 150, 420, 720
"""A frame without script can't follow its content, so its height is guessed from the report as
text: a line there is about a line on the page with its share of margins. More scrolls inside."""


def grade_cell(
    line: str, cell: str, earlier: Sequence[str], sandbox: Sandbox, start: Path
) -> Report:
    """Grade one part, `hw2/conv1d-forward`, against the course around a folder.

    Errors   UsageError where the line names no part; GraderError as everywhere.
    """
    from grader.cache import find_cache_folder
    from grader.expected import ExpectedValues
    from grader.grading import grade
    from grader.submission import read_submission

    course = find_course(start)
    assignment, part_id, part = find_named_part(course, line)
    with tempfile.TemporaryDirectory(prefix="fairmark-cell-") as scratch:
        folder = Path(scratch) / assignment.id
        folder.mkdir()
        if is_answered_by_code(part, part_id, cell):
            write_notebook([*earlier, place_below_magic(cell)], folder / "notebook.ipynb")
        else:
            (folder / "answers.md").write_text(f"## {part_id}\n\n{cell}\n", "utf-8")
        submission = read_submission(folder)
        expected = ExpectedValues(find_cache_folder())
        report = grade(assignment, submission, sandbox, expected=expected)
    shown = tuple(each for each in report.parts if each.id.endswith(f"/{part_id}"))
    return report.model_copy(
        update={
            "parts": shown,
            "title": shown[0].title or part_id,
            "score": shown[0].score,
            "max_score": shown[0].max_score,
            "open_points": shown[0].open_points,
            "status": "pending" if shown[0].open_points else "final",
        }
    )


def find_named_part(course: Course, line: str) -> tuple[LoadedAssignment, str, Any]:
    """The part that a line names, and its assignment with that part and those it builds on.

    Errors   UsageError or UnknownAssignment, with what to write.
    """
    name, _, part_id = line.strip().partition("/")
    if not name or not part_id:
        raise UsageError(f"{MAGIC} takes a part, as hw2/conv1d-forward; saw '{line.strip()[:60]}'")
    assignment = course.load(name)
    _, part = assignment.find_part(part_id)
    kept = {part_id, *part.uses}
    problems = tuple(
        replace(each, parts={key: value for key, value in each.parts.items() if key in kept})
        for each in assignment.problems
    )
    return replace(assignment, problems=problems), part_id, part


def is_answered_by_code(part: Any, part_id: str, cell: str) -> bool:
    """Whether the cell defines the function that answers the part."""
    from grader.kinds import BY_CODE
    from grader.kinds.handing_in import name_function
    from grader.submission.scan import find_definitions

    return part.kind in BY_CODE or name_function(part, part_id) in find_definitions(cell)


def place_below_magic(cell: str) -> str:
    """Code at the lines that it has in its cell, whose first is the magic's."""
    return f"\n{cell}"


def write_notebook(cells: Sequence[str], path: Path) -> None:
    """Cells as a notebook, so that magics and shell lines are refused with their cell's number."""
    written: list[dict[str, object]] = [
        {
            "cell_type": "code",
            "metadata": {},
            "outputs": [],
            "execution_count": None,
            "source": each,
        }
        for each in cells
    ]
    page = {"cells": written, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(page), "utf-8")


def render_inline(report: Report) -> dict[str, str]:
    """The report's parts in a frame of their own, and as text where no page is shown."""
    from grader.report import html, terminal

    text = terminal.render(report, width=88)
    charts = any(check.charts for part in report.parts for check in part.checks)
    height = LEAST_PX + LINE_PX * text.count("\n") + CHARTS_PX * charts
    page = escape(html.render_inset(report), quote=True)
    frame = (
        f'<iframe srcdoc="{page}" sandbox title="report" width="100%"'
        f' height="{min(MOST_PX, height)}" style="border:0;resize:vertical"></iframe>'
    )
    return {"text/html": frame, "text/plain": text}


def describe_fault(error: Exception) -> str:
    """What a notebook says when a cell could not be graded: one line, never a traceback."""
    is_ours = isinstance(error, SystemFault) or not isinstance(error, GraderError)
    if not is_ours or (isinstance(error, NoIsolation) and "Traceback" not in str(error)):
        return f"grade: {error}"
    seen = (str(error).strip() or type(error).__name__).splitlines()[-1][:200]
    return (
        "grade: this cell could not be graded; that is a fault of the grader, not yours."
        f" Run the cell again; `grade doctor` says what works here. Seen: {seen}"
    )


class Cells:
    """What was run before in a notebook, each cell at its own number.

    A cell that was not Python, that raised, or that was a written answer is left blank: it left
    nothing behind in the notebook, and would stop everything after it in the sandbox.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._graded: str | None = None
        before = shell.history_manager.input_hist_raw[1:-1]
        self.ran: list[str] = [each if self._is_python(each) else "" for each in before]

    def note(self, result: Any) -> None:
        """Hear of a cell that ended."""
        raw = result.info.raw_cell or ""
        if not result.info.store_history:
            return
        is_magic = raw.lstrip().startswith(MAGIC)
        text = (self._graded or "") if is_magic else raw if result.success else ""
        self._graded = None
        self.ran.append("" if text.strip() == LOAD else text)

    def note_graded(self, cell: str) -> None:
        """Hear of a cell's code that ran under the magic, before the cell itself ends."""
        self._graded = cell

    def _is_python(self, cell: str) -> bool:
        try:
            ast.parse(self._shell.transform_cell(cell))
        except SyntaxError:
            return False
        return not cell.lstrip().startswith(MAGIC)


def load_ipython_extension(shell: Any) -> None:
    """Make `%%grade` known to a notebook."""
    import atexit

    sandbox = Sandbox()
    atexit.register(sandbox.close)
    cells = Cells(shell)
    shell.events.register("post_run_cell", cells.note)

    def grade_magic(line: str, cell: str) -> None:
        # Only whoever runs a notebook has IPython, and it has no types.
        display: Any = import_module("IPython.display").display
        try:
            _, part_id, part = find_named_part(find_course(Path.cwd()), line)
            if is_answered_by_code(part, part_id, cell):
                done = shell.run_cell(cell)
                if not done.success:
                    # The notebook has shown the error already.
                    return
                cells.note_graded(place_below_magic(cell))
            report = grade_cell(line, cell, cells.ran, sandbox, Path.cwd())
        except Exception as error:
            if os.environ.get("GRADE_DEBUG"):
                raise
            display({"text/plain": describe_fault(error)}, raw=True)
            return
        display(render_inline(report), raw=True)

    shell.register_magic_function(grade_magic, magic_kind="cell", magic_name="grade")
