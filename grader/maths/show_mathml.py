"""A tree as presentation MathML, for a browser; every name is escaped."""

from __future__ import annotations

from fractions import Fraction
from html import escape

from grader.maths.names import GREEK
from grader.maths.show import BINDING, SHOWN_FUNCTIONS, SHOWN_RELATIONS, number_text
from grader.maths.tree import PICKED, SUBSCRIPT, Formula, Node, as_written


def show_mathml(formula: Formula | Node) -> str:
    """Presentation MathML, for a browser; every name is escaped."""
    tree = formula.tree if isinstance(formula, Formula) else formula
    return f'<math xmlns="http://www.w3.org/1998/Math/MathML">{_ml(tree)}</math>'


def _row(*pieces: str) -> str:
    return "<mrow>" + "".join(pieces) + "</mrow>"


def _sign(sign: str) -> str:
    return f"<mo>{escape(sign)}</mo>"


def _name_ml(spelling: str) -> str:
    primes = len(spelling) - len(spelling.rstrip("'"))
    stem, _, below = spelling.rstrip("'").partition("_")
    shown = f"<mi>{escape(GREEK.get(stem, stem))}</mi>"
    if below:
        shown = f"<msub>{shown}<mi>{escape(below)}</mi></msub>"
    if primes:
        shown = f"<msup>{shown}<mo>{'′' * primes}</mo></msup>"
    return shown


def _ml_wrap(node: Node, least: int) -> str:
    inner = _ml(node)
    if BINDING.get(node.op, 9) < least:
        return _row(_sign("("), inner, _sign(")"))
    return inner


def _list_ml(nodes: tuple[Node, ...]) -> str:
    pieces = []
    for position, node in enumerate(nodes):
        pieces.append((_sign(",") if position else "") + _ml(node))
    return "".join(pieces)


def _ml(node: Node) -> str:
    op, args = node.op, node.args
    if op == "number":
        value = node.value
        if isinstance(value, Fraction) and "/" in number_text(value):
            return f"<mfrac><mn>{value.numerator}</mn><mn>{value.denominator}</mn></mfrac>"
        return (
            f"<mn>{escape(number_text(value) if isinstance(value, Fraction) else str(value))}</mn>"
        )
    if op == "name":
        return _name_ml(str(node.value))
    if op == "add":
        pieces = [_ml_wrap(args[0], 2)]
        for term in args[1:]:
            minus = term.op == "neg"
            pieces.append(_sign("−" if minus else "+"))
            pieces.append(_ml_wrap(term.args[0], 4) if minus else _ml_wrap(term, 3))
        return _row(*pieces)
    if op == "neg":
        return _row(_sign("−"), _ml_wrap(args[0], 4))
    if op == "mul":
        first, *rest = args
        factors = [_ml_wrap(first, 4)]
        factors += [_ml_wrap(each, 5 if each.op in ("hadamard", "matmul") else 4) for each in rest]
        return _row(_sign("·").join(factors))
    if op == "div":
        return f"<mfrac>{_ml(args[0])}{_ml(args[1])}</mfrac>"
    if op == "pow":
        return f"<msup>{_ml_wrap(args[0], 7)}{_ml(args[1])}</msup>"
    if op == "transpose":
        return f"<msup>{_ml_wrap(args[0], 7)}<mo>⊤</mo></msup>"
    if op in ("sum", "prod"):
        under = _row(_name_ml(str(node.value)), _sign("="), _ml(args[1]))
        sign = _sign("∑" if op == "sum" else "∏")
        return _row(f"<munderover>{sign}{under}{_ml(args[2])}</munderover>", _ml_wrap(args[0], 4))
    if op == "index":
        is_subscript = node.mark == SUBSCRIPT
        indices = tuple(as_written(one) if is_subscript else one for one in args[1:])
        return f"<msub>{_ml_wrap(args[0], 7)}{_row(_list_ml(indices))}</msub>"
    if op == "apply":
        return _row(_name_ml(str(node.value)), _sign("("), _list_ml(args), _sign(")"))
    if op == "axes":
        picked = iter(args[1:])
        kinds = node.value if isinstance(node.value, tuple) else ()
        shown = (
            _ml(next(picked)) if kind == PICKED else f"<mtext>{(':', 'None')[kind]}</mtext>"
            for kind in kinds
        )
        return f"<msub>{_ml_wrap(args[0], 7)}{_row(_sign(',').join(shown))}</msub>"
    if op == "call":
        return _call_ml(node)
    if op == "expectation":
        return _row("<mi>𝔼</mi>", _sign("["), _list_ml(args), _sign("]"))
    if op == "compare":
        relation = SHOWN_RELATIONS.get(str(node.value), str(node.value))
        return _row(_ml_wrap(args[0], 2), _sign(relation), _ml_wrap(args[1], 2))
    if op == "piecewise":
        return _piecewise_ml(args)
    if op in ("tuple", "list", "set", "vector"):
        opener, closer = {"tuple": ("(", ")"), "set": ("{", "}")}.get(op, ("[", "]"))
        return _row(_sign(opener), _list_ml(args), _sign(closer))
    if op == "interval":
        return _row(_sign(str(node.value)[0]), _list_ml(args), _sign(str(node.value)[1]))
    signs = {
        "floordiv": "//",
        "mod": "mod",
        "hadamard": "⊙",
        "matmul": "",
        "and": "and",
        "or": "or",
        "union": "∪",
        "difference": "∖",
    }
    if op in signs:
        return _row(_sign(signs[op]).join(_ml_wrap(arg, 5) for arg in args))
    return _row(f"<mtext>{escape(op)}</mtext>", *(_ml(arg) for arg in args))


def _call_ml(node: Node) -> str:
    function, args = str(node.value), node.args
    if function in ("as_numpy", "kept"):
        return _ml(args[0])
    if function == "entry_power":
        return f"<msup>{_ml_wrap(args[0], 7)}{_row(_sign('⊙'), _ml(args[1]))}</msup>"
    around = {"abs": "||", "norm": "‖‖", "floor": "⌊⌋", "ceil": "⌈⌉"}.get(function)
    if around:
        inner = _row(_sign(around[0]), _ml(args[0]), _sign(around[1]))
        return f"<msub>{inner}{_ml(args[1])}</msub>" if len(args) == 2 else inner
    if function == "sqrt":
        return f"<msqrt>{_ml(args[0])}</msqrt>"
    if function == "exp":
        return f"<msup><mi>e</mi>{_ml(args[0])}</msup>"
    if function == "indicator":
        return _row("<mn>1</mn>", _sign("{"), _ml(args[0]), _sign("}"))
    shown = SHOWN_FUNCTIONS.get(function, function)
    return _row(f"<mi>{escape(shown)}</mi>", _sign("("), _list_ml(args), _sign(")"))


def _piecewise_ml(args: tuple[Node, ...]) -> str:
    rows = []
    for value, condition in zip(args[::2], args[1::2], strict=False):
        rows.append(f"<mtr><mtd>{_ml(value)}</mtd><mtd>{_ml(condition)}</mtd></mtr>")
    if len(args) % 2:
        rows.append(f"<mtr><mtd>{_ml(args[-1])}</mtd><mtd><mtext>otherwise</mtext></mtd></mtr>")
    return _row(_sign("{"), f"<mtable>{''.join(rows)}</mtable>")
