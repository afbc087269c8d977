"""A bird for the mine: code that tries to break out, run before any student's is.

Isolation is believed when it has been seen to hold on this machine, by trying; versions and
settings are not looked at.
"""

from __future__ import annotations

from grader.errors import NoIsolation
from grader.sandbox.bubblewrap import REMEDY
from grader.sandbox.records import Call, Ending, Run
from grader.sandbox.tiers import Tier

SOURCE = """
import ctypes, os, socket, sys

libc = ctypes.CDLL(None, use_errno=True)


def expect_refusal(status):
    if status < 0:
        raise OSError(ctypes.get_errno(), "refused")


def open_for_writing(path):
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT))


def see_other_processes():
    if not [name for name in os.listdir("/proc") if name.isdigit()]:
        raise OSError("none in sight")


def change_mode(path):
    os.chmod(path, os.stat(path).st_mode & 0o7777)


def be_somebody():
    if os.getuid() != 0:
        raise OSError("nobody")


ATTEMPTS = {
    "read the password file": lambda home: os.close(os.open("/etc/passwd", os.O_RDONLY)),
    "list the user's files": lambda home: os.listdir(home + "/.cache"),
    "open a network socket": lambda home: socket.socket(socket.AF_INET),
    "open a local socket": lambda home: socket.socketpair(),
    "start a process": lambda home: os.fork() or os._exit(0),
    "run a program": lambda home: os.execv("/usr/bin/env", ["env"]),
    "signal its init": lambda home: os.kill(1, 0),
    "signal everything": lambda home: os.kill(-1, 0),
    "write to the root": lambda home: open_for_writing("/canary"),
    "write to /tmp": lambda home: open_for_writing("/tmp/canary"),
    "write to the user's files": lambda home: open_for_writing(home + "/canary"),
    "change a library's mode": lambda home: change_mode(os.__file__),
    "read its parent's memory": lambda home: open(f"/proc/{os.getppid()}/mem", "rb"),
    "read its parent's environment": lambda home: open(f"/proc/{os.getppid()}/environ", "rb"),
    "signal its parent": lambda home: os.kill(os.getppid(), 0),
    "write to /usr": lambda home: open_for_writing("/usr/canary"),
    "write to /dev": lambda home: open_for_writing("/dev/canary"),
    "change the null device": lambda home: os.chmod("/dev/null", 0o666),
    "keep files in memory": lambda home: os.close(os.memfd_create("canary")),
    "make a namespace": lambda home: expect_refusal(libc.unshare(0x10000000)),
    "mount": lambda home: expect_refusal(libc.mount(b"none", b"/box", b"tmpfs", 0, None)),
    "trace a process": lambda home: expect_refusal(libc.ptrace(16, 1, 0, 0)),
    "see other processes": lambda home: see_other_processes(),
    # As the last one: it is not asked of code of one's own, which may be run by anybody.
    "be the administrator": lambda home: be_somebody(),
}


def sing(home, most):
    done = []
    for name, attempt in list(ATTEMPTS.items())[:most]:
        try:
            attempt(home)
        except OSError:
            continue
        done.append(name)
    return done
"""


ATTEMPTS = SOURCE.count("lambda home:")
"""How many ways out it tries."""


ADMINISTRATOR = "be the administrator"
ORDINARY = "start the grader as an ordinary user, or with a Python that every user can read"
"""Root's children become a user of their own where that user finds the libraries."""


def call_canary(modules: tuple[str, ...], home: str, tier: Tier) -> Call:
    """The call to make in a fresh worker."""
    most = ATTEMPTS if tier.is_for_strangers else ATTEMPTS - 1
    return Call(
        sources={"canary": SOURCE},
        module="canary",
        function="sing",
        arguments=(home, most),
        modules=modules,
        memory_mib=256,
    )


def require_silence(run: Run) -> None:
    """Every attempt must have been refused.

    Errors   NoIsolation, naming what was possible.
    """
    if run.ending is not Ending.RETURNED or not isinstance(run.value, list):
        reason = run.detail or run.output.strip() or str(run.ending)
        raise NoIsolation(f"the sandbox cannot be set up here: {reason}; try: {explain(reason)}")
    if run.value:
        done = ", ".join(map(str, run.value))
        remedy = f"; {ORDINARY}" if ADMINISTRATOR in run.value else ""
        raise NoIsolation(f"code in the sandbox could {done}{remedy}")


def explain(reason: str) -> str:
    """What to do about the commonest refusals."""
    if "Operation not permitted" in reason or "Permission denied" in reason:
        return (
            "allow unprivileged user namespaces (on Ubuntu 24.04: sysctl"
            " kernel.apparmor_restrict_unprivileged_userns=0; in Docker: a seccomp profile that"
            " allows unshare and mount; `grade doctor` says it in full), or grade your own code"
            " with --trust-submission"
        )
    if "maximum limit" in reason:
        return "a higher limit for whoever starts the grader (ulimit -Hv, -Hu, -Hn say it)"
    if "nknown option" in reason:
        return f"a newer bubblewrap (0.5 or later), or {REMEDY}"
    return REMEDY
