"""Workers for the code of students and, apart from them, for references."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from grader.errors import NoIsolation, SandboxFault
from grader.sandbox.canary import call_canary, require_silence
from grader.sandbox.flights import Flight, finish_flights
from grader.sandbox.records import Call, Ending, Run
from grader.sandbox.tiers import Tier, choose_tiers
from grader.sandbox.worker import Worker

STUDENT, REFERENCE = "student", "reference"

Key = tuple[str, tuple[str, ...], str]
"""Whose code, the imports, and the submission where each has a worker of its own."""

CALLS_PER_WORKER = 5000
"""All children of a worker have the same memory layout, which a patient attacker could learn."""
SPARE_AFTER = 500
"""Calls after which a worker of a long-lived sandbox gets a spare: they take ten seconds or more,
beside which a second round of imports costs little. A single submission makes fewer."""


class Sandbox:
    """Runs calls in parallel, each in a fresh process; starts workers when first needed.

    Student code and references never meet in one worker. Several threads may run calls at
    the same time. The tier is the first of those chosen whose wall a canary can't get past; with
    `isolated=False` the code is the caller's own. With `spare_after`, a worker that has made as
    many calls has a spare with its imports done, which takes over when it dies.

    Errors   UsageError when the operator's word names no tier.
    """

    def __init__(
        self,
        *,
        isolated: bool = True,
        slots: int | None = None,
        calls_per_worker: int = CALLS_PER_WORKER,
        spare_after: int | None = None,
        tiers: Sequence[Tier] = (),
    ) -> None:
        self._tiers = list(tiers) or choose_tiers(is_own_code=not isolated)
        self._tier = self._tiers[0]
        self.slots = slots or len(os.sched_getaffinity(0))
        self.calls_per_worker = calls_per_worker
        self._spare_after = spare_after
        self._workers: dict[Key, Worker] = {}
        self._spares: dict[Key, Worker] = {}
        self._retired: list[Worker] = []
        self._is_proved = self._tier is Tier.NONE
        self._is_closed = False
        self._lock = threading.RLock()
        self._proof_lock = threading.Lock()
        self._proof: threading.Thread | None = None

    @property
    def tier(self) -> Tier:
        """What stands between one call and everything else."""
        return self._tier

    @property
    def isolated(self) -> bool:
        """Whether code of somebody else may be run in it."""
        return self._tier.is_for_strangers

    def list_modules(self) -> tuple[str, ...]:
        """The libraries that any worker has been started with."""
        return tuple(sorted({name for _, modules, _ in self._workers for name in modules}))

    def warm_up(self, role: str, modules: tuple[str, ...]) -> None:
        """Begin to start a worker, without waiting for it."""
        with self._lock:
            if self._tier is Tier.SEPARATE and role == STUDENT:
                self._find_spare((role, modules, ""))
            else:
                self._find_worker((role, modules, ""))

    def begin(self) -> None:
        """Start a light worker and try to break out of it, while the caller does other things."""
        if not self._is_proved:
            self._proof = threading.Thread(target=self._prove_early, name="proof", daemon=True)
            self._proof.start()

    def _prove_early(self) -> None:
        # Whatever is wrong, want of memory too, is found again, and said, when the first call is
        # to be run.
        with suppress(Exception):
            self.prove()

    def run(self, calls: Sequence[Call], role: str = STUDENT) -> list[Run]:
        """Run every call; a fault of ours is tried once more in a new worker.

        Errors   NoIsolation when the sandbox does not hold on this machine.
        """
        if calls:
            self.prove(role, calls[0].modules)
        runs = self._run_once(calls, role)
        failed = [index for index, run in enumerate(runs) if run.ending is Ending.FAULT]
        if failed:
            again = self._run_once([calls[index] for index in failed], role)
            for index, run in zip(failed, again, strict=True):
                runs[index] = run
        return runs

    def prove(self, role: str = STUDENT, modules: tuple[str, ...] = ()) -> None:
        """Try to break out, once, before any other code runs.

        Errors   NoIsolation when something was possible or nothing could be started.
        """
        with self._proof_lock:
            if not self._is_proved:
                self._try_to_break_out(role, modules)
                self._is_proved = True

    def _try_to_break_out(self, role: str, modules: tuple[str, ...]) -> None:
        refusals = []
        for tier in self._tiers:
            self._change_tier(tier)
            call = call_canary(modules, str(Path.home()), tier)
            # As any call, the canary may be killed by a machine short of memory.
            (run,) = self._run_once([call], role)
            if run.ending is Ending.FAULT:
                (run,) = self._run_once([call], role)
            try:
                require_silence(run)
            except NoIsolation as refusal:
                if run.ending is Ending.RETURNED:
                    # It stood and did not hold: that is no reason to trust another one.
                    raise
                refusals.append(refusal)
            else:
                return
        self._change_tier(self._tiers[0])
        raise refusals[0]

    def _change_tier(self, tier: Tier) -> None:
        """From now on every worker is of this tier; those of another are ended."""
        with self._lock:
            if tier is self._tier:
                return
            self._tier = tier
        self._close_all()

    def close(self) -> None:
        """End every worker and every child."""
        if self._proof is not None:
            # It takes a tenth of a second; nobody waits for a start that hangs.
            self._proof.join(timeout=2)
        with self._lock:
            self._is_closed = True
        self._close_all()

    def _close_all(self) -> None:
        with self._lock:
            workers = [*self._workers.values(), *self._spares.values(), *self._retired]
            self._workers.clear()
            self._spares.clear()
            self._retired.clear()
        for worker in workers:
            worker.close()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _run_once(self, calls: Sequence[Call], role: str) -> list[Run]:
        runs: dict[int, Run] = {}
        flights: dict[int, Flight] = {}
        for index, call in enumerate(calls):
            worker = self._engage(self._name_key(role, call))
            try:
                flights[index] = worker.start(call)
            except SandboxFault as fault:
                self._release(worker)
                self._discard(worker)
                runs[index] = Run(ending=Ending.FAULT, detail=str(fault))
            if len(flights) >= self.slots:
                self._land(flights, runs, 1)
        self._land(flights, runs, len(flights))
        return [runs[index] for index in range(len(calls))]

    def _land(self, flights: dict[int, Flight], runs: dict[int, Run], count: int) -> None:
        ended = finish_flights(flights, count)
        runs.update(ended)
        for index, run in ended.items():
            worker = flights.pop(index).worker
            self._release(worker)
            if run.ending is Ending.FAULT:
                self._discard(worker)

    def _name_key(self, role: str, call: Call) -> Key:
        """Where calls share their worker's namespaces, those of two submissions do not."""
        owner = _digest(call.sources) if self._tier is Tier.SEPARATE and role == STUDENT else ""
        return role, call.modules, owner

    def _find_worker(self, key: Key) -> Worker:
        with self._lock:
            if self._is_closed:
                raise SandboxFault("the sandbox has been closed")
            if key not in self._workers:
                if key[2]:
                    self._retire_idle()
                    blank = (*key[:2], "")
                    self._workers[key] = self._find_spare(blank)
                    del self._spares[blank]
                    # The next submission's worker does its imports meanwhile.
                    self._find_spare(blank)
                else:
                    self._workers[key] = self._take_spare(key)
            return self._workers[key]

    def _take_spare(self, key: Key) -> Worker:
        """One with its imports done, if there is one that has not died too; else a new one."""
        spare = self._spares.pop(key, None)
        if spare is not None and not _has_ended(spare.pid):
            return spare
        if spare is not None:
            spare.close()
        return Worker(key[1], self._tier, self.slots)

    def _find_spare(self, key: Key) -> Worker:
        spare = self._spares.get(key)
        if spare is not None and _has_ended(spare.pid):
            spare.close()
            spare = None
        if spare is None:
            spare = self._spares[key] = Worker(key[1], self._tier, self.slots)
        return spare

    def _retire_idle(self) -> None:
        """Let go of submissions' workers that nobody uses, once there are more than run at once."""
        idle = [key for key, each in self._workers.items() if key[2] and not each.under_way]
        for key in idle[: max(0, len(idle) - self.slots)]:
            self._workers.pop(key).close()

    def _engage(self, key: Key) -> Worker:
        """The worker to make one call in; one that has made many gives way to a fresh one."""
        with self._lock:
            worker = self._find_worker(key)
            if worker.calls >= self.calls_per_worker:
                worker = self._relieve(key, worker)
            elif worker.calls == self._spare_after and not key[2]:
                self._find_spare(key)
            worker.calls += 1
            worker.under_way += 1
            return worker

    def _relieve(self, key: Key, worker: Worker) -> Worker:
        """Its successor, once that has done its imports; until then the worker goes on."""
        if key not in self._spares:
            self._find_spare(key)
            return worker
        spare = self._spares[key]
        if not spare.has_started():
            return worker
        self._workers[key] = self._spares.pop(key)
        self._retired.append(worker)
        return spare

    def _release(self, worker: Worker) -> None:
        with self._lock:
            worker.under_way -= 1
            idle = [each for each in self._retired if not each.under_way]
            self._retired = [each for each in self._retired if each.under_way]
        for each in idle:
            each.close()

    def _discard(self, worker: Worker) -> None:
        """End a worker that failed, unless another thread already has."""
        with self._lock:
            for key, each in list(self._workers.items()):
                if each is worker:
                    del self._workers[key]
                    break
            else:
                return
        worker.close()


def _has_ended(pid: int) -> bool:
    """Whether a process of ours is over, or never began; it can still be waited for afterwards."""
    if not pid:
        return True
    try:
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return True


def _digest(sources: Mapping[str, str]) -> str:
    """The same for all calls of one submission."""
    digest = hashlib.sha256()
    for name, text in sorted(sources.items()):
        for part in (name, text):
            content = part.encode("utf-8", "surrogatepass")
            digest.update(len(content).to_bytes(8, "little") + content)
    return digest.hexdigest()
