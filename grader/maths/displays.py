"""Formulas set off from words: `$…$`, `$$…$$`, `\\(…\\)`, `\\[…\\]`, code between backticks."""

from __future__ import annotations

import re
from collections.abc import Iterator

OPENER = re.compile(r"\$\$|\\\[|\\\(|(?<!\\)\$|```[a-z]*\n|`(?!``)")
CLOSERS = {
    "$$": re.compile(r"\$\$"),
    "\\[": re.compile(r"\\\]"),
    "\\(": re.compile(r"\\\)"),
    "$": re.compile(r"(?<!\\)\$"),
    "```": re.compile("```"),
    "`": re.compile("[`\n]"),
}


def find_displays(text: str) -> Iterator[tuple[int, int, str]]:
    """Where each one starts and ends, and what stands between its marks.

    Cost     linear in the text: a mark that is closed nowhere is looked for once.
    """
    position = 0
    unclosed: set[str] = set()
    while opened := OPENER.search(text, position):
        mark = opened.group()
        kind = "```" if mark.startswith("```") else mark
        closed = None if kind in unclosed else CLOSERS[kind].search(text, opened.end() + 1)
        if closed is not None and closed.group() != "\n":
            yield opened.start(), closed.end(), text[opened.end() : closed.start()]
            position = closed.end()
            continue
        if closed is None:
            unclosed.add(kind)
        position = opened.end()


def without_displays(text: str) -> str:
    """The words around them."""
    pieces, position = [], 0
    for start, end, _ in find_displays(text):
        pieces.append(text[position:start])
        position = end
    return "".join([*pieces, text[position:]])
