"""Functions: called on seeded inputs in the sandbox, and compared with the reference."""

from __future__ import annotations

from grader.kinds.function_calls import Desk, find_modules
from grader.kinds.function_checks import Judged, judge_checks, miss
from grader.kinds.function_feedback import add_diagnoses, add_hints, conceal
from grader.kinds.protocol import Bench, HandedIn
from grader.spec.function_part import FunctionPart
from grader.submission.models import Answer
from grader.values import Value
from grader.verdicts import Outcome, Verdict

__all__ = ["describe", "find_modules", "judge", "read_value"]


def judge(
    part: FunctionPart, part_id: str, handed_in: HandedIn, bench: Bench
) -> tuple[Outcome, ...]:
    """One outcome a check.

    Errors   BrokenReference when the reference fails; InstructorError when inputs can't be drawn.
    """
    if handed_in.source is None:
        return tuple(conceal(miss(part, check)) for check in part.checks)
    desk = Desk(part=part, source=handed_in.source, bench=bench)
    judged = judge_checks(desk)
    if any(each.outcome.verdict is not Verdict.PASSED for each in judged):
        judged = _explain(desk, judged)
    return tuple(
        conceal(each.outcome, each.deciding.run if each.deciding else None) for each in judged
    )


def _explain(desk: Desk, judged: list[Judged]) -> list[Judged]:
    """Say why: the author's known mistakes first, then the smallest inputs that fail."""
    # Imported here: most answers are right, and need none of it.
    from grader.kinds.function_examples import add_counterexamples
    from grader.kinds.function_mistakes import name_mistakes

    judged = name_mistakes(desk, judged)
    judged = add_counterexamples(desk, judged)
    judged = add_diagnoses(judged)
    return add_hints(desk.part, judged)


def read_value(part: FunctionPart, answer: Answer) -> Value:
    """Nothing: no later part builds on a function."""
    return None


def describe(part: FunctionPart) -> str:
    """How to hand in a function."""
    return f"Define `{part.signature}` in any .py file or notebook; it is found by its name."
