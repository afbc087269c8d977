"""The thread that fetches commits and tells what came of them. Several processes may have one."""

from __future__ import annotations

import logging
import threading

from sqlalchemy import select

from grader.service.engine import Engine
from grader.service.github.client import GitHubClient
from grader.service.github.taking import CommitTaker
from grader.service.github.telling import ResultTeller
from grader.service.logs import Complaint
from grader.service.settings import Settings
from grader.store.database import Store
from grader.store.forges import CommitResult, CommitState, HandedInCommit, ResultState

LOOK_EVERY_S = 0.5

log = logging.getLogger("grader.service")


class Courier:
    """Between this service and GitHub; rests where nobody hands in by commit."""

    def __init__(self, store: Store, settings: Settings, engine: Engine) -> None:
        self._store, self._settings, self._engine = store, settings, engine
        self._is_stopping = False
        self._woken = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="courier", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """A commit came in."""
        self._woken.set()

    def stop(self) -> None:
        self._is_stopping = True
        self._woken.set()
        if self._thread is not None:
            self._thread.join(5)

    def _run(self) -> None:
        client: GitHubClient | None = None
        complaint = Complaint("the courier")
        while not self._is_stopping:
            self._woken.wait(LOOK_EVERY_S)
            self._woken.clear()
            try:
                has_work = self._has_work()
                complaint.forget()
                if not has_work:
                    continue
                client = client or GitHubClient(self._settings)
                CommitTaker(self._store, self._settings, self._engine, client).take_due()
                if client.is_app:
                    ResultTeller(self._store, self._settings, client).tell_due()
            except Exception as trouble:
                # What is due stays due.
                complaint.tell(trouble)
        if client is not None:
            client.close()

    def _has_work(self) -> bool:
        with self._store.read() as session:
            waiting = (
                select(HandedInCommit.id).where(HandedInCommit.state == CommitState.WAITING),
                select(CommitResult.id).where(CommitResult.state == ResultState.WAITING),
            )
            return any(session.scalar(each.limit(1)) is not None for each in waiting)
