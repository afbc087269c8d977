"""The warm process: imports what problems need, then forks one locked-in child a call.

It holds no secrets: no reference, no expected value, no other submission. It reads nothing a
student wrote; requests go straight to the child through a sealed file. Each message on the
control socket carries limits and four descriptors: the result pipe, the status pipe, the
output pipe and the request.

Behind `namespaces` one child is always ahead: forked and locked away while another runs, it
waits for the next call's order, which then takes little longer than the call itself.
"""

from __future__ import annotations

import gc
import json
import math
import os
import select
import socket
import sys
import time
from typing import Any

from . import cgroups, children, folders, isolation, landlock

MAX_CONTROL_MESSAGE = 1 << 16
MSG_CMSG_CLOEXEC = 0x40000000
WATCH_MS = 50
"""How often folders without a size of their own are looked at."""


def main() -> None:
    isolation.take_ordinary_turns()
    control = socket.socket(fileno=int(sys.argv[1]))
    set_up = json.loads(control.recv(MAX_CONTROL_MESSAGE))
    if set_up["modules"]:
        from . import pages, warming

        warming.warm(set_up["modules"])
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
    if set_up["modules"]:
        # Before there are control groups, which would charge the first call for it.
        pages.put_together()
    controls = [control]
    for number in range(1, set_up["twins"] + 1):
        controls.append(_fork_twin(set_up, number, controls))
    ready = json.dumps({"ready": True, "threads": children.count_threads()}).encode()
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
    alive: dict[int, children.Child] = {}
    inits: list[int] = []
    spare: children.Child | None = None

    def watch(child: children.Child) -> None:
        alive[child.pidfd] = child
        poller.register(child.pidfd, select.POLLIN)

    while True:
        if spare is None:
            spare = children.fork_ahead(set_up)
            if spare is not None:
                watch(spare)
        for descriptor, _ in poller.poll(_until_next_deadline(alive)):
            if descriptor != control.fileno():
                poller.unregister(descriptor)
                ended = alive.pop(descriptor)
                inits.append(children.finish(ended))
                spare = None if ended is spare else spare
                continue
            message, descriptors, _, _ = socket.recv_fds(
                control, MAX_CONTROL_MESSAGE, 4, MSG_CMSG_CLOEXEC
            )
            if not message:
                return
            others = sum(child.has_order for child in alive.values())
            try:
                child = children.start(json.loads(message), descriptors, set_up, spare, others)
            except OSError as problem:
                children.report(os.dup(descriptors[1]), {"fault": str(problem)})
            else:
                if child is spare:
                    spare = None
                else:
                    watch(child)
            for each in descriptors:
                os.close(each)
        _end_what_is_over(alive)
        inits = [init for init in inits if init and os.waitpid(init, os.WNOHANG)[0] == 0]


def _end_what_is_over(alive: dict[int, children.Child]) -> None:
    now = time.monotonic()
    for child in alive.values():
        if child.has_timed_out or child.is_overfull:
            continue
        child.end_if_late(now)
        if child.folder and not child.has_timed_out:
            child.is_overfull = folders.is_overfull(child.folder, child.folder_mib)
            if child.is_overfull:
                child.kill()


def _until_next_deadline(alive: dict[int, children.Child]) -> int | None:
    waiting = [child for child in alive.values() if not child.has_timed_out]
    first = min((child.deadline for child in waiting), default=math.inf)
    if first == math.inf:
        return None
    patience = max(0, int((first - time.monotonic()) * 1000) + 1)
    return min(patience, WATCH_MS) if any(child.folder for child in waiting) else patience


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
