"""Calls that ended without a value that can be judged: verdicts and words."""

from __future__ import annotations

import builtins
import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from grader.kinds.marking import explain
from grader.sandbox.records import Ending, Frame, Run
from grader.spec.models import Limits
from grader.submission.models import Source
from grader.verdicts import Verdict

LONGEST_MESSAGE = 300
"""Characters of an exception's message: what a screen shows in three lines."""

BUILT_IN_ERRORS = frozenset(
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, Exception)
)
"""Names that a student's code cannot choose, so that none can carry a hidden input out."""

_ADVICE = (
    (
        "TypeError",
        r"positional argument|keyword argument",
        "the function is called as `{signature}`",
    ),
    (
        "RuntimeError",
        r"same dtype|expected .* (?:Double|Float|Long)|(?:double|float) != ",
        "make new tensors in the dtype of the inputs: torch.zeros(..., dtype=x.dtype)",
    ),
    ("RuntimeError", r"size of tensor|shapes cannot be multiplied|must match", "print the shapes"),
    ("ValueError", r"matmul|broadcast|aligned", "print the shapes of both arrays"),
    ("NameError", r"is not defined", "is it imported or defined in the file itself?"),
    ("ModuleNotFoundError", r"No module", "use only what the course provides"),
    ("RecursionError", r"", "does every chain of calls reach a case that returns?"),
    ("IndexError", r"", "indices run from 0 to length - 1"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A verdict with its words."""

    verdict: Verdict
    feedback: str
    location: str = ""
    staff_note: str = ""


def explain_ending(run: Run, source: Source, limits: Limits, signature: str) -> Finding:
    """Say how a call ended that returned no value."""
    verdict, saw, advice = _judge_ending(run, limits, signature, source)
    location = locate(run.frames, source)
    if location and run.ending in (Ending.RAISED, Ending.IMPORT_FAILED, Ending.MEMORY):
        saw += f" at {location}"
    note = f"the sandbox failed: {run.detail}" if verdict is Verdict.VOID else ""
    if verdict is Verdict.VOID:
        feedback = "this check could not be run; that is our fault and costs nothing"
    else:
        feedback = explain(saw, "", advice)
    return Finding(verdict=verdict, feedback=feedback, location=location, staff_note=note)


def _judge_ending(
    run: Run, limits: Limits, signature: str, source: Source
) -> tuple[Verdict, str, str]:
    """Verdict, what was seen, what to try."""
    name = signature.partition("(")[0]
    match run.ending:
        case Ending.RAISED if run.detail == "NotImplementedError":
            return Verdict.MISSING, f"`{name}` is not written yet", ""
        case Ending.RAISED:
            return Verdict.CRASHED, _quote(run.detail), _advise(run.detail, signature)
        case Ending.IMPORT_FAILED:
            saw = f"{source.name} could not be imported: {_quote(run.detail)}"
            return Verdict.CRASHED, saw, _advise(run.detail, signature)
        case Ending.NOT_FOUND:
            saw = f"{source.name} has no function `{name}` once it is imported"
            return Verdict.MISSING, saw, f"define `{signature}` at the top level of the file"
        case Ending.TIMEOUT:
            saw = f"no answer after {run.elapsed_s:.1f} s; {limits.time_s:g} s are allowed"
            return Verdict.TIMEOUT, saw, "does every loop end? does anything wait?"
        case Ending.PROCESSOR_TIME:
            saw = f"{run.cpu_s:.1f} s of processor time used; {limits.time_s:g} s are allowed"
            return Verdict.TIMEOUT, saw, "does every loop end? can arrays replace loops?"
        case Ending.MEMORY:
            saw = f"more memory wanted than the {limits.memory_mib} MiB allowed"
            return Verdict.MEMORY, saw, "which array is the largest, and must it exist?"
        case Ending.SIGNAL:
            saw = f"the process crashed ({_name_signal(run.detail)})"
            return Verdict.CRASHED, saw, "compiled code was given something it cannot take"
        case Ending.EXITED:
            saw = "the process was ended before the function returned"
            return Verdict.CRASHED, saw, "leave out exit(), quit() and os._exit()"
        case Ending.FORBIDDEN:
            saw = "something that is not allowed here was tried, and ended the process"
            return Verdict.REFUSED, saw, "files, network and other programs are out of reach"
        case Ending.TOO_LARGE:
            return Verdict.WRONG, "the value returned is too large to be sent back", "return less"
        case Ending.UNSUPPORTED:
            saw = f"returned {_quote(run.detail)}"
            return Verdict.WRONG, saw, "return numbers, lists, tuples, dicts or dense arrays"
        case Ending.MALFORMED:
            reason = f" ({_quote(run.detail)})" if run.detail else ""
            saw = f"what came back is no value{reason}"
            return Verdict.REFUSED, saw, "return an array where there are many numbers"
        case _:
            return Verdict.VOID, "", ""


def name_exception(run: Run) -> str:
    """The type of a built-in exception; empty for any name that the student could choose."""
    if run.ending not in (Ending.RAISED, Ending.IMPORT_FAILED):
        return ""
    name = run.detail.partition(":")[0]
    return name if name in BUILT_IN_ERRORS else ""


def describe_exception(run: Run, source: Source) -> str:
    """`ValueError: message at hw2.py:12`."""
    location = locate(run.frames, source)
    return _quote(run.detail) + (f" at {location}" if location else "")


def locate(frames: tuple[Frame, ...], source: Source) -> str:
    """The innermost line in the student's own files: `hw2.py:12`, `hw2.ipynb, cell 3, line 2`."""
    if not frames:
        return ""
    frame = frames[-1]
    if frame.module != name_module(source):
        return f"{frame.module[:80]}.py:{frame.line}"
    starts = [(first, cell) for first, cell in source.cells if first <= frame.line]
    if starts:
        first, cell = starts[-1]
        return f"{source.name}, cell {cell}, line {frame.line - first + 1}"
    return f"{source.name}:{frame.line}"


def name_module(source: Source) -> str:
    """The module name under which a file is imported: its stem, made an identifier."""
    return re.sub(r"\W", "_", PurePosixPath(source.name).stem) or "submission"


def _quote(message: str) -> str:
    """One line of text that a student's code chose."""
    line = " ".join(message[: LONGEST_MESSAGE * 4].split())
    return line if len(line) <= LONGEST_MESSAGE else line[: LONGEST_MESSAGE - 1] + "…"


def _advise(detail: str, signature: str) -> str:
    name, _, message = detail.partition(":")
    for exception, pattern, advice in _ADVICE:
        if name == exception and re.search(pattern, message[:2000]):
            return advice.format(signature=signature)
    return ""


def _name_signal(detail: str) -> str:
    return {
        "SIGSEGV": "segmentation fault",
        "SIGABRT": "abort",
        "SIGFPE": "arithmetic fault",
        "SIGBUS": "bus error",
        "SIGILL": "illegal instruction",
    }.get(detail, detail[:40])
