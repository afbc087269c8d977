"""What is seen while grading."""

from __future__ import annotations

import io

from grader.report.live import LiveTable, PlainProgress, watch
from grader.scoring import PartScore


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_pipe_gets_a_plain_line_for_each_part(scores: tuple[PartScore, ...]) -> None:
    stream = io.StringIO()

    with watch([score.id for score in scores], stream=stream) as progress:
        for score in scores:
            progress.started(score.id)
            progress.finished(score)

    lines = stream.getvalue().splitlines()
    assert len(lines) == len(scores)
    assert lines[0].split() == ["1/14", "conv-dims", "passed", "2", "/", "2"]
    assert "\x1b" not in stream.getvalue()


def test_quiet_progress_writes_nothing(scores: tuple[PartScore, ...]) -> None:
    stream = io.StringIO()

    with watch(["conv-dims"], stream=stream, quiet=True) as progress:
        progress.started("conv-dims")
        progress.finished(scores[0])

    assert isinstance(progress, PlainProgress)
    assert stream.getvalue() == ""


def test_terminal_shows_each_finished_part_and_the_points(scores: tuple[PartScore, ...]) -> None:
    stream = Terminal()

    with watch([score.id for score in scores], stream=stream) as progress:
        for score in scores:
            progress.started(score.id)
            progress.finished(score)

    text = stream.getvalue()
    assert isinstance(progress, LiveTable)
    assert "14 of 14 parts, 9 points so far" in text
    assert "conv1d-time" in text


def test_what_is_said_of_the_whole_takes_the_place_of_what_was_said(
    scores: tuple[PartScore, ...],
) -> None:
    lines, screen = io.StringIO(), Terminal()
    with watch(["conv-dims"], stream=lines) as plain, watch(["conv-dims"], stream=screen) as table:
        for words in ("queued: place 2", "grad\x1b[2Jing"):
            plain.said(words)
            table.said(words)

    assert lines.getvalue().splitlines() == ["queued: place 2", "grading"]
    assert "queued: place 2\r\n" not in screen.getvalue()
    assert "grading" in screen.getvalue()


def test_table_gives_the_cursor_back_after_an_interrupt(scores: tuple[PartScore, ...]) -> None:
    stream = Terminal()

    try:
        with watch(["conv-dims"], stream=stream) as progress:
            progress.started("conv-dims")
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        pass

    show_cursor = "\x1b[?25h"
    assert stream.getvalue().rindex(show_cursor) > stream.getvalue().index("\x1b[?25l")
