"""Handing in for one part what a student might, and judging it the real way."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from grader.bench import SubmissionBench
from grader.expected import ExpectedValues
from grader.kinds.carrying import Earlier, carry, resolve_answer
from grader.kinds.function_calls import Desk
from grader.kinds.function_checks import judge_checks
from grader.kinds.function_mistakes import name_mistakes
from grader.kinds.handing_in import hand_in
from grader.kinds.judging import judge_part
from grader.kinds.protocol import HandedIn
from grader.sandbox.pool import Sandbox
from grader.scoring import PartScore, score_part
from grader.spec.loaded import LoadedAssignment, LoadedProblem
from grader.submission.models import Answer, Source, Submission

SECRET = "grade check"
"""Any secret will do: what is proved must hold for all seeds."""

GIVEN = "given.py"
"""The file that a reference's own text is handed in as; it answers nothing by itself."""


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """One part with everything that it takes to judge answers to it."""

    assignment: LoadedAssignment
    problem: LoadedProblem
    part_id: str
    part: Any
    sandbox: Sandbox
    expected: ExpectedValues
    earlier: Mapping[str, Earlier]
    """The right answers to the parts before this one."""

    def bench(self, submission: Submission, secret: str = SECRET) -> SubmissionBench:
        return SubmissionBench(
            sandbox=self.sandbox,
            expected=self.expected,
            problem=self.problem,
            part_id=self.part_id,
            submission=submission,
            secret=secret,
        )

    def judge(self, submission: Submission, secret: str = SECRET) -> PartScore:
        """Judge one submission for this part alone.

        Errors   BrokenReference when the problem's own answer cannot be had.
        """
        handed_in, submission = hand_in(self.assignment, submission)
        bench = self.bench(submission, secret)
        outcomes = judge_part(self.part, self.part_id, handed_in[self.part_id], bench, self.earlier)
        return score_part(self.part_id, self.part.kind, self.part.title, self.part.points, outcomes)

    def judge_without_examples(self, submission: Submission) -> PartScore:
        """Judge a function as it is judged for students, but make no counterexample small.

        Cost     a failing check else costs dozens of further calls, whose results go nowhere.
        """
        desk = self.desk(submission)
        outcomes = [each.outcome for each in name_mistakes(desk, judge_checks(desk))]
        return score_part(self.part_id, self.part.kind, "", self.part.points, outcomes)

    def judge_written(self, text: str, secret: str = SECRET) -> PartScore:
        return self.judge(write(self.part_id, text), secret)

    @cached_property
    def resolved(self) -> Any:
        """The part with every answer and mistake as a literal."""
        used = {name: self.earlier[name].right for name in self.part.uses}
        return resolve_answer(self.part, self.part_id, self.bench(NOTHING), used)

    def hand_over(
        self,
        function: str,
        *,
        call: str = "_given(*arguments)",
        preamble: str = "",
        text: str | None = None,
    ) -> Submission:
        """A function of the reference's text under the name that the part asks for.

        The text is a file of its own, so that a wrong function that calls the right one still
        does; `call` says what is returned, in terms of `_given`.
        """
        loads = "".join(f"import {module}\n" for module in find_imports(self.problem.reference))
        name = name_function(self.part)
        body = (
            f"{loads}from given import {function} as _given\n{preamble}\n\n"
            f"def {name}(*arguments):\n    return {call}\n"
        )
        answers = Source(name="answers.py", text=body, functions=(name,))
        given = Source(name=GIVEN, text=self.problem.reference if text is None else text)
        return replace(NOTHING, sources=(given, answers))

    def desk(self, submission: Submission, secret: str = SECRET) -> Desk:
        return Desk(
            part=self.part, source=submission.sources[-1], bench=self.bench(submission, secret)
        )


NOTHING = Submission(id="sha256:" + "0" * 64, name="made by grade check")


def write(part_id: str, text: str) -> Submission:
    """A submission of one written answer; `part.field` answers a field."""
    answer = Answer(part=part_id, text=text, file="answers.md", line=3, level=2, heading_line=1)
    return replace(NOTHING, answers={part_id: answer})


def name_function(part: Any) -> str:
    return str(part.signature.partition("(")[0])


def find_imports(source: str) -> list[str]:
    """Which of the large libraries a text imports."""
    found = re.findall(r"^[ \t]*(?:import|from)[ \t]+(numpy|torch|sympy)\b", source, re.M)
    return sorted(set(found))


def answer_earlier(
    assignment: LoadedAssignment, sandbox: Sandbox, expected: ExpectedValues
) -> dict[str, Earlier]:
    """The right answers to all parts that others use.

    Errors   BrokenReference when one cannot be had.
    """
    used = {name for _, _, part in assignment.parts() for name in part.uses}
    earlier: dict[str, Earlier] = {}
    for problem, part_id, part in assignment.parts():
        if part_id in used:
            bench = SubmissionBench(
                sandbox=sandbox,
                expected=expected,
                problem=problem,
                part_id=part_id,
                submission=NOTHING,
                secret=SECRET,
            )
            earlier[part_id] = carry(part, part_id, HandedIn(), bench, earlier)
    return earlier
