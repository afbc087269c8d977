"""The allow-list against what honest answers were seen to do, and against the kernel's headers."""

from __future__ import annotations

import errno
import os
import re
import struct
from pathlib import Path

import pytest

from grader.errors import NoIsolation
from grader.sandbox.seccomp import ALLOW, ERRNO, KILL_PROCESS, OWN_PID, build_filter
from grader.sandbox.syscalls import CONDITIONAL, NUMBERS

GOLDEN = Path(__file__).resolve().parents[2] / "golden/system_calls"
RECORDED = {
    path.stem: [line.split() for line in path.read_text().splitlines() if line[0] != "#"]
    for path in sorted(GOLDEN.glob("*.txt"))
}
HEADERS = {
    "x86_64": (0, Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")),
    "aarch64": (1, Path("/usr/include/asm-generic/unistd.h")),
}
OTHER_NAMES = {"newfstatat": "fstatat", "fadvise64": "fadvise64", "sendfile": "sendfile"}
"""Where the generic header calls a number by an inner name."""


@pytest.mark.parametrize("machine", RECORDED)
def test_what_honest_answers_do_is_allowed(machine: str) -> None:
    worked = {name for name, made, refused in RECORDED[machine] if int(made) > int(refused)}

    assert len(worked) > 20
    assert worked <= NUMBERS.keys()


@pytest.mark.parametrize("machine", RECORDED)
def test_what_was_refused_is_not_on_the_list_without_a_condition(machine: str) -> None:
    refused = {name for name, made, refused in RECORDED[machine] if made == refused}

    assert not refused & NUMBERS.keys() - CONDITIONAL


@pytest.mark.parametrize("machine", HEADERS)
def test_numbers_are_those_of_the_kernels_headers(machine: str) -> None:
    column, header = HEADERS[machine]
    if not header.exists():
        pytest.skip(f"{header} is not installed (linux-libc-dev)")
    defined = {
        name.removeprefix("3264_"): int(number)
        for name, number in re.findall(r"^#define __NR_?(\w+)\s+(\d+)", header.read_text(), re.M)
    }
    given = {
        name: numbers[column] for name, numbers in NUMBERS.items() if numbers[column] is not None
    }

    found = {name: defined.get(name, defined.get(OTHER_NAMES.get(name, name))) for name in given}

    # A header older than the kernel lacks the newest calls.
    assert {name: number for name, number in found.items() if number is not None} == {
        name: given[name] for name in found if found[name] is not None
    }
    assert sum(number is None for number in found.values()) <= 3


@pytest.mark.parametrize("machine", HEADERS)
@pytest.mark.parametrize("is_fenced", [True, False])
def test_the_kernel_takes_the_filter(machine: str, is_fenced: bool) -> None:
    program = build_filter(machine, is_fenced=is_fenced)

    assert len(program) % 8 == 0
    assert 100 < len(program) // 8 < 4096


def judge(program: bytes, arch: int, number: int, *arguments: int) -> int:
    """What the kernel would answer: the filter run on one call, as `seccomp(2)` says it does."""
    call = struct.pack("<iIQ6Q", number, arch, 0, *arguments, *[0] * (6 - len(arguments)))
    instructions = list(struct.iter_unpack("<HBBI", program))
    at = accumulator = 0
    while True:
        code, when_true, when_false, operand = instructions[at]
        at += 1
        if code == 0x20:
            (accumulator,) = struct.unpack_from("<I", call, operand)
        elif code == 0x54:
            accumulator &= operand
        elif code == 0x06:
            return operand
        else:
            holds = {
                0x15: accumulator == operand,
                0x35: accumulator >= operand,
                0x45: accumulator & operand != 0,
            }[code]
            at += when_true if holds else when_false


ARCHES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
REFUSED = ERRNO | errno.EPERM
FOREIGN = {
    "x86_64": {"socket": 41, "execve": 59, "fork": 57, "ptrace": 101, "memfd_create": 319},
    "aarch64": {"socket": 198, "execve": 221, "ptrace": 117, "memfd_create": 279, "mount": 40},
}
"""A few that are on no list, by the kernel's numbers."""


@pytest.mark.parametrize("machine", ARCHES)
def test_the_filter_allows_what_is_listed_and_nothing_else(machine: str) -> None:
    column = HEADERS[machine][0]
    program, arch = build_filter(machine), ARCHES[machine]
    listed = {
        numbers[column]: name for name, numbers in NUMBERS.items() if numbers[column] is not None
    }

    for number in range(600):
        answer = judge(program, arch, number)
        name = listed.get(number)
        if name is None:
            assert answer == REFUSED, number
        elif name not in CONDITIONAL:
            assert answer == ALLOW, name
    assert not FOREIGN[machine].values() & listed.keys()


@pytest.mark.parametrize("machine", ARCHES)
def test_conditions_are_the_same_on_both_machines(machine: str) -> None:
    column, program, arch = HEADERS[machine][0], build_filter(machine), ARCHES[machine]

    def ask(name: str, *arguments: int) -> int:
        return judge(program, arch, NUMBERS[name][column] or -1, *arguments)

    thread, child = 0x3D0F00, 17
    assert (ask("clone", thread), ask("clone", child)) == (ALLOW, REFUSED)
    assert ask("clone3") == ask("openat2") == ERRNO | errno.ENOSYS
    assert (ask("kill", OWN_PID, 6), ask("kill", OWN_PID, 9), ask("kill", 1, 6)) == (
        ALLOW, REFUSED, REFUSED,
    )  # fmt: skip
    assert (ask("tgkill", OWN_PID, 2, 6), ask("tgkill", OWN_PID, 2, 19)) == (ALLOW, REFUSED)
    assert (ask("prctl", 15), ask("prctl", 22)) == (ALLOW, REFUSED)
    tcgets, tiocsti = 0x5401, 0x5412
    assert (ask("ioctl", 0, tcgets), ask("ioctl", 0, tiocsti)) == (ALLOW, REFUSED)
    assert (ask("fcntl", 0, 3), ask("fcntl", 0, 8), ask("fcntl", 0, 6)) == (ALLOW, REFUSED, ERRNO)
    assert ask("prlimit64", 0, 7, 0) == ALLOW
    assert ask("prlimit64", 0, 7, 1) == ask("prlimit64", 0, 7, 1 << 32) == REFUSED


@pytest.mark.parametrize("machine", ARCHES)
def test_calls_of_another_machine_end_the_process(machine: str) -> None:
    program = build_filter(machine)
    i386, x32 = 0x40000003, 0x40000000

    for arch in {*ARCHES.values(), i386} - {ARCHES[machine]}:
        assert judge(program, arch, 1) == KILL_PROCESS
    expected = KILL_PROCESS if machine == "x86_64" else REFUSED
    assert judge(program, ARCHES[machine], x32 | 1) == expected


@pytest.mark.parametrize("machine", ARCHES)
def test_without_a_mount_of_its_own_nothing_is_opened_to_be_shortened(machine: str) -> None:
    program, arch, column = (
        build_filter(machine, is_fenced=True),
        ARCHES[machine],
        HEADERS[machine][0],
    )
    openat, truncate = NUMBERS["openat"][column], NUMBERS["truncate"][column]
    assert openat is not None and truncate is not None

    assert judge(program, arch, openat, 0, 0, os.O_RDONLY | 0o1000) == REFUSED
    assert judge(program, arch, openat, 0, 0, os.O_WRONLY | 0o1000) == ALLOW
    assert judge(program, arch, truncate) == REFUSED


ONLY_X86 = {
    "stat", "lstat", "access", "pipe", "select", "poll", "epoll_create", "epoll_wait", "dup2",
    "alarm", "time", "getpgrp", "open", "creat", "rename", "mkdir", "rmdir", "unlink", "link",
    "symlink", "readlink", "chmod", "utime", "utimes", "arch_prctl",
}  # fmt: skip
"""Calls that the generic table replaced by newer ones, and one of that processor alone."""


def test_both_machines_have_the_same_calls_where_they_exist() -> None:
    assert {name for name, (_, number) in NUMBERS.items() if number is None} == ONLY_X86
    for column in (0, 1):
        numbers = [each[column] for each in NUMBERS.values() if each[column] is not None]
        assert len(set(numbers)) == len(numbers)


def test_an_unknown_machine_is_refused() -> None:
    with pytest.raises(NoIsolation, match="riscv64"):
        build_filter("riscv64")
