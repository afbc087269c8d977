"""How often something may be tried: failed sign-ins, previews."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque

from grader.errors import TooMany

MOST_KEYS = 20_000
"""Kept at once, about 5 MiB; the longest unused go first."""


class Throttle:
    """Counts tries by key over a moving window. Each process counts for itself."""

    def __init__(self, allowed: int, window_s: float) -> None:
        self._allowed = allowed
        self._window_s = window_s
        self._tries: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def require_room(self, key: str) -> None:
        """Errors   TooMany, with when the next may come."""
        with self._lock:
            tries = self._recent(key)
            if len(tries) >= self._allowed:
                wait_s = int(tries[0] + self._window_s - time.monotonic()) + 1
                wait = f"{wait_s} seconds" if wait_s < 90 else f"{-(-wait_s // 60)} minutes"
                raise TooMany(f"too many tries; the next can come in {wait}", wait_s)

    def note(self, key: str) -> None:
        """Count one try."""
        with self._lock:
            self._recent(key).append(time.monotonic())

    def forget(self, key: str) -> None:
        """Start again, after a success."""
        with self._lock:
            self._tries.pop(key, None)

    def _recent(self, key: str) -> deque[float]:
        tries = self._tries.setdefault(key, deque())
        self._tries.move_to_end(key)
        while len(self._tries) > MOST_KEYS:
            self._tries.popitem(last=False)
        since = time.monotonic() - self._window_s
        while tries and tries[0] < since:
            tries.popleft()
        return tries
