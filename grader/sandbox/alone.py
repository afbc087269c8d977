"""One program of the grader's own in a box of its own, for what no warm worker can hold.

A worker forks its children and must never have touched a GPU; a program that uses one, on what
was made of a student's code, starts here. The walls are the worker's: bubblewrap, a user who owns
nothing, Landlock, a filter of system calls, limits, and a canary that has to fail first.
"""

from __future__ import annotations

import json
import os
import selectors
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.errors import NoIsolation
from grader.sandbox import canary
from grader.sandbox.bubblewrap import (
    BOX,
    DEVICES,
    ENVIRONMENT,
    INSIDE,
    SOMEBODY,
    find_bubblewrap,
    list_readable,
    show_read_only,
)
from grader.sandbox.cgroups import find_lent, make_groups
from grader.sandbox.child.cgroups import Group
from grader.sandbox.child.folders import is_overfull
from grader.sandbox.graphics import NO_GRAPHICS, Graphics
from grader.sandbox.seccomp import build_filter
from grader.sandbox.starting import NOBODY, OUTSIDE_USERS, can_be_nobody, map_users
from grader.sandbox.tiers import Tier

PACKAGE = Path(__file__).resolve().parents[1]
BOX_MIB = 256
"""Files of one program, which are memory."""
MEMORY_MIB = 16 << 10
"""All of it in a control group, where the machine lends one; written memory of its own besides.
Address space has a limit only without a GPU, for a driver reserves all of a GPU's."""
FILES, THREADS = 1024, 512
"""A driver opens some hundred, and has threads for each processor."""
ANSWER_BYTES = 8 << 20
COMPLAINT_BYTES = 1 << 16
GRACE_S = 5
WATCH_S = 0.05
"""How often a box is looked at that no mount gives a size."""
START = "import sys; sys.path.insert(0, {folder!r}); from grader.sandbox.locked import main; main()"


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """Python of the grader's own that reads one request and writes one answer."""

    text: str
    request: bytes = b""
    """On its standard input. The answer is what it writes to standard output."""
    time_s: float = 60
    """On the wall and of processor time."""
    graphics: Graphics = NO_GRAPHICS
    most_bytes: int = ANSWER_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """How it ended. Both texts may be a student's doing: to be decoded strictly, and cleaned."""

    answer: bytes = b""
    complaint: str = ""
    fault: str = ""
    """Why there is no answer to be read; empty where there is one."""


_proved: set[tuple[Tier, Graphics]] = set()


def run_alone(program: Program, tier: Tier) -> Finished:
    """Run a program behind the walls of a tier, once a canary has failed to get past them.

    Errors   NoIsolation when it did get past, or the box can't be set up.
    Cost     a twentieth of a second more than the program takes; the canary, once a process.
    """
    key = tier, program.graphics
    if tier is not Tier.NONE and key not in _proved:
        _prove(tier, program.graphics)
        _proved.add(key)
    return _run(program, tier)


def _prove(tier: Tier, graphics: Graphics) -> None:
    """Try to break out of exactly such a box."""
    ended = _run(Program(text=_make_canary(tier, graphics), graphics=graphics), tier)
    try:
        done = json.loads(ended.answer)
    except ValueError:
        reason = ended.complaint.strip()[-300:] or ended.fault
        raise NoIsolation(
            f"a box can't be set up here: {reason}; try: {canary.explain(reason)}"
        ) from None
    if done:
        raise NoIsolation(f"code in a box could {', '.join(map(str, done))}")


def _make_canary(tier: Tier, graphics: Graphics) -> str:
    """The worker's canary, but for what is different here by design."""
    spared = ["see other processes"]
    if graphics.devices:
        spared.append("keep files in memory")
    if not tier.is_for_strangers:
        spared.append(canary.ADMINISTRATOR)
    if tier.has_bubblewrap:
        # It has a temporary folder of its own, and sees an init and itself.
        spared.append("write to /tmp")
    return canary.SOURCE + (
        f"\nimport json\nfor name in {spared!r}: del ATTEMPTS[name]\n"
        f"if {tier.has_bubblewrap} and sum(map(str.isdigit, os.listdir('/proc'))) > 2:\n"
        "    ATTEMPTS['see processes outside'] = lambda home: None\n"
        f"json.dump(sing({str(Path.home())!r}, None), sys.stdout)\n"
    )


def _run(program: Program, tier: Tier) -> Finished:
    maps_users = tier.has_bubblewrap and can_be_nobody()
    with ExitStack() as stack:
        folder = BOX
        if not tier.has_bubblewrap:
            folder = tempfile.mkdtemp(prefix="fairmark-")
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
        request = os.memfd_create("request", os.MFD_CLOEXEC)
        stack.callback(os.close, request)
        _fill(request, program.request)
        pipes: list[int] = []
        if maps_users:
            # Bubblewrap says who it is on one, and waits for its users on the other.
            (said, says), (waits, go) = os.pipe(), os.pipe()
            pipes = [says, waits]
            for descriptor in (said, go):
                stack.callback(os.close, descriptor)
        entrances = _enter_group(tier, stack)
        command, environment = build_box(program, tier, folder, pipes, entrances)
        process = subprocess.Popen(
            command, stdin=request, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=environment, cwd="/", pass_fds=[*pipes, *entrances], start_new_session=True,
        )  # fmt: skip
        stack.callback(_end, process)
        for descriptor in pipes:
            os.close(descriptor)
        if maps_users and not map_users(said, go):
            # Without a second user the program would be the machine's administrator.
            raise NoIsolation("a box can't be set up here: no second user can be mapped")
        return _listen(process, program, "" if tier.has_bubblewrap else folder)


def _enter_group(tier: Tier, stack: ExitStack) -> list[int]:
    """Files by which a program enters a control group of its own; none where none is lent."""
    groups = make_groups(find_lent() if tier is not Tier.NONE else None)
    if groups is None:
        return []
    stack.callback(groups.remove)
    try:
        group = Group(groups.lent.version, groups.descriptors, "box")
        stack.callback(group.close)
        group.take(MEMORY_MIB, THREADS)
    except OSError:
        return []
    finally:
        groups.close()
    return group.entrances


def _fill(descriptor: int, content: bytes) -> None:
    remaining = memoryview(content)
    while remaining:
        remaining = remaining[os.write(descriptor, remaining) :]
    os.lseek(descriptor, 0, os.SEEK_SET)


def build_box(
    program: Program, tier: Tier, folder: str, pipes: list[int], entrances: list[int]
) -> tuple[list[str], dict[str, str]]:
    """The command that starts a program in its box, and its environment."""
    boxed = tier.has_bubblewrap
    set_up: dict[str, Any] = {
        "program": program.text,
        "wall": "none" if tier is Tier.NONE else "landlock" if tier.is_fenced else "namespaces",
        "parent": 0 if boxed else os.getpid(),
        "entrances": entrances,
        "user": 0,
        "private": [folder, "/tmp", "/dev/shm"] if boxed else [folder],
        "readable": ["/"],
        "devices": ["/dev"],
        "limits": _limit(program),
        "filter": build_filter(is_fenced=True, has_graphics=bool(program.graphics.devices)).hex(),
    }
    if boxed:
        set_up["user"] = NOBODY if pipes else 0
    else:
        if tier is not Tier.NONE and can_be_nobody(sees_all=True):
            user = set_up["user"] = OUTSIDE_USERS.start
            os.chown(folder, user, user)
        set_up["readable"] = [
            *list_readable(), str(PACKAGE), "/proc/self", *program.graphics.readable,
        ]  # fmt: skip
        set_up["devices"] = [*DEVICES, *program.graphics.devices]
    start = START.format(folder=INSIDE if boxed else str(PACKAGE.parent))
    command = [sys.executable, "-I", "-c", start, json.dumps(set_up)]
    private = dict.fromkeys(
        ("HOME", "TMPDIR", "NUMBA_CACHE_DIR", "MPLCONFIGDIR", "CUDA_CACHE_PATH"), folder
    )
    environment = {**ENVIRONMENT, **private, **dict(program.graphics.environment)}
    if program.graphics.devices and "CUDA_VISIBLE_DEVICES" not in dict(
        program.graphics.environment
    ):
        del environment["CUDA_VISIBLE_DEVICES"]
    return (_build_wall(program, pipes) if boxed else []) + command, environment


def _build_wall(program: Program, pipes: list[int]) -> list[str]:
    who = "0" if pipes else str(SOMEBODY)
    wall = [
        find_bubblewrap(), "--unshare-all", "--unshare-user", "--uid", who, "--gid", who,
        "--new-session", "--die-with-parent", "--hostname", "grader", "--cap-drop", "ALL",
    ]  # fmt: skip
    if pipes:
        wall += ["--info-fd", str(pipes[0]), "--userns-block-fd", str(pipes[1])]
        for capability in ("CAP_SETUID", "CAP_SETGID"):
            wall += ["--cap-add", capability]
    # Before the libraries: an interpreter may lie below the machine's own /tmp.
    for private in (BOX, "/tmp", "/dev/shm"):
        wall += ["--perms", "1777", "--size", str(BOX_MIB << 20), "--tmpfs", private]
    wall += show_read_only()
    wall += ["--dir", INSIDE, "--ro-bind", str(PACKAGE), f"{INSIDE}/grader"]
    wall += ["--proc", "/proc"]
    for device in (*DEVICES, *program.graphics.devices):
        wall += ["--dev-bind", device, device]
    for path in program.graphics.readable:
        wall += ["--ro-bind", path, path]
    return [*wall, "--remount-ro", "/", "--chdir", BOX, "--"]


def _limit(program: Program) -> dict[str, int]:
    memory = "RLIMIT_DATA" if program.graphics.devices else "RLIMIT_AS"
    return {
        "RLIMIT_CORE": 0,
        "RLIMIT_CPU": int(program.time_s) + 1,
        "RLIMIT_FSIZE": BOX_MIB << 20,
        memory: MEMORY_MIB << 20,
        "RLIMIT_NOFILE": FILES,
        "RLIMIT_NPROC": THREADS,
        "RLIMIT_STACK": 8 << 20,
    }


def _listen(process: subprocess.Popen[bytes], program: Program, watched: str) -> Finished:
    """Read what it says until it ends, its time is up, or it says or writes too much."""
    assert process.stdout is not None and process.stderr is not None
    answer, complaint = bytearray(), bytearray()
    kept = {
        process.stdout: (answer, program.most_bytes),
        process.stderr: (complaint, COMPLAINT_BYTES),
    }
    given_up_at = time.monotonic() + program.time_s
    fault = ""
    with selectors.DefaultSelector() as selector:
        for pipe in kept:
            selector.register(pipe, selectors.EVENT_READ)
        while selector.get_map() and not fault:
            left_s = given_up_at - time.monotonic()
            if left_s <= 0:
                fault = f"stopped after {program.time_s:g} s"
                break
            if watched and is_overfull(watched, BOX_MIB):
                fault = f"files of more than {BOX_MIB} MiB"
                break
            for ready, _ in selector.select(min(left_s, WATCH_S) if watched else left_s):
                stream: Any = ready.fileobj
                content = os.read(stream.fileno(), 1 << 16)
                if not content:
                    selector.unregister(stream)
                    continue
                text, most = kept[stream]
                text += content[: most - len(text)]
                if stream is process.stdout and len(text) >= most:
                    fault = f"an answer of more than {most:,} bytes"
    if not fault:
        try:
            code = process.wait(timeout=GRACE_S)
        except subprocess.TimeoutExpired:
            fault = "it did not end after its answer"
        else:
            fault = f"exit {code}" if code else ""
    words = complaint.decode("utf-8", "replace")
    return Finished(answer=b"" if fault else bytes(answer), complaint=words, fault=fault)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Everything in the box ends with the process that waits for it."""
    if process.poll() is None:
        process.kill()
    process.wait()
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()
