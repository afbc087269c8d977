"""Code of a student's where Numba compiles, had the list let it through: the wall still stands."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from grader.errors import SystemFault
from grader.kernels.source import Program, read_program
from grader.kernels.static.compiling import COMPILER, write_sources
from grader.kernels.static.inside import WRITTEN
from grader.kinds import kernel_compiled
from grader.kinds.kernel_compiled import compile_kernel
from grader.kinds.kernel_runs import Candidate
from grader.sandbox.pool import Sandbox

pytestmark = pytest.mark.sandbox

KERNEL = "from numba import cuda\n@cuda.jit\ndef f(x):\n    x[0] = 1\n"
SAY = """
import os, socket, subprocess, sys
from numba.core.errors import NumbaError
def say(found):
    raise NumbaError(f"found {found}")
"""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    os.environ["GITHUB_TOKEN"] = "CANARY-TOKEN"
    try:
        with Sandbox(slots=1) as sandbox:
            yield sandbox
    finally:
        del os.environ["GITHUB_TOKEN"]


def compile_hostile(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, text: str) -> Any:
    """What the grader hears when a module runs in the place of the one that it wrote."""
    program = read_program(KERNEL)
    assert isinstance(program, Program)
    compiler = write_sources(program, "f")[COMPILER]
    hostile = {COMPILER: compiler, WRITTEN: SAY + textwrap.dedent(text)}
    monkeypatch.setattr(kernel_compiled, "write_sources", lambda *_: hostile)
    return compile_kernel(Candidate(program=program, name="f"), [("float32", 1)], (8, 0), sandbox)


def test_files_environment_and_network_are_out_of_reach(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("CANARY-FILE")
    attempts = f"""
        found = [dict(os.environ)]
        for what in (
            lambda: open({str(secret)!r}).read(),
            lambda: open({str(Path(__file__))!r}).read(),
            lambda: open("/etc/passwd").read(),
            lambda: open("/proc/{os.getpid()}/environ").read(),
            lambda: "CANARY" + str(socket.socket()),
            lambda: "CANARY" + str(socket.socketpair()),
            lambda: "CANARY" + str(os.fork() or os._exit(0)),
            lambda: "CANARY" + str(subprocess.run(["/usr/bin/env"])),
            lambda: "CANARY" + str(open("/x", "w")),
        ):
            try: found.append(what())
            except OSError: pass
        say([len(found), "CANARY" in str(found)])
    """

    assert compile_hostile(sandbox, monkeypatch, attempts) == "found [1, False]"


FAULTS = {
    "an exit": "os._exit(0)",
    "a kill": "os.kill(os.getpid(), 9)",
    "bytes of its own": "os.write(3, b'R' + bytes(64))",
    "a flood": "import itertools\nfor _ in itertools.count(): os.write(3, bytes(1 << 20))",
    "an exception": "raise ValueError('facts')",
    "no kernel": "f = None",
}


@pytest.mark.parametrize("text", FAULTS.values(), ids=FAULTS)
def test_whatever_else_it_does_there_are_no_facts(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    with pytest.raises(SystemFault):
        compile_hostile(sandbox, monkeypatch, text)


def test_words_of_its_own_are_bounded(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    said = compile_hostile(sandbox, monkeypatch, "say('x' * 100_000)")

    assert isinstance(said, str) and len(said) <= 300


def test_an_endless_compilation_is_stopped(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernel_compiled, "TIME_S", 1)

    with pytest.raises(SystemFault, match=r"processor time|timeout"):
        compile_hostile(sandbox, monkeypatch, "while True: pass")
