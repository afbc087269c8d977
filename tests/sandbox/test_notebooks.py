"""Notebooks: handed in as a whole, and graded a cell at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from grader.submission import read_submission

pytestmark = pytest.mark.sandbox

PROBLEM = """\
title: Small
parts:
  double:
    kind: function
    points: 2
    signature: double(x)
    checks:
      - {name: two, x: 2.0, expect: 4.0}
      - {name: secret, hidden: true, x: 77123.0, expect: 154246.0}
  width:
    kind: value
    points: 1
    answer: 5
"""


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    (tmp_path / "problems" / "tiny").mkdir(parents=True)
    (tmp_path / "problems" / "tiny" / "small.yaml").write_text(PROBLEM)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    InteractiveShell.clear_instance()
    found = InteractiveShell.instance()
    found.history_manager.enabled = False
    found.run_cell("%load_ext grader", store_history=True)
    yield found
    InteractiveShell.clear_instance()


def run(shell: Any, cell: str) -> tuple[str, str]:
    """The HTML and the text that a cell shows."""
    with capture_output() as shown:
        shell.run_cell(cell, store_history=True)
    pages = [output.data for output in shown.outputs]
    html = "".join(page.get("text/html", "") for page in pages)
    return html, "".join(page.get("text/plain", "") for page in pages) + shown.stdout


def test_a_cell_with_code_is_run_and_its_report_shown_below(shell: Any) -> None:
    run(shell, "factor = 2")

    html, text = run(shell, "%%grade tiny/double\ndef double(x):\n    return factor * x")

    assert "2 of 2" in text
    assert html.startswith("<iframe srcdoc=") and "sandbox" in html
    assert shell.user_ns["double"](4) == 8, "the function is there for the next cells"


def test_a_wrong_answer_shows_its_counterexample_and_nothing_hidden(shell: Any) -> None:
    html, text = run(shell, "%%grade tiny/double\ndef double(x):\n    return x")

    assert "expected" in text and "4.0" in text
    assert "77123" not in html + text and "154246" not in html + text


def test_a_written_answer_is_the_cells_text(shell: Any) -> None:
    _, text = run(shell, "%%grade tiny/width\n5\n")

    assert "1 of 1" in text


@pytest.mark.parametrize(
    ("line", "words"), [("tiny/doubel", "did you mean 'double'"), ("tiny", "takes a part")]
)
def test_a_wrong_name_says_what_to_write(shell: Any, line: str, words: str) -> None:
    assert words in run(shell, f"%%grade {line}\nx = 1")[1]


def test_an_error_in_the_cell_is_shown_as_ever_and_nothing_is_graded(shell: Any) -> None:
    html, _ = run(shell, "%%grade tiny/double\ndef double(x:\n")

    assert html == ""


@pytest.mark.parametrize(
    "before",
    ["%%grade tiny/width\n2 × 5", "def broken(:\n", "double(undefined)", "%%grade tiny/doubel\n×"],
    ids=["written answer", "no Python", "raises", "wrong name"],
)
def test_what_left_nothing_in_the_notebook_stops_no_later_cell(shell: Any, before: str) -> None:
    run(shell, "factor = 2")
    run(shell, before)
    _, text = run(shell, "%%grade tiny/double\ndef double(x):\n    return factor * x")

    assert "2 of 2" in text


def test_lines_are_counted_as_the_notebook_shows_them(shell: Any) -> None:
    _, text = run(shell, "%%grade tiny/double\ndef double(x):\n    return undefined")

    assert "cell 2, line 3" in text


def test_earlier_answers_stay_for_later_cells(shell: Any) -> None:
    run(
        shell,
        "%%grade tiny/double\ndef twice(x):\n    return 2 * x\n\ndef double(x):\n    return x",
    )
    _, text = run(shell, "%%grade tiny/double\ndef double(x):\n    return twice(x)")

    assert "2 of 2" in text


def test_a_worker_that_cannot_start_is_said_in_one_line(
    shell: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "grader.sandbox.bubblewrap._START", "raise RuntimeError('no disk')#{folder}"
    )
    _, text = run(shell, "%%grade tiny/double\ndef double(x):\n    return 2 * x")

    assert "that is a fault of the grader, not yours" in text
    assert "grade doctor" in text
    assert "Traceback" not in text
    assert len(text.strip().splitlines()) == 1


def write_notebook(path: Path, *cells: tuple[str, str]) -> Path:
    found = [
        {"cell_type": kind, "metadata": {}, "source": text, "outputs": [], "execution_count": None}
        for kind, text in cells
    ]
    path.write_text(
        json.dumps({"cells": found, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    )
    return path


def test_magics_and_shell_lines_are_refused_with_their_cells_number(tmp_path: Path) -> None:
    path = write_notebook(
        tmp_path / "hw.ipynb",
        ("markdown", "## width\n\n5"),
        ("code", "!pip install torch\ndef double(x):\n    return 2 * x"),
        ("code", "%%bash\nrm -rf /"),
        ("code", "%matplotlib inline\nx = 1"),
    )

    submission = read_submission(path)

    assert submission.find_function("double") is not None
    assert submission.answers["width"].text.strip() == "5"
    told = [remark.message for remark in submission.remarks]
    assert any("cell 2" in words and "pip install" in words for words in told)
    assert any("cell 3" in words and "%%bash" in words for words in told)
    assert any("cell 4" in words and "matplotlib" in words for words in told)
