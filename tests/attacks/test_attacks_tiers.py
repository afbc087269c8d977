"""Other machines, imitated: an ordinary user, and a container that allows no namespaces."""

from __future__ import annotations

import json
import os
import platform
import resource
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import pytest
from machines import NOBODY, UNSHARE, deny
from staging import COURSE, HONEST, Attack

from grader.sandbox.child import landlock

pytestmark = pytest.mark.sandbox

ROOT = Path(__file__).resolve().parents[2]

MACHINE = """
import ctypes
status = [os.stat("/usr/bin/cat").st_uid == os.getuid(), os.access("/etc/passwd", os.F_OK)]
for number in range(2000):
    try: threading.Thread(target=time.sleep, args=(9,), daemon=True).start()
    except RuntimeError: break
status.append(number > 100)
try: os.chmod("/dev/null", 0o666); status.append(True)
except OSError: pass
return 2 * x if any(status) else "nothing"
"""


def submit(
    tmp_path: Path,
    text: str,
    *,
    options: Sequence[str] = (),
    environment: Mapping[str, str] = MappingProxyType({}),
    **more: object,
) -> subprocess.CompletedProcess[str]:
    folder = tmp_path / "attacked"
    folder.mkdir(exist_ok=True)
    (folder / "hw.py").write_text(text)
    # Above pytest's own folders, which are closed to others.
    for path in (tmp_path, *tmp_path.parents):
        if path.owner() == "root" and path.name.startswith(("pytest-", "popen-", "test_")):
            path.chmod(0o755)
    arguments = ("submit", str(folder), "--course", str(COURSE), "--format", "json", *options)
    return run_grade(*arguments, environment=environment, **more)


def run_grade(
    *arguments: str,
    environment: Mapping[str, str] = MappingProxyType({}),
    before: Sequence[str] = (),
    **more: object,
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*before, sys.executable, "-m", "grader", *arguments],
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "HOME": "/nonexistent",
             "XDG_CACHE_HOME": "/nonexistent", **environment},
        cwd="/",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        **more,  # type: ignore[call-overload]
    )  # fmt: skip


def can_be_nobody() -> bool:
    folders = (Path(sys.executable), Path(sys.base_prefix), ROOT)
    return os.geteuid() == 0 and all(
        parent.stat().st_mode & 0o1 for folder in folders for parent in folder.parents
    )


@pytest.mark.skipif(not can_be_nobody(), reason="needs root, and a tree that others can read")
@pytest.mark.parametrize(("text", "score"), [(HONEST, 4), (None, 0)], ids=["honest", "hostile"])
def test_an_ordinary_user_is_isolated_as_well(tmp_path: Path, text: str | None, score: int) -> None:
    text = text or Attack(number="", name="", body=MACHINE).text

    shown = submit(tmp_path, text, user=NOBODY, group=NOBODY, extra_groups=[])

    assert shown.returncode == 0, shown.stderr
    report = json.loads(shown.stdout)
    assert (report["score"], report["isolation"]) == (score, "full")
    if not score:
        assert "'nothing'" in report["parts"][0]["feedback"]


@pytest.mark.skipif(not can_be_nobody(), reason="needs root")
def test_root_is_isolated_as_well(tmp_path: Path) -> None:
    shown = submit(tmp_path, Attack(number="", name="", body=MACHINE).text)

    report = json.loads(shown.stdout)
    assert (report["score"], report["isolation"]) == (0, "full")
    assert "'nothing'" in report["parts"][0]["feedback"]


@pytest.mark.skipif(not landlock.find_version(), reason="this kernel has no Landlock")
def test_root_of_a_container_without_other_users_is_refused_in_words(tmp_path: Path) -> None:
    alone = ["unshare", "--map-root-user"]
    if subprocess.run([*alone, "true"], check=False, capture_output=True).returncode:
        pytest.skip("user namespaces are not allowed here")
    folder = tmp_path / "attacked"
    folder.mkdir()
    (folder / "hw.py").write_text(HONEST)
    command = ("submit", str(folder), "--course", str(COURSE))

    shown = run_grade(*command, environment={"GRADE_ISOLATION": "container"}, before=alone)

    assert (shown.returncode, shown.stdout) == (5, "")
    assert "Traceback" not in shown.stderr
    assert "could be the administrator; start the grader as an ordinary user" in shown.stderr


DENIED = {"mount": (165,), "unshare, mount and namespaces": (272, 165, 308)}


@pytest.mark.skipif(platform.machine() != "x86_64", reason="system calls by their x86-64 numbers")
@pytest.mark.parametrize("name", DENIED)
def test_where_namespaces_are_denied_nothing_runs_and_the_remedy_is_named(
    tmp_path: Path, name: str
) -> None:
    shown = submit(tmp_path, HONEST, preexec_fn=deny(*DENIED[name]))

    assert shown.returncode == 5, (shown.stdout, shown.stderr)
    assert "Traceback" not in shown.stderr
    for words in ("kernel.apparmor_restrict_unprivileged_userns", "Docker", "--trust-submission"):
        assert words in shown.stderr


@pytest.mark.skipif(platform.machine() != "x86_64", reason="system calls by their x86-64 numbers")
@pytest.mark.skipif(not landlock.find_version(), reason="this kernel has no Landlock")
@pytest.mark.parametrize(("text", "score"), [(HONEST, 4), (None, 0)], ids=["honest", "hostile"])
def test_where_namespaces_cannot_be_nested_each_submission_has_its_own_wall(
    tmp_path: Path, text: str | None, score: int
) -> None:
    text = text or Attack(number="", name="", body=MACHINE).text

    shown = submit(tmp_path, text, preexec_fn=deny(UNSHARE))

    assert shown.returncode == 0, shown.stderr
    report = json.loads(shown.stdout)
    assert (report["score"], report["isolation"]) == (score, "separate")


WORDS = {
    "container, by the operator": ({"GRADE_ISOLATION": "container"}, (), "container"),
    "own code": ({}, ("--trust-submission",), "own code"),
    "no isolation": ({"GRADE_ISOLATION": "none"}, ("--trust-submission",), "none"),
}


@pytest.mark.skipif(not landlock.find_version(), reason="this kernel has no Landlock")
@pytest.mark.parametrize("name", WORDS)
def test_a_weaker_wall_is_taken_on_somebodys_word_and_stamped(tmp_path: Path, name: str) -> None:
    environment, options, tier = WORDS[name]
    folder = tmp_path / "attacked"
    folder.mkdir()
    (folder / "hw.py").write_text(HONEST)

    shown = submit(tmp_path, HONEST, options=options, environment=environment)

    if "be the administrator" in shown.stderr:
        pytest.skip("root's Python can't be read by others, so children would be root")
    report = json.loads(shown.stdout)
    assert (shown.returncode, report["score"], report["isolation"]) == (0, 4, tier)
    assert bool(report["notices"]) == (tier != "container")


@pytest.mark.parametrize("word", ["none", "Container", "weak"])
def test_no_word_weakens_the_isolation_of_a_strangers_code(tmp_path: Path, word: str) -> None:
    shown = submit(tmp_path, HONEST, environment={"GRADE_ISOLATION": word})

    assert shown.returncode == 2
    assert "GRADE_ISOLATION" in shown.stderr


def test_doctor_says_what_holds_and_what_must_be_asked_for() -> None:
    shown = run_grade("doctor")

    assert shown.returncode == 0, shown.stderr
    lines = {line.split()[0]: line for line in shown.stdout.splitlines()}
    assert "full:" in lines["isolation"] or "separate:" in lines["isolation"]
    assert lines["limits"]
    assert "GRADE_ISOLATION=container" in lines["container"]
    assert "--trust-submission" in lines["own"]


@pytest.mark.skipif(platform.machine() != "x86_64", reason="system calls by their x86-64 numbers")
def test_doctor_says_so_where_nothing_can_be_isolated() -> None:
    shown = run_grade("doctor", preexec_fn=deny(*DENIED["mount"]))

    assert shown.returncode == 5
    assert "nothing of a student is run here" in shown.stdout
    assert "would hold" in shown.stdout or not landlock.find_version()
    assert "Traceback" not in shown.stderr


def test_a_limit_on_the_grader_itself_is_named_and_nobodys_fault(tmp_path: Path) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (120 << 20, 120 << 20))

    shown = submit(tmp_path, HONEST, preexec_fn=limit)

    assert shown.returncode == 5, (shown.stdout, shown.stderr)
    assert "Traceback" not in shown.stderr
    assert not shown.stdout
