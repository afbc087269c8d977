"""Grading one submission: the whole flow, top to bottom."""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from grader import __version__
from grader.bench import SubmissionBench, find_version
from grader.errors import GraderError, InstructorError, NoIsolation, SystemFault
from grader.expected import ExpectedValues
from grader.killable import TookTooLong, begin, rest
from grader.kinds.handing_in import hand_in
from grader.kinds.judging import begin_steps, judge_part
from grader.kinds.protocol import HandedIn
from grader.kinds.stopping import WRITTEN_ALLOWED
from grader.report.build import build_report
from grader.report.models import Audience, Report
from grader.sandbox.pool import Sandbox
from grader.scoring import PartScore, score_part
from grader.spec.loaded import LoadedAssignment
from grader.spec.personal import describe_values, personalise
from grader.submission.models import Submission
from grader.verdicts import Outcome, Verdict, failed

if TYPE_CHECKING:
    from grader.kinds.carrying import Earlier


class Listener(Protocol):
    """Hears how a grading goes, part by part."""

    def started(self, part_id: str) -> None: ...

    def finished(self, score: PartScore) -> None: ...


def grade(
    assignment: LoadedAssignment,
    submission: Submission,
    sandbox: Sandbox,
    *,
    expected: ExpectedValues | None = None,
    secret: str = "",
    student: str = "",
    listener: Listener | None = None,
    audience: Audience = "student",
) -> Report:
    """Grade one submission. Raises nothing on the student's account.

    Errors   NoIsolation when the submission's code may not be run on this machine; UsageError
             where parameters are drawn for each student and none is named.
    """
    (report,) = grade_for(
        (audience,),
        assignment,
        submission,
        sandbox,
        expected=expected,
        secret=secret,
        student=student,
        listener=listener,
    )
    return report


def grade_for(
    audiences: Sequence[Audience],
    assignment: LoadedAssignment,
    submission: Submission,
    sandbox: Sandbox,
    *,
    expected: ExpectedValues | None = None,
    secret: str = "",
    student: str = "",
    listener: Listener | None = None,
) -> tuple[Report, ...]:
    """Grade one submission once; a report for each audience.

    Errors   NoIsolation when the submission's code may not be run on this machine.
    """
    started = time.monotonic()
    expected = expected or ExpectedValues(None)
    assignment = personalise(assignment, student, secret)
    handed_in, submission = _read_in_time(assignment, submission)
    warm_up(assignment, handed_in, sandbox)
    scores: list[PartScore] = []
    earlier: dict[str, Earlier] = {}
    used = {name for _, _, part in assignment.parts() for name in part.uses}
    for problem, part_id, part in assignment.parts():
        if listener:
            listener.started(part_id)
        bench = SubmissionBench(
            sandbox=sandbox,
            expected=expected,
            problem=problem,
            part_id=part_id,
            submission=submission,
            secret=secret,
        )
        outcomes = _judge(part, part_id, handed_in[part_id], bench, earlier)
        if part_id in used:
            _carry(part, part_id, handed_in[part_id], bench, earlier)
        score = score_part(part_id, part.kind, part.title, part.points, outcomes)
        scores.append(score)
        if listener:
            listener.finished(score)
    graded_in_s = time.monotonic() - started
    return tuple(
        build_report(
            assignment=assignment.id,
            title=assignment.title,
            submission=submission,
            scores=scores,
            isolation=sandbox.tier,
            versions=_list_versions(sandbox),
            problems={problem.id: problem.digest for problem in assignment.problems},
            notices=(*describe_values(assignment), *(() if sandbox.isolated else (TRUSTED,))),
            graded_in_s=graded_in_s,
            audience=audience,
            show_counterexamples=assignment.policies.counterexamples,
        )
        for audience in audiences
    )


def _read_in_time(
    assignment: LoadedAssignment, submission: Submission
) -> tuple[dict[str, HandedIn], Submission]:
    """Which answer belongs to which part.

    Errors   SystemFault when it took too long in a process before this one.
    """
    try:
        begin(f"reading {submission.id}", WRITTEN_ALLOWED)
        return hand_in(assignment, submission)
    except TookTooLong:
        raise SystemFault("finding out which answer belongs to which part takes too long") from None
    finally:
        rest()


def _list_versions(sandbox: Sandbox) -> dict[str, str]:
    """What a number may depend on: the grader, Python, and the libraries that were used."""
    found = {"grader": __version__, "python": ".".join(map(str, sys.version_info[:3]))}
    return found | {module: find_version(module) for module in sandbox.list_modules()}


TRUSTED = "graded without full isolation, as code of whoever ran it: not for a mark"


def _judge(
    part: Any,
    part_id: str,
    answer: HandedIn,
    bench: SubmissionBench,
    earlier: Mapping[str, Earlier],
) -> tuple[Outcome, ...]:
    """Judge a part; whatever goes wrong on our side or the author's costs nothing."""
    try:
        return judge_part(part, part_id, answer, bench, earlier)
    except NoIsolation:
        raise
    except Exception as fault:
        note = str(fault) if isinstance(fault, GraderError) else traceback.format_exc(limit=-6)
        whose = "the question's" if isinstance(fault, InstructorError) else "our"
        words = f"this could not be judged; that is {whose} fault, not yours, and costs nothing"
        return (failed("answer", Verdict.VOID, words, staff_note=note),)


def _carry(
    part: Any,
    part_id: str,
    answer: HandedIn,
    bench: SubmissionBench,
    earlier: dict[str, Earlier],
) -> None:
    """Note what later parts build on; without it they are void, not wrong."""
    from grader.kinds.carrying import carry

    with suppress(GraderError, TookTooLong):
        try:
            begin_steps(part, f"{part_id} carried", answer)
            earlier[part_id] = carry(part, part_id, answer, bench, earlier)
        finally:
            rest()


def warm_up(
    assignment: LoadedAssignment, handed_in: Mapping[str, HandedIn], sandbox: Sandbox
) -> None:
    """Start the workers that will be needed while the first answers are being read."""
    from grader.kinds.function_calls import find_modules
    from grader.spec.function_part import FunctionPart

    for _, part_id, part in assignment.parts():
        source = handed_in[part_id].source
        if isinstance(part, FunctionPart) and source is not None:
            sandbox.warm_up("student", find_modules(part, source.text))
