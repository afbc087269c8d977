"""Work in a process that the kernel ends when it takes too long, and that goes on without it.

Comparing has bounds of its own. Should one be missing where no Python runs, as within one call of
a library, nothing inside the process can stop it. So a process that compares is watched by
another one: before each step it notes what it begins, and sets timers of the kernel that end it.
Whoever watches then starts it again, to leave that step out.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import os
import signal
import sys
from collections.abc import Callable, Collection
from typing import NamedTuple

ENDED_OVER_A_STEP = (signal.SIGVTALRM, signal.SIGALRM)
"""What the timers send: nobody else does."""
MOST_LEFT_OUT = 8
"""Of one grading: somebody who has found such an answer hands in many, and each takes a minute."""
OUR_FAULT = 5
"""The exit code for it."""
NOBODY_READS = 120
"""Python's own code for output that could not be written at the end."""
_DONE = "done"
_MOST_NOTED = 1 << 10
_PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class TookTooLong(BaseException):
    """Not an Exception: no comparison takes it for a fault of its own."""


class Allowance(NamedTuple):
    """What one step may take before the process is ended."""

    processor_s: float
    """Of this process' own, which a busy machine does not use up."""
    wall_s: float
    """For what waits and never wakes."""


class Note:
    """What a process is at, for others to read once it has been killed."""

    def __init__(self, descriptor: int = -1) -> None:
        self.descriptor = descriptor
        if descriptor < 0:
            self.descriptor = os.memfd_create("step", os.MFD_CLOEXEC)

    def write(self, step: str) -> None:
        """Replace what stands there."""
        os.pwrite(self.descriptor, step.encode().ljust(_MOST_NOTED, b"\0")[:_MOST_NOTED], 0)

    def read(self) -> str:
        """The step that was begun last; empty where none was."""
        return os.pread(self.descriptor, _MOST_NOTED, 0).rstrip(b"\0").decode("utf-8", "replace")

    def close(self) -> None:
        os.close(self.descriptor)


def is_ended_over(step: str, signal_number: int, left_out: Collection[str]) -> bool:
    """Whether a process was ended over its last step, and another shall go on without it."""
    is_new = bool(step) and step not in left_out and len(left_out) < MOST_LEFT_OUT
    return is_new and signal_number in ENDED_OVER_A_STEP


class _Steps:
    """Where this process is, if somebody watches it."""

    note: Note | None = None
    left_out: frozenset[str] = frozenset()
    place = ""
    number = 0
    allowance = Allowance(0, 0)


_steps = _Steps()


def be_watched(note: Note, left_out: Collection[str]) -> None:
    """From now on every step is noted and has its end; those `left_out` are not begun again."""
    for number in ENDED_OVER_A_STEP:
        signal.signal(number, signal.SIG_DFL)
    _steps.note, _steps.left_out = note, frozenset(left_out)


def is_watched() -> bool:
    """Whether anybody would go on after this process was ended."""
    return _steps.note is not None


def begin(place: str, allowance: Allowance) -> None:
    """Begin something of several steps; the same place is always the same work.

    Errors   TookTooLong, as `step` raises it.
    """
    _steps.place, _steps.number, _steps.allowance = place, 0, allowance
    step()


def step() -> None:
    """Note that a step begins; its time runs until the next one, or until `rest`.

    Errors   TookTooLong when a process was ended over this one before.
    Cost     three system calls.
    """
    if _steps.note is None:
        return
    _steps.number += 1
    name = f"{_steps.place} {_steps.number}"
    if name in _steps.left_out:
        raise TookTooLong
    _steps.note.write(name)
    go_on()


def wait() -> None:
    """Others are at work, who have limits of their own on the wall, until this process goes on."""
    if _steps.note is not None:
        signal.setitimer(signal.ITIMER_REAL, 0)


def go_on() -> None:
    """The same step, with all of its time: what is remembered decides how often one waits."""
    if _steps.note is not None:
        signal.setitimer(signal.ITIMER_VIRTUAL, _steps.allowance.processor_s)
        signal.setitimer(signal.ITIMER_REAL, _steps.allowance.wall_s)


def rest() -> None:
    """Nothing that could take too long is under way."""
    wait()
    if _steps.note is not None:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def run_watched(work: Callable[[], int]) -> int:
    """Do the work in a child that may be ended over a step, and then in another without it.

    Ends this process with the code that `work` returned, or as the last child ended. Where there
    are threads already, and a fork would break their locks, the work is done here and its code
    returned.

    Cost     a fork, two milliseconds of a process that has imported little.
    """
    if sys.platform != "linux" or len(os.listdir("/proc/self/task")) > 1:  # noqa: PTH208
        return work()
    sys.stdout.flush()
    sys.stderr.flush()
    note = Note()
    left_out: set[str] = set()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    unblocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD, *_PASSED_ON})
    while True:
        parent, (reading, writing) = os.getpid(), os.pipe()
        child = os.fork()
        if child == 0:
            os.close(writing)
            _end_with(parent, reading)
            signal.pthread_sigmask(signal.SIG_SETMASK, unblocked)
            be_watched(note, left_out)
            try:
                _leave(work(), note)
            except Exception as fault:
                # Faults are told by the work itself. One that gets here has hindered it in that, as
                # where too little memory is left to import the words: whoever watches says it.
                if os.environ.get("GRADE_DEBUG"):
                    raise
                with contextlib.suppress(Exception):
                    _say(f"{type(fault).__name__}: {fault}; set GRADE_DEBUG=1 to see where")
                os._exit(OUR_FAULT)
        os.close(reading)
        status = _wait_for(child)
        os.close(writing)
        number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        step = note.read()
        if not is_ended_over(step, number, left_out):
            _end_as(status, step == _DONE, unblocked)
        left_out.add(step)
        _say("a comparison took too long and was stopped; grading again without it")


def _leave(code: int, note: Note) -> None:
    """Never returns: what is in memory is not taken apart first, which costs more than the fork."""
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        # Closed by whoever read it, or by us because of that.
        code = code or NOBODY_READS
    note.write(_DONE)
    os._exit(code)


def _end_with(parent: int, reading: int) -> None:
    """Have the kernel kill this process when the other end of a pipe closes, however it does."""
    fcntl.fcntl(reading, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(reading, fcntl.F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(reading, fcntl.F_SETFL, os.O_ASYNC)
    if os.getppid() != parent:
        os._exit(OUR_FAULT)


def _wait_for(child: int) -> int:
    """The child's status; signals that somebody sends to this process are for the child."""
    while True:
        heard = signal.sigwaitinfo({signal.SIGCHLD, *_PASSED_ON})
        if heard.si_signo != signal.SIGCHLD:
            # What a terminal sends has a positive code, and the child has got it as well.
            if heard.si_code <= 0:
                os.kill(child, heard.si_signo)
            continue
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return status


def _end_as(status: int, is_done: bool, unblocked: set[int | signal.Signals]) -> None:
    """Never returns."""
    if is_done and os.WIFEXITED(status):
        os._exit(os.WEXITSTATUS(status))
    number = os.WTERMSIG(status)
    if number in _PASSED_ON:
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
        signal.pthread_sigmask(signal.SIG_SETMASK, unblocked)
    words = "took too long" if number in ENDED_OVER_A_STEP else f"was ended by signal {number}"
    if not number:
        # Libraries end their process when they get no memory.
        words = f"was ended from within, with code {os.WEXITSTATUS(status)}"
    _say(f"the process that grades {words}: a fault of the grader or of a machine short of memory,")
    _say("not of the answers; nothing was graded, try again")
    os._exit(OUR_FAULT)


def _say(words: str) -> None:
    sys.stderr.write(f"grade: {words}\n")
    sys.stderr.flush()
