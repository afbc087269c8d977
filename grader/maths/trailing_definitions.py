"""`X^T S X where S = diag(s)`: names that an answer explains behind its formula, filled in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from grader.maths.definitions import define
from grader.maths.read import Notation, read
from grader.maths.shapes import infer_shape
from grader.maths.tree import Formula, Node, Unreadable, free_names, name, substitute
from grader.maths.vocabulary import FUNCTIONS
from grader.spec.models import Symbol

WORD = re.compile(
    r"(?:\\(?:text|textrm|textit|mathrm)\s*+\{\s*+,?\s*+(?:and\s++|here\s++)?(?P<dressed>where|with|for|using|at)\b[^{}]*\}"
    r"|(?<![\w\\])(?P<bare>where|with|using|at)(?![\w(]))(?:\s+we\s+(?:define|set|let|write))?\s*"
)
BETWEEN = re.compile(
    r"(?:[\s$]|\\(?:quad|qquad|[,;:!])|\\(?:text|textrm)\s*+\{\s*+,?\s*+(?:and|where|with)?\s*+,?\s*+\}|\band\b)*"
)
DEFINES = re.compile(r":=|≔|\\coloneqq(?![a-zA-Z])|\\triangleq(?![a-zA-Z])|(?<![<>!=:])=(?![=>])")
NOT_DECLARED = re.compile(r"'(?P<name>[^']+)' is not declared")
SIGMA = re.compile(r"\s*(?P<name>σ|\\sigma|sigma)\s*")
"""A deviation, where it is given a value; a function elsewhere."""
GIVES_REASON = re.compile(r"\s*+(?:since|because)\b", re.IGNORECASE)
"""How a text starts whose formula is the last one."""
CALLED = re.compile(r"(?:\\?[^\W\d_]+)'*\s*\([^()=]*\)")
MOST_DEFINITIONS = 8


@dataclass(frozen=True, slots=True)
class Explained:
    """The formula without what is said behind it, and the names explained there."""

    text: str
    symbols: Mapping[str, Symbol]
    definitions: Mapping[str, Node]
    claims: tuple[tuple[Formula, Formula], ...] = ()
    """What is said of names that mean something already: both sides should be equal."""

    def fill_in(self, formula: Formula) -> Formula:
        """The formula in declared names only."""
        if not self.definitions:
            return formula

        def fill(tree: Node | None) -> Node | None:
            return None if tree is None else define(tree, self.definitions, self.symbols)

        return replace(
            formula,
            tree=define(formula.tree, self.definitions, self.symbols),
            other=fill(formula.other),
            doubtful=tuple(define(o, self.definitions, self.symbols) for o in formula.doubtful),
            as_numpy=fill(formula.as_numpy),
            as_products=fill(formula.as_products),
        )


def cut_definitions(
    text: str, symbols: Mapping[str, Symbol], notation: Notation
) -> Explained | Unreadable | None:
    """Take the definitions behind a formula apart; None where there are none.

    Behind a word as `where` all of it has to be definitions; behind a comma each must define a
    name that the formula holds, else it is one more formula.
    """
    if not DEFINES.search(text) or GIVES_REASON.match(text):
        return None
    cuts = list(_cuts(text))
    commas = [cut for cut in cuts if not cut[2]][-MOST_DEFINITIONS:]
    words = [cut for cut in cuts if cut[2]][:MOST_DEFINITIONS]
    for place, end, is_word in sorted(commas + words):
        main, tail = text[:place], text[end:]
        if not main.strip(" $,;") or not DEFINES.search(tail):
            continue
        found = _read_all(main, tail, symbols, notation, is_word=is_word)
        if found is not None and (is_word or _are_used(found, notation)):
            return found
        if is_word and "for" not in text[place:end]:
            message = "What is defined behind the formula is not read; write it into the formula."
            return Unreadable(message, end + 1, text)
    return None


def _cuts(text: str) -> Iterator[tuple[int, int, bool]]:
    """Where what stands behind a formula may begin, and whether a word says so."""
    level = position = 0
    while position < len(text):
        character = text[position]
        if level == 0 and (found := WORD.match(text, position)):
            yield position, found.end(), True
            position = found.end()
            continue
        level += (character in "([{") - (character in ")]}" and level > 0)
        if level == 0 and character in ",;" and text[position - 1 : position] != "\\":
            yield position, position + 1, False
        position += 1


def _read_all(
    main: str, tail: str, symbols: Mapping[str, Symbol], notation: Notation, *, is_word: bool
) -> Explained | None:
    known, definitions = dict(symbols), dict[str, Node]()
    claims: list[tuple[Formula, Formula]] = []
    waiting = [_cut_definition(part) for part in _cut_parts(tail)]
    if None in waiting:
        # Before any of it is read: a long answer has many commas.
        return None
    main, waiting = _name_calls(main, waiting, symbols)
    called = {pair[0].partition("(")[0].strip() for pair in waiting if pair and "(" in pair[0]}
    if any(
        re.search(rf"(?<![\w\\]){re.escape(name)}\s*\(", main)
        for name in called - {*symbols, *FUNCTIONS, ""}
    ):
        # `H(p) + H(1 - p) where H(u) = ...`: a function is not filled in.
        return None
    if not waiting or len(waiting) > MOST_DEFINITIONS:
        return None
    while waiting:
        later: list[tuple[str, str] | None] = []
        for pair in waiting:
            if pair is None:
                return None
            right = read(pair[1], known, notation=notation)
            if isinstance(right, Unreadable):
                later.append(pair)
                continue
            given, value = _without_square(pair[0], right.tree)
            left = read(given, known, notation=notation)
            if isinstance(left, Formula):
                if not is_word or left.tree.op == "name":
                    return None
                claims.append((left, right))
                continue
            defined = _new_name(left, given, known, notation)
            if defined is None:
                return None
            tree = define(value, definitions, known)
            known[defined] = Symbol(shape=infer_shape(tree, symbols) or ())
            definitions[defined] = tree
        if len(later) == len(waiting):
            explained = [_read_notation(pair, known, notation) for pair in waiting if pair]
            if not is_word or None in explained:
                return None
            claims.extend(pair for pair in explained if pair)
            break
        waiting = later
    return Explained(
        re.sub(r"(?:[\s,;.]|\\(?:quad|qquad|[,;:!]))+$", "", main),
        known,
        definitions,
        tuple(claims),
    )


def _name_calls(
    main: str, pairs: list[tuple[str, str] | None], symbols: Mapping[str, Symbol]
) -> tuple[str, list[tuple[str, str] | None]]:
    """`H(p)/p where H(p) = ...`: what is defined as a call is one name, wherever it stands."""
    for place, pair in enumerate(pairs):
        left = pair[0].strip() if pair else ""
        word = re.split(r"['(\s]", left)[0].lstrip("\\")
        if not CALLED.fullmatch(left) or word in symbols or left not in main:
            continue
        fresh = f"Q_{{{90 + place}}}" if "\\" in main else f"Q_{90 + place}"
        main = main.replace(left, f"({fresh})")
        pairs = [
            other and (fresh if at == place else other[0], other[1].replace(left, f"({fresh})"))
            for at, other in enumerate(pairs)
        ]
    return main, pairs


def _cut_parts(tail: str) -> list[str]:
    """The definitions one by one."""
    parts, level, start = [], 0, 0
    position = 0
    while position < len(tail):
        character = tail[position]
        if level == 0 and (character in ",;" or tail.startswith(("\\text", " and "), position)):
            if character in ",;" and tail[position - 1 : position] == "\\":
                position += 1
                continue
            found = BETWEEN.match(tail, position + (character in ",;"))
            assert found is not None
            if character in ",;" or found.end() > position + 1:
                parts.append(tail[start:position])
                position = start = max(found.end(), position + 1)
                continue
        level += (character in "([{") - (character in ")]}" and level > 0)
        position += 1
    parts.append(tail[start:])
    return [part.strip(" $\n\t.") for part in parts if part.strip(" $\n\t.,;")]


def _cut_definition(part: str) -> tuple[str, str] | None:
    """The name and what it stands for; None where the part is no single equation."""
    pieces = _split(part)
    return (pieces[0], pieces[1]) if len(pieces) == 2 and all(map(str.strip, pieces)) else None


def _split(text: str) -> list[str]:
    """The sides of an equation; the `=` below a sum is none of it."""
    level, start, pieces = 0, 0, []
    for position, character in enumerate(text):
        level += (character in "([{") - (character in ")]}" and level > 0)
        if level == 0 and position >= start and (found := DEFINES.match(text, position)):
            pieces.append(text[start:position])
            start = found.end()
    return [*pieces, text[start:]]


SQUARE = re.compile(r"\s*(?P<name>\\?[^\W\d_]+(?:_(?:\w|\{\w+\}))?)\s*(?:\^\s*(?:2|\{2\})|²)\s*")


def _without_square(left: str, value: Node) -> tuple[str, Node]:
    """`σ² = v` defines σ as the root of v, which no answer holds but squared."""
    found = SQUARE.fullmatch(left)
    return (found["name"], Node("call", (value,), "sqrt")) if found else (left, value)


def _read_notation(
    pair: tuple[str, str], known: Mapping[str, Symbol], notation: Notation
) -> tuple[Formula, Formula] | None:
    """`where (u)_+ = max(0, u)`: a sign explained with a letter of its own, at a declared one."""
    unread = read(pair[0], known, notation=notation)
    numbers = (one for one, symbol in known.items() if not symbol.shape and not symbol.arguments)
    found = NOT_DECLARED.match(unread.message) if isinstance(unread, Unreadable) else None
    at = next(numbers, None)
    if found is None or at is None:
        return None
    symbols = {**known, found["name"]: Symbol()}
    left, right = (read(side, symbols, notation=notation) for side in pair)
    if isinstance(left, Unreadable) or isinstance(right, Unreadable) or left.tree.op == "name":
        return None
    trees = (substitute(side.tree, {found["name"]: name(at)}) for side in (left, right))
    first, second = (Formula(tree, side) for tree, side in zip(trees, pair, strict=True))
    return first, second


LEADING = re.compile(
    r"\A\s*+(?:(?:let|set|with|put|define|for|where|if we set)\b\s*+)?"
    r"(?P<definition>[^,;.=<>]{1,60}(?<![:!])=(?!=)[^,;=<>]{1,160}?)\s*+[,;.]\s*+"
    r"(?:so|then|hence|thus|therefore|and|we (?:get|have|find)|this gives)\b[:,]?\s+"
    r"(?P<rest>\S.*)\Z",
    re.IGNORECASE | re.DOTALL,
)


def put_behind(text: str) -> str | None:
    """`b = 1 - a, so m = b x` as `m = b x where b = 1 - a`; None where nothing is defined first."""
    found = LEADING.match(text)
    return f"{found['rest'].rstrip('. ')} where {found['definition']}" if found else None


def _new_name(
    unread: Unreadable, text: str, symbols: Mapping[str, Symbol], notation: Notation
) -> str | None:
    """The undeclared name that a left side is; None where it is anything else."""
    found = NOT_DECLARED.match(unread.message) or SIGMA.fullmatch(text)
    if found is None:
        return None
    again = read(text, {**symbols, found["name"]: Symbol()}, notation=notation)
    is_name = isinstance(again, Formula) and again.tree == Node("name", (), found["name"])
    return found["name"] if is_name else None


def _are_used(found: Explained, notation: Notation) -> bool:
    """Whether the formula before the definitions holds every name, or another definition does."""
    last = _split(found.text)[-1]
    main = read(last, found.symbols, notation=notation)
    if isinstance(main, Unreadable):
        return False
    held = free_names(main.tree)
    for tree in found.definitions.values():
        held |= free_names(tree)
    return not found.claims and set(found.definitions) <= held
