"""The second lock on files, tried without the first: no mounts of a sandbox stand behind it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from grader.sandbox.child import landlock

CODE = """
import os, sys
sys.path.insert(0, {root!r})
from grader.sandbox.child import isolation, landlock

isolation.refuse_new_privileges()
landlock.restrict_files({version}, ({private!r},))
open({private!r} + "/new", "w").write("x")
os.rename({private!r} + "/new", {private!r} + "/newer")
os.truncate({private!r} + "/newer", 0)
os.unlink({private!r} + "/newer")
open("/dev/null", "w").write("x")
open({other!r} + "/file").read()
for act in (
    lambda: open({other!r} + "/file", "a"),
    lambda: open({other!r} + "/new", "w"),
    lambda: os.mkdir({other!r} + "/folder"),
    lambda: os.unlink({other!r} + "/file"),
    lambda: os.rename({other!r} + "/file", {other!r} + "/moved"),
    lambda: os.mkfifo({private!r} + "/pipe"),
    lambda: os.execv("/bin/true", ["true"]),
):
    try:
        act()
    except PermissionError:
        print("refused")
"""


@pytest.mark.skipif(not landlock.find_version(), reason="this kernel has no Landlock")
@pytest.mark.parametrize("version", [1, 2, 3, 6])
def test_only_private_folders_can_be_changed(tmp_path: Path, version: int) -> None:
    version = min(version, landlock.find_version())
    private, other = tmp_path / "private", tmp_path / "other"
    private.mkdir()
    other.mkdir()
    (other / "file").write_text("as it was")
    root = str(Path(__file__).resolve().parents[3])
    code = CODE.format(root=root, version=version, private=str(private), other=str(other))

    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )

    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.split() == ["refused"] * 7
    assert [path.name for path in other.iterdir()] == ["file"]
    assert (other / "file").read_text() == "as it was"
