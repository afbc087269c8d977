"""Text in columns: widths as a terminal counts them, padding, cutting and wrapping."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator


def measure(text: str) -> int:
    """Columns that a text takes in a terminal."""
    if text.isascii():
        return len(text)
    return sum(_measure_character(character) for character in text)


def _measure_character(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def pad(text: str, width: int) -> str:
    """Fill up with spaces on the right."""
    return text + " " * (width - measure(text))


def fit(text: str, width: int) -> str:
    """Cut to a width, with an ellipsis where something is left out."""
    if measure(text) <= width:
        return text
    kept = ""
    for character in text:
        if measure(kept + character) > width - 1:
            break
        kept += character
    return kept.rstrip() + "…"


def wrap(text: str, width: int) -> Iterator[str]:
    """Break a text's lines at spaces, and words that are too long anywhere."""
    for line in text.split("\n"):
        current = ""
        for word in line.split(" "):
            candidate = f"{current} {word}" if current else word
            if measure(candidate) <= width:
                current = candidate
                continue
            if current:
                yield current
            while measure(word) > width:
                piece = _take(word, width)
                yield piece
                word = word[len(piece) :]
            current = word
        yield current


def _take(word: str, width: int) -> str:
    """As many characters as fit; at least one."""
    taken = word[:1]
    for character in word[1:]:
        if measure(taken + character) > width:
            break
        taken += character
    return taken
