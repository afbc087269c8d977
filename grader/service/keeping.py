"""Keeping results behind the slots' backs: the next grading begins while the last is written."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from queue import Empty, Queue

from grader.store.finishing import Graded

WAITING = 32
"""Results that may wait: should the database be away, the slots wait too."""
TOGETHER = 8
"""Kept in one transaction, which waits for the disk once."""

log = logging.getLogger("grader.service")


class Keeper:
    """A thread that keeps what slots hand it, in the order it comes, a few at a time.

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
        while True:
            together = [self._waiting.get()]
            while len(together) < TOGETHER:
                try:
                    together.append(self._waiting.get_nowait())
                except Empty:
                    break
            try:
                self._keep(together)
            except Exception:
                self._keep_each(together)
            for _ in together:
                self._waiting.task_done()

    def _keep_each(self, together: Sequence[Graded]) -> None:
        for graded in together:
            try:
                self._keep([graded])
            except Exception:
                # Its lease lapses, and it is graded again.
                log.exception("a result was not kept", extra={"run": graded.lease.run_id})
