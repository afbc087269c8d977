"""What was loaded before comes back the same, and nothing else does."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from grader.cache import write_entry
from grader.errors import SpecError
from grader.spec.loaded import LoadedAssignment
from grader.spec.loading import load_assignment
from grader.spec.remembered import name_assignment

ROOT = Path(__file__).parents[3]
PROBLEM = """
title: Doubling
parts:
  double:
    kind: function
    signature: double(x)
    checks:
      - {name: one, x: 1, expect: 2}
"""


def put(folder: Path, text: str = PROBLEM) -> Path:
    problems = folder / "problems" / "hw"
    problems.mkdir(parents=True, exist_ok=True)
    (problems / "case.yaml").write_text(text, "utf-8")
    return problems


def same(one: LoadedAssignment, other: LoadedAssignment) -> bool:
    parts = list(zip(one.parts(), other.parts(), strict=True))
    return all(
        getattr(one, field.name) == getattr(other, field.name) for field in fields(one)
    ) and all(
        mine.model_fields_set == theirs.model_fields_set and type(mine) is type(theirs)
        for (_, _, mine), (_, _, theirs) in parts
    )


@pytest.mark.parametrize("name", sorted(path.name for path in (ROOT / "problems").iterdir()))
def test_every_homework_comes_back_as_it_was(name: str, tmp_path: Path) -> None:
    folder = ROOT / "problems" / name

    first = load_assignment(folder, ROOT / "reference", tmp_path)
    again = load_assignment(folder, ROOT / "reference", tmp_path)

    assert again is not first
    assert same(first, again)
    assert same(load_assignment(folder, ROOT / "reference"), again)


def test_a_changed_problem_is_read_again_and_a_broken_one_refused(tmp_path: Path) -> None:
    folder, memory = put(tmp_path), tmp_path / "memory"
    load_assignment(folder, None, memory)

    put(tmp_path, PROBLEM.replace("Doubling", "Twice"))
    assert load_assignment(folder, None, memory).problems[0].title == "Twice"
    put(tmp_path, PROBLEM.replace("checks", "check"))
    for _ in range(2):
        with pytest.raises(SpecError, match="did you mean 'checks'"):
            load_assignment(folder, None, memory)


def test_a_changed_reference_or_place_is_another_assignment(tmp_path: Path) -> None:
    folder = put(tmp_path)
    reference = tmp_path / "reference"
    keys = {name_assignment(folder, None), name_assignment(folder, reference)}
    (reference / "hw").mkdir(parents=True)
    (reference / "hw" / "case.py").write_text("def double(x): return 2 * x\n")
    keys.add(name_assignment(folder, reference))
    keys.add(name_assignment(put(tmp_path / "elsewhere"), reference))

    assert len(keys) == 4


@pytest.mark.parametrize(
    "content",
    [
        "null",
        "[]",
        '{"record": ["os:system", {}, []]}',
        '{"loaded": ["os:system", {"command": "true"}]}',
        '{"loaded": ["remembered:read_entry", {}]}',
        '{"loaded": ["loaded:Path", {}]}',
        '{"loaded": ["loaded:LoadedAssignment", {"id": "hw"}]}',
        '{"record": ["function_part:Draw", {"value": 1}, ["value"]]}',
        "[" * 100_000,
    ],
)
def test_an_entry_that_is_none_of_ours_is_not_believed(content: str, tmp_path: Path) -> None:
    folder, memory = put(tmp_path), tmp_path / "memory"
    key = name_assignment(folder, None)
    assert key
    write_entry(memory, key, content.encode())

    assert load_assignment(folder, None, memory).problems[0].title == "Doubling"


def test_a_memory_that_cannot_be_kept_costs_only_time(tmp_path: Path) -> None:
    folder = put(tmp_path)
    blocked = tmp_path / "file"
    blocked.write_text("")

    assert load_assignment(folder, None, blocked).problems[0].title == "Doubling"
    assert load_assignment(folder, None, blocked).problems[0].title == "Doubling"


def test_the_hot_path_takes_no_pydantic(tmp_path: Path) -> None:
    folder, memory = put(tmp_path), tmp_path / "memory"
    load_assignment(folder, None, memory)
    program = f"""
import sys
from pathlib import Path
from grader.spec.loading import load_assignment
loaded = load_assignment(Path({str(folder)!r}), None, Path({str(memory)!r}))
print(loaded.problems[0].title, [name for name in ("pydantic", "yaml") if name in sys.modules])
"""
    output = subprocess.run(
        [sys.executable, "-S", "-c", program],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert output == "Doubling []\n"
