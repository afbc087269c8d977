"""Expectations as a linear operator: E[aX + b] = a·E[X] + b, whatever the distribution.

Each expectation is multiplied out; factors free of random symbols come out, and what is left,
as E[X²], becomes a number of its own. Two sides that agree then agree for every distribution.
Sides that do not may still be equal for the one that is meant, so they are refuted only where
their difference holds no expectation at all, or is of one sign for every distribution.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from grader.maths.compare_trees import Agreement, Comparison, compare_trees
from grader.maths.distributions import refute_for_every_distribution
from grader.maths.normal_form import normal_form
from grader.maths.scalars import OutOfRange
from grader.maths.tree import Node, free_names, name, number, substitute, walk
from grader.spec.models import Symbol

MOST_TERMS = 200
HIGHEST_POWER = 8
Term = tuple[tuple[Node, ...], tuple[Node, ...]]
"""Factors that come out of the expectation, and those that stay."""
METHOD = "linearity of the expectation"


def compare_expectations(
    student: Node, reference: Node, symbols: Mapping[str, Symbol], *, seed: int, boundary: str
) -> Comparison:
    """Compare two formulas, at least one of which holds an expectation."""
    linear = _Linear({one for one, symbol in symbols.items() if symbol.domain == "random"})
    try:
        first, second = linear.replace(student), linear.replace(reference)
    except OutOfRange as problem:
        return Comparison(Agreement.UNDECIDED, None, METHOD, 0, str(problem))
    known = {**symbols, **dict.fromkeys(linear.atoms.values(), Symbol())}
    found = compare_trees(first, second, known, seed=seed, boundary=boundary)
    if found.agreement is not Agreement.DIFFERENT:
        return Comparison(found.agreement, None, METHOD, found.points_tried, found.note)
    gap = Node("add", (first, Node("neg", (second,))))
    without = substitute(gap, dict.fromkeys(linear.atoms.values(), number(0)))
    if compare_trees(gap, without, known, seed=seed, boundary=boundary).is_equal:
        # Nothing that is known of a distribution could mend it.
        zero = compare_trees(without, number(0), known, seed=seed, boundary=boundary)
        return Comparison(
            zero.agreement, None, METHOD, zero.points_tried, "the sides differ by no expectation"
        )
    witness = refute_for_every_distribution(student, reference, symbols, seed)
    if witness is not None:
        return Comparison(Agreement.DIFFERENT, witness, "distributions", found.points_tried)
    note = "what is known of the distribution is not stated"
    return Comparison(Agreement.UNDECIDED, None, METHOD, found.points_tried, note)


class _Linear:
    """Replaces expectations by names, the same name for the same expectation."""

    def __init__(self, random: set[str]) -> None:
        self.random = random
        self.atoms: dict[str, str] = {}

    def replace(self, tree: Node) -> Node:
        if tree.op in ("sum", "prod") and any(one.op == "expectation" for one in walk(tree)):
            raise OutOfRange("expectations inside sums are left to a person")
        args = tuple(self.replace(arg) for arg in tree.args)
        if tree.op != "expectation":
            return Node(tree.op, args, tree.value)
        terms = [Node("mul", (number(1), *self._take(term))) for term in self._expand(args[0])]
        return Node("add", (number(0), *terms))

    def _take(self, term: Term) -> tuple[Node, ...]:
        outside, inside = term
        if not inside:
            return outside
        key = repr(sorted((normal_form(factor) for factor in inside), key=repr))
        return (*outside, name(self.atoms.setdefault(key, f"E⟨{len(self.atoms)}⟩")))

    def _is_random(self, tree: Node) -> bool:
        return bool(free_names(tree) & self.random)

    def _expand(self, tree: Node) -> list[Term]:
        """A sum of products, constants apart from what is random."""
        if not self._is_random(tree):
            return [((tree,), ())]
        if any(one.op in ("sum", "prod", "apply", "index") for one in walk(tree)):
            raise OutOfRange("expectations of sums are left to a person")
        if tree.op == "add":
            return [term for arg in tree.args for term in self._expand(arg)]
        if tree.op == "neg":
            return [((number(-1), *out), inside) for out, inside in self._expand(tree.args[0])]
        if tree.op == "mul":
            return self._multiply([self._expand(arg) for arg in tree.args])
        if tree.op == "div":
            inverse = Node("pow", (tree.args[1], number(-1)))
            return self._multiply([self._expand(tree.args[0]), self._expand(inverse)])
        power = tree.args[1].value if tree.op == "pow" else None
        if isinstance(power, Fraction) and power.denominator == 1 and 2 <= power <= HIGHEST_POWER:
            return self._multiply([self._expand(tree.args[0])] * int(power))
        return [((), (tree,))]

    def _multiply(self, factors: list[list[Term]]) -> list[Term]:
        product: list[Term] = [((), ())]
        for terms in factors:
            product = [
                (out + more_out, inside + more)
                for out, inside in product
                for more_out, more in terms
            ]
            if len(product) > MOST_TERMS:
                raise OutOfRange("an expectation of too many terms")
        return product
