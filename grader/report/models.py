"""The published record of a grading, and its parts.

Field names are stable: other programs read them. A field may be added within a version of the
schema; none is renamed or removed. Every text is cleaned as the record is made, whoever
makes it.
"""

import math
from collections.abc import Callable
from typing import Annotated, Any, ClassVar, Literal, get_args, get_origin

from grader.record import AfterValidator, Field, Record, Word
from grader.report.cleaning import clean_block, clean_line
from grader.verdicts import Verdict

SCHEMA = "fairmark-report/1"

Line = Annotated[str, AfterValidator(clean_line)]
Block = Annotated[str, AfterValidator(clean_block)]
Audience = Literal["student", "staff"]


def _check_number(number: float) -> float:
    if not (math.isfinite(number) and number >= 0):
        raise ValueError(f"expected a number from 0 upwards, saw {number}")
    return number


Number = Annotated[float, Field(ge=0, allow_inf_nan=False), AfterValidator(_check_number)]


class Published(Record):
    """A frozen record whose texts are cleaned, and whose numbers are checked, as it is made.

    The grader's own records are of the right types; what comes from elsewhere is validated.
    """

    _finishing: ClassVar[dict[str, Callable[[Any], Any]]] = {}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        found = {name: _find_finish(each) for name, (each, _) in cls.described.items()}
        cls._finishing = {name: finish for name, finish in found.items() if finish}

    def _finish(self, given: dict[str, Any]) -> dict[str, Any]:
        finishing = self._finishing
        return {
            name: finishing[name](value) if name in finishing else value
            for name, value in given.items()
        }


def _find_finish(annotation: Any) -> Callable[[Any], Any] | None:
    """What is to be done with a value of this type: to it, or to all that it holds."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        words = [word for word in annotation.__metadata__ if isinstance(word, Word)]
        made: list[Any] = [word.arguments[0] for word in words if word.name == "AfterValidator"]
        return made[0] if made else None
    finishes = [_find_finish(each) for each in inner]
    first = finishes[0] if finishes else None
    if first is None:
        return None
    if origin is tuple:
        return lambda held: tuple(map(first, held))
    if origin is dict:
        last = finishes[1] or first
        return lambda held: {first(key): last(value) for key, value in held.items()}
    return lambda value: None if value is None else first(value)


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


class CurveReport(Published):
    """What one kernel or processor costs at each size."""

    name: Line
    role: Literal["cpu", "tier", "student", "bound"]
    costs: tuple[Number, ...] = Field(description="One a size; 0 where it was stopped.")
    slope: float | None = Field(default=None, description="Least squares of log cost on log size.")


class ChartReport(Published):
    """How a kernel's cost grows with its size, beside the reference's tiers."""

    title: Line
    size_name: Line
    unit: Line
    sizes: tuple[int, ...]
    curves: tuple[CurveReport, ...]


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
    charts: tuple[ChartReport, ...] = ()
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


class AdjustmentReport(Published):
    """One change of the score by a policy: lateness, attempts, a dropped problem."""

    points: Annotated[float, Field(allow_inf_nan=False)] = Field(description="Mostly negative.")
    explanation: Line


class Report(Published):
    """A graded submission."""

    schema_id: Literal["fairmark-report/1"] = Field(default="fairmark-report/1", alias="schema")
    audience: Audience = "student"
    assignment: Line
    title: Line = ""
    submission: Line = Field(description="sha256: and 64 hex digits, from the files' bytes.")
    submission_name: Line = Field(default="", description="The folder's or file's own name.")
    score: Number = Field(description="What the parts earned, and the adjustments.")
    max_score: Number
    open_points: Number = Field(description="Points that wait for a person or a retry.")
    status: Literal["final", "pending"]
    parts: tuple[PartReport, ...]
    adjustments: tuple[AdjustmentReport, ...] = ()
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
