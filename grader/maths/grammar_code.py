"""NumPy and Torch as they are typed: axes, what a library means by a name, entrywise signs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from grader.maths.shapes import infer_shape
from grader.maths.tokens import Token, Unreadable_
from grader.maths.tree import Node, number

if TYPE_CHECKING:
    from grader.maths.grammar import Parser

CODE = re.compile(r"@|\.T\b|\b(?:np|numpy|jnp|torch)\s*\.")
"""Marks of code, in which `*` and `**` go entry by entry."""
KEYWORDS = ("axis", "dim", "keepdims", "keepdim", "evaluate", "ord", "unbiased", "correction",
            "ddof")  # fmt: skip
ALONG_AN_AXIS = {"softmax", "logsumexp", "total", "mean", "variance", "deviation", "largest",
                 "smallest"}  # fmt: skip
EXTREMES = {"max": "largest", "min": "smallest"}
OF_A_SAMPLE = {"variance": "sample_variance", "deviation": "sample_deviation"}
ARRAYS = ("np", "numpy", "jnp", "torch", "linalg")


def parse_keyword(parser: Parser) -> tuple[str, Node] | None:
    """`axis=0`, where one stands here; False, True and None are names."""
    if parser.token.text not in KEYWORDS or parser.peek().text != "=":
        return None
    name = parser.advance().text
    parser.advance()
    return {"dim": "axis"}.get(name, name), parser.parse_unary()


def settle_call(
    parser: Parser, function: str, args: list[Node], keywords: Mapping[str, Node], token: Token
) -> tuple[str, list[Node]]:
    """What a library means by a call: the function, and its arguments with the axis behind."""
    if str(getattr(keywords.get("keepdims", keywords.get("keepdim")), "value", 0)) in ("True", "1"):
        raise Unreadable_(
            "An axis that is kept is not read.", token.start, "Write it as a formula of entries."
        )
    axis = keywords.get("axis")
    is_library = token.module in ARRAYS
    is_extreme = function in EXTREMES and token.text in EXTREMES
    if is_extreme and (axis is not None or (is_library and _has_axis(args))):
        axis = axis or args.pop()
        function = EXTREMES[function]
        if not parser.has_axes(args[0]):
            word = f"{'maximum' if function == 'largest' else 'minimum'}"
            raise Unreadable_(
                f"'{token.text}' looks along an axis here, of an array.", token.start,
                f"Of two numbers take np.{word}(a, b).",
            )  # fmt: skip
    if function in OF_A_SAMPLE and _is_of_a_sample(keywords, token):
        function = OF_A_SAMPLE[function]
    if "ord" in keywords:
        args = [*args, keywords["ord"]]
    if axis is None:
        return function, args
    if function not in ALONG_AN_AXIS and function not in OF_A_SAMPLE.values():
        raise Unreadable_(f"'{token.text}' is not read along an axis.", token.start)
    return function, [*args, axis]


def is_array(parser: Parser, tree: Node) -> bool:
    """Whether a value has axes, by shapes where they are known."""
    shape = infer_shape(tree, parser.symbols)
    return parser.has_axes(tree) if shape is None else bool(shape)


def multiply_entries(parser: Parser, left: Node, right: Node, start: int) -> Node:
    """`A * B` in code; arrays of unlike shapes, which NumPy stretches, are refused, not wrong."""
    shapes = [infer_shape(side, parser.symbols) for side in (left, right)]
    if None not in shapes and shapes[0] != shapes[1]:
        raise Unreadable_(
            "'*' between arrays of unlike shapes is not read.", right.start,
            "Write the product with '@', a vector that scales with 'diag'.",
        )  # fmt: skip
    return parser.node("hadamard", (left, right), None, start)


def raise_entries(parser: Parser, base: Node, exponent: Node, start: int) -> Node:
    """`A**2` of a matrix in code: every entry's square, and no product of matrices."""
    if exponent != number(2):
        raise Unreadable_(
            "In code '**' raises every entry of a matrix.", start,
            "Write the product with '@', the inverse with 'inv'.",
        )  # fmt: skip
    return parser.node("hadamard", (base, base), None, start)


def _has_axis(args: list[Node]) -> bool:
    last = args[-1]
    is_whole = last.op == "number" or (last.op == "neg" and last.args[0].op == "number")
    return len(args) == 2 and is_whole


def _is_of_a_sample(keywords: Mapping[str, Node], token: Token) -> bool:
    """Torch divides by n - 1 unless told not to, NumPy by n."""
    if "unbiased" in keywords:
        return keywords["unbiased"].value in ("True", 1)
    less = keywords.get("correction") or keywords.get("ddof")
    if less is not None:
        return less == number(1)
    return token.module == "torch"


def _call(function: str, *args: Node) -> Node:
    return Node("call", args, function, args[0].start, args[-1].end)


SHORTHANDS: dict[str, Callable[..., Node]] = {
    "logaddexp": lambda a, b: _call("log", Node("add", (_call("exp", a), _call("exp", b)))),
    "solved": lambda a, b: Node("matmul", (_call("inverse", a), b), None, a.start, b.end),
    "truncated": lambda a: Node("mul", (_call("sign", a), _call("floor", _call("abs", a)))),
}
"""Functions that are others put together."""
