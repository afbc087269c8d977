"""Text to a formula, whole or not at all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from grader.maths import bounds
from grader.maths.grammar import Parser
from grader.maths.grammar_code import CODE, LIBRARY, TEXT
from grader.maths.subscripts import settle_literals
from grader.maths.tokens import Token, Unreadable_, tokenise
from grader.maths.tree import Formula, Node, Unreadable
from grader.spec.models import Symbol

Notation = Literal["auto", "plain", "latex"]
LATEX = re.compile(r"\\[a-zA-Z,;:!|{}]|\\\\|^\s*\$|\$\s*$")
FENCE = re.compile(r"^\s*(?:```[a-z]*\s*\n(.*?)\n\s*```|`([^`]*)`)\s*$", re.DOTALL)


def read(
    text: str, symbols: Mapping[str, Symbol], *, notation: Notation = "auto"
) -> Formula | Unreadable:
    """Read a closed form over the declared symbols; all of the text, or an error with its place.

    Cost     linear in the text, which is bounded; no name is looked up outside the tables.
    """
    if len(text) > bounds.MAX_CHARACTERS:
        return Unreadable(
            f"This is too long: {len(text)} characters, at most {bounds.MAX_CHARACTERS}.",
            1, text[:200],
        )  # fmt: skip
    if fenced := FENCE.match(text):
        text = fenced.group(1) or fenced.group(2) or ""
    is_latex = notation == "latex" or (notation == "auto" and LATEX.search(text) is not None)
    try:
        tokens = cut(text, is_latex)
        is_code = not is_latex and CODE.search(text) is not None
        parser = Parser(list(tokens), symbols, latex=is_latex, is_code=is_code)
        tree = settle_literals(check_size(parser.parse_all()), symbols)
        other = None
        if parser.was_ambiguous:
            second = Parser(
                list(tokens), symbols, latex=is_latex, wide_denominators=True, is_code=is_code
            )
            other = settle_literals(check_size(second.parse_all()), symbols)
        doubtful = _read_otherwise(parser, tokens, symbols, tree) if parser.open_extents else ()
        if is_latex:
            doubtful += _read_rows_as_columns(text, symbols)
        found = Formula(tree, text, other, doubtful)
        return _read_as_code(found, tokens, symbols) if is_code else found
    except Unreadable_ as problem:
        return Unreadable(
            problem.message, min(problem.position, len(text)) + 1, text, problem.suggestion
        )
    except (ArithmeticError, LookupError, ValueError):
        # A text that trips the grammar is no formula; nothing a student types may raise.
        return Unreadable("This cannot be read as a formula.", 1, text)
    except RecursionError:
        return Unreadable("This is nested too deeply to be read.", 1, text)


MOST_READINGS = 8
"""Of one text with functions that have no brackets: all of them alike, then one at a time."""


def _read_otherwise(
    first: Parser, tokens: list[Token], symbols: Mapping[str, Symbol], tree: Node
) -> tuple[Node, ...]:
    """What else the arguments of functions without brackets may be."""
    extents = {extent: None for found in first.open_extents.values() for extent in found}
    choices: list[tuple[str, dict[int, str]]] = [(extent, {}) for extent in extents]
    if len(first.open_extents) > 1:
        choices += [
            (first.extent, {place: extent})
            for place, found in first.open_extents.items()
            for extent in found
        ]
    readings: dict[Node, None] = {}
    for extent, extents_of in choices[:MOST_READINGS]:
        parser = Parser(
            list(tokens), symbols,
            latex=first.latex, extent=extent, extents=extents_of, is_code=first.is_code,
        )  # fmt: skip
        try:
            found = settle_literals(check_size(parser.parse_all()), symbols)
        except Unreadable_:
            continue
        if found != tree:
            readings.setdefault(found)
    return tuple(readings)


def _read_as_code(formula: Formula, tokens: list[Token], symbols: Mapping[str, Symbol]) -> Formula:
    """With what NumPy makes of it; where it has no other meaning, that is the formula."""
    from grader.maths.numpy_reading import as_numpy, is_certain, is_ill_shaped

    tree, text = formula.tree, formula.text
    products = None if "@" in text else _read_as_maths(tokens, symbols, tree)
    formula = replace(formula, as_products=products)
    code = as_numpy(tree, symbols)
    if code is None:
        return formula
    if is_ill_shaped(tree, symbols) and not is_ill_shaped(code, symbols):
        return replace(formula, tree=code)
    is_numpy = LIBRARY.search(text) is not None or is_certain(tree, symbols)
    return replace(formula, as_numpy=code, is_numpy=is_numpy)


def _read_as_maths(tokens: list[Token], symbols: Mapping[str, Symbol], tree: Node) -> Node | None:
    """`X.T * y` by somebody to whom `*` is a product of matrices."""
    try:
        found = settle_literals(check_size(Parser(list(tokens), symbols).parse_all()), symbols)
    except Unreadable_:
        return None
    return None if found == tree else found


def _read_rows_as_columns(text: str, symbols: Mapping[str, Symbol]) -> tuple[Node, ...]:
    r"""`X_{i,:}^\top v` by somebody to whom every row is a column."""
    from grader.maths.tokens_latex import ROW

    if not ROW.search(text):
        return ()
    found = read(ROW.sub(r"\g<index>}", text), symbols, notation="latex")
    return (found.tree,) if isinstance(found, Formula) else ()


def cut(text: str, is_latex: bool) -> list[Token]:
    """Tokens of either notation."""
    if is_latex:
        from grader.maths.tokens_latex import tokenise_latex

        return tokenise_latex(text)
    return tokenise(text)


def check_size(tree: Node) -> Node:
    """Refuse trees too large or too deep to work on."""
    level, nodes = [tree], 0
    for depth in range(4 * bounds.MAX_DEPTH):
        if not level:
            return tree
        nodes += len(level)
        if words := next((node for node in level if node.op == TEXT), None):
            raise Unreadable_("Words in quotes are not read here.", words.start)
        if nodes > bounds.MAX_NODES:
            raise Unreadable_("This is too large to be read.", tree.start)
        level = [child for node in level for child in node.args]
        del depth
    raise Unreadable_("This is nested too deeply to be read.", tree.start)
