"""What `import grader` promises, and what it must not load."""

from __future__ import annotations

import subprocess
import sys

import grader


def test_the_public_names_are_these_and_no_others() -> None:
    assert grader.__all__ == [
        "GraderError",
        "Report",
        "Sandbox",
        "Verdict",
        "find_course",
        "grade",
        "load_assignment",
        "read_submission",
    ]
    for name in grader.__all__:
        assert getattr(grader, name).__name__ == name


def test_importing_the_package_or_its_help_loads_no_numerics() -> None:
    script = (
        "import sys, grader.cli, grader.grading, grader.bench, grader.cli.submit;"
        "print(sorted({'torch', 'sympy', 'numba', 'numpy', 'rich', 'mpmath'} & set(sys.modules)))"
    )

    shown = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert shown.stdout.strip() == "[]"
