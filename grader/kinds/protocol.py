"""What a kind of part is: one module with three functions, judged on one bench."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from grader.sandbox.pool import Sandbox
from grader.sandbox.records import Run
from grader.spec.models import Limits
from grader.submission.models import Answer, Source
from grader.values import Value
from grader.verdicts import Outcome

Inputs = Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedIn:
    """What a student handed in for one part: a written answer, a function, or neither."""

    answer: Answer | None = None
    source: Source | None = None
    fields: Mapping[str, Answer] = field(default_factory=dict)
    """Answers under headings of their own, `part.field`, by the field's name."""

    @property
    def is_blank(self) -> bool:
        answers = (self.answer, *self.fields.values())
        written = any(answer is not None and answer.text.strip() for answer in answers)
        return not written and self.source is None


class Bench(Protocol):
    """Where a kind gets functions called: the student's and the reference's, apart."""

    @property
    def seed(self) -> int:
        """From the submission, the part and the course's secret: draws follow from it."""

    @property
    def reference_source(self) -> str:
        """The reference module's text: kernels are interpreted from it."""

    @property
    def sandbox(self) -> Sandbox:
        """Where everything runs, for what is more than a call of a student's function."""

    def call_student(
        self,
        function: str,
        inputs: Sequence[Inputs],
        *,
        limits: Limits,
        modules: tuple[str, ...] = (),
        return_arguments: bool = False,
    ) -> list[Run]:
        """Call the student's function once for each inputs, each in a fresh process."""

    def call_reference(
        self,
        function: str,
        inputs: Sequence[Inputs],
        *,
        modules: tuple[str, ...] = (),
        limits: Limits | None = None,
    ) -> list[Run]:
        """The same for the problem's reference; runs are remembered between gradings.

        `limits` are for inputs that no author wrote, where a reference may hang.

        Errors   BrokenReference when a call does not return.
        """

    def differentiate_reference(
        self, function: str, by: str, inputs: Sequence[Inputs]
    ) -> list[Value]:
        """The gradient in one input of a reference function, by automatic differentiation.

        Errors   BrokenReference when it has none.
        """


class Kind(Protocol):
    """What each module in `grader.kinds` offers; `part` is its own model from `grader.spec`."""

    def judge(
        self, part: Any, part_id: str, handed_in: HandedIn, bench: Bench
    ) -> tuple[Outcome, ...]:
        """Judge what was handed in (never blank), one outcome a check."""

    def read_value(self, part: Any, answer: Answer) -> Value:
        """The answer as a plain value for later parts that use it; None if it cannot be read."""

    def describe(self, part: Any) -> str:
        """One sentence: how to hand in an answer to this part."""
