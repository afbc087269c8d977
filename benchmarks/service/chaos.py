"""Everything is killed while a class hands in; then it is counted what became of it."""

from __future__ import annotations

import contextlib
import http.client
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from sqlalchemy import func, select

from benchmarks.measuring import print_row
from benchmarks.service.serving import (
    ANSWER,
    PATH,
    Deployment,
    PrivatePostgres,
    count,
    serve,
    wait_until,
)
from grader.report.json import read
from grader.store.blobs import read_blob
from grader.store.schema import CheckOutcome, GradingRun, PartOutcome, RunState, Submission, User

WORKERS = 4
HANDS = 8
STEP = 10
"""Gradings between two kills, at least: on a busy machine a start takes long."""
DATABASE_ROUNDS, WEB_ROUNDS = (3, 8), (2, 6)
PARTS, CHECKS = 2, 2
"""Of the assignment that everybody hands in."""


def make_chaos(cluster: PrivatePostgres | None, total: int) -> None:
    """A submission from each of so many students; none lost, none twice, each report complete."""
    with serve(cluster, students=total, slots=1 if cluster else 2) as service:
        service.start_web()
        for _ in range(WORKERS if cluster else 0):
            service.start_worker()
        started = time.monotonic()
        attack = Attack(service, cluster)
        acknowledged = attack.survive(total)
        elapsed_s = time.monotonic() - started
        fate = find_fate(service, acknowledged)
    kind = f"PostgreSQL, {WORKERS} workers" if cluster else "SQLite, embedded"
    print_row(f"{kind}: chaos, {len(acknowledged)} handed in, {elapsed_s:.0f} s", "lost",
              "twice", "incomplete", "quarantined")  # fmt: skip
    print_row(f"  killed: {attack.kills}; {fate.again} gradings were begun again",
              *map(str, (fate.lost, fate.twice, fate.incomplete, fate.quarantined)))  # fmt: skip
    assert (fate.lost, fate.twice, fate.incomplete) == (0, 0, 0), fate


@dataclass
class Attack:
    """Kills, while people hand in."""

    service: Deployment
    cluster: PrivatePostgres | None
    kills: dict[str, int] = field(default_factory=lambda: {"workers": 0, "database": 0, "web": 0})
    is_over: threading.Event = field(default_factory=threading.Event)

    def survive(self, total: int) -> set[str]:
        """Let everybody hand in until it is acknowledged; whose was."""
        acknowledged: set[str] = set()
        breaker = threading.Thread(target=self._break_things, daemon=True)
        breaker.start()
        try:
            with ThreadPoolExecutor(HANDS) as pool:
                shares = [range(first, total, HANDS) for first in range(HANDS)]
                for done in pool.map(self._hand_in, shares):
                    acknowledged |= done
            wait_until(self._is_settled)
        finally:
            self.is_over.set()
            breaker.join()
        wait_until(self._is_settled)
        return acknowledged

    def _hand_in(self, numbers: range) -> set[str]:
        acknowledged = set()
        connection = None
        for number in numbers:
            person = f"s{number}"
            while person not in acknowledged:
                connection = connection or http.client.HTTPConnection(
                    urlsplit(self.service.address).netloc, timeout=20
                )
                headers = {"Authorization": f"Bearer {self.service.tokens[person]}"}
                try:
                    connection.request("POST", PATH, ANSWER, headers)
                    response = connection.getresponse()
                    response.read()
                except (OSError, http.client.HTTPException):
                    connection.close()
                    connection = None
                else:
                    if response.status in (200, 201):
                        acknowledged.add(person)
                        continue
                time.sleep(0.05)
        return acknowledged

    def _is_settled(self) -> bool:
        with contextlib.suppress(Exception):
            waiting = count(self.service.store, RunState.QUEUED)
            return waiting + count(self.service.store, RunState.RUNNING) == 0
        return False

    def _break_things(self) -> None:
        dice = random.Random(7)
        rounds = before = 0
        while not self.is_over.wait(1.5 + dice.random()):
            done = before
            with contextlib.suppress(Exception):
                done = count(self.service.store, RunState.DONE)
            if done < before + STEP:
                continue
            before, rounds = done, rounds + 1
            if self.cluster:
                self._kill_worker(dice)
                if rounds in DATABASE_ROUNDS:
                    self.cluster.crash()
                    self.cluster.start()
                    self.kills["database"] += 1
            if not self.cluster or rounds in WEB_ROUNDS:
                assert self.service.web
                self.service.web.kill()
                self.service.web.wait()
                self.service.start_web()
                self.kills["web"] += 1

    def _kill_worker(self, dice: random.Random) -> None:
        workers = self.service.workers
        victim = workers.pop(dice.randrange(len(workers)))
        victim.kill()
        victim.wait()
        self.service.start_worker()
        self.kills["workers"] += 1


@dataclass(frozen=True)
class Fate:
    """What became of a class's submissions."""

    lost: int
    twice: int
    incomplete: int
    quarantined: int
    again: int


def find_fate(service: Deployment, acknowledged: set[str]) -> Fate:
    """Count everything anew from the store; each report is opened."""
    with service.store.read() as session:
        rows = session.execute(
            select(User.email, GradingRun)
            .join(Submission, Submission.user_id == User.id)
            .join(GradingRun, GradingRun.submission_id == Submission.id)
            .where(GradingRun.state == RunState.DONE)
        ).all()
        graded = [email.partition("@")[0] for email, _ in rows]
        incomplete = 0
        for _, run in rows:
            report = read(read_blob(session, run.staff_report_sha or ""))
            is_whole = len(report.parts) == PARTS and report.score == float(run.score or 0) == 2
            incomplete += not is_whole
        parts = session.scalar(select(func.count()).select_from(PartOutcome)) or 0
        checks = session.scalar(select(func.count()).select_from(CheckOutcome)) or 0
    surplus = abs(parts - PARTS * len(graded)) + abs(checks - CHECKS * len(graded))
    return Fate(
        lost=len(acknowledged - set(graded)),
        twice=len(graded) - len(set(graded)) + surplus,
        incomplete=incomplete,
        quarantined=count(service.store, RunState.QUARANTINED),
        again=sum(run.starts - 1 for _, run in rows),
    )
