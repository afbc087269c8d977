"""What must hold of code to repair and of training runs, beside what holds of all parts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from grader.authoring.certificate import Claim
from grader.authoring.claims import check_submission, describe
from grader.authoring.rehearsing import NOTHING, Rehearsal, name_function
from grader.scoring import PartScore
from grader.submission.models import Source
from grader.verdicts import Verdict


def check_starter(stage: Rehearsal) -> Iterator[Claim]:
    """The code that students are given fails, by its text and by what it does."""
    name = name_function(stage.part)
    given = stage.part.starter
    moved = given.replace(f"def {name}(", f"def {name}_as_given(")
    moved += f"\n\ndef {name}(*arguments):\n    return {name}_as_given(*arguments)\n"
    for claim, text in (("starter", given), ("starter under another name", moved)):
        source = Source(name="answers.py", text=text, functions=(name,))
        score = stage.judge(replace(NOTHING, sources=(source,)))
        fails = score.verdict in FAILING and not score.earned and not score.open_points
        words = "" if fails else _explain_starter(score)
        yield Claim(name=claim, holds=fails, words=words)


def _explain_starter(score: PartScore) -> str:
    """Which checks do not see the bug."""
    blind = [each.check for each in score.outcomes if each.verdict is Verdict.PASSED]
    seeing = [each.check for each in score.outcomes if each.verdict in FAILING]
    if not blind or not seeing:
        return f"expected no points, saw {describe(score)}"
    listed = ", ".join(f"'{name}'" for name in blind)
    return (
        f"expected no points, saw {float(score.earned):g}: the bug doesn't show in "
        f"{listed}; give those `needs: [{seeing[0]}]`, or inputs where it does"
    )


FAILING = (Verdict.WRONG, Verdict.CRASHED, Verdict.TIMEOUT, Verdict.MEMORY)
"""Code to repair may also raise, or never end."""

UNTRAINED = """
def _forget(arguments, place):
    try:
        # The weights' shapes are all that is wanted.
        run = _given(*arguments[:place], 0, *arguments[place + 1:])
    except Exception:
        run = _given(*arguments)
    weights, losses = run
    return [0 * each for each in weights], losses
"""


def check_training(stage: Rehearsal) -> Iterator[Claim]:
    """The reference's own training run reaches every threshold; weights of 0 reach none."""
    name = name_function(stage.part)
    if f"def {name}(" not in stage.problem.reference:
        words = f"the reference has no {name}(); write one, so that the thresholds can be reached"
        yield Claim(name="own answer", holds=False, words=words)
        return
    yield check_submission(stage, "own answer", stage.hand_over(name))
    names = [each.strip() for each in stage.part.signature.partition("(")[2].rstrip(")").split(",")]
    place = names.index("epochs") if "epochs" in names else len(names)
    call = f"_forget(arguments, {place})"
    untrained = stage.hand_over(name, preamble=UNTRAINED, call=call)
    score = stage.judge(untrained)
    fails = all(outcome.verdict is Verdict.WRONG for outcome in score.outcomes)
    words = "" if fails else f"weights of 0 are {describe(score)}; raise 'at_least'"
    yield Claim(name="untrained weights fail", holds=fails, words=words)
