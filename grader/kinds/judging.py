"""One part, judged: blank or not, field by field, with errors carried forward."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from grader import killable
from grader.kinds import BY_CODE, find_kind
from grader.kinds.marking import ANSWER, explain
from grader.kinds.protocol import Bench, HandedIn
from grader.kinds.stopping import (
    BY_CODE_ALLOWED,
    LIMIT_S,
    WRITTEN_ALLOWED,
    TookTooLong,
    stop_after,
)
from grader.spec.models import Hint
from grader.verdicts import Outcome, Verdict, failed

if TYPE_CHECKING:
    from grader.kinds.carrying import Earlier

BY_FUNCTION = (*BY_CODE, "expression", "property")
"""Kinds that a Python function may answer."""

HINTED = (Verdict.WRONG, Verdict.PARTIAL, Verdict.REFUSED)
"""What a hint may help with: an answer that was given and falls short."""


def judge_part(
    part: Any,
    part_id: str,
    handed_in: HandedIn,
    bench: Bench,
    earlier: Mapping[str, Earlier] | None = None,
) -> tuple[Outcome, ...]:
    """Judge one part; `earlier` holds what `carry` returned for the parts it uses.

    Errors   BrokenReference when the problem's own answer cannot be had or read.
    """
    if _is_unanswered(part, handed_in):
        return _missing(part, handed_in)
    try:
        begin_steps(part, part_id, handed_in)
        return _judge_answered(part, part_id, handed_in, bench, earlier)
    except TookTooLong:
        return _leave_open()
    finally:
        killable.rest()


def begin_steps(part: Any, part_id: str, handed_in: HandedIn) -> None:
    """Let what follows be ended, with this process, where somebody else would go on without it.

    Errors   TookTooLong when it was ended before.
    """
    if killable.is_watched():
        written = hashlib.sha256(repr(handed_in).encode("utf-8", "replace")).hexdigest()
        allowed = BY_CODE_ALLOWED if part.kind in BY_CODE else WRITTEN_ALLOWED
        killable.begin(f"{part_id} {written}", allowed)


def _judge_answered(
    part: Any,
    part_id: str,
    handed_in: HandedIn,
    bench: Bench,
    earlier: Mapping[str, Earlier] | None,
) -> tuple[Outcome, ...]:
    if part.kind in BY_CODE:
        return find_kind(part.kind).judge(part, part_id, handed_in, bench)
    from grader.kinds.carrying import judge_carried, resolve_answer

    # In the order of `uses`, which is that of the reference function's parameters.
    used = {name: earlier[name] for name in part.uses if name in earlier} if earlier else {}
    resolved = resolve_answer(part, part_id, bench, {name: e.right for name, e in used.items()})
    outcomes = _judge_resolved(resolved, part_id, handed_in, bench)
    outcomes = judge_carried(part, part_id, handed_in, bench, used, outcomes, _judge_resolved)
    return tuple(_add_hints(part.hints, tuple(_locate(outcomes, handed_in))))


def _locate(outcomes: Sequence[Outcome], handed_in: HandedIn) -> Iterator[Outcome]:
    """Say where a written answer that did not pass stands.

    A kind that knows the line within the answer has given it as the location.
    """
    for outcome in outcomes:
        answer = handed_in.fields.get(outcome.check) or handed_in.answer
        is_named = outcome.location and not outcome.location.isdecimal()
        if answer is None or not answer.text.strip() or is_named or outcome.share == 1:
            yield outcome
            continue
        line = answer.line + int(outcome.location or 1) - 1
        # A line of a notebook's cell is told as such.
        between = ", line " if ", cell " in answer.file else ":"
        yield replace(outcome, location=f"{answer.file}{between}{line}")


def _add_hints(hints: Sequence[Hint], outcomes: Sequence[Outcome]) -> Iterator[Outcome]:
    """Give each answer that falls short the first hint meant for it and not yet said."""
    left = list(hints)
    for outcome in outcomes:
        fitting = [hint for hint in left if hint.when in (None, outcome.check)]
        # One that was written for this very field helps more than a general one.
        fitting.sort(key=lambda hint: hint.when is None)
        if not fitting or outcome.hint or outcome.verdict not in HINTED:
            yield outcome
            continue
        left.remove(fitting[0])
        yield replace(outcome, hint=fitting[0].say)


def _judge_resolved(
    part: Any, part_id: str, handed_in: HandedIn, bench: Bench
) -> tuple[Outcome, ...]:
    kind = find_kind(part.kind)
    if getattr(part, "fields", None):
        from grader.kinds.fields import judge_fields

        return judge_fields(
            part,
            part_id,
            handed_in,
            lambda asked, name, answer: _judge_in_time(
                lambda: kind.judge(asked, name, answer, bench)
            ),
        )
    return _judge_in_time(lambda: kind.judge(part, part_id, handed_in, bench))


def _judge_in_time(judge: Callable[[], tuple[Outcome, ...]]) -> tuple[Outcome, ...]:
    """What can't be decided in time is for a person to decide, and never wrong."""
    try:
        return stop_after(LIMIT_S, judge)
    except TookTooLong:
        return _leave_open()


def _leave_open() -> tuple[Outcome, ...]:
    words = explain("comparing it takes too long", advice="a person will look at this answer")
    note = f"stopped after {LIMIT_S:g} s of processor time, or ended with its process"
    return (failed(ANSWER, Verdict.UNDECIDED, words, staff_note=note),)


def _is_unanswered(part: Any, handed_in: HandedIn) -> bool:
    if handed_in.is_blank:
        return True
    return (
        part.kind not in BY_FUNCTION
        and HandedIn(answer=handed_in.answer, fields=handed_in.fields).is_blank
    )


def _missing(part: Any, handed_in: HandedIn) -> tuple[Outcome, ...]:
    words = explain("not answered")
    if handed_in.source is not None:
        words = explain(
            f"a function in {handed_in.source.name}, no written answer",
            advice="write the answer below the part's heading in answers.md",
        )
    fields = getattr(part, "fields", None)
    if not fields:
        return (failed(ANSWER, Verdict.MISSING, words),)
    return tuple(
        failed(name, Verdict.MISSING, words, points=question.points)
        for name, question in fields.items()
    )
