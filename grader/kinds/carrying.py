"""Right answers from reference functions, and errors carried forward from earlier parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from grader.errors import BrokenReference
from grader.kinds import BY_CODE, find_kind
from grader.kinds.fields import answers_by_field, ask_alone
from grader.kinds.protocol import Bench, HandedIn
from grader.kinds.reading_text import fold
from grader.sandbox.records import Ending
from grader.spec.models import Mistake
from grader.values import ArrayValue, FormulaText, Value
from grader.verdicts import Outcome, Verdict

Judge = Callable[[Any, str, HandedIn, Bench], tuple[Outcome, ...]]

WITHOUT_REFERENCE = (*BY_CODE, "multi", "order", "text", "property")
"""Kinds whose right answer is never a reference function's value."""

SAME_TO = 1e-9
"""Relative: two ways to compute one float differ by far less, a student's slip by far more."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """What a part gives to the later ones that use it; one entry a field where it has fields."""

    right: Value
    own: Value = None
    """The student's; None where there is none or it cannot be read."""

    @property
    def differs(self) -> bool:
        return self.own is not None and not _is_same(self.own, self.right)


def resolve_answer(part: Any, part_id: str, bench: Bench, used: Mapping[str, Value]) -> Any:
    """The part with every answer and every mistake in it as a literal.

    A left-out answer is what the reference function of the part's name returns for the values
    of the parts it uses; for a part with fields, a dict of them or a list in their order.

    Errors   BrokenReference when there is no such function or its value has no such form.
    """
    if part.kind in WITHOUT_REFERENCE:
        return part
    inputs = {_python_name(name): value for name, value in used.items()}
    fields = getattr(part, "fields", None)
    if not fields:
        expected = _call(part_id, inputs, bench) if part.answer is None else part.answer
        return part.model_copy(
            update={"answer": expected, "mistakes": _resolve_mistakes(part.mistakes, inputs, bench)}
        )
    computed: Mapping[str, Any] = {}
    if any(question.answer is None for question in fields.values()):
        computed = _by_field(_call(part_id, inputs, bench), tuple(fields), part_id)
    resolved = {
        name: question.model_copy(
            update={
                "answer": computed[name] if question.answer is None else question.answer,
                "mistakes": _resolve_mistakes(question.mistakes, inputs, bench),
            }
        )
        for name, question in fields.items()
    }
    return part.model_copy(update={"fields": resolved})


def _resolve_mistakes(
    mistakes: tuple[Mistake, ...], inputs: Mapping[str, Value], bench: Bench
) -> tuple[Mistake, ...]:
    return tuple(
        mistake.model_copy(update={"answer": _call(mistake.like, inputs, bench)})
        if mistake.like is not None and mistake.answer is None
        else mistake
        for mistake in mistakes
    )


def _python_name(name: str) -> str:
    return name.replace("-", "_")


def _call(name: str, inputs: Mapping[str, Value], bench: Bench) -> Any:
    function = _python_name(name)
    run = bench.call_reference(function, [inputs])[0]
    if run.ending is not Ending.RETURNED:
        raise BrokenReference(f"the reference {function} ended with {run.ending}: {run.detail}")
    if run.value is None:
        raise BrokenReference(f"the reference {function} returned nothing")
    return as_written(run.value)


def as_written(value: Value) -> Any:
    """A value from the sandbox in the form that an answer has in YAML."""
    if isinstance(value, FormulaText):
        return value.text
    if isinstance(value, ArrayValue):
        return value.entries.tolist()
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return [as_written(entry) for entry in value]
    if isinstance(value, dict):
        return {key: as_written(entry) for key, entry in value.items()}
    return value


def _by_field(value: Any, names: tuple[str, ...], part_id: str) -> dict[str, Any]:
    if isinstance(value, list) and len(value) == len(names):
        return dict(zip(names, value, strict=True))
    if isinstance(value, dict):
        keys = {fold(str(key)): entry for key, entry in value.items()}
        if all(fold(name) in keys for name in names):
            return {name: keys[fold(name)] for name in names}
    raise BrokenReference(
        f"the reference {_python_name(part_id)} must return a dict with {', '.join(names)}"
    )


def carry(
    part: Any,
    part_id: str,
    handed_in: HandedIn,
    bench: Bench,
    earlier: Mapping[str, Earlier] | None = None,
) -> Earlier:
    """What this part gives to those that use it, right and in the student's own version."""
    if part.kind in (*BY_CODE, "property"):
        return Earlier(None)
    used = {name: earlier[name].right for name in part.uses if name in earlier} if earlier else {}
    resolved = resolve_answer(part, part_id, bench, used)
    if getattr(part, "fields", None):
        return _carry_fields(part, resolved, handed_in)
    answer = handed_in.answer
    own: Value = None
    if answer is not None and answer.text.strip():
        own = find_kind(part.kind).read_value(resolved, answer)
    return Earlier(_right_value(resolved), own)


def _carry_fields(part: Any, resolved: Any, handed_in: HandedIn) -> Earlier:
    kind = find_kind(part.kind)
    answers, _ = answers_by_field(part, handed_in)
    right: dict[str | int | bool, Value] = {}
    own: dict[str | int | bool, Value] = {}
    for name in part.fields:
        asked = ask_alone(resolved, name)
        right[name] = _right_value(asked)
        read = kind.read_value(asked, answers[name]) if name in answers else None
        # A field that is left out or cannot be read has cost its points once: later parts
        # get the right one.
        own[name] = right[name] if read is None else read
    return Earlier(right, own)


def _right_value(part: Any) -> Value:
    """The right answer, in the form that the kind's `read_value` gives a student's."""
    write = getattr(find_kind(part.kind), "right_value", None)
    value: Value = write(part) if write else getattr(part, "answer", None)
    return value


def judge_carried(
    part: Any,
    part_id: str,
    handed_in: HandedIn,
    bench: Bench,
    earlier: Mapping[str, Earlier],
    outcomes: tuple[Outcome, ...],
    judge: Judge,
) -> tuple[Outcome, ...]:
    """Judge again with the student's own earlier answers what isn't right with the right ones."""
    own = {name: found for name, found in earlier.items() if found.differs}
    if not own or all(outcome.verdict is Verdict.PASSED for outcome in outcomes):
        return outcomes
    values = {name: found.own if name in own else found.right for name, found in earlier.items()}
    try:
        resolved = resolve_answer(part, part_id, bench, values)
    except BrokenReference:
        # The reference takes right values; a wrong one may be of a shape it cannot use.
        return outcomes
    sources = " and ".join(f"`{name}`" for name in own)
    again = {outcome.check: outcome for outcome in judge(resolved, part_id, handed_in, bench)}
    return tuple(_better(outcome, again.get(outcome.check), sources) for outcome in outcomes)


def _better(outcome: Outcome, again: Outcome | None, sources: str) -> Outcome:
    """The second judgement where it is kinder; where it is open, nobody has lost points yet."""
    if again is None or outcome.verdict is Verdict.PASSED:
        return outcome
    is_kinder = again.share is not None and again.share > (outcome.share or Fraction(0))
    stays_open = again.verdict.is_open and not outcome.verdict.is_open
    if not is_kinder and not stays_open:
        return outcome
    return replace(
        again,
        feedback=f"follows from your own answer to {sources}\n{again.feedback}".strip(),
        staff_note=f"carried forward from {sources}. {again.staff_note}".strip(),
    )


def _is_same(one: Value, other: Value) -> bool:
    if isinstance(one, bool | str) or isinstance(other, bool | str):
        return one == other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return one == other or abs(one - other) <= SAME_TO * max(abs(one), abs(other))
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_is_same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_is_same(one[k], other[k]) for k in one)
    return one == other
