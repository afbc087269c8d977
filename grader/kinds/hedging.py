"""Words that take an answer back, or offer a second one for the case that the first is wrong."""

from __future__ import annotations

import re

_ANYTHING_ELSE = re.compile(
    r"\A[\W_]*(?:anything|everything|all)\s+(?:but|except)\b", re.IGNORECASE
)
_NOT_THAT = re.compile(r"\A[\W_]*not\s+(?=[\d(\[$\\])", re.IGNORECASE)
_IS_WRONG = re.compile(
    r"(.*\S)\s+is\s+(?:wrong|false|incorrect|not\s+(?:right|correct|it|the\s+answer))[\W_]*",
    re.IGNORECASE | re.DOTALL,
)
_SECOND = re.compile(
    r"\bif\s+(?:not\s*[:,]|wrong\b"
    r"|(?:that|this|it)(?:\s+is|'s)\s+(?:not\s+(?:right|correct|so|it)|wrong|false|incorrect)\b)",
    re.IGNORECASE,
)
_PROSE = re.compile(r"[a-z]{2,}\s+[a-z]{2,}", re.IGNORECASE)
_SOMETHING_ELSE = re.compile(
    r"\b(?:it|this|that|which|else|other|others|rest|claim|statement)\W*\Z", re.IGNORECASE
)
LONGEST = 500
"""Characters in which it is looked for: whoever hedges is brief."""


def find_hedge(text: str) -> str:
    """What an answer says against itself, as `is wrong`; empty where it says nothing of the kind.

    A sentence about something else, as `No, the claim is wrong`, takes nothing back.
    """
    text = text.strip()[:LONGEST]
    for pattern in (_ANYTHING_ELSE, _NOT_THAT, _SECOND):
        found = pattern.search(text)
        if found:
            return found[0].strip()
    found = _IS_WRONG.fullmatch(text)
    if found and not _PROSE.search(found[1]) and not _SOMETHING_ELSE.search(found[1]):
        return "is wrong"
    return ""
