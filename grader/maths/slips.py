"""What one node of a student's tree might have been: the usual slips, each with its words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction

from grader.maths.show import show
from grader.maths.tree import Node, number

Mutant = tuple[str, Node]


def slips(node: Node) -> Iterator[Mutant]:
    """Every change of this one node, with the sentence that says it."""
    if node.op in BY_OPERATION:
        yield from BY_OPERATION[node.op](node)


def join(node: Node, args: tuple[Node, ...]) -> Node:
    """The same operation on fewer or other arguments; one argument alone is itself."""
    return args[0] if len(args) == 1 else replace(node, args=args)


def without(args: tuple[Node, ...], position: int) -> tuple[Node, ...]:
    return (*args[:position], *args[position + 1 :])


def instead(args: tuple[Node, ...], position: int, other: Node) -> tuple[Node, ...]:
    return (*args[:position], other, *args[position + 1 :])


def bare(term: Node) -> Node:
    """A term without its minus."""
    return term.args[0] if term.op == "neg" else term


def _of_power(node: Node) -> Iterator[Mutant]:
    base, exponent = node.args
    shown = show(base)
    for step in (1, -1):
        moved = Node("add", (exponent, number(step)))
        yield f"Check the exponent of {shown}.", replace(node, args=(base, moved))
    negated = Node("neg", (exponent,))
    yield f"Check the sign of the exponent of {shown}.", replace(node, args=(base, negated))
    yield f"{show(node)}: the power should not be there.", base
    halved = Node("div", (exponent, number(2)))
    yield (
        f"Check {show(node)}: one half belongs into the exponent.",
        replace(node, args=(base, halved)),
    )


def _of_sum(node: Node) -> Iterator[Mutant]:
    body, low, high = node.args
    word = "sum" if node.op == "sum" else "product"
    for step in (1, -1):
        first, last = (Node("add", (limit, number(step))) for limit in (low, high))
        words = f"Off by one: check the {{}} of the {word}."
        yield words.format("first index"), replace(node, args=(body, first, high))
        yield words.format("last index"), replace(node, args=(body, low, last))
        yield words.format("limits"), replace(node, args=(body, first, last))
    if node.op == "prod":
        yield "This is a product where a sum is asked.", replace(node, op="sum")
        return
    terms = Node("add", (high, Node("neg", (low,)), number(1)))
    yield "This is the sum where the mean is asked.", Node("div", (node, terms))
    yield "This is a sum where a product is asked.", replace(node, op="prod")


def _of_quotient(node: Node) -> Iterator[Mutant]:
    top, bottom = node.args
    yield f"{show(bottom)} should multiply, not divide.", Node("mul", (top, bottom))
    yield f"The fraction {show(node)} is upside down.", replace(node, args=(bottom, top))
    root = Node("call", (bottom,), "sqrt")
    yield f"The square root of {show(bottom)} is needed there.", replace(node, args=(top, root))
    if bottom.op == "call" and bottom.value == "sqrt":
        inner = bottom.args[0]
        yield f"No square root is needed: {show(inner)}.", replace(node, args=(top, inner))
    yield f"The division by {show(bottom)} should not be there.", top


def _of_product(node: Node) -> Iterator[Mutant]:
    args = node.args
    for position, factor in enumerate(args):
        shown = show(factor)
        yield f"The factor {shown} should not be there.", join(node, without(args, position))
        if factor.op != "number":
            inverted = Node("div", (number(1), factor))
            words = f"{shown} should divide, not multiply."
            yield words, replace(node, args=instead(args, position, inverted))
        yield from _transposed(node, position, factor)
    if len(args) == 2:
        yield "The order of the product is the other way round.", replace(node, args=args[::-1])


def _transposed(node: Node, position: int, factor: Node) -> Iterator[Mutant]:
    if factor.op == "transpose":
        words, other = f"{show(factor)} should not be transposed.", factor.args[0]
    else:
        words, other = f"A transpose of {show(factor)} is missing.", Node("transpose", (factor,))
    yield words, replace(node, args=instead(node.args, position, other))


def _of_binary_product(node: Node) -> Iterator[Mutant]:
    for position, factor in enumerate(node.args):
        yield from _transposed(node, position, factor)
    yield "The order of the product is the other way round.", replace(node, args=node.args[::-1])
    if node.op == "hadamard":
        words = "A matrix product is needed, not an entrywise one."
        yield words, replace(node, op="matmul")
    else:
        words = "An entrywise product is needed, not a matrix product."
        yield words, replace(node, op="hadamard")


def _of_addition(node: Node) -> Iterator[Mutant]:
    args = node.args
    for position, term in enumerate(args):
        shown = show(bare(term))
        yield f"The term {shown} should not be there.", join(node, without(args, position))
        for factor, word in ((Fraction(2), "missing"), (Fraction(1, 2), "too many")):
            scaled = Node("mul", (number(factor), term))
            words = f"Check the factor of {shown}: a 2 is {word}."
            yield words, replace(node, args=instead(args, position, scaled))


OTHER_FUNCTION = {
    "floor": "ceil", "ceil": "floor", "sin": "cos", "cos": "sin", "max": "min", "min": "max",
    "log2": "log", "tanh": "sigmoid", "sigmoid": "tanh",
}  # fmt: skip


def _of_call(node: Node) -> Iterator[Mutant]:
    if not node.args:
        return
    negated = Node("neg", (node.args[0],))
    words = f"Check the sign inside {show(node)}."
    yield words, replace(node, args=(negated, *node.args[1:]))
    other = OTHER_FUNCTION.get(str(node.value))
    if other:
        yield f"{node.value} should be {other}.", replace(node, value=other)


def _of_index(node: Node) -> Iterator[Mutant]:
    array, *indices = node.args
    if len(indices) == 2:
        swapped = (array, indices[1], indices[0])
        yield "The two indices are swapped.", replace(node, args=swapped)
    for position, index in enumerate(indices, start=1):
        for step in (1, -1):
            moved = Node("add", (index, number(step)))
            words = f"Off by one: check the index {show(index)}."
            yield words, replace(node, args=instead(node.args, position, moved))


def _of_application(node: Node) -> Iterator[Mutant]:
    if len(node.args) != 1:
        return
    for step in (1, -1):
        moved = Node("add", (node.args[0], number(step)))
        yield f"Off by one: check {show(node)}.", replace(node, args=(moved,))
    primed = replace(node, value=f"{node.value}'")
    yield f"A derivative is missing: {show(primed)}.", primed


OPPOSITE = {"<": ">=", ">": "<=", "<=": ">", ">=": "<"}
OTHER_EDGE = {"<": "<=", ">": ">=", "<=": "<", ">=": ">"}


def _of_condition(node: Node) -> Iterator[Mutant]:
    relation = str(node.value)
    if relation in OPPOSITE:
        words = f"The condition {show(node)} is the wrong way round."
        yield words, replace(node, value=OPPOSITE[relation])
        yield f"Only the edge of {show(node)} is wrong.", replace(node, value=OTHER_EDGE[relation])


BY_OPERATION: dict[str, Callable[[Node], Iterator[Mutant]]] = {
    "pow": _of_power, "sum": _of_sum, "prod": _of_sum, "div": _of_quotient, "mul": _of_product,
    "matmul": _of_binary_product, "hadamard": _of_binary_product, "add": _of_addition,
    "call": _of_call, "index": _of_index, "apply": _of_application, "compare": _of_condition,
}  # fmt: skip
