"""Rules for parts that are answered by picking options or ordering items."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from grader.spec.meaning_answers import check_beside_fields, check_mistakes, need_answer
from grader.spec.models import Mistake
from grader.spec.scope import Scope, missing
from grader.spec.words import show_seen

if TYPE_CHECKING:
    from grader.spec.parts import ChoicePart, MultiPart, OrderPart


def check_choice(part: ChoicePart, scope: Scope) -> None:
    """The answers are among the options; fields may share the part's."""
    if not part.fields:
        _check_one_of(part, part.options, scope)
        return
    check_beside_fields(part, scope, shared=("options",))
    for name, question in part.fields.items():
        _check_one_of(question, question.options or part.options, scope.below("fields", name))


def _check_one_of(question: Any, options: Collection[str], scope: Scope) -> None:
    if not _has_options(options, scope):
        return
    need_answer(question.answer, scope)
    if isinstance(question.answer, tuple):
        scope.need_known(question.answer, options, "option", "answer")
        scope.need_unique(question.answer, "answer")
        if set(question.answer) >= set(options):
            scope.refuse("every option is right; leave one wrong", "answer")
    elif question.answer is not None and question.answer not in options:
        scope.refuse(missing("option", question.answer, options), "answer")
    check_mistakes(question, scope)
    right = question.answer if isinstance(question.answer, tuple) else (question.answer,)
    for index, mistake in enumerate(question.mistakes):
        here = scope.below("mistakes", index)
        if mistake.answer is None:
            continue
        if not isinstance(mistake.answer, str):
            here.refuse(f"'answer' should be an option, saw {show_seen(mistake.answer)}", "answer")
        elif mistake.answer not in options:
            here.refuse(missing("option", mistake.answer, options), "answer")
        elif mistake.answer in right[1:]:
            here.refuse("this is a right answer, so it is no mistake", "answer")


def _has_options(options: Collection[str], scope: Scope) -> bool:
    if len(options) >= 2:
        return True
    if scope.has("options"):
        scope.refuse("'options' should have at least two", "options", at_key=True)
    else:
        scope.refuse("required key 'options' is missing", at_key=True)
    return False


def check_multi(part: MultiPart, scope: Scope) -> None:
    """Every ticked option exists; a mistake is a whole selection, or one wrong option."""
    if not _has_options(part.options, scope):
        return
    scope.need_known(part.answer, part.options, "option", "answer")
    scope.need_unique(part.answer, "answer")
    for index, mistake in enumerate(part.mistakes):
        here = scope.below("mistakes", index)
        if not isinstance(mistake.answer, str):
            picked = _read_picked(mistake, part.options, "option", here)
            if picked is not None and set(picked) == set(part.answer):
                here.refuse("this is the right answer, so it is no mistake", "answer")
        elif mistake.answer not in part.options:
            here.refuse(missing("option", mistake.answer, part.options), "answer")
        elif mistake.answer in part.answer:
            here.refuse("this is a right option, so it is no mistake", "answer")


def check_order(part: OrderPart, scope: Scope) -> None:
    """One order of all items, or chains that cover them and don't contradict one another."""
    if len(part.items) < 2:
        scope.refuse("'items' should have at least two", "items", at_key=True)
        return
    if bool(part.answer) == bool(part.chains):
        scope.refuse("an order needs one of 'answer' and 'chains'", at_key=True)
        return
    before = len(scope.faults)
    key = "answer" if part.answer else "chains"
    chains = (part.answer,) if part.answer else part.chains
    for index, chain in enumerate(chains):
        here = scope.below("answer") if part.answer else scope.below("chains", index)
        here.need_known(chain, part.items, "item")
        here.need_unique(chain)
    covered = {item for chain in chains for item in chain}
    for item in part.items:
        if item not in covered and len(scope.faults) == before:
            advice = "add it" if part.answer else f"add it, as [{item}] if it may stand anywhere"
            scope.refuse(f"the item '{item}' is in no order; {advice}", key, at_key=True)
    if len(scope.faults) == before and not _can_be_ordered(chains):
        scope.refuse("these chains contradict one another", key, at_key=True)
    for index, mistake in enumerate(part.mistakes):
        here = scope.below("mistakes", index)
        picked = _read_picked(mistake, part.items, "item", here)
        if picked is not None and tuple(picked) == part.answer:
            here.refuse("this is the right answer, so it is no mistake", "answer")


def _read_picked(
    mistake: Mistake, known: Collection[str], what: str, scope: Scope
) -> list[str] | None:
    """The answer of a mistake, as a list of known names; None where it is something else."""
    if mistake.like is not None:
        scope.refuse("this kind has no reference function; write 'answer'", "like", at_key=True)
        return None
    names = mistake.answer
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        seen = show_seen(mistake.answer)
        scope.refuse(f"'answer' should be a list of {what}s, saw {seen}", "answer")
        return None
    before = len(scope.faults)
    scope.need_known(names, known, what, "answer")
    scope.need_unique(names, "answer")
    return names if len(scope.faults) == before else None


def _can_be_ordered(chains: Sequence[Sequence[str]]) -> bool:
    """Whether some order keeps every chain: items that nothing precedes are taken away in turn."""
    left = [list(chain) for chain in chains]
    while any(left):
        later = {item for chain in left for item in chain[1:]}
        free = {chain[0] for chain in left if chain} - later
        if not free:
            return False
        left = [[item for item in chain if item not in free] for chain in left]
    return True
