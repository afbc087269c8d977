"""Doing gradings: claimed, laid out for a slot, graded, and kept or given back."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import shutil
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from sqlalchemy.orm import Session

from grader.errors import GraderError, SystemFault
from grader.service.keeping import Keeper
from grader.service.scratch import Scratch
from grader.service.settings import Settings
from grader.service.slot_process import Slot, SlotStopped
from grader.service.versions import name_student
from grader.store import runs
from grader.store.blobs import read_blob, unpack
from grader.store.database import Store
from grader.store.finishing import Graded, Result, finish
from grader.store.runs import Lease
from grader.store.schema import RunState

TELL_EVERY_S = 0.3
"""Parts are written down together this often: a live view needs no more, and a short grading
then writes none."""

FREE_MIB = 100
"""For a few submissions, unpacked bundles and what the database's own files grow by."""

log = logging.getLogger("grader.service")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A claimed run with all that a slot needs to grade it, and the folder where that lies."""

    lease: Lease
    request: dict[str, Any]
    folder: Path


class Executor:
    """Claims runs, grades them in slots, and knows which leases it holds.

    A result is kept while its slot goes on with the next; its lease is held until then. `held`
    says when each lease was taken; `revoked` are those among them that must stop. `deliver` is
    called, in the same transaction, for a run that goes back to the queue.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        deliver: Callable[[Session, int], None] = lambda session, run_id: None,
    ) -> None:
        self.deliver = deliver
        self.store = store
        self.settings = settings
        self.held: dict[str, float] = {}
        self.revoked: set[str] = set()
        self.is_stopping = threading.Event()
        """Set when what is under way goes back to the queue."""
        self._lock = threading.Lock()
        self._home = settings.folder.absolute()
        self._scratch = Scratch(self._home / "slots")
        # Used again and again: a new folder for each would cost more than a short grading.
        self._folders: SimpleQueue[Path] = SimpleQueue()
        for number in range(settings.slot_count + 1):
            self._folders.put(self._scratch.make(str(number)))
        self._keeper = Keeper(self._keep)

    def make_slot(self) -> Slot:
        """A slot whose sandbox uses its share of the processors."""
        cores = len(os.sched_getaffinity(0))
        calls = max(1, cores // self.settings.slot_count)
        return Slot(self._home / "expected", calls)

    def take(self, claim: Callable[[Session], Lease | None]) -> Prepared | None:
        """Claim a run and lay it out; None when nothing waits.

        At most one run more than there are slots is laid out at once; the next waits for a folder.
        """

        self._require_room()
        while True:
            # A claim that a crash forgets is made again; its result finds no lease.
            lease = self.store.attempt(claim, is_durable=False)
            if lease is None:
                return None
            prepared = self._lay_out(lease)
            if prepared is not None:
                return prepared

    def _require_room(self) -> None:
        """Errors   SystemFault on a full disk: what is claimed then could not be laid out."""
        free_mib = shutil.disk_usage(self._home).free >> 20
        if free_mib < FREE_MIB:
            raise SystemFault(
                f"{free_mib} MiB are free in {self._home}, and {FREE_MIB} are needed: nothing is"
                " claimed until there is room"
            )

    def execute(self, prepared: Prepared, slot: Slot) -> None:
        """Grade; the result is kept soon, and the slot is free for the next at once."""
        lease = prepared.lease
        story = Story(self.store, lease)
        try:
            result = self._grade(prepared, slot, story)
        except GraderError as fault:
            self._give_up(lease, fault)
        except BaseException:
            self._let_go(lease)
            raise
        else:
            self._keeper.put(Graded(lease, result, story.was_told))

    def give_back(self, prepared: Prepared) -> None:
        """Put a run that no slot has begun back on the queue."""
        self._clear(prepared)
        try:
            self._tell(prepared.lease, self._return(prepared.lease))
        finally:
            self._let_go(prepared.lease)

    def settle(self, limit_s: float) -> bool:
        """Wait until all results are kept; False when that took too long."""
        return self._keeper.settle(limit_s)

    def close(self) -> None:
        """Remove what gradings left on the disk."""
        self._scratch.remove()

    def list_held(self) -> list[str]:
        """Tokens of the leases under way."""
        with self._lock:
            return list(self.held)

    def revoke(self, tokens: Sequence[str] | set[str]) -> None:
        """Stop these gradings soon."""
        with self._lock:
            self.revoked |= set(tokens) & self.held.keys()

    def _lay_out(self, lease: Lease) -> Prepared | None:
        """A claimed run, ready for a slot; None when it can't be graded, which is noted."""
        with self._lock:
            self.held[lease.token] = time.monotonic()
        folder = self._folders.get()
        path = folder / lease.archive_name
        try:
            path.write_bytes(unpack(lease.archive_sha, lease.archive))
            # A large one is in no memory while results wait to be kept.
            return Prepared(replace(lease, archive=None), self._request(lease, path), folder)
        except BaseException as fault:
            path.unlink(missing_ok=True)
            self._folders.put(folder)
            if not isinstance(fault, GraderError):
                # No fault of the run's: another host may have room for it.
                try:
                    self._return(lease)
                finally:
                    self._let_go(lease)
                raise
            self._give_up(lease, fault)
            return None

    def _grade(self, prepared: Prepared, slot: Slot, story: Story) -> Result:
        token = prepared.lease.token

        def may_go_on() -> bool:
            return not (self.is_stopping.is_set() or token in self.revoked)

        try:
            if not may_go_on():
                raise SlotStopped
            return slot.grade(
                prepared.request,
                limit_s=self.settings.run_minutes * 60,
                on_part=story.add,
                may_go_on=may_go_on,
            )
        finally:
            self._clear(prepared)

    def _clear(self, prepared: Prepared) -> None:
        (prepared.folder / prepared.lease.archive_name).unlink(missing_ok=True)
        self._folders.put(prepared.folder)

    def _give_up(self, lease: Lease, fault: GraderError) -> None:
        try:
            self._tell(lease, self._end_without(lease, fault))
        finally:
            self._let_go(lease)

    def _end_without(self, lease: Lease, fault: GraderError) -> RunState | None:
        """What becomes of a grading without a result."""
        if isinstance(fault, SlotStopped):
            return self._stop(lease)
        log.warning("run failed: %s", fault, extra={"run": lease.run_id})
        return self._bury(lease, str(fault))

    def _keep(self, together: Sequence[Graded]) -> None:
        def keep(session: Session) -> list[RunState | None]:
            states = finish(session, together)
            for graded, state in zip(together, states, strict=True):
                if state is RunState.QUEUED:
                    self.deliver(session, graded.lease.run_id)
            return states

        try:
            states = self.store.attempt(keep)
        except Exception:
            if len(together) == 1:
                self._let_go(together[0].lease)
            raise
        for graded, state in zip(together, states, strict=True):
            self._tell(graded.lease, state)
            self._let_go(graded.lease)

    def _let_go(self, lease: Lease) -> None:
        with self._lock:
            self.held.pop(lease.token, None)
            self.revoked.discard(lease.token)

    def _tell(self, lease: Lease, state: RunState | None) -> None:
        """For the log: what became of a run, None when another had taken it."""
        extra = {"run": lease.run_id, "request_id": lease.request_id, "state": state}
        elapsed_ms = round((time.monotonic() - self.held[lease.token]) * 1000)
        log.info("run ended", extra={**extra, "elapsed_ms": elapsed_ms})

    def _bury(self, lease: Lease, reason: str) -> RunState | None:
        def bury(session: Session) -> RunState | None:
            became = runs.bury(session, lease.run_id, lease.token, reason)
            if became is RunState.QUEUED:
                self.deliver(session, lease.run_id)
            return became

        return self.store.attempt(bury)

    def _stop(self, lease: Lease) -> RunState | None:
        if self.is_stopping.is_set():
            return self._return(lease)
        ended = self.store.attempt(lambda session: runs.end_cancelled(session, lease))
        return RunState.CANCELLED if ended else None

    def _return(self, lease: Lease) -> RunState | None:
        def give_back(session: Session) -> RunState | None:
            became = runs.give_back(session, lease)
            if became is RunState.QUEUED:
                self.deliver(session, lease.run_id)
            return became

        return self.store.attempt(give_back)

    def _request(self, lease: Lease, archive: Path) -> dict[str, Any]:
        return {
            "bundle": str(self._unpack(lease.bundle_sha)),
            "assignment": lease.assignment,
            "archive": str(archive),
            "name": lease.name,
            "secret": lease.secret,
            "student": name_student(lease.user_id),
        }

    def _unpack(self, sha256: str) -> Path:
        """A bundle as a folder; unpacked once a host, beside its place and then moved there."""
        place = self._home / "bundles" / sha256
        if place.is_dir():
            return place
        with self.store.read() as session:
            content = read_blob(session, sha256)
        place.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=place.parent))
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            archive.extractall(draft)
        try:
            draft.rename(place)
        except OSError:
            # Another process was quicker.
            shutil.rmtree(draft, ignore_errors=True)
        return place


class Story:
    """What a run has come to, written down a few times a second."""

    def __init__(self, store: Store, lease: Lease) -> None:
        self._store, self._lease = store, lease
        self.was_told = False
        self._parts: list[dict[str, Any]] = []
        self._told_at = time.monotonic()

    def add(self, part: dict[str, Any]) -> None:
        """Keep a part until it is time to tell."""
        self._parts.append(part)
        if time.monotonic() - self._told_at < TELL_EVERY_S:
            return
        parts, self._parts = self._parts, []
        self.was_told = True
        self._told_at = time.monotonic()
        # A story that can't be told now is no reason to stop: the report will have it all.
        with contextlib.suppress(Exception), self._store.write() as session:
            runs.note_parts(session, self._lease, parts)
