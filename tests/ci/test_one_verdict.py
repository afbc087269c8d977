"""One submission, one verdict: every format and every route gives the same scores."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hosted_runner import ANSWERS, HALF_RIGHT, PROBLEM, Forge, Step, git, make_pull_request

pytestmark = pytest.mark.sandbox

Scores = dict[str, float]
"""Points by part; the total is under the empty name."""


def grade(*arguments: object) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "grader", *map(str, arguments)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("course")
    (folder / "problems" / "tiny").mkdir(parents=True)
    (folder / "problems" / "tiny" / "small.yaml").write_text(PROBLEM)
    return folder


@pytest.fixture(scope="module")
def folder(course: Path) -> Path:
    """A submission with a part right, one partly right and one that raises."""
    path = course / "work" / "tiny"
    path.mkdir(parents=True)
    (path / "hw.py").write_text(HALF_RIGHT)
    (path / "answers.md").write_text(ANSWERS.replace("2x + 2", "2x"))
    return path


def read_json(text: str) -> Scores:
    report = json.loads(text)
    return {"": report["score"], **{part["id"]: part["score"] for part in report["parts"]}}


@pytest.fixture(scope="module")
def expected(course: Path, folder: Path) -> Scores:
    found = read_json(grade("submit", folder, "--course", course, "-q", "--format", "json"))
    assert 0 < found[""] < 10, "neither nothing nor everything: else any mistake would pass"
    assert len({points for name, points in found.items() if name}) == 3
    return found


def read_gradescope(text: str) -> Scores:
    results = json.loads(text)
    found: Scores = {"": results["score"]}
    for test in results["tests"]:
        part = test["extra_data"]["part"]
        found[part] = found.get(part, 0) + test["score"]
    return found


def read_prairielearn(text: str) -> Scores:
    results = json.loads(text)
    found: Scores = {"": results["score"] * 10}
    for test in results["tests"]:
        part = f"tiny/{test['name'].partition(':')[0]}"
        found[part] = found.get(part, 0) + test["points"]
    return found


def read_junit(text: str) -> Scores:
    found: Scores = {}
    for case in ElementTree.fromstring(text).iter("testcase"):
        points = float(case.find("properties/property[@name='score']").get("value"))  # type: ignore[union-attr, arg-type]
        part = case.get("classname", "")
        found[part] = found.get(part, 0) + points
    return {"": sum(found.values()), **found}


def read_check50(text: str) -> Scores:
    found: Scores = {}
    for result in json.loads(text)["results"]:
        part = f"tiny/{result['name'].partition(':')[0]}"
        found[part] = found.get(part, 0) + result["data"]["score"]
    return {"": sum(found.values()), **found}


def read_words(text: str) -> Scores:
    """Formats for people say the total; the terminal, Markdown and the page print it so."""
    total = next(word for word in ("3.33 of 10", "8.33 of 10", "6.33 of 10") if word in text)
    return {"": float(total.split()[0])}


READERS: dict[str, Callable[[str], Scores]] = {
    "json": read_json, "gradescope": read_gradescope, "prairielearn": read_prairielearn,
    "junit": read_junit, "check50": read_check50, "terminal": read_words,
    "markdown": read_words, "html": read_words, "github": read_words, "github-check": read_words,
}  # fmt: skip


def by_format(name: str) -> Callable[[Path, Path, Path], Scores]:
    def route(course: Path, folder: Path, scratch: Path) -> Scores:
        out = scratch / "report"
        grade("submit", folder, "--course", course, "-q", "--format", name, "-o", out)
        return READERS[name](out.read_text())

    return route


def by_zip(course: Path, folder: Path, scratch: Path) -> Scores:
    with zipfile.ZipFile(scratch / "tiny.zip", "w") as archive:
        for path in folder.iterdir():
            archive.write(path, path.name)
    arguments = ("submit", scratch / "tiny.zip", "--course", course, "-q", "--format", "json")
    return read_json(grade(*arguments))


def by_notebook(course: Path, folder: Path, scratch: Path) -> Scores:
    cells = [
        {"cell_type": "code", "source": (folder / "hw.py").read_text()},
        {"cell_type": "markdown", "source": (folder / "answers.md").read_text()},
    ]
    page = {"cells": [{**cell, "metadata": {}} for cell in cells], "metadata": {},
            "nbformat": 4, "nbformat_minor": 5}  # fmt: skip
    (scratch / "tiny.ipynb").write_text(json.dumps(page))
    arguments = ("submit", scratch / "tiny.ipynb", "--course", course, "-q", "--format", "json")
    return read_json(grade(*arguments))


def by_batch(course: Path, folder: Path, scratch: Path) -> Scores:
    grade(
        "batch", folder, "--course", course, "-a", "tiny", "--csv", scratch / "class.csv",
        "--journal", scratch / "journal",
    )  # fmt: skip
    (row,) = csv.DictReader((scratch / "class.csv").open())
    return {"": float(row["score"])} | {
        name: float(points) for name, points in row.items() if name.startswith("tiny/")
    }


def by_gradescope(course: Path, folder: Path, scratch: Path) -> Scores:
    root = scratch / "autograder"
    grade("export", "gradescope", "tiny", "--course", course, "-o", scratch / "tiny.zip")
    with zipfile.ZipFile(scratch / "tiny.zip") as archive:
        archive.extractall(root / "source")
    (root / "submission").symlink_to(folder)
    (root / "venv").symlink_to(sys.prefix)
    done = subprocess.run(
        ["bash", str(root / "source" / "run_autograder")],
        env={**os.environ, "AUTOGRADER_ROOT": str(root)},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return read_gradescope((root / "results" / "results.json").read_text())


ROUTES = {
    **{f"format {name}": by_format(name) for name in READERS},
    "zip": by_zip, "notebook": by_notebook, "batch": by_batch, "gradescope zip": by_gradescope,
}  # fmt: skip


@pytest.mark.parametrize("route", ROUTES)
def test_every_format_and_route_gives_the_same_scores(
    route: str, course: Path, folder: Path, expected: Scores, tmp_path: Path
) -> None:
    found = ROUTES[route](course, folder, tmp_path)

    # People's formats round to a hundredth; sums of checks carry a ten-thousandth each.
    for name, points in found.items():
        assert points == pytest.approx(expected[name], abs=5e-3), name
    assert found.keys() in ({""}, expected.keys())


def test_a_pull_request_gives_the_same_scores(
    folder: Path, expected: Scores, forge: Forge, run_step: Callable[..., Step]
) -> None:
    forge.write({f"tiny/{path.name}": path.read_text() for path in folder.iterdir()})
    head = forge.push()
    checkout = forge.folder / "checkout"
    git(forge.folder, "clone", "-q", "--branch", "student", str(forge.bare), str(checkout))

    step = run_step(workspace=checkout, event=make_pull_request(head, forge.base))

    assert read_json((step.out / "tiny.json").read_text()) == expected
