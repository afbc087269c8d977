"""Some hundreds of damaged inputs for each reader, after those that ever broke one."""

from __future__ import annotations

import pytest

from benchmarks.fuzz import TARGETS, fuzz


@pytest.mark.parametrize("target", TARGETS)
def test_damaged_bytes_are_an_error_or_a_value(
    target: str, capsys: pytest.CaptureFixture[str]
) -> None:
    finds = fuzz(target, 300, seed=20)

    assert finds == 0, capsys.readouterr().err
    assert int(capsys.readouterr().out.split()[-4]) >= 300
