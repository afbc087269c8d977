"""Similar programs are found whatever they call things; different ones are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.batch.fingerprints import LENGTH, find_fingerprints
from grader.batch.similarity import compare_class
from grader.report.similar_page import render_similar
from grader.spec.loaded import LoadedAssignment
from grader.spec.models import Policies

ONE = '''
def forward(x, weights, bias):
    """A net of one layer."""
    total = 0
    for index, value in enumerate(x):
        if value > 0 and weights[index] != 0:
            total += value * weights[index]
        elif value < -1:
            total -= abs(value) / (1 + weights[index] ** 2)
    return [total + bias, max(total, 0), {"sum": total, "bias": bias}]

def backward(x, weights, slope):
    slopes = [[slope * value for value in x] for _ in weights]
    while len(slopes) > 1 and slopes[0] == slopes[-1]:
        slopes.pop()
    return tuple(zip(*slopes)) if slopes else None
'''
RENAMED = (
    ONE.replace("weights", "w").replace("total", "s").replace("value", "v")
    .replace("A net of one layer.", "Mine.").replace("    ", "\t").replace("1 + w", "2 + w")
    .replace("def backward", "# my own\n\ndef backward")
)  # fmt: skip
OTHER = """
import numpy as np

class Net:
    def __init__(self, sizes):
        self.layers = [np.random.randn(m, n) for m, n in zip(sizes, sizes[1:])]

    def forward(self, x):
        return np.maximum(0, x @ self.layers[0]) @ self.layers[1]

def backward(net, x, slope):
    hidden = x @ net.layers[0]
    return x.T @ (slope @ net.layers[1].T * (hidden > 0))
"""


def write(folder: Path, **programs: str) -> list[Path]:
    for name, text in programs.items():
        (folder / name).mkdir()
        (folder / name / "hw.py").write_text(text)
    return [folder / name for name in programs]


@pytest.fixture
def assignment() -> LoadedAssignment:
    return LoadedAssignment(
        id="hw", title="", prompt="", due=None, policies=Policies(), problems=()
    )


def test_a_renamed_and_reformatted_copy_is_found(
    tmp_path: Path, assignment: LoadedAssignment
) -> None:
    paths = write(tmp_path, zoe=ONE, max=RENAMED, pat=OTHER)

    pairs = compare_class(assignment, paths, ["zoe", "max", "pat"])

    assert [(pair.first.label, pair.second.label) for pair in pairs] == [("zoe", "max")]
    assert pairs[0].share > 0.9
    assert 4 in pairs[0].first.marked


def test_what_a_good_part_of_the_class_has_counts_for_nothing(
    tmp_path: Path, assignment: LoadedAssignment
) -> None:
    paths = write(tmp_path, **{f"s{number}": f"{ONE}\n# {number}" for number in range(12)})

    assert compare_class(assignment, paths, [path.name for path in paths]) == ()


def test_layout_and_names_change_no_fingerprint_and_structure_does() -> None:
    def values(text: str) -> list[int]:
        return [each.value for each in find_fingerprints(text)]

    assert values(ONE) == values(RENAMED)
    assert set(values(ONE)).isdisjoint(values(OTHER))
    assert find_fingerprints("x = 1\n") == ()


@pytest.mark.parametrize(
    "text",
    ["", "\0" * 99, '"""' * 500, "((((" * 5000, "\\\n" * 999, "é = 'ß'\n" * 99, "\t \n" * 99],
)
def test_any_text_has_fingerprints_with_lines_of_its_own(text: str) -> None:
    for each in find_fingerprints(text):
        assert 1 <= each.first_line <= each.last_line <= text.count("\n") + 1
    assert LENGTH > 1


def test_the_page_shows_both_sides_and_escapes_them(
    tmp_path: Path, assignment: LoadedAssignment
) -> None:
    evil = ONE + "\n# <script>alert(1)</script>\x1b[2J\n"
    paths = write(tmp_path, zoe=evil, max=RENAMED)

    page = render_similar("hw", "", compare_class(assignment, paths, ["zoe", "<b>max"]))

    assert "<script>" not in page and "<b>max" not in page and "\x1b" not in page
    assert page.count('class="match"') > 10
    assert "http" not in page.replace("http-equiv", "")
