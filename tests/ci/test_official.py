"""Marks without a service: an instructor's own repository reads students' commits as data."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hosted_runner import ANSWERS, HALF_RIGHT, PROBLEM, Forge, Step

pytestmark = pytest.mark.sandbox

RunStep = Callable[..., Step]


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """The instructor's private copy, with what students don't have."""
    folder = tmp_path / "private"
    (folder / "problems" / "tiny").mkdir(parents=True)
    (folder / "problems" / "tiny" / "small.yaml").write_text(PROBLEM)
    (folder / "problems" / "tiny" / "assignment.yaml").write_text(
        "title: Tiny\ndue: '2026-10-12 23:59'\npolicies: {late: {loss: 0.5}}\n"
    )
    return folder


@pytest.fixture
def handed_in(forge: Forge) -> tuple[Forge, str]:
    forge.write({"tiny/hw.py": HALF_RIGHT, "tiny/answers.md": ANSWERS})
    return forge, forge.push()


def grade_officially(
    run_step: RunStep, course: Path, forge: Forge, head: str, *more: object, **environ: str
) -> Step:
    return run_step(
        "--official", "--course", course, "--repository", forge.bare, "--sha", head, *more,
        workspace=course, name="workflow_dispatch", **environ,
    )  # fmt: skip


def test_a_commit_is_graded_from_a_bare_repository_with_a_check_run_to_post(
    run_step: RunStep, course: Path, handed_in: tuple[Forge, str]
) -> None:
    forge, head = handed_in

    step = grade_officially(run_step, course, forge, head)

    assert step.code == 0, step.stderr
    assert "Practice" not in step.summary
    run = json.loads((step.out / "tiny.check-run.json").read_text())
    assert (run["head_sha"], run["status"], run["conclusion"]) == (head, "completed", "neutral")
    assert "77123" not in json.dumps(run)


def test_lateness_counts_from_the_time_that_the_instructor_gives(
    run_step: RunStep, course: Path, handed_in: tuple[Forge, str]
) -> None:
    forge, head = handed_in

    punctual = grade_officially(run_step, course, forge, head, "--submitted-at", "2026-10-12 20:00")
    late = grade_officially(run_step, course, forge, head, "--submitted-at", "2026-10-13 12:00")

    assert float(late.outputs["score"]) == pytest.approx(
        float(punctual.outputs["score"]) / 2, abs=1e-3
    )
    assert "1 day begun" in late.summary


@pytest.mark.parametrize("token", ["GITHUB_TOKEN", "GH_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"])
def test_beside_a_token_nothing_is_graded(
    run_step: RunStep, course: Path, handed_in: tuple[Forge, str], token: str
) -> None:
    step = grade_officially(run_step, course, *handed_in, **{token: "secret-value"})

    assert step.code == 2
    assert token in step.stderr and "secret-value" not in step.stderr
    assert step.outputs == {}


def test_on_a_pull_request_nothing_is_graded_officially(
    run_step: RunStep, course: Path, handed_in: tuple[Forge, str]
) -> None:
    forge, head = handed_in

    step = run_step(
        "--official", "--course", course, "--repository", forge.bare, "--sha", head,
        workspace=course, name="pull_request",
    )  # fmt: skip

    assert step.code == 2
    assert "comes from the pull request" in step.stderr


def test_a_failed_probe_is_exit_5_and_never_a_fallback(
    run_step: RunStep, course: Path, handed_in: tuple[Forge, str], tmp_path: Path
) -> None:
    import os

    tools = tmp_path / "tools"
    tools.mkdir()
    found = next(f for f in os.environ["PATH"].split(":") if (Path(f) / "git").exists())
    (tools / "git").symlink_to(Path(found) / "git")

    step = grade_officially(run_step, course, *handed_in, PATH=str(tools))

    assert step.code == 5, step.stderr
    assert step.outputs == {} and not step.out.exists()


def test_a_commit_that_was_not_fetched_is_named(
    run_step: RunStep, course: Path, handed_in: tuple[Forge, str]
) -> None:
    step = grade_officially(run_step, course, handed_in[0], "ab" * 20)

    assert step.code == 2
    assert "has no commit abababababab" in step.stderr
