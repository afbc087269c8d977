"""A tiny assignment from a cold start, sandboxed, beside bare pytest on the same asserts."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.measuring import compare_commands, print_row, time_command

FOLDER = Path(__file__).parent / "tiny"
GRADE = [str(Path(sys.executable).parent / "grade")]


def main() -> None:
    # Bare: without the plugins that happen to be installed beside it.
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    print("\nTiny assignment: two functions, ten checks (wall time, medians of pairs)")
    print_row("work", "ours s", "pytest s", "ratio")
    submit = [*GRADE, "submit", "submissions/tiny/one"]
    pytest = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_warmup.py"]
    ours, theirs, ratio = compare_commands(submit, pytest, FOLDER)
    print_row("cold `grade submit`", f"{ours:.3f}", f"{theirs:.3f}", f"{ratio:.2f}")
    print_row("`grade batch`, each of 20", f"{_time_batch(20):.3f}", "", "")
    help_s = min(time_command([*GRADE, "--help"], FOLDER) for _ in range(5))
    print_row("`grade --help`, best of 5", f"{help_s:.3f}", "", "")


def _time_batch(count: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        course = Path(folder)
        shutil.copytree(FOLDER / "problems", course / "problems")
        for number in range(count):
            target = course / "tiny" / f"student-{number}"
            shutil.copytree(FOLDER / "submissions" / "tiny" / "one", target)
            # Different bytes, as from different students.
            with (target / "warmup.py").open("a") as file:
                file.write(f"\n\nNUMBER = {number}\n")
        names = sorted(path.name for path in (course / "tiny").iterdir())
        command = [*GRADE, "batch", *(f"tiny/{name}" for name in names)]
        time_command(command, course)
        return sorted(time_command(command, course) for _ in range(3))[1] / count


if __name__ == "__main__":
    main()
