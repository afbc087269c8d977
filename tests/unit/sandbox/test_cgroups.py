"""Control groups: found by trying, one a child, removed with their worker."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from grader.sandbox import cgroups
from grader.sandbox.child.cgroups import SHARED_MIB, Groups
from grader.sandbox.pool import Sandbox
from grader.sandbox.records import Call

lent = cgroups.find_lent()
needs_groups = pytest.mark.skipif(lent is None, reason="this machine lends no control groups")


def plant(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def propose(tmp_path: Path, mounts: str, membership: str) -> list[tuple[str, dict[str, Path]]]:
    plant(tmp_path, {"mounts": mounts.format(root=tmp_path), "membership": membership})
    return list(cgroups._propose(tmp_path / "mounts", tmp_path / "membership"))


def test_a_delegated_folder_of_version_2_comes_first(tmp_path: Path) -> None:
    plant(
        tmp_path,
        {
            "scope/cgroup.procs": f"{os.getpid()}\n",
            "scope/cgroup.controllers": "cpu io memory pids\n",
            "scope/cgroup.subtree_control": "",
        },
    )

    found = propose(tmp_path, "none {root} cgroup2 rw 0 0\n", "0::/scope\n")

    assert found[0] == ("v2", {"all": tmp_path / "scope"})
    assert (tmp_path / "scope/cgroup.subtree_control").read_text() == "+memory +pids +cpu"
    assert (tmp_path / "scope" / cgroups.OURS / "cgroup.procs").read_text() == "0"


def test_a_folder_with_processes_of_others_is_left_alone(tmp_path: Path) -> None:
    plant(
        tmp_path,
        {
            "scope/cgroup.procs": f"1\n{os.getpid()}\n",
            "scope/cgroup.controllers": "memory pids\n",
            "scope/cgroup.subtree_control": "",
        },
    )

    found = propose(tmp_path, "none {root} cgroup2 rw 0 0\n", "0::/scope\n")

    assert [version for version, _ in found] == ["v1"]
    assert (tmp_path / "scope/cgroup.subtree_control").read_text() == ""


def test_who_has_stepped_aside_finds_the_same_folder_again(tmp_path: Path) -> None:
    plant(tmp_path, {"scope/cgroup.subtree_control": "memory pids cpu\n"})

    found = propose(tmp_path, "none {root} cgroup2 rw 0 0\n", f"0::/scope/{cgroups.OURS}\n")

    assert found[0] == ("v2", {"all": tmp_path / "scope"})


def test_version_1_needs_memory_and_tasks(tmp_path: Path) -> None:
    mounts = "".join(
        f"cgroup {{root}}/{name} cgroup rw,relatime,{name} 0 0\n" for name in ("memory", "pids")
    )

    found = propose(tmp_path, mounts, "3:memory:/a\n2:pids:/\n1:name=systemd:/\n")

    assert found == [("v1", {"memory": tmp_path / "memory/a", "pids": tmp_path / "pids"})]
    # What only looks like groups can't be limited: nothing is lent.
    assert not cgroups._works(cgroups.Lent("v1", {"memory": tmp_path / "nowhere"}))


@needs_groups
def test_memory_that_no_address_space_counts_ends_the_child_alone() -> None:
    made = cgroups.make_groups(lent)
    assert made is not None
    pid = os.fork()
    if pid == 0:
        groups = Groups({"version": made.lent.version, "folders": made.descriptors})
        group = groups.here
        group.take(1, 8)
        victim = os.fork()
        if victim == 0:
            Path("/proc/self/oom_score_adj").write_text("1000")
            bytearray((SHARED_MIB + 64) << 20).replace(b"\0", b"\1")
            os._exit(0)
        status = os.waitpid(victim, 0)[1]
        os._exit(10 * os.WTERMSIG(status) + group.give_back(os.WTERMSIG(status)))
    status = os.waitpid(pid, 0)[1]
    own = list(made.folders.values())
    made.close()
    made.remove()

    assert os.waitstatus_to_exitcode(status) == 10 * signal.SIGKILL + 1
    assert not [folder for folder in own if folder.exists()]


@needs_groups
@pytest.mark.sandbox
def test_a_child_is_in_a_group_of_its_own_and_leaves_none_behind() -> None:
    source = "import time\ndef f():\n    time.sleep(3)\n"
    call = Call(sources={"hw": source}, module="hw", function="f")
    with Sandbox(slots=2) as sandbox:
        sandbox.run([call])
        flights = [sandbox._engage(sandbox._name_key("student", call)).start(call) for _ in "ab"]
        (worker,) = {flight.worker for flight in flights}
        assert worker._groups is not None
        folder = next(iter(worker._groups.folders.values()))
        patience = time.monotonic() + 10
        while len(groups := _find_groups(folder)) < 2 and time.monotonic() < patience:
            time.sleep(0.01)
        worker.close()

    assert len(groups) == 2
    assert not folder.exists()


def _find_groups(folder: Path) -> set[str]:
    """Groups of a call that three processes are in: who forks, the child and its init."""
    return {
        str(path)
        for path in folder.glob("call*")
        if len((path / "cgroup.procs").read_text().split()) >= 3
    }


def test_a_group_that_its_members_are_slow_to_leave_is_removed_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cgroups, "PATIENCE_S", 0.01)
    lent = cgroups.Lent("v1", {"memory": plant(tmp_path, {"procs": ""})})
    slow = cgroups.make_groups(lent)
    assert slow is not None
    (folder,) = slow.folders.values()
    # No folder with anything in it can be removed, as no group with a process can.
    (folder / "member").write_text("")
    slow.close()
    slow.remove()
    assert folder.exists()

    (folder / "member").unlink()
    following = cgroups.make_groups(lent)

    assert following is not None
    assert not folder.exists()
    following.close()
    following.remove()
    assert [path.name for path in tmp_path.iterdir()] == ["procs"]
