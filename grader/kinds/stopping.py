"""Stopping a comparison that takes too long, wherever in the grader's process it is.

Every comparison has bounds of its own, which keep it below a second or two. Should one have been
forgotten, the answer is left to a person, and the grading goes on: at once where Python code is
running, and in another process where something else is (`grader.killable`).
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import TypeVar

from grader import killable
from grader.killable import Allowance, TookTooLong

__all__ = ["BY_CODE_ALLOWED", "LIMIT_S", "WRITTEN_ALLOWED", "TookTooLong", "stop_after"]

LIMIT_S = 20.0
"""Of this process' processor time, which a busy machine does not use up: ten times what the
dearest answer of the tests takes."""
WALL_S = 1500
"""Less than the half hour that a service gives to a whole grading; processes that interpret a
kernel or run SymPy have limits of their own, which add up to minutes on a busy machine."""
WRITTEN_ALLOWED = Allowance(processor_s=2 * LIMIT_S, wall_s=WALL_S)
"""Twice the limit, which ends what it can."""
BY_CODE_ALLOWED = Allowance(processor_s=120, wall_s=WALL_S)
"""Arrays of 256 MiB are compared in seconds; there may be dozens of checks."""
AGAIN_S = 0.5
UNTOUCHED = ("grader/sandbox/", "/threading.py", "/subprocess.py")
"""Code that is never left half-way: calls are under way there, or locks held."""

Result = TypeVar("Result")


def stop_after(limit_s: float, work: Callable[[], Result]) -> Result:
    """Do the work, within so much processor time of this process.

    In a thread that is not the main one there is no limit: signals reach the main thread alone.

    Errors   TookTooLong when the time is used up, or was in a process before this one.
    """
    if threading.current_thread() is not threading.main_thread():
        return work()
    killable.step()
    before = signal.signal(signal.SIGPROF, _stop)
    try:
        signal.setitimer(signal.ITIMER_PROF, limit_s, AGAIN_S)
        return work()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
        killable.step()


def _stop(number: int, frame: FrameType | None) -> None:
    at = frame
    while at is not None:
        if any(name in at.f_code.co_filename for name in UNTOUCHED):
            # It comes again.
            return
        at = at.f_back
    raise TookTooLong
