"""The grader's end: a warm process that interprets, killed and replaced when it exceeds a limit."""

from __future__ import annotations

import atexit
import contextlib
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from grader.errors import SystemFault
from grader.kernels.apart.wire import Request, read_run, send_request
from grader.kernels.launch import KernelRun, Launch
from grader.kernels.limits import Budget
from grader.kernels.machine import Issue
from grader.kernels.source import Program

ROOT = Path(__file__).resolve().parents[3]
# A budget of work ends within a second or two, and the system ends what takes more processor time
# than the budget's. The clock on the wall is the last resort: a busy machine may be this much
# slower.
WALL_PER_PROCESSOR_S = 4
GRACE_S = 5.0
ENDLESS = "the kernel did not end: interpreting it was stopped after {:g} s of processor time"


class ProcessInterpreter:
    """Runs kernels in a process of its own, which is started when first needed and kept warm.

    Errors   SystemFault when the process ends for another reason than a limit.
    Cost     a fifth of a second to start, then a third of a millisecond a launch.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def __call__(
        self,
        source: str | Program,
        name: str,
        launch: Launch,
        arguments: Sequence[Any],
        *,
        budget: Budget,
        blocks: Sequence[int] | None = None,
    ) -> KernelRun:
        """As `run_kernel`: arrays among the arguments are changed in place."""
        text = source if isinstance(source, str) else source.text
        request = Request(
            source=text,
            name=name,
            launch=launch,
            arguments=arguments,
            budget=budget,
            blocks=None if blocks is None else tuple(blocks),
        )
        with self._lock:
            return self._ask(request)

    def warm_up(self) -> None:
        """Start the process while something else is being done."""
        with self._lock:
            self._start()

    def close(self) -> None:
        """End the process; the next launch starts another."""
        with self._lock:
            self._stop()

    def _ask(self, request: Request) -> KernelRun:
        process = self._start()
        allowed_s = WALL_PER_PROCESSOR_S * request.budget.time_s + GRACE_S
        incoming, outgoing = process.stdout, process.stdin
        assert incoming is not None and outgoing is not None
        run = None
        with contextlib.suppress(BrokenPipeError):
            send_request(outgoing, request)
            if select.select([incoming], [], [], allowed_s)[0]:
                run = read_run(incoming, request.arguments)
            else:
                process.kill()
        if run is not None:
            return run
        code = self._stop()
        if code not in ENDED_BY_LIMIT:
            raise SystemFault(f"the process that interprets kernels ended with {code}")
        words = ENDLESS.format(request.budget.time_s)
        return KernelRun(halted=Issue(kind="does not end", line=0, column=0, message=words))

    def _start(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            # Nothing of the folder that the command was given in, which may be a student's.
            kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-s", "-m", "grader.kernels.apart.child"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=kept | {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"},
                cwd="/",
            )
        return self._process

    def _stop(self) -> int:
        """How the process ended; it is given a moment to do so by itself."""
        process, self._process = self._process, None
        if process is None:
            return 0
        for stream in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                stream.close()  # type: ignore[union-attr]
        try:
            return process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    def _forget(self) -> None:
        """After a fork: the process belongs to the parent alone."""
        self._process, self._lock = None, threading.Lock()


# SIGKILL, from here or from a machine that ran out of memory, and SIGXCPU.
ENDED_BY_LIMIT = (-signal.SIGKILL, -signal.SIGXCPU)

interpret_apart = ProcessInterpreter()
atexit.register(interpret_apart.close)
os.register_at_fork(after_in_child=interpret_apart._forget)
