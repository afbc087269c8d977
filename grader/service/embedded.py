"""The embedded engine: rows in the database, and one process below this one that grades them."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.orm import Session

from grader.errors import UsageError
from grader.service.settings import Settings
from grader.store import runs
from grader.store.database import Store
from grader.store.schema import GradingRun

TAKEN_S = 5.0
"""The grading process of a service that was killed ends at once; until then it holds the lock."""
AGAIN_S = 1.0
"""Before a grading process that died is started again."""
END_S = 15.0
"""What a drained process may take for its last results."""
WAKE, DRAIN = b"wake\n", b"drain "

log = logging.getLogger("grader.service")


class EmbeddedEngine:
    """Grades in a process below this one. One such engine a database, held by a lock file.

    A process of its own, because answering requests and minding gradings are both Python.
    """

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: threading.Thread | None = None
        self._is_stopping = threading.Event()
        self._lock_file = -1

    def enqueue(self, session: Session, runs: Sequence[GradingRun]) -> None:
        """Nothing: the row is the queue."""

    def wake(self) -> None:
        """Look now; a process that is just starting looks by itself."""
        self._say(WAKE)

    def start(self) -> None:
        """Take up what an earlier process left, then grade.

        Errors   UsageError when another service grades from this database already.
        """
        self.hold()
        self._recover()
        self._spawn()
        self._guard = threading.Thread(target=self._watch, name="engine", daemon=True)
        self._guard.start()

    def hold(self) -> None:
        """Keep other services away from this folder.

        Errors   UsageError when another has it.
        """
        if self._lock_file < 0:
            self._lock(self._settings.folder / "engine.lock")

    def stop(self, drain_s: float) -> None:
        self._is_stopping.set()
        self._say(DRAIN + f"{drain_s}\n".encode())
        if self._process:
            try:
                self._process.wait(drain_s + END_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._guard:
            self._guard.join()
        if self._lock_file >= 0:
            os.close(self._lock_file)
            self._lock_file = -1

    def count_slots(self, queue: str) -> int:
        return self._settings.slot_count

    def _say(self, words: bytes) -> None:
        process = self._process
        if process and process.stdin:
            # A process that has died hears nothing; the next one looks by itself.
            with contextlib.suppress(OSError, ValueError):
                process.stdin.write(words)
                process.stdin.flush()

    def _spawn(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "grader.service.embedded_process"],
            stdin=subprocess.PIPE,
            # No gradings of the next service while these may still be under way.
            pass_fds=[self._lock_file],
            start_new_session=True,
        )
        self._say(self._settings.model_dump_json().encode() + b"\n")

    def _watch(self) -> None:
        """Start the process again whenever it dies before it was told to stop."""
        while self._process:
            code = self._process.wait()
            if self._is_stopping.wait(AGAIN_S):
                return
            log.error("the grading process ended with code %d; it is started again", code)
            self._recover()
            self._spawn()
            if self._is_stopping.is_set():
                self._say(DRAIN + b"0\n")

    def _lock(self, path: Path) -> None:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        given_up_at = time.monotonic() + TAKEN_S
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                if time.monotonic() < given_up_at:
                    time.sleep(0.05)
                    continue
                os.close(descriptor)
                raise UsageError(
                    f"another service grades from {self._settings.folder} already;"
                    " stop it, or use PostgreSQL and `grade worker` for several"
                ) from None
            self._lock_file = descriptor
            return

    def _recover(self) -> None:
        """What was under way when an earlier process ended is nobody's: the lock proves it."""

        def take_back(session: Session) -> int:
            stale = runs.find_stale(session, None)
            for run_id, token in stale:
                words = "the service ended while it graded this"
                runs.bury(session, run_id, token, words, host_died=True)
            return len(stale)

        count = self._store.attempt(take_back)
        if count:
            log.warning("took back %d gradings that an earlier process left", count)
