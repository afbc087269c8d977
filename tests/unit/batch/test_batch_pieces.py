"""The pieces of grading a class: labels, roster, table, progress and workers that die."""

from __future__ import annotations

import io
import os
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from grader.batch.labels import label_paths, name_file, name_student
from grader.batch.progress import Progress
from grader.batch.roster import read_roster
from grader.batch.table import Row, choose_rows
from grader.batch.workers import Died, WorkerPool
from grader.errors import SystemFault, UsageError
from grader.final_score import Circumstances


@pytest.mark.parametrize(
    ("paths", "labels"),
    [
        (["sub/zoe", "sub/max.zip"], ["zoe", "max.zip"]),
        (["s/zoe/hw2", "s/max/hw2"], ["zoe", "max"]),
        (["a/zoe", "b/zoe", "b/max"], ["a/zoe", "b/zoe", "max"]),
        (["only/hw2"], ["hw2"]),
    ],
)
def test_labels_are_short_and_never_the_same(paths: list[str], labels: list[str]) -> None:
    assert list(label_paths([Path(path) for path in paths])) == labels


def test_file_names_stay_in_their_folder_and_apart() -> None:
    names = [name_file(label) for label in ("a/b", "a%2Fb", "..", ".hidden", "a-b")]

    assert len(set(names)) == len(names)
    assert all("/" not in name and not name.startswith(".") for name in names)
    assert name_student("zoe.tar.gz") == "zoe"


def test_a_roster_says_who_when_and_how_often() -> None:
    text = "submission,student,submitted_at,attempt\nzoe-2,zoe,2026-10-12 23:30,2\nmax,,,\n"

    listed = read_roster(text, "Europe/Berlin")

    assert listed["zoe-2"].student == "zoe"
    assert listed["zoe-2"].submitted_at == datetime(2026, 10, 12, 21, 30, tzinfo=UTC)
    assert listed["zoe-2"].attempt == 2
    assert listed["max"] == Circumstances(student="max")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name\nzoe\n", "column 'submission'"),
        ("submission,submitted_at\nzoe,tomorrow\n", "roster line 2: 'tomorrow'"),
        ("submission,attempt\nzoe,two\n", "'two'"),
    ],
)
def test_a_wrong_roster_is_refused_by_line(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        read_roster(text, "UTC")


def make_row(student: str, attempt: int, score: float | None) -> Row:
    return Row(
        submission=f"{student}-{attempt}",
        circumstances=Circumstances(student=student, attempt=attempt),
        score=score,
        max_score=10,
    )


@pytest.mark.parametrize(("counts", "score"), [("best", 9), ("last", 5)])
def test_of_several_attempts_one_counts_and_the_row_says_which(counts: str, score: int) -> None:
    rows = [make_row("zoe", 3, 5), make_row("zoe", 1, 7), make_row("max", 1, 2),
            make_row("zoe", 2, 9), make_row("zoe", 4, None)]  # fmt: skip

    zoe, other = choose_rows(rows, counts)

    assert zoe.score == score
    assert f"{counts} of 4 attempts" in zoe.explanation
    assert (other.submission, other.explanation) == ("max-1", "")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_tells_the_time_left_and_counts_verdicts() -> None:
    clock = iter([0.0, 10.0, 20.0, 20.0, 20.0])
    stream = Terminal()
    progress = Progress(4, stream, width=200, read_clock_s=lambda: next(clock))

    progress.advance({"passed": 2, "wrong": 1})
    progress.advance({"passed": 1, "timeout": 1})

    last = stream.getvalue().split("\r")[-1]
    assert "2/4, 20 s left" in last
    assert "3 passed, 1 wrong, 1 timeout" in last


def test_what_was_known_before_does_not_make_the_rest_look_quick() -> None:
    clock = iter([0.0, 10.0, 10.0])
    stream = io.StringIO()
    progress = Progress(12, stream, read_clock_s=lambda: next(clock))

    progress.advance({"passed": 1}, was_known=True)
    progress.advance({})

    assert (
        "2/12, 1 min 40 s left  1 passed, 1 without a report, 1 known before" in stream.getvalue()
    )


def start_counting() -> Callable[[int], int]:
    def work(index: int) -> int:
        if index == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        if index == 4:
            raise RuntimeError("no")
        return index * index

    return work


def test_a_worker_that_dies_takes_nothing_with_it() -> None:
    with WorkerPool(2, start_counting) as pool:
        finished = dict(pool.run(8))

    assert isinstance(finished[3], Died)
    assert isinstance(finished[4], SystemFault)
    assert "RuntimeError: no" in str(finished[4])
    assert {index: finished[index] for index in (0, 1, 2, 5, 6, 7)} == {
        index: index * index for index in (0, 1, 2, 5, 6, 7)
    }


def start_waiting() -> Callable[[int], int]:
    def work(index: int) -> int:
        if index:
            time.sleep(600)
        return os.getpid()

    return work


def test_workers_end_with_their_parent_however_it_ends() -> None:
    pipe, theirs = os.pipe()
    parent = os.fork()
    if parent == 0:
        pool = WorkerPool(2, start_waiting)
        for _, pid in pool.run(2):
            os.write(theirs, f"{pid}\n".encode())
            os.kill(os.getpid(), signal.SIGKILL)
    os.close(theirs)
    worker = int(os.read(pipe, 20))
    os.waitpid(parent, 0)

    for _ in range(100):
        if not Path(f"/proc/{worker}").exists() or "Z" in _read_state(worker):
            break
        time.sleep(0.05)
    else:
        pytest.fail(f"process {worker} lives on")


def _read_state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"
