"""What an author of a kernel problem is told before anybody is graded."""

from __future__ import annotations

from pathlib import Path
from shutil import copy

import pytest

from grader.errors import SpecError
from grader.spec.kernel_sizes import evaluate_size
from grader.spec.loading import load_assignment

ROOT = Path(__file__).resolve().parents[3]

CHANGES = {
    "a misspelt tier": ("{like: doublify_naive,", "{like: doublify_naiv,", "did you mean"),
    "a missing argument": ("      out: {shape", "      result: {shape", "a and out"),
    "an unknown output": ("outputs: [out]", "outputs: [b]", "there is no parameter 'b'"),
    "an unknown size": ("grid: [ceil(n / 16), c", "grid: [ceil(m / 16), c", "`ceil(m / 16)`"),
    "a fraction": ("grid: [ceil(n / 16), c", "grid: [n / 16, c", "not whole"),
    "too many threads": ("block: [16, 16]", "block: [64, 64]", "4096 threads a block"),
    "other sizes": ("sizes: {n: 4096}", "sizes: {m: 4096}", "expected n"),
    "no tolerance": ("outputs: [out]", "outputs: [out]\n    exact: false", "tolerance"),
    "rounding of exact values": (
        "outputs: [out]",
        "outputs: [out]\n    rounding: {terms: n}",
        "exact: false",
    ),
    "rounding in an unknown size": (
        "outputs: [out]",
        "outputs: [out]\n    exact: false\n    rounding: {terms: k}",
        "`k`",
    ),
    "a timing without anything slow": (
        "    mistakes:",
        "    timed: {sizes: {n: 64}, like: doublify_naive}\n    mistakes:",
        "'slow'",
    ),
    "a CPU function that is not there": (
        "    mistakes:",
        "    timed: {sizes: {n: 64}, like: doublify, against_cpu: {like: numpy_double}}\n"
        "    mistakes:",
        "numpy_double",
    ),
    "a slope upside down": (
        "    mistakes:",
        "    timed: {sizes: {n: 64}, like: doublify, slope: {low: 3, high: 2}}\n    mistakes:",
        "'low' below 'high'",
    ),
    "a verdict that is none": ("{efficient: inefficient}", "{efficient: slowish}", "no verdict"),
    "a mistake that passes": ("{efficient: inefficient}", "{efficient: passed}", "which check"),
}


@pytest.mark.parametrize(("old", "new", "words"), CHANGES.values(), ids=CHANGES)
def test_a_slip_in_a_problem_is_told_with_its_place(
    old: str, new: str, words: str, tmp_path: Path
) -> None:
    for folder in ("problems", "reference"):
        (tmp_path / folder / "hw4").mkdir(parents=True)
    text = (ROOT / "problems/hw4/doublify.yaml").read_text()
    assert old in text
    (tmp_path / "problems/hw4/doublify.yaml").write_text(text.replace(old, new, 1))
    copy(ROOT / "reference/hw4/doublify.py", tmp_path / "reference/hw4/doublify.py")

    with pytest.raises(SpecError) as caught:
        load_assignment(tmp_path / "problems" / "hw4", tmp_path / "reference")

    assert words in str(caught.value)
    assert caught.value.faults[0].line > 1


def test_size_formulas_are_exact() -> None:
    sizes = {"m": 33, "n": 10**15 + 1}

    assert evaluate_size("ceil(m / 16)", sizes) == 3
    assert evaluate_size("max(m, n) * 2 - 1", sizes) == 2 * 10**15 + 1
    assert evaluate_size("m // 2 + m % 2", sizes) == 17
    assert evaluate_size(7, sizes) == 7


@pytest.mark.parametrize("text", ["m ** 9", "__import__('os')", "m.real", "1 +", "ceil(m, 2)", "k"])
def test_size_formulas_are_nothing_more(text: str) -> None:
    with pytest.raises(ValueError, match="`"):
        evaluate_size(text, {"m": 3})
