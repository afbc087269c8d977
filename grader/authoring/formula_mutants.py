"""Small changes of a formula, by the table that also names students' mistakes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from grader import maths
from grader.maths.mutants import mutate
from grader.maths.normal_form import normal_form
from grader.maths.tree import Node
from grader.spec.models import Symbol

MOST_CHANGES = 80
"""Of one formula, spread over all there are; a comparison takes some milliseconds."""

MOST_TREES = 2000


def mutate_formula(question: Any, right: Any) -> Iterator[str]:
    """Every change of one formula that can be written and read again."""
    read = maths.read(str(right), question.symbols)
    if isinstance(read, maths.Unreadable):
        return
    trees = list(islice(mutate(read.tree, question.symbols), MOST_TREES))
    trees = [tree for tree in trees if _differs(tree, read.tree, question.symbols)]
    step = max(1, len(trees) // MOST_CHANGES)
    for tree in trees[::step]:
        text = maths.show(tree)
        again = maths.read(text, question.symbols)
        if isinstance(again, maths.Formula) and "…" not in text:
            yield text


def _differs(tree: Node, right: Node, symbols: Mapping[str, Symbol]) -> bool:
    """Whether more than the order of a sum or product is changed, or a number is transposed."""
    if not any(symbol.shape for symbol in symbols.values()) and _holds(tree, "transpose"):
        return _holds(right, "transpose")
    return normal_form(tree) != normal_form(right)


def _holds(tree: Node, op: str) -> bool:
    return tree.op == op or any(_holds(arg, op) for arg in tree.args)


def mutate_sizes(question: Any, right: Any) -> Iterator[Any]:
    """Each size one more and one less, or its formula changed; axes swapped and left out."""
    sizes = right if isinstance(right, list) else [right]
    for index, size in enumerate(sizes):
        changes: Iterator[Any] = (
            iter((size + 1, size - 1)) if isinstance(size, int) else mutate_formula(question, size)
        )
        for changed in changes:
            yield [*sizes[:index], changed, *sizes[index + 1 :]]
    for index in range(len(sizes) - 1):
        yield [*sizes[:index], sizes[index + 1], sizes[index], *sizes[index + 2 :]]
    if len(sizes) > 1:
        yield sizes[1:]
        yield sizes[:-1]
    # A leading axis of length 1 is often meant either way; a trailing one changes the answer.
    yield [*sizes, 2]


def mutate_bound(question: Any, right: Any) -> Iterator[str]:
    """A factor too many, one too few, and a logarithm too many."""
    text = str(right)
    opened, _, rest = text.partition("(")
    inside = rest.rpartition(")")[0] if opened.strip() in ("O", "Θ", "Ω") else text
    for name in question.symbols:
        yield f"O(({inside})*{name})"
        yield f"O(({inside})/{name})"
        yield f"O(({inside})*log({name}))"
