"""From what came out of a child to how its call ended."""

from __future__ import annotations

import json
import os
import signal
from dataclasses import dataclass, replace
from typing import Any

from grader.sandbox.child.channel import (
    IMPORT_FAILED,
    NOT_FOUND,
    RAISED,
    RETURNED,
    STARTED,
    UNSENDABLE,
)
from grader.sandbox.decoding import MalformedMessage, decode_value
from grader.sandbox.records import Call, Ending, Frame, Run

LEAST_CHARGED = 0.5
"""The kernel charges whole clock ticks against the limit and reports the exact time, which on a
busy machine is less; whoever sends the limit's signal to itself has used next to nothing."""
NO_ROOM_FOR_THREADS = "libgomp: Thread creation failed"
"""What PyTorch's threads print when there is no room for their stacks; then they exit."""
STARVED = "the machine was too busy to run it: it waited for a processor most of the time"
MAX_LINE = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Traces:
    """Everything one child left behind."""

    message: bytes
    """From the result pipe: the child owns these bytes."""
    status: bytes
    """From the worker that waited for it; the child has no hand in them."""
    output: bytes
    is_message_cut: bool = False
    is_lost: bool = False
    """The worker never reported."""


def classify(call: Call, traces: Traces) -> Run:
    """Name the way a call ended: what the waiting worker saw first, what the child said last."""
    try:
        status = json.loads(traces.status) if traces.status else {}
    except ValueError:
        status = {}
    output = traces.output.decode("utf-8", "replace")
    started = traces.message[:1] == STARTED
    measured = {
        "elapsed_s": float(status.get("elapsed_s", 0)),
        "cpu_s": float(status.get("cpu_s", 0)),
        "memory_mib": max(0, status.get("peak_kib", 0) - status.get("resting_kib", 0)) / 1024,
        "output": output,
    }

    def end(ending: Ending, detail: str = "", **more: Any) -> Run:
        return Run(ending=ending, detail=detail, **measured, **more)

    if traces.is_lost or not status or "fault" in status:
        return end(Ending.FAULT, str(status.get("fault", "the worker did not report")))
    if not started and not traces.is_message_cut:
        return end(Ending.FAULT, output[:500] or "the child was never locked in")
    if traces.is_message_cut:
        return end(Ending.TOO_LARGE)
    if status.get("overfull"):
        return end(Ending.RAISED, "OSError: [Errno 28] No space left on device")
    if status.get("out_of_memory") and status["signal"] == signal.SIGKILL:
        return end(Ending.MEMORY)
    if status["timed_out"]:
        is_busy = measured["cpu_s"] >= processor_limit_s(call.time_s)
        if status.get("starved") and not is_busy:
            return end(Ending.FAULT, STARVED)
        return end(Ending.PROCESSOR_TIME if is_busy else Ending.TIMEOUT)
    if status["signal"]:
        return end(*_name_signal(call, status["signal"], measured["cpu_s"]))
    if traces.message == STARTED and NO_ROOM_FOR_THREADS in output:
        return end(Ending.MEMORY)
    return _split_arguments(call, _read_message(traces.message[1:], end))


def _split_arguments(call: Call, run: Run) -> Run:
    """Where the arguments were to come back too, the child sent a pair."""
    if not call.return_arguments or run.ending is not Ending.RETURNED:
        return run
    match run.value:
        case [value, [*arguments]] if len(arguments) == len(call.arguments):
            return replace(run, value=value, arguments_after=tuple(arguments))
    return replace(run, ending=Ending.MALFORMED, value=None, detail="no pair")


def processor_limit_s(time_s: float) -> int:
    """The kernel counts processor time in whole seconds."""
    return max(1, int(-(-time_s // 1)))


def deadline_s(time_s: float) -> float:
    """Wall time until a call is ended: on a busy machine honest work takes twice its own time."""
    return 2 * time_s + 1


def patience_s(time_s: float) -> float:
    """Wall time until a call is ended that has waited for a processor most of the time."""
    return 4 * deadline_s(time_s)


def processor_ceiling_s(time_s: float) -> int:
    """More processor time than can be used by then, on all cores.

    The kernel kills at this limit. Were it ever reached, a student could have a process killed
    as only a failing machine does, and be graded again.
    """
    return (int(patience_s(time_s)) + 2) * (os.cpu_count() or 1)


def _name_signal(call: Call, number: int, cpu_s: float) -> tuple[Ending, str]:
    limit_s = processor_limit_s(call.time_s)
    name = signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
    if number == signal.SIGXCPU and cpu_s >= limit_s * LEAST_CHARGED:
        return Ending.PROCESSOR_TIME, ""
    if number == signal.SIGSYS:
        return Ending.FORBIDDEN, ""
    if number == signal.SIGKILL:
        # Nobody but the system could send it: no deadline, and no limit that kills.
        return Ending.FAULT, "killed by the system, perhaps for want of memory"
    return Ending.SIGNAL, name


def _read_message(message: bytes, end: Any) -> Run:
    tag, content = message[:1], message[1:]
    if tag == b"":
        return end(Ending.EXITED)  # type: ignore[no-any-return]
    try:
        if tag == RETURNED:
            return end(Ending.RETURNED, value=decode_value(content))  # type: ignore[no-any-return]
        if len(content) > 1 << 16:
            raise MalformedMessage("length")
        words = json.loads(content)
        if tag == UNSENDABLE and type(words) is str:
            return end(Ending.UNSUPPORTED, _scrub(words[:300]))  # type: ignore[no-any-return]
        if tag == NOT_FOUND and type(words) is str:
            return end(Ending.NOT_FOUND, _scrub(words[:80]))  # type: ignore[no-any-return]
        if tag in (RAISED, IMPORT_FAILED):
            return _read_exception(tag, words, end)
    except (MalformedMessage, ValueError, RecursionError, KeyError, TypeError):
        return end(Ending.MALFORMED)  # type: ignore[no-any-return]
    return end(Ending.MALFORMED)  # type: ignore[no-any-return]


def _read_exception(tag: bytes, words: Any, end: Any) -> Run:
    """The child chose every byte of this: each field has its type or the whole is malformed."""
    name, message = words["type"], words["message"]
    if type(name) is not str or type(message) is not str:
        raise MalformedMessage("an exception")
    detail = _scrub(f"{name[:100]}: {message[:2000]}").removesuffix(": ")
    frames = tuple(_read_frame(*frame) for frame in words["frames"][-8:])
    if words["memory"] is True:
        return end(Ending.MEMORY, detail, frames=frames)  # type: ignore[no-any-return]
    ending = Ending.RAISED if tag == RAISED else Ending.IMPORT_FAILED
    return end(ending, detail, frames=frames)  # type: ignore[no-any-return]


def _read_frame(module: Any, line: Any, function: Any) -> Frame:
    if type(module) is not str or type(function) is not str or type(line) is not int:
        raise MalformedMessage("a frame")
    if not 0 <= line <= MAX_LINE:
        raise MalformedMessage("a line number")
    return Frame(module=_scrub(module[:200]), line=line, function=_scrub(function[:100]))


def _scrub(text: str) -> str:
    """Half characters can be written nowhere: not to a file, a terminal or a database."""
    return text.encode("utf-8", "replace").decode("utf-8")
