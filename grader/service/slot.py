"""A slot: a process that grades, one submission after another, and may be killed at any time.

It reads requests from its standard input, a line of JSON each, and writes what it sees to its
standard output in the same way. It ends with whoever started it, however that ended.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import traceback
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from grader.expected import ExpectedValues
    from grader.sandbox.pool import Sandbox
    from grader.scoring import PartScore
    from grader.spec.loaded import LoadedAssignment

KEPT_ASSIGNMENTS = 64
"""Loaded and remembered: a few courses' current homework, with what students draw in it."""


def main() -> None:
    """Grade until the input ends."""
    requests: SimpleQueue[dict[str, Any]] = SimpleQueue()
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    # What a library prints must not stand among the replies.
    os.dup2(2, 1)
    # A terminal's Ctrl-C and a supervisor's SIGTERM are for whoever started this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    threading.Thread(target=_listen, args=(requests,), daemon=True).start()
    settings = requests.get()
    # Nobody whom this process starts writes there.
    os.set_inheritable(settings["note"], False)

    # All that a grading needs, before anything is claimed for this slot.
    import grader.grading
    import grader.submission.read  # noqa: F401
    from grader.expected import ExpectedValues
    from grader.killable import Note, be_watched
    from grader.sandbox.pool import SPARE_AFTER, Sandbox

    step = Note(settings["note"])
    expected = ExpectedValues(Path(settings["expected"]))
    with Sandbox(slots=settings["calls"], spare_after=SPARE_AFTER) as sandbox:
        sandbox.begin()
        assignments = Assignments()
        _reply(replies, {"ready": True})
        while True:
            request = requests.get()
            be_watched(step, request["left_out"])
            try:
                _grade(request, sandbox, expected, assignments, replies)
            except Exception as fault:
                note = f"{type(fault).__name__}: {fault}\n{traceback.format_exc(limit=-8)}"
                _reply(replies, {"fault": note})


class Assignments:
    """Loaded assignments by their bundle's name and a student's values; the least used go."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[object, ...], LoadedAssignment] = OrderedDict()

    def find(self, folder: Path, assignment: str, student: str, secret: str) -> LoadedAssignment:
        """The assignment of an unpacked bundle, as one student has it."""
        from grader.spec.loading import load_assignment
        from grader.spec.params import draw_values
        from grader.spec.personal import personalise

        loaded = self._recall(
            (folder,),
            lambda: load_assignment(folder / "problems" / assignment, folder / "reference"),
        )
        if not any(problem.is_to_be_drawn for problem in loaded.problems):
            return loaded
        drawn = (
            tuple(draw_values(problem.params, problem.id, student, secret).items())
            for problem in loaded.problems
        )
        return self._recall((folder, *drawn), lambda: personalise(loaded, student, secret))

    def _recall(
        self, key: tuple[object, ...], load: Callable[[], LoadedAssignment]
    ) -> LoadedAssignment:
        if key not in self._known:
            self._known[key] = load()
        self._known.move_to_end(key)
        while len(self._known) > KEPT_ASSIGNMENTS:
            self._known.popitem(last=False)
        return self._known[key]


def _grade(
    request: dict[str, Any],
    sandbox: Sandbox,
    expected: ExpectedValues,
    assignments: Assignments,
    replies: IO[str],
) -> None:
    from grader.grading import grade_for
    from grader.report.json import render
    from grader.submission import read_submission

    secret = request["secret"]
    loaded = assignments.find(
        Path(request["bundle"]), request["assignment"], request["student"], secret
    )
    submission = replace(read_submission(Path(request["archive"])), name=request["name"])
    student, staff = grade_for(
        ("student", "staff"),
        loaded,
        submission,
        sandbox,
        expected=expected,
        secret=secret,
        listener=Teller(loaded, replies),
    )
    _reply(replies, {"student": render(student), "staff": render(staff)})


class Teller:
    """Tells of each part as the student's report will show it."""

    def __init__(self, loaded: LoadedAssignment, replies: IO[str]) -> None:
        self._loaded = loaded
        self._replies = replies

    def started(self, part_id: str) -> None:
        """Nothing: parts take milliseconds, and what counts is the verdict."""

    def finished(self, score: PartScore) -> None:
        from grader.report.build import report_part

        part = report_part(self._loaded.id, score, "student", self._loaded.policies.counterexamples)
        kept = {"id", "title", "verdict", "score", "max_score", "open_points"}
        _reply(self._replies, {"part": part.model_dump(mode="json", include=kept)})


def _listen(requests: SimpleQueue[dict[str, Any]]) -> None:
    for line in sys.stdin.buffer:
        requests.put(json.loads(line))
    # Whoever started this process has ended: so does it, with the sandboxes below it.
    os.kill(os.getpid(), signal.SIGKILL)


def _reply(replies: IO[str], document: dict[str, Any]) -> None:
    replies.write(json.dumps(document) + "\n")
    replies.flush()


if __name__ == "__main__":
    main()
