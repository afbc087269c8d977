"""`grade worker`: takes jobs off queues and grades them, on any host, until it is told to stop."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import uuid
from typing import Any

import psycopg
from procrastinate.manager import get_channel_for_queues
from psycopg import sql
from sqlalchemy.orm import Session

from grader.service.executing import Executor
from grader.service.logs import configure_logs
from grader.service.settings import Settings
from grader.service.slots import Slots
from grader.store.database import Store, write_conninfo
from grader.store.delivery import claim_delivered, deliver
from grader.store.migrating import require_current
from grader.store.schema import GradingRun

LOOK_EVERY_S = 5.0
"""The database tells of new jobs; should a word be lost, they are found so soon."""
PAUSE_S = 1.0
CONNECT_S = 5

log = logging.getLogger("grader.service")


def work(settings: Settings) -> None:
    """Grade until SIGTERM or SIGINT, then drain.

    Errors   SystemFault when the database's tables are not those of this version.
    """
    configure_logs(settings.log_level)
    settings.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    store = Store(settings.database_url)
    require_current(store)
    is_stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: is_stopping.set())
    name = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:6]}"
    slots = Slots(
        Executor(store, settings, _deliver_again),
        lambda session: claim_delivered(session, settings.queues, name),
        name=name,
        look_every_s=LOOK_EVERY_S,
        reconciles=True,
    )
    slots.start()
    print(f"grade: working as {name} on {', '.join(settings.queues)}", flush=True)
    listening = (settings, slots, is_stopping)
    threading.Thread(target=_listen, args=listening, name="listener", daemon=True).start()
    is_stopping.wait()
    slots.stop(settings.drain_s)
    store.close()


def _listen(settings: Settings, slots: Slots, is_stopping: threading.Event) -> None:
    """Wake the slots whenever the database tells of a job."""
    while not is_stopping.is_set():
        try:
            with psycopg.connect(
                write_conninfo(settings.database_url), autocommit=True, connect_timeout=CONNECT_S
            ) as connection:
                for channel in get_channel_for_queues(settings.queues):
                    connection.execute(sql.SQL("listen {}").format(sql.Identifier(channel)))
                # What came while nobody listened.
                slots.wake()
                for _ in connection.notifies():
                    slots.wake()
        except psycopg.Error as trouble:
            # Leases stay held and results wait, so go on.
            log.warning("the queue is away: %s", type(trouble).__name__)
        is_stopping.wait(PAUSE_S)


def _deliver_again(session: Session, run_id: int) -> None:
    run: Any = session.get(GradingRun, run_id, populate_existing=True)
    if run is not None:
        deliver(session, [run])
