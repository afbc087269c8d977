"""The published record of a grading, and its parts.

Field names are stable: other programs read them. A field may be added within a version of the
schema; none is renamed or removed. Every text is cleaned as the record is made, whoever
makes it.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from grader.report.cleaning import clean_block, clean_line
from grader.verdicts import Verdict

SCHEMA = "fairmark-report/1"

Line = Annotated[str, AfterValidator(clean_line)]
Block = Annotated[str, AfterValidator(clean_block)]
Number = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Audience = Literal["student", "staff"]


class Published(BaseModel):
    """A frozen record that refuses keys it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, defer_build=True)


class InputReport(Published):
    """One input of a counterexample."""

    name: Line
    value: Block = Field(description="As Python text.")


class CounterexampleReport(Published):
    """The smallest input found on which the answer is wrong."""

    inputs: tuple[InputReport, ...] = ()
    saw: Block = ""
    expected: Block = ""
    difference: Block = Field(default="", description="The first place where they differ.")
    code: Block = Field(default="", description="Python that shows it; may be empty.")


class CheckReport(Published):
    """One test of a part."""

    name: Line
    verdict: Verdict
    score: Number
    max_score: Number
    hidden: bool = Field(
        default=False,
        description="Students see its name, verdict and points, never inputs or values.",
    )
    feedback: Block = ""
    counterexample: CounterexampleReport | None = None
    mistake: Block = Field(default="", description="The author's words about a known mistake.")
    hint: Block = ""
    location: Line = Field(default="", description="file:line in the student's own files.")
    output: Block = Field(default="", description="What the student's code printed, cut.")
    understood: Block = Field(default="", description="The answer as the grader read it.")
    staff_note: Block = Field(default="", description="Always empty for students.")
    elapsed_ms: Number | None = Field(default=None, description="Measured: varies between runs.")
    memory_mib: Number | None = Field(default=None, description="Measured: varies between runs.")


class PartReport(Published):
    """One thing the student answered."""

    id: Line = Field(description="With its assignment: hw2/conv-dims.")
    title: Line
    kind: Line
    verdict: Verdict
    score: Number
    max_score: Number
    open_points: Number = Field(description="Neither earned nor lost yet.")
    checks: tuple[CheckReport, ...]
    feedback: Block = Field(default="", description="That of the first check that failed.")
    counterexample: CounterexampleReport | None = None
    mistake: Block = ""


class RemarkReport(Published):
    """Something about the files handed in that the student should know."""

    file: Line
    line: int = Field(ge=0, description="0 where the whole file is meant.")
    message: Line


class Report(Published):
    """A graded submission."""

    schema_id: Literal["fairmark-report/1"] = Field(default="fairmark-report/1", alias="schema")
    audience: Audience = "student"
    assignment: Line
    title: Line = ""
    submission: Line = Field(description="sha256: and 64 hex digits, from the files' bytes.")
    submission_name: Line = Field(default="", description="The folder's or file's own name.")
    score: Number
    max_score: Number
    open_points: Number = Field(description="Points that wait for a person or a retry.")
    status: Literal["final", "pending"]
    parts: tuple[PartReport, ...]
    remarks: tuple[RemarkReport, ...] = ()
    isolation: Line = Field(description="How the student's code was kept apart: full, none, …")
    versions: dict[Line, Line] = {}
    problems: dict[Line, Line] = Field(default={}, description="Digest of each problem used.")
    seed_label: Line = ""
    notices: tuple[Line, ...] = ()
    graded_in_s: Number | None = Field(default=None, description="Measured: varies between runs.")


def drop_measurements(report: Report) -> Report:
    """The report without times and memory: equal between two gradings of the same bytes."""
    return report.model_copy(
        update={
            "graded_in_s": None,
            "parts": tuple(
                part.model_copy(
                    update={
                        "checks": tuple(
                            check.model_copy(update={"elapsed_ms": None, "memory_mib": None})
                            for check in part.checks
                        )
                    }
                )
                for part in report.parts
            ),
        }
    )
