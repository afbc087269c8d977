"""What a student wrote below a heading: labels, several sides, lines and prose around a formula."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

from grader.maths import bounds
from grader.maths.displays import find_displays
from grader.maths.labels import label_key, names_a_function, transforms_its_name
from grader.maths.memberships import (
    SETS,
    STATEMENTS,
    is_statement_of_numbers,
    join_statements,
)
from grader.maths.read import LATEX, Notation, read
from grader.maths.trailing_definitions import cut_definitions, put_behind
from grader.maths.tree import Formula, Node, Unreadable
from grader.maths.worded_cases import spell_cases
from grader.maths.words_beside import (
    find_unread,
    look_at_words,
    stands_in_maths,
    without_marks,
    without_prose,
)
from grader.spec.models import Symbol

ENVIRONMENT = re.compile(
    r"\\(?:begin|end)\{(?:align|aligned|equation|gather|gathered|split|eqnarray|displaymath)\*?\}(?:\[[a-z]\])?"
)
SIZE = r"(?:\d+|[^\W\d][\w']*)"
SEPARATOR = r"(?:×|(?<=[\d\s])[xX](?=[\d\s])|\*|,|\\times|·|⨯)"
SHAPE = re.compile(
    r"""\A\s*+[*_]*+(?:the\s++)?(?P<word>(?:its\s++)?(?:shape|size|dimensions?)\b)?[^\w(\[$\n]*+
        (?:is\b|of\b)?[:=\s*_$]*+
        [(\[{]?\s*+(?P<sizes>SIZE(?:\s*SEPARATOR\s*SIZE)+)(?:\s*+,)?+(?:\s*+[)\]}])?+
        [^\S\n]*+[*_$]*+(?:\s*+(?=[:;,.]|\Z|(?:and|with)\b|entr)|[^\S\n]*+(?=\n))
        (?P<after>[:;,.\n]|\Z|(?:\band\b|\bwith\b|\bentr))""".replace("SIZE", SIZE).replace(
        "SEPARATOR", SEPARATOR
    ),
    re.VERBOSE | re.IGNORECASE,
)
INSIDE = re.compile(r"\\(begin|end)\{\w+\*?\}")
BULLET = re.compile(r"(?:•\s+(?=\S)|\d+[.)]\s+)")
LEADS_IN = re.compile(
    r"\A(?P<dollars>\${0,2})\s*+(?:\\(?:Longr|R|r|longr)ightarrow(?![a-zA-Z])|\\implies(?![a-zA-Z])"
    r"|[⇒⟹→]|=>|->|return\b)\s*+(?=\S)"
)
"""An arrow, or a program's word, before what it leads to."""
WORD = re.compile(r"[A-Za-z]{3,}")
DASH = re.compile(r"-[ \t]+(?=\S)")
UPDATE = re.compile(r"\\(?:leftarrow|gets|coloneqq|triangleq)(?![a-zA-Z])|←|:=|≔")
"""Signs whose left side is given a value."""
BELONGS = re.compile(
    r"\A\s*+\$?\s*+(?P<name>\\?[^\W\d_]\w*)(?:_(?:\w|\{[^{}]*\}))?\s*(?:\\in(?![a-zA-Z])|∈)"
)
DERIVATIVE = re.compile(r"\Ad\w*/d\w+\Z")
DRESSED = ("$", "\\(", "**", "__")
LABEL_WORDS = re.compile(
    r"\A\s*+[-*•]?\s*+(?:the\s++)?(?:entry|entries|answer|solution|result|formula|value)\b"
    r"[^:=\n]{0,40}(?::|\bis\b)\s*",
    re.IGNORECASE,
)


PART_NUMBER = re.compile(
    r"\b(?:answer|solution|part|question|problem|exercise|no\.?|to|of)\s*\(?(?:\d{1,2}|[a-z])\b\)?",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Written:
    """A formula, with the other sides of the equation it stands in."""

    formula: Formula
    sides: tuple[Formula, ...] = ()
    """Earlier sides that could be read: they should all be equal to it."""
    claims: tuple[tuple[Formula, Formula], ...] = ()
    """What is said of it besides: both of a pair should be equal."""
    unread: str = ""
    """Words beside it that are not known for meaning nothing."""
    is_changed: bool = False
    """Whether they change what the formula says, as `not` or `half of`."""


def read_answer(
    text: str, symbols: Mapping[str, Symbol], *, is_statement: bool = False
) -> Written | Unreadable:
    """Read the formula an answer gives, whole, from under its label and its dress.

    The last side of the last equation counts. `dL/dw = ...` and `f'(x) = ...` are labels;
    only where an equation itself is asked for (`is_statement`), it is read as one.
    """
    if len(text) > bounds.MAX_CHARACTERS:
        failed = read(text, symbols)
        assert isinstance(failed, Unreadable)
        return failed
    first: Unreadable | None = None
    text = _drop_membership(text, symbols)
    for candidate, unread, is_changed in _candidates(text):
        found: Written | Unreadable
        if is_statement:
            whole = read(candidate, symbols)
            found = Written(whole) if isinstance(whole, Formula) else whole
        else:
            found = _read_equation(candidate, symbols)
        if isinstance(found, Written):
            if not unread and "\n" in candidate and _runs_lines_together(candidate):
                unread, is_changed = " / ".join(candidate.split("\n"))[:80], True
            return replace(found, unread=unread, is_changed=is_changed) if unread else found
        if first is None or "definition" in found.message:
            first = found
    return first or Unreadable("There is no answer here.", 1, text)


def _drop_membership(text: str, symbols: Mapping[str, Symbol]) -> str:
    """`λ ∈ {...}` names a set, where nobody declared λ."""
    found = BELONGS.match(text)
    if found is None or found["name"].lstrip("\\") in symbols:
        return text
    return ("$" if "$" in found.group() else "") + text[found.end() :]


def read_beside(text: str, symbols: Mapping[str, Symbol], reference: Node) -> Written | Unreadable:
    """Read an answer as what the right one is: a statement, a set of numbers, or a formula."""
    if reference.op in STATEMENTS:
        return _joined(read_answer(text, symbols, is_statement=True))
    if reference.op in SETS:
        # Who is asked for a set may say when a number lies in it.
        found = _joined(read_answer(text, symbols, is_statement=True))
        if isinstance(found, Written) and is_statement_of_numbers(found.formula.tree):
            return found
    return read_answer(text, symbols)


def _joined(written: Written | Unreadable) -> Written | Unreadable:
    if isinstance(written, Unreadable):
        return written
    formula = written.formula
    return replace(written, formula=replace(formula, tree=join_statements(formula.tree)))


def _candidates(text: str) -> Iterator[tuple[str, str, bool]]:
    """The whole text first; then without words before it; then its last formula in dollars.

    With each goes what it leaves out and should not, and whether that changes what is said.
    """
    whole = undress(ENVIRONMENT.sub(" ", text))
    # Before all else: `x if x > 0, 0 if x <= 0` is no pair.
    if (spelled := spell_cases(whole)) is not None:
        yield spelled, "", False
    yield whole, "", False
    bare, said, is_changed = _without_label(whole)
    if bare != whole:
        yield bare, said, is_changed
    displayed = [ENVIRONMENT.sub(" ", inside) for _, _, inside in find_displays(text)]
    prose = without_prose(whole) if not displayed else None
    if prose is not None:
        yield prose
    for told, unread, changes in ((bare, said, is_changed), prose or (bare, said, is_changed)):
        if (spelled := spell_cases(told)) is not None:
            yield spelled, unread, changes
    if (turned := put_behind(whole)) is not None:
        yield turned, "", False
    if displayed:
        if stands_in_maths(whole):
            yield without_marks(bare), said, is_changed
        unread, is_changed = find_unread(whole)
        yield displayed[-1], unread, is_changed
        if len(displayed) > 1:
            yield displayed[-2], unread or displayed[-1].strip()[:80], True
    lines = [line for line in whole.split("\n") if line.strip()]
    if len(lines) > 1 and all(_reads_as_maths(line) for line in lines):
        above = " ".join(lines[:-1])
        is_read, _ = look_at_words(above, is_label=False)
        yield lines[-1], "" if is_read else above[:80], not is_read


def _without_label(whole: str) -> tuple[str, str, bool]:
    """What follows `the answer is`, with the words of the label that change it."""
    found = LABEL_WORDS.match(whole)
    if found is None:
        return whole, "", False
    words = PART_NUMBER.sub(" ", re.sub(r"\A\s*+[-*•]\s", "", found.group()))
    is_read, changes = look_at_words(words, is_label=True)
    return whole[found.end() :], "" if is_read else found.group().strip(), changes


def _runs_lines_together(text: str) -> bool:
    """Whether a line ends where the next one starts a formula of its own: no product of both."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    level = 0
    for above, below in pairwise(lines):
        level += sum((one in "([{") - (one in ")]}") for one in above)
        goes_on = re.search(
            r"(?:[-+*/^=<>,;:&|·×(\[{]|\\\\|\b(?:and|or|if|else|where|with|for))\s*\Z", above
        )
        continues = re.match(
            r"[-+*/^=<>,;:&|·×)\]}≤≥≈]|\\(?:\\|le|ge|approx|cdot|times|quad|text|right)|(?:and|or|if|else|where|with|for|otherwise)\b",
            below,
        )
        if level <= 0 and not goes_on and not continues and "\\begin" not in above:
            return True
    return False


def undress(text: str) -> str:
    """Take off what surrounds a formula: bold, a bullet, the full stop.

    A dash is a bullet before a formula in dollars, or one with a label; else it is a minus.
    """
    text = text.strip()
    text = text[match.end() :] if (match := BULLET.match(text)) else text
    text = LEADS_IN.sub(r"\g<dollars>", text)
    if dash := DASH.match(text):
        listed = text[dash.end() :]
        if listed.startswith(DRESSED) or len(split_sides(listed)) > 1:
            text = listed
    while len(text) > 4 and text[:2] == text[-2:] and text[:2] in ("**", "__"):
        text = text[2:-2].strip()
    # `\;` before the dollar is space, and no full stop.
    return re.sub(r"(?<=[^.\s])(?<!\\right)\s*(?<!\\)[.,;](\s*+\${0,2})\s*+$", r"\1", text)


def _reads_as_maths(line: str) -> bool:
    """Whether a line holds no sentence."""
    words = re.findall(r"(?<![\\\w])[A-Za-z]{4,}", line)
    return len(words) <= 2


def _read_equation(text: str, symbols: Mapping[str, Symbol]) -> Written | Unreadable:
    is_latex = LATEX.search(text) is not None
    notation: Notation = "latex" if is_latex else "plain"
    explained = cut_definitions(text, symbols, notation)
    if isinstance(explained, Unreadable):
        return explained
    if explained is not None:
        found = _read_equation(explained.text, explained.symbols)
        if isinstance(found, Unreadable):
            return found
        sides = tuple(explained.fill_in(side) for side in found.sides)
        filled = explained.fill_in(found.formula)
        return replace(found, formula=filled, sides=sides, claims=explained.claims)
    pieces = split_sides(text)
    last = read(pieces[-1][1], symbols, notation=notation)
    if isinstance(last, Unreadable):
        # Place the caret in the text as a whole.
        place = pieces[-1][0] + last.column
        return Unreadable(last.message, place, text, last.suggestion)
    first = 0
    if len(pieces) > 1 and UPDATE.search(text[pieces[0][0] : pieces[1][0]]):
        first = 1
    found_sides, transformed = [], ""
    for position, (_, piece) in enumerate(pieces[first:-1], start=first):
        # `so it is $a$ = b`: words before the dollar are none of the side.
        piece = piece.rpartition("$")[2] if "$" in piece.strip(" $") else piece
        side = read(piece, symbols, notation=notation)
        if isinstance(side, Unreadable):
            if position == 0 and transforms_its_name(piece):
                transformed = piece.strip()[:80]
        elif not (position == 0 and _is_label(side, piece, symbols)):
            found_sides.append(side)
    return Written(last, tuple(found_sides), (), transformed, is_changed=bool(transformed))


def _is_label(side: Formula, piece: str, symbols: Mapping[str, Symbol]) -> bool:
    """`y =`, `f(x) =`, `h[t] =`, `dL/dw =`, `H(p) =` name what follows."""
    if side.tree.op in ("name", "apply", "index") or names_a_function(piece, symbols):
        return True
    if side.tree.op == "call" and WORD.fullmatch(piece.strip(" $")):
        # `expr` is a name, and no exp(r).
        return True
    return DERIVATIVE.match(label_key(piece, symbols)) is not None


def split_sides(text: str) -> list[tuple[int, str]]:
    """Cut at `=` and `≈` outside brackets and environments, with the place of each piece.

    Rows and alignment marks of an `align` outside environments become spaces.
    """
    pieces: list[tuple[int, str]] = []
    characters = list(text)
    level, start, position = 0, 0, 0
    while position < len(text):
        character = text[position]
        if match := INSIDE.match(text, position):
            level += 1 if match.group(1) == "begin" else -1
            position = match.end()
            continue
        if character in "([{":
            level += 1
        elif character in ")]}":
            level = max(0, level - 1)
        elif level == 0:
            width = _equals(text, position)
            if width:
                pieces.append((start, "".join(characters[start:position])))
                start = position + width
                position = start
                continue
            if text.startswith("\\\\", position):
                characters[position : position + 2] = "  "
                position += 1
            elif character == "&":
                characters[position] = " "
        position += 1
    pieces.append((start, "".join(characters[start:])))
    kept = [(place, piece) for place, piece in pieces if piece.strip("$ \n")]
    return kept or [(0, text)]


def _equals(text: str, position: int) -> int:
    """The width of the sign of equality here, or of one that gives a name its value; or 0."""
    if found := UPDATE.match(text, position):
        return len(found.group())
    if text.startswith("\\approx", position):
        return 7
    if text[position] == "≈":
        return 1
    if text[position] != "=" or text[position - 1 : position] in ("<", ">", "!", ":", "="):
        return 0
    return 0 if text[position + 1 : position + 2] in ("=", ">") else 1


def cut_shape(text: str) -> tuple[tuple[str, ...] | None, str]:
    """The shape stated at the start, as words, and the text behind it."""
    found = SHAPE.match(text)
    if found is None:
        return None, text
    sizes = re.split(rf"\s*{SEPARATOR}\s*", found.group("sizes"))
    is_stated = found.group("word") or found.group("after") in (":", ";", "\n", "")
    if not is_stated or not all(re.fullmatch(SIZE, size) for size in sizes):
        return None, text
    end = found.end("after") if found.group("after") in (":", ";", ",", ".", "\n") else found.end()
    return tuple(sizes), text[end:]
