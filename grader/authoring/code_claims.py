"""What must hold of code to repair and of training runs, beside what holds of all parts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from grader.authoring.certificate import Claim
from grader.authoring.claims import check_submission, describe
from grader.authoring.rehearsing import NOTHING, Rehearsal, name_function
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
        holds = score.verdict is Verdict.WRONG and not score.earned and not score.open_points
        words = "" if holds else f"expected 'wrong' and no points, saw {describe(score)}"
        yield Claim(name=claim, holds=holds, words=words)


def check_own_training(stage: Rehearsal) -> Claim:
    """The reference's own training run reaches every threshold."""
    return check_submission(stage, "own answer", stage.hand_over(name_function(stage.part)))
