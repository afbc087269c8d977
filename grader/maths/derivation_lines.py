"""The text of a derivation cut into lines, statements and sides."""

from __future__ import annotations

import re

from grader.maths.answers import ENVIRONMENT, INSIDE
from grader.maths.bounds import MAX_CHARACTERS
from grader.maths.displays import find_displays, without_displays

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
    ("\\stackrel{!}{=}", "="), (":=", ":="), ("≔", ":="), ("\\coloneqq", ":="),
    ("\\triangleq", ":="), ("\\leftarrow", "←"), ("\\gets", "←"), ("←", "←"), ("==", "="),
    ("=", "="), ("\\lt", "<"), ("\\gt", ">"), ("<", "<"), (">", ">"),
)  # fmt: skip
NAMING = (":=", "←")
"""Relations whose left side is given a value: it is no claim."""
EXPLAINS = (
    "common|multipl|divid|expand|cancel|factoring|collect|simplif|substitut|rearrang|definition"
    "|distribut|combin|chain|product rule|quotient|linearity|independen|symmetr|triangle|jensen"
    "|cauchy|algebra|geometric|telescop|complet|identity|propert|rules? |differentiat|taking|appl"
    "|plug|pull|drop|split|group"
)
"""How a remark in brackets starts, at the end of a line."""
COMMENT = re.compile(
    r"(?:\\quad|\\qquad|\s{2,}|,?\s*)\s*(?:\\text(?:rm|it)?\{[^{}]*\}|\((?:by|using|since|because|as"
    r"|def|with|from)\b[^()]*\)|(?:\bby\b|\bsince\b|\bbecause\b|\bwhere\b)[^$]*"
    r"|\[[A-Za-z]{2,}[A-Za-z ,]*\]|#.*|//\s.*"
    rf"|(?<=\s)\(\s*(?i:{EXPLAINS})[a-z]*\b(?:[^()]|\([^()]*\))*\)"
    r"|(?:&&\s*)?\(?\\(?:text(?:rm|it)?|mbox)\{\s*\(?(?:since|because|by|using|as|from)\b[^{}]*\}.*"
    r"|&&\s*\(?\\(?:text(?:rm|it)?|mbox)\{[^{}]*\}[^=<>]*)\s*$"
)
CONCLUDING = re.compile(
    r"[,;.]\s*(?:and\s+)?(?:so|hence|thus|therefore|then|which\s+gives|giving|i\.e\.)\b,?\s*(?=[^\s])"
)
"""Words between two statements on one line."""
OVER_SIGN = re.compile(
    r"\\(?:overset|stackrel|underset)\s*\{(?:[^{}]|\{[^{}]*\})*\}\s*"
    r"\{\s*(=|<|>|\\approx|\\leq?|\\geq?|\\propto)\s*\}"
)
SPACE = r"(?:[\s&$~]|\{\s*\}|\\(?:quad|qquad|,|;|!|:)|\\(?:[hv]?phantom|hspace\*?)\s*\{[^{}]*\})*"
CONTINUES = re.compile(SPACE + r"(?:\+|\\cdot\b|\\times\b|·|×)")
TAKES_AWAY = re.compile(SPACE + r"[-−](?!>)")
GOES_ON = re.compile(r"(?<![\^_*])(?:[+\-−*/·×]|\\(?:cdot|times|odot))[\s&$]*$")
"""A sign between two terms or factors, the second of which is yet to come."""
END_OF_PROOF = re.compile(r"[∎□■◻◼]|\\(?:blacksquare|square|qed|Box|qedhere)\b|\bQ\.?E\.?D\.?\s*$")
BULLET = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s+")
SURE_BULLET = re.compile(r"^\s*(?:[*•]\s+|\d+[.)]\s+|-\s+(?=\$|\\\())")
DASH = re.compile(r"^\s*-\s+")
DISPLAY_LINE = re.compile(r"^\s*(?:\\[\[\]]|\$\$)\s*$", re.MULTILINE)


def cut_derivation(text: str) -> list[tuple[int, str]]:
    """Lines of maths without the words beside them, numbered; a line may hold several clauses."""
    lines = _cut_lines(_plain_marks(text))
    is_list = _is_dashed(lines)
    clauses = [
        (number, clause)
        for number, line in lines
        for clause in CONCLUDING.split(_strip_comment(line, is_list=is_list))
        if clause.strip()
    ]
    return _join_continued(clauses, is_list=is_list)


def _is_dashed(lines: list[tuple[int, str]]) -> bool:
    """Whether dashes are bullets: before a single line, or below one with a sum, they are minus."""
    dashed = [line for _, line in lines if DASH.match(line)]
    if len(dashed) < 2:
        return False
    holds_relations = any(len(cut_relations(line)) > 1 for line in dashed)
    return DASH.match(lines[0][1]) is not None or holds_relations or not _goes_on(lines)


def _goes_on(lines: list[tuple[int, str]]) -> bool:
    """Whether lines of the chain start with their relation: one without goes on with a sum."""
    return any(_opens_with_relation(line) for _, line in lines[1:])


def _opens_with_relation(line: str) -> bool:
    return bool(cut_relations(line)[:1] and cut_relations(line)[0][0])


def _join_continued(lines: list[tuple[int, str]], *, is_list: bool) -> list[tuple[int, str]]:
    """A line that starts with +, - or ·, or follows on one of them, goes on with what is above.

    A minus may also be the sign of one more side: it goes on where other lines start with their
    relation, or where it is set in below one that holds a relation.
    """
    joined: list[tuple[int, str]] = []
    starts_with_sign = bool(lines) and CONTINUES.match(lines[0][1]) is not None
    goes_on = _goes_on(lines)
    for number, line in lines:
        above = joined[-1][1] if joined else ""
        is_more = CONTINUES.match(line) is not None
        if TAKES_AWAY.match(line) and not is_list and len(cut_relations(line)) == 1:
            is_more = goes_on or (line[:1] in " &\\\t" and len(cut_relations(above)) > 1)
        is_more = (is_more and not starts_with_sign) or GOES_ON.search(above) is not None
        if joined and is_more and not _opens_with_relation(line):
            joined[-1] = (joined[-1][0], f"{above.rstrip(' $')} {_drop_space(line)}")
        else:
            joined.append((number, line))
    return joined


def _drop_space(line: str) -> str:
    return re.sub(rf"^{SPACE}", "", line).replace("$", "")


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


def _strip_comment(line: str, *, is_list: bool) -> str:
    """Reasons at the end of a line are for people."""
    if len(line) > MAX_CHARACTERS:
        # It is refused as too long when it is read.
        return line
    # No run of spaces is long enough to be searched twice over.
    stripped = COMMENT.sub("", re.sub(r"[ \t]{3,}", "  ", line))
    if not stripped.strip(" $&=") and "=" not in stripped:
        stripped = line
    displays = [inside for _, _, inside in find_displays(stripped)]
    if displays and not re.search(r"[=≤≥<>≈∝]", without_displays(stripped)):
        # Maths inside a sentence, or a display.
        stripped = " ".join(displays)
    stripped = (BULLET if is_list else SURE_BULLET).sub("", stripped)
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
