"""Processes that each grade one submission after another.

Forked once the assignment is loaded, so that they share its memory and start at once. One that
dies takes nothing with it: what it was grading is given to a fresh one, and the second time given
up. One that was ended over a comparison is followed by one that leaves that comparison out. When
the parent ends, however it ends, they end.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import Generic, TypeVar

from grader.errors import SystemFault
from grader.killable import Note, be_watched, is_ended_over

Finished = TypeVar("Finished")

TRIES = 2
"""A worker that dies twice over one submission would die again."""
PR_SET_PDEATHSIG = 1
PATIENCE_S = 5.0
"""For a worker to close its sandboxes; then it is killed, and they end with it."""


class Died(SystemFault):
    """A worker process died while it graded this; it was tried twice."""


class WorkerPool(Generic[Finished]):
    """Runs `work(index)` for every index in worker processes that `start` has prepared."""

    def __init__(self, count: int, start: Callable[[], Callable[[int], Finished]]) -> None:
        self._start = start
        self._count = count
        self._workers: list[_Worker] = []
        self._left_out: dict[int, set[str]] = {}
        """Of each index, the steps that a worker was ended over."""

    def run(self, total: int) -> Iterator[tuple[int, Finished | Exception]]:
        """Each index with what came of it, as they finish; an exception is passed on as a value."""
        waiting = deque(range(total))
        tried = [0] * total
        self._left_out.clear()
        self._workers = [_Worker(self._start) for _ in range(min(self._count, total))]
        busy: dict[Connection, tuple[_Worker, int]] = {}
        idle = list(self._workers)
        while waiting or busy:
            while waiting and idle:
                worker, index = idle.pop(), waiting.popleft()
                tried[index] += 1
                with suppress(BrokenPipeError):
                    worker.pipe.send((index, self._left_out.get(index, ())))
                busy[worker.pipe] = worker, index
            for ready in wait(list(busy)):
                assert isinstance(ready, Connection)
                worker, index = busy.pop(ready)
                try:
                    finished = ready.recv()
                except (EOFError, OSError):
                    worker.close()
                    self._workers.remove(worker)
                    left_out = self._left_out.setdefault(index, set())
                    if is_ended_over(worker.last_step, worker.ended_by, left_out):
                        left_out.add(worker.last_step)
                        tried[index] -= 1
                    if tried[index] < TRIES:
                        waiting.appendleft(index)
                    else:
                        yield index, Died()
                    worker = _Worker(self._start)
                    self._workers.append(worker)
                    idle.append(worker)
                    continue
                idle.append(worker)
                yield index, finished

    def close(self) -> None:
        """End all workers, and with them their sandboxes."""
        for worker in self._workers:
            worker.stop()
        for worker in self._workers:
            worker.close()
        self._workers.clear()

    def __enter__(self) -> WorkerPool[Finished]:
        return self

    def __exit__(self, *ending: object) -> None:
        self.close()


class _Worker:
    """One process and the pipe to it."""

    def __init__(self, start: Callable[[], Callable[[int], object]]) -> None:
        context = get_context("fork")
        self.pipe, theirs = context.Pipe()
        self._note = Note()
        # Both known once it is closed.
        self.ended_by, self.last_step = 0, ""
        sys.stdout.flush()
        sys.stderr.flush()
        self._process = context.Process(
            target=_serve, args=(theirs, self.pipe, start, os.getpid(), self._note)
        )
        self._process.start()
        theirs.close()

    def stop(self) -> None:
        with suppress(OSError):
            self.pipe.send(None)
        if self._process.is_alive():
            self._process.terminate()

    def close(self) -> None:
        self.pipe.close()
        self._process.join(PATIENCE_S)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self.ended_by = -(self._process.exitcode or 0)
        self.last_step = self._note.read()
        self._note.close()


def _serve(
    pipe: Connection,
    parents: Connection,
    start: Callable[[], Callable[[int], object]],
    parent: int,
    note: Note,
) -> None:
    parents.close()
    # An interrupt goes to the whole terminal; the parent decides what becomes of it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    work = start()
    while True:
        try:
            asked = pipe.recv()
        except EOFError:
            break
        if asked is None:
            break
        index, left_out = asked
        be_watched(note, left_out)
        try:
            finished: object = work(index)
        except Exception as fault:
            # Not every exception can be sent: its words always can.
            finished = (
                type(fault)(str(fault))
                if isinstance(fault, SystemFault)
                else SystemFault(f"{type(fault).__name__}: {fault}")
            )
        pipe.send(finished)


def _leave(signum: int, frame: object) -> None:
    raise SystemExit(0)
