"""Wrong answers to parts that are answered in writing, made from the right one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from grader.authoring.answers import (
    find_right_answer,
    merge_chains,
    show_literal,
    write_answer,
    write_fields,
)
from grader.authoring.formula_mutants import mutate_bound, mutate_formula, mutate_sizes

ACCEPTED = "it is accepted; narrow the tolerance, or waive it with the reason"
SAME = "the grader finds it equal to the answer; waive it with the reason if it is not meant to be"


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenMutant:
    """A whole answer to a part with one change in it."""

    name: str
    """`t1: 0.25 -> 0.275`"""
    text: str
    before: str
    after: str
    field: str = ""
    may_be_equal: bool = False
    """Whether what a person would call a change may leave the meaning as it is."""
    advice: str = ACCEPTED


def mutate_answer(part: Any) -> list[WrittenMutant]:
    """Every small change of the right answer to a part whose answers are literals."""
    if part.kind not in CHANGES:
        return []
    if getattr(part, "fields", None):
        return [
            mutant
            for name, field in part.fields.items()
            for mutant in _mutate_field(part, name, field)
        ]
    return _number_apart(_mutate(part, part))


def _mutate_field(part: Any, name: str, field: Any) -> Iterator[WrittenMutant]:
    if part.kind == "choice" and not field.options:
        field = field.model_copy(update={"options": part.options})
    for mutant in _number_apart(_mutate(part, field)):
        text = write_fields(part, {name: mutant.text})
        yield replace(mutant, name=f"{name}: {mutant.name}", text=text, field=name)


def _mutate(part: Any, question: Any) -> Iterator[WrittenMutant]:
    change, may_be_equal = CHANGES[part.kind]
    right = _right(part, question)
    before = _show(part, question, right)
    accepted = {before} | {
        _show(part, question, other) for other in getattr(question, "equivalents", ())
    }
    for wrong in change(question, right):
        after = _show(part, question, wrong)
        if after in accepted:
            continue
        yield WrittenMutant(
            name=f"{_line(before)} -> {_line(after)}",
            text=_write(part, question, wrong),
            before=_line(before),
            after=_line(after),
            may_be_equal=may_be_equal,
            advice=SAME if may_be_equal else ACCEPTED,
        )


def _right(part: Any, question: Any) -> Any:
    if part.kind == "choice":
        return question.answer if isinstance(question.answer, str) else question.answer[0]
    if part.kind == "order":
        return list(part.answer or merge_chains(part))
    right = find_right_answer(question)
    return list(right) if isinstance(right, tuple) else right


def _show(part: Any, question: Any, answer: Any) -> str:
    if part.kind == "chain":
        return show_literal(answer)
    return write_answer(part.kind, question, answer)


def _write(part: Any, question: Any, answer: Any) -> str:
    if part.kind == "chain":
        # Whatever comes before it, a derivation that ends here has not shown what was asked.
        return f"{part.start or part.answer}\n= {answer}"
    if part.kind == "multi" and not answer:
        return "none"
    return write_answer(part.kind, question, answer)


def _line(text: str) -> str:
    return " ".join(text.split())


def _number_apart(mutants: Iterator[WrittenMutant]) -> list[WrittenMutant]:
    """One of each text."""
    return list({mutant.text: mutant for mutant in mutants}.values())


def _change_number(question: Any, right: Any) -> Iterator[Any]:
    """A tenth more and less, the other sign, twice and half; of a formula, its value's formula."""
    if isinstance(right, int | float) and not isinstance(right, bool):
        exact = Fraction(str(right))
        if not exact:
            yield from (1, -1, 0.1)
            return
        for factor in FACTORS:
            yield _plain(exact * factor)
    else:
        text = str(right)
        yield from (f"1.1*({text})", f"0.9*({text})", f"-({text})", f"2*({text})", f"({text})/2")


FACTORS = (Fraction(11, 10), Fraction(9, 10), Fraction(-1), Fraction(2), Fraction(1, 2))


def _plain(number: Fraction) -> int | float:
    return number.numerator if number.denominator == 1 else float(number)


def _change_array(question: Any, right: Any) -> Iterator[Any]:
    """Each entry changed, the first and last left out, rows for columns."""
    if not isinstance(right, list):
        yield from _change_number(question, right)
        return
    for index, entry in enumerate(right):
        for changed in _change_array(question, entry):
            yield [*right[:index], changed, *right[index + 1 :]]
    if len(right) > 1:
        yield right[1:]
        yield right[:-1]
        yield right[::-1]
    rows = [row for row in right if isinstance(row, list)]
    if rows and len(rows) == len(right) and len({len(row) for row in rows}) == 1:
        yield [list(column) for column in zip(*rows, strict=True)]


def _change_property(question: Any, right: Any) -> Iterator[Any]:
    """One entry of what is to be found changed; the property may hold all the same."""
    for name, value in (right or {}).items():
        for changed in _change_array(question, value):
            yield {**right, name: changed}


def _change_set(question: Any, right: Any) -> Iterator[Any]:
    """A member left out, changed, or one too many."""
    if not isinstance(right, list):
        return
    for index, member in enumerate(right):
        rest = [*right[:index], *right[index + 1 :]]
        if rest:
            yield rest
        if isinstance(member, int | float) and not isinstance(member, bool):
            for changed in _change_number(question, member):
                if changed not in right:
                    yield [*right[:index], changed, *right[index + 1 :]]
    numbers = [member for member in right if isinstance(member, int | float)]
    if numbers and len(numbers) == len(right):
        yield [*right, max(numbers) + 1]


def _change_interval(question: Any, right: Any) -> Iterator[Any]:
    """Each bracket the other way, each end moved, one side without an end."""
    text = str(right)
    brackets = {"(": "[", "[": "(", ")": "]", "]": ")"}
    is_strict = question.endpoints == "strict"
    for place, character in enumerate(text):
        if character in brackets and is_strict and not _stands_at_infinity(text, place):
            yield f"{text[:place]}{brackets[character]}{text[place + 1 :]}"
    for found in re.finditer(r"(?<![\w.])-?\d+(?:\.\d+)?(?![\w.(])", text):
        for changed in (float(found[0]) + 1, float(found[0]) - 1):
            shown = f"{changed:g}"
            yield f"{text[: found.start()]}{shown}{text[found.end() :]}"


def _stands_at_infinity(text: str, place: int) -> bool:
    """Whether the end at this bracket is none, so that the bracket says nothing."""
    if text[place] in "([":
        return re.match(r"[(\[]\s*[-+−]?\s*(?:oo|inf|∞|\\infty)", text[place:]) is not None
    return re.search(r"(?:oo|inf\w*|∞|\\infty)\s*\Z", text[:place]) is not None


def _change_choice(question: Any, right: Any) -> Iterator[Any]:
    accepted = (question.answer,) if isinstance(question.answer, str) else question.answer
    yield from (option for option in question.options if option not in accepted)


def _change_multi(question: Any, right: Any) -> Iterator[Any]:
    """Each option ticked that wasn't, or no longer ticked."""
    for option in question.options:
        ticked = set(right) ^ {option}
        yield [each for each in question.options if each in ticked]


def _change_order(question: Any, right: Any) -> Iterator[Any]:
    """Neighbours exchanged where their order matters, and an item left out."""
    from grader.kinds.order import required_pairs

    required = required_pairs(question, "")
    for index in range(len(right) - 1):
        if (right[index], right[index + 1]) in required:
            yield [*right[:index], right[index + 1], right[index], *right[index + 2 :]]
    for index in range(len(right)):
        yield [*right[:index], *right[index + 1 :]]


Change = Callable[[Any, Any], Iterator[Any]]

CHANGES: dict[str, tuple[Change, bool]] = {
    "value": (_change_number, False),
    "array": (_change_array, False),
    "set": (_change_set, False),
    "interval": (_change_interval, False),
    "choice": (_change_choice, False),
    "multi": (_change_multi, False),
    "order": (_change_order, False),
    "shape": (mutate_sizes, True),
    "expression": (mutate_formula, True),
    "chain": (mutate_formula, True),
    "bigO": (mutate_bound, True),
    "property": (_change_property, True),
}
"""How each kind's answers are changed, and whether a change may leave the meaning as it is."""
