"""One child from its fork to its end, as the warm process sees it.

Behind `namespaces` every child gets a pid namespace whose pid 1 is `cat` on a pipe that the warm
process holds: a student's process is then an ordinary pid 2, for which signals and processor-time
limits mean what they always do, and when the warm process ends, so does everything below it.
Behind `landlock` it shares its namespaces with the warm process, sees no file but libraries and
its folder, signals nobody but itself, and ends with its parent.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import resource
import signal
import socket
import time
from typing import Any

from . import cgroups, folders, isolation, lockin

LOOK_AGAIN_S = 0.05
"""How soon a process that waits for a processor when its time is up is looked at again."""


class Child:
    """A process that is locked away and waits for its order, or carries it out."""

    def __init__(self, pid: int, channel: socket.socket) -> None:
        self.pid, self.channel = pid, channel
        self.pidfd = os.pidfd_open(pid)
        self.init, self.leash = 0, -1
        self.group: cgroups.Group | None = None
        self.folder = ""
        self.folder_mib = 0
        self.status = -1
        self.started = self.deadline = math.inf
        self.time_s = self.patience_s = 0.0
        self.resting_kib = 0
        self.ran_ns: int | None = None
        self.has_timed_out = self.has_starved = self.is_overfull = False

    @property
    def has_order(self) -> bool:
        return self.status >= 0

    def is_free(self) -> bool:
        """Whether the next order can go to it: nobody else runs in its control group."""
        return not self.has_order and (self.group is None or not self.group.is_taken)

    def take_order(self, limits: dict[str, Any], descriptors: list[int]) -> None:
        """Pass on one call: its limits, result pipe, output pipe and request.

        Errors   OSError when the child has ended, or its group can't be limited so.
        """
        result, status, output, request = descriptors
        if self.group is not None:
            self.group.take(limits["memory_mib"], limits["threads"])
        self.resting_kib = _measure_resident_kib(self.pid)
        message = [json.dumps(limits).encode()]
        socket.send_fds(self.channel, message, [result, output, request])
        self.channel.close()
        self.status = os.dup(status)
        self.folder_mib = limits["folder_mib"]
        self.started = time.monotonic()
        self.time_s, self.patience_s = limits["time_s"], limits["patience_s"]
        self.deadline = self.started + self.time_s

    def end_if_late(self, now: float) -> None:
        """Kill it once its time is up; what it waited for a processor is not its own time."""
        if now < self.deadline:
            return
        ran_ns, waited_ns, is_ready = _look_at(self.pid)
        # The kernel counts a wait when it is over; who has not run since the last look still waits.
        is_waiting = is_ready and self.ran_ns in (None, ran_ns)
        self.ran_ns = ran_ns
        fair = now + LOOK_AGAIN_S if is_waiting else self.started + self.time_s + waited_ns / 1e9
        self.deadline = min(fair, self.started + self.patience_s)
        if now < self.deadline:
            return
        self.has_starved = now < fair
        self.has_timed_out = True
        self.kill()

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)


def _look_at(pid: int) -> tuple[int, int, bool]:
    """How long a process has run and has waited to run, and whether it is ready to; 0 unknown."""
    try:
        with open(f"/proc/{pid}/schedstat") as times, open(f"/proc/{pid}/stat") as state:
            ran_ns, waited_ns, _ = map(int, times.read().split())
            return ran_ns, waited_ns, state.read().rpartition(")")[2].split()[0] == "R"
    except (OSError, ValueError):
        return 0, 0, False


def _measure_resident_kib(pid: int) -> int:
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * (resource.getpagesize() >> 10)


def start(
    limits: dict[str, Any],
    descriptors: list[int],
    set_up: dict[str, Any],
    spare: Child | None,
    others: int,
) -> Child:
    """The child that carries out one call: the one that waits, or a new one.

    Errors   OSError when the system refuses; the caller reports it as our fault.
    """
    if spare is not None and spare.is_free():
        # One that has been killed meanwhile is noticed, and reaped, by whoever waits for it.
        with contextlib.suppress(OSError):
            spare.take_order(limits, descriptors)
            return spare
    groups: cgroups.Groups | None = set_up["groups"]
    if groups is not None:
        groups.make_room()
    child = fork_child(set_up, limits, others)
    try:
        child.take_order(limits, descriptors)
    except OSError:
        child.kill()
        finish(child)
        raise
    return child


def fork_ahead(set_up: dict[str, Any]) -> Child | None:
    """A child for the next call, where none needs to know that call's limits to be locked away."""
    if set_up["wall"] == "namespaces":
        # It is the next call's own child that has to say what is wrong.
        with contextlib.suppress(OSError):
            return fork_child(set_up, {}, 0)
    return None


def fork_child(set_up: dict[str, Any], limits: dict[str, Any], others: int) -> Child:
    """A process that locks itself away and waits for its order.

    Errors   OSError when the system refuses.
    """
    if count_threads() != 1:
        # Locks held by other threads would stay locked for ever in the child.
        raise OSError("the worker has grown a second thread")
    channel, far_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with far_end:
        try:
            if set_up["wall"] == "namespaces":
                child = _fork_into_namespace(channel, far_end, set_up)
            else:
                folder, user = _make_place(limits, set_up, others)
                child = Child(_fork(far_end, set_up, folder, user), channel)
                child.folder = folder
        except OSError:
            channel.close()
            raise
    groups: cgroups.Groups | None = set_up["groups"]
    child.group = groups.here if groups else None
    return child


def _fork(far_end: socket.socket, set_up: dict[str, Any], folder: str, user: int) -> int:
    pid = os.fork()
    if pid == 0:
        lockin.become_child(far_end.detach(), set_up, folder, user)
    return pid


def _fork_into_namespace(
    channel: socket.socket, far_end: socket.socket, set_up: dict[str, Any]
) -> Child:
    leash_end, leash = os.pipe()
    isolation.enter_pid_namespace()
    try:
        actions = [(os.POSIX_SPAWN_DUP2, leash_end, 0)]
        init = os.posix_spawn(set_up["init"], ["init"], {}, file_actions=actions)
        child = Child(_fork(far_end, set_up, "", set_up["user"]), channel)
    except OSError:
        # Without its leash an init that was started ends too.
        os.close(leash)
        raise
    finally:
        os.close(leash_end)
        isolation.leave_pid_namespace(set_up["namespace"])
    child.init, child.leash = init, leash
    return child


def _make_place(limits: dict[str, Any], set_up: dict[str, Any], others: int) -> tuple[str, int]:
    """A folder for a child that shares its namespaces with others, and a user if there is one."""
    if set_up["wall"] != "landlock":
        return "", 0
    set_up["made"] = made = set_up.get("made", 0) + 1
    user = set_up["user"] + made % set_up["users"]
    if set_up["users"] == 1:
        # The limit counts all tasks of this user, and others may be started meanwhile.
        limits["tasks_of_user"] = isolation.count_tasks(user) + limits["threads"] * (1 + others)
    folder = f"{set_up['folder']}/{made}"
    folders.make_folder(folder, user)
    return folder, user


def finish(child: Child) -> int:
    """Write what a child used and how it ended; returns its init, to be reaped later."""
    _, status, usage = os.wait4(child.pid, 0)
    os.close(child.pidfd)
    child.channel.close()
    if child.leash >= 0:
        os.close(child.leash)
    if child.has_order:
        ended_by = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        report(
            child.status,
            {
                "signal": ended_by,
                "code": os.WEXITSTATUS(status) if os.WIFEXITED(status) else -1,
                "timed_out": child.has_timed_out,
                "starved": child.has_starved,
                "overfull": child.is_overfull,
                "out_of_memory": child.group is not None and child.group.give_back(ended_by),
                "elapsed_s": time.monotonic() - child.started,
                "cpu_s": usage.ru_utime + usage.ru_stime,
                "peak_kib": usage.ru_maxrss,
                "resting_kib": child.resting_kib,
            },
        )
    if child.folder:
        folders.remove_folder(child.folder)
    return child.init


def report(pipe: int, status: dict[str, Any]) -> None:
    """Say on a status pipe how a call ended, and close it."""
    try:
        os.write(pipe, json.dumps(status).encode())
    except BrokenPipeError:
        # The grader has stopped listening; it knows why.
        return
    finally:
        os.close(pipe)


def count_threads() -> int:
    return len(os.listdir("/proc/self/task"))
