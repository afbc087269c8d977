"""A lock on files that needs no mount.

Behind namespaces it is the second one: where a fault in them would open a way out, Landlock still
knows only four folders, and a kernel without it (before 5.13, or switched off) is no weaker than
the mounts make it. Where namespaces can't be had it is the only one, and then it must be there.
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
from collections.abc import Iterable

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_FLAG, _PATH_BENEATH = 1, 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_REMOVE_DIR, _REMOVE_FILE, _MAKE_DIR, _MAKE_REG, _MAKE_SYM = 1 << 4, 1 << 5, 1 << 7, 1 << 8, 1 << 12
_REFER, _TRUNCATE = 1 << 13, 1 << 14
_FIRST_RIGHTS = (1 << 13) - 1
"""Those that every version handles, making devices, sockets and pipes among them."""

_FOR_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE
"""A rule about something that is no folder may speak of these alone."""

_READ = _READ_FILE | _READ_DIR
_CHANGE = (
    _WRITE_FILE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG | _MAKE_SYM
    | _REFER | _TRUNCATE
)  # fmt: skip

_libc = ctypes.CDLL(None, use_errno=True)


class _Ruleset(ctypes.Structure):
    _fields_ = (
        ("files", ctypes.c_uint64),
        ("network", ctypes.c_uint64),
        ("scope", ctypes.c_uint64),
    )


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("rights", ctypes.c_uint64), ("folder", ctypes.c_int32))


def find_version() -> int:
    """The kernel's version of Landlock; 0 where it has none."""
    version = _call(_CREATE_RULESET, None, 0, _VERSION_FLAG)
    return max(0, version)


def restrict_files(
    version: int,
    private: Iterable[str],
    readable: Iterable[str] = ("/",),
    devices: Iterable[str] = ("/dev",),
) -> None:
    """Reading what is listed, writing in the private folders and to devices, no programs.

    Errors   OSError when a kernel that has Landlock refuses.
    """
    rights = _FIRST_RIGHTS | (_REFER if version >= 2 else 0) | (_TRUNCATE if version >= 3 else 0)
    # From versions 4 and 6 on: no TCP, no signals and no abstract sockets to others.
    ruleset = _Ruleset(rights, 3 if version >= 4 else 0, 3 if version >= 6 else 0)
    size = 8 if version < 4 else 16 if version < 6 else 24
    rules = _require(_call(_CREATE_RULESET, ctypes.byref(ruleset), ctypes.c_size_t(size), 0))
    for paths, allowed in (
        (readable, _READ),
        (devices, _READ | _WRITE_FILE),
        (private, _READ | _CHANGE),
    ):
        for path in paths:
            _allow(rules, path, allowed & rights)
    _require(_call(_RESTRICT_SELF, rules, 0))
    os.close(rules)


def _allow(rules: int, path: str, allowed: int) -> None:
    beneath = os.open(path, os.O_PATH | os.O_CLOEXEC)
    if not stat.S_ISDIR(os.fstat(beneath).st_mode):
        allowed &= _FOR_FILES
    rule = _Beneath(allowed, beneath)
    _require(_call(_ADD_RULE, rules, _PATH_BENEATH, ctypes.byref(rule), 0))
    os.close(beneath)


def _call(*arguments: object) -> int:
    status: int = _libc.syscall(*arguments)
    return status


def _require(status: int) -> int:
    if status < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"Landlock: {errno.errorcode.get(number, number)}")
    return status
