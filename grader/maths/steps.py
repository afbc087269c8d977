"""Derivations: lines cut into steps, each step judged on its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from grader.maths.definitions import define
from grader.maths.derivation_lines import NAMING, cut_derivation, cut_links, cut_relations
from grader.maths.labels import label_key, names_a_function
from grader.maths.read import LATEX, read
from grader.maths.tree import Formula, Node, Unreadable
from grader.spec.models import Symbol

PROSE = re.compile(
    r"^\s*(?:[A-Z][a-z]+|so|then|hence|thus|we|now|which|and|therefore)\b[\w\s,']*[:,]?\s*"
)
MOST_WORDS = 12
REASON = re.compile(
    r"^\s*(?:using|since|because|recall|note|notice|observe|remember|where|here)\b(?:\s+that\b)?[\s:]*",
    re.IGNORECASE,
)
"""How a line starts that says why, beside the chain."""
SHORT_WORDS = frozenset(
    ("a", "an", "and", "as", "at", "be", "by", "do", "for", "if", "in", "is", "it", "me", "my",
     "no", "of", "on", "or", "so", "the", "to", "up", "us", "we")
)  # fmt: skip
"""English words that could be products of names."""
STATEMENTS = ("compare", "and", "or")


@dataclass(frozen=True, slots=True)
class Side:
    """One expression of a derivation, with its line."""

    formula: Formula
    line: int
    text: str

    @property
    def tree(self) -> Node:
        return self.formula.tree


@dataclass(frozen=True, slots=True)
class Step:
    """Two neighbours and what is claimed between them."""

    left: Side
    relation: str
    right: Side


@dataclass(frozen=True, slots=True)
class Derivation:
    """All sides in order, and the steps between them."""

    sides: tuple[Side, ...]
    steps: tuple[Step, ...]
    labelled: tuple[Side, ...] = ()
    """The sides right behind a label that stands for them."""
    unread: str = ""
    """The first line of words that hold a formula."""

    @property
    def is_labelled(self) -> bool:
        """Whether a label stands for what the first side follows from."""
        return any(side is self.sides[0] for side in self.labelled)

    @property
    def openings(self) -> list[Side]:
        """The sides that no step leads to."""
        followed = {id(step.right) for step in self.steps}
        formulas = [side for side in self.sides if side.tree.op not in STATEMENTS]
        return [side for side in formulas if id(side) not in followed]

    def cut_before(self, first: Side) -> Derivation:
        """What starts with a side: without the lines above it."""
        place = next(number for number, side in enumerate(self.sides) if side is first)
        kept = self.sides[place:]
        places = {id(side) for side in kept}
        steps = [one for one in self.steps if id(one.left) in places and id(one.right) in places]
        return replace(self, sides=kept, steps=tuple(steps))


def read_derivation(
    text: str,
    symbols: Mapping[str, Symbol],
    definitions: Mapping[str, Node] | None = None,
    *,
    solves: bool = False,
) -> Derivation | Unreadable:
    """Cut a text into steps and read every side.

    A line that starts with a relation goes on from the line before; one without any relation
    is one more side of the same chain. A first side that is only a name nobody declared is a
    label: lines below the same label are sides of one chain. Where an equation is to be arrived
    at (`solves`), each line that is an equation follows from the one before.
    """
    lines = cut_derivation(text)
    is_latex = any(LATEX.search(line) for line in text.split("\n"))
    reader = _Reader(symbols, definitions or {}, is_latex, text, solves)
    for position, (number, line) in enumerate(lines):
        following = lines[position + 1][1] if position + 1 < len(lines) else ""
        problem = reader.read_line(number, line, following)
        if problem is not None:
            return problem
    if not reader.sides:
        return Unreadable("There is no derivation here.", 1, reader.prose or text)
    return Derivation(tuple(reader.sides), tuple(reader.steps), tuple(reader.behind), reader.unread)


class _Reader:
    """Sides and steps, line after line."""

    def __init__(
        self,
        symbols: Mapping[str, Symbol],
        definitions: Mapping[str, Node],
        is_latex: bool,
        text: str,
        solves: bool,
    ) -> None:
        self.solves = solves
        self.symbols = symbols
        self.definitions = definitions
        self.is_latex = is_latex
        self.text = text
        self.sides: list[Side] = []
        self.steps: list[Step] = []
        self.prose = ""
        self.unread = ""
        self.behind: list[Side] = []
        self.labelled: dict[str, tuple[str, Side]] = {}
        """The last side each label is known to be equal to, or stands in another relation to."""

    def read_line(self, number: int, line: str, following: str) -> Unreadable | None:
        """One line; the line after it says whether this one is a statement to conclude from."""
        reason = REASON.match(line)
        if reason is not None and "," not in line.rstrip(" ,"):
            self._read_reason(number, line, reason.end())
            return None
        statements = cut_links(line)
        concludes = len(statements) > 1 or bool(statements[0][0])
        is_premise = bool(cut_links(following)[0][0]) if following.strip() else False
        if self.solves and not concludes and not cut_relations(line)[0][0]:
            pieces = cut_relations(line)
            if len(pieces) > 1 and pieces[0][1].strip(" $"):
                link = "⇒" if self.sides and self.sides[-1].tree.op in STATEMENTS else ""
                if self._read_statements(number, [(link, line)]):
                    return None
        if (concludes or is_premise) and self._read_statements(number, statements):
            return None
        for position, (link, piece) in enumerate(statements):
            if link and not piece.strip():
                continue
            problem = self._read_chain(number, piece, link, is_new=bool(link) or position > 0)
            if problem is not None:
                return problem
        return None

    def _read_reason(self, number: int, line: str, start: int) -> None:
        """`Using a = b`: judged as any step, but the next line goes on from the one before it."""
        sides, steps = list(self.sides), list(self.steps)
        problem = self._read_chain(number, line[start:], "", is_new=True)
        self.sides = sides
        if problem is not None:
            self.steps = steps
            if holds_formula(line, self.symbols):
                self.unread = self.unread or f"line {number}: {line.strip()}"

    def _read_statements(self, number: int, statements: list[tuple[str, str]]) -> bool:
        """`a = b ⇒ c = d`; False where a piece is no statement by itself."""
        read_all: list[tuple[str, Side]] = []
        for link, piece in statements:
            if not piece.strip():
                continue
            found = _read_side(piece, self.symbols, self.is_latex)
            if isinstance(found, Unreadable) or found.tree.op not in STATEMENTS:
                return False
            read_all.append((link, self._side(found, number, piece)))
        if not read_all or (read_all[0][0] and not self.sides):
            return False
        if read_all[0][0] and self.sides[-1].tree.op not in STATEMENTS:
            return False
        for link, side in read_all:
            if link:
                self.steps.append(Step(self.sides[-1], link, side))
            self.sides.append(side)
        return True

    def _read_chain(self, number: int, line: str, link: str, *, is_new: bool) -> Unreadable | None:
        """`a = b ≤ c`, going on from the line before where it starts with a relation.

        A formula by itself behind an arrow goes on from the formula before it.
        """
        pieces = cut_relations(line)
        if link and len(pieces) == 1 and not pieces[0][0]:
            pieces, is_new = [(link, pieces[0][1])], False
        previous = self.sides[-1] if self.sides and not is_new else None
        if previous is not None and previous.tree.op in STATEMENTS:
            previous = None
        labels: list[str] = []
        is_leading = True
        for position, (relation, piece) in enumerate(pieces):
            if not piece.strip(" $.,;"):
                continue
            following = pieces[position + 1][0] if position + 1 < len(pieces) else ""
            is_leading = is_leading and (position == 0 or bool(labels))
            if is_leading and following and self._is_explicit_label(piece, following):
                labels.append(label_key(piece, self.symbols))
                continue
            found = self._recall(piece, "" if is_leading and following else relation)
            found = found or _read_side(piece, self.symbols, self.is_latex)
            if isinstance(found, Unreadable):
                if is_leading and following and _is_label(piece):
                    labels.append(label_key(piece, self.symbols))
                    continue
                if position == 0 and not relation and not following and _is_prose(piece):
                    self.prose = self.prose or piece
                    if holds_formula(piece, self.symbols):
                        self.unread = self.unread or f"line {number}: {piece.strip()}"
                    continue
                column = max(self.text.find(piece.strip()[:30]), 0) + found.column
                return Unreadable(
                    f"Line {number}: {found.message}", column, self.text, found.suggestion
                )
            if is_leading and following and self._is_new_name(found.tree):
                labels.append(label_key(piece, self.symbols))
                continue
            side = self._side(found, number, piece)
            claimed = relation or ("=" if len(pieces) == 1 and not is_new else "")
            if labels and is_leading:
                previous = self._find_labelled(labels, claimed)
                self.behind.append(side)
            is_leading = False
            claimed = "=" if claimed in NAMING else claimed
            if claimed and previous is not None:
                self.steps.append(Step(previous, claimed, side))
            self._label(labels, previous, relation, side)
            labels = []
            self.sides.append(side)
            previous = side
        return None

    def _is_explicit_label(self, piece: str, following: str) -> bool:
        """`w ← ...`, `A := ...`, `H(p) = ...`, not a name that the part defines."""
        name = piece.strip(" $&")
        if following in NAMING and name not in self.definitions:
            return True
        return names_a_function(piece, self.symbols)

    def _is_new_name(self, tree: Node) -> bool:
        """`e = x - y` with an e that nobody declared: the letter, and not the number."""
        return tree.op == "name" and str(tree.value) not in self.symbols

    def _recall(self, piece: str, relation: str) -> Formula | Unreadable | None:
        """`= e` below `e = x - y`: what the label by itself stands for."""
        known, side = self.labelled.get(label_key(piece, self.symbols), ("", None))
        if not relation or known != "=" or side is None:
            return None
        return side.formula

    def _find_labelled(self, labels: list[str], claimed: str) -> Side | None:
        """What the labels of a line were said to be equal to, or in the same relation to."""
        for label in labels:
            relation, side = self.labelled.get(label, ("", None))
            if side is not None and claimed != "←" and relation in ("=", claimed):
                return side
        return None

    def _label(self, labels: list[str], previous: Side | None, relation: str, side: Side) -> None:
        """Keep what stands for a label: the last side that is equal to it."""
        relation = "=" if relation == ":=" else relation
        for label in labels:
            if relation == "=" or self.labelled.get(label, ("",))[0] != "=":
                self.labelled[label] = (relation, side)
        for label, (known, last) in self.labelled.items():
            if relation == "=" and last is previous:
                self.labelled[label] = (known, side)

    def _side(self, found: Formula, number: int, piece: str) -> Side:
        tree = define(found.tree, self.definitions, self.symbols)
        other = define(found.other, self.definitions, self.symbols) if found.other else None
        readings = (*found.doubtful, found.as_numpy, found.as_products)
        doubtful = tuple(define(one, self.definitions, self.symbols) for one in readings if one)
        formula = Formula(tree, piece.strip(), other, doubtful)
        return Side(formula, number, piece.strip().strip("$ .,;"))


def _read_side(piece: str, symbols: Mapping[str, Symbol], is_latex: bool) -> Formula | Unreadable:
    text = piece.strip().strip("$").strip().rstrip(".,;").strip()
    found = read(text, symbols, notation="latex" if is_latex else "plain")
    if isinstance(found, Unreadable) and PROSE.match(text):
        # `So the gradient is 2x`: the first words behind which all is maths.
        for gap in list(re.finditer(r"[\s:,]+", text))[:MOST_WORDS]:
            second = read(text[gap.end() :], symbols, notation="latex" if is_latex else "plain")
            if isinstance(second, Formula):
                return second
    return found


def _is_label(piece: str) -> bool:
    """A side without arithmetic: a name, `f(x)`, a derivative, words."""
    bare = re.sub(
        r"\\frac|\\partial|\\mathrm|\\mathbf|\\text|\\hat|\\nabla|\\left|\\right", "", piece
    )
    bare = re.sub(r"_\{[^{}]*\}|\[[^\[\]]*\]|\([^()]*\)", "", bare)
    return not re.search(r"[+*·^√∑Σ]|(?<=[\w)}])\s*-", bare) and len(bare) < 60


def _is_prose(piece: str) -> bool:
    words = re.findall(r"(?<!\\)\b[A-Za-z]{2,}\b", piece)
    return len(words) >= 2 or re.fullmatch(r"\s*[A-Za-z]{4,}[\s.:,]*", piece) is not None


def holds_formula(words: str, symbols: Mapping[str, Symbol]) -> bool:
    """Whether a line of words holds more maths than a name: `5xy is obvious`, `by a = b`."""
    if re.search(r"[\w)\]}]\s*[\^*+=<>≤≥·∑√]\s*[\w(\\\\-]|\d[A-Za-z(]|[\w)]\s/\s[\w(]", words):
        return True
    names = {one for one in symbols if len(one) == 1}
    return any(
        len(word) > 1 and set(word) <= names and word.casefold() not in SHORT_WORDS
        for word in re.findall(r"[^\W\d_]+", words)
    )
