"""Derivations: lines cut into steps, each step judged on its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from grader.maths.answers import DISPLAY, ENVIRONMENT, INSIDE
from grader.maths.bounds import MAX_CHARACTERS
from grader.maths.read import LATEX, read
from grader.maths.tree import Formula, Node, Unreadable
from grader.spec.models import Symbol

LINKS = (
    ("\\Leftrightarrow", "⇔"), ("\\Longleftrightarrow", "⇔"), ("\\iff", "⇔"), ("<=>", "⇔"),
    ("⇔", "⇔"), ("⟺", "⇔"), ("\\Rightarrow", "⇒"), ("\\Longrightarrow", "⇒"),
    ("\\implies", "⇒"), ("=>", "⇒"), ("⇒", "⇒"), ("⟹", "⇒"), ("->", "⇒"), ("\\to", "⇒"),
    ("→", "⇒"),
)  # fmt: skip
RELATIONS = (
    ("\\approx", "≈"), ("≈", "≈"), ("~=", "≈"), ("\\leqslant", "<="), ("\\leq", "<="),
    ("\\le", "<="), ("≤", "<="), ("<=", "<="), ("\\geqslant", ">="), ("\\geq", ">="),
    ("\\ge", ">="), ("≥", ">="), (">=", ">="), ("\\propto", "∝"), ("∝", "∝"), ("\\equiv", "="),
    ("\\stackrel{!}{=}", "="), (":=", "="), ("==", "="), ("=", "="), ("\\lt", "<"),
    ("\\gt", ">"), ("<", "<"), (">", ">"),
)  # fmt: skip
COMMENT = re.compile(
    r"(?:\\quad|\\qquad|\s{2,}|,?\s*)\s*(?:\\text(?:rm|it)?\{[^{}]*\}|\((?:by|using|since|because|as"
    r"|def|with|from)\b[^()]*\)|(?:\bby\b|\bsince\b|\bbecause\b|\bwhere\b)[^$]*"
    r"|\[[A-Za-z]{2,}[A-Za-z ,]*\]|#.*|//\s.*)\s*$"
)
PROSE = re.compile(
    r"^\s*(?:[A-Z][a-z]+|so|then|hence|thus|we|now|which|and|therefore)\b[\w\s,']*[:,]?\s*"
)


STATEMENTS = ("compare", "and", "or")


CONCLUDING = re.compile(
    r"[,;.]\s*(?:and\s+)?(?:so|hence|thus|therefore|then|which\s+gives|giving|i\.e\.)\b,?\s*(?=[^\s])"
)
"""Words between two statements on one line."""
OVER_SIGN = re.compile(
    r"\\(?:overset|stackrel|underset)\s*\{(?:[^{}]|\{[^{}]*\})*\}\s*"
    r"\{\s*(=|<|>|\\approx|\\leq?|\\geq?|\\propto)\s*\}"
)
END_OF_PROOF = re.compile(r"[∎□■◻◼]|\\(?:blacksquare|square|qed|Box|qedhere)\b|\bQ\.?E\.?D\.?\s*$")
DISPLAY_LINE = re.compile(r"^\s*(?:\\[\[\]]|\$\$)\s*$", re.MULTILINE)


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
    label. Where an equation is to be arrived at (`solves`), each line that is an equation
    follows from the one before.
    """
    lines = _cut_lines(_plain_marks(text))
    is_latex = any(LATEX.search(line) for _, line in lines)
    reader = _Reader(symbols, definitions or {}, is_latex, text, solves)
    stripped = [
        (number, clause)
        for number, line in lines
        for clause in CONCLUDING.split(_strip_comment(line))
        if clause.strip()
    ]
    for position, (number, line) in enumerate(stripped):
        following = stripped[position + 1][1] if position + 1 < len(stripped) else ""
        problem = reader.read_line(number, line, following)
        if problem is not None:
            return problem
    if not reader.sides:
        return Unreadable("There is no derivation here.", 1, reader.prose or text)
    return Derivation(tuple(reader.sides), tuple(reader.steps))


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

    def read_line(self, number: int, line: str, following: str) -> Unreadable | None:
        """One line; the line after it says whether this one is a statement to conclude from."""
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
            problem = self._read_chain(number, piece, is_new=bool(link) or position > 0)
            if problem is not None:
                return problem
        return None

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

    def _read_chain(self, number: int, line: str, *, is_new: bool) -> Unreadable | None:
        """`a = b ≤ c`, going on from the line before where it starts with a relation."""
        pieces = cut_relations(line)
        previous = self.sides[-1] if self.sides and not is_new else None
        if previous is not None and previous.tree.op in STATEMENTS:
            previous = None
        for position, (relation, piece) in enumerate(pieces):
            if not piece.strip(" $.,;"):
                continue
            found = _read_side(piece, self.symbols, self.is_latex)
            if isinstance(found, Unreadable):
                is_first = position == 0 and not relation
                if is_first and len(pieces) > 1 and _is_label(piece):
                    previous = None
                    continue
                if is_first and len(pieces) == 1 and _is_prose(piece):
                    self.prose = self.prose or piece
                    continue
                column = max(self.text.find(piece.strip()[:30]), 0) + found.column
                return Unreadable(
                    f"Line {number}: {found.message}", column, self.text, found.suggestion
                )
            side = self._side(found, number, piece)
            claimed = relation or ("=" if len(pieces) == 1 and not is_new else "")
            if claimed and previous is not None:
                self.steps.append(Step(previous, claimed, side))
            self.sides.append(side)
            previous = side
        return None

    def _side(self, found: Formula, number: int, piece: str) -> Side:
        tree = define(found.tree, self.definitions)
        other = define(found.other, self.definitions) if found.other else None
        return Side(Formula(tree, piece.strip(), other), number, piece.strip().strip("$ .,;"))


def define(tree: Node, definitions: Mapping[str, Node]) -> Node:
    """Replace defined names by what they stand for; definitions may use earlier ones."""
    from grader.maths.tree import substitute

    for _ in range(len(definitions) + 1):
        replaced = substitute(tree, dict(definitions))
        if replaced == tree:
            break
        tree = replaced
    return tree


def _plain_marks(text: str) -> str:
    """Signs with reasons above them as plain signs; marks of a proof's end dropped."""
    text = OVER_SIGN.sub(r" \1 ", text.replace("\r\n", "\n"))
    return DISPLAY_LINE.sub("", END_OF_PROOF.sub(" ", text))


def _cut_lines(text: str) -> list[tuple[int, str]]:
    """Lines of maths, numbered; rows of an environment are lines of their own."""
    text = text.replace("\r\n", "\n")
    text = re.sub(r"```\w*", "", text)
    lines = [
        (number, row)
        for number, line in enumerate(text.split("\n"), start=1)
        for row in _cut_rows(ENVIRONMENT.sub(" ", line))
        if row.strip(" $&")
    ]
    return _join_environments(lines)


def _cut_rows(line: str) -> list[str]:
    """Cut at `\\\\` outside inner environments."""
    rows, level, start, position = [], 0, 0, 0
    while position < len(line):
        if match := INSIDE.match(line, position):
            level += 1 if match.group(1) == "begin" else -1
            position = match.end()
        elif level == 0 and line.startswith("\\\\", position):
            rows.append(line[start:position])
            position = start = position + 2
        else:
            position += 1
    return [*rows, line[start:]]


def _join_environments(lines: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """An inner environment (cases, a matrix) that spans lines is one line."""
    joined: list[tuple[int, str]] = []
    level = 0
    for number, line in lines:
        if level > 0:
            joined[-1] = (joined[-1][0], joined[-1][1] + " " + line)
        else:
            joined.append((number, line))
        level += len(re.findall(r"\\begin\{", line)) - len(re.findall(r"\\end\{", line))
    return joined


def _strip_comment(line: str) -> str:
    """Reasons at the end of a line are for people."""
    if len(line) > MAX_CHARACTERS:
        # It is refused as too long when it is read; looking for displays takes its square.
        return line
    stripped = COMMENT.sub("", line)
    if not stripped.strip(" $&=") and "=" not in stripped:
        stripped = line
    displays = [next(filter(None, found.groups()), "") for found in DISPLAY.finditer(stripped)]
    outside = DISPLAY.sub("", stripped)
    if displays and not re.search(r"[=≤≥<>≈∝]", outside):
        # Maths inside a sentence, or a display.
        stripped = " ".join(displays)
    stripped = re.sub(r"^\s*(?:[-*•]|\d+[.)])\s+", "", stripped)
    return re.sub(r"\\(?:label|tag)\{[^}]*\}|\\nonumber|\\notag", "", stripped)


def cut_relations(line: str) -> list[tuple[str, str]]:
    """The sides of one line, each with the relation before it (empty for the first)."""
    pieces: list[tuple[str, str]] = []
    characters = list(line)
    relation, start, level, position = "", 0, 0, 0
    while position < len(line):
        if match := INSIDE.match(line, position):
            level += 1 if match.group(1) == "begin" else -1
            position = match.end()
            continue
        character = line[position]
        if line.startswith(("\\{", "\\}", "\\left", "\\right"), position):
            if (
                line.startswith("\\left", position)
                and not line[position + 5 : position + 6].isalpha()
            ):
                position += 5
                continue
            if (
                line.startswith("\\right", position)
                and not line[position + 6 : position + 7].isalpha()
            ):
                position += 6
                continue
        if character in "([{":
            level += 1
        elif character in ")]}":
            level = max(0, level - 1)
        elif level == 0:
            if character == "&":
                characters[position] = " "
            found = _sign_at(line, position)
            if found is not None:
                sign, width = found
                pieces.append((relation, "".join(characters[start:position])))
                relation, position = sign, position + width
                start = position
                continue
        position += 1
    pieces.append((relation, "".join(characters[start:])))
    return [piece for piece in pieces if piece[0] or piece[1].strip(" $")]


def cut_links(line: str) -> list[tuple[str, str]]:
    """The statements of one line, each with the ⇒ or ⇔ before it (empty for the first)."""
    pieces: list[tuple[str, str]] = []
    link, start, position = "", 0, 0
    while position < len(line):
        found = _sign_at(line, position, LINKS)
        if found is not None:
            if line[start:position].strip(" $&") or link:
                pieces.append((link, line[start:position]))
            link, width = found
            position = start = position + width
            continue
        position += 1
    pieces.append((link, line[start:]))
    return pieces


def _sign_at(
    line: str, position: int, table: tuple[tuple[str, str], ...] = RELATIONS
) -> tuple[str, int] | None:
    for spelling, meaning in table:
        if line.startswith(spelling, position):
            following = line[position + len(spelling) : position + len(spelling) + 1]
            if spelling[0] == "\\" and spelling[-1].isalpha() and following.isalpha():
                continue
            return meaning, len(spelling)
    return None


def _read_side(piece: str, symbols: Mapping[str, Symbol], is_latex: bool) -> Formula | Unreadable:
    text = piece.strip().strip("$").strip().rstrip(".,;").strip()
    found = read(text, symbols, notation="latex" if is_latex else "plain")
    if isinstance(found, Unreadable):
        words = PROSE.match(text)
        if words and words.end() < len(text):
            second = read(text[words.end() :], symbols, notation="latex" if is_latex else "plain")
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
    return len(words) >= 2
