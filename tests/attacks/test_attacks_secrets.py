"""Values planted in every hidden place, and looked for in everything that a student may see."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.report import FORMATS

pytestmark = pytest.mark.sandbox

ROOT = Path(__file__).resolve().parents[2]
SECRETS = {
    "7319977": "a hidden input",
    "14639954": "what it should give",
    "8675309": "an expected number",
    "94319431": "a coefficient of an expected formula",
    "CANARY": "a token, a secret, a comment or a message of a reference",
    "0.577123": "an entry of an expected array",
}
PROBLEM = """
title: Things to find out
parts:
  double:
    kind: function
    points: 4
    prompt: Write double(x), twice x.
    signature: double(x)
    limits: {time_s: 1, memory_mib: 128}
    checks:
      - {name: shown, points: 1, x: 21}
      - {name: unseen, hidden: true, x: 7319977}
    mistakes:
      - {like: double_canary, say: That is three times x.}
  broken:
    kind: function
    points: 2
    prompt: Write broken(x).
    signature: broken(x)
    checks:
      - {name: shown, x: 3}
  total:
    kind: value
    points: 2
    prompt: How many weights does the layer have?
    answer: 8675309
  slope:
    kind: expression
    points: 2
    prompt: The derivative of it.
    symbols: {x: real}
    answer: 94319431*x**2 + 7
  row:
    kind: array
    points: 1
    prompt: The row.
    answer: [0.577123, 1]
"""
REFERENCE = """
# CANARY-COMMENT
def double(x):
    return 2 * x

def double_canary(x):
    return 3 * x

def broken(x):
    secret = "CANARY-LOCAL"
    raise ValueError("CANARY-MESSAGE")
"""
ANSWERS = "## total\n12\n\n## slope\n3 x^2\n\n## row\n[1, 2]\n"
SUBMISSIONS = {
    "wrong": "def double(x):\n    return x + 1\ndef broken(x):\n    return x\n",
    "a known mistake": "def double(x):\n    return 3 * x\ndef broken(x):\n    return x\n",
    "crashing": "def double(x):\n    raise ValueError(x)\ndef broken(x):\n    1 / 0\n",
    "telling": (
        "import os, sys\ndef double(x):\n    print(x, dict(os.environ), file=sys.stderr)\n"
        "    if x == 21: return 42\n    raise type(f'X{x}', (Exception,), {})(str(x))\n"
        "def broken(x):\n    return sys.argv, globals()['__name__']\n"
    ),
    "leaving": "import os\ndef double(x):\n    os._exit(x % 256)\ndef broken(x):\n    os.abort()\n",
}


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("secrets")
    for path, text in {
        "problems/hidden/things.yaml": PROBLEM,
        "reference/hidden/things.py": REFERENCE,
        **{f"submissions/hidden/{name}/hw.py": text for name, text in SUBMISSIONS.items()},
        **{f"submissions/hidden/{name}/answers.md": ANSWERS for name in SUBMISSIONS},
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


def run_grade(course: Path, *arguments: object) -> str:
    """All that a command prints, tracebacks of ours included."""
    shown = subprocess.run(
        [sys.executable, "-m", "grader", *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(course / "cache"),
             "GRADE_SECRET": "CANARY-SECRET", "GITHUB_TOKEN": "CANARY-TOKEN", "GRADE_DEBUG": "1"},
        cwd=course,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )  # fmt: skip
    assert shown.returncode == 0, shown.stderr
    return shown.stdout + shown.stderr


def find_secrets(text: str) -> list[str]:
    return [what for secret, what in SECRETS.items() if secret in text]


def read_all(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        yield path.name
        if path.is_file():
            yield path.read_bytes().decode("utf-8", "replace")


def test_the_staff_sees_what_is_planted(course: Path) -> None:
    shown = run_grade(course, "submit", "submissions/hidden/wrong", "--staff", "--format", "json")

    assert len(find_secrets(shown)) >= 2


@pytest.mark.parametrize("name", SUBMISSIONS)
def test_no_format_tells_a_student(course: Path, name: str) -> None:
    from grader.expected import ExpectedValues
    from grader.grading import grade
    from grader.report import find_renderer
    from grader.sandbox.pool import Sandbox
    from grader.spec.loading import Course
    from grader.submission import read_submission

    with Sandbox(slots=2) as sandbox:
        report = grade(
            Course(course).load("hidden"),
            read_submission(course / "submissions/hidden" / name),
            sandbox,
            expected=ExpectedValues(None),
            secret="CANARY-SECRET",
        )

    assert report.score < report.max_score / 2
    assert len(FORMATS) >= 4
    for form in FORMATS:
        assert not find_secrets(str(find_renderer(form)(report))), form


@pytest.mark.parametrize("name", SUBMISSIONS)
def test_nothing_printed_or_written_tells_a_student(course: Path, name: str) -> None:
    folder = course / "submissions/hidden" / name
    output = course / "report.html"

    assert not find_secrets(run_grade(course, "submit", folder))
    assert not find_secrets(run_grade(course, "submit", folder, "-o", output))
    assert not find_secrets(output.read_text())


def test_a_class_list_and_published_files_tell_nothing(course: Path) -> None:
    folders = sorted((course / "submissions/hidden").iterdir())

    printed = run_grade(course, "batch", *folders, "--reports", course / "out")
    printed += run_grade(course, "publish", "hidden", "--to", course / "public")

    assert not find_secrets(printed)
    written = [text for folder in ("out", "public") for text in read_all(course / folder)]
    assert len(written) > 10
    assert not [what for text in written for what in find_secrets(text)]
