"""A function's checks, judged in the order of their needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from grader.errors import InstructorError
from grader.kinds.function_calls import Desk, Trial, make_trials
from grader.kinds.function_endings import Finding, explain_ending
from grader.kinds.marking import explain
from grader.numerics.wording import name_type
from grader.sandbox.records import Ending
from grader.spec.function_part import FunctionCheck, FunctionPart
from grader.values import ArrayValue
from grader.verdicts import Counterexample, Outcome, Verdict, failed, passed


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judged:
    """A check's outcome beside the calls that it rests on."""

    outcome: Outcome
    check: FunctionCheck
    trials: tuple[Trial, ...] = ()
    deciding: Trial | None = None
    """The first call that went wrong."""


def judge_checks(desk: Desk) -> list[Judged]:
    """Judge checks once those that they need are; all that are ready are called in one batch."""
    judged: dict[str, Judged] = {}
    waiting = list(desk.part.checks)
    while waiting:
        ready = [check for check in waiting if all(name in judged for name in check.needs)]
        if not ready:
            names = ", ".join(check.name for check in waiting)
            raise InstructorError(f"checks whose needs are never met: {names}")
        unmet = {check.name: _find_unmet(check, judged) for check in ready}
        called = [check for check in ready if not unmet[check.name]]
        trials = _try_all(desk, [check for check in called if check.holds is None])
        for check in called:
            if check.holds is not None:
                judged[check.name] = _judge_property(desk, check)
        for check in ready:
            if check.name in judged:
                continue
            mine = tuple(trial for trial in trials if trial.check is check)
            judged[check.name] = (
                _skip(check, unmet[check.name], judged)
                if unmet[check.name]
                else _judge_check(desk, check, mine)
            )
        waiting = [check for check in waiting if check not in ready]
    return _say_once([judged[check.name] for check in desk.part.checks])


def _try_all(desk: Desk, checks: Sequence[FunctionCheck]) -> list[Trial]:
    """Call each check once; again with fresh inputs only where a value came back.

    A function that hangs would else use up its time for every repetition.
    """
    trials = make_trials(desk, [(check, 0) for check in checks])
    answered = [trial.check for trial in trials if trial.returned]
    again = [(check, repeat) for check in answered for repeat in range(1, check.repeats)]
    return trials + make_trials(desk, again)


def miss(part: FunctionPart, check: FunctionCheck) -> Outcome:
    """A check of a function that nobody handed in."""
    name = part.signature.partition("(")[0]
    words = explain(f"no function `{name}` in any file", "", f"define `{part.signature}`")
    return failed(check.name, Verdict.MISSING, words, points=check.points, hidden=check.hidden)


def _find_unmet(check: FunctionCheck, judged: Mapping[str, Judged]) -> str:
    """The first needed check that has not passed."""
    for name in check.needs:
        if judged[name].outcome.verdict is not Verdict.PASSED:
            return name
    return ""


def _skip(check: FunctionCheck, needed: str, judged: Mapping[str, Judged]) -> Judged:
    verdict = Verdict.SKIPPED
    words = f'skipped: needs "{needed}" to pass first'
    note = ""
    if judged[needed].outcome.verdict.is_open:
        # Nobody may lose points over a check that is itself still open.
        verdict = judged[needed].outcome.verdict
        words = note = f'not run yet: "{needed}" has to be settled first'
    outcome = failed(
        check.name, verdict, words, points=check.points, hidden=check.hidden, staff_note=note
    )
    return Judged(outcome=outcome, check=check)


def _judge_check(desk: Desk, check: FunctionCheck, trials: tuple[Trial, ...]) -> Judged:
    """The first call that goes wrong decides; a fault of ours only where none does."""
    wrong = [trial for trial in trials if not trial.is_right]
    ours = [trial for trial in wrong if trial.run.ending is Ending.FAULT]
    open_ = [trial for trial in wrong if trial.difference and trial.difference.doubt]
    plain = [trial for trial in wrong if trial not in ours and trial not in open_]
    deciding = next(iter((*plain, *ours, *open_)), None)
    more: dict[str, Any] = {
        "points": check.points,
        "hidden": check.hidden,
        "elapsed_ms": max(trial.run.elapsed_s for trial in trials) * 1000,
        "memory_mib": max(trial.run.memory_mib for trial in trials),
    }
    if deciding is None:
        remarks = "\n".join(dict.fromkeys(_remark(desk, trials[0])))
        output = trials[0].run.output
        outcome = passed(check.name, feedback=remarks, output=output, **more)
        return Judged(outcome=outcome, check=check, trials=trials)
    finding = find_fault(desk, deciding)
    outcome = failed(
        check.name,
        finding.verdict,
        finding.feedback,
        location=finding.location,
        staff_note=finding.staff_note,
        output=deciding.run.output,
        **more,
    )
    return Judged(outcome=outcome, check=check, trials=trials, deciding=deciding)


def _judge_property(desk: Desk, check: FunctionCheck) -> Judged:
    """A check that looks for a property of what comes back, not for the reference's values."""
    # Imported here: few checks are of this kind.
    from grader.kinds.function_properties import try_property

    tried = try_property(desk, check)
    judged = _judge_check(desk, check, tried.trials)
    finding = tried.finding
    if judged.outcome.verdict is not Verdict.WRONG or finding is None:
        return judged
    counterexample = None
    if finding.inputs:
        counterexample = Counterexample(
            inputs=finding.inputs, saw=finding.saw, expected=finding.expected
        )
    outcome = replace(
        judged.outcome,
        verdict=Verdict.PARTIAL if finding.share else Verdict.WRONG,
        share=finding.share,
        counterexample=counterexample,
    )
    return replace(judged, outcome=outcome)


def find_fault(desk: Desk, trial: Trial) -> Finding:
    """What is wrong with one call, in words."""
    part = desk.part
    if not trial.returned:
        return explain_ending(trial.run, desk.source, part.limits, part.signature)
    names = " and ".join(f"`{name}`" for name in trial.changed)
    copy = f"work on a copy: {trial.changed[0]} = {_copy(trial)}" if trial.changed else ""
    difference = trial.difference
    if difference is None:
        saw = f"the right value, but {names} changed: the caller still needs it as it was"
        return Finding(verdict=Verdict.WRONG, feedback=explain(saw, "", copy))
    words = explain(difference.seen, difference.expected, difference.advice)
    if trial.changed:
        words += "\n" + explain("", "", f"{names} changed too; {copy}")
    if difference.doubt:
        note = difference.doubt
        return Finding(verdict=Verdict.UNDECIDED, feedback=words, staff_note=note)
    return Finding(verdict=Verdict.WRONG, feedback=words)


def _copy(trial: Trial) -> str:
    name = trial.changed[0]
    value = trial.inputs[name]
    if isinstance(value, ArrayValue) and value.family == "tensor":
        return f"{name}.clone()"
    return f"{name}.copy()"


def _remark(desk: Desk, trial: Trial) -> Iterator[str]:
    """What a student should know about a value that is right."""
    value = trial.run.value
    if not isinstance(value, ArrayValue):
        return
    if value.dtype == "float32" and trial.closeness.dtype == "float64":
        yield "returned float32 for float64 inputs: judged at the precision of float32"
    if value.subclass:
        yield f"returned {name_type(value)} of a class of its own: judged by its entries"


def _say_once(judged: Sequence[Judged]) -> list[Judged]:
    """Tell of a file that can't be imported once, at a check whose words the student sees."""
    told: set[Ending] = set()
    retold = []
    for each in judged:
        ending = each.deciding.run.ending if each.deciding else None
        if ending in told:
            words = "as above: the file itself has to be put right first"
            outcome = replace(
                each.outcome, verdict=Verdict.SKIPPED, feedback=words, location="", output=""
            )
            each = replace(each, outcome=outcome)
        elif ending in (Ending.IMPORT_FAILED, Ending.NOT_FOUND) and not each.check.hidden:
            told.add(ending)
        retold.append(each)
    return retold
