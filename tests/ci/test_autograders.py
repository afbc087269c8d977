"""Autograders built for Gradescope and PrairieLearn, run through their own entry points."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hosted_runner import ANSWERS, HALF_RIGHT, PROBLEM

from grader.ci.gradescope_metadata import read_metadata

pytestmark = pytest.mark.sandbox

HEADER = (
    "title: Tiny\npolicies:\n  late: {loss: 0.5}\n  attempts: {counts: best}\n"
    "due: '2026-10-12 23:59'\n"
)
METADATA = {
    "id": 1, "created_at": "2026-10-12T20:00:00.000000-00:00",
    "assignment": {"due_date": "2026-10-12T23:59:00.000000-00:00", "title": "hw", "id": 2},
    "users": [{"email": "zoe@example.org", "id": 3, "name": "Zoë"}],
    "submission_method": "upload", "previous_submissions": [],
}  # fmt: skip


@pytest.fixture
def course(tmp_path: Path) -> Path:
    folder = tmp_path / "course"
    (folder / "problems" / "tiny").mkdir(parents=True)
    (folder / "problems" / "tiny" / "small.yaml").write_text(PROBLEM)
    (folder / "problems" / "tiny" / "assignment.yaml").write_text(HEADER)
    return folder


def grade(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "grader", *map(str, arguments)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def hand_in(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "hw.py").write_text(HALF_RIGHT)
    (folder / "answers.md").write_text(ANSWERS)


def unpack_gradescope(course: Path, tmp_path: Path) -> Path:
    """/autograder as Gradescope lays it out; its virtual environment is the one at hand."""
    root = tmp_path / "autograder"
    done = grade("export", "gradescope", "tiny", "--course", course, "-o", tmp_path / "tiny.zip")
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(tmp_path / "tiny.zip") as archive:
        for entry in archive.infolist():
            path = Path(archive.extract(entry, root / "source"))
            path.chmod(entry.external_attr >> 16)
    (root / "run_autograder").write_bytes((root / "source" / "run_autograder").read_bytes())
    (root / "run_autograder").chmod(0o755)
    (root / "venv").symlink_to(sys.prefix)
    hand_in(root / "submission")
    return root


def run_autograder(
    root: Path, metadata: object = METADATA, **more: str
) -> subprocess.CompletedProcess[str]:
    (root / "submission_metadata.json").write_text(json.dumps(metadata))
    return subprocess.run(
        [str(root / "run_autograder")],
        env={**os.environ, "AUTOGRADER_ROOT": str(root), **more},
        cwd=root, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def read_results(root: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((root / "results" / "results.json").read_text())
    return found


def test_gradescopes_zip_grades_through_run_autograder(course: Path, tmp_path: Path) -> None:
    root = unpack_gradescope(course, tmp_path)
    for name in ("setup.sh", "run_autograder"):
        assert (root / "source" / name).stat().st_mode & 0o111
        subprocess.run(["bash", "-n", str(root / "source" / name)], check=True)
    packed = {path.name for path in (root / "source" / "fairmark").iterdir()}
    assert {"grader", "pyproject.toml", "constraints.txt"} <= packed

    done = run_autograder(root)

    assert done.returncode == 0, done.stderr
    results = read_results(root)
    assert 0 < results["score"] < 10  # type: ignore[operator]
    assert results["extra_data"]["isolation"] != "none"  # type: ignore[index]
    assert "77123" not in json.dumps(results)


def test_due_dates_extensions_and_attempts_come_from_gradescope(
    course: Path, tmp_path: Path
) -> None:
    root = unpack_gradescope(course, tmp_path)
    run_autograder(root)
    full = float(str(read_results(root)["score"]))
    late = {**METADATA, "created_at": "2026-10-13T12:00:00.000000-00:00"}

    run_autograder(root, late)
    assert float(str(read_results(root)["score"])) == pytest.approx(full / 2, abs=1e-3)
    assert "1 day begun" in str(read_results(root)["output"])

    extended = {"assignment": {"due_date": "2026-10-14T23:59:00.000000-00:00"}}
    run_autograder(root, {**late, "users": [{**METADATA["users"][0], **extended}]})  # type: ignore[index]
    assert read_results(root)["score"] == full

    better = [{"submission_time": "x", "score": 9.5, "results": {"score": 9.5}}]
    run_autograder(root, {**METADATA, "previous_submissions": better})
    assert read_results(root)["score"] == 9.5
    assert "best of 2 attempts: number 1" in str(read_results(root)["output"])


def test_without_isolation_gradescope_gets_no_results_and_so_no_zero(
    course: Path, tmp_path: Path
) -> None:
    root = unpack_gradescope(course, tmp_path)
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("bash", "env", "rm"):
        (tools / name).symlink_to(f"/usr/bin/{name}")

    done = run_autograder(root, PATH=str(tools))

    assert done.returncode == 5, done.stderr
    assert not (root / "results" / "results.json").exists()


def test_an_unreadable_submission_is_told_why(course: Path, tmp_path: Path) -> None:
    root = unpack_gradescope(course, tmp_path)
    for path in (root / "submission").iterdir():
        path.unlink()

    assert run_autograder(root).returncode == 0
    assert "empty" in str(read_results(root)["output"])


@pytest.mark.parametrize(
    "metadata", [None, [], {}, {"users": "x", "assignment": 3, "created_at": 7}]
)
def test_odd_metadata_changes_nothing(metadata: object) -> None:
    found = read_metadata(metadata)

    assert (found.circumstances.attempt, found.circumstances.due) == (1, None)


def test_prairielearns_grader_writes_its_results(course: Path, tmp_path: Path) -> None:
    question = tmp_path / "question"
    done = grade("export", "prairielearn", "tiny", "--course", course, "--to", question)
    assert done.returncode == 0, done.stderr
    root = tmp_path / "grade"
    root.mkdir()
    (question / "tests").rename(root / "tests")
    hand_in(root / "student")
    (root / "data").mkdir()
    (root / "data" / "data.json").write_text("{}")

    ran = subprocess.run(
        [str(root / "tests" / "run.sh")],
        env={**os.environ, "GRADE_ROOT": str(root), "FAIRMARK_PYTHON": sys.executable},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip

    assert ran.returncode == 0, ran.stderr
    results = read_results(root)
    assert results["gradable"] is True
    assert 0 < results["score"] < 1  # type: ignore[operator]
    assert (question / "image" / "fairmark" / "grader" / "grading.py").exists()


def test_the_same_course_gives_the_same_zip(course: Path, tmp_path: Path) -> None:
    for name in ("one.zip", "two.zip"):
        grade("export", "gradescope", "tiny", "--course", course, "-o", tmp_path / name)

    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_scores_go_into_canvas_and_moodle(tmp_path: Path) -> None:
    table = tmp_path / "hw2.csv"
    table.write_text(
        "submission,student,score,max_score,open_points,status,explanation\n"
        "zoe,zoe,36,61,0,final,\nmax,max,12,61,3,pending,\nghost,ghost,1,61,0,final,\n"
    )
    gradebook = tmp_path / "canvas.csv"
    gradebook.write_text('Student,ID,SIS Login ID,Section,hw2 (9)\n"Ö, Zoë",1,zoe,A,\nM,2,max,A,\n')

    done = grade("export", "canvas", table, "--gradebook", gradebook, "-o", tmp_path / "in.csv")

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "in.csv").read_text().splitlines() == [
        "Student,ID,SIS Login ID,Section,hw2 (9)", '"Ö, Zoë",1,zoe,A,36',
    ]  # fmt: skip
    assert "points are open: max" in done.stderr
    assert "not in the gradebook: ghost" in done.stderr
