"""Notebooks: code cells as one source, Markdown cells as answers, nothing else."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packing import notebook, write_files

from grader.errors import SubmissionError
from grader.submission import Source, Submission, read_submission


def read(tmp_path: Path, content: str | bytes) -> Submission:
    return read_submission(write_files(tmp_path / "hw", {"hw.ipynb": content}) / "hw.ipynb")


def code(tmp_path: Path, *cells: str) -> Source:
    return read(tmp_path, notebook(*(("code", cell) for cell in cells))).sources[0]


def test_code_cells_become_one_source_with_their_numbers(tmp_path: Path) -> None:
    submission = read(
        tmp_path,
        notebook(
            ("markdown", "# Homework\nMy name"),
            ("code", "import torch\n\ndef f(x):\n    return x"),
            ("raw", "def no(): ..."),
            ("code", ""),
            ("code", "def g(x):\n    return f(x)\n"),
        ),
    )

    (source,) = submission.sources
    lines = source.text.split("\n")
    assert source.functions == ("f", "g")
    assert [(lines[line - 1], cell) for line, cell in source.cells] == [
        ("import torch", 2),
        ("def g(x):", 5),
    ]
    assert submission.remarks == ()


def test_markdown_cells_are_answers(tmp_path: Path) -> None:
    submission = read(
        tmp_path,
        notebook(
            ("markdown", "## conv-dims\n\n2x5"),
            ("code", "x = 1"),
            ("markdown", "and so on"),
            ("markdown", "## conv1d\n### shape"),
            ("markdown", "1x3"),
        ),
    )

    answers = submission.answers
    assert answers["conv-dims"].text == "2x5\n\nand so on"
    assert (answers["conv-dims"].file, answers["conv-dims"].line) == ("hw.ipynb, cell 1", 3)
    assert answers["conv1d.shape"].text == "1x3"
    assert answers["conv1d.shape"].file == "hw.ipynb, cell 5"


def test_a_code_block_left_open_ends_with_its_cell(tmp_path: Path) -> None:
    submission = read(tmp_path, notebook(("markdown", "## a\n```\n1"), ("markdown", "## b\n2")))

    assert {key: answer.text for key, answer in submission.answers.items()} == {"a": "1", "b": "2"}


@pytest.mark.parametrize(
    ("cell", "python"),
    [
        ("%matplotlib inline\nx = 1", "pass\nx = 1"),
        ("!pip install torch\nx = 1", "pass\nx = 1"),
        ("!echo \"it's (\nx = 1", "pass\nx = 1"),
        ("!a \\\n  b\nx = 1", "pass\n\nx = 1"),
        ("torch.nn?\n?torch\nx = 1", "pass\npass\nx = 1"),
        ("if True:\n    %time x = 1", "if True:\n    pass"),
        ("files = !ls\nx = %time f()", "pass\npass"),
        ("%%time\nx = 1", "\nx = 1"),
        ("%%capture out\nx = 1", "\nx = 1"),
        ("%%bash\nrm -rf /", "\n"),
        ("\n%%writefile a.py\nx = 1", "\n\n"),
        ("x = (7\n  % 3)\n", "x = (7\n  % 3)\n"),
        ("x = 7 \\\n  % 3", "x = 7 \\\n  % 3"),
        ("x = '''\n%no\n!no\n'''\n%yes", "x = '''\n%no\n!no\n'''\npass"),
        ("a != 3\nx = '%d' % 3\n# why?", "a != 3\nx = '%d' % 3\n# why?"),
    ],
)
def test_notebook_commands_leave_a_line_that_does_nothing(
    tmp_path: Path, cell: str, python: str
) -> None:
    source = code(tmp_path, cell, "last = 1")

    assert source.text == f"{python}\nlast = 1\n"
    ast.parse(source.text)


def test_what_was_left_out_is_said_by_cell(tmp_path: Path) -> None:
    submission = read(
        tmp_path, notebook(("code", "x = 1"), ("code", "%%bash\nls"), ("code", "!pip install x"))
    )

    assert [remark.message for remark in submission.remarks] == [
        "cell 2: left out: a %%bash cell is not Python",
        "cell 3: left out: '!pip install x' is a notebook command",
    ]


def test_outputs_and_metadata_count_for_nothing(tmp_path: Path) -> None:
    cell = {
        "cell_type": "code",
        "metadata": {"nbgrader": {"grade": True, "grade_id": "q1", "points": 100}},
        "execution_count": 7,
        "outputs": [{"output_type": "stream", "name": "stdout", "text": "def h(): all passed"}],
        "source": "def f(): ...",
    }
    submission = read(tmp_path, json.dumps({"cells": [cell], "metadata": {"x": 1}, "nbformat": 4}))

    assert submission.sources[0].text == "def f(): ...\n"


def test_version_3_is_read_too(tmp_path: Path) -> None:
    old = {
        "nbformat": 3,
        "worksheets": [
            {
                "cells": [
                    {"cell_type": "heading", "level": 2, "source": "conv-dims"},
                    {"cell_type": "markdown", "source": ["2x5"]},
                    {"cell_type": "code", "input": "def f(): ...", "outputs": []},
                ]
            }
        ],
    }
    submission = read(tmp_path, json.dumps(old))

    assert submission.answers["conv-dims"].text == "2x5"
    assert submission.sources[0].functions == ("f",)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"cells": [\n  {"cell_type": }]}', "at line 2, column 17; save it again in Jupyter"),
        ("", "no valid JSON"),
        ('{"cells": [],\n<<<<<<< HEAD\n}', "a merge conflict at line 2, column 1"),
        ("[1, 2]", "no notebook"),
        ('{"cells": 3}', "no notebook"),
        ('{"worksheets": 3}', "no notebook"),
        ('{"worksheets": [3, {"cells": 4}, {}], "cells": {}}', "no notebook"),
        ("[" * 100_000, "nothing that Jupyter writes"),
        (notebook(*[("code", "x = 1")] * 5001), "more than 5,000 cells"),
        (notebook(*[("code", "#" * 90_000)] * 50), "or 4 MiB"),
        (notebook(("markdown", "\n" * 300_001)), "or 300,000 lines in them"),
        ("[" * 600_000, "too many lists and objects"),
        ('{"cells": ' + "9" * 5000 + "}", "nothing that Jupyter writes"),
        (b'{"cells": "\xff"}', "byte 0xff"),
        (b"%PDF-1.4", "a PDF"),
    ],
)
def test_a_broken_notebook_is_one_helpful_line(
    tmp_path: Path, content: str | bytes, words: str
) -> None:
    with pytest.raises(SubmissionError) as refusal:
        read(tmp_path, content)

    assert words in str(refusal.value)
    assert str(refusal.value).isprintable()


def test_a_broken_notebook_leaves_the_other_files(tmp_path: Path) -> None:
    hw = write_files(tmp_path / "hw", {"a.py": "x = 1\n", "b.ipynb": '{"cells": [}'})

    submission = read_submission(hw)

    assert [source.name for source in submission.sources] == ["a.py"]
    assert (submission.remarks[0].file, submission.remarks[0].line) == ("b.ipynb", 1)
    assert "line 1, column 12" in submission.remarks[0].message


def test_large_outputs_do_not_keep_a_notebook_out(tmp_path: Path) -> None:
    cell = {"cell_type": "code", "source": "x = 1", "outputs": ["A" * (5 << 20)]}

    assert read(tmp_path, json.dumps({"cells": [cell]})).sources[0].functions == ("x",)


def test_text_that_is_no_text_does_not_travel_on(tmp_path: Path) -> None:
    source = code(tmp_path, "x = '\ud800\0'")

    assert source.text.encode() == "x = '\ufffd\ufffd'\n".encode()


CELLS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "cell_type": st.sampled_from(["code", "markdown", "raw", "heading", 3, None, []]),
            "source": st.text(max_size=30) | st.lists(st.text(max_size=9) | st.none(), max_size=3),
            "input": st.text(max_size=9),
            "level": st.sampled_from([1, 7, -1, True, 1.5, "2", None]),
        },
    )
    | st.none()
    | st.integers(),
    max_size=5,
)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(CELLS)
def test_any_cells_are_read(tmp_path: Path, cells: list[object]) -> None:
    submission = read(tmp_path, json.dumps({"cells": cells}))

    for source in submission.sources:
        assert source.text.encode().endswith(b"\n")
        assert all(1 <= cell <= len(cells) for _, cell in source.cells)


MAGIC = st.lists(
    st.sampled_from(
        ["%time x", "!ls", "x?", "x = 1", "'''", '"""', "(", ")", "\\", "  %a", "f(", "'", "y = !b"]
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(MAGIC)
def test_taking_commands_out_moves_no_line(tmp_path: Path, lines: list[str]) -> None:
    source = code(tmp_path, "\n".join(lines))

    assert source.text.count("\n") == len(lines)
