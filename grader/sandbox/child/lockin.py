"""What a child does: lock itself away, wait for its order, lock the last doors, answer, end."""

from __future__ import annotations

import fcntl
import json
import os
import resource
import socket
from typing import Any, NoReturn

from . import calling, isolation, landlock

CHANNEL = RESULT = 3
"""The order comes on the descriptor that the result takes over afterwards."""
REQUEST = 4
MAX_ORDER = 1 << 12
MSG_CMSG_CLOEXEC = 0x40000000


def become_child(channel: int, set_up: dict[str, Any], folder: str, user: int) -> NoReturn:
    """Lock this process in, serve one request, end. Never returns to the caller."""
    code = 70
    is_locked_in = False
    try:
        problem: BaseException | None = None
        in_use = isolation.measure_address_space()
        try:
            _close_all_but(channel)
            folder = _lock_away(set_up, folder, user)
        except BaseException as found:
            # There is nobody to tell before the order is here.
            problem = found
        limits = _await_order()
        if problem is not None:
            raise problem
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


def _close_all_but(channel: int) -> None:
    nothing = os.open("/dev/null", os.O_RDONLY)
    # Above all targets first: no dup2 may overwrite a descriptor still needed.
    channel = _lift(channel)
    os.dup2(nothing, 0, inheritable=False)
    os.dup2(channel, CHANNEL, inheritable=False)
    os.closerange(CHANNEL + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def _lock_away(set_up: dict[str, Any], folder: str, user: int) -> str:
    """Part with everything that no call's limits have a say in; returns the folder to be in."""
    if set_up["wall"] != "none":
        isolation.volunteer_for_want_of_memory()
        if user:
            isolation.become_user(user)
    if set_up["wall"] == "namespaces":
        isolation.enter_namespaces()
        isolation.mount_private_folders(set_up["folder_mib"], set_up["cpu_description"])
        folder = isolation.FOLDER
    else:
        isolation.end_with_parent(set_up["pid"])
    if folder:
        os.chdir(folder)
        os.environ["HOME"] = os.environ["TMPDIR"] = folder
    return folder


def _await_order() -> dict[str, Any]:
    """The limits of the call; its pipes and its request come with them.

    Errors   OSError when there will be none.
    """
    channel = socket.socket(fileno=CHANNEL)
    message, descriptors, _, _ = socket.recv_fds(channel, MAX_ORDER, 3, MSG_CMSG_CLOEXEC)
    channel.detach()
    if not message:
        os._exit(70)
    result, output, request = (_lift(descriptor) for descriptor in descriptors)
    for source, target in ((output, 1), (output, 2), (result, RESULT), (request, REQUEST)):
        os.dup2(source, target, inheritable=False)
    os.closerange(REQUEST + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    limits: dict[str, Any] = json.loads(message)
    return limits


def _read_request() -> bytes:
    size = os.fstat(REQUEST).st_size
    body = bytearray()
    while len(body) < size:
        body += os.pread(REQUEST, size - len(body), len(body))
    os.close(REQUEST)
    return bytes(body)


def _restrict_files(set_up: dict[str, Any], folder: str) -> None:
    version = set_up["landlock"]
    if set_up["wall"] == "landlock":
        landlock.restrict_files(version, (folder,), set_up["readable"], set_up["devices"])
    elif version:
        landlock.restrict_files(version, isolation.PRIVATE_FOLDERS, ("/",), ("/dev",))


def _lift(descriptor: int) -> int:
    return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 16)
