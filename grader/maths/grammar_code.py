"""NumPy and Torch as they are typed: keywords, axes, what a library means by a name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from grader.maths.shapes import ALONG, infer_shape
from grader.maths.tokens import Token, Unreadable_
from grader.maths.tree import Node, number, walk

if TYPE_CHECKING:
    from grader.maths.grammar import Parser

MODULE = r"\b(?:np|numpy|jnp|torch|scipy|special|linalg|jax|nn|F|math)\s*\.\s*[A-Za-z]"
CALLS = (
    rf"{MODULE}|\.(?:shape|size)\b|(?:\b[^\W\d]\w*|[)\]])\.[A-Za-z_]\w*\(|\b(?:len|reshape)\("
    r"|\[\s*:\s*,|,\s*:\s*[,\]]|\[[^\[\]]*\b(?:None|newaxis)\b|\b(?:axis|dim|keepdims?)\s*=[^=]"
)
CODE = re.compile(rf"@|\.m?T\b|(?<=\w)\[-\d+\]|{CALLS}")
"""Marks of code, in which `*` and `**` go entry by entry."""
LIBRARY = re.compile(CALLS)
"""Marks of a library, in which one axis is neither column nor row."""
KEYWORDS = ("axis", "dim", "keepdims", "keepdim", "evaluate", "ord", "unbiased", "correction",
            "ddof")  # fmt: skip
KEYWORDS_OF_CODE = {"min": "min", "max": "max", "a_min": "min", "a_max": "max", "p": "ord",
                    "reduction": "reduction", "negative_slope": "slope"}  # fmt: skip
"""Further ones, which elsewhere are names."""
EXTREMES = {"max": "largest", "min": "smallest"}
OF_A_SAMPLE = {"variance": "sample_variance", "deviation": "sample_deviation"}
ARRAYS = ("np", "numpy", "jnp", "torch", "linalg", "jax", "scipy", "special", "F", "nn",
          "functional")  # fmt: skip
TORCH = ("torch", "F", "nn", "functional")
TEXT = "string"
"""A node for words in quotes and for None: arguments of calls, and nothing else."""


def parse_keyword(parser: Parser) -> tuple[str, Node] | None:
    """`axis=0`, where one stands here; False, True and None are names."""
    word = parser.token.text
    if parser.peek().text != "=" or not (
        word in KEYWORDS or (parser.is_code and word in KEYWORDS_OF_CODE)
    ):
        return None
    parser.position += 2
    meant = {"dim": "axis", "keepdim": "keepdims"}.get(word, KEYWORDS_OF_CODE.get(word, word))
    return meant, parse_argument(parser)


def parse_argument(parser: Parser) -> Node:
    """One argument: a formula, words in quotes, None."""
    token = parser.token
    is_none = parser.is_code and token.kind == "name" and token.text == "None"
    if token.kind == TEXT or is_none:
        parser.advance()
        return parser.node(TEXT, (), token.text, token.start)
    return parser.parse_expression()


def finish_in_code(
    parser: Parser, function: str, args: list[Node], keywords: Mapping[str, Node], token: Token
) -> Node:
    """A call as its library means it."""
    from grader.maths.grammar_extremes import check_single
    from grader.maths.grammar_library import BUILDERS, is_words

    given = {word: value for word, value in keywords.items() if not is_words(value, "None")}
    if (build := BUILDERS.get(function)) is not None:
        node = build(parser, args, given, token)
    else:
        kept = given.pop("keepdims", None)
        meant, args = settle_call(parser, function, args, given, token)
        check_single(parser, meant, args, token)
        node = parser.finish_call(meant, args, token, token.start)
        if kept is not None and _is_true(kept) and len(args) == 2 and meant in ALONG:
            node = parser.node("call", (node, args[1]), "kept", token.start)
        elif kept is not None and _is_true(kept) and meant not in ALONG:
            raise Unreadable_(f"'{token.text}' keeps no axis.", token.start)
    if any(one.op == TEXT for one in walk(node)):
        raise Unreadable_("Words in quotes are not read here.", token.start)
    return node


def _is_true(value: Node) -> bool:
    return str(value.value) in ("True", "1")


def settle_call(
    parser: Parser, function: str, args: list[Node], keywords: Mapping[str, Node], token: Token
) -> tuple[str, list[Node]]:
    """What a library means by a call: the function, and its arguments with the axis behind."""
    unknown = keywords.keys() - {"axis", "ord", *OF_SPREAD, "evaluate"}
    if unknown:
        raise Unreadable_(f"'{token.text}' is not read with '{min(unknown)}='.", token.start)
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
    if function in OF_A_SAMPLE and _is_of_a_sample(parser, keywords, token):
        function = OF_A_SAMPLE[function]
    elif function not in OF_A_SAMPLE and keywords.keys() & OF_SPREAD:
        raise Unreadable_(f"'{token.text}' is not read with these arguments.", token.start)
    if "ord" in keywords:
        if function != "norm":
            raise Unreadable_(f"'{token.text}' has no order.", token.start)
        args = [*args, keywords["ord"]]
    if axis is not None and axis.op in ("tuple", "list"):
        _check_all_axes(parser, args[0], axis)
        axis = None
    if axis is None:
        return function, args
    if function not in {*ALONG, "softmax"}:
        raise Unreadable_(f"'{token.text}' is not read along an axis.", token.start)
    return function, [*args, axis]


OF_SPREAD = {"unbiased", "correction", "ddof"}


def _check_all_axes(parser: Parser, array: Node, axes: Node) -> None:
    """`axis=(0, 1)` of a matrix is every entry.

    Errors   Unreadable_ for some axes of several.
    """
    shape = infer_shape(array, parser.symbols)
    if shape is None or len(shape) != len(axes.args):
        raise Unreadable_("Several axes at once are not read.", axes.start)


def is_array(parser: Parser, tree: Node) -> bool:
    """Whether a value has axes, by shapes where they are known."""
    shape = infer_shape(tree, parser.symbols)
    return parser.has_axes(tree) if shape is None else bool(shape)


def raise_entries(parser: Parser, base: Node, exponent: Node, start: int) -> Node:
    """`A**2` in code: every entry's square, and no product of matrices."""
    shape = infer_shape(base, parser.symbols)
    if not parser.has_axes(base) or (shape is not None and len(shape) < 2):
        return parser.node("pow", (base, exponent), None, start)
    if exponent == number(2):
        return parser.node("hadamard", (base, base), None, start)
    return parser.node("call", (base, exponent), "entry_power", start)


def _has_axis(args: list[Node]) -> bool:
    last = args[-1]
    is_whole = last.op == "number" or (last.op == "neg" and last.args[0].op == "number")
    return len(args) == 2 and is_whole


def _is_of_a_sample(parser: Parser, keywords: Mapping[str, Node], token: Token) -> bool:
    """Torch divides by n - 1 unless told not to, NumPy by n."""
    if "unbiased" in keywords:
        return keywords["unbiased"].value in ("True", 1)
    less = keywords.get("correction") or keywords.get("ddof")
    if less is not None:
        if less not in (number(0), number(1)):
            raise Unreadable_(f"'{token.text}' is read with 0 or 1 taken off.", token.start)
        return less == number(1)
    is_torch = any(one.module in TORCH or one.text == "dim" for one in parser.tokens)
    return token.module in TORCH or (token.module == "np" and token.text != "np" and is_torch)


def _call(function: str, *args: Node) -> Node:
    return Node("call", args, function, args[0].start, args[-1].end)


SHORTHANDS: dict[str, Callable[..., Node]] = {
    "logaddexp": lambda a, b: _call("log", Node("add", (_call("exp", a), _call("exp", b)))),
    "solved": lambda a, b: Node("matmul", (_call("inverse", a), b), None, a.start, b.end),
    "truncated": lambda a: Node("mul", (_call("sign", a), _call("floor", _call("abs", a)))),
    "rsqrt": lambda a: Node("div", (number(1), _call("sqrt", a))),
}
"""Functions that are others put together."""
