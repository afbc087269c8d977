"""Calls of NumPy and Torch that are formulas of others: losses, sizes, shapes, einsum."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from grader.maths.shapes import infer_shape, whole_number
from grader.maths.tokens import Token, Unreadable_
from grader.maths.tree import Node, name, number

if TYPE_CHECKING:
    from grader.maths.grammar import Parser

Keywords = Mapping[str, Node]
Builder = Callable[["Parser", list[Node], Keywords, Token], Node]


def is_words(tree: Node, words: str) -> bool:
    """Whether an argument is these words in quotes, or this name of nothing."""
    return tree.op == "string" and tree.value == words


def _refuse(token: Token, why: str, wish: str = "") -> Unreadable_:
    return Unreadable_(f"'{token.text}' {why}.", token.start, wish)


def _check(token: Token, args: list[Node], keywords: Keywords, count: int, *known: str) -> None:
    """Refuse other arguments than so many, or keywords nobody knows here."""
    if len(args) != count:
        raise _refuse(token, f"takes {count} argument{'s' if count > 1 else ''}, not {len(args)}")
    if others := keywords.keys() - set(known):
        raise _refuse(token, f"is not read with '{min(others)}='")


def call(function: str, *args: Node) -> Node:
    """A known function of some trees."""
    return Node("call", args, function, args[0].start, args[-1].end)


def _entrywise(op: str) -> Builder:
    def build(parser: Parser, args: list[Node], keywords: Keywords, token: Token) -> Node:
        _check(token, args, keywords, 2)
        left, right = args
        if op == "sub":
            return Node("add", (left, Node("neg", (right,))), None, left.start, right.end)
        return Node(op, (left, right), None, left.start, right.end)

    return build


def _single(make: Callable[[Node], Node]) -> Builder:
    def build(parser: Parser, args: list[Node], keywords: Keywords, token: Token) -> Node:
        _check(token, args, keywords, 1)
        return make(args[0])

    return build


def _compared(relation: str) -> Builder:
    def build(parser: Parser, args: list[Node], keywords: Keywords, token: Token) -> Node:
        _check(token, args, keywords, 2)
        return Node("compare", tuple(args), relation, args[0].start, args[1].end)

    return build


def _clip(parser: Parser, args: list[Node], keywords: Keywords, token: Token) -> Node:
    """min(max(x, low), high), where one of both may be missing."""
    if not 1 <= len(args) <= 3 or keywords.keys() - {"min", "max"}:
        raise _refuse(token, "takes what is cut off, and where")
    given = [*args[1:], *[Node("string", (), "None")] * (3 - len(args))]
    low, high = keywords.get("min", given[0]), keywords.get("max", given[1])
    tree = args[0]
    if not is_words(low, "None"):
        tree = call("max", tree, low)
    if not is_words(high, "None"):
        tree = call("min", tree, high)
    if tree is args[0]:
        raise _refuse(token, "needs where to cut off")
    return tree


def _norm(parser: Parser, args: list[Node], keywords: Keywords, token: Token) -> Node:
    """Of all entries, or along an axis: there Euclid's only."""
    if not 1 <= len(args) <= 3 or keywords.keys() - {"ord", "axis", "keepdims"}:
        raise _refuse(token, "takes an array and its order")
    array, *rest = args
    order = keywords.get("ord", rest[0] if rest else None)
    axis = keywords.get("axis", rest[1] if len(rest) > 1 else None)
    if order is not None and (is_words(order, "None") or is_words(order, "fro")):
        order = None
    if axis is None or len(infer_shape(array, parser.symbols) or (0, 0)) == 1:
        return call("norm", array) if order is None else call("norm", array, order)
    if order is not None and order != number(2):
        raise _refuse(token, "is read along an axis as the root of the squares only")
    squares = Node("hadamard", (array, array), None, array.start, array.end)
    return call("sqrt", _along(parser, "total", squares, axis, keywords))


def _along(parser: Parser, function: str, tree: Node, axis: Node, keywords: Keywords) -> Node:
    reduced = call(function, tree, axis)
    kept = keywords.get("keepdims")
    is_kept = kept is not None and str(kept.value) in ("True", "1")
    return call("kept", reduced, axis) if is_kept else reduced


def _softmax(is_log: bool) -> Builder:
    def build(parser: Parser, args: list[Node], keywords: Keywords, token: Token) -> Node:
        if not 1 <= len(args) <= 2 or keywords.keys() - {"axis"}:
            raise _refuse(token, "takes an array and an axis")
        axis = keywords.get("axis", args[1] if len(args) == 2 else None)
        shape = infer_shape(args[0], parser.symbols)
        if axis is None and token.module in ("scipy", "special") and len(shape or (0, 0)) > 1:
            raise _refuse(token, "goes over all entries here", "Name an axis.")
        found = call("softmax", args[0]) if axis is None else call("softmax", args[0], axis)
        return call("log", found) if is_log else found

    return build


def _cosine(parser: Parser, args: list[Node], keywords: Keywords, token: Token) -> Node:
    """Torch goes along axis 1 unless told otherwise."""
    _check(token, args, keywords, 2, "axis")
    axis = keywords.get("axis", number(1))
    products, *squares = (
        call("total", Node("hadamard", pair), axis)
        for pair in ((args[0], args[1]), (args[0], args[0]), (args[1], args[1]))
    )
    if len(infer_shape(args[0], parser.symbols) or ()) == 1 and whole_number(axis) not in (0, -1):
        raise _refuse(token, "of two vectors needs dim=0")
    lengths = Node("hadamard", tuple(call("sqrt", one) for one in squares))
    return Node("div", (products, lengths), None, args[0].start, args[1].end)


def _loss(of_gap: Callable[[Node], Node]) -> Builder:
    def build(parser: Parser, args: list[Node], keywords: Keywords, token: Token) -> Node:
        _check(token, args, keywords, 2, "reduction")
        gap = Node("add", (args[0], Node("neg", (args[1],))), None, args[0].start, args[1].end)
        shapes = [infer_shape(one, parser.symbols) for one in args]
        if None in shapes or shapes[0] != shapes[1]:
            raise _refuse(token, "is read of two arrays of one shape")
        way = keywords.get("reduction", Node("string", (), "mean"))
        if way.value == "none" or not shapes[0]:
            return of_gap(gap)
        if way.value not in ("mean", "sum"):
            raise _refuse(token, "is not read with this reduction")
        return call("mean" if way.value == "mean" else "total", of_gap(gap))

    return build


def _leaky(parser: Parser, args: list[Node], keywords: Keywords, token: Token) -> Node:
    if not 1 <= len(args) <= 2 or keywords.keys() - {"slope"}:
        raise _refuse(token, "takes an array and a slope")
    slope = [keywords["slope"]] if "slope" in keywords else args[1:]
    return call("leaky_relu", args[0], *slope)


def size_of(parser: Parser, array: Node, axis: Node | None) -> Node:
    """The number of entries, or along one axis: by its declared name where there is one."""
    shape = infer_shape(array, parser.symbols)
    place = whole_number(axis) if axis is not None else None
    if axis is not None and place is None:
        raise Unreadable_("An axis is a whole number.", axis.start)
    if not shape:
        if shape is not None:
            raise Unreadable_("A number has no size.", array.start)
        return call("size", array) if axis is None else call("size", array, axis)
    if place is None:
        sizes = [_size_node(size) for size in shape]
        return sizes[0] if len(sizes) == 1 else Node("mul", tuple(sizes), None, array.start)
    if not -len(shape) <= place < len(shape):
        raise Unreadable_(f"There is no axis {place} here.", array.start)
    return _size_node(shape[place])


def _size_node(size: int | str) -> Node:
    return number(size) if isinstance(size, int) else name(size)


def _size(parser: Parser, args: list[Node], keywords: Keywords, token: Token) -> Node:
    if not 1 <= len(args) <= 2 or keywords.keys() - {"axis"}:
        raise _refuse(token, "takes an array and an axis")
    return size_of(parser, args[0], keywords.get("axis", args[1] if len(args) == 2 else None))


def _length(parser: Parser, args: list[Node], keywords: Keywords, token: Token) -> Node:
    _check(token, args, keywords, 1)
    if not parser.has_axes(args[0]):
        raise _refuse(token, "is taken of an array")
    return size_of(parser, args[0], number(0))


def _with_axes(function: str) -> Builder:
    """`unsqueeze(1)`, `reshape(-1, 1)`: the array first, then whole numbers or sizes."""

    def build(parser: Parser, args: list[Node], keywords: Keywords, token: Token) -> Node:
        if keywords.keys() - {"axis"}:
            raise _refuse(token, f"is not read with '{min(keywords)}='")
        array, *rest = args
        if len(rest) == 1 and rest[0].op in ("tuple", "list"):
            rest = list(rest[0].args)
        if "axis" in keywords:
            rest.append(keywords["axis"])
        if (function == "expanded" and len(rest) != 1) or (function == "squeezed" and rest[1:]):
            raise _refuse(token, "takes an array and one axis")
        if function == "reshaped" and not 1 <= len(rest) <= 4:
            raise _refuse(token, "takes an array and its new sizes")
        return call(function, array, *rest)

    return build


def _transposed(parser: Parser, args: list[Node], keywords: Keywords, token: Token) -> Node:
    """With two axes, or an order of them, of a matrix."""
    array, *axes = args
    if len(axes) == 1 and axes[0].op in ("tuple", "list"):
        axes = list(axes[0].args)
    places = {whole_number(axis) for axis in axes}
    shape = infer_shape(array, parser.symbols)
    is_plain = shape is not None and len(shape) <= 2
    is_last = places == {-1, -2}
    if keywords or (axes and not is_last and not (is_plain and len(axes) == 2)):
        raise _refuse(token, "is read of two axes")
    if axes and places not in ({0, 1}, {-1, -2}, {0, -1}, {1, -2}):
        raise _refuse(token, "with these axes is not read", "Write .T.")
    if axes and shape is not None and len(shape) != 2:
        raise _refuse(token, "exchanges two axes of a matrix")
    if axes and token.text == "permute" and places == {0, -1}:
        raise _refuse(token, "with these axes is not read", "Write .T.")
    return Node("transpose", (array,), None, array.start, array.end)


def _like(value: int) -> Builder:
    def build(parser: Parser, args: list[Node], keywords: Keywords, token: Token) -> Node:
        _check(token, args, keywords, 1)
        nothing = Node("mul", (number(0), args[0]), None, args[0].start, args[0].end)
        return nothing if value == 0 else Node("add", (number(value), nothing))

    return build


def _sized(function: str) -> Builder:
    """`np.ones((n, d))` and `torch.ones(n, d)`."""

    def build(parser: Parser, args: list[Node], keywords: Keywords, token: Token) -> Node:
        sizes = list(args[0].args) if len(args) == 1 and args[0].op in ("tuple", "list") else args
        if keywords or not 1 <= len(sizes) <= 4:
            raise _refuse(token, "takes the sizes of the array")
        return call(function, *sizes)

    return build


def _inner(parser: Parser, args: list[Node], keywords: Keywords, token: Token) -> Node:
    """`np.inner` of matrices is another product than of vectors."""
    _check(token, args, keywords, 2)
    shapes = [infer_shape(one, parser.symbols) for one in args]
    if any(shape is None or len(shape) != 1 for shape in shapes):
        raise _refuse(token, "is read of two vectors", "Write the product with '@'.")
    return call("dot", *args)


def _where_zero(parser: Parser, args: list[Node], keywords: Keywords, token: Token) -> Node:
    """`xlogy(x, y)` is x log y, and 0 at x = 0."""
    _check(token, args, keywords, 2)
    value = Node("hadamard", (args[0], call("log", args[1])))
    return Node("piecewise", (number(0), Node("compare", (args[0], number(0)), "="), value))


SUBSCRIPTS = re.compile(r"[A-Za-z]*(?:,[A-Za-z]*){0,5}(?:->[A-Za-z]*)?")


def _einsum(parser: Parser, args: list[Node], keywords: Keywords, token: Token) -> Node:
    """`einsum('nd,nk->dk', X, G)`; without an arrow the labels that stand once, in order."""
    labels = str(args[0].value).replace(" ", "") if args[0].op == "string" else None
    if labels is None or keywords or SUBSCRIPTS.fullmatch(labels) is None:
        raise _refuse(token, "takes its labels in quotes, as 'ij,j->i'")
    inputs, arrow, output = labels.partition("->")
    if not arrow:
        output = "".join(sorted({one for one in inputs if inputs.count(one) == 1} - {","}))
    if len(inputs.split(",")) != len(args) - 1:
        raise _refuse(token, "has other labels than arrays")
    if len(set(output)) != len(output) or set(output) - set(inputs):
        raise _refuse(token, f"has no result with the labels '{output}'")
    for names, array in zip(inputs.split(","), args[1:], strict=True):
        shape = infer_shape(array, parser.symbols)
        if shape is not None and len(shape) != len(names):
            raise _refuse(token, f"has {len(names)} labels for an array of {len(shape)} axes")
    return parser.node("einsum", tuple(args[1:]), f"{inputs}->{output}", token.start)


BUILDERS: dict[str, Builder] = {
    "added": _entrywise("add"), "subtracted": _entrywise("sub"), "divided": _entrywise("div"),
    "entrywise_product": _entrywise("hadamard"),
    "negated": _single(lambda one: Node("neg", (one,), None, one.start, one.end)),
    "reciprocal": _single(lambda one: Node("div", (number(1), one), None, one.start, one.end)),
    "as_number": _single(lambda one: one), "clip": _clip, "norm": _norm,
    "softmax": _softmax(is_log=False), "log_softmax": _softmax(is_log=True), "cosine": _cosine,
    "squared_loss": _loss(lambda gap: call("square", gap)), "leaky_relu": _leaky,
    "absolute_loss": _loss(lambda gap: call("abs", gap)), "size": _size, "length": _length,
    "expanded": _with_axes("expanded"), "reshaped": _with_axes("reshaped"),
    "squeezed": _with_axes("squeezed"), "raveled": _single(lambda one: call("vec", one)),
    "transposed": _transposed, "ones_like": _like(1), "zeros_like": _like(0),
    "ones": _sized("ones"), "zeros": _sized("zeros"), "inner_product": _inner,
    "log_product": _where_zero, "einsum": _einsum,
    "at_least": lambda parser, args, keywords, token: _entry_call("max", args, keywords, token),
    "at_most": lambda parser, args, keywords, token: _entry_call("min", args, keywords, token),
    "greater": _compared(">"), "less": _compared("<"), "greater_equal": _compared(">="),
    "less_equal": _compared("<="),
}  # fmt: skip
"""What is put together from others, by the function's one name."""


def _entry_call(function: str, args: list[Node], keywords: Keywords, token: Token) -> Node:
    _check(token, args, keywords, 2)
    return call(function, *args)
