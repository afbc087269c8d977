"""What must hold of parts that a kernel answers; kernels are interpreted, never executed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import prod

from grader.authoring.certificate import Claim, MutantReport
from grader.authoring.claims import describe
from grader.authoring.equal_mutants import report_equal
from grader.authoring.rehearsing import NOTHING, SECRET, Rehearsal, name_function
from grader.authoring.source_mutants import SourceMutant, leave_out_others, mutate_source
from grader.scoring import PartScore
from grader.spec.kernel_part import KernelMistake, KernelPart
from grader.submission.models import Source, Submission
from grader.verdicts import Verdict

BY_MACHINE = ("compiled", "timed")
"""Checks that need a compiler or a GPU: no claim about a problem hangs on those."""

QUICK_SIZES = 3
"""An empty one, one block, and one that a block does not fill."""

MOST_DRAWN = 8
"""Further sizes that a mutant is tried at which every check passes."""


def hand_over_kernel(stage: Rehearsal, kernel: str, text: str | None = None) -> Submission:
    """The reference's text with a kernel of it under the name that the part asks for."""
    name = name_function(stage.part)
    swapped = {name: kernel, kernel: name}
    source = re.sub(
        rf"\b(?:{name}|{kernel})\b",
        lambda found: swapped[found[0]],
        stage.problem.reference if text is None else text,
    )
    return replace(NOTHING, sources=(Source(name="kernel.py", text=source, functions=(name,)),))


def leave_out_curve(stage: Rehearsal) -> Rehearsal:
    """The same without the drawing, which no claim is about and which takes as long as counting."""
    part: KernelPart = stage.part
    if part.efficient is None:
        return stage
    efficient = part.efficient.model_copy(update={"curve": False})
    return replace(stage, part=part.model_copy(update={"efficient": efficient}))


def find_best(part: KernelPart) -> str:
    """The kernel of the reference that earns everything: that of the first tier."""
    if part.efficient is not None:
        return part.efficient.tiers[0].like
    return part.reference or name_function(part)


def check_own_kernel(stage: Rehearsal) -> Claim:
    """The best kernel of the reference earns everything that is judged without a GPU."""
    stage = leave_out_curve(stage)
    score = stage.judge(hand_over_kernel(stage, find_best(stage.part)))
    holds = _passes(score)
    words = "" if holds else f"expected full marks, saw {describe(score)}"
    return Claim(name="own answer", holds=holds, words=words)


def _passes(score: PartScore) -> bool:
    return all(
        each.verdict is Verdict.PASSED for each in score.outcomes if each.check not in BY_MACHINE
    )


def check_wrong_kernels(stage: Rehearsal) -> Iterator[Claim]:
    """Every wrong kernel that the problem lists gets its verdicts and its words."""
    stage = leave_out_curve(stage)
    for mistake in stage.part.mistakes:
        score = stage.judge(hand_over_kernel(stage, mistake.like))
        yield _judge_mistake(mistake, score)


def _judge_mistake(mistake: KernelMistake, score: PartScore) -> Claim:
    name = f"mistake {mistake.like}"
    for each in score.outcomes:
        wanted = mistake.verdicts.get(each.check, "passed")  # type: ignore[call-overload]
        if each.check not in mistake.verdicts and each.verdict is Verdict.SKIPPED:
            continue  # another check, which is named, stands in its way
        if each.check not in BY_MACHINE and each.verdict != wanted:
            words = f"'{each.check}' is {each.verdict}, expected {wanted}"
            return Claim(name=name, holds=False, words=words)
    said = [each.mistake for each in score.outcomes if each.mistake]
    if said != [mistake.say]:
        words = f"it says {said[0]!r}" if said else "no mistake is named"
        return Claim(name=name, holds=False, words=f"{words}, expected {mistake.say!r}")
    return Claim(name=name, holds=True)


def list_kernel_mutants(stage: Rehearsal) -> Sequence[SourceMutant]:
    """Small changes of the best kernel."""
    part: KernelPart = stage.part
    apart = {mistake.like for mistake in part.mistakes} - {find_best(part)}
    best = find_best(part)
    return mutate_source(leave_out_others(stage.problem.reference, best), best, apart)


def make_quick(stage: Rehearsal) -> Rehearsal:
    """The same at the smallest sizes, nothing counted: most mutants fall there.

    Cost     a hundredth of a second; counting at a real size takes a second.
    """
    part: KernelPart = stage.part
    sizes = sorted(part.correct.sizes, key=lambda each: prod(each.values()))[:QUICK_SIZES]
    correct = part.correct.model_copy(update={"sizes": tuple(sizes), "drawn": 0})
    quick = part.model_copy(update={"correct": correct, "efficient": None})
    return replace(stage, part=quick)


def try_kernel_mutant(stage: Rehearsal, mutant: SourceMutant) -> MutantReport:
    """Whether any check fails a changed kernel; if none does, at more sizes as well."""
    part: KernelPart = stage.part
    alone = leave_out_curve(replace(stage, part=part.model_copy(update={"mistakes": ()})))
    changed = hand_over_kernel(stage, find_best(part), mutant.text)
    if not all(_passes(each.judge(changed)) for each in (make_quick(alone), alone)):
        return MutantReport(name=mutant.name, fate="caught")
    # Its counts at the one size where counts matter are known to be fine by now.
    drawn = part.correct.model_copy(update={"drawn": MOST_DRAWN, "sizes": part.correct.sizes[:1]})
    unjudged = {"correct": drawn, "efficient": None, "compiled": None, "timed": None}
    wider = replace(alone, part=alone.part.model_copy(update=unjudged))
    differs = not all(_passes(wider.judge(changed, f"{SECRET} {turn}")) for turn in range(2))
    if not differs:
        otherwise = "it passes at further sizes too"
        return report_equal(mutant.name, mutant.diff, mutant.equality, otherwise)
    return MutantReport(
        name=mutant.name,
        fate="survived",
        diff=mutant.diff,
        advice="add a size to 'correct', or draw more of them",
    )
