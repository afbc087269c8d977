"""One warm worker and the calls under way in it: the trusted side of the sandbox."""

from __future__ import annotations

import fcntl
import json
import os
import select
import signal
import socket
import tempfile
import threading
from contextlib import ExitStack, suppress

from grader.errors import SandboxFault
from grader.sandbox.bubblewrap import (
    BOX,
    CONTROL,
    DESCRIPTION,
    DEVICES,
    GO,
    GROUPS,
    build_command,
    find_init,
    list_readable,
)
from grader.sandbox.cgroups import find_lent, make_groups
from grader.sandbox.child.folders import remove_folder
from grader.sandbox.endings import (
    deadline_s,
    patience_s,
    processor_ceiling_s,
    processor_limit_s,
)
from grader.sandbox.flights import Flight, Line, write_request
from grader.sandbox.records import Call
from grader.sandbox.seccomp import build_filter
from grader.sandbox.starting import (
    NOBODY,
    OUTSIDE_USERS,
    can_be_nobody,
    map_users,
    spawn_from_lasting_thread,
)
from grader.sandbox.tiers import Tier

START_LIMIT_S = 120
"""Importing torch on a cold, busy machine has been seen to take half a minute."""
OFTEN_IGNORED = (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTERM)
MAX_THREADS = 64
MAX_FILES = 256
FOLDER_MIB = 64
"""What a child may write into its private folder, which is memory."""
FENCED_FILES, FENCED_FILE_MIB = 64, 8
"""Where a folder has no size of its own: unlinked files are in no folder, so they are few."""


class Worker:
    """A process that has imported some modules and forks one isolated child a call."""

    def __init__(self, modules: tuple[str, ...], tier: Tier, slots: int = 1) -> None:
        self.modules = modules
        self.tier = tier
        self.pid = 0
        # Both counted by the pool: calls made in it so far, and those that have not ended.
        self.calls = self.under_way = 0
        self._is_ready = False
        self._starting = threading.Lock()
        self._folder = _make_folder(tier)
        self._groups = make_groups(find_lent() if tier is not Tier.NONE else None)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control = ours
        # Elsewhere users and folders of children are told apart by one process' counting.
        self._twins = slots - 1 if tier is Tier.FULL else 0
        self._lines = [Line(ours)]
        self._log = os.memfd_create("worker-log", os.MFD_CLOEXEC)
        has_nobody = tier is not Tier.NONE and can_be_nobody(sees_all=not tier.has_bubblewrap)
        # Whoever waits for the worker hears what went wrong, with its log.
        with theirs, suppress(OSError):
            has_nobody &= self._spawn(
                theirs.fileno(), maps_users=has_nobody and tier.has_bubblewrap
            )
        set_up = {
            "modules": modules,
            "wall": _name_wall(tier),
            "user": _FIRST_USER[tier] if has_nobody else 0,
            # Where no namespace tells users apart, each child in flight has one of its own.
            "users": len(OUTSIDE_USERS) if has_nobody and not tier.has_bubblewrap else 1,
            "filter": build_filter(is_fenced=tier.is_fenced).hex(),
            "init": find_init() if tier is Tier.FULL else "",
            "devices": DEVICES,
            "folder": self._folder,
            "folder_mib": FOLDER_MIB,
            "readable": list_readable() if tier.is_fenced else [],
            "groups": self._describe_groups(),
            "twins": self._twins,
        }
        with suppress(OSError):
            ours.send(json.dumps(set_up).encode())

    def _describe_groups(self) -> dict[str, object] | None:
        if self._groups is None:
            return None
        numbers = dict(zip(self._groups.descriptors, GROUPS, strict=False))
        self._groups.close()
        return self._groups.describe(numbers)

    def _spawn(self, control: int, *, maps_users: bool) -> bool:
        """Start the process; whether its children can be a user of their own."""
        command, environment = build_command(
            self.modules, self.tier, maps_users=maps_users, folder=self._folder
        )
        with ExitStack() as ours, ExitStack() as theirs:

            def keep(owner: ExitStack, descriptor: int) -> int:
                owner.callback(os.close, descriptor)
                return descriptor

            null = keep(theirs, os.open("/dev/null", os.O_RDONLY | os.O_CLOEXEC))
            passed = [(null, 0), (self._log, 1), (self._log, 2), (control, CONTROL)]
            if self._groups is not None:
                passed += zip(self._groups.descriptors.values(), GROUPS, strict=False)
            description = go = -1
            if maps_users:
                description, description_end = map(keep, (ours, theirs), os.pipe())
                go_end, go = map(keep, (theirs, ours), os.pipe())
                passed += [(description_end, DESCRIPTION), (go_end, GO)]
            # Above all targets first: no duplicate may overwrite a descriptor still needed.
            actions = [
                (os.POSIX_SPAWN_DUP2, keep(theirs, _lift(source)), target)
                for source, target in passed
            ]
            try:
                self.pid = spawn_from_lasting_thread(
                    lambda: os.posix_spawn(
                        command[0],
                        command,
                        environment,
                        file_actions=actions,
                        setsigmask=[],
                        # A shell starts what it runs in the background with some ignored.
                        setsigdef=OFTEN_IGNORED,
                        # An interrupt at the keyboard is for the grader, which ends its workers.
                        setpgroup=0,
                    )
                )
            except OSError as problem:
                os.write(self._log, f"{command[0]}: {problem.strerror}".encode())
                raise
            theirs.close()
            return map_users(description, go) if maps_users else True

    def wait_until_ready(self) -> None:
        """Block until the imports are done.

        Errors   SandboxFault with what the worker printed, if it never gets there.
        """
        with self._starting:
            if not self._is_ready:
                self._hear_from_it()
                self._is_ready = True

    def has_started(self) -> bool:
        """Whether it has said that it is ready, or ended; without waiting."""
        return self._is_ready or bool(select.select([self._control], [], [], 0)[0])

    def _hear_from_it(self) -> None:
        try:
            self._control.settimeout(START_LIMIT_S)
            answer, twins, _, _ = socket.recv_fds(
                self._control, 1 << 12, self._twins, socket.MSG_CMSG_CLOEXEC
            )
        except OSError:
            answer, twins = b"", []
        if not answer:
            raise SandboxFault(f"a worker did not start: {self._read_log() or 'no word from it'}")
        self._control.settimeout(None)
        self._lines += [Line(socket.socket(fileno=descriptor)) for descriptor in twins]

    def start(self, call: Call) -> Flight:
        """Begin one call; it goes on while others are started.

        Errors   SandboxFault when the worker is gone.
        """
        self.wait_until_ready()
        request = write_request(call)
        result, result_end = os.pipe()
        status, status_end = os.pipe()
        output, output_end = os.pipe()
        limits = {
            "time_s": deadline_s(call.time_s),
            "patience_s": patience_s(call.time_s),
            "cpu_s": processor_limit_s(call.time_s),
            "cpu_ceiling_s": processor_ceiling_s(call.time_s),
            "memory_mib": call.memory_mib,
            "folder_mib": FOLDER_MIB,
            "file_mib": FENCED_FILE_MIB if self.tier.is_fenced else FOLDER_MIB,
            "files": FENCED_FILES if self.tier.is_fenced else MAX_FILES,
            "threads": MAX_THREADS,
        }
        ends = [result_end, status_end, output_end, request]
        with self._starting:
            line = min(self._lines, key=lambda each: each.under_way)
            line.under_way += 1
        try:
            socket.send_fds(line.control, [json.dumps(limits).encode()], ends)
        except OSError as problem:
            line.under_way -= 1
            for descriptor in (result, status, output):
                os.close(descriptor)
            raise SandboxFault(f"a worker is gone: {self._read_log() or problem}") from None
        finally:
            for descriptor in ends:
                os.close(descriptor)
        return Flight(self, line, call, result, status, output)

    def close(self) -> None:
        """End the worker and everything below it."""
        for line in self._lines:
            line.control.close()
        if self.pid:
            for send in (os.kill, os.killpg):
                with suppress(ProcessLookupError):
                    send(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.pid = 0
        if self._groups is not None:
            self._groups.remove()
        if self._folder != BOX:
            remove_folder(self._folder)
        log, self._log = self._log, -1
        if log >= 0:
            os.close(log)

    def _read_log(self) -> str:
        if self._log < 0:
            return "it has been closed"
        size = os.fstat(self._log).st_size
        return os.pread(self._log, 2000, max(0, size - 2000)).decode("utf-8", "replace").strip()


_FIRST_USER = {
    Tier.FULL: NOBODY, Tier.SEPARATE: NOBODY, Tier.CONTAINER: OUTSIDE_USERS.start,
    Tier.OWN_CODE: OUTSIDE_USERS.start, Tier.NONE: 0,
}  # fmt: skip


def _name_wall(tier: Tier) -> str:
    if tier is Tier.FULL:
        return "namespaces"
    return "landlock" if tier.is_fenced else "none"


def _make_folder(tier: Tier) -> str:
    """Where the worker may write: below it every child gets a folder of its own."""
    if tier.has_bubblewrap:
        return BOX
    folder = tempfile.mkdtemp(prefix="fairmark-")
    # Users of the children pass through it and can't list it.
    os.chmod(folder, 0o711)  # noqa: PTH101
    return folder


def _lift(descriptor: int) -> int:
    """A duplicate with a number above all that have a meaning in the worker."""
    return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 16)
