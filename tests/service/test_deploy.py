"""What `deploy/` says: it parses, and it names settings and commands that there are."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from grader.cli import COMMANDS
from grader.service.settings import PREFIX, Settings, read_settings

DEPLOY = Path(__file__).parents[2] / "deploy"
FILES = [path for path in sorted(DEPLOY.rglob("*")) if path.is_file()]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_names_settings_and_commands_that_there_are(path: Path) -> None:
    text = path.read_text()
    known = {PREFIX + name.upper() for name in Settings.model_fields} | {"GRADE_CONFIG"}
    assert set(re.findall(r"\bGRADE_[A-Z_]+\b", text)) <= known
    for name in re.findall(r"\bbin/grade (\w+)|\"grade\", \"(\w+)\"", text):
        assert (name[0] or name[1]) in COMMANDS


def test_only_measures_are_watched_that_there_are() -> None:
    from grader.service.health import Measures

    known = {
        sample.name.removesuffix("_created")
        for metric in Measures().registry.collect()
        for sample in (metric, *metric.samples)
    } | {"fairmark_requests_total"}
    for path in FILES:
        text = re.sub(r"fairmark\.\w+", "", path.read_text())
        watched = set(re.findall(r"\bfairmark_[a-z_]+", text))
        assert watched <= known, (path, watched - known)


def test_every_file_parses() -> None:
    for path in FILES:
        text = path.read_text()
        if path.suffix == ".yaml":
            assert all(document for document in yaml.safe_load_all(text)), path
        elif path.suffix == ".json":
            assert json.loads(text)
        elif path.suffix == ".toml":
            assert tomllib.loads(text)
    assert read_settings(DEPLOY / "service.toml", {}).public_url == "https://grade.example.edu"


def test_the_compose_file_is_one_by_its_own_schema() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run(
        [*command, str(DEPLOY / "compose.yaml")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_a_process_gets_longer_to_stop_than_it_takes_to_drain() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    drain_s = Settings().drain_s
    assert int(compose["services"]["worker"]["stop_grace_period"].rstrip("s")) > drain_s
    unit = (DEPLOY / "systemd/fairmark-worker@.service").read_text()
    assert int(re.findall(r"TimeoutStopSec=(\d+)", unit)[0]) > drain_s
    assert "Restart=always" in unit
    workers = next(yaml.safe_load_all((DEPLOY / "kubernetes/workers.yaml").read_text()))
    assert workers["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] > drain_s
