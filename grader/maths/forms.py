"""Forms that an answer may have to be in: multiplied out, or in certain symbols only."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from fractions import Fraction

from grader.maths.evaluate import Evaluation, Point, run
from grader.maths.scalars import Arithmetic
from grader.maths.show import show
from grader.maths.tree import Formula, Node, free_names, walk

PRODUCTS = ("mul", "hadamard", "matmul")
OVER_INDEX = ("sum", "prod")
KEEPING = ("abs", "norm", "hypot", "max", "min", "relu", "sqrt", "cbrt", "conj", "re", "total",
           "mean")  # fmt: skip
"""Functions whose power is the power of what they hold, if for some values only."""


def find_brackets(tree: Node, reference: Node | None = None) -> str:
    """The first product or power of a sum that is not multiplied out, shown; empty if none.

    Sums inside functions, roots, exponents and denominators may stay: sin(a + b) has no
    brackets to multiply out. So may sums over an index. A function that the right answer
    (`reference`) does without hides nothing: |x + 1|² is not multiplied out, nor is relu((x + 1)²).
    """
    free = None if reference is None else _functions(reference)
    return next((show(Formula(one)) for one in _unexpanded(tree, free)), "")


def _functions(tree: Node) -> frozenset[str]:
    return frozenset(
        str(node.value) if node.op == "call" else node.op
        for node in walk(tree)
        if node.op in ("call", *OVER_INDEX)
    )


def _unexpanded(tree: Node, free: frozenset[str] | None) -> Iterator[Node]:
    """Products and powers of sums; functions in `free` may hold any, without it all may."""
    is_power = tree.op == "pow" and _is_count(tree.args[1])
    has_factors = is_power or _is_square(tree) or tree.op in (*PRODUCTS, "neg")
    if has_factors and any(_is_sum(arg, free) for arg in tree.args):
        yield tree
    elif tree.op == "div":
        if free is not None and _holds_fraction(tree.args[1]):
            yield tree
        yield from _unexpanded(tree.args[0], free)
    elif (
        tree.op in ("add", "neg", *PRODUCTS, "list", "tuple", "set", "vector", "compare")
        or is_power
        or _is_seen_through(tree, free)
    ):
        for arg in tree.args:
            yield from _unexpanded(arg, free)


def _is_seen_through(tree: Node, free: frozenset[str] | None) -> bool:
    """Whether a function or a sum over an index is none of the right answer."""
    if free is None or tree.op not in ("call", *OVER_INDEX):
        return False
    return (str(tree.value) if tree.op == "call" else tree.op) not in free


def _is_square(tree: Node) -> bool:
    return tree.op == "call" and tree.value in ("square", "power")


def _is_sum(tree: Node, free: frozenset[str] | None) -> bool:
    """A sum, also below a sign, a number, a whole power or a function that keeps it."""
    if tree.op == "neg" or (tree.op == "pow" and _is_count(tree.args[1])):
        return _is_sum(tree.args[0], free)
    if tree.op == "call" and tree.value in KEEPING and _is_seen_through(tree, free):
        return any(_is_sum(arg, free) for arg in tree.args)
    return tree.op == "add" or (tree.op == "div" and _is_sum(tree.args[0], free))


def _holds_fraction(tree: Node) -> bool:
    """Whether a denominator is a fraction itself, over more than numbers."""
    return any(node.op == "div" and free_names(node.args[1]) for node in walk(tree))


def _is_count(exponent: Node) -> bool:
    """A whole number from 2, also one to be worked out as 1 + 1."""
    if free_names(exponent):
        return False
    try:
        value = run(exponent, Evaluation(Point({}), Arithmetic()))
    except ArithmeticError:
        return False
    return isinstance(value, Fraction | int) and value in range(2, 100)


def find_other_symbols(
    tree: Node, only: Collection[str], declared: Collection[str]
) -> tuple[str, ...]:
    """The declared symbols that an answer in `only` must not hold, but does."""
    return tuple(sorted((free_names(tree) & set(declared)) - set(only)))
