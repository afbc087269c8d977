from __future__ import annotations

import ast
from pathlib import Path

import pytest

from grader.authoring.source_mutants import leave_out_others, mutate_source

ROOT = Path(__file__).resolve().parents[3]

SCALE = '''"""Scaling by 2 * 3."""

FACTOR = 2
UNUSED = 7


def scale(x, dim: int = 1):
    """Twice x + 0; the sum of rows: α β."""
    if dim > 0:
        return FACTOR * _rows(x).T
    return x


def _rows(x):
    return x.softmax(dim=-1) - x.sum(dim=0, keepdim=True)


def scale_wrong(x):
    return _other(x) + 5


def _other(x):
    return x * 9
'''


def names(source: str = SCALE, function: str = "scale", apart: tuple[str, ...] = ()) -> list[str]:
    return [mutant.name for mutant in mutate_source(source, function, apart)]


@pytest.mark.parametrize(
    "name",
    [
        "FACTOR: 2 -> 3",
        "FACTOR: 2 -> 1",
        "scale: dim > 0 -> dim >= 0",
        "scale: dim > 0 -> True",
        "scale: FACTOR * _rows(x).T -> FACTOR / _rows(x).T",
        "scale: FACTOR * _rows(x).T -> _rows(x).T",
        "scale: _rows(x).T -> _rows(x)",
        "_rows: x.softmax(dim=-1) -> x",
        "_rows: -1 -> 0",
        "_rows: -1 -> -2",
        "_rows: x.sum -> x.mean",
        "_rows: True -> False",
    ],
)
def test_a_slip_that_people_make_is_among_the_mutants(name: str) -> None:
    assert name in names()


def test_minus_changes_to_plus_and_loses_either_side() -> None:
    found = [name for name in names() if name.startswith("_rows: x.softmax(dim=-1) - ")]

    assert {name.split(" -> ")[1] for name in found} == {
        "x.softmax(dim=-1) + x.sum(dim=0, keepdim=True)",
        "x.sum(dim=0, keepdim=True) - x.softmax(dim=-1)",
        "x.softmax(dim=-1)",
        "x.sum(dim=0, keepdim=True)",
    }


def test_what_the_function_does_not_use_is_left_alone() -> None:
    found = names()

    assert not [name for name in found if name.startswith(("UNUSED", "scale_wrong", "_other"))]


def test_functions_that_are_wrong_on_purpose_are_left_alone() -> None:
    source = "def f(x):\n    return g(x) + 1\n\n\ndef g(x):\n    return x * 2\n"

    assert all(name.startswith("f:") for name in names(source, "f", ("g",)))


def test_docstrings_and_annotations_stay_as_they_are() -> None:
    for mutant in mutate_source(SCALE, "scale"):
        assert "Twice x + 0; the sum of rows: α β." in mutant.text
        assert "dim: int" in mutant.text


def test_each_mutant_has_one_change_and_its_diff_shows_it() -> None:
    for mutant in mutate_source(SCALE, "scale"):
        before = [line[1:] for line in mutant.diff.splitlines() if line.startswith("-")]
        after = [line[1:] for line in mutant.diff.splitlines() if line.startswith("+")]

        assert len(before) == len(after) == 1
        assert SCALE.replace(before[0], after[0], 1) == mutant.text


def test_functions_that_are_never_called_can_be_left_out_of_the_mutants() -> None:
    short = leave_out_others(SCALE, "scale")

    assert "_rows" in short
    assert "FACTOR = 2" in short
    assert "scale_wrong" not in short
    assert "_other" not in short
    assert names(short) == names(SCALE)


def test_brackets_keep_a_change_within_its_place() -> None:
    (mutant,) = [
        each
        for each in mutate_source("def f(a, b):\n    return 2 * a * b\n", "f")
        if each.name == "f: 2 * a -> (2 + a)"
    ]

    assert "return (2 + a) * b" in mutant.text


def test_letters_of_several_bytes_do_not_move_the_place() -> None:
    source = "def f(α, β):\n    return α - β  # α first\n"

    assert "def f(α, β):\n    return β - α  # α first\n" in [
        mutant.text for mutant in mutate_source(source, "f")
    ]


def test_axes_of_an_einsum_and_pairs_of_indices_are_exchanged() -> None:
    source = 'def f(x, i, j):\n    return einsum("ij,jk->ik", x, x)[i, j]\n'
    found = names(source, "f")

    assert "f: \"ij,jk->ik\" -> 'ij,jk->ki'" in found
    assert "f: i, j -> (j, i)" in found


def test_names_of_equal_changes_in_two_places_differ() -> None:
    found = names("def f(x):\n    return x[0] + x[0]\n", "f")

    assert "f: 0 -> 1" in found
    assert "f: 0 -> 1 (2)" in found


@pytest.mark.parametrize("path", sorted((ROOT / "reference").rglob("*.py")), ids=lambda p: p.stem)
def test_every_mutant_of_the_bank_is_python_and_means_something_else(path: Path) -> None:
    source = path.read_text("utf-8")
    functions = [n.name for n in ast.parse(source).body if isinstance(n, ast.FunctionDef)]
    meaning = ast.dump(ast.parse(source))

    mutants = mutate_source(source, functions[0])

    assert mutants
    assert all(ast.dump(ast.parse(mutant.text)) != meaning for mutant in mutants)
    assert len({mutant.name for mutant in mutants}) == len(mutants)
