"""What a student hands in: a folder, an archive, a notebook or a file, read and never executed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.submission.models import Answer, Remark, Source, Submission

if TYPE_CHECKING:
    from grader.submission.match import match_answers
    from grader.submission.read import read_submission

__all__ = ["Answer", "Remark", "Source", "Submission", "match_answers", "read_submission"]


def __getattr__(name: str) -> object:
    # Whoever needs the records alone does not wait for the readers' patterns to be compiled.
    if name == "match_answers":
        from grader.submission.match import match_answers

        return match_answers
    if name == "read_submission":
        from grader.submission.read import read_submission

        return read_submission
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
