"""Starting slots, giving them work, and killing them."""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from grader.errors import SystemFault
from grader.killable import Note, is_ended_over
from grader.report.json import read as read_report
from grader.store.finishing import Result

POLL_S = 0.25
"""How often a grading under way is asked whether it may go on."""
START_S = 120
"""Imports take a second, and much longer on a machine that is busy."""
_CHUNK = 1 << 18


class SlotDied(SystemFault):
    """The process that graded ended without a result."""

    def __init__(self, words: str, *, ended_by: int = 0, last_step: str = "") -> None:
        super().__init__(words)
        self.ended_by, self.last_step = ended_by, last_step


class SlotStopped(SystemFault):
    """The grading was stopped from outside."""


class Slot:
    """One grading process, started when first needed and again after it died."""

    def __init__(self, expected: Path, calls: int) -> None:
        self._expected = expected
        self._calls = calls
        self._process: subprocess.Popen[bytes] | None = None
        self._note: Note | None = None
        self._rest = b""
        self._is_ready = False

    def grade(
        self,
        request: dict[str, Any],
        *,
        limit_s: float,
        on_part: Callable[[dict[str, Any]], None],
        may_go_on: Callable[[], bool],
    ) -> Result:
        """The student's and the staff's report; a process that was ended over a comparison is
        followed by one that leaves it out.

        Errors   SlotStopped when `may_go_on` said no; SlotDied when the process ended, took too
                 long or said something else; SystemFault, in its words, when grading failed.
        """
        given_up_at = time.monotonic() + limit_s
        left_out: list[str] = []
        told: set[str] = set()

        def tell(part: dict[str, Any]) -> None:
            if part["id"] not in told:
                told.add(part["id"])
                on_part(part)

        while True:
            self.prepare(may_go_on)
            try:
                self._send({**request, "left_out": left_out})
                return self._hear(given_up_at, tell, may_go_on)
            except SlotDied as died:
                if not is_ended_over(died.last_step, died.ended_by, left_out):
                    raise
                left_out.append(died.last_step)

    def _hear(
        self,
        given_up_at: float,
        on_part: Callable[[dict[str, Any]], None],
        may_go_on: Callable[[], bool],
    ) -> Result:
        while True:
            reply = self._read_reply(given_up_at, may_go_on)
            if "part" in reply:
                on_part(reply["part"])
            elif "fault" in reply:
                raise SystemFault(reply["fault"])
            else:
                staff = reply["staff"]
                return Result(reply["student"], staff, read_report(staff))

    def warm_up(self) -> None:
        """Start the process, without waiting for it."""
        self._start()

    def prepare(self, may_go_on: Callable[[], bool] = lambda: True) -> None:
        """Wait until the process has done its imports: nothing is claimed for one that hasn't.

        Errors   SlotStopped when `may_go_on` said no; SlotDied when it ended or never got ready.
        """
        self._start()
        if not self._is_ready:
            self._read_reply(time.monotonic() + START_S, may_go_on)
            self._is_ready = True

    def kill(self) -> None:
        """End the process and all that it started."""
        process, self._process = self._process, None
        note, self._note = self._note, None
        if note is not None:
            note.close()
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def _start(self) -> None:
        if self._process is not None and self._process.poll() is None:
            return
        self.kill()
        self._rest, self._is_ready = b"", False
        self._note = Note()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "grader.service.slot"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
            pass_fds=(self._note.descriptor,),
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        settings = {"expected": str(self._expected), "calls": self._calls}
        self._send({**settings, "note": self._note.descriptor})

    def _send(self, document: dict[str, Any]) -> None:
        assert self._process and self._process.stdin
        try:
            self._process.stdin.write(json.dumps(document).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            raise self._died() from None

    def _read_reply(self, given_up_at: float, may_go_on: Callable[[], bool]) -> dict[str, Any]:
        assert self._process and self._process.stdout
        pipe = self._process.stdout.fileno()
        while b"\n" not in self._rest:
            if not may_go_on():
                self.kill()
                raise SlotStopped
            if time.monotonic() > given_up_at:
                self.kill()
                raise SlotDied("the grading took longer than any may and was ended")
            ready, _, _ = select.select([pipe], [], [], POLL_S)
            if not ready:
                continue
            content = os.read(pipe, _CHUNK)
            if not content:
                raise self._died()
            self._rest += content
        line, _, self._rest = self._rest.partition(b"\n")
        reply: dict[str, Any] = json.loads(line)
        return reply

    def _died(self) -> SlotDied:
        code = self._process.wait() if self._process else 0
        last_step = self._note.read() if self._note else ""
        self.kill()
        words = f"the grading process ended with code {code} before it had a result"
        return SlotDied(words, ended_by=-code, last_step=last_step)
