"""How long a waiting grading may take: what changes slowly is asked once in a while."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from grader.service.engine import Engine
from grader.store.runs import Wait, count_before, find_usual_time
from grader.store.schema import GradingRun

REMEMBERED_S = 2.0
"""How long gradings take, and how many go on at once, differ little a moment later."""


class Estimator:
    """Places and estimates for one process; its facts about a queue may be seconds old."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], tuple[float, Any]] = {}

    def estimate(self, session: Session, engine: Engine, run: GradingRun) -> Wait:
        """Where a waiting grading stands, and how long that may take."""
        position = count_before(session, run) + 1
        usual_s = self.find_usual_time(session, run.queue)
        slots = self.count_slots(engine, run.queue)
        return Wait(position, None if usual_s is None else usual_s * (position / slots + 1))

    def find_usual_time(self, session: Session, queue: str) -> float | None:
        """Seconds that a grading on a queue usually takes."""
        found: float | None = self._recall(("time", queue), lambda: find_usual_time(session, queue))
        return found

    def count_slots(self, engine: Engine, queue: str) -> int:
        """How many gradings go on at once; 1 where nobody grades, so that there is an estimate."""
        found: int = self._recall(("slots", queue), lambda: engine.count_slots(queue))
        return max(1, found)

    def _recall(self, key: tuple[str, str], find: Callable[[], Any]) -> Any:
        moment = time.monotonic()
        known = self._known.get(key)
        if known is None or moment - known[0] > REMEMBERED_S:
            known = self._known[key] = (moment, find())
        return known[1]
