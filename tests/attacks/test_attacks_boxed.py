"""The box of a program that runs alone, as the one with the GPU: its walls, tried from inside.

Whatever is tried here is worse than a student's kernel could be: it is Python, and it runs.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from grader.errors import NoIsolation
from grader.sandbox import alone
from grader.sandbox.alone import Finished, Program, run_alone
from grader.sandbox.cgroups import find_lent
from grader.sandbox.child import landlock
from grader.sandbox.graphics import NO_GRAPHICS, Graphics, find_graphics
from grader.sandbox.pool import Sandbox
from grader.sandbox.tiers import Tier

pytestmark = pytest.mark.sandbox

# Device files that every machine has, in the place of a GPU's.
AS_IF_GPU = Graphics(devices=("/dev/full",))


@pytest.fixture(scope="module")
def tier() -> Iterator[Tier]:
    os.environ["GITHUB_TOKEN"] = "CANARY-TOKEN"
    try:
        with Sandbox(slots=1) as sandbox:
            sandbox.prove()
            yield sandbox.tier
    finally:
        del os.environ["GITHUB_TOKEN"]


def attempt(tier: Tier, text: str, graphics: Graphics = AS_IF_GPU, **more: Any) -> Finished:
    body = textwrap.dedent(text)
    return run_alone(Program(text=body, graphics=graphics, **more), tier)


def test_a_program_reads_its_request_and_answers(tier: Tier) -> None:
    ended = attempt(tier, "import sys; print(sys.stdin.read().upper())", request=b"hello")

    assert (ended.answer, ended.fault) == (b"HELLO\n", "")


def test_the_machines_files_are_not_there(tier: Tier, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("CANARY")
    # Even with every folder on the way open to all.
    own = f"/proc/{os.getpid()}"
    places = [
        str(secret), str(Path(__file__)), "/etc/passwd", str(Path.home() / ".ssh"),
        f"{own}/environ", f"{own}/root{secret}", "/proc/1/environ", "/proc/1/root/etc/passwd",
        "/sys/kernel", "/run", "/var",
    ]  # fmt: skip
    ended = attempt(
        tier,
        f"""
        import json, os
        def read(path):
            try: return os.listdir(path) if os.path.isdir(path) else open(path, "rb").read().hex()
            except OSError: return None
        print(json.dumps([path for path in {places!r} if read(path)]))
    """,
    )

    assert json.loads(ended.answer) == []


def test_the_environment_holds_nothing_of_the_graders(tier: Tier) -> None:
    ended = attempt(tier, "import os; print(dict(os.environ), open('/proc/self/environ').read())")

    assert ended.answer
    assert (
        b"CANARY" not in ended.answer and os.environ.get("USER", "?!").encode() not in ended.answer
    )


def test_there_is_no_network_not_even_to_this_machine(tier: Tier) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        ended = attempt(tier, f"""
            import socket
            opened = []
            for family in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX, 16, 17):
                try: opened.append(socket.socket(family, socket.SOCK_RAW).family)
                except OSError: pass
                try: opened.append(socket.socket(family).family)
                except OSError: pass
            try: socket.create_connection(("127.0.0.1", {port}), 1); opened.append("reached")
            except OSError: pass
            print(opened)
        """)  # fmt: skip

    assert ended.answer == b"[]\n"


POWERS = {
    "fork": "os.fork() or os._exit(0)",
    "a program": "os.execv('/usr/bin/env', ['env'])",
    "a command": "subprocess.run(['/bin/true'], check=True)",
    "a mount": "require(libc.mount(b'none', b'/box', b'tmpfs', 0, None))",
    "a namespace": "require(libc.unshare(0x10000000))",
    "its init": "os.kill(1, 9)",
    "everybody": "os.kill(-1, 9)",
    "tracing": "require(libc.ptrace(16, 1, 0, 0))",
    "being root": "os.setuid(0)",
    "a library": "os.chmod(os.__file__, 0o777)",
    "the interpreter": "open(os.__file__, 'ab')",
    "the grader": "open(__import__('grader').__file__, 'ab')",
    "the root": "open('/x', 'w')",
    "/usr": "open('/usr/x', 'w')",
    "the null device": "os.chmod('/dev/null', 0o600)",
    "a new device": "os.mknod('/box/x', 0o666 | 0o020000, os.makedev(1, 1))",
    "a clock": "time.clock_settime(time.CLOCK_REALTIME, 0)",
    "its limits": "resource.setrlimit(resource.RLIMIT_CPU, (1 << 30, 1 << 30))",
    "performance counters": "require(libc.syscall(298, 0, 0, -1, -1, 0))",
    "keys": "require(libc.syscall(250, 0, 0))",
    "io_uring": "require(libc.syscall(425, 8, buffer))",
    "bpf": "require(libc.syscall(321, 0, buffer, 64))",
    "another's memory": "require(libc.syscall(310, 1, buffer, 1, buffer, 1, 0))",
}


def test_nothing_that_needs_a_power_works(tier: Tier) -> None:
    ended = attempt(
        tier,
        f"""
        import ctypes, json, os, resource, subprocess, time
        libc = ctypes.CDLL(None, use_errno=True)
        buffer = ctypes.create_string_buffer(256)
        def require(status):
            if status < 0: raise OSError(ctypes.get_errno(), "refused")
        done = []
        for name, text in {POWERS!r}.items():
            try: exec(text)
            except (OSError, ValueError, subprocess.SubprocessError): continue
            done.append(name)
        print(json.dumps([done, os.getuid() != 0 and os.geteuid() != 0]))
    """,
    )

    assert json.loads(ended.answer) == [[], True], ended.complaint


def test_only_the_box_can_be_written_to_and_only_so_much(tier: Tier) -> None:
    ended = attempt(
        tier,
        """
        import os, time
        written = 0
        try:
            for number in range(100):
                with open(f"{os.environ['HOME']}/{number}", "wb") as file:
                    for _ in range(64): written += file.write(bytes(1 << 20))
                # As fast as a disk: whoever watches looks twenty times a second.
                time.sleep(0.1)
        except OSError as problem: print(problem.strerror)
        print(written >> 20)
    """,
    )

    if not tier.has_bubblewrap:
        assert (ended.fault, ended.answer) == (f"files of more than {alone.BOX_MIB} MiB", b"")
        return
    lines = ended.answer.decode().split("\n")
    assert lines[0] == "No space left on device"
    assert int(lines[1]) <= alone.BOX_MIB


def test_a_driver_may_ask_what_others_may_not(tier: Tier) -> None:
    text = """
        import ctypes, os
        try: os.close(os.memfd_create("x")); print("memory")
        except OSError: print("nothing")
    """

    assert attempt(tier, text).answer == b"memory\n"
    assert attempt(tier, text, Graphics()).answer == b"nothing\n"


ENDLESS = {
    "spinning": "while True: pass",
    "sleeping": "import time; time.sleep(99)",
    "deaf": "import signal\nfor n in range(1, 32):\n    try: signal.signal(n, signal.SIG_IGN)\n"
            "    except OSError: pass\nwhile True: pass",
    "threads": "import threading\nfor _ in range(9): threading.Thread(target=lambda: exec("
               "'while True: pass')).start()",
    "silent": "import os, time; os.close(1); os.close(2); time.sleep(99)",
}  # fmt: skip


@pytest.mark.parametrize("text", ENDLESS.values(), ids=ENDLESS)
def test_what_does_not_end_is_ended(tier: Tier, text: str) -> None:
    before = time.monotonic()

    ended = attempt(tier, text, time_s=1)

    assert ended.fault and ended.answer == b""
    # Silence is noticed when it should have ended; a busy machine may take longer.
    assert time.monotonic() - before < 60


def test_nothing_of_a_box_outlives_it(tier: Tier) -> None:
    mark = f"mark-{os.getpid()}-{time.monotonic_ns()}"
    attempt(tier, f"import time\n# {mark}\ntime.sleep(99)", time_s=0.5)

    # The kernel ends them with the box; that it has may be seen a moment later.
    for _ in range(200):
        if not (left := find_marked(mark)):
            break
        time.sleep(0.05)
    assert not left


def find_marked(mark: str) -> list[str]:
    """Processes with a mark in their command line."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if mark.encode() in path.read_bytes():
                found.append(path.parent.name)
    return found


def test_an_answer_without_end_is_cut(tier: Tier) -> None:
    ended = attempt(tier, "import os\nwhile True: os.write(1, bytes(1 << 16))", most_bytes=1 << 20)

    assert ended.fault == "an answer of more than 1,048,576 bytes"
    assert ended.answer == b""


def test_complaints_without_end_are_cut_and_cost_no_memory(tier: Tier) -> None:
    ended = attempt(tier, "import os\nfor _ in range(999): os.write(2, b'x' * 65536)\nprint('ok')")

    assert ended.answer == b"ok\n"
    assert len(ended.complaint) <= alone.COMPLAINT_BYTES


def test_memory_is_bounded(tier: Tier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alone, "MEMORY_MIB", 512)

    ended = attempt(tier, "kept = bytearray(2 << 30); print(len(kept))")

    assert ended.fault and "MemoryError" in ended.complaint


SHARED = """
import mmap
kept = mmap.mmap(-1, 2 << 30)
for start in range(0, 2 << 30, 1 << 20):
    kept[start : start + (1 << 20)] = bytes(1 << 20)
print(len(kept))
"""


@pytest.mark.parametrize("graphics", [AS_IF_GPU, NO_GRAPHICS], ids=["with a GPU", "without"])
def test_memory_that_is_nobodys_own_is_bounded_too(
    tier: Tier, monkeypatch: pytest.MonkeyPatch, graphics: Graphics
) -> None:
    if graphics.devices and find_lent() is None:
        pytest.skip("this machine lends no control groups")
    monkeypatch.setattr(alone, "MEMORY_MIB", 512)

    ended = attempt(tier, SHARED, graphics)

    assert ended.fault and ended.answer == b""


def test_a_box_leaves_no_control_group(tier: Tier) -> None:
    lent = find_lent()
    if lent is None:
        pytest.skip("this machine lends no control groups")
    before = {path for folder in lent.folders.values() for path in folder.glob("fairmark-*")}

    attempt(tier, "print(1)")

    ours = f"fairmark-{os.getpid()}-"
    after = {path for folder in lent.folders.values() for path in folder.glob(f"{ours}*")}
    assert after <= before


def test_a_wall_that_does_not_hold_is_not_used(tier: Tier, monkeypatch: pytest.MonkeyPatch) -> None:
    """The canary, in a box that shows one file too many."""
    if not tier.has_bubblewrap:
        pytest.skip(f"a bubblewrap is no part of the tier {tier}")
    monkeypatch.setattr(alone, "_proved", set())
    shown = alone.show_read_only()
    monkeypatch.setattr(
        alone, "show_read_only", lambda: [*shown, "--ro-bind", "/etc/passwd", "/etc/passwd"]
    )

    with pytest.raises(NoIsolation, match="could read the password file"):
        attempt(tier, "print('never')")


def test_without_bubblewrap_nothing_is_run(tier: Tier, monkeypatch: pytest.MonkeyPatch) -> None:
    if not tier.has_bubblewrap:
        pytest.skip(f"a bubblewrap is no part of the tier {tier}")
    monkeypatch.setattr(alone, "_proved", set())
    monkeypatch.setattr(alone, "find_bubblewrap", lambda: "/bin/false")

    with pytest.raises(NoIsolation):
        attempt(tier, "print('never')")


@pytest.mark.skipif(not landlock.find_version(), reason="this kernel has no Landlock")
def test_code_of_ones_own_is_fenced_too(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("CANARY")

    ended = attempt(
        Tier.OWN_CODE,
        f"""
        import socket
        for what in (lambda: open({str(secret)!r}).read(), lambda: socket.socket()):
            try: print(what())
            except OSError as problem: print(type(problem).__name__)
    """,
    )

    assert ended.answer == b"PermissionError\nPermissionError\n"


def test_a_machine_without_a_gpu_shows_nothing(tmp_path: Path) -> None:
    assert find_graphics(tmp_path, {"LD_LIBRARY_PATH": "/home/somebody"}) == Graphics()


def test_only_a_drivers_folders_are_shown(tmp_path: Path) -> None:
    for path in (
        "dev/nvidia0", "dev/nvidiactl", "dev/nvidia-uvm", "dev/sda", "sys/devices/x",
        "usr/local/nvidia/lib64/libcuda.so.1", "home/me/secret", "driver/libcuda.so",
    ):  # fmt: skip
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("")
    given = {
        "LD_LIBRARY_PATH": f"{tmp_path}/home/me:{tmp_path}/driver:relative",
        "CUDA_VISIBLE_DEVICES": "1", "GITHUB_TOKEN": "CANARY",
    }  # fmt: skip

    found = find_graphics(tmp_path, given)

    names = [path.removeprefix(str(tmp_path)) for path in (*found.devices, *found.readable)]
    assert names == ["/dev/nvidia-uvm", "/dev/nvidia0", "/dev/nvidiactl",
                     "/usr/local/nvidia/lib64", "/driver", "/sys/devices"]  # fmt: skip
    assert dict(found.environment) == {
        "CUDA_VISIBLE_DEVICES": "1",
        "LD_LIBRARY_PATH": f"{tmp_path}/usr/local/nvidia/lib64:{tmp_path}/driver",
    }


def test_the_timing_program_itself_runs_in_the_box(tier: Tier) -> None:
    """Up to where a GPU is needed: its imports, its request, its own complaint."""
    text = "from grader.kinds.kernel_timing_child import main; main()"

    ended = attempt(tier, text, request=b'{"part": {}}')

    assert ended.fault == "exit 1"
    assert "ValidationError" in ended.complaint or "SpecError" in ended.complaint, ended.complaint
