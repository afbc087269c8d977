"""A call that the machine does not let run is not a call that takes too long."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time

import pytest

from grader.sandbox.child.channel import STARTED
from grader.sandbox.child.children import Child
from grader.sandbox.endings import Traces, classify
from grader.sandbox.records import Call, Ending

CALL = Call(sources={"hw": ""}, module="hw", function="f", time_s=2)


def fork_busy(nice: int) -> int:
    """A process that never rests, on the first processor this one may use."""
    pid = os.fork()
    if pid == 0:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        os.nice(nice)
        while True:
            pass
    return pid


def fork_idle() -> int:
    pid = os.fork()
    if pid == 0:
        while True:
            signal.pause()
    return pid


def watch_until_ended(pid: int) -> Child:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        child = Child(pid, ours)
        child.time_s, child.patience_s = 0.3, 1.2
        child.started = time.monotonic()
        child.deadline = child.started + child.time_s
        while not child.has_timed_out:
            child.end_if_late(time.monotonic())
            time.sleep(0.01)
    os.waitpid(pid, 0)
    os.close(child.pidfd)
    return child


def test_whoever_waits_for_a_processor_has_starved() -> None:
    rival = fork_busy(nice=0)
    try:
        child = watch_until_ended(fork_busy(nice=19))
    finally:
        os.kill(rival, signal.SIGKILL)
        os.waitpid(rival, 0)

    assert child.has_starved


def test_whoever_waits_for_anything_else_has_not() -> None:
    assert not watch_until_ended(fork_idle()).has_starved


@pytest.mark.parametrize(
    ("status", "ending"),
    [
        ({"cpu_s": 0.1, "starved": True}, Ending.FAULT),
        ({"cpu_s": 0.1, "starved": False}, Ending.TIMEOUT),
        # Threads that wait for each other have used what they were given.
        ({"cpu_s": 2.5, "starved": True}, Ending.PROCESSOR_TIME),
    ],
)
def test_a_call_that_starved_is_our_fault(status: dict[str, object], ending: Ending) -> None:
    report = {"signal": signal.SIGKILL, "timed_out": True, "elapsed_s": 20, **status}
    traces = Traces(message=STARTED, status=json.dumps(report).encode(), output=b"")

    assert classify(CALL, traces).ending is ending


@pytest.mark.sandbox
@pytest.mark.parametrize("isolated", [True, False])
def test_nobody_runs_in_real_time_though_the_grader_does(isolated: bool) -> None:
    script = textwrap.dedent(f"""\
        import os, sys
        try:
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(5))
        except OSError as problem:
            print("refused:", problem)
            sys.exit()
        from grader.sandbox.alone import Program, run_alone
        from grader.sandbox.pool import Sandbox
        from grader.sandbox.records import Call
        source = "import os\\ndef f(): return os.sched_getscheduler(0)"
        with Sandbox(isolated={isolated}, slots=1) as sandbox:
            (run,) = sandbox.run([Call(sources={{"hw": source}}, module="hw", function="f")])
            text = "import os; print(os.sched_getscheduler(0))"
            print(run.value, int(run_alone(Program(text=text), sandbox.tier).answer))
    """)
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )

    if ended.stdout.startswith("refused"):
        pytest.skip(f"no real-time priority here: {ended.stdout}")
    assert ended.stdout.split() == [str(os.SCHED_OTHER)] * 2, ended.stderr
