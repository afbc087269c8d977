"""The warm process: imports what problems need, then forks one locked-in child a call.

It holds no secrets: no reference, no expected value, no other submission. It reads nothing a
student wrote; requests go straight to the child through a sealed file. Each message on the
control socket carries limits and four descriptors: the result pipe, the status pipe, the
output pipe and the request.

What locks a child in is its wall. Behind `namespaces` every child gets a pid namespace whose
pid 1 is `cat` on a pipe that this process holds: a student's process is then an ordinary pid 2,
for which signals and processor-time limits mean what they always do, and when this process
ends, so does everything below it. Behind `landlock` it shares its namespaces with this process,
sees no file but libraries and its folder, signals nobody but itself, and ends with its parent.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import select
import signal
import socket
import sys
import time
from typing import Any, NoReturn

from . import calling, cgroups, folders, isolation, landlock

RESULT, REQUEST = 3, 4
MAX_CONTROL_MESSAGE = 1 << 16
MSG_CMSG_CLOEXEC = 0x40000000
WATCH_MS = 50
"""How often folders without a size of their own are looked at."""


class Child:
    """One call under way."""

    def __init__(self, pid: int, status: int, limits: dict[str, Any]) -> None:
        self.pid, self.status = pid, status
        self.init, self.leash = 0, -1
        self.group: cgroups.Group | None = None
        self.folder = ""
        self.folder_mib = limits["folder_mib"]
        self.started = time.monotonic()
        self.deadline = self.started + limits["time_s"]
        self.has_timed_out = self.is_overfull = False

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)


def main() -> None:
    control = socket.socket(fileno=int(sys.argv[1]))
    set_up = json.loads(control.recv(MAX_CONTROL_MESSAGE))
    if set_up["modules"]:
        from .warming import warm

        warm(set_up["modules"])
    _hide_own_modules()
    if set_up["user"]:
        os.setgroups([])
    set_up["landlock"] = landlock.find_version()
    if set_up["wall"] == "namespaces":
        isolation.protect_devices(set_up["devices"])
        set_up["namespace"] = os.open("/proc/self/ns/pid", os.O_RDONLY)
    else:
        isolation.end_with_parent(0)
    if set_up["wall"] == "landlock" and not set_up["landlock"]:
        raise OSError("this kernel has no Landlock")
    set_up["filter"] = bytes.fromhex(set_up["filter"])
    set_up["cpu_description"] = _describe_cpu()
    set_up["pid"] = os.getpid()
    # What lives until now is shared by all children: keep the collector from touching it.
    gc.collect()
    gc.freeze()
    controls = [control]
    for number in range(1, set_up["twins"] + 1):
        controls.append(_fork_twin(set_up, number, controls))
    ready = json.dumps({"ready": True, "threads": _count_threads()}).encode()
    socket.send_fds(control, [ready], [each.fileno() for each in controls[1:]])
    for each in controls[1:]:
        each.close()
    set_up["groups"] = cgroups.join_groups(set_up["groups"], 0)
    serve(control, set_up)


def _fork_twin(set_up: dict[str, Any], number: int, controls: list[socket.socket]) -> socket.socket:
    """A process like this one, with a control socket and a group of its own.

    Calls that overlap are then forked side by side, and nobody is moved between groups for them.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if os.fork() == 0:
        code = 70
        try:
            for each in (*controls, ours):
                each.close()
            set_up["groups"] = cgroups.join_groups(set_up["groups"], number)
            set_up["pid"] = os.getpid()
            serve(theirs, set_up)
            code = 0
        except OSError as problem:
            os.write(2, f"a twin of the worker ended: {problem}"[:500].encode())
        finally:
            os._exit(code)
    theirs.close()
    return ours


def serve(control: socket.socket, set_up: dict[str, Any]) -> None:
    """Start and reap children until the control socket closes."""
    poller = select.poll()
    poller.register(control, select.POLLIN)
    children: dict[int, Child] = {}
    inits: list[int] = []
    while True:
        for descriptor, _ in poller.poll(_until_next_deadline(children)):
            if descriptor != control.fileno():
                poller.unregister(descriptor)
                inits.append(finish(children.pop(descriptor)))
                os.close(descriptor)
                continue
            message, descriptors, _, _ = socket.recv_fds(
                control, MAX_CONTROL_MESSAGE, 4, MSG_CMSG_CLOEXEC
            )
            if not message:
                return
            limits = json.loads(message)
            try:
                child = start(limits, descriptors, set_up, children)
            except OSError as problem:
                _report(descriptors[1], {"fault": str(problem)})
                os.close(descriptors[1])
            else:
                pidfd = os.pidfd_open(child.pid)
                children[pidfd] = child
                poller.register(pidfd, select.POLLIN)
            for descriptor in (descriptors[0], *descriptors[2:]):
                os.close(descriptor)
        now = time.monotonic()
        for child in children.values():
            if child.has_timed_out or child.is_overfull:
                continue
            child.has_timed_out = now >= child.deadline
            child.is_overfull = bool(child.folder) and folders.is_overfull(
                child.folder, child.folder_mib
            )
            if child.has_timed_out or child.is_overfull:
                child.kill()
        inits = [init for init in inits if init and os.waitpid(init, os.WNOHANG)[0] == 0]


def start(
    limits: dict[str, Any],
    descriptors: list[int],
    set_up: dict[str, Any],
    others: dict[int, Child],
) -> Child:
    """Fork one child.

    Errors   OSError when the system refuses; the caller reports it as our fault.
    """
    if _count_threads() != 1:
        # Locks held by other threads would stay locked for ever in the child.
        raise OSError("the worker has grown a second thread")
    result, status, output, request = descriptors
    groups: cgroups.Groups | None = set_up["groups"]
    group = groups.take(limits["memory_mib"], limits["threads"]) if groups else None
    if set_up["wall"] == "namespaces":
        child = _fork_into_namespace(limits, descriptors, set_up)
    else:
        place = _make_place(limits, set_up, others)
        pid = os.fork()
        if pid == 0:
            become_child(limits, result, output, request, set_up, place)
        child = Child(pid, status, limits)
        child.folder = place[0]
    child.group = group
    return child


def _fork_into_namespace(
    limits: dict[str, Any], descriptors: list[int], set_up: dict[str, Any]
) -> Child:
    result, status, output, request = descriptors
    isolation.enter_pid_namespace()
    try:
        leash_end, leash = os.pipe()
        actions = [(os.POSIX_SPAWN_DUP2, leash_end, 0)]
        init = os.posix_spawn(set_up["init"], ["init"], {}, file_actions=actions)
        os.close(leash_end)
        pid = os.fork()
        if pid == 0:
            become_child(limits, result, output, request, set_up, ("", set_up["user"]))
    finally:
        isolation.leave_pid_namespace(set_up["namespace"])
    child = Child(pid, status, limits)
    child.init, child.leash = init, leash
    return child


def _make_place(
    limits: dict[str, Any], set_up: dict[str, Any], others: dict[int, Child]
) -> tuple[str, int]:
    """A folder for a child that shares its namespaces with others, and a user if there is one."""
    if set_up["wall"] != "landlock":
        return "", 0
    set_up["made"] = made = set_up.get("made", 0) + 1
    user = set_up["user"] + made % set_up["users"]
    if set_up["users"] == 1:
        # The limit counts all tasks of this user, and others may be started meanwhile.
        limits["threads"] = isolation.count_tasks(user) + limits["threads"] * (1 + len(others))
    folder = f"{set_up['folder']}/{made}"
    folders.make_folder(folder, user)
    return folder, user


def become_child(
    limits: dict[str, Any],
    result: int,
    output: int,
    request: int,
    set_up: dict[str, Any],
    place: tuple[str, int],
) -> NoReturn:
    """Lock this process in, serve the request, end. Never returns to the caller."""
    code = 70
    is_locked_in = False
    folder, user = place
    try:
        nothing = os.open("/dev/null", os.O_RDONLY)
        # Above all targets first: no dup2 may overwrite a descriptor still needed.
        result, output, request = (_lift(descriptor) for descriptor in (result, output, request))
        for source, target in ((nothing, 0), (output, 1), (output, 2), (result, RESULT)):
            os.dup2(source, target, inheritable=False)
        os.dup2(request, REQUEST, inheritable=False)
        os.closerange(REQUEST + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
        in_use = isolation.measure_address_space()
        if set_up["wall"] != "none":
            isolation.volunteer_for_want_of_memory()
            if user:
                isolation.become_user(user)
        if set_up["wall"] == "namespaces":
            isolation.enter_namespaces()
            isolation.mount_private_folders(limits["folder_mib"], set_up["cpu_description"])
            folder = isolation.FOLDER
        else:
            isolation.end_with_parent(set_up["pid"])
        if folder:
            os.chdir(folder)
            os.environ["HOME"] = os.environ["TMPDIR"] = folder
        body = _read_request()
        isolation.limit_resources(limits, in_use)
        if set_up["wall"] != "none":
            isolation.drop_capabilities()
            isolation.refuse_new_privileges()
            _restrict_files(set_up, folder)
            isolation.filter_system_calls(set_up["filter"])
        is_locked_in = True
        length = int.from_bytes(body[:4], "little")
        calling.answer(json.loads(body[4 : 4 + length]), body[4 + length :], RESULT)
        code = 0
    except BaseException as problem:
        # Later on it is the student's doing, who may have closed the result pipe.
        if not is_locked_in:
            os.write(2, f"the sandbox could not be set up: {problem}"[:500].encode())
    os._exit(code)


def _restrict_files(set_up: dict[str, Any], folder: str) -> None:
    version = set_up["landlock"]
    if set_up["wall"] == "landlock":
        landlock.restrict_files(version, (folder,), set_up["readable"], set_up["devices"])
    elif version:
        landlock.restrict_files(version, isolation.PRIVATE_FOLDERS, ("/",), ("/dev",))


def finish(child: Child) -> int:
    """Write what a child used and how it ended; returns its init, to be reaped later."""
    _, status, usage = os.wait4(child.pid, 0)
    if child.leash >= 0:
        os.close(child.leash)
    ended_by = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    is_out_of_memory = child.group is not None and child.group.give_back(ended_by)
    _report(
        child.status,
        {
            "signal": ended_by,
            "code": os.WEXITSTATUS(status) if os.WIFEXITED(status) else -1,
            "timed_out": child.has_timed_out,
            "overfull": child.is_overfull,
            "out_of_memory": is_out_of_memory,
            "elapsed_s": time.monotonic() - child.started,
            "cpu_s": usage.ru_utime + usage.ru_stime,
            "peak_kib": usage.ru_maxrss,
            "shared_kib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
        },
    )
    os.close(child.status)
    if child.folder:
        folders.remove_folder(child.folder)
    return child.init


def _read_request() -> bytes:
    size = os.fstat(REQUEST).st_size
    body = bytearray()
    while len(body) < size:
        body += os.pread(REQUEST, size - len(body), len(body))
    os.close(REQUEST)
    return bytes(body)


def _lift(descriptor: int) -> int:
    import fcntl

    return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 16)


def _report(pipe: int, status: dict[str, Any]) -> None:
    try:
        os.write(pipe, json.dumps(status).encode())
    except BrokenPipeError:
        # The grader has stopped listening; it knows why.
        return


def _until_next_deadline(children: dict[int, Child]) -> int | None:
    waiting = [child for child in children.values() if not child.has_timed_out]
    if not waiting:
        return None
    first = min(child.deadline for child in waiting)
    patience = max(0, int((first - time.monotonic()) * 1000) + 1)
    return min(patience, WATCH_MS) if any(child.folder for child in waiting) else patience


def _count_threads() -> int:
    return len(os.listdir("/proc/self/task"))


def _describe_cpu() -> bytes:
    """The first processor's entry: enough for libraries that look for its features."""
    with open("/proc/cpuinfo", "rb") as file:
        return file.read(1 << 14).split(b"\n\n")[0] + b"\n\n"


def _hide_own_modules() -> None:
    """Leave every module name and the path to a student's own files."""
    package = str(__package__)
    for name in [name for name in sys.modules if name.split(".")[0] == package.split(".")[0]]:
        del sys.modules[name]
    del sys.path[0]
