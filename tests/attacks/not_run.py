"""Numbers of the catalogue that this suite can't run, each with the reason, and those it does."""

from __future__ import annotations

import re
from pathlib import Path

NOT_RUN = {
    13: "no kind of part forbids a library's own function yet; prompts say so and people look",
    79: "cache and denormal slow-downs need an idle machine; calls are bounded by processor time",
    83: "loading the machine while a baseline runs is a matter of the timing benchmarks",
    84: "a GPU is needed; kernels are interpreted here and never run on a device",
}

FILES = ("stealing", "forging", "starving", "written", "ingest", "ci")
"""Whose tests bear numbers of the catalogue."""


def find_numbers(name: str) -> set[str]:
    """Attack numbers in a file: `number="029"`, `"023-patch-allclose"`, `def test_016_...`."""
    text = (Path(__file__).parent / f"test_attacks_{name}.py").read_text()
    return set(re.findall(r'(?:number="|^ +"|def test_)(A?\d{2,3})(?=["\-_])', text, re.MULTILINE))


def list_tried() -> set[int]:
    """Numbers of the catalogue that tests bear."""
    return {int(number) for name in FILES for number in find_numbers(name)}
