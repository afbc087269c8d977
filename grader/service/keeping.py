"""Keeping results behind the slots' backs: the next grading begins while the last is written."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, Queue

from grader.store.finishing import Graded

WAITING = 32
"""Results that may wait: should the database be away, the slots wait too."""
STREAM_S = 0.05
LINGER_S = 0.05
"""Where one result came so soon after another, more will: several cost little more than one,
and nobody notices so short a wait."""

log = logging.getLogger("grader.service")


class Keeper:
    """A thread that keeps what slots hand it, in the order it comes, several at a time.

    `keep` is called with one or several; when it fails for several each is tried by itself.
    """

    def __init__(self, keep: Callable[[Sequence[Graded]], None]) -> None:
        self._keep = keep
        self._waiting: Queue[Graded] = Queue(WAITING)
        threading.Thread(target=self._work, name="keeper", daemon=True).start()

    def put(self, graded: Graded) -> None:
        """Hand over a result."""
        self._waiting.put(graded)

    def settle(self, limit_s: float) -> bool:
        """Wait until all is kept; False when that took too long."""
        given_up_at = time.monotonic() + limit_s
        with self._waiting.all_tasks_done:
            while self._waiting.unfinished_tasks:
                left_s = given_up_at - time.monotonic()
                if left_s <= 0:
                    return False
                self._waiting.all_tasks_done.wait(left_s)
        return True

    def _work(self) -> None:
        kept_at = 0.0
        while True:
            together = [self._waiting.get()]
            if time.monotonic() - kept_at < STREAM_S:
                time.sleep(LINGER_S)
            with suppress(Empty):
                while True:
                    together.append(self._waiting.get_nowait())
            try:
                self._keep(together)
            except Exception:
                self._keep_each(together)
            kept_at = time.monotonic()
            for _ in together:
                self._waiting.task_done()

    def _keep_each(self, together: Sequence[Graded]) -> None:
        for graded in together:
            try:
                self._keep([graded])
            except Exception:
                # Its lease lapses, and it is graded again.
                log.exception("a result was not kept", extra={"run": graded.lease.run_id})
