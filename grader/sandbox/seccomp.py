"""The seccomp filter as bytes: an allow-list, assembled without any library.

It is built when the first worker starts, in half a millisecond, and never read from a file: what
was shipped could be another list than the one that was reviewed.
"""

from __future__ import annotations

import errno
import functools
import os
import signal
import struct
from collections.abc import Mapping

from grader.errors import NoIsolation
from grader.sandbox.syscalls import CONDITIONAL, GRAPHICS, NUMBERS

ALLOW = 0x7FFF0000
KILL_PROCESS = 0x80000000
ERRNO = 0x00050000

_LOAD, _JUMP_EQUAL, _JUMP_GREATER_EQUAL, _JUMP_SET, _RETURN, _AND = (
    0x20,
    0x15,
    0x35,
    0x45,
    0x06,
    0x54,
)
_OFFSET_NUMBER, _OFFSET_ARCH, _OFFSET_ARGUMENTS = 0, 4, 16

_ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
_X32_BIT = 0x40000000

CLONE_THREAD = 0x00010000
OWN_PID = 0x5EC0FF1D
"""Stands in the filter for the number of the process that sets it, which only that one knows."""
_SHARED_REFUSED = frozenset(
    {"chmod", "fchmod", "fchmodat", "utime", "utimes", "utimensat", "truncate"}
)
"""Landlock lets an owner change modes and times anywhere, and its first versions shorten files."""
_O_TRUNC, _O_ACCMODE = 0o1000, 3

_PRCTL_NAMES_AND_VMA = (15, 16, 0x53564D41)
"""PR_SET_NAME, PR_GET_NAME, PR_SET_VMA: what thread libraries and malloc ask for."""
_IOCTL_READ_ONLY = (0x5401, 0x5413, 0x541B, 0x5451)
"""TCGETS, TIOCGWINSZ, FIONREAD, FIOCLEX: isatty and friends; never TIOCSTI."""
_FCNTL_LOCKS = (6, 7, 37, 38)
"""F_SETLK, F_SETLKW and the two F_OFD_ ones."""
_FCNTL_REFUSED = (5, 36, 8, 10, 15, 1024, 1026)
"""F_GETLK and F_OFD_GETLK would see the locks of other children on the libraries all share;
F_SETOWN, F_SETSIG and F_SETOWN_EX have the kernel send any signal; F_SETLEASE can hold up the
machine's own programs, F_NOTIFY watches them."""

_REFUSE = ERRNO | errno.EPERM
_PRETEND = ERRNO
"""Return 0 and do nothing: a lock is granted, for a child is alone in its folder; a real one on
a shared library would be a signal to other children."""


@functools.cache
def build_filter(
    machine: str | None = None, *, is_fenced: bool = False, has_graphics: bool = False
) -> bytes:
    """Assemble the filter for one architecture.

    With `is_fenced` for a process that Landlock alone keeps from the machine's files; with
    `has_graphics` for one that speaks with a GPU's driver.

    Errors   NoIsolation on an architecture there is no table for.
    """
    machine = machine or os.uname().machine
    if machine not in _ARCHITECTURES:
        raise NoIsolation(f"no system call table for {machine}; x86_64 and aarch64 have one")
    arch, column = _ARCHITECTURES[machine]
    program = [
        (_LOAD, 0, 0, _OFFSET_ARCH),
        (_JUMP_EQUAL, 1, 0, arch),
        (_RETURN, 0, 0, KILL_PROCESS),
        (_LOAD, 0, 0, _OFFSET_NUMBER),
    ]
    if machine == "x86_64":
        # The x32 ABI has other numbers for the same calls; nothing honest uses it.
        program += [(_JUMP_GREATER_EQUAL, 0, 1, _X32_BIT), (_RETURN, 0, 0, KILL_PROCESS)]
    for name, numbers in (NUMBERS | (GRAPHICS if has_graphics else {})).items():
        number = numbers[column]
        if number is None or (is_fenced and name in _SHARED_REFUSED):
            continue
        if has_graphics and name == "ioctl":
            # All that a driver is asked goes through it; no terminal and no socket is in the box.
            program += _when_number(number, [(_RETURN, 0, 0, ALLOW)])
            continue
        if is_fenced and name in ("open", "openat"):
            program += _judge_opening(number, 1 if name == "open" else 2)
        else:
            program += _judge_call(name, number)
    program.append((_RETURN, 0, 0, _REFUSE))
    return b"".join(struct.pack("<HBBI", *instruction) for instruction in program)


def _judge_call(name: str, number: int) -> list[tuple[int, int, int, int]]:
    """The few instructions that decide one call; anything else falls through to the next."""
    if name not in CONDITIONAL:
        return _when_number(number, [(_RETURN, 0, 0, ALLOW)])
    if name in ("clone3", "openat2", "futex_waitv"):
        # Their flags lie in memory a filter can't see; C libraries then take the older call.
        return _when_number(number, [(_RETURN, 0, 0, ERRNO | errno.ENOSYS)])
    if name == "clone":
        return _when_number(
            number,
            [
                _load_argument(0),
                (_JUMP_SET, 0, 1, CLONE_THREAD),
                (_RETURN, 0, 0, ALLOW),
                (_RETURN, 0, 0, _REFUSE),
            ],
        )
    if name in ("kill", "tgkill"):
        # abort() and raise() signal the process itself. Not with SIGKILL or SIGSTOP: the
        # waiting worker takes a kill it didn't send for a fault of the machine.
        signal_argument = 1 if name == "kill" else 2
        return _when_number(
            number,
            [
                _load_argument(signal_argument),
                (_JUMP_EQUAL, 4, 0, signal.SIGKILL),
                (_JUMP_EQUAL, 3, 0, signal.SIGSTOP),
                _load_argument(0),
                (_JUMP_EQUAL, 0, 1, OWN_PID),
                (_RETURN, 0, 0, ALLOW),
                (_RETURN, 0, 0, _REFUSE),
            ],
        )
    if name == "prctl":
        allowed = dict.fromkeys(_PRCTL_NAMES_AND_VMA, ALLOW)
        return _when_number(number, _decide(0, allowed, otherwise=_REFUSE))
    if name == "ioctl":
        allowed = dict.fromkeys(_IOCTL_READ_ONLY, ALLOW)
        return _when_number(number, _decide(1, allowed, otherwise=_REFUSE))
    if name == "fcntl":
        special = dict.fromkeys(_FCNTL_LOCKS, _PRETEND) | dict.fromkeys(_FCNTL_REFUSED, _REFUSE)
        return _when_number(number, _decide(1, special, otherwise=ALLOW))
    if name == "flock":
        return _when_number(number, [(_RETURN, 0, 0, _PRETEND)])
    # prlimit64 reads limits; setting one could make the kernel kill without a reason we know.
    return _when_number(
        number,
        [
            _load_argument(2),
            (_JUMP_EQUAL, 0, 3, 0),
            _load_argument(2, high=True),
            (_JUMP_EQUAL, 0, 1, 0),
            (_RETURN, 0, 0, ALLOW),
            (_RETURN, 0, 0, _REFUSE),
        ],
    )


def _judge_opening(number: int, flags: int) -> list[tuple[int, int, int, int]]:
    """To open for reading and shorten at once needs no right that the first Landlock knows."""
    return _when_number(
        number,
        [
            _load_argument(flags),
            (_JUMP_SET, 1, 0, _O_TRUNC),
            (_RETURN, 0, 0, ALLOW),
            (_AND, 0, 0, _O_ACCMODE),
            (_JUMP_EQUAL, 2, 0, os.O_WRONLY),
            (_JUMP_EQUAL, 1, 0, os.O_RDWR),
            (_RETURN, 0, 0, _REFUSE),
            (_RETURN, 0, 0, ALLOW),
        ],
    )


def _when_number(
    number: int, then: list[tuple[int, int, int, int]]
) -> list[tuple[int, int, int, int]]:
    return [(_JUMP_EQUAL, 0, len(then), number), *then]


def _load_argument(index: int, *, high: bool = False) -> tuple[int, int, int, int]:
    return (_LOAD, 0, 0, _OFFSET_ARGUMENTS + 8 * index + (4 if high else 0))


def _decide(
    index: int, actions: Mapping[int, int], *, otherwise: int
) -> list[tuple[int, int, int, int]]:
    """Act on the low half of an argument: the kernel reads these arguments as 32-bit numbers."""
    program = [_load_argument(index)]
    for value, action in actions.items():
        program += [(_JUMP_EQUAL, 0, 1, value), (_RETURN, 0, 0, action)]
    return [*program, (_RETURN, 0, 0, otherwise)]
