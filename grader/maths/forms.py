"""Forms that an answer may have to be in: multiplied out, or in certain symbols only."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from grader.maths.show import show
from grader.maths.tree import Formula, Node, free_names

PRODUCTS = ("mul", "hadamard", "matmul")


def find_brackets(tree: Node) -> str:
    """The first product or power of a sum that is not multiplied out, shown; empty if none.

    Sums inside functions, roots, exponents and denominators may stay: sin(a + b) has no
    brackets to multiply out. So may sums over an index.
    """
    return next((show(Formula(one)) for one in _unexpanded(tree)), "")


def _unexpanded(tree: Node) -> Iterator[Node]:
    is_power = tree.op == "pow" and _is_count(tree.args[1])
    has_factors = is_power or tree.op in (*PRODUCTS, "neg")
    if has_factors and any(_is_sum(arg) for arg in tree.args):
        yield tree
    elif tree.op == "div":
        yield from _unexpanded(tree.args[0])
    elif tree.op in ("add", "neg", *PRODUCTS, "list", "tuple", "set", "vector", "compare"):
        for arg in tree.args:
            yield from _unexpanded(arg)


def _is_sum(tree: Node) -> bool:
    """A sum, also below a sign, a number or a whole power."""
    if tree.op == "neg" or (tree.op == "pow" and _is_count(tree.args[1])):
        return _is_sum(tree.args[0])
    return tree.op == "add" or (tree.op == "div" and _is_sum(tree.args[0]))


def _is_count(exponent: Node) -> bool:
    value = exponent.value
    return exponent.op == "number" and not isinstance(value, str | tuple) and value in range(2, 100)


def find_other_symbols(
    tree: Node, only: Collection[str], declared: Collection[str]
) -> tuple[str, ...]:
    """The declared symbols that an answer in `only` must not hold, but does."""
    return tuple(sorted((free_names(tree) & set(declared)) - set(only)))
