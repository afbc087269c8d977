"""What references returned is remembered, and whatever is damaged is forgotten."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.cache import name_key
from grader.expected import ExpectedValues

KEY = name_key(["problem", "function", b"inputs"])


def stored(folder: Path) -> Path:
    return next(path for path in folder.rglob("*") if path.is_file())


def test_a_value_is_known_to_the_next_process(tmp_path: Path) -> None:
    ExpectedValues(tmp_path).remember(KEY, [1, 2.5, "a"])

    assert ExpectedValues(tmp_path).find(KEY) == (True, [1, 2.5, "a"])


@pytest.mark.parametrize("damage", [b"", b"short", b"x" * 200])
def test_a_damaged_file_is_not_believed(tmp_path: Path, damage: bytes) -> None:
    ExpectedValues(tmp_path).remember(KEY, 3)

    stored(tmp_path).write_bytes(damage)

    assert ExpectedValues(tmp_path).find(KEY) == (False, None)


def test_a_truncated_file_is_not_believed(tmp_path: Path) -> None:
    ExpectedValues(tmp_path).remember(KEY, "a longer value")
    path = stored(tmp_path)

    path.write_bytes(path.read_bytes()[:-1])

    assert ExpectedValues(tmp_path).find(KEY) == (False, None)


def test_a_folder_that_cannot_be_written_only_means_no_memory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    values = ExpectedValues(tmp_path / "file" / "cache")

    values.remember(KEY, 3)

    assert values.find(KEY) == (True, 3)


def test_keys_keep_their_parts_apart() -> None:
    assert name_key(["ab", "c"]) != name_key(["a", "bc"])
