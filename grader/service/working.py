"""`grade worker`: takes jobs off queues and grades them, on any host, until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import uuid
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import Any

from procrastinate import App, PsycopgConnector
from sqlalchemy.orm import Session

from grader.errors import SystemFault
from grader.service.executing import Executor
from grader.service.logs import configure_logs
from grader.service.settings import Settings
from grader.service.slot_process import Slot
from grader.service.supervising import Supervisor
from grader.store import runs
from grader.store.database import Store
from grader.store.delivery import TASK, deliver
from grader.store.migrating import require_current
from grader.store.schema import GradingRun

POLL_S = 5.0
"""The database tells of new jobs; should a word be lost, it is found so soon."""
PAUSE_S = 1.0
SETTLE_S = 10
"""Results are kept within milliseconds, unless the database is away: then they are found again."""

log = logging.getLogger("grader.service")


def work(settings: Settings) -> None:
    """Grade until SIGTERM or SIGINT, then drain.

    Errors   SystemFault when the database's tables are not those of this version.
    """
    configure_logs(settings.log_level)
    settings.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    store = Store(settings.database_url)
    require_current(store)
    asyncio.run(_Host(store, settings).run())
    store.close()


class _Host:
    """This host's slots, and the loop that gives them work."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store, self._settings = store, settings
        self._executor = Executor(store, settings, _deliver_again)
        self._name = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:6]}"
        self._supervisor = Supervisor(
            self._executor,
            self._name,
            queues=settings.queues,
            slots=settings.slot_count,
            reconciles=True,
        )
        self._slots: SimpleQueue[Slot] = SimpleQueue()
        self._all: list[Slot] = []
        self._threads = ThreadPoolExecutor(settings.slot_count, thread_name_prefix="slot")
        self._is_stopping = asyncio.Event()

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._is_stopping.set)
        for _ in range(self._settings.slot_count):
            slot = self._executor.make_slot()
            slot.warm_up()
            self._all.append(slot)
            self._slots.put(slot)
        self._supervisor.start()
        print(f"grade: working as {self._name} on {', '.join(self._settings.queues)}", flush=True)
        try:
            while not self._is_stopping.is_set():
                try:
                    await self._take_jobs()
                except Exception as trouble:
                    # The database went away: leases stay held and results wait, so go on.
                    log.warning("the queue is away: %s", trouble)
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._is_stopping.wait(), PAUSE_S)
        finally:
            self._executor.is_stopping.set()
            await asyncio.to_thread(self._threads.shutdown)
            await asyncio.to_thread(self._executor.settle, SETTLE_S)
            for slot in self._all:
                slot.kill()
            self._supervisor.stop()
            self._executor.close()

    async def _take_jobs(self) -> None:
        """Take jobs until told to stop, or until the database goes away."""
        settings = self._settings
        connector = PsycopgConnector(
            conninfo=settings.database_url,
            min_size=1,
            max_size=settings.slot_count + 3,
            # Rows say what is to be graded: a job that a crash forgets to have been done finds
            # nothing to claim.
            kwargs={"options": "-c synchronous_commit=off"},
        )
        app = App(connector=connector)
        app.task(name=TASK)(self._grade)
        async with app.open_async():
            taking = asyncio.create_task(
                app.run_worker_async(
                    queues=list(settings.queues),
                    concurrency=settings.slot_count,
                    name=self._name,
                    fetch_job_polling_interval=POLL_S,
                    shutdown_graceful_timeout=settings.drain_s + 30,
                    delete_jobs="always",
                    install_signal_handlers=False,
                    update_heartbeat_interval=settings.heartbeat_s,
                    stalled_worker_timeout=2 * settings.stale_s,
                )
            )
            stopping = asyncio.create_task(self._is_stopping.wait())
            await asyncio.wait([taking, stopping], return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            if not taking.done():
                asyncio.get_running_loop().call_later(
                    settings.drain_s, self._executor.is_stopping.set
                )
                taking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await taking

    async def _grade(self, run_id: int) -> None:
        await asyncio.get_running_loop().run_in_executor(self._threads, self._execute, run_id)

    def _execute(self, run_id: int) -> None:
        slot = self._slots.get()
        try:
            try:
                slot.prepare(lambda: not self._executor.is_stopping.is_set())
            except SystemFault:
                # Nothing was claimed, and this job is about to be forgotten.
                self._store.attempt(lambda session: _deliver_again(session, run_id))
                raise
            # A claim that a crash forgets is made again; its result finds no lease.
            lease = self._store.attempt(
                lambda session: runs.claim(session, run_id, self._name), is_durable=False
            )
            if lease is not None:
                self._executor.execute(lease, slot)
        except Exception:
            # What was claimed is swept up; the job is done with either way.
            log.exception("run %d was not finished here", run_id)
        finally:
            self._slots.put(slot)


def _deliver_again(session: Session, run_id: int) -> None:
    run: Any = session.get(GradingRun, run_id, populate_existing=True)
    if run is not None:
        deliver(session, [run])
