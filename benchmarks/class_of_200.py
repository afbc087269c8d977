"""A class of hw2 against as many single runs: time, processor time, and memory as it grows.

`python -m benchmarks.class_of_200` grades 200 made-up submissions; a number makes it another size.
Twenty of them, evenly spread, are also graded by themselves, as a student would; the sum of all
single runs is what those twenty took, times the class over twenty. `--killed 5` kills the batch
that often on its way and compares its table with that of the undisturbed one.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.generated_class import generate_class
from benchmarks.measuring import print_row

ROOT = Path(__file__).resolve().parents[1]
COUNT, SAMPLE = 200, 20
PAUSE_S = 0.5
LOOKS_A_MEASURE = 4
"""Memory is measured every so many looks: it holds up what is measured."""
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Watched:
    """What one command took."""

    elapsed_s: float
    processor_s: float
    memory_mib: tuple[float, ...]
    """Every two seconds."""


def main(count: int = COUNT, killed: int = 0) -> None:
    print(f"\nA class of {count}: grade batch against single runs of grade submit")
    with tempfile.TemporaryDirectory(prefix="class-") as scratch:
        paths = generate_class(Path(scratch) / "class", count)
        # References are worked out once, by whoever comes first: not by what is measured.
        _watch("submit", paths[0], "-a", "hw2", "-q")
        sample = paths[:: max(1, count // SAMPLE)][:SAMPLE]
        singles = [_watch("submit", path, "-a", "hw2", "-q") for path in sample]
        table = Path(scratch) / "hw2.csv"
        batch = _watch_batch(paths, table, Path(scratch) / "journal")
        _print_times(count, singles, batch)
        if killed:
            _compare_with_killed(paths, table, killed, batch.elapsed_s)


def _print_times(count: int, singles: list[Watched], batch: Watched) -> None:
    share = count / len(singles)
    sum_s = sum(each.elapsed_s for each in singles) * share
    processor_s = sum(each.processor_s for each in singles) * share
    print_row("", "seconds", "of the sum", "processor s", "of the sum")
    print_row(
        f"single runs, their sum, from {len(singles)} of them",
        f"{sum_s:.0f}", "1", f"{processor_s:.0f}", "1",
    )  # fmt: skip
    print_row(
        "grade batch",
        f"{batch.elapsed_s:.0f}", f"{batch.elapsed_s / sum_s:.2f}",
        f"{batch.processor_s:.0f}", f"{batch.processor_s / processor_s:.2f}",
    )  # fmt: skip
    memory_mib = batch.memory_mib
    quarters = [
        memory_mib[len(memory_mib) * part // 4 : len(memory_mib) * (part + 1) // 4]
        for part in range(4)
    ]
    print_row("", *(f"quarter {part}" for part in range(1, 5)))
    print_row(
        "memory, MiB (median)", *(f"{statistics.median(each or [0]):.0f}" for each in quarters)
    )


def _compare_with_killed(paths: list[Path], table: Path, times: int, whole_s: float) -> None:
    """Kill the batch at random moments, let it go on, and compare what it writes in the end."""
    draw = random.Random(0)
    again = table.with_name("again.csv")
    command = _name_batch(paths, again, table.with_name("journal-again"))
    for _ in range(times):
        process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
        with suppress(subprocess.TimeoutExpired):
            process.wait(draw.uniform(0.05, 1) * whole_s / times)
        process.send_signal(signal.SIGKILL)
        process.wait()
    subprocess.run(command, cwd=ROOT, check=True)
    is_same = again.read_bytes() == table.read_bytes()
    print_row(f"killed {times} times, then ended: its table", "identical" if is_same else "DIFFERS")
    if not is_same:
        raise SystemExit("the tables differ")


def _watch_batch(paths: list[Path], table: Path, journal: Path) -> Watched:
    return _follow(subprocess.Popen(_name_batch(paths, table, journal), cwd=ROOT))


def _name_batch(paths: list[Path], table: Path, journal: Path) -> list[str]:
    options = ["--csv", table, "--journal", journal, "-a", "hw2"]
    return [sys.executable, "-m", "grader", "batch", *map(str, [*paths, *options])]


def _watch(*arguments: object) -> Watched:
    process = subprocess.Popen(
        [sys.executable, "-m", "grader", *map(str, arguments)],
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    return _follow(process, may_fail=True)


def _follow(process: subprocess.Popen[bytes], *, may_fail: bool = False) -> Watched:
    started = time.monotonic()
    processor_s, looks = 0.0, 0
    memory_mib = []
    while process.poll() is None:
        family = _find_family(process.pid)
        # What has ended is in its parent's count; the last half of a second is in nobody's.
        processor_s = max(processor_s, sum(_count_processor_s(pid) for pid in family))
        if looks % LOOKS_A_MEASURE == 0:
            memory_mib.append(sum(_measure_memory_mib(pid) for pid in family))
        looks += 1
        time.sleep(PAUSE_S)
    if process.returncode and not may_fail:
        raise SystemExit(f"grade ended with {process.returncode}")
    return Watched(time.monotonic() - started, processor_s, tuple(memory_mib))


def _find_family(root: int) -> set[int]:
    """A process and all below it."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, IndexError):
            parents[int(entry.name)] = int(_read_stat(int(entry.name))[1])
    family = {root}
    while grown := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= grown
    return family


def _read_stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _count_processor_s(pid: int) -> float:
    """Its own, and that of its children who have ended."""
    with suppress(OSError, IndexError):
        return sum(map(int, _read_stat(pid)[11:15])) / TICKS_A_SECOND
    return 0.0


def _measure_memory_mib(pid: int) -> float:
    """What it shares with others counts once among them."""
    return sum(_list_shares_kib(pid)) / 1024


def _list_shares_kib(pid: int) -> Iterator[int]:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                yield int(line.split()[1])


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("count", type=int, nargs="?", default=COUNT)
    parser.add_argument("--killed", type=int, default=0, metavar="TIMES")
    given = parser.parse_args()
    main(given.count, given.killed)
