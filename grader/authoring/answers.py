"""Answers of a problem as a student would write them: the right one, and those it lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

PROSE = "Because of this, and because of that."


def write_right_answer(part: Any) -> str:
    """The right answer to a part whose answers are literals; empty where none can be written."""
    if part.kind == "text":
        return PROSE
    if getattr(part, "fields", None):
        return write_fields(part, {})
    if part.kind == "order":
        return "\n".join(part.answer or merge_chains(part))
    if part.kind == "chain":
        return write_derivation(part)
    right = find_right_answer(part)
    return "" if right is None else write_answer(part.kind, part, right)


def find_right_answer(question: Any) -> Any:
    """The answer; for a gradient that the grader takes itself, the first formula listed for it."""
    if getattr(question, "gradient", None) is None:
        return question.answer
    return question.equivalents[0] if question.equivalents else None


def write_answer(kind: str, question: Any, answer: Any) -> str:
    """One answer, right or wrong, in the form that its kind reads."""
    if kind == "choice" and not isinstance(answer, str):
        return str(answer[0])
    if kind == "property":
        return "\n".join(f"{name} = {show_literal(value)}" for name, value in answer.items())
    if kind in ("multi", "order") and not isinstance(answer, str):
        return "\n".join(answer)
    if kind == "expression" and question.shape is not None:
        return f"shape: {' x '.join(map(str, question.shape))}\n\n{answer}"
    return show_literal(answer)


def write_fields(part: Any, others: Mapping[str, str]) -> str:
    """A line for each field: the right answer, unless another one is given."""
    return "\n".join(
        f"{name}: {others.get(name) or write_answer(part.kind, field, find_right_answer(field))}"
        for name, field in part.fields.items()
    )


def write_derivation(part: Any, wrong: Any = None) -> str:
    """A derivation that is right; or one with a wrong line behind its first."""
    if wrong is not None:
        return f"{part.start or part.answer}\n= {wrong}"
    if part.equivalents:
        return show_literal(part.equivalents[0])
    return f"{part.start}\n= {part.answer}" if part.start else ""


def show_literal(answer: Any) -> str:
    """Lists in brackets, texts as they are."""
    if isinstance(answer, list | tuple):
        return "[" + ", ".join(map(show_literal, answer)) + "]"
    if isinstance(answer, dict):
        return "\n".join(f"{name} = {show_literal(value)}" for name, value in answer.items())
    return str(answer)


def merge_chains(part: Any) -> list[str]:
    """One order that every chain agrees with."""
    left, order = list(part.items), list[str]()
    while left:
        free = [item for item in left if all(_may_come(item, order, c) for c in part.chains)]
        # Chains that contradict one another are the kind's to name.
        item = (free or left)[0]
        order.append(item)
        left.remove(item)
    return order


def _may_come(item: str, order: Sequence[str], chain: Sequence[str]) -> bool:
    return item not in chain or set(chain[: chain.index(item)]) <= set(order)
