"""One control group a child: memory of every kind, tasks, and a fair share of the processors.

A child is born in the group that the worker is in. To move a process makes the kernel wait for
all others, up to ten milliseconds on an idle machine, so the worker moves only when a call comes
while another runs in the group that it is in: not at all while its twins have a call each. The
child forked ahead for the next call is in that group too, has touched next to nothing, and
takes the group over when the one before it has ended. Should memory run out, it is not the worker
that is killed, for every child volunteers (`isolation.volunteer_for_want_of_memory`).

The groups are reached through folders that the grader opened; there is no such file system in
the sandbox. A child inherits none of these descriptors.
"""

from __future__ import annotations

import contextlib
import os
import signal
from typing import Any

SHARED_MIB = 160
"""Beside a call's own memory: what its folders may hold, and the kernel's bookkeeping."""
OTHER_TASKS = 4
"""Also in a call's group: its init, the worker, and the next call's child with its init."""

_LIMITS = {
    "v1": {"memory": "memory.limit_in_bytes", "pids": "pids.max"},
    "v2": {"memory": "memory.max", "pids": "pids.max"},
}
_KILLS = {"v1": "memory.oom_control", "v2": "memory.events"}


class Group:
    """One of the groups, for one child at a time."""

    def __init__(self, version: str, folders: dict[str, int], name: str) -> None:
        self.is_taken = False
        self.limits: dict[str, int] = {}
        self.kills = -1
        self.entrances: list[int] = []
        for controller, folder in folders.items():
            with contextlib.suppress(FileExistsError):
                os.mkdir(name, 0o755, dir_fd=folder)
            self.entrances.append(_open(f"{name}/cgroup.procs", folder, os.O_WRONLY))
            for each in _LIMITS[version]:
                if version == "v2" or each == controller:
                    path = f"{name}/{_LIMITS[version][each]}"
                    self.limits[each] = _open(path, folder, os.O_WRONLY)
            if version == "v2" or controller == "memory":
                self.kills = _open(f"{name}/{_KILLS[version]}", folder, os.O_RDONLY)
        self._killed_before = 0
        self._limited_to: dict[str, int] = {}

    def enter(self) -> None:
        """Move the calling process into it."""
        for entrance in self.entrances:
            os.write(entrance, b"0")

    def take(self, memory_mib: int, tasks: int) -> None:
        """From now on a child has it to itself, within these limits."""
        self.is_taken = True
        wanted = {"memory": (memory_mib + SHARED_MIB) << 20, "pids": tasks + OTHER_TASKS}
        if wanted != self._limited_to:
            for name, file in self.limits.items():
                os.write(file, str(wanted[name]).encode())
            self._limited_to = wanted

    def give_back(self, ended_by: int) -> bool:
        """Its child has ended, by this signal; whether it was killed for want of memory."""
        self.is_taken = False
        if ended_by != signal.SIGKILL or self.kills < 0:
            return False
        count = 0
        for line in os.pread(self.kills, 4096, 0).decode().splitlines():
            name, _, number = line.partition(" ")
            if name == "oom_kill":
                count = int(number)
        is_new, self._killed_before = count > self._killed_before, count
        return is_new

    def close(self) -> None:
        """Forget its files; it stays."""
        for file in (*self.entrances, *self.limits.values(), self.kills):
            os.close(file)


def _open(path: str, folder: int, mode: int) -> int:
    return os.open(path, mode | os.O_CLOEXEC, dir_fd=folder)


class Groups:
    """The groups of one worker; as many as it has ever had children at once."""

    def __init__(self, given: dict[str, Any], owner: int = 0) -> None:
        self._owner = owner
        self._version: str = given["version"]
        self._folders: dict[str, int] = given["folders"]
        self._all: list[Group] = []
        self.here = self._find_free()
        """The group that the worker is in, and that the next child is born in."""
        self.here.enter()

    def make_room(self) -> None:
        """Be in a group that the next child will have to itself."""
        if self.here.is_taken:
            self.here = self._find_free()
            self.here.enter()

    def _find_free(self) -> Group:
        for group in self._all:
            if not group.is_taken:
                return group
        group = Group(self._version, self._folders, f"call{self._owner}-{len(self._all)}")
        self._all.append(group)
        return group


def join_groups(given: dict[str, Any] | None, owner: int) -> Groups | None:
    """The groups that the worker or one of its twins uses; None where the machine lends none.

    Errors   OSError where it seemed to lend some and doesn't.
    """
    return Groups(given, owner) if given else None
