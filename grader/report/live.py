"""What is shown while grading: a table that fills, or a line for each part that is done."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, TextIO

from grader.report.cleaning import clean_line
from grader.report.columns import fit, measure, pad
from grader.report.terminal import MARKS, PLAIN_MARKS
from grader.report.words import VERDICTS, format_points

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.live import Live

    from grader.scoring import PartScore

REFRESHES_PER_S = 8
"""Enough for a spinner to look alive; each costs about a millisecond."""
NAME_WIDTH = 32
STYLES = {"right": "green", "partly": "yellow", "wrong": "red", "blank": "dim", "open": "cyan"}


class Progress(Protocol):
    """What grading tells whoever watches; a context manager, so that the screen is restored."""

    def started(self, part_id: str) -> None:
        """This part is being graded now."""

    def finished(self, score: PartScore) -> None:
        """This part is done."""

    def said(self, words: str) -> None:
        """How the grading as a whole stands: its place in a queue, say."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


def watch(
    part_ids: Sequence[str], *, stream: TextIO | None = None, quiet: bool = False
) -> Progress:
    """A live table on a terminal, plain lines elsewhere, nothing when quiet."""
    stream = stream or sys.stderr
    if quiet:
        return PlainProgress(part_ids, stream=None)
    if stream.isatty():
        return LiveTable(part_ids, stream=stream)
    return PlainProgress(part_ids, stream=stream)


class PlainProgress:
    """One line a finished part, for logs and pipes; silent without a stream."""

    def __init__(self, part_ids: Sequence[str], *, stream: TextIO | None) -> None:
        self._stream = stream
        self._total = len(part_ids)
        self._done = 0
        self._width = min(max(map(measure, part_ids), default=0), NAME_WIDTH)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None

    def started(self, part_id: str) -> None:
        """Nothing: a line is written when there is something to say."""

    def finished(self, score: PartScore) -> None:
        self._done += 1
        if self._stream is None:
            return
        count = f"{self._done}/{self._total}".rjust(2 * len(str(self._total)) + 1)
        name = pad(fit(clean_line(score.id), self._width), self._width)
        self._stream.write(f"{count}  {name}  {score.verdict} {_share(score)}\n")
        self._stream.flush()

    def said(self, words: str) -> None:
        if self._stream is not None:
            self._stream.write(f"{clean_line(words)}\n")
            self._stream.flush()


class LiveTable:
    """All parts from the start, each with a spinner while it runs and its verdict after."""

    def __init__(self, part_ids: Sequence[str], *, stream: TextIO) -> None:
        self._rows: dict[str, PartScore | None] = dict.fromkeys(part_ids)
        self._running: str | None = None
        self._said = ""
        self._stream = stream
        self._live: Live | None = None
        self._console: Console | None = None
        self._spinner: RenderableType = ""
        encoding = (getattr(stream, "encoding", None) or "ascii").lower()
        self._marks = MARKS if encoding.startswith("utf") else PLAIN_MARKS

    def __enter__(self) -> Self:
        from rich.console import Console
        from rich.live import Live
        from rich.spinner import Spinner

        self._console = Console(file=self._stream, highlight=False, markup=False, emoji=False)
        self._spinner = Spinner("dots" if self._marks is MARKS else "line", style="cyan")
        self._live = Live(
            get_renderable=self._draw,
            console=self._console,
            refresh_per_second=REFRESHES_PER_S,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def started(self, part_id: str) -> None:
        self._running = part_id
        self._rows.setdefault(part_id, None)

    def finished(self, score: PartScore) -> None:
        self._rows[score.id] = score
        if self._running == score.id:
            self._running = None

    def said(self, words: str) -> None:
        self._said = clean_line(words)

    def _draw(self) -> RenderableType:
        from rich.console import Group
        from rich.table import Table
        from rich.text import Text

        table = Table.grid(padding=(0, 1))
        table.add_column(width=1)
        table.add_column(max_width=NAME_WIDTH, no_wrap=True, overflow="ellipsis")
        table.add_column(justify="right", no_wrap=True)
        table.add_column(no_wrap=True)
        for part_id, score in self._find_visible_rows():
            name = Text(clean_line(part_id))
            if score is not None:
                tone = VERDICTS[score.verdict].tone
                style = STYLES[tone]
                mark = Text(self._marks[tone], style)
                table.add_row(mark, name, _share(score), Text(score.verdict, style))
            elif part_id == self._running:
                table.add_row(self._spinner, name, "", Text("running", "dim"))
            else:
                table.add_row("", Text(name.plain, "dim"), "", "")
        said = [Text(self._said, "dim")] if self._said else []
        return Group(*said, table, Text(self._summarise(), "bold"))

    def _find_visible_rows(self) -> list[tuple[str, PartScore | None]]:
        """As many rows as the screen has, around the one that is running."""
        rows = list(self._rows.items())
        room = max(3, (self._console.height if self._console else 24) - 3)
        done = sum(score is not None for _, score in rows)
        start = min(max(0, done - room // 2), max(0, len(rows) - room))
        return rows[start : start + room]

    def _summarise(self) -> str:
        scores = [score for score in list(self._rows.values()) if score is not None]
        earned = float(sum(score.earned for score in scores))
        return f"{len(scores)} of {len(self._rows)} parts, {format_points(earned)} points so far"


def _share(score: PartScore) -> str:
    return f"{format_points(float(score.earned))} / {format_points(float(score.points))}"
