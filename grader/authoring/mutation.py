"""Mutants of the right answer, handed in as a student would: how many do the checks catch?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, TypeVar

from grader.authoring.certificate import ENOUGH, Claim, MutantReport
from grader.authoring.equal_mutants import (
    BOUNDARY,
    HAS_PROPERTY,
    SAME_FORMULA,
    report_equal,
)
from grader.authoring.further_draws import FurtherDraws
from grader.authoring.rehearsing import SECRET, Rehearsal, name_function
from grader.authoring.source_mutants import SourceMutant, leave_out_others, mutate_source
from grader.authoring.written_mutants import WrittenMutant, mutate_answer
from grader.spec.models import Limits
from grader.verdicts import Verdict

MOST_MUTANTS = 160
"""Spread over the whole source where there are more: enough for a share to within a few percent."""

PATIENCE_S = 1.0
"""Processor time for a mutant of a function that itself takes a hundredth of a second."""

MOST_WRITTEN = 80
"""Formulas and networks are compared in this process, some 20 ms each."""

OTHER_SEEDS = 3
"""Formulas are compared at random points: one that is equal is so at any. One further seed for
those that are refused: a comparison that errs there costs a student, but is the rarer fault."""

Told = Callable[[int, int], None]
"""Hears how many of how many mutants have been tried."""

Mutant = TypeVar("Mutant")


def try_mutants(stage: Rehearsal, told: Told) -> tuple[MutantReport, ...]:
    """What becomes of every mutant of a part; none where its kind has no mutants."""
    if stage.part.kind in ("function", "fix"):
        reports = _try_functions(stage, told)
    elif stage.part.kind == "kernel":
        reports = _try_kernels(stage, told)
    elif stage.part.kind == "train":
        reports = _try_trainings(stage, told)
    else:
        reports = _try_written(stage, told)
    reasons = {name: waiver.why for waiver in stage.part.waive for name in waiver.mutants}
    return tuple(
        report.model_copy(update={"fate": "waived", "advice": reasons[report.name]})
        if report.name in reasons and report.fate != "caught"
        else report
        for report in reports
    )


def judge_mutants(stage: Rehearsal, reports: Sequence[MutantReport]) -> Iterator[Claim]:
    """Enough are caught, and every waiver is for one that isn't."""
    caught = sum(report.fate == "caught" for report in reports)
    survived = sum(report.fate == "survived" for report in reports)
    if caught + survived:
        share = caught / (caught + survived)
        words = f"{caught} of {caught + survived} mutants caught"
        yield Claim(name="mutation score", holds=share >= ENOUGH, words=words)
    waived = {report.name for report in reports if report.fate == "waived"}
    for name in (name for waiver in stage.part.waive for name in waiver.mutants):
        if name not in waived:
            words = "no mutant of this name survives; remove the waiver"
            yield Claim(name=f"waiver {name}", holds=False, words=words)


def _try_functions(stage: Rehearsal, told: Told) -> list[MutantReport]:
    part = stage.part
    if all(check.expect is not None for check in part.checks) and not stage.problem.reference:
        return []
    apart = [*part.equivalents, *(mistake.like for mistake in part.mistakes if mistake.like)]
    name = name_function(part)
    mutants = _spread(mutate_source(leave_out_others(stage.problem.reference, name), name, apart))
    further = FurtherDraws(stage)
    judges_properties = all(check.holds is not None for check in part.checks)

    def try_one(mutant: SourceMutant) -> MutantReport:
        if _is_caught(stage, mutant):
            return MutantReport(name=mutant.name, fate="caught")
        # Where a property decides, what differs from the reference may be as right.
        advice = "" if judges_properties else further.tell_apart(mutant.text)
        if advice:
            return MutantReport(name=mutant.name, fate="survived", diff=mutant.diff, advice=advice)
        rule = HAS_PROPERTY if judges_properties else mutant.equality
        return report_equal(mutant.name, mutant.diff, rule, "equal on further draws too")

    return _try_all(stage, mutants, try_one, told)


def _try_kernels(stage: Rehearsal, told: Told) -> list[MutantReport]:
    from grader.authoring.kernel_claims import list_kernel_mutants, try_kernel_mutant

    mutants = _spread(list_kernel_mutants(stage))
    found = []
    for mutant in mutants:
        found.append(try_kernel_mutant(stage, mutant))
        told(len(found), len(mutants))
    return found


def _try_trainings(stage: Rehearsal, told: Told) -> list[MutantReport]:
    from grader.authoring.training_mutants import list_training_mutants, try_training_mutant

    mutants = list_training_mutants(stage.part.signature)
    found = []
    for mutant in mutants:
        found.append(try_training_mutant(stage, mutant))
        told(len(found), len(mutants))
    return found


def _is_caught(stage: Rehearsal, mutant: SourceMutant) -> bool:
    """Whether any check fails, the first one alone before the others: most mutants fall there.

    Values are compared in one batch; a property makes dozens of calls, so each has its turn.
    """
    part = stage.part
    limits = Limits(time_s=min(part.limits.time_s, PATIENCE_S), memory_mib=part.limits.memory_mib)
    changed = stage.hand_over(name_function(part), text=mutant.text)
    checks = tuple(check.model_copy(update={"needs": ()}) for check in part.checks)
    compared = tuple(check for check in checks[1:] if check.holds is None)
    turns = (checks[:1], compared, *((check,) for check in checks[1:] if check.holds))
    for few in filter(None, turns):
        narrowed = part.model_copy(update={"checks": few, "limits": limits, "mistakes": ()})
        outcomes = replace(stage, part=narrowed).judge_without_examples(changed).outcomes
        if any(each.verdict is not Verdict.PASSED for each in outcomes):
            return True
    return False


def _try_written(stage: Rehearsal, told: Told) -> list[MutantReport]:
    # Formulas are compared in this process: threads would only wait for one another.
    mutants = _spread(mutate_answer(stage.resolved), MOST_WRITTEN)
    stage = replace(stage, part=_without_mistakes(stage.part))
    found = []
    for mutant in mutants:
        found.append(_try_answer(stage, mutant))
        told(len(found), len(mutants))
    return found


def _without_mistakes(part: Any) -> Any:
    """Naming a mistake takes longer than finding that there is one."""
    if getattr(part, "fields", None):
        fields = {
            name: field.model_copy(update={"mistakes": ()}) for name, field in part.fields.items()
        }
        return part.model_copy(update={"fields": fields})
    return part.model_copy(update={"mistakes": ()})


def _try_answer(stage: Rehearsal, mutant: WrittenMutant) -> MutantReport:
    """Caught only where every seed catches it: which one a student gets is chance."""
    accepted = [_is_accepted(stage, mutant, SECRET)]
    if mutant.may_be_equal and not _is_judged_exactly(stage.part):
        turns = OTHER_SEEDS if accepted[0] else 1
        accepted += [_is_accepted(stage, mutant, f"{SECRET} {turn}") for turn in range(turns)]
    if not any(accepted):
        return MutantReport(name=mutant.name, fate="caught")
    diff = f"-{mutant.before}\n+{mutant.after}"
    if mutant.may_be_equal and all(accepted):
        return report_equal(mutant.name, diff, _find_rule(stage.part, mutant), mutant.advice)
    advice = mutant.advice
    if not all(accepted):
        advice = "accepted for some seeds only: a fault of the comparison, not of the problem"
    return MutantReport(name=mutant.name, fate="survived", diff=diff, advice=advice)


def _find_rule(part: Any, mutant: WrittenMutant) -> str:
    """Why a written answer that is judged right is right: it is what the question asks for."""
    if part.kind == "property":
        return HAS_PROPERTY
    question = part.fields[mutant.field] if mutant.field else part
    is_ignored = getattr(question, "boundary", "") == "ignore"
    if (
        is_ignored
        and mutant.after != mutant.before
        and _loosen(mutant.after) == _loosen(mutant.before)
    ):
        return BOUNDARY
    return SAME_FORMULA if part.kind in ("expression", "chain") else ""


def _loosen(formula: str) -> str:
    return formula.replace("≥", ">").replace("≤", "<")


def _is_judged_exactly(part: Any) -> bool:
    """Whether no seed has a say: a property without parameters holds or it doesn't."""
    return part.kind == "property" and not part.symbols


def _is_accepted(stage: Rehearsal, mutant: WrittenMutant, secret: str) -> bool:
    outcomes = stage.judge_written(mutant.text, secret).outcomes
    asked = [each for each in outcomes if not mutant.field or each.check == mutant.field]
    return all(each.verdict is Verdict.PASSED for each in asked)


def _try_all(
    stage: Rehearsal,
    mutants: Sequence[Mutant],
    try_one: Callable[[Mutant], MutantReport],
    told: Told,
) -> list[MutantReport]:
    """Two mutants a core: while one is called, another is compared."""
    with ThreadPoolExecutor(stage.sandbox.slots + 1) as pool:
        found = []
        for report in pool.map(try_one, mutants):
            found.append(report)
            told(len(found), len(mutants))
    return found


def _spread(mutants: Sequence[Mutant], most: int = MOST_MUTANTS) -> list[Mutant]:
    if len(mutants) <= most:
        return list(mutants)
    return [mutants[i * len(mutants) // most] for i in range(most)]
