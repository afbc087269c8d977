"""Fingerprints of a program's structure, by winnowing over its tokens.

Names, numbers, strings, comments and layout count for nothing; keywords, operators, brackets and
the depth of indentation do. So renaming and reformatting change nothing, and what is left is the
order in which a program does things.

Source   Schleimer, Wilkerson, Aiken: Winnowing: local algorithms for document fingerprinting,
         2003
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from keyword import iskeyword

from grader.submission.scan import COMMENT, STRING

LENGTH = 15
"""Tokens of one fingerprint: a line or two; shorter ones are found in any two programs."""
WINDOW = 10
"""Of so many neighbouring fingerprints one is kept: what LENGTH + WINDOW - 1 tokens share is
always found."""
TOKENS = 50_000
"""Of a longer program the first count: no homework comes near."""

_TOKEN = re.compile(
    rf"(?P<skip>[ \t\\]+|{COMMENT})|(?P<string>{STRING})|(?P<line>\n[ \t]*)"
    r"|(?P<number>\d[\w.]*)|(?P<name>[^\W\d]\w*)|(?P<sign>[-+*/%@&|^<>=!~:]{1,3}|.)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A piece of structure, and the lines where it stands."""

    value: int
    first_line: int
    last_line: int


def find_fingerprints(source: str) -> tuple[Fingerprint, ...]:
    """The winnowed fingerprints of a program, in order.

    Cost     linear in the source's length.
    """
    kinds, lines = _read_tokens(source)
    grams = [_hash(kinds[start : start + LENGTH]) for start in range(len(kinds) - LENGTH + 1)]
    chosen = _winnow(grams)
    return tuple(
        Fingerprint(grams[start], lines[start], lines[start + LENGTH - 1]) for start in chosen
    )


def _read_tokens(source: str) -> tuple[list[str], list[int]]:
    kinds: list[str] = []
    lines: list[int] = []
    line, depth, indent = 1, 0, 0
    for token in _TOKEN.finditer(source.replace("\r\n", "\n")):
        text = token[0]
        kind = token.lastgroup
        if kind == "line":
            # Only a deeper or shallower line says something: blank lines and breaks do not.
            following = source[token.end() : token.end() + 1]
            if depth == 0 and following not in ("\n", "#", ""):
                width = len(text.expandtabs(8)) - 1
                if width != indent:
                    kinds.append(">" if width > indent else "<")
                    lines.append(line + 1)
                    indent = width
        elif kind == "name":
            kinds.append(text if iskeyword(text) else "n")
            lines.append(line)
        elif kind in ("number", "string"):
            kinds.append(kind[0] if kind == "number" else "s")
            lines.append(line)
        elif kind == "sign":
            depth = max(0, depth + (text in "([{") - (text in ")]}"))
            kinds.append(text)
            lines.append(line)
        line += text.count("\n")
        if len(kinds) >= TOKENS:
            break
    return kinds, lines


def _hash(kinds: Sequence[str]) -> int:
    digest = blake2b("\0".join(kinds).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def _winnow(grams: Sequence[int]) -> list[int]:
    """In each window the smallest, the rightmost of equals; each place once."""
    if not grams:
        return []
    chosen: list[int] = []
    for start in range(max(1, len(grams) - WINDOW + 1)):
        window = grams[start : start + WINDOW]
        smallest = min(window)
        place = start + max(index for index, gram in enumerate(window) if gram == smallest)
        if not chosen or place > chosen[-1]:
            chosen.append(place)
    return chosen
