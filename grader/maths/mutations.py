"""Naming a mistake: small changes of one tree that turn it into the other.

A change of the student's own tree that makes it right points at the place; a change of the
reference that gives the student's answer says what was left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import chain, islice

from grader.maths.compare_trees import agree_at_points, used_symbols
from grader.maths.dropped_paths import dropped_paths, forgotten_factors
from grader.maths.evaluate import Point
from grader.maths.looks import Question, Sight, look_at
from grader.maths.points import draw_point
from grader.maths.show import show
from grader.maths.slips import Mutant, bare, instead, join, slips, without
from grader.maths.tree import Node, free_names, name, number, substitute
from grader.spec.models import Symbol

MAX_WORK = 50_000
"""Nodes evaluated for one name, about half a second at worst; answers of 100 nodes need half."""
MOST_MUTANTS = 220
"""Each costs two evaluations before it is dropped: about 100 ms for all of them."""


def name_mistake(
    student: Node,
    reference: Node,
    symbols: Mapping[str, Symbol],
    seed: int,
    is_equal: Callable[[Node, Node], bool] | None = None,
) -> str:
    """One kind sentence about a wrong answer, or nothing.

    `is_equal` tells where the reference is no formula whether two sides agree all the same.
    """
    used = used_symbols(student, reference, symbols)
    search = _Search(used, seed, tuple(draw_point(used, seed, 50 + turn) for turn in range(2)))
    for student_side, reference_side, words in _pairs(student, reference, used):
        if search.work > MAX_WORK:
            return ""
        if (is_equal or search.is_equal)(student_side, reference_side):
            return words
    return ""


def _pairs(
    student: Node, reference: Node, symbols: Mapping[str, Symbol]
) -> Iterator[tuple[Node, Node, str]]:
    """Both sides as they would be without the slip, the likeliest slips first."""
    for words, mutant in islice(_whole(reference, symbols), 40):
        yield student, mutant, words
    for words, mutant in chain(dropped_paths(reference), forgotten_factors(reference)):
        yield student, mutant, words
    for words, mutant in islice(_inside(student, symbols), MOST_MUTANTS):
        yield mutant, reference, words
    for words, mutant in islice(_left_out(reference), MOST_MUTANTS):
        yield student, mutant, words


@dataclass(slots=True)
class _Search:
    """Mutants compared one after the other, and the work that was spent on them."""

    symbols: Mapping[str, Symbol]
    seed: int
    points: tuple[Point, ...]
    work: int = 0

    def is_equal(self, left: Node, right: Node) -> bool:
        """Two quick looks first: nearly every mutant falls there."""
        question = Question(left, right, self.symbols)
        for point in self.points:
            look = look_at(question, point)
            self.work += look.work
            if look.sight not in (Sight.SAME, Sight.UNCLEAR):
                return False
        return agree_at_points(question, self.seed)


def _whole(reference: Node, symbols: Mapping[str, Symbol]) -> Iterator[Mutant]:
    """Changes of the answer as a whole."""
    yield "The size is right, the sign is not.", Node("neg", (reference,))
    yield "This is the transpose: the other layout.", Node("transpose", (reference,))
    for factor in (2, 3, 4):
        yield f"It is {factor} times too large.", Node("mul", (number(factor), reference))
        yield (
            f"A factor {factor} is missing.",
            Node("mul", (number(Fraction(1, factor)), reference)),
        )
    yield "This is the reciprocal.", Node("div", (number(1), reference))
    yield "This is the square.", Node("pow", (reference, number(2)))
    yield "This is the square root: a square is missing.", Node("call", (reference,), "sqrt")
    yield "It is one too large.", Node("add", (reference, number(1)))
    yield "It is one too small.", Node("add", (reference, number(-1)))
    scalars = [
        s for s, symbol in symbols.items() if not symbol.shape and symbol.domain != "function"
    ]
    for one in scalars:
        yield f"A factor {one} is missing.", Node("div", (reference, name(one)))
        yield f"There is a factor {one} too many.", Node("mul", (reference, name(one)))
        negated = substitute(reference, {one: Node("neg", (name(one),))})
        yield f"The sign of {one} is flipped.", negated
    names = [s for s in symbols if s in free_names(reference)]
    for position, one in enumerate(names):
        for other in names[position + 1 :]:
            if symbols[one].shape == symbols[other].shape and _alike(symbols[one], symbols[other]):
                yield f"{one} and {other} are swapped.", swap(reference, one, other)


def _alike(left: Symbol, right: Symbol) -> bool:
    return (left.domain == "function") == (right.domain == "function") and (
        left.arguments == right.arguments
    )


def swap(tree: Node, one: str, other: str) -> Node:
    """Exchange two symbols."""
    if tree.op in ("name", "apply"):
        stem = str(tree.value).rstrip("'")
        primes = str(tree.value)[len(stem) :]
        value = {one: other, other: one}.get(stem)
        if value is not None:
            tree = replace(tree, value=value + primes)
    return replace(tree, args=tuple(swap(arg, one, other) for arg in tree.args))


def _inside(tree: Node, symbols: Mapping[str, Symbol]) -> Iterator[Mutant]:
    """Changes at one place of the student's tree that might make it right."""
    yield from _flipped_signs(tree)
    for path, node in places(tree):
        for words, changed in slips(node):
            yield words, put(tree, path, changed)


def _flipped_signs(tree: Node) -> Iterator[Mutant]:
    for path, node in places(tree):
        if node.op != "add":
            continue
        for position, term in enumerate(node.args):
            is_negative = term.op == "neg"
            flipped = term.args[0] if is_negative else Node("neg", (term,))
            sign = "plus" if is_negative else "minus"
            words = f"Check a sign: {show(bare(term))} should have a {sign} before it."
            yield words, put(tree, path, replace(node, args=instead(node.args, position, flipped)))


def _left_out(reference: Node) -> Iterator[Mutant]:
    """What the student may have forgotten, at one place of the reference."""
    for path, node in places(reference):
        args = node.args
        if node.op == "add":
            for position, term in enumerate(args):
                words = f"A term is missing: {_hint(bare(term))}."
                yield words, put(reference, path, join(node, without(args, position)))
        elif node.op in ("mul", "hadamard", "matmul"):
            for position, factor in enumerate(args):
                words = f"A factor is missing: {_hint(factor)}."
                yield words, put(reference, path, join(node, without(args, position)))
        elif node.op == "div":
            yield f"The division by {_hint(args[1])} is missing.", put(reference, path, args[0])
        elif node.op in LEFT_OUT or (node.op == "call" and len(args) == 1):
            what = LEFT_OUT.get(node.op, str(node.value)).format(_hint(args[0]))
            yield f"{what} is missing.", put(reference, path, args[0])


LEFT_OUT = {
    "sum": "The sum", "prod": "The product", "pow": "The power of {}",
    "transpose": "The transpose of {}",
}  # fmt: skip


def _hint(tree: Node) -> str:
    """Enough to find it; long pieces would give the answer away."""
    text = show(tree)
    return text if len(text) <= 24 else "the one with " + ", ".join(sorted(free_names(tree)))


Path = tuple[int, ...]


def places(tree: Node, path: Path = ()) -> Iterator[tuple[Path, Node]]:
    """Every node with the way to it, parents first."""
    yield path, tree
    for position, arg in enumerate(tree.args):
        yield from places(arg, (*path, position))


def put(tree: Node, path: Path, changed: Node) -> Node:
    """The tree with another node at this place."""
    if not path:
        return changed
    position, *rest = path
    args = list(tree.args)
    args[position] = put(args[position], tuple(rest), changed)
    return replace(tree, args=tuple(args))
