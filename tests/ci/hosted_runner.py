"""A hosted runner on this machine: repositories, events, and the files that a step writes."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TINY = ROOT / "benchmarks" / "tiny"

PROBLEM = """\
title: Small functions
parts:
  relu-grad:
    kind: function
    points: 5
    signature: relu_grad(x)
    checks:
      - {name: below, x: -2.0, expect: 0.0}
      - {name: above, x: 0.5, expect: 1.0}
      - {name: far above, hidden: true, x: 77123.0, expect: 1.0}
  derivation:
    kind: chain
    points: 3
    symbols: {x: real}
    start: (x + 1)^2 - 1
    answer: x*(x + 2)
  steps:
    kind: function
    points: 2
    signature: steps(x)
    checks:
      - {name: five, x: 5.0, expect: 5.0}
"""
HALF_RIGHT = '''\
def relu_grad(x):
    """Right for positive inputs."""
    return 1.0


def steps(x):
    raise ValueError("::error::not yet")
'''
ANSWERS = "## derivation\n\n(x + 1)^2 - 1\n= x^2 + 2x + 2\n= x*(x + 2)\n"


def git(folder: Path, *arguments: str, given: str | None = None) -> str:
    """Run git without anybody's configuration."""
    done = subprocess.run(
        ["git", "-c", "user.name=test", "-c", "user.email=test@example.org", "-C", str(folder),
         *arguments],
        input=given, capture_output=True, text=True, check=True,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"},
    )  # fmt: skip
    return done.stdout.strip()


@dataclass
class Forge:
    """A course's repository and a student's clone of it; commits reach a bare one, as on a host."""

    folder: Path
    base: str = ""
    work: Path = field(init=False)
    bare: Path = field(init=False)

    def __post_init__(self) -> None:
        self.work, self.bare = self.folder / "work", self.folder / "bare.git"
        self.work.mkdir(parents=True)
        git(self.work, "init", "-q", "-b", "main")
        self.write({"problems/tiny/small.yaml": PROBLEM, "README.md": "A course.\n"})
        self.base = self.commit()
        git(self.folder, "clone", "-q", "--bare", str(self.work), str(self.bare))

    def write(self, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            path = self.work / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def commit(self) -> str:
        git(self.work, "add", "-A", "-f")
        git(self.work, "commit", "-q", "-m", "work", "--allow-empty")
        return git(self.work, "rev-parse", "HEAD")

    def push(self) -> str:
        head = self.commit()
        git(self.work, "push", "-q", str(self.bare), "HEAD:refs/heads/student")
        return head


@dataclass
class Step:
    """What one step of a workflow did."""

    code: int
    stdout: str
    stderr: str
    summary: str
    outputs: dict[str, str]
    out: Path

    @property
    def annotations(self) -> list[str]:
        return [line for line in self.stdout.splitlines() if line.startswith("::")]


def make_pull_request(
    head: str, base: str, *, author: str = "zoe", association: str = "NONE"
) -> dict[str, object]:
    """The part of GitHub's event that counts."""
    return {
        "action": "synchronize",
        "number": 7,
        "pull_request": {
            "number": 7,
            "head": {"sha": head, "ref": "homework", "repo": {"full_name": f"{author}/course"}},
            "base": {"sha": base, "ref": "main", "repo": {"full_name": "uni/course"}},
            "user": {"login": author},
            "author_association": association,
            "updated_at": "2026-10-12T20:00:00Z",
        },
    }
