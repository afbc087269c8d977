"""What must hold of every part, whatever its kind: one function a claim."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from grader.authoring.answers import (
    show_literal,
    write_answer,
    write_derivation,
    write_fields,
    write_right_answer,
)
from grader.authoring.certificate import Claim
from grader.authoring.preview.markup import find_unread_formulas
from grader.authoring.rehearsing import NOTHING, Rehearsal, write
from grader.scoring import PartScore
from grader.spec.models import Mistake
from grader.submission.models import Submission
from grader.verdicts import Outcome, Verdict


def check_statement(part: Any, prompt: str) -> Claim:
    """Students are told what to do."""
    asked = [part.prompt, *(field.prompt for field in getattr(part, "fields", {}).values())]
    if any(text.strip() for text in asked):
        unread = next(find_unread_formulas("\n\n".join((prompt, *asked))), "")
        words = f"the formula ${unread}$ can't be read as LaTeX; look at it in `grade preview`"
        return Claim(name="statement", holds=not unread, words=words if unread else "")
    advice = "the problem has a prompt, the part has none" if prompt.strip() else "no prompt"
    return Claim(name="statement", holds=False, words=f"{advice}; say what is asked in 'prompt'")


def check_points(part: Any) -> Claim:
    """The points of checks, fields or rubric items add up to the part's."""
    pieces = [
        *getattr(part, "checks", ()),
        *getattr(part, "fields", {}).values(),
        *getattr(part, "rubric", ()),
    ]
    total = sum((piece.points for piece in pieces), Fraction(0))
    if not pieces or total == part.points:
        return Claim(name="points", holds=True, words=f"{float(part.points):g}")
    words = f"the pieces add up to {float(total):g}, the part has {float(part.points):g}"
    return Claim(name="points", holds=False, words=f"{words}; make them equal")


def check_nothing(stage: Rehearsal) -> Claim:
    """Nothing handed in earns nothing and is called missing."""
    score = stage.judge(NOTHING)
    is_missing = score.verdict is Verdict.MISSING and not score.earned and not score.open_points
    words = "" if is_missing else f"nothing handed in is '{score.verdict}', expected 'missing'"
    return Claim(name="empty answer", holds=is_missing, words=words)


def check_right_answer(stage: Rehearsal) -> Claim:
    """The problem's own answer, handed in, earns everything."""
    name = "own answer"
    text = write_right_answer(stage.resolved)
    if not text:
        what = "whole derivation" if stage.part.kind == "chain" else "right formula"
        advice = f"list a {what} in 'equivalents'"
        return Claim(name=name, holds=False, words=f"no right answer can be written; {advice}")
    score = stage.judge_written(text)
    if stage.part.kind == "text":
        holds = score.verdict is Verdict.REVIEW
        return Claim(name=name, holds=holds, words="waits for a person" if holds else score.verdict)
    return Claim(name=name, **_require_everything(score))


def check_submission(stage: Rehearsal, name: str, submission: Submission) -> Claim:
    """This submission earns everything."""
    return Claim(name=name, **_require_everything(stage.judge(submission)))


def _require_everything(score: PartScore) -> dict[str, Any]:
    if score.verdict is Verdict.PASSED and score.earned == score.points:
        return {"holds": True}
    return {"holds": False, "words": f"expected full marks, saw {describe(score)}"}


def check_equivalents(stage: Rehearsal) -> Iterator[Claim]:
    """Every other right answer that the problem lists is accepted."""
    part = stage.resolved
    for answer in getattr(part, "equivalents", ()):
        name = f"equivalent {_cut(answer)}"
        yield check_submission(stage, name, write(stage.part_id, _write(part, answer)))
    for field_name, field in getattr(part, "fields", {}).items():
        for answer in getattr(field, "equivalents", ()):
            text = write_fields(part, {field_name: write_answer(part.kind, field, answer)})
            name = f"equivalent {field_name}: {_cut(answer)}"
            yield check_submission(stage, name, write(stage.part_id, text))


def _write(part: Any, answer: Any) -> str:
    return show_literal(answer) if part.kind == "chain" else write_answer(part.kind, part, answer)


def check_mistakes(stage: Rehearsal) -> Iterator[Claim]:
    """Every listed mistake earns exactly its credit and gets its own words."""
    part = stage.resolved
    for mistake in getattr(part, "mistakes", ()):
        text = (
            write_derivation(part, mistake.answer)
            if part.kind == "chain"
            else write_answer(part.kind, part, mistake.answer)
        )
        outcomes = stage.judge_written(text).outcomes
        yield judge_mistake(mistake, f"mistake {_cut(mistake.answer)}", outcomes)
    for name, field in getattr(part, "fields", {}).items():
        for mistake in field.mistakes:
            text = write_answer(part.kind, field, mistake.answer)
            score = stage.judge_written(write_fields(part, {name: text}))
            outcomes = tuple(each for each in score.outcomes if each.check.split(": ")[0] == name)
            yield judge_mistake(mistake, f"mistake {name}: {_cut(mistake.answer)}", outcomes)


def judge_mistake(mistake: Mistake, name: str, outcomes: tuple[Outcome, ...]) -> Claim:
    """Whether the checks that a mistake fails say its words and give its credit."""
    failed = [each for each in outcomes if each.verdict not in (Verdict.PASSED, Verdict.SKIPPED)]
    if not failed:
        understood = next((each.understood for each in outcomes if each.understood), "")
        right = f": {understood} is graded as right" if understood else ""
        advice = "narrow the tolerance" if understood else "add one"
        words = f"no check fails it{right}; {advice}, or remove the mistake"
        return Claim(name=name, holds=False, words=words)
    for each in failed:
        # A kind gives credit of its own where the author states none.
        is_stated = "credit" in mistake.model_fields_set
        if mistake.say not in each.mistake:
            said = f"'{each.mistake}'" if each.mistake else f"{each.verdict}, no mistake named"
            words = f"check '{each.check}' says {said}, expected '{mistake.say}'"
            return Claim(name=name, holds=False, words=words)
        if each.share is None or (is_stated and each.share != mistake.credit) or each.share == 1:
            saw = "none yet" if each.share is None else f"{float(each.share):g}"
            words = f"check '{each.check}' gives {saw} of its points, expected {_credit(mistake)}"
            return Claim(name=name, holds=False, words=words)
    return Claim(name=name, holds=True)


def _credit(mistake: Mistake) -> str:
    return f"{float(mistake.credit):g}" if "credit" in mistake.model_fields_set else "less than 1"


def describe(score: PartScore) -> str:
    """A score in one line, with the first check that is to blame."""
    first = next((each for each in score.outcomes if each.verdict is not Verdict.PASSED), None)
    words = f"{score.verdict}, {float(score.earned):g} of {float(score.points):g}"
    if first is None:
        return words
    said = " ".join((first.feedback or first.staff_note).split())
    return f"{words} (check '{first.check}': {first.verdict}; {said[:300]})"


def _cut(answer: Any) -> str:
    text = " ".join(show_literal(answer).split())
    return text if len(text) <= 48 else f"{text[:45]}..."
