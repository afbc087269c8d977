"""The action, the workflows and the templates: valid, pinned, and harmless as they stand."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
GITHUB = sorted((ROOT / "examples" / "github").glob("*.yml"))
ACTION = ROOT / "action.yml"
GITLAB = ROOT / "examples" / "gitlab" / "grade.gitlab-ci.yml"

UNTRUSTED = re.compile(
    r"\$\{\{\s*(github\.(event\.|head_ref|ref_name)|inputs\.|steps\.|env\.)[^}]*\}\}"
)
"""What a student or a caller may choose: put into a shell's text it would be run."""


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8"))


def list_steps(path: Path) -> list[dict[str, Any]]:
    found = read(path)
    if "runs" in found:
        return list(found["runs"]["steps"])
    return [step for job in found["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        *[("vendor.github-workflows", path) for path in GITHUB],
        ("vendor.github-actions", ACTION),
        ("vendor.gitlab-ci", GITLAB),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_each_file_keeps_to_its_platforms_schema(schema: str, path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", [*GITHUB, ACTION], ids=lambda path: path.name)
def test_a_linter_of_workflows_security_finds_nothing(path: Path, tmp_path: Path) -> None:
    # Where this repository and a trusted commit are to be filled in, one is.
    text = path.read_text("utf-8").replace("OWNER/fairmark@REF", f"uni/fairmark@{'a' * 40}")
    copy = tmp_path / path.name
    copy.write_text(text, "utf-8")

    done = subprocess.run(
        [Path(sys.executable).with_name("zizmor"), "--offline", "--persona", "pedantic",
         "--no-config", "--format", "plain", copy],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", [*GITHUB, ACTION], ids=lambda path: path.name)
def test_every_action_is_pinned_to_a_commit(path: Path) -> None:
    for step in list_steps(path):
        used = step.get("uses", "")
        if used and used != "OWNER/fairmark@REF":
            assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", used), used


@pytest.mark.parametrize("path", [*GITHUB, ACTION], ids=lambda path: path.name)
def test_nothing_that_others_choose_is_put_into_a_shells_text(path: Path) -> None:
    for step in list_steps(path):
        assert not UNTRUSTED.search(step.get("run", "")), step["run"]


@pytest.mark.parametrize("path", [*GITHUB, ACTION], ids=lambda path: path.name)
def test_every_script_is_valid_in_its_shell(path: Path) -> None:
    for step in list_steps(path):
        if "run" not in step:
            continue
        if step.get("shell") == "python":
            compile(step["run"], path.name, "exec")
        else:
            subprocess.run(["bash", "-n"], input=step["run"], text=True, check=True)


@pytest.mark.parametrize("path", GITHUB, ids=lambda path: path.name)
def test_no_workflow_has_more_rights_than_it_needs(path: Path) -> None:
    found = read(path)
    triggers = found[True]  # YAML 1.1 reads `on` as true.

    assert "pull_request_target" not in triggers and "workflow_run" not in triggers
    assert "permissions" in found, "left out, they would be whatever the repository gives"
    assert "allow-unsafe" not in path.read_text()
    for step in list_steps(path):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


def test_practice_has_no_secret_and_can_only_read() -> None:
    path = ROOT / "examples" / "github" / "practice.yml"

    assert "secrets." not in path.read_text()
    assert read(path)["permissions"] == {"contents": "read"}


def test_no_token_is_in_a_step_that_runs_students_code() -> None:
    steps = list_steps(ROOT / "examples" / "github" / "official-instructor.yml")

    (grading,) = [step for step in steps if "grader ci --official" in step.get("run", "")]
    assert not any("secrets." in str(value) for value in grading["env"].values())
    assert "-I -m grader" in grading["run"]


@pytest.mark.parametrize(
    ("path", "matches"),
    [
        ("problems/hw2/conv.yaml", True), ("reference/hw2/conv.py", True),
        ("problems/hw2/assignment.yaml", False), ("submissions/hw2/sample/hw2.py", False),
    ],
)  # fmt: skip
def test_the_hook_for_authors_takes_problems_and_references(path: str, matches: bool) -> None:
    (hook,) = read(ROOT / ".pre-commit-hooks.yaml")

    chosen = re.search(hook["files"], path) and not re.search(hook["exclude"], path)
    assert bool(chosen) is matches


def test_what_the_hook_passes_on_is_what_check_understands() -> None:
    from grader.authoring.choosing import split_path

    assert split_path("problems/hw2/conv.yaml") == ("hw2", "conv")
    assert split_path("reference/hw2/conv.py") == ("hw2", "conv")
