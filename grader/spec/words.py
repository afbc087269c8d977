"""Words that faults are made of: what was seen, and what may have been meant."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

# A longer list is cut: nobody reads it in one line.
MAX_LISTED = 14
MAX_SEEN = 40

ID_ADVICE = "use letters, digits, - and _, and start with a letter"


def suggest(word: str, known: Iterable[str], there: str = "there") -> str:
    """`; did you mean 'points'?`, or else `; there are a, b and c`, or nothing."""
    names = list(dict.fromkeys(known))
    near = find_nearest(word, names)
    if near:
        return f"; did you mean '{near}'?"
    if not names:
        return ""
    return f"; {there} {'is' if len(names) == 1 else 'are'} {join(map(shorten, names))}"


def find_nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that is closest in spelling, if any is close."""
    from difflib import get_close_matches

    folded = {_fold(name): name for name in known}
    # One letter more or less is much of a short word; of 'options' and 'points' it is chance.
    cutoff = 0.6 if len(word) <= 4 else 0.78
    near = get_close_matches(_fold(word), folded, n=1, cutoff=cutoff)
    return folded[near[0]] if near else None


def _fold(word: str) -> str:
    return word[:80].lower().replace("_", "-")


def join(words: Iterable[str], last: str = "and", most: int = MAX_LISTED) -> str:
    """`a, b and c`"""
    words = list(words)
    if len(words) > most:
        return ", ".join(words[:most]) + ", …"
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def show_seen(value: Any) -> str:
    """A value of a YAML file, short enough for one line."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f"'{shorten(value)}'"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    return str(value)[:MAX_SEEN]


def shorten(text: str) -> str:
    """A text as one line of at most `MAX_SEEN` characters."""
    line = " ".join(text.split())
    return f"{line[: MAX_SEEN - 1]}…" if len(line) > MAX_SEEN else line


def show_path(path: Path) -> str:
    """A path as people type it: relative to where they are, when it is below."""
    try:
        return str(path.relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)
