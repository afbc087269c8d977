"""What goes into the sandbox and what it saw: calls and runs, without judgement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from grader.values import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One function call to make in a fresh process."""

    sources: Mapping[str, str]
    """Module name to source text; all can import one another."""
    module: str
    """The one that defines the function."""
    function: str
    arguments: tuple[Value, ...] = ()
    keywords: Mapping[str, Value] = field(default_factory=dict)
    modules: tuple[str, ...] = ()
    """What the worker must have imported: () for a light one, ('numpy', 'torch'), ..."""
    seed: int = 0
    """For the random generators inside; unrelated to the seed that drew the inputs."""
    time_s: float = 10
    """Processor time; the deadline in wall time is twice that and a second."""
    memory_mib: int = 1024
    return_arguments: bool = False
    """Also send the arguments back as they are after the call, to see what was changed."""


class Ending(StrEnum):
    """How a call ended, the most serious first."""

    FAULT = "fault"
    """The sandbox itself failed: ours."""
    TOO_LARGE = "too large"
    TIMEOUT = "timeout"
    PROCESSOR_TIME = "processor time"
    MEMORY = "memory"
    FORBIDDEN = "forbidden"
    """A system call that is not allowed ended the process."""
    SIGNAL = "signal"
    """Crashed: `Run.detail` names the signal."""
    EXITED = "exited"
    """The process ended without an answer (os._exit)."""
    MALFORMED = "malformed"
    """Bytes came back that are no value."""
    UNSUPPORTED = "unsupported"
    """A value came back that cannot be sent: `Run.detail` names its type."""
    IMPORT_FAILED = "import failed"
    """The file itself raised while being imported."""
    NOT_FOUND = "not found"
    """The file was imported but has no such function."""
    RAISED = "raised"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One line of a traceback inside the student's own files."""

    module: str
    line: int
    function: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What the sandbox saw."""

    ending: Ending
    value: Value = None
    arguments_after: Value = None
    detail: str = ""
    """The exception as `Type: message`, the signal's name, the type that cannot be sent."""
    frames: tuple[Frame, ...] = ()
    """Innermost last; for syntax errors the place of the error."""
    output: str = ""
    """Standard output and error, cut at a limit; hostile text until cleaned."""
    elapsed_s: float = 0
    cpu_s: float = 0
    memory_mib: float = 0
