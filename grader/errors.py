"""Every exception the grader raises.

    GraderError                    the root; a class's docstring is its default message
    +-- InstructorError            whoever wrote the problems must act
    |   +-- SpecError              a YAML file does not say a valid problem
    |   +-- BrokenReference        a reference implementation fails or contradicts itself
    |   +-- UnknownAssignment      no such assignment, problem or part
    +-- SubmissionError            nothing in what was handed in can be read
    +-- UsageError                 the command was asked for something it cannot do
    |   +-- NoCourse               there are no problems around here
    +-- Refusal                    the service says no, and why
    |   +-- NotFound               there is no such thing, or it may not be seen
    |   +-- NotSignedIn            nobody is known to have asked
    |   +-- NotAllowed             somebody else may, this person may not
    |   +-- Conflict               the thing is not in a state for it
    |   +-- TooMany                again later; it says when
    +-- SystemFault                ours: retried, never a zero
        +-- NoIsolation            this machine cannot isolate a student's code
        +-- SandboxFault           the sandbox failed, not the program in it
        +-- ReportFault            a report could not be written

There is no error for a wrong answer: what a student's code does is a value (a verdict).
"""

from __future__ import annotations

from dataclasses import dataclass


class GraderError(Exception):
    """The grader could not go on."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or type(self).__doc__)


class InstructorError(GraderError):
    """A problem needs its author's attention."""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing wrong in a file: where, what, and what to write instead."""

    file: str
    line: int
    column: int
    message: str
    excerpt: str = ""

    def __str__(self) -> str:
        text = f"{self.file}:{self.line}:{self.column}: {self.message}"
        if self.excerpt:
            text += f"\n    {self.excerpt}\n    {' ' * (self.column - 1)}^"
        return text


class SpecError(InstructorError):
    """A YAML file does not say a valid problem."""

    def __init__(self, faults: tuple[Fault, ...] | list[Fault]) -> None:
        self.faults = tuple(sorted(faults))
        super().__init__("\n".join(str(fault) for fault in self.faults))


class BrokenReference(InstructorError):
    """A reference implementation fails or contradicts itself."""


class UnknownAssignment(InstructorError):
    """There is no such assignment, problem or part."""


class SubmissionError(GraderError):
    """Nothing in the submission can be read."""


class UsageError(GraderError):
    """The command was asked for something it cannot do."""


class NoCourse(UsageError):
    """No course is found here."""


class Refusal(GraderError):
    """The service refused this."""


class NotFound(Refusal):
    """There is no such thing here."""


class NotSignedIn(Refusal):
    """Sign in first, or send a token."""


class NotAllowed(Refusal):
    """This is not yours to do."""


class Conflict(Refusal):
    """It is not in a state for that."""


class TooMany(Refusal):
    """Too much in too short a time."""

    def __init__(self, message: str, retry_after_s: int) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(message)


class SystemFault(GraderError):
    """The grader itself failed; nobody loses points for it."""


class NoIsolation(SystemFault):
    """This machine cannot isolate a student's code."""


class SandboxFault(SystemFault):
    """The sandbox failed, not the program in it."""


class ReportFault(SystemFault):
    """A report could not be written."""
