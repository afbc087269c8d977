"""Wrong answers made from a right one, by the table that also names students' slips."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain

from grader.maths.compare_trees import used_symbols
from grader.maths.mutations import _inside, _left_out, _whole
from grader.maths.tree import Node
from grader.spec.models import Symbol


def mutate(reference: Node, symbols: Mapping[str, Symbol]) -> Iterator[Node]:
    """Every tree that is one small change away; some may mean the same as before."""
    used = used_symbols(reference, reference, symbols)
    changes = (_whole(reference, used), _inside(reference, used), _left_out(reference))
    for _, tree in chain.from_iterable(changes):
        yield tree
