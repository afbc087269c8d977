"""Steps of a workflow, run on this machine as a hosted runner would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hosted_runner import Forge, Step


@pytest.fixture
def forge(tmp_path: Path) -> Forge:
    return Forge(tmp_path / "forge")


@pytest.fixture
def run_step(tmp_path: Path) -> Callable[..., Step]:
    """Run `grade ci` with the environment that a hosted runner sets."""
    count = 0

    def run(
        *arguments: object,
        workspace: Path,
        event: Mapping[str, object] | None = None,
        name: str = "pull_request",
        **more: str,
    ) -> Step:
        nonlocal count
        count += 1
        home = tmp_path / f"runner-{count}"
        home.mkdir()
        (home / "event.json").write_text(json.dumps(event or {}))
        environ = {
            "PATH": os.environ["PATH"], "HOME": str(home), "CI": "true", "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_NAME": name, "GITHUB_EVENT_PATH": str(home / "event.json"),
            "GITHUB_WORKSPACE": str(workspace), "GITHUB_STEP_SUMMARY": str(home / "summary.md"),
            "GITHUB_OUTPUT": str(home / "output"), "GITHUB_ENV": str(home / "env"),
            "RUNNER_TEMP": str(home), **more,
        }  # fmt: skip
        out = home / "out"
        done = subprocess.run(
            [sys.executable, "-I", "-m", "grader", "ci", "--out", str(out), *map(str, arguments)],
            cwd=workspace, env=environ, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert not (home / "env").exists(), "nothing is ever put into later steps' environment"
        read = lambda file: file.read_text() if file.exists() else ""  # noqa: E731
        outputs = dict(
            line.split("=", 1) for line in read(home / "output").splitlines() if "=" in line
        )
        return Step(
            done.returncode, done.stdout, done.stderr, read(home / "summary.md"), outputs, out
        )

    return run
