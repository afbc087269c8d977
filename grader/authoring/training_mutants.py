"""Runs that learn nothing: what a threshold must tell from training."""

from __future__ import annotations

from dataclasses import dataclass, replace

from grader.authoring.certificate import MutantReport
from grader.authoring.code_claims import FAILING
from grader.authoring.rehearsing import Rehearsal, name_function

CHANGE_RUN = """
def _without_epochs(arguments, place):
    return [*arguments[:place], 0, *arguments[place + 1:]]

def _with_other_targets(arguments):
    inputs, targets, *others = arguments
    turned = targets.flip(0) if hasattr(targets, "flip") else targets[::-1]
    return [inputs, turned, *others]
"""


@dataclass(frozen=True, slots=True)
class TrainingMutant:
    """The reference's own run, given something else."""

    name: str
    call: str
    advice: str


def list_training_mutants(signature: str) -> list[TrainingMutant]:
    """No epochs; and where inputs and targets come first, the targets in reverse."""
    names = [name.strip() for name in signature.partition("(")[2].rstrip(")").split(",")]
    found = []
    if "epochs" in names:
        place = names.index("epochs")
        found.append(
            TrainingMutant(
                name="epochs -> 0",
                call=f"_given(*_without_epochs(arguments, {place}))",
                advice="raise 'at_least': weights that were never trained reach it",
            )
        )
    if len(names) > 2 and names[1] not in ("epochs", "seed"):
        found.append(
            TrainingMutant(
                name=f"{names[1]} -> {names[1]} in reverse",
                call="_given(*_with_other_targets(arguments))",
                advice="raise 'at_least': a run on targets of other inputs reaches it",
            )
        )
    return found


def try_training_mutant(stage: Rehearsal, mutant: TrainingMutant) -> MutantReport:
    """Whether the first check fails it, from one seed.

    Cost     a training run.
    """
    part = stage.part
    first = part.checks[0].model_copy(update={"seeds": 1})
    narrowed = replace(stage, part=part.model_copy(update={"checks": (first,)}))
    changed = stage.hand_over(name_function(part), preamble=CHANGE_RUN, call=mutant.call)
    (outcome,) = narrowed.judge(changed).outcomes
    if outcome.verdict in FAILING:
        return MutantReport(name=mutant.name, fate="caught")
    return MutantReport(name=mutant.name, fate="survived", diff="", advice=mutant.advice)
