"""Comparisons that block where no Python runs: their process is ended, the grading is not.

A hook would be of use to nobody else, so the blocking ones are planted: Python imports a module
`sitecustomize` at its start, and that one replaces the kinds `value` and `function`.
"""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from staging import COURSE, HONEST, RIGHT_ANSWERS, find_descendants

from grader.killable import ENDED_OVER_A_STEP, MOST_LEFT_OUT, is_ended_over, run_watched

pytestmark = [
    pytest.mark.sandbox,
    pytest.mark.skipif(
        os.environ.get("ATTACKED_TIER") == "own code", reason="commands take their own tier"
    ),
]

ROOT = Path(__file__).resolve().parents[2]
BLOCKS = {
    "a power": "pow(3, 10**9)",
    "an expression": "re.match('(a+)+$', 'a' * 64 + 'b')",
    "another thread": "[t := threading.Thread(target=pow, args=(3, 10**9)), t.start(), t.join()]",
    "a lock": "threading.Lock().acquire() and threading.Event().wait()",
}
SLEEPY = "import time\ndef double(x):\n    time.sleep({})\n    return 2 * x\n"
ENDLESS = "666"
"""The number whose comparison blocks."""

SITE = """
import sys
if sys.argv[0] != "-c":
    import grader.kinds
    from grader.kinds import handing_in, judging, stopping
    from grader.killable import Allowance
    allowed = Allowance(2, {wall_s})
    stopping.WRITTEN_ALLOWED = judging.WRITTEN_ALLOWED = judging.BY_CODE_ALLOWED = allowed
    grader.kinds.KINDS.update(value="endless_value", function="endless_function")
"""
VALUE = """
import re, threading
from grader.kinds.value import *
from grader.kinds import value
def judge(part, part_id, handed_in, bench):
    if handed_in.answer.text.strip() == {endless!r}:
        {block}
    return value.judge(part, part_id, handed_in, bench)
"""
FUNCTION = """
import re, threading
from grader.kinds.function import *
from grader.kinds import function
def judge(part, part_id, handed_in, bench):
    outcomes = function.judge(part, part_id, handed_in, bench)
    if {endless!r} in handed_in.source.text:
        {block}
    return outcomes
"""


def plant(folder: Path, block: str, wall_s: float = 60) -> dict[str, str]:
    """The environment in which two kinds block, and have this long."""
    folder.mkdir()
    words = {"endless": ENDLESS, "block": block}
    (folder / "sitecustomize.py").write_text(SITE.format(wall_s=wall_s))
    (folder / "endless_value.py").write_text(VALUE.format(**words))
    (folder / "endless_function.py").write_text(FUNCTION.format(**words))
    return {
        **os.environ,
        "PYTHONPATH": f"{folder}:{ROOT}",
        "XDG_CACHE_HOME": str(folder / "cache"),
    }


def write_answers(folder: Path, **changed: str) -> Path:
    folder.mkdir(parents=True)
    answers = RIGHT_ANSWERS | changed
    text = "\n\n".join(f"## {part}\n{answer}" for part, answer in answers.items())
    (folder / "answers.md").write_text(text)
    return folder


@contextmanager
def require_nothing_left() -> Iterator[set[int]]:
    """Of all processes that were started meanwhile, as far as they were seen."""
    before, seen, is_over = find_descendants(), set[int](), threading.Event()

    def look() -> None:
        while not is_over.wait(0.2):
            seen.update(find_descendants() - before)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield seen
    finally:
        is_over.set()
        looking.join()
    # Short ones are missed, those that stay are not.
    seen.update(find_descendants() - before)
    patience = time.monotonic() + 20
    while left := [words for pid in seen if (words := read_command(pid))]:
        assert time.monotonic() < patience, left
        time.sleep(0.05)


def read_command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def start(environment: dict[str, str], *arguments: str | Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "grader", *map(str, arguments), "--course", str(COURSE)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Ignored where the suite runs in the background.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def grade(environment: dict[str, str], *arguments: str | Path) -> tuple[int, str, str]:
    """The exit code, the output and the complaints."""
    with require_nothing_left():
        process = start(environment, *arguments)
        output, complaints = process.communicate(timeout=120)
    return process.returncode, output, complaints


def list_verdicts(report: Any) -> dict[str, str]:
    return {part["id"].rpartition("/")[2]: part["verdict"] for part in report["parts"]}


OTHERS = {"slope": "passed", "pick": "passed", "colours": "passed"}


@pytest.mark.parametrize("name", BLOCKS)
def test_the_part_is_left_to_a_person_and_all_others_are_graded(tmp_path: Path, name: str) -> None:
    # What waits uses no processor time: there it is the clock on the wall that ends it.
    environment = plant(tmp_path / "planted", BLOCKS[name], 8 if name == "a lock" else 60)
    folder = write_answers(tmp_path / "written", total=ENDLESS)

    code, output, complaints = grade(environment, "submit", folder, "--format", "json")

    assert code == 0, complaints
    report = json.loads(output)
    assert list_verdicts(report) == {"total": "undecided", **OTHERS}
    assert (report["score"], report["open_points"], report["status"]) == (4, 2, "pending")
    assert "a person will look" in report["parts"][0]["feedback"]
    assert complaints.count("grading again without it") == 1


def test_a_function_is_left_to_a_person_and_no_sandbox_stays(tmp_path: Path) -> None:
    environment = plant(tmp_path / "planted", BLOCKS["a power"])
    folder = tmp_path / "honest"
    folder.mkdir()
    (folder / "hw.py").write_text(f"{HONEST}# {ENDLESS}\n")

    code, output, complaints = grade(environment, "submit", folder, "--format", "json")

    assert code == 0, complaints
    report = json.loads(output)
    assert list_verdicts(report) == {"double": "undecided"}
    assert (report["score"], report["open_points"]) == (0, 4)


def test_reading_that_blocks_is_a_fault_of_ours(tmp_path: Path) -> None:
    environment = plant(tmp_path / "planted", "pass")
    with (tmp_path / "planted" / "sitecustomize.py").open("a") as file:
        file.write("    handing_in.match_answers = lambda *_: pow(3, 10**9)\n")
    folder = write_answers(tmp_path / "written")

    code, output, complaints = grade(environment, "submit", folder, "--format", "json")

    assert (code, output) == (5, "")
    assert "which answer belongs to which part takes too long" in complaints
    assert "Traceback" not in complaints


def test_waiting_for_a_call_is_no_step_that_takes_too_long(tmp_path: Path) -> None:
    environment = plant(tmp_path / "planted", "pass", wall_s=4)
    folder = tmp_path / "honest"
    folder.mkdir()
    (folder / "hw.py").write_text(SLEEPY.format(5))

    code, output, complaints = grade(environment, "submit", folder, "--format", "json")

    assert code == 0, complaints
    assert list_verdicts(json.loads(output)) == {"double": "passed"}
    assert "again" not in complaints


def test_a_class_is_graded_to_its_end(tmp_path: Path) -> None:
    environment = plant(tmp_path / "planted", BLOCKS["a power"])
    folders = [
        write_answers(tmp_path / name / "written", **changed)
        for name, changed in (("ann", {}), ("bob", {"total": ENDLESS}), ("cy", {"total": "1"}))
    ]
    journal = tmp_path / "journal"
    arguments = ("--jobs", "2", "--journal", journal, "--csv", tmp_path / "class.csv")

    code, _, complaints = grade(environment, "batch", *folders, *arguments)

    assert code == 0, complaints
    with (tmp_path / "class.csv").open() as file:
        rows = {row["submission"]: row for row in csv.DictReader(file)}
    assert [(row["score"], row["status"]) for row in rows.values()] == [
        ("6", "final"), ("4", "pending"), ("4", "final"),
    ]  # fmt: skip


def test_a_service_tells_each_part_once_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from grader.service.slot_process import Slot

    environment = plant(tmp_path / "planted", BLOCKS["a power"])
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    told: list[str] = []
    verdicts = []
    slot = Slot(tmp_path / "expected", 1)
    with require_nothing_left():
        try:
            for total in ("8675309", ENDLESS, "1"):
                folder = write_answers(tmp_path / total / "written", total=total)
                request = {
                    "bundle": str(COURSE), "assignment": "written", "archive": str(folder),
                    "name": "one", "secret": "", "student": "",
                }  # fmt: skip
                result = slot.grade(
                    request,
                    limit_s=120,
                    on_part=lambda part: told.append(part["id"]),
                    may_go_on=lambda: True,
                )
                verdicts.append(result.report.parts[0].verdict)
        finally:
            slot.kill()

    assert verdicts == ["passed", "undecided", "wrong"]
    assert len(told) == 3 * 4


def test_so_many_comparisons_are_left_out_and_no_more() -> None:
    known = [f"part {number}" for number in range(MOST_LEFT_OUT)]
    number = ENDED_OVER_A_STEP[0]

    assert is_ended_over("another", number, known[:-1])
    assert not is_ended_over("another", number, known)
    assert not is_ended_over(known[0], number, known[:-1])
    assert not is_ended_over("another", signal.SIGKILL, ())
    assert not is_ended_over("", number, ())


def wait_for_child(process: subprocess.Popen[str]) -> int:
    """The process that judges, once it has a sandbox."""
    patience = time.monotonic() + 60
    while time.monotonic() < patience:
        for pid in list_children(process.pid):
            if list_children(pid):
                return pid
        time.sleep(0.01)
    raise AssertionError("it has no sandbox")


def list_children(pid: int) -> list[int]:
    try:
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


@pytest.mark.parametrize(
    ("whom", "number", "code"),
    [("judge", signal.SIGKILL, 5), ("judge", signal.SIGSEGV, 5),
     ("watcher", signal.SIGKILL, -signal.SIGKILL), ("watcher", signal.SIGTERM, -signal.SIGTERM),
     ("watcher", signal.SIGINT, 130)],
)  # fmt: skip
def test_whichever_process_is_killed_no_other_stays(
    tmp_path: Path, whom: str, number: signal.Signals, code: int
) -> None:
    folder = tmp_path / "honest"
    folder.mkdir()
    (folder / "hw.py").write_text(SLEEPY.format(9))
    report = tmp_path / "report.json"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(tmp_path / "c")}
    with require_nothing_left():
        process = start(environment, "submit", folder, "-o", report)
        judge = wait_for_child(process)
        os.kill(judge if whom == "judge" else process.pid, number)
        output, complaints = process.communicate(timeout=60)

    assert (process.returncode, output) == (code, "")
    assert not report.exists()
    if code == 5:
        assert "not of the answers" in complaints
        assert "Traceback" not in complaints


def test_where_threads_are_running_nothing_is_forked() -> None:
    is_over = threading.Event()
    thread = threading.Thread(target=is_over.wait)
    thread.start()
    try:
        assert run_watched(os.getpid) == os.getpid()
    finally:
        is_over.set()
        thread.join()


@pytest.mark.parametrize("fault", ["MemoryError()", "SystemError('error return')"])
def test_a_fault_that_nobody_could_tell_of_is_one_line_and_no_traceback(fault: str) -> None:
    work = f"from grader.killable import run_watched\ndef work(): raise {fault}\nrun_watched(work)"

    shown = subprocess.run(
        [sys.executable, "-c", work],
        env={name: value for name, value in os.environ.items() if name != "GRADE_DEBUG"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert shown.returncode == 5
    assert "Traceback" not in shown.stderr
    assert f"grade: {fault.partition('(')[0]}" in shown.stderr
    assert "nothing was graded, try again" in shown.stderr
