"""`grade watch`: graded at once, and again after a save."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

pytestmark = pytest.mark.sandbox

ROOT = Path(__file__).resolve().parents[2]
TINY = ROOT / "benchmarks" / "tiny"


def test_a_save_is_graded_and_an_interrupt_ends_it(tmp_path: Path) -> None:
    folder = tmp_path / "tiny"
    folder.mkdir()
    right = (TINY / "submissions" / "tiny" / "one" / "warmup.py").read_text()
    (folder / "hw.py").write_text("def relu_grad(x):\n    return 1.0\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "grader", "watch", str(folder), "--course", str(TINY)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    lines: queue.Queue[str] = queue.Queue()
    assert process.stdout is not None
    reader = threading.Thread(
        target=lambda: [lines.put(line) for line in process.stdout or ()], daemon=True
    )
    reader.start()

    def wait_for(words: str) -> str:
        seen = ""
        while words not in seen:
            seen += lines.get(timeout=60)
        return seen

    try:
        first = wait_for("waiting for the next save")
        (folder / "hw.py").write_text(right)
        second = wait_for("waiting for the next save")
    finally:
        process.send_signal(signal.SIGINT)
        code = process.wait(timeout=30)

    assert "10 of 10" not in first and "not answered yet" in first
    assert "10 of 10" in second and "not answered yet" not in second
    assert code == 130
