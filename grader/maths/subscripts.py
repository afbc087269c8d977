"""Where subscripts count from: 0 as in Python, or 1 as on paper.

`x[i]` counts from 0. `x_i` may count from either; what is read tells which: `x_0` exists only
from 0, and the last entry `x_n` of n only from 1. An answer and the formula beside it count
alike, as far as neither says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import product

from grader.maths.evaluate import Point, evaluate
from grader.maths.shapes import infer_shape
from grader.maths.tree import FROM_ONE, SUBSCRIPT, Node, free_names, number, walk
from grader.spec.models import Symbol

Ranges = Mapping[str, tuple[Node, Node]]
"""First and last value of each bound variable."""
FIRST_SIZE = 5
"""Sizes are tried as 5, 6, ...: no index that is written meets one by chance below that."""
MOST_ENDS = 3
"""Bound variables in one subscript: eight corners are looked at."""


def align(student: Node, reference: Node, symbols: Mapping[str, Symbol]) -> tuple[Node, Node]:
    """Both formulas with subscripts from 0, as far as they tell where theirs count from.

    A reference that has `x[i]` counts from 0 as it stands. Subscripts that a question declares
    itself, and formulas that read beyond both ends, are left as they are.
    """
    sides = (student, reference)
    if not any(node.mark == SUBSCRIPT for side in sides for node in walk(side)):
        return sides
    if any(_has_own_index(side, symbols) for side in sides):
        return sides
    seen = [find_bases(side, symbols) for side in sides]
    if {0, 1} in seen:
        return sides
    is_settled = any(node.op == "index" and node.mark != SUBSCRIPT for node in walk(reference))
    if is_settled:
        return (count_on(student) if seen[0] == {1} else student), reference
    first = count_on(student) if 1 in (seen[0] or seen[1]) else student
    return first, (count_on(reference) if 1 in (seen[1] or seen[0]) else reference)


def count_from_one(student: Node, reference: Node, symbols: Mapping[str, Symbol]) -> Node | None:
    """The answer with its subscripts read as counted from 1; None where that can't be meant.

    A question whose right answer has a subscript of its own, `x[i]` for a declared i or `x[0]`,
    says where they count from; elsewhere `sum_{i=1}^{d} q_i k_i` is what people write. `x[1]`
    is Python's second entry.
    """
    if any(_is_numbered(node) for node in walk(student)):
        return None
    declared = _indices_of(symbols)
    subscripts = list(_find_subscripts(student, symbols))
    settled = [*_find_subscripts(reference, symbols)]
    if not subscripts or any(free_names(each) & declared for each in subscripts):
        return None
    if any(free_names(each) & symbols.keys() or each.op == "number" for each in settled):
        return None
    return _shift(student, lambda node: _is_entry(node, symbols))


def count_otherwise(
    student: Node, reference: Node, symbols: Mapping[str, Symbol]
) -> Iterator[tuple[Node, Node]]:
    """Other bases that both formulas may have: what is equal only so is for a person to judge."""
    aligned = align(student, reference, symbols)
    if aligned != (student, reference):
        yield student, reference
    bases = find_bases(student, symbols)
    if any(_has_own_index(side, symbols) for side in (student, reference)):
        # A question's own index counts from wherever; one side that reaches x_n counts from 1.
        others = find_bases(reference, symbols)
        if 1 in bases and 1 not in others:
            yield count_on(student), reference
        if 1 in others and 1 not in bases:
            yield student, count_on(reference)
        return
    counted = count_on(student)
    if not bases and counted != student:
        yield counted, count_on(reference)
    numbered = [node for side in (student, reference) for node in walk(side) if _is_numbered(node)]
    if numbered and 0 not in bases and not any(number(0) in node.args[1:] for node in numbered):
        # Who writes x[1] may mean x_1.
        moved = _shift(student, _is_index)
        yield moved, _shift(reference, _is_index)
        if not any(_is_numbered(node) for node in walk(reference)):
            yield moved, aligned[1]


def settle_literals(tree: Node, symbols: Mapping[str, Symbol]) -> Node:
    """`[a, b]_1` is the first entry of a vector that is written out, unless one has `_0`."""
    found = [node for node in walk(tree) if _is_literal_entry(node, symbols)]
    indices = [index for node in found for index in node.args[1:]]
    if not found or any(free_names(index) & symbols.keys() for index in indices):
        return tree
    if any(0 in find_bases(tree, symbols, node) for node in found):
        return tree
    return _shift(tree, lambda node: _is_literal_entry(node, symbols))


def find_bases(tree: Node, symbols: Mapping[str, Symbol], only: Node | None = None) -> set[int]:
    """Where the subscripts of a formula count from, as far as they tell: {0}, {1}, both, none."""
    sizes = sorted(
        {size for one in symbols.values() for size in one.shape if isinstance(size, str)}
    )
    values = {size: Fraction(FIRST_SIZE + number) for number, size in enumerate(sizes)}
    bases: set[int] = set()
    for node, ranges in _entries(tree, {}):
        if only is not None and node != only:
            continue
        if any(index.mark == FROM_ONE for index in node.args[1:]):
            bases.add(1)
        if node.mark != SUBSCRIPT:
            continue
        shape = infer_shape(node.args[0], symbols) or ()
        for axis, index in enumerate(node.args[1:]):
            if index.mark == FROM_ONE:
                continue
            size = shape[axis] if axis < len(shape) else None
            end = values.get(size) if isinstance(size, str) else size
            for place in _places(index, ranges, values):
                bases |= {0} if place == 0 else {1} if place == end else set()
    return bases


def count_on(tree: Node) -> Node:
    """The formula with its subscripts moved from 1 to 0."""
    return _shift(tree, lambda node: node.mark == SUBSCRIPT)


def _entries(tree: Node, ranges: Ranges) -> Iterator[tuple[Node, Ranges]]:
    """Entries of arrays, with the ranges of the sums around them."""
    if tree.op in ("sum", "prod"):
        body, low, high = tree.args
        yield from _entries(body, {**ranges, str(tree.value): (low, high)})
        return
    if tree.op == "index":
        yield tree, ranges
    for arg in tree.args:
        yield from _entries(arg, ranges)


def _places(index: Node, ranges: Ranges, values: Mapping[str, Fraction]) -> Iterator[object]:
    """The values of a subscript at the ends of the sums around it."""
    variables = sorted(free_names(index) & ranges.keys())
    if len(variables) > MOST_ENDS:
        return
    for ends in product(*(ranges[each] for each in variables)):
        try:
            bound = {
                each: evaluate(end, Point(dict(values)))
                for each, end in zip(variables, ends, strict=True)
            }
            yield evaluate(index, Point({**values, **bound}))
        except ArithmeticError:
            continue


def _indices_of(symbols: Mapping[str, Symbol]) -> set[str]:
    """Declared symbols that are no sizes: who indexes with one says where it counts from."""
    return symbols.keys() - _sizes(symbols)


def _sizes(symbols: Mapping[str, Symbol]) -> set[str]:
    return {size for symbol in symbols.values() for size in symbol.shape if isinstance(size, str)}


def _has_own_index(tree: Node, symbols: Mapping[str, Symbol]) -> bool:
    """Whether a subscript behind `_` is a declared symbol, bound by no sum."""
    declared = _indices_of(symbols)
    return any(
        (free_names(index) - ranges.keys()) & declared
        for node, ranges in _entries(tree, {})
        if node.mark == SUBSCRIPT
        for index in node.args[1:]
    )


def _is_index(node: Node) -> bool:
    return node.op == "index"


def _is_numbered(node: Node) -> bool:
    """`x[1]`, in Python's brackets; behind a vector that is written out there is no doubt."""
    is_plain = node.op == "index" and node.mark != SUBSCRIPT and not _is_written_out(node.args[0])
    return is_plain and any(index.op == "number" for index in node.args[1:])


def _is_written_out(tree: Node) -> bool:
    return any(one.op in ("list", "tuple", "vector") for one in walk(tree))


def _find_subscripts(tree: Node, symbols: Mapping[str, Symbol]) -> list[Node]:
    return [each for node in walk(tree) if _is_entry(node, symbols) for each in node.args[1:]]


def _is_entry(node: Node, symbols: Mapping[str, Symbol]) -> bool:
    array = node.args[0] if node.op == "index" else node
    declared = symbols.get(str(array.value)) if array.op == "name" else None
    return node.op == "index" and declared is not None and bool(declared.shape)


def _is_literal_entry(node: Node, symbols: Mapping[str, Symbol]) -> bool:
    """`[a, b]_1` or `softmax([a, b])_1`: no declared array tells where it counts from."""
    if node.op != "index" or node.mark != SUBSCRIPT:
        return False
    declared = [symbols.get(str(one.value)) for one in walk(node.args[0]) if one.op == "name"]
    has_array = any(one is not None and one.shape for one in declared)
    return _is_written_out(node.args[0]) and not has_array


def _shift(tree: Node, counts: Callable[[Node], bool]) -> Node:
    args = tuple(_shift(each, counts) for each in tree.args)
    if counts(tree):
        args = (args[0], *(_one_less(each) for each in args[1:]))
    return replace(tree, args=args) if args != tree.args else tree


def _one_less(index: Node) -> Node:
    if index.mark == FROM_ONE:
        return index
    if index.op == "number" and isinstance(index.value, Fraction):
        return replace(index, value=index.value - 1, mark=FROM_ONE)
    return Node("add", (index, number(-1)), None, index.start, index.end, FROM_ONE)
