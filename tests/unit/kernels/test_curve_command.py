"""`grade curve`: a drawing, the slopes, and what it says when there is nothing to draw."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from grader.cli import NOTHING_TO_GRADE, USAGE, run

ROOT = Path(__file__).resolve().parents[3]
KERNEL = """
from numba import cuda

@cuda.jit
def doublify(a, out):
    {names} = cuda.grid(2)
    if row < out.shape[0] and column < out.shape[1]:
        out[row, column] = 2 * a[row, column]
"""


def hand_in(folder: Path, names: str = "column, row") -> Path:
    (folder / "hw4").mkdir()
    (folder / "hw4" / "kernels.py").write_text(KERNEL.format(names=names))
    return folder / "hw4"


def curve(*arguments: object) -> int:
    return run(["curve", *map(str, arguments), "--course", str(ROOT)])


def test_the_curves_of_a_submission_are_drawn_with_their_slopes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drawing = tmp_path / "out.svg"

    code = curve("hw4/doublify", hand_in(tmp_path, "row, column"), "-o", drawing)

    said = capsys.readouterr().out
    assert code == 0
    # 4096 entries squared: 32 lanes a request, 4 sectors each for loading and for storing, or,
    # with neighbours a row apart in blocks of 16 by 16, 16 sectors.
    assert re.search(r"  doublify +4,194,304 +2.00", said)
    assert re.search(r"  yours +16,777,216 +2.00", said)
    assert re.search(r"one CPU core, thread after thread +50,331,648 +2.00", said)
    assert ">yours<" in drawing.read_text()


@pytest.mark.skipif(
    importlib.util.find_spec("resvg_py") is None, reason="the extra [png] is not installed"
)
def test_a_png_is_a_png(tmp_path: Path) -> None:
    assert curve("hw4/doublify", hand_in(tmp_path), "-o", tmp_path / "out.png") == 0
    assert (tmp_path / "out.png").read_bytes().startswith(b"\x89PNG")


def test_without_a_kernel_there_is_nothing_to_draw(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = curve("hw4/matmul", hand_in(tmp_path), "-o", tmp_path / "out.svg")

    assert code == NOTHING_TO_GRADE
    assert "no kernel `matmul`" in capsys.readouterr().err


@pytest.mark.parametrize(("line", "place"), [("x = [1]", "5:9"), ("x = (", "5:9")])
def test_a_kernel_that_cannot_be_read_is_told_where(
    line: str, place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = hand_in(tmp_path)
    text = f"from numba import cuda\n\n@cuda.jit\ndef doublify(a, out):\n    {line}\n"
    (folder / "kernels.py").write_text(text)

    assert curve("hw4/doublify", folder, "-o", tmp_path / "out.svg") == NOTHING_TO_GRADE
    assert f"kernels.py:{place}: cannot be drawn" in capsys.readouterr().err


def test_a_part_that_is_no_kernel_is_a_wrong_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert curve("hw4/mlp-classify", hand_in(tmp_path)) == USAGE
    assert "is no kernel" in capsys.readouterr().err


def test_an_unknown_ending_is_a_wrong_command(tmp_path: Path) -> None:
    assert curve("hw4/doublify", hand_in(tmp_path), "-o", tmp_path / "out.gif") == USAGE
