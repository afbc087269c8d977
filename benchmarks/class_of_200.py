"""A class of hw2 against as many single runs: time, and memory as the class grows.

`python -m benchmarks.class_of_200` grades 200 made-up submissions; a number makes it another size.
Every tenth is also graded by itself, as a student would; the sum is taken from those.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from benchmarks.generated_class import generate_class
from benchmarks.measuring import print_row

ROOT = Path(__file__).resolve().parents[1]
COUNT, EVERY = 200, 10
PAUSE_S = 1.0


def main(count: int = COUNT) -> None:
    print(f"\nA class of {count}: grade batch against single runs of grade submit")
    with tempfile.TemporaryDirectory(prefix="class-") as scratch:
        paths = generate_class(Path(scratch) / "class", count)
        # References are worked out once, by whoever comes first: not by what is measured.
        _run("submit", paths[0], "-a", "hw2", "-q")
        singles_s = []
        for path in paths[::EVERY]:
            started = time.monotonic()
            _run("submit", path, "-a", "hw2", "-q")
            singles_s.append(time.monotonic() - started)
        started = time.monotonic()
        memory_mib = _watch_batch(paths, Path(scratch))
        batch_s = time.monotonic() - started
    sum_s = statistics.fmean(singles_s) * count
    print_row("", "seconds", "of the sum")
    print_row("single runs, their sum", f"{sum_s:.0f}", "1")
    print_row("grade batch", f"{batch_s:.0f}", f"{batch_s / sum_s:.2f}")
    quarters = [
        memory_mib[len(memory_mib) * part // 4 : len(memory_mib) * (part + 1) // 4]
        for part in range(4)
    ]
    print_row("", *(f"quarter {part}" for part in range(1, 5)))
    print_row(
        "memory, MiB (median)", *(f"{statistics.median(each or [0]):.0f}" for each in quarters)
    )


def _run(*arguments: object) -> None:
    subprocess.run(
        [sys.executable, "-m", "grader", *map(str, arguments)],
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
    )  # fmt: skip


def _watch_batch(paths: list[Path], scratch: Path) -> list[float]:
    """The memory of all processes of the batch, a second apart."""
    arguments = ["--csv", scratch / "hw2.csv", "--journal", scratch / "journal", "-a", "hw2"]
    process = subprocess.Popen(
        [sys.executable, "-m", "grader", "batch", *map(str, paths), *map(str, arguments)],
        cwd=ROOT,
    )  # fmt: skip
    memory_mib = []
    while process.poll() is None:
        memory_mib.append(_measure_tree(process.pid))
        time.sleep(PAUSE_S)
    if process.returncode:
        raise SystemExit(f"grade batch ended with {process.returncode}")
    return memory_mib


def _measure_tree(root: int) -> float:
    """MiB of a process and all below it; what they share counts once."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, IndexError):
            facts = (entry / "stat").read_text().rpartition(")")[2].split()
            parents[int(entry.name)] = int(facts[1])
    family = {root}
    while grown := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= grown
    total_kib = 0
    for pid in family:
        with suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total_kib += int(line.split()[1])
    return total_kib / 1024


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
