"""Locking one process in: namespaces, mounts, limits, capabilities, system calls."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
from collections.abc import Iterable, Mapping
from typing import Any

_NEWNS, _NEWUTS, _NEWIPC = 0x00020000, 0x04000000, 0x08000000
_NEWUSER, _NEWPID, _NEWNET = 0x10000000, 0x20000000, 0x40000000
_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_NOEXEC = 1, 2, 4, 8
_MS_REMOUNT, _MS_BIND, _MS_REC, _MS_PRIVATE, _MS_RELATIME = 32, 4096, 16384, 1 << 18, 1 << 21
_ST_RELATIME = 4096
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = (
    1,
    4,
    22,
    24,
    38,
)
_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL = 47, 4
_SECCOMP_MODE_FILTER = 2

_OWN_PID = 0x5EC0FF1D.to_bytes(4, "little")
"""`grader.sandbox.seccomp` writes it where a process' own number belongs."""

NOBODY = 65533
"""The user id inside; outside it is whoever started the grader."""
FOLDER = "/box"
PRIVATE_FOLDERS = (FOLDER, "/dev/shm")

_libc = ctypes.CDLL(None, use_errno=True)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


class _CapabilityHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


def _require(status: int, doing: str) -> None:
    if status != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{doing}: {os.strerror(number)}")


def take_ordinary_turns() -> None:
    """Wait for a processor as everybody does, whatever priority the grader was started with.

    A real-time process runs until it wants to stop, and control groups of version 1 take none.
    """
    if os.sched_getscheduler(0) in (os.SCHED_FIFO, os.SCHED_RR):
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def enter_pid_namespace() -> None:
    """Children forked from now on live in a new pid namespace."""
    _require(_libc.unshare(_NEWPID), "a new pid namespace")


def leave_pid_namespace(own: int) -> None:
    """Children forked from now on live in the caller's own pid namespace again."""
    _require(_libc.setns(own, _NEWPID), "the own pid namespace")


def protect_devices(devices: Iterable[str]) -> None:
    """Let nobody below change the machine's own device files, which root's children would own.

    Reading and writing a device needs no writable mount; changing its mode or times does.
    """
    for device in devices:
        flags = os.statvfs(device).f_flag
        if flags & _ST_RELATIME:
            flags = flags & ~_ST_RELATIME | _MS_RELATIME
        _mount(None, device, None, flags | _MS_REMOUNT | _MS_BIND | _MS_RDONLY)


def become_user(user: int) -> None:
    """Be somebody who owns no file and whose threads are counted, as root's are not."""
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    # The change of user hides /proc/self from the process itself, which has maps to write there.
    _require(_libc.prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0), "keeping /proc/self")


def end_with_parent(parent: int) -> None:
    """Be killed when whoever forked this process ends; at once if it already has."""
    _require(_libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "ending with the parent")
    if parent and os.getppid() != parent:
        os._exit(70)


def count_tasks(user: int) -> int:
    """Threads of every process in sight that belongs to a user; 0 is whoever asks."""
    count, own = 0, user or os.getuid()
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                if os.stat(f"/proc/{name}").st_uid == own:
                    count += len(os.listdir(f"/proc/{name}/task"))
            except OSError:
                continue
    return count


def enter_namespaces() -> None:
    """Give this process its own users, mounts, network, semaphores and host name."""
    user, group = os.getuid(), os.getgid()
    _require(_libc.unshare(_NEWUSER | _NEWNS | _NEWNET | _NEWIPC | _NEWUTS), "new namespaces")
    for name, line in (
        ("setgroups", "deny"),
        ("uid_map", f"{NOBODY} {user} 1"),
        ("gid_map", f"{NOBODY} {group} 1"),
    ):
        file = os.open(f"/proc/self/{name}", os.O_WRONLY)
        os.write(file, line.encode())
        os.close(file)


def mount_private_folders(folder_mib: int, cpu_description: bytes) -> None:
    """A fresh folder of its own, and a /proc that holds a description of the processor alone."""
    _mount(None, "/", None, _MS_REC | _MS_PRIVATE)
    flags = _MS_NOSUID | _MS_NODEV
    _mount("tmpfs", FOLDER, "tmpfs", flags, f"size={folder_mib}m,nr_inodes=4096,mode=0700")
    _mount("tmpfs", "/dev/shm", "tmpfs", flags, "size=64m,nr_inodes=256")
    flags |= _MS_NOEXEC
    _mount("tmpfs", "/proc", "tmpfs", flags, "size=64k,nr_inodes=4,mode=0555")
    # PyTorch complains on standard error when it can't read this file.
    file = os.open("/proc/cpuinfo", os.O_WRONLY | os.O_CREAT, 0o444)
    os.write(file, cpu_description)
    os.close(file)
    _mount("tmpfs", "/proc", None, flags | _MS_REMOUNT | _MS_RDONLY)


def _mount(
    source: str | None, target: str, kind: str | None, flags: int, options: str = ""
) -> None:
    def text(value: str | None) -> bytes | None:
        return None if value is None else value.encode()

    status = _libc.mount(
        text(source), text(target), text(kind), ctypes.c_ulong(flags), text(options or None)
    )
    _require(status, f"mounting {target}")


def volunteer_for_want_of_memory() -> None:
    """When the machine itself runs out of memory, the kernel is to end this process first."""
    file = os.open("/proc/self/oom_score_adj", os.O_WRONLY)
    os.write(file, b"1000")
    os.close(file)


def measure_address_space() -> int:
    """Bytes of address space that the worker's imports already take."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


def limit_resources(limits: Mapping[str, Any], in_use: int) -> None:
    """Bound memory beyond what is in use, processor time, files and threads of this process."""
    set_limit = resource.setrlimit
    set_limit(resource.RLIMIT_CORE, (0, 0))
    # At the soft limit SIGXCPU ends the process; what is deaf to it goes on until its deadline.
    set_limit(resource.RLIMIT_CPU, (limits["cpu_s"], limits["cpu_ceiling_s"]))
    set_limit(resource.RLIMIT_FSIZE, (limits["file_mib"] << 20,) * 2)
    set_limit(resource.RLIMIT_NOFILE, (limits["files"],) * 2)
    set_limit(resource.RLIMIT_NPROC, (limits.get("tasks_of_user", limits["threads"]),) * 2)
    # Also the size of each thread's stack: 15 threads then take 120 MiB of the address space.
    set_limit(resource.RLIMIT_STACK, (8 << 20,) * 2)
    set_limit(resource.RLIMIT_AS, (in_use + (limits["memory_mib"] << 20),) * 2)


def drop_capabilities() -> None:
    """Give up every capability, for good."""
    for capability in range(64):
        if _libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0) != 0:
            break
    _libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    header = _CapabilityHeader(0x20080522, 0)
    nothing = (ctypes.c_uint32 * 6)()
    _require(_libc.capset(ctypes.byref(header), nothing), "dropping capabilities")
    _libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def refuse_new_privileges() -> None:
    """No program started from here could gain any; without this no filter may be set."""
    _require(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no new privileges")


def filter_system_calls(program: bytes) -> None:
    """From here on only the listed system calls work; this can't be undone."""
    program = program.replace(_OWN_PID, os.getpid().to_bytes(4, "little"))
    buffer = ctypes.create_string_buffer(program, len(program))
    header = _Program(len(program) // 8, ctypes.cast(buffer, ctypes.c_void_p))
    _require(
        _libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(header), 0, 0),
        "the system call filter",
    )
