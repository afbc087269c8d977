"""`x if x > 0, a x otherwise` and the like: cases in words, spelled as the grammar has them."""

from __future__ import annotations

import re

REST = r"(?:otherwise|elsewhere|everywhere else|else|in all other cases|in the other case)"
IF = r"(?:if|for|when|whenever|where|as long as)"
KEYWORD = re.compile(rf"(?<![\w\\]){IF}(?!\w)|(?<![\w\\]){REST}(?!\w)", re.IGNORECASE)
SEPARATOR = re.compile(
    r"[ \t]*(?:[,;\n][ \t\n]*(?:(?:and|or|but)(?!\w)[ \t]*)?|(?<=\s)(?:and|or)(?!\w)[ \t]*)"
)
RELATION = re.compile(r"[<>≤≥≠=∈]|\\(?:leq?|geq?|lt|gt|neq?|in|leqslant|geqslant)(?![a-zA-Z])")
TEXT = re.compile(
    r"\\(?:text|textrm|textit|mathrm|mbox)\s*+\{([^{}\\]*)\}|\\(?:quad|qquad)(?![a-zA-Z])"
)
LABEL = re.compile(r"\A(?P<label>[^=<>≤≥≠]{1,60})=(?!=)")
VALUE_FIRST = re.compile(rf"(?P<value>.+?)\s+{IF}\s+(?P<condition>.+)", re.IGNORECASE | re.DOTALL)
CONDITION_FIRST = re.compile(
    rf"(?:{IF}\s+)?(?P<condition>.+?)\s*(?:(?<!\w)then(?!\w)|:(?!=))\s*:?(?P<value>.+)",
    re.IGNORECASE | re.DOTALL,
)
REST_LAST = re.compile(rf"(?P<value>.+?)\s+{REST}", re.IGNORECASE | re.DOTALL)
REST_FIRST = re.compile(rf"{REST}\s*[:,]?\s*(?P<value>.+)", re.IGNORECASE | re.DOTALL)
BULLET = re.compile(r"^[ \t]*+[-*•][ \t]++", re.MULTILINE)
MOST_CASES = 8
MOST_CHARACTERS = 2000
"""Whoever has more to say writes it as a formula."""


def spell_cases(text: str) -> str | None:
    """The same in the grammar's own words; None where no cases are told, or not all of it is one.

    Cost     linear in the text: each piece between commas is matched once.
    """
    if len(text) > MOST_CHARACTERS or not KEYWORD.search(text):
        return None
    if len(BULLET.findall(text)) == len(text.strip().split("\n")) > 1:
        text = BULLET.sub("", text)
    text = re.sub(r"\s*+\n\s*+", "\n", re.sub(r"[ \t]++", " ", text))
    is_latex = "\\" in text or "$" in text
    bare = TEXT.sub(lambda found: f" {found.group(1) or ''} ", text.replace("$", " ")).strip(" .")
    label = found["label"] if (found := LABEL.match(bare)) else ""
    if KEYWORD.search(label):
        label = ""
    branches = [_read_branch(piece) for piece in _cut(bare[len(label) + 1 :] if label else bare)]
    if not 2 <= len(branches) <= MOST_CASES or None in branches:
        return None
    kept = [branch for branch in branches if branch is not None]
    if any(condition is None for _, condition in kept[:-1]):
        return None
    spelled = _spell_latex(kept) if is_latex else _spell_plain(kept)
    return f"{label}= {spelled}" if label else spelled


def _cut(text: str) -> list[str]:
    """Pieces between commas and `and`, of which each tells a case of its own."""
    pieces: list[str] = []
    level = start = position = begin = 0

    def add(end: int) -> None:
        # `0 < x and x < 1` is one condition, cut in two.
        if pieces and not KEYWORD.search(text, begin, end):
            pieces[-1] += text[start:end]
        else:
            pieces.append(text[begin:end])

    while position < len(text):
        if level == 0 and (found := SEPARATOR.match(text, position)):
            add(position)
            start, begin = position, found.end()
            position = found.end()
            continue
        level += (text[position] in "([{") - (text[position] in ")]}" and level > 0)
        position += 1
    add(len(text))
    return [piece.strip() for piece in pieces]


def _read_branch(piece: str) -> tuple[str, str | None] | None:
    """A value and its condition, None for all the rest."""
    for pattern in (REST_FIRST, REST_LAST, VALUE_FIRST, CONDITION_FIRST):
        if found := pattern.fullmatch(piece):
            parts = found.groupdict()
            condition = parts.get("condition")
            words = KEYWORD.search(parts["value"]) or (condition and KEYWORD.search(condition))
            if words or (condition is not None and not RELATION.search(condition)):
                return None
            return parts["value"].strip(" ,;"), condition and condition.strip(" ,;")
    return None


def _spell_plain(branches: list[tuple[str, str | None]]) -> str:
    spelled = ""
    for value, condition in reversed(branches):
        if condition is None:
            spelled = f"({value})"
        else:
            spelled = f"(({value}) if ({condition})" + (f" else {spelled})" if spelled else ")")
    return spelled


def _spell_latex(branches: list[tuple[str, str | None]]) -> str:
    rest = "\\text{otherwise}"
    rows = (f"{value} & {condition or rest}" for value, condition in branches)
    return "\\begin{cases}" + " \\\\ ".join(rows) + "\\end{cases}"
