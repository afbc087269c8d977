"""Every way a student's process can end has its own name, and an honest call works right after."""

from __future__ import annotations

import pytest

from grader.sandbox.pool import Sandbox
from grader.sandbox.records import Call, Ending, Run

pytestmark = pytest.mark.sandbox

HONEST = Call(
    sources={"hw": "def f(x):\n    return 2 * x\n"}, module="hw", function="f", arguments=(21,)
)


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox() as started:
        yield started


def call(sandbox: Sandbox, source: str, **more: object) -> Run:
    asked = {"time_s": 5.0, "memory_mib": 256, "arguments": (1,), **more}
    request = Call(sources={"hw": source}, module="hw", function="f", **asked)  # type: ignore[arg-type]
    return sandbox.run([request])[0]


def body(*lines: str) -> str:
    return "import os, sys, time, signal\ndef f(x):\n" + "".join(f"    {line}\n" for line in lines)


ENDINGS = {
    "returns": (body("return [x, 2.5, 'a']"), Ending.RETURNED, ""),
    "raises": (body("return 1 / 0"), Ending.RAISED, "ZeroDivisionError: division by zero"),
    "exits politely": (body("sys.exit(0)"), Ending.RAISED, "SystemExit: 0"),
    "exits at once": (body("os._exit(0)"), Ending.EXITED, ""),
    "exits in atexit": (
        body("import atexit", "atexit.register(print, 'later')", "os._exit(0)"),
        Ending.EXITED,
        "",
    ),
    "fails to import": ("import no_such_module\n", Ending.IMPORT_FAILED, "No module named"),
    "does not parse": ("def f(x:\n", Ending.IMPORT_FAILED, "SyntaxError"),
    "exits while importing": ("import os\nos._exit(3)\n", Ending.EXITED, ""),
    "has no such function": ("def g(x):\n    return x\n", Ending.NOT_FOUND, ""),
    "has something else of that name": ("f = 3\n", Ending.NOT_FOUND, "int"),
    "sleeps": (body("time.sleep(60)"), Ending.TIMEOUT, ""),
    "spins": (body("while True: pass"), Ending.PROCESSOR_TIME, ""),
    "spins, deaf to signals": (
        body("signal.signal(signal.SIGXCPU, signal.SIG_IGN)", "while True: pass"),
        Ending.PROCESSOR_TIME,
        "",
    ),
    "stops itself": (
        body("os.kill(os.getpid(), signal.SIGSTOP)"),
        Ending.RAISED,
        "PermissionError",
    ),
    "kills itself": (
        body("os.kill(os.getpid(), signal.SIGKILL)"),
        Ending.RAISED,
        "PermissionError",
    ),
    "aborts": (body("os.abort()"), Ending.SIGNAL, "SIGABRT"),
    "segfaults": (
        body("import ctypes", "ctypes.string_at(0)"),
        Ending.SIGNAL,
        "SIGSEGV",
    ),
    "recurses": (body("return f(x)"), Ending.RAISED, "RecursionError"),
    "takes all memory": (body("return len(bytearray(1 << 40))"), Ending.MEMORY, "MemoryError"),
    "grows a list": (body("l = []", "while True: l.append(bytearray(1 << 20))"), Ending.MEMORY, ""),
    "returns an object": (
        body("class Equal:", "    def __eq__(self, other): return True", "return Equal()"),
        Ending.UNSUPPORTED,
        "Equal",
    ),
    "returns a subclass of float": (
        body("class Liar(float): pass", "return Liar(3)"),
        Ending.UNSUPPORTED,
        "Liar",
    ),
    "returns too much": (body("return [bytes(10).hex() * 2000] * 2000"), Ending.TOO_LARGE, ""),
    "floods the result pipe": (
        body("while True: os.write(3, b'x' * 65536)"),
        Ending.TOO_LARGE,
        "",
    ),
    "forges garbage": (
        body("os.write(3, b'R' + b'\\xff' * 50)", "os._exit(0)"),
        Ending.MALFORMED,
        "",
    ),
    "makes a foreign system call": (
        body("import ctypes", "ctypes.CDLL(None).syscall(0x40000000 + 39)"),
        Ending.FORBIDDEN,
        "",
    ),
    "opens a socket": (body("import socket", "socket.socket()"), Ending.RAISED, "PermissionError"),
    "starts a program": (
        body("import subprocess", "subprocess.run(['/usr/bin/true'])"),
        Ending.RAISED,
        "PermissionError",
    ),
    "forks": (body("return os.fork()"), Ending.RAISED, "PermissionError"),
    "floods the output": (
        body("while True: sys.stdout.write('x' * 65536)"),
        Ending.PROCESSOR_TIME,
        "",
    ),
    "an exception that cannot be printed": (
        body("class Odd(Exception):", "    def __str__(self): os._exit(0)", "raise Odd()"),
        Ending.EXITED,
        "",
    ),
    "lowers its own limits": (
        body("import resource", "resource.setrlimit(resource.RLIMIT_CPU, (0, 0))"),
        Ending.RAISED,
        "",
    ),
}


@pytest.mark.parametrize("name", ENDINGS)
def test_each_ending_is_told_apart(sandbox: Sandbox, name: str) -> None:
    source, ending, detail = ENDINGS[name]
    limits: dict[str, object] = {}
    if ending in (Ending.TIMEOUT, Ending.PROCESSOR_TIME):
        limits["time_s"] = 1.0
    if ending is Ending.TOO_LARGE:
        limits["memory_mib"] = 1024

    run = call(sandbox, source, **limits)

    if ending is Ending.PROCESSOR_TIME:
        # On a machine this busy the deadline in wall time may come first.
        assert run.ending in (Ending.PROCESSOR_TIME, Ending.TIMEOUT), run
        assert run.ending is ending or run.cpu_s < 2, run
    else:
        assert run.ending is ending, run
    assert detail in run.detail
    after = sandbox.run([HONEST])[0]
    assert (after.ending, after.value) == (Ending.RETURNED, 42)


def test_an_exception_names_the_line_in_the_students_own_file(sandbox: Sandbox) -> None:
    run = call(sandbox, "def g(x):\n    return x['a']\n\ndef f(x):\n    return g(x)\n")

    assert [(frame.module, frame.line) for frame in run.frames] == [("hw", 5), ("hw", 2)]


def test_files_of_one_submission_import_one_another(sandbox: Sandbox) -> None:
    request = Call(
        sources={"hw": "from layers import double\ndef f(x):\n    return double(x)\n",
                 "layers": "def double(x):\n    return 2 * x\n"},
        module="hw", function="f", arguments=(4,),
    )  # fmt: skip

    assert sandbox.run([request])[0].value == 8


def test_a_file_named_like_a_library_does_not_replace_it(sandbox: Sandbox) -> None:
    request = Call(
        sources={"json": "import json\ndef f(x):\n    return json.dumps([x])\n"},
        module="json", function="f", arguments=(4,),
    )  # fmt: skip

    assert sandbox.run([request])[0].value == "[4]"


def test_nothing_is_left_behind_for_the_next_call(sandbox: Sandbox) -> None:
    source = body(
        "seen = []",
        "for folder in ('/box', '/tmp', '/dev', '/dev/shm', '/', '/sandbox', '/usr'):",
        "    try:",
        "        seen += [n for n in os.listdir(folder) if 'left' in n]",
        "        open(folder + '/left-behind', 'w').write('x')",
        "    except OSError: pass",
        "return seen",
    )

    assert call(sandbox, source).value == []
    assert call(sandbox, source).value == []


def test_the_child_sees_no_secrets(sandbox: Sandbox) -> None:
    source = body(
        "descriptors = []",
        "for n in range(64):",
        "    try: os.fstat(n); descriptors.append(n)",
        "    except OSError: pass",
        f"files = [n for n in ('/etc/passwd', '/home', {__file__!r}) if os.path.exists(n)]",
        "return [sorted(os.environ), descriptors, os.listdir('/proc'), files, os.getpid(),",
        "        os.getppid(), os.getuid(), os.listdir('/box')]",
    )

    environment, descriptors, proc, files, pid, parent, user, folder = call(sandbox, source).value

    assert not [name for name in environment if "TOKEN" in name or "SECRET" in name]
    assert descriptors == [0, 1, 2, 3]
    assert proc == ["cpuinfo"]
    assert files == []
    assert (pid, parent, user, folder) == (2, 0, 65533, [])


def test_calls_run_in_parallel_and_keep_their_order(sandbox: Sandbox) -> None:
    requests = [
        Call(sources=HONEST.sources, module="hw", function="f", arguments=(n,)) for n in range(20)
    ]

    assert [run.value for run in sandbox.run(requests)] == [2 * n for n in range(20)]


def test_a_killed_worker_is_replaced_and_the_call_tried_again(sandbox: Sandbox) -> None:
    import os
    import signal

    for worker in sandbox._workers.values():
        os.kill(worker.pid, signal.SIGKILL)

    assert sandbox.run([HONEST])[0].value == 42
