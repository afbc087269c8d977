"""Records which system calls honest answers make once they are locked in.

    sudo python tools/record_system_calls.py         needs root and strace

Grades every perfect and sample submission below strace, looks at the children that have set their
filter, and writes `tests/golden/system_calls/<machine>.txt`: a line for each call, how often it was
made and how often it was refused. The allow-list in `grader/sandbox/syscalls.py` must hold all
that were not refused, which `tests/unit/sandbox/test_seccomp.py` sees to.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RECORDED = ROOT / "tests/golden/system_calls"
CALL = re.compile(r"^(\d+) +(?:<\.\.\. )?(\w+)(?:\(| resumed)(.*)$")
BORN = re.compile(r"\) += (\d+)$")


def main() -> None:
    made: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    for folder in sorted(ROOT.glob("submissions/*/*")):
        if folder.name == "hostile":
            continue
        with tempfile.NamedTemporaryFile(suffix=".strace") as log:
            trace(folder, log.name)
            count(Path(log.name).read_text(errors="replace"), made, refused)
        print(folder.relative_to(ROOT), len(made), "calls known", flush=True)
    RECORDED.mkdir(parents=True, exist_ok=True)
    path = RECORDED / f"{os.uname().machine}.txt"
    lines = [f"{name} {made[name]} {refused[name]}" for name in sorted(made)]
    path.write_text("# call, times made, times refused: tools/record_system_calls.py\n"
                    + "\n".join(lines) + "\n")  # fmt: skip


def trace(folder: Path, log: str) -> None:
    """Grade one submission with an empty memory of expected values: references are recorded too."""
    command = ["strace", "-f", "-qq", "-o", log, sys.executable, "-m", "grader", "submit",
               str(folder), "--quiet"]  # fmt: skip
    with tempfile.TemporaryDirectory() as cache:
        subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, "XDG_CACHE_HOME": cache},
            stdout=subprocess.DEVNULL,
            check=True,
        )


def count(log: str, made: Counter[str], refused: Counter[str]) -> None:
    """What locked-in processes and their threads did, from the moment of their filter on."""
    locked: set[str] = set()
    for line in log.splitlines():
        found = CALL.match(line)
        if found is None:
            continue
        pid, name, rest = found.groups()
        if name == "prctl" and "PR_SET_SECCOMP" in rest:
            locked.add(pid)
            continue
        if pid not in locked:
            continue
        if "<unfinished" not in rest:
            made[name] += 1
            refused[name] += "EPERM" in rest or "ENOSYS" in rest
        born = BORN.search(rest)
        if name in ("clone", "clone3") and born:
            locked.add(born[1])


if __name__ == "__main__":
    main()
