"""A tree as people write it, on one line of Unicode."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from grader.maths.names import GREEK
from grader.maths.tree import PICKED, SUBSCRIPT, Formula, Node, as_written

Writer = Callable[[Node], str]
SUPER = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
SUB = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
BINDING = {"compare": 1, "and": 0, "or": 0, "not": 0, "piecewise": -1, "tuple": -2, "add": 2,
           "neg": 3, "sum": 3, "prod": 3, "mul": 4, "div": 4, "floordiv": 4, "mod": 4,
           "hadamard": 4, "matmul": 4, "pow": 6, "transpose": 6}  # fmt: skip
INNER = ("div", "floordiv", "mod", "neg", "hadamard", "matmul")
"""Behind another factor these keep their brackets: a·(b ⊙ c) is not (a·b) ⊙ c."""
SHOWN_RELATIONS = {"<=": "≤", ">=": "≥", "!=": "≠"}
SHOWN_FUNCTIONS = {"sigmoid": "σ", "asin": "arcsin", "acos": "arccos", "atan": "arctan",
                   "total": "sum", "multiplied": "prod", "trace": "tr"}  # fmt: skip


def show(formula: Formula | Node) -> str:
    """One line of Unicode that reads back as the same tree."""
    tree = formula.tree if isinstance(formula, Formula) else formula
    return _text(tree)


def show_name(spelling: str) -> str:
    """`W_c` as it is, `lambda` as λ, `x_1` as x₁."""
    primes = len(spelling) - len(spelling.rstrip("'"))
    stem, _, below = spelling.rstrip("'").partition("_")
    stem = GREEK.get(stem, stem)
    if below:
        stem += below.translate(SUB) if below.isdecimal() else f"_{below}"
    return stem + "′" * primes


def _wrap(node: Node, least: int) -> str:
    text = _text(node)
    return f"({text})" if BINDING.get(node.op, 9) < least else text


MOST_SHOWN = 16
"""Digits before a power of ten; longer numbers are fractions."""


def number_text(value: Fraction) -> str:
    """A decimal where it is short and exact, else a fraction."""
    if value.denominator == 1:
        return str(value.numerator)
    rest = value.denominator
    places = 0
    for prime in (2, 5):
        count = 0
        while rest % prime == 0:
            rest //= prime
            count += 1
        places = max(places, count)
    if rest == 1:
        digits = 0
        while (value * 10**digits).denominator != 1 and digits <= 12:
            digits += 1
        if digits <= 12:
            whole = abs(value * 10**digits).numerator
            text = str(whole).rjust(digits + 1, "0")
            return ("-" if value < 0 else "") + f"{text[:-digits]}.{text[-digits:]}"
        mantissa = str((value * 10**places).numerator)
        if len(mantissa) <= MOST_SHOWN:
            return f"{mantissa}e-{places}"
    return f"{value.numerator}/{value.denominator}"


def _text(node: Node) -> str:
    return WRITERS[node.op](node) if node.op in WRITERS else f"{node.op}(…)"


def _number(node: Node) -> str:
    value = node.value
    if not isinstance(value, Fraction):
        return str(value)
    text = number_text(value)
    return f"({text})" if "/" in text or "e" in text or text.startswith("-") else text


def _add(node: Node) -> str:
    pieces = [_wrap(node.args[0], 2)]
    for term in node.args[1:]:
        text = "-" + _wrap(term.args[0], 4) if term.op == "neg" else _wrap(term, 3)
        pieces.append(f" - {text[1:]}" if text.startswith("-") else f" + {text}")
    return "".join(pieces)


def _multiply(node: Node) -> str:
    pieces = []
    last = len(node.args) - 1
    for position, factor in enumerate(node.args):
        # What has no end of its own swallows the factors behind it.
        is_open = factor.op in ("sum", "prod") and position < last
        is_inner = position > 0 and factor.op in INNER
        text = _wrap(factor, 4 if position else 3)
        pieces.append(f"({_text(factor)})" if is_open or is_inner else text)
    return "·".join(pieces)


def _binary(sign: str) -> Writer:
    def write(node: Node) -> str:
        left, right = node.args
        open_left = left.op in ("sum", "prod")
        return f"{f'({_text(left)})' if open_left else _wrap(left, 3)}{sign}{_wrap(right, 5)}"

    return write


def _power(node: Node) -> str:
    base, exponent = node.args
    shown = _wrap(base, 7) if base.op in BINDING else _text(base)
    sign, size = ("-", exponent.args[0].value) if exponent.op == "neg" else ("", exponent.value)
    if isinstance(size, Fraction) and size.denominator == 1 and size >= 0:
        return shown + f"{sign}{size.numerator}".translate(SUPER)
    if exponent.op == "name":
        return f"{shown}^{_text(exponent)}"
    return f"{shown}^({_text(exponent)})"


def _call(node: Node) -> str:
    function, args = str(node.value), node.args
    if function in ("as_numpy", "kept"):
        return _text(args[0])
    if function == "entry_power":
        return f"{_wrap(args[0], 7)}**{_wrap(args[1], 6)}"
    if function == "abs":
        return f"|{_text(args[0])}|"
    if function == "norm":
        below = _text(args[1]) if len(args) == 2 else ""
        return f"‖{_text(args[0])}‖" + (
            f"_{below.translate(SUB) if below.isdecimal() else below}" if below else ""
        )
    if function == "floor":
        return f"⌊{_text(args[0])}⌋"
    if function == "ceil":
        return f"⌈{_text(args[0])}⌉"
    if function == "indicator":
        return f"1{{{_text(args[0])}}}"
    if function == "factorial":
        is_own = args[0].op == "call" and args[0].value == "factorial"
        return (f"({_text(args[0])})" if is_own else _wrap(args[0], 7)) + "!"
    if function == "sqrt":
        return f"√({_text(args[0])})"
    if function == "dot":
        return f"⟨{_text(args[0])}, {_text(args[1])}⟩"
    shown = SHOWN_FUNCTIONS.get(function, function)
    return f"{shown}({', '.join(_text(arg) for arg in args)})"


def axes_text(node: Node, write: Writer) -> str:
    """`:, None`, as between the brackets behind an array."""
    picked = iter(node.args[1:])
    kinds = node.value if isinstance(node.value, tuple) else ()
    return ", ".join(
        (":", "None")[kind] if kind != PICKED else write(next(picked)) for kind in kinds
    )


def _apply(node: Node) -> str:
    return f"{show_name(str(node.value))}({', '.join(_text(arg) for arg in node.args)})"


def _index(node: Node) -> str:
    array, *subscripts = node.args
    if node.mark == SUBSCRIPT:
        inside = ", ".join(_text(as_written(one)) for one in subscripts)
        return f"{_wrap(array, 7)}_{inside if inside.isalnum() else f'{{{inside}}}'}"
    return f"{_wrap(array, 7)}[{', '.join(_text(one) for one in subscripts)}]"


def _big(node: Node) -> str:
    body, low, high = node.args
    sign = "Σ" if node.op == "sum" else "Π"
    return (
        f"{sign}_{{{show_name(str(node.value))}={_text(low)}}}^{{{_text(high)}}} {_wrap(body, 4)}"
    )


def _compare(node: Node) -> str:
    left, right = node.args
    relation = SHOWN_RELATIONS.get(str(node.value), str(node.value))
    return f"{_wrap(left, 2)} {relation} {_wrap(right, 2)}"


def _piecewise(node: Node) -> str:
    pieces = [
        f"{_text(value)} if {_text(condition)}"
        for value, condition in zip(node.args[::2], node.args[1::2], strict=False)
    ]
    if len(node.args) % 2:
        return " else ".join([*pieces, _text(node.args[-1])])
    return " else ".join(pieces)


def _joined(opener: str, closer: str) -> Writer:
    def write(node: Node) -> str:
        return opener + ", ".join(_text(arg) for arg in node.args) + closer

    return write


WRITERS: dict[str, Writer] = {
    "number": _number, "name": lambda node: show_name(str(node.value)), "add": _add,
    "neg": lambda node: "-" + _wrap(node.args[0], 4), "mul": _multiply, "div": _binary("/"),
    "floordiv": _binary(" // "), "mod": _binary(" % "), "hadamard": _binary(" ⊙ "),
    "matmul": _binary(" @ "), "pow": _power, "call": _call, "apply": _apply, "index": _index,
    "sum": _big, "prod": _big, "compare": _compare, "piecewise": _piecewise,
    "transpose": lambda node: _wrap(node.args[0], 7) + "ᵀ",
    "and": lambda node: " and ".join(_wrap(arg, 1) for arg in node.args),
    "or": lambda node: " or ".join(_wrap(arg, 1) for arg in node.args),
    "difference": lambda node: " ∖ ".join(_wrap(arg, 1) for arg in node.args),
    "union": lambda node: " ∪ ".join(_wrap(arg, 1) for arg in node.args),
    "interval": lambda node: (
        f"{str(node.value)[0]}{', '.join(map(_text, node.args))}{str(node.value)[1]}"
    ),
    "not": lambda node: "not " + _wrap(node.args[0], 1),
    "tuple": _joined("(", ")"), "list": _joined("[", "]"), "set": _joined("{", "}"),
    "vector": _joined("[", "]"), "expectation": _joined("E[", "]"),
    "axes": lambda node: f"{_wrap(node.args[0], 7)}[{axes_text(node, _text)}]",
    "einsum": lambda node: f"einsum('{node.value}', {', '.join(_text(arg) for arg in node.args)})",
    "string": lambda node: f"'{node.value}'",
    "family": lambda node: f"{str(node.args[1].value).rstrip('0123456789').rstrip('_')}"
    f"[{_text(node.args[0])}]",
}  # fmt: skip
