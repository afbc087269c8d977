"""Watching gradings: one look at the store a moment, however many people watch."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from grader.errors import TooMany
from grader.service.engine import Engine
from grader.store.database import Store
from grader.store.runs import find_usual_time
from grader.store.schema import GradingRun, RunEvent, RunState

LOOK_EVERY_S = 0.25
MOST_STREAMS = 30
"""Of one person: more tabs than anybody has open, far less than fills a process."""
MOST_WAITING = 5_000
"""Places in the queue that are counted; whoever is behind hears 'more than'."""

log = logging.getLogger("grader.service")


@dataclass(frozen=True, slots=True)
class Sight:
    """What there is to tell of one run."""

    state: str
    starts: int
    position: int | None = None
    estimate_s: float | None = None
    parts: tuple[tuple[int, dict[str, Any]], ...] = ()
    """New since the last look, each with its number."""

    @property
    def is_over(self) -> bool:
        return not RunState(self.state).is_open


class Watcher:
    """Looks at the runs that are watched, and tells each watcher what is new."""

    def __init__(self, store: Store, engine: Engine) -> None:
        self._store = store
        self._engine = engine
        self._queues: dict[int, set[asyncio.Queue[Sight]]] = defaultdict(set)
        self._seen: dict[int, int] = {}
        self._task: asyncio.Task[None] | None = None
        self._watching: Counter[int] = Counter()
        self.is_stopping = False

    def require_room(self, user_id: int) -> None:
        """Errors   TooMany for one person's streams at once."""
        if self._watching[user_id] >= MOST_STREAMS:
            raise TooMany(f"you follow {MOST_STREAMS} gradings at once; end one of them first", 5)

    async def watch_for(self, user_id: int, run_id: int, after: int = 0) -> AsyncIterator[Sight]:
        """The same as `watch`, counted as this person's."""
        self._watching[user_id] += 1
        try:
            async for sight in self.watch(run_id, after):
                yield sight
        finally:
            self._watching[user_id] -= 1
            if not self._watching[user_id]:
                del self._watching[user_id]

    async def watch(self, run_id: int, after: int = 0) -> AsyncIterator[Sight]:
        """What happens to a run from now, and the parts after one's number; ends when it does."""
        first = await run_in_threadpool(self._look_once, run_id, after)
        yield first
        if first.is_over:
            return
        queue: asyncio.Queue[Sight] = asyncio.Queue()
        known = after
        for number, _ in first.parts:
            known = max(known, number)
        # Others may have been told more already; what comes twice is left out here.
        self._seen[run_id] = min(self._seen.get(run_id, known), known)
        self._queues[run_id].add(queue)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._look_on())
        try:
            while not self.is_stopping:
                try:
                    sight = await asyncio.wait_for(queue.get(), timeout=1)
                except TimeoutError:
                    continue
                new = tuple(part for part in sight.parts if part[0] > known)
                known = max([known, *(number for number, _ in new)])
                yield Sight(sight.state, sight.starts, sight.position, sight.estimate_s, new)
                if sight.is_over:
                    return
        finally:
            self._queues[run_id].discard(queue)
            if not self._queues[run_id]:
                self._queues.pop(run_id, None)
                self._seen.pop(run_id, None)

    def stop(self) -> None:
        """Let every watcher go."""
        self.is_stopping = True

    async def _look_on(self) -> None:
        while self._queues and not self.is_stopping:
            watched = dict(self._seen)
            with contextlib.suppress(RuntimeError):
                try:
                    sights = await run_in_threadpool(self._look, watched)
                except Exception as trouble:
                    # The database is away; whoever watches goes on watching.
                    log.warning("watching: %s", trouble)
                    sights = {}
                for run_id, sight in sights.items():
                    for queue in self._queues.get(run_id, ()):
                        queue.put_nowait(sight)
                    if sight.parts and run_id in self._seen:
                        self._seen[run_id] = max(number for number, _ in sight.parts)
            await asyncio.sleep(LOOK_EVERY_S)

    def _look_once(self, run_id: int, after: int) -> Sight:
        return self._look({run_id: after})[run_id]

    def _look(self, watched: dict[int, int]) -> dict[int, Sight]:
        with self._store.read() as session:
            rows = session.execute(
                select(GradingRun.id, GradingRun.state, GradingRun.starts, GradingRun.queue).where(
                    GradingRun.id.in_(watched)
                )
            ).all()
            parts = self._find_parts(session, watched)
            queues = {row.queue for row in rows if row.state == RunState.QUEUED}
            places = self._find_places(session, queues)
        found = {}
        for row in rows:
            position, estimate_s = places.get(row.id, (None, None))
            found[row.id] = Sight(
                row.state, row.starts, position, estimate_s, tuple(parts.get(row.id, ()))
            )
        return found

    def _find_parts(
        self, session: Session, watched: dict[int, int]
    ) -> dict[int, list[tuple[int, dict[str, Any]]]]:
        found: dict[int, list[tuple[int, dict[str, Any]]]] = defaultdict(list)
        rows = session.execute(
            select(RunEvent.run_id, RunEvent.id, RunEvent.document)
            .where(RunEvent.run_id.in_(watched), RunEvent.id > min(watched.values()))
            .order_by(RunEvent.id)
        )
        for run_id, number, document in rows:
            if number > watched[run_id]:
                found[run_id].append((number, document))
        return found

    def _find_places(
        self, session: Session, queues: Iterable[str]
    ) -> dict[int, tuple[int, float | None]]:
        """Every waiting run's place and estimate, by one query a queue."""
        found = {}
        for queue in queues:
            waiting = session.scalars(
                select(GradingRun.id)
                .where(GradingRun.state == RunState.QUEUED, GradingRun.queue == queue)
                .order_by(GradingRun.priority.desc(), GradingRun.id)
                .limit(MOST_WAITING)
            )
            usual_s = find_usual_time(session, queue)
            slots = max(1, self._engine.count_slots(queue))
            for position, run_id in enumerate(waiting, 1):
                estimate_s = usual_s and usual_s * (position / slots + 1)
                found[run_id] = (position, estimate_s)
        return found
