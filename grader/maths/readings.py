"""Other readings of an answer, tried where the first one is not the right answer.

Each is what people mean by the same signs: a wrong answer stays wrong under all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction

from grader.maths.shapes import infer_shape
from grader.maths.single_bars import bars_by_entry
from grader.maths.subscripts import count_from_one
from grader.maths.tree import ONES, Formula, Node, Unreadable, free_names, walk
from grader.spec.models import Symbol

DOUBTFUL = "right or wrong by how it is read: where an argument without brackets ends, say"


def other_readings(
    student: Formula, reference: Node, symbols: Mapping[str, Symbol]
) -> Iterator[tuple[Node, str]]:
    """Trees, and how each was read."""
    if student.other is not None:
        yield student.other, "read with the product as the denominator"
    if (decimal := _with_decimal_commas(student, reference, symbols)) is not None:
        yield decimal, "read with a decimal comma"
    if (sizes := _as_sizes(student, reference, symbols)) is not None:
        yield sizes, "read with × between the sizes of a list"
    if (euler := _with_euler(student, reference, symbols)) is not None:
        yield euler, "read with e as the number e"
    shifted = count_from_one(student.tree, reference, symbols)
    if shifted is not None:
        yield shifted, "read with subscripts from 1"
    bars = bars_by_entry(student)
    if bars is not None:
        yield bars, "read with |x| entry by entry"
    if (column := _as_column(student.tree, reference, symbols)) is not None:
        yield column, "read with the transposed list as the column"
    if not any(len(symbol.shape) > 0 for symbol in symbols.values()):
        return
    for tree in (student.tree, shifted):
        if tree is not None and (rows := _multiply_rows(tree, symbols)) != tree:
            yield rows, "read with x_i w as an inner product"
    ones = _spell_ones(student.tree, symbols)
    if ones != student.tree:
        yield ones, "read with a factor 1 as the column of ones"
    if (starred := _multiply_by_entry(student, symbols)) is not None:
        yield starred, "read with * entry by entry, as NumPy has it"


def _as_column(tree: Node, reference: Node, symbols: Mapping[str, Symbol]) -> Node | None:
    """`[a, b]^T` beside a vector: a column in the space of a row."""
    is_list = tree.op == "transpose" and tree.args[0].op in ("list", "tuple", "vector")
    if not is_list or any(arg.op in ("list", "tuple", "vector") for arg in tree.args[0].args):
        return None
    shape = infer_shape(reference, symbols)
    is_vector = reference.op in ("list", "tuple", "vector") or (shape and len(shape) == 1)
    return tree.args[0] if is_vector else None


DECIMAL_COMMA = re.compile(r"(?<![\d.,])(?:0,\d+|\d+,(?:\d{1,2}|\d{4,}))(?![\d.,])")
"""Three digits behind a comma may be thousands, unless a 0 stands before it."""
LISTS = ("tuple", "list", "vector")
SEVERAL = ("tuple", "list", "vector", "set", "interval", "union", "difference")


def _with_decimal_commas(
    student: Formula, reference: Node, symbols: Mapping[str, Symbol]
) -> Node | None:
    """`0,5 x` where one number is asked for; None where no comma can be a decimal point."""
    if student.tree.op != "tuple" or reference.op in SEVERAL:
        return None
    text = DECIMAL_COMMA.sub(lambda found: found.group().replace(",", "."), student.text)
    return _read_again(student, text, symbols)


TIMES = re.compile(r"×|\\times(?![a-zA-Z])")


def _as_sizes(student: Formula, reference: Node, symbols: Mapping[str, Symbol]) -> Node | None:
    """`B × T × d` where a list of as many is asked for; None where no × can be a comma."""
    crosses = len(TIMES.findall(student.text))
    if (
        reference.op not in LISTS
        or student.tree.op in SEVERAL
        or crosses != len(reference.args) - 1
    ):
        return None
    from grader.maths.read import read

    found = read(TIMES.sub(",", student.text), symbols)
    return found.tree if isinstance(found, Formula) and found.tree.op == "tuple" else None


THOUSANDS = re.compile(r"(?<![\d.])([1-9]\d{0,2}(?:,\d{3})+)(?![\d,])")


def with_thousands(
    student: Formula, reference: Node, symbols: Mapping[str, Symbol]
) -> tuple[Node, ...]:
    """`1,000 x` where one number is asked for: a thousand, or a one with three digits behind it."""
    if student.tree.op != "tuple" or reference.op in SEVERAL:
        return ()
    pieces = THOUSANDS.split(student.text)
    texts = (
        "".join(
            piece.replace(",", sign) if place % 2 else piece for place, piece in enumerate(pieces)
        )
        for sign in ("", ".")
    )
    found = (_read_again(student, text, symbols) for text in texts)
    return tuple(tree for tree in found if tree is not None)


POWER_OF_TEN = re.compile(r"(?<=\d)[eE](?=[+-]\d)")


def _with_euler(student: Formula, reference: Node, symbols: Mapping[str, Symbol]) -> Node | None:
    """`2e-3` beside a formula of e is no power of ten."""
    if "e" not in free_names(reference):
        return None
    return _read_again(student, POWER_OF_TEN.sub(" e ", student.text), symbols)


def _read_again(student: Formula, text: str, symbols: Mapping[str, Symbol]) -> Node | None:
    """Another spelling of the same answer, as long as it is one formula."""
    from grader.maths.read import read

    found = read(text, symbols) if text != student.text else None
    return found.tree if isinstance(found, Formula) and found.tree.op != "tuple" else None


def _multiply_rows(tree: Node, symbols: Mapping[str, Symbol]) -> Node:
    """`X_i w`: a row of a matrix times a column is a number."""
    args = tuple(_multiply_rows(arg, symbols) for arg in tree.args)
    tree = replace(tree, args=args) if args != tree.args else tree
    if tree.op != "mul":
        return tree
    factors: list[Node] = []
    for factor in tree.args:
        if factors and _is_row(factors[-1], symbols) and _is_column(factor, symbols):
            factors[-1] = Node("call", (factors[-1], factor), "dot", factor.start, factor.end)
        else:
            factors.append(factor)
    return factors[0] if len(factors) == 1 else replace(tree, args=tuple(factors))


def _is_row(tree: Node, symbols: Mapping[str, Symbol]) -> bool:
    shape = infer_shape(tree, symbols)
    return tree.op == "index" and shape is not None and len(shape) == 1


def _is_column(tree: Node, symbols: Mapping[str, Symbol]) -> bool:
    shape = infer_shape(tree, symbols)
    return shape is not None and len(shape) == 1


def _spell_ones(tree: Node, symbols: Mapping[str, Symbol]) -> Node:
    """`X 1`: nobody multiplies an array by the number 1, this is the column of ones."""
    args = tuple(_spell_ones(arg, symbols) for arg in tree.args)
    if tree.op in ("mul", "matmul") and any(infer_shape(arg, symbols) for arg in args):
        args = tuple(
            Node("name", (), ONES, arg.start, arg.end)
            if arg.op == "number" and arg.value == Fraction(1)
            else arg
            for arg in args
        )
    return replace(tree, args=args) if args != tree.args else tree


def _multiply_by_entry(student: Formula, symbols: Mapping[str, Symbol]) -> Node | None:
    """`A * B` of matrices as NumPy has it; None where no star stands between any."""
    from grader.maths.read import LATEX, read

    text = student.text.replace("**", "^")
    has_matrices = any(
        len(symbols[str(node.value)].shape) > 1
        for node in walk(student.tree)
        if node.op == "name" and str(node.value) in symbols
    )
    if "*" not in text or not has_matrices or LATEX.search(text):
        return None
    found = read(text.replace("*", " .* "), symbols)
    return None if isinstance(found, Unreadable) else found.tree
