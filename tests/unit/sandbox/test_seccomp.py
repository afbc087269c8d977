"""The allow-list against what honest answers were seen to do, and against the kernel's headers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from grader.errors import NoIsolation
from grader.sandbox.seccomp import build_filter
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


def test_an_unknown_machine_is_refused() -> None:
    with pytest.raises(NoIsolation, match="riscv64"):
        build_filter("riscv64")
