"""Stopping a comparison that takes too long, wherever in the grader's process it is.

Every comparison has bounds of its own, which keep it below a second or two. Should one have been
forgotten, the answer is left to a person, and the grading goes on.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import TypeVar

LIMIT_S = 20.0
"""Of this process' processor time, which a busy machine does not use up: ten times what the
dearest answer of the tests takes."""
AGAIN_S = 0.5
UNTOUCHED = ("grader/sandbox/", "/threading.py", "/subprocess.py")
"""Code that is never left half-way: calls are under way there, or locks held."""

Result = TypeVar("Result")


class TookTooLong(BaseException):
    """Not an Exception: no comparison takes it for a fault of its own."""


def stop_after(limit_s: float, work: Callable[[], Result]) -> Result:
    """Do the work, within so much processor time of this process.

    In a thread that is not the main one there is no limit: signals reach the main thread alone.

    Errors   TookTooLong when the time is used up.
    """
    if threading.current_thread() is not threading.main_thread():
        return work()
    before = signal.signal(signal.SIGPROF, _stop)
    try:
        signal.setitimer(signal.ITIMER_PROF, limit_s, AGAIN_S)
        return work()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _stop(number: int, frame: FrameType | None) -> None:
    at = frame
    while at is not None:
        if any(name in at.f_code.co_filename for name in UNTOUCHED):
            # It comes again.
            return
        at = at.f_back
    raise TookTooLong
