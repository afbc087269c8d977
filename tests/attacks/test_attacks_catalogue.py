"""Every number of the catalogue is tried by a test or has its reason."""

from __future__ import annotations

import re
from pathlib import Path

from not_run import NOT_RUN

LAST = 112
FILES = ("stealing", "forging", "starving", "written", "ingest")


def find_numbers(name: str) -> set[str]:
    """Attack numbers in a file: `number="029"`, `"023-patch-allclose"`, `def test_016_...`."""
    text = (Path(__file__).parent / f"test_attacks_{name}.py").read_text()
    return set(re.findall(r'(?:number="|^ +"|def test_)(A?\d{2,3})(?=["\-_])', text, re.MULTILINE))


def test_every_number_is_tried_or_explained() -> None:
    tried = {int(number) for name in FILES for number in find_numbers(name)}

    assert tried | NOT_RUN.keys() == set(range(1, LAST + 1))
    assert not tried & NOT_RUN.keys()
    assert all(len(reason) > 20 for reason in NOT_RUN.values())


def test_there_are_thirty_more_of_our_own() -> None:
    own = find_numbers("own") | find_numbers("own_later")

    assert len(own) >= 30
    assert own == {f"A{number:02}" for number in range(1, len(own) + 1)}
