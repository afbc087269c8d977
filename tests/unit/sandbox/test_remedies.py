"""What to do where a wall can't be had, read off imitated machines."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.sandbox.remedies import find_remedies

MACHINES = {
    "Ubuntu 24.04": (
        "proc/sys/kernel/apparmor_restrict_unprivileged_userns",
        "1\n",
        ("sysctl -w kernel.apparmor_restrict_unprivileged_userns=0", "apparmor_parser -r"),
    ),
    "Docker": (".dockerenv", "", ("seccomp=unconfined", "GRADE_ISOLATION=container")),
    "Podman": ("run/.containerenv", "", ("systempaths=unconfined",)),
    "no namespaces": (
        "proc/sys/user/max_user_namespaces",
        "0\n",
        ("sysctl -w user.max_user_namespaces=15000",),
    ),
    "an old Debian": (
        "proc/sys/kernel/unprivileged_userns_clone",
        "0\n",
        ("sysctl -w kernel.unprivileged_userns_clone=1",),
    ),
}


@pytest.mark.parametrize("name", MACHINES)
def test_the_remedy_is_a_command(tmp_path: Path, name: str) -> None:
    path, text, words = MACHINES[name]
    nothing = list(find_remedies(tmp_path))
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).write_text(text)

    (found,) = [line for line in find_remedies(tmp_path) if line not in nothing]

    assert all(word in found for word in words)
