"""The commands as a user types them: reports, exit codes, and what bad input looks like."""

from __future__ import annotations

import json
import os
import signal
import site
import subprocess
import sys
import time
import venv
from pathlib import Path

import pytest

pytestmark = pytest.mark.sandbox

ROOT = Path(__file__).resolve().parents[2]
TINY = ROOT / "benchmarks" / "tiny"


def grade(*arguments: object, folder: Path = TINY, **more: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own, as a shell would."""
    return subprocess.run(
        [sys.executable, "-m", "grader", *map(str, arguments)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **more},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def write(folder: Path, **files: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("_py", ".py").replace("_md", ".md")).write_text(text)
    return folder


def test_a_right_submission_gets_full_marks_and_exit_0() -> None:
    shown = grade("submit", "submissions/tiny/one")

    assert shown.returncode == 0, shown.stderr
    assert "10 of 10" in shown.stdout


def test_json_has_the_stable_fields() -> None:
    shown = grade("submit", "submissions/tiny/one", "--format", "json")

    report = json.loads(shown.stdout)
    assert {"schema", "assignment", "submission", "score", "max_score", "status"} <= report.keys()
    assert (report["score"], report["max_score"], report["isolation"]) == (10, 10, "full")
    part = report["parts"][0]
    named = {"id", "kind", "verdict", "score", "max_score", "checks", "feedback", "counterexample"}
    assert named <= part.keys()
    assert part["id"] == "tiny/relu-grad"


def test_two_gradings_differ_only_in_what_was_measured() -> None:
    from grader.report.json import read
    from grader.report.models import drop_measurements

    reports = [
        drop_measurements(read(grade("submit", "submissions/tiny/one", "--format", "json").stdout))
        for _ in range(2)
    ]

    assert reports[0] == reports[1]


def test_fail_under_exits_with_1(tmp_path: Path) -> None:
    wrong = write(tmp_path / "tiny", hw_py="def relu_grad(x):\n    return 1.0\n")

    shown = grade("submit", wrong, "--fail-under", 9)

    assert shown.returncode == 1
    assert "below 9" in shown.stderr


def test_a_wrong_function_shows_a_counterexample_and_how_to_run_it(tmp_path: Path) -> None:
    wrong = write(tmp_path / "tiny", hw_py="def relu_grad(x):\n    return 1.0\n")

    shown = grade("submit", wrong)

    assert shown.returncode == 0
    assert "from hw import relu_grad" in shown.stdout
    assert "expected  0.0" in shown.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["submit", "no-such-folder"], 4, "no-such-folder"),
        (["submit", "submissions/tiny/one", "-a", "tinny"], 2, "did you mean 'tiny'"),
        (["submit", "submissions/tiny/one", "--course", "submissions"], 2, "problems"),
        (["submit"], 2, "Missing argument"),
        (["sbumit"], 2, "No such command"),
        (["submit", "submissions/tiny/one", "-o", "no/such/folder/report.html"], 5, "report.html"),
    ],
)
def test_a_misused_command_says_why_in_words(arguments: list[str], code: int, words: str) -> None:
    shown = grade(*arguments)

    assert shown.returncode == code, shown.stderr
    assert words in shown.stderr
    assert "Traceback" not in shown.stderr


def bad_inputs(tmp_path: Path) -> dict[str, Path]:
    """Submissions that are none, one a name."""
    empty = write(tmp_path / "empty")
    other = write(
        tmp_path / "other", answers_md="# bptt\n42\n", hw_py="def unrelated():\n    pass\n"
    )
    binary = write(tmp_path / "binary")
    (binary / "answers.md").write_bytes(bytes(range(256)) * 10)
    invalid = write(tmp_path / "invalid")
    (invalid / "answers.md").write_bytes(b"## relu-grad\nna\xefve\n")
    huge = write(tmp_path / "huge")
    with (huge / "hw.py").open("wb") as file:
        file.truncate(200 << 20)
    notebook = write(tmp_path / "notebook")
    (notebook / "hw.ipynb").write_text('{"cells": [')
    picture = write(tmp_path / "picture")
    (picture / "scan.png").write_bytes(b"\x89PNG")
    archive = tmp_path / "broken.zip"
    archive.write_bytes(b"PK\x03\x04 no archive")
    return {
        "empty": empty, "other": other, "binary": binary, "invalid": invalid, "huge": huge,
        "notebook": notebook, "picture": picture, "archive": archive,
    }  # fmt: skip


@pytest.mark.parametrize(
    "name",
    ["empty", "other", "binary", "invalid", "huge", "notebook", "picture", "archive"],
)
def test_bad_input_never_shows_a_traceback_of_ours(name: str, tmp_path: Path) -> None:
    shown = grade("submit", bad_inputs(tmp_path)[name], "-a", "tiny", "--course", TINY)

    assert shown.returncode == 4, (shown.stdout, shown.stderr)
    assert shown.stderr.startswith(("grade:", " 1/2", "1/2"))
    assert "Traceback" not in shown.stderr + shown.stdout


def test_a_full_disk_leaves_no_half_written_report(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")

    shown = grade("submit", "submissions/tiny/one", "--format", "html", "-o", "/dev/full")

    assert shown.returncode == 5
    assert "Traceback" not in shown.stderr


def test_without_bubblewrap_nothing_runs_and_the_remedy_is_named(tmp_path: Path) -> None:
    shown = grade("submit", "submissions/tiny/one", PATH=str(tmp_path))

    assert shown.returncode == 5
    assert "apt-get install bubblewrap" in shown.stderr
    assert "--trust-submission" in shown.stderr


def test_code_of_ones_own_needs_no_bubblewrap_and_the_report_says_so(tmp_path: Path) -> None:
    shown = grade(
        "submit", "submissions/tiny/one", "--trust-submission", "--format", "json",
        PATH=str(tmp_path),
    )  # fmt: skip

    report = json.loads(shown.stdout)
    assert (report["isolation"], report["score"]) == ("own code", 10)
    assert "without full isolation" in report["notices"][0]


def test_an_interrupt_ends_every_child_and_exits_with_130(tmp_path: Path) -> None:
    slow = write(
        tmp_path / "tiny",
        hw_py="import time\ndef relu_grad(x):\n    time.sleep(50)\n",
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "grader", "submit", str(slow), "--course", str(TINY)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=TINY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    time.sleep(2)

    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)

    assert process.returncode == 130
    assert "interrupted" in errors
    assert "Traceback" not in errors
    assert not _find_children(process.pid)


def _find_children(pid: int) -> list[str]:
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == pid:
                found.append(folder.name)
    return found


def test_doctor_tries_the_canary() -> None:
    shown = grade("doctor")

    assert shown.returncode == 0, shown.stderr
    (isolation,) = [line for line in shown.stdout.splitlines() if "isolation" in line]
    assert "full: " in isolation
    assert "a canary tried" in isolation


def test_the_interpreter_may_be_a_link_to_a_link_in_any_folder(tmp_path: Path) -> None:
    link = tmp_path / "elsewhere" / "python"
    link.parent.mkdir()
    link.symlink_to(Path(sys.executable).resolve())
    venv.create(tmp_path / "venv", symlinks=True)
    python = tmp_path / "venv" / "bin" / "python"
    python.unlink()
    python.symlink_to(link)
    packages = os.pathsep.join([str(ROOT), *site.getsitepackages()])

    shown = subprocess.run(
        [python, "-m", "grader", "doctor"],
        env={**os.environ, "PYTHONPATH": packages}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert shown.returncode == 0, shown.stderr
    assert "full: " in shown.stdout


@pytest.mark.parametrize("what", ["problem", "assignment", "report"])
def test_schema_prints_json(what: str) -> None:
    assert "properties" in json.loads(grade("schema", what).stdout)


def test_a_broken_spec_exits_with_3_and_its_place(tmp_path: Path) -> None:
    problems = tmp_path / "problems" / "hw"
    problems.mkdir(parents=True)
    (problems / "one.yaml").write_text("title: One\nparts:\n  a:\n    kind: valeu\n    answer: 1\n")
    work = write(tmp_path / "hw", answers_md="# a\n1\n")

    shown = grade("submit", work, folder=tmp_path)

    assert shown.returncode == 3
    assert "one.yaml:4:" in shown.stderr
    assert "did you mean 'value'" in shown.stderr


def test_a_broken_reference_costs_no_points(tmp_path: Path) -> None:
    problems, reference = tmp_path / "problems" / "hw", tmp_path / "reference" / "hw"
    problems.mkdir(parents=True)
    reference.mkdir(parents=True)
    (problems / "one.yaml").write_text(
        "title: One\nparts:\n  double:\n    kind: function\n    points: 3\n"
        "    signature: double(x)\n    checks:\n      - {name: a, x: 2}\n"
    )
    (reference / "one.py").write_text("def double(x):\n    return x / 0\n")
    work = write(tmp_path / "hw", hw_py="def double(x):\n    return 2 * x\n")

    report = json.loads(grade("submit", work, "--format", "json", folder=tmp_path).stdout)

    assert report["parts"][0]["verdict"] == "void"
    assert (report["score"], report["open_points"], report["status"]) == (0, 3, "pending")


def test_a_class_is_graded_whatever_one_submission_does(tmp_path: Path) -> None:
    right = (TINY / "submissions" / "tiny" / "one" / "warmup.py").read_text()
    write(tmp_path / "tiny" / "ann", hw_py=right)
    write(tmp_path / "tiny" / "=bob", hw_py="import os\nos._exit(0)\ndef relu_grad(x): pass\n")
    write(tmp_path / "tiny" / "cyd")
    folders = sorted((tmp_path / "tiny").iterdir())

    shown = grade("batch", *folders, "--reports", tmp_path / "out")

    assert shown.returncode == 0, shown.stderr
    rows = [line.split(",") for line in shown.stdout.splitlines()]
    assert [row[0] for row in rows] == ["submission", "'=bob", "ann", "cyd"]
    assert [row[2] for row in rows] == ["score", "0", "10", ""]
    assert "unreadable" in rows[3][5]
    assert (tmp_path / "out" / "ann.html").exists()
