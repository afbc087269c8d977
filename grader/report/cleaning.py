"""What students wrote and printed, made safe to show: bounded, and free of control sequences.

Every text of a report passes through here when the record is made, so that a renderer only
escapes for its own format.
"""

from __future__ import annotations

import re
import unicodedata

LINE_LIMIT = 500
"""Characters of a one-line text: more than any message needs, less than a screen."""
BLOCK_LIMIT = 4_000
"""Characters of a longer text: about a page."""
BLOCK_LINES = 80
CUT_MARK = 40
"""Characters kept free for saying how much was left out."""
RAW_LIMIT = 8
"""Times the limit that is looked at: bounds the work on a megabyte of output."""
MARKS_LIMIT = 4
"""Combining marks on one letter: Vietnamese needs two, no script needs five."""

_ESCAPES = re.compile(
    r"""
    (?:\x1b\[|\x9b) [0-?]* [ -/]* [@-~]?               # colours, cursor movements
    | (?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])          # titles, links, clipboard, device strings
      [^\x07\x1b\x9c\n]{0,4096} (?:\x07|\x1b\\|\x9c)?
    | \x1b [ -/]* [0-~]?                               # the two-byte ones
    """,
    re.VERBOSE,
)
_PLAIN = re.compile(r"[\n -~]*")
_REPLACED = {
    "Zl": "\n", "Zp": "\n", "Zs": " ", "Cs": "\ufffd", "Co": "\ufffd", "Cn": "\ufffd",
}  # fmt: skip
_JOINERS = "\u200c\u200d"
"""Format characters that spelling needs; all others can reorder or hide text."""


def clean_line(text: str) -> str:
    """One bounded line."""
    joined = " ".join(clean_text(text[: LINE_LIMIT * RAW_LIMIT]).split())
    return cut(joined, LINE_LIMIT)


def clean_block(text: str) -> str:
    """A bounded text of several lines; its start and its end are kept."""
    if len(text) > BLOCK_LIMIT * RAW_LIMIT:
        half = BLOCK_LIMIT * RAW_LIMIT // 2
        text = text[:half] + "\n" + text[-half:]
    lines = [line.rstrip() for line in clean_text(text).split("\n")]
    joined = "\n".join(_cut_lines(lines)).strip("\n")
    if len(joined) <= BLOCK_LIMIT:
        return joined
    left_out = len(joined) - BLOCK_LIMIT
    head, tail = BLOCK_LIMIT * 3 // 4, BLOCK_LIMIT // 4 - CUT_MARK
    return (
        f"{joined[:head].rstrip()} … {left_out + CUT_MARK} characters left out … {joined[-tail:]}"
    )


def _cut_lines(lines: list[str]) -> list[str]:
    if len(lines) <= BLOCK_LINES:
        return lines
    head, tail = lines[: BLOCK_LINES - 20], lines[-19:]
    left_out = len(lines) - len(head) - len(tail)
    return [*head, f"… {left_out} lines left out …", *tail]


def cut(text: str, limit: int) -> str:
    """At most `limit` characters; an ellipsis says that there was more."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def clean_text(text: str) -> str:
    """Drop terminal sequences, control and reordering characters; keep line ends."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").expandtabs(4)
    if _PLAIN.fullmatch(text):
        return text
    text = _ESCAPES.sub("", text)
    kept: list[str] = []
    marks = 0
    for character in text:
        category = unicodedata.category(character)
        if category in ("Mn", "Me"):
            marks += 1
            if marks <= MARKS_LIMIT:
                kept.append(character)
        elif character in _JOINERS:
            kept.append(character)
        elif character == "\n" or category not in ("Cc", "Cf"):
            marks = 0
            kept.append(_REPLACED.get(category, character))
    return "".join(kept)
