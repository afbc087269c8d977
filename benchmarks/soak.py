"""Thousands of mixed calls, honest and hostile: nothing may grow, no honest answer may be wrong.

`python -m benchmarks.soak` makes 10,000 calls; `python -m benchmarks.soak 500` is a short run.
"""

from __future__ import annotations

import ctypes
import gc
import os
import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

from benchmarks.measuring import find_percentile, print_row
from grader.cache import find_cache_folder
from grader.sandbox.cgroups import PREFIX, find_lent
from grader.sandbox.pool import Sandbox
from grader.sandbox.records import Call, Ending, Run

CALLS = 10_000
BATCH = 50
HONEST_SHARE = 0.7
QUARTERS = 4
"""What grows goes on growing; what a first flood of a kind takes is taken once."""

HONEST = {
    "double": ("return 2 * x", lambda x: 2 * x),
    "a list": ("return [x] * 500", lambda x: [x] * 500),
    "files": ("open('f', 'w').write(str(x))\nreturn int(open('f').read())", lambda x: x),
    "a thread": (
        "import threading\nl = []\nt = threading.Thread(target=l.append, args=(x,))\n"
        "t.start()\nt.join()\nreturn l[0]",
        lambda x: x,
    ),
}
HOSTILE = {
    "leaves": ("os._exit(0)", {Ending.EXITED}),
    "spins": ("while True: pass", {Ending.PROCESSOR_TIME, Ending.TIMEOUT}),
    "takes memory": ("l = []\nwhile True: l.append(bytes(1 << 20))", {Ending.MEMORY}),
    "forks": ("os.fork()", {Ending.RAISED}),
    "crashes": ("os.abort()", {Ending.SIGNAL}),
    "threads": (
        "import threading\nfor _ in range(500):\n"
        "    threading.Thread(target=time.sleep, args=(9,), daemon=True).start()",
        {Ending.RAISED, Ending.MEMORY},
    ),
    "fills its folder": (
        "while True: open(str(time.monotonic_ns()), 'wb').write(bytes(1 << 20))",
        {Ending.RAISED},
    ),
    # A machine that is busy enough ends it before there is too much.
    "floods": (
        "while True: os.write(3, bytes(65536))",
        {Ending.TOO_LARGE, Ending.MALFORMED, Ending.TIMEOUT, Ending.PROCESSOR_TIME},
    ),
    "forges": ("os.write(3, b'R' + bytes(99))\nos._exit(0)", {Ending.MALFORMED}),
    "leaves threads": (
        "import threading\nthreading.Thread(target=time.sleep, args=(60,)).start()\nreturn 1",
        {Ending.RETURNED},
    ),
    "opens everything": (
        "l = []\nwhile True: l.append(open('/dev/null'))",
        {Ending.RAISED},
    ),
}  # fmt: skip
RARE = ("spins", "floods")
"""Each takes a second or more: one hostile call in fifty."""


def main(calls: int = CALLS) -> None:
    """Soak, with a temporary folder and caches that nobody else writes to."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TMPDIR"] = tempfile.tempdir = folder
        os.environ["XDG_CACHE_HOME"] = f"{folder}/cache"
        try:
            soak(calls)
        finally:
            tempfile.tempdir = None


def soak(calls: int) -> None:
    print(f"\nSoak: {calls} calls, {HONEST_SHARE:.0%} of them honest")
    draw = random.Random(0)
    wrong: list[str] = []
    endings: Counter[str] = Counter()
    honest_ms: list[float] = []
    with Sandbox(calls_per_worker=max(50, calls // 5)) as sandbox:
        _run_batch(sandbox, draw, wrong, endings, honest_ms)
        measured = [_measure()]
        started = time.monotonic()
        for quarter in range(1, QUARTERS + 1):
            while endings.total() < BATCH + calls * quarter // QUARTERS:
                _run_batch(sandbox, draw, wrong, endings, honest_ms)
            gc.collect()
            measured.append(_measure())
        elapsed_s = time.monotonic() - started
    print_row("", "before", *(f"{quarter}/{QUARTERS}" for quarter in range(1, QUARTERS + 1)))
    for name in measured[0]:
        print_row(name, *(str(each[name]) for each in measured))
    print_row("calls a second", f"{calls / elapsed_s:.0f}")
    honest_ms.sort()
    print_row("honest call, median and p99 (ms)",
              *(f"{find_percentile(honest_ms, percent):.1f}" for percent in (50, 99)))  # fmt: skip
    print_row("wrong endings or values", str(len(wrong)))
    for line in wrong[:10]:
        print(f"  {line}")
    print("  " + ", ".join(f"{ending} {count}" for ending, count in endings.most_common()))
    if wrong:
        raise SystemExit(1)


def _run_batch(
    sandbox: Sandbox,
    draw: random.Random,
    wrong: list[str],
    endings: Counter[str],
    honest_ms: list[float],
) -> None:
    planned = [_draw_call(draw) for _ in range(BATCH)]
    runs = sandbox.run([call for _, call, _, _ in planned])
    for (name, _, allowed, value), run in zip(planned, runs, strict=True):
        endings[str(run.ending)] += 1
        if run.ending not in allowed or (value is not None and run.value != value):
            wrong.append(f"{name}: {_describe(run)}")
        if value is not None:
            honest_ms.append(run.elapsed_s * 1000)


def _draw_call(draw: random.Random) -> tuple[str, Call, set[Ending], object]:
    x = draw.randrange(1, 1000)
    if draw.random() < HONEST_SHARE:
        name = draw.choice(list(HONEST))
        body, answer = HONEST[name]
        return name, _write_call(body, x), {Ending.RETURNED}, answer(x)
    common = [name for name in HOSTILE if name not in RARE]
    name = draw.choice(RARE if draw.random() < 0.02 else common)
    body, allowed = HOSTILE[name]
    return name, _write_call(body, x), allowed, None


def _write_call(body: str, x: int) -> Call:
    source = "import os, time\ndef f(x):\n" + "".join(f"    {line}\n" for line in body.split("\n"))
    return Call(
        sources={"hw": source}, module="hw", function="f", arguments=(x,), time_s=2, memory_mib=128
    )


def _describe(run: Run) -> str:
    return f"{run.ending} {run.value!r:.60} {run.detail[:100]}"


def _measure() -> dict[str, int]:
    """What could leak: of this process, of those below it, and of the machine's mounts."""
    family = _find_family()
    return {
        "processes": len(family),
        "descriptors here": len(os.listdir("/proc/self/fd")),  # noqa: PTH208
        "descriptors below": sum(_count(Path(f"/proc/{pid}/fd")) for pid in family),
        "mounts": len(Path("/proc/self/mounts").read_text().splitlines()),
        "memory here (MiB)": _read_memory(os.getpid()) // 1024,
        "in use of it (MiB)": _read_memory_in_use() // 1024,
        "memory below (MiB)": sum(map(_read_memory, family)) // 1024,
        "temporary files and folders": len(list(Path(tempfile.gettempdir()).rglob("*"))),
        "temporary files (KiB)": _measure_disk(Path(tempfile.gettempdir())),
        "shared memory (files)": _count(Path("/dev/shm")),
        "caches (KiB)": _measure_disk(find_cache_folder("")),
        "control groups": _count_groups(),
    }


def _count_groups() -> int:
    """Those of this process, its workers' and their children's."""
    lent = find_lent()
    folders = lent.folders.values() if lent else ()
    ours = (path for folder in folders for path in folder.glob(f"{PREFIX}-{os.getpid()}-*"))
    return sum(1 for path in ours for each in path.rglob("") if each.is_dir())


def _measure_disk(folder: Path) -> int:
    """What lies below a folder, in KiB; what goes away meanwhile counts for nothing."""
    blocks = 0
    for path in folder.rglob("*"):
        with suppress(OSError):
            blocks += path.lstat().st_blocks
    return blocks // 2


def _find_family() -> set[int]:
    parents = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if fields[0] != "Z":
                parents[int(folder.name)] = int(fields[1])
    found = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {os.getpid()}


def _count(folder: Path) -> int:
    try:
        return sum(1 for _ in folder.iterdir())
    except OSError:
        return 0


def _read_memory_in_use() -> int:
    """Without what malloc keeps for the next flood: up to twice the largest message it has had."""
    ctypes.CDLL(None).malloc_trim(0)
    return _read_memory(os.getpid())


def _read_memory(pid: int) -> int:
    """Memory of its own, in KiB: what is shared with its children is not counted again."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    wanted = ("Private_Clean:", "Private_Dirty:")
    return sum(int(line.split()[1]) for line in lines if line.startswith(wanted))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else CALLS)
