"""A class as a course grades it: stopped, gone on with, and with bad submissions among the good."""

from __future__ import annotations

import csv
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.sandbox

ROOT = Path(__file__).resolve().parents[2]
TINY = ROOT / "benchmarks" / "tiny"
RIGHT = (TINY / "submissions" / "tiny" / "one" / "warmup.py").read_text()


def start(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "grader", "batch", *map(str, arguments), "-a", "tiny"],
        cwd=TINY,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def batch(*arguments: object) -> tuple[int, str, str]:
    process = start(*arguments)
    output, errors = process.communicate(timeout=120)
    return process.returncode, output, errors


def make_class(folder: Path, count: int) -> list[Path]:
    paths = []
    for number in range(count):
        path = folder / f"student-{number:02}"
        path.mkdir(parents=True)
        text = RIGHT if number % 3 else RIGHT.replace("return", "return 1 +", 1)
        (path / "hw.py").write_text(f"{text}\n# {number}\n")
        paths.append(path)
    return paths


def read_rows(path: Path) -> dict[str, dict[str, str]]:
    with path.open() as file:
        return {row["submission"]: row for row in csv.DictReader(file)}


def test_killed_at_random_it_goes_on_and_ends_with_the_same_table(tmp_path: Path) -> None:
    """Five times kill -9; nothing is graded twice, nothing is lost."""
    paths = make_class(tmp_path / "class", 24)
    options = ["--jobs", 2, "--csv"]
    code, _, errors = batch(*paths, *options, tmp_path / "calm.csv", "--journal", tmp_path / "calm")
    assert code == 0, errors
    draw = random.Random(8)
    journal = tmp_path / "journal"
    written: dict[str, int] = {}
    kills = 0
    for _ in range(5):
        process = start(*paths, *options, tmp_path / "stormy.csv", "--journal", journal)
        before = len(list(journal.glob("*.jsonl"))) if journal.exists() else 0
        goal = before + draw.randint(1, 3)
        while process.poll() is None:
            if len(list(journal.glob("*.jsonl"))) >= goal:
                break
            time.sleep(0.005)
        if process.poll() is None:
            process.kill()
            kills += 1
        process.communicate()
        for entry in journal.glob("*.jsonl"):
            # Replaced files have another inode: what was written once is never written again.
            assert written.setdefault(entry.name, entry.stat().st_ino) == entry.stat().st_ino
    assert kills >= 3, "it must have been stopped in the middle"

    code, _, errors = batch(*paths, *options, tmp_path / "stormy.csv", "--journal", journal)

    assert code == 0, errors
    assert "known before" in errors
    assert (tmp_path / "stormy.csv").read_bytes() == (tmp_path / "calm.csv").read_bytes()
    assert len(list(journal.glob("*.jsonl"))) == len(paths)
    for name, inode in written.items():
        assert (journal / name).stat().st_ino == inode


def test_one_bad_submission_never_stops_a_class(tmp_path: Path) -> None:
    good = make_class(tmp_path / "class", 2)
    bad = {
        "empty": None, "binary": b"\0\xff" * 99, "leaves": b"import os\nos._exit(0)\n",
        "=cmd|'calc'!A0": b"def relu_grad(x):\n    return x\n",
    }  # fmt: skip
    for name, content in bad.items():
        (tmp_path / "class" / name).mkdir()
        if content:
            (tmp_path / "class" / name / "hw.py").write_bytes(content)
    paths = [*good, *(tmp_path / "class" / name for name in bad), tmp_path / "class" / "missing"]

    code, _, errors = batch(
        *paths, "--csv", tmp_path / "hw.csv", "--page", tmp_path / "hw.html",
        "--reports", tmp_path / "out", "--similar", tmp_path / "similar.html",
        "--journal", tmp_path / "journal",
    )  # fmt: skip

    assert code == 0, errors
    assert "Traceback" not in errors
    rows = read_rows(tmp_path / "hw.csv")
    assert len(rows) == len(paths)
    assert (rows["student-01"]["score"], rows["student-01"]["status"]) == ("10", "final")
    assert rows["empty"]["status"].startswith("unreadable")
    assert rows["missing"]["score"] == ""
    assert rows["leaves"]["score"] == "0"
    assert "'=cmd|'calc'!A0" in rows
    assert (tmp_path / "out" / "student-01.html").exists()
    assert "Without a report" in (tmp_path / "hw.html").read_text()


def test_an_interrupt_keeps_what_is_graded_and_leaves_no_process(tmp_path: Path) -> None:
    paths = make_class(tmp_path / "class", 12)
    journal = tmp_path / "journal"
    process = start(*paths, "--journal", journal)
    while process.poll() is None and not list(journal.glob("*.jsonl")):
        time.sleep(0.005)

    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=30)

    if process.returncode == 0:
        pytest.skip("all were graded before the interrupt came")
    assert process.returncode == 130
    assert "interrupted" in errors and "Traceback" not in errors
    assert list(journal.glob("*.jsonl"))
    assert not [
        entry
        for entry in Path("/proc").glob("[0-9]*")
        if _find_session(entry) == process.pid and _find_state(entry) != "Z"
    ]


def _find_session(entry: Path) -> int:
    try:
        return os.getsid(int(entry.name))
    except OSError:
        return 0


def _find_state(entry: Path) -> str:
    try:
        return (entry / "stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


def test_a_roster_brings_lateness_into_the_table(tmp_path: Path) -> None:
    course = tmp_path / "course"
    (course / "problems" / "tiny").mkdir(parents=True)
    problem = (TINY / "problems" / "tiny" / "warmup.yaml").read_text()
    (course / "problems" / "tiny" / "warmup.yaml").write_text(problem)
    header = course / "problems" / "tiny" / "assignment.yaml"
    policy = (
        "due: '2026-10-12 23:59'\npolicies:\n"
        "  late: {loss: 0.1}\n  extensions: {zoe: '2026-10-15'}\n"
    )
    header.write_text(f"title: Tiny\n{policy}")
    paths = make_class(tmp_path / "class", 3)[1:]
    roster = tmp_path / "roster.csv"
    roster.write_text(
        "submission,student,submitted_at\nstudent-01,zoe,2026-10-13 10:00\n"
        "student-02,max,2026-10-13 10:00\n"
    )

    code, _, errors = batch(
        *paths, "--course", course, "--roster", roster, "--csv", tmp_path / "hw.csv",
        "--journal", tmp_path / "journal",
    )  # fmt: skip

    assert code == 0, errors
    rows = read_rows(tmp_path / "hw.csv")
    assert (rows["student-01"]["student"], rows["student-01"]["score"]) == ("zoe", "10")
    assert (rows["student-02"]["score"], rows["student-02"]["tiny/relu-grad"]) == ("9", "5")
    assert "1 day begun: 10 % of 10 points" in rows["student-02"]["explanation"]
