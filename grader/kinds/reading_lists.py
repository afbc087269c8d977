"""Lists of options: a line each, with commas, ticked in boxes, in an order."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from grader.kinds.matching_options import match_id, match_item, match_text
from grader.kinds.reading_options import TICK
from grader.kinds.reading_text import (
    Unread,
    lines_of,
    plain,
    quote,
    split_outside_brackets,
    undress,
    unfit,
    without_bullet,
)

MOST_ITEMS = 200
"""Items of one list; the longest in a problem has a dozen."""

_NO_TICK = re.compile(r"\A(?:[-*+•]\s*)?(?:\[\s*\]|[☐□▢❌])\s*(.*)\Z")


def read_options(text: str, options: Mapping[str, str]) -> tuple[str, ...] | Unread:
    """The options that a list names, in its order, each once."""
    refused = unfit(text)
    if refused:
        return refused
    lines = lines_of(plain(text))
    ticked = [found[1] for line in lines if (found := TICK.match(line))]
    if ticked or any(_NO_TICK.match(line) for line in lines):
        return _match_all([undress(item) for item in ticked], options)
    answer = undress(text)
    if re.fullmatch(r"(?:none|nothing|no option|empty|\{\s*\}|∅)(?:\s+of\s+.*)?", answer, re.I):
        return ()
    if re.fullmatch(r"all(?:\s+of\s+.*)?|everything", answer, re.IGNORECASE):
        return tuple(options)
    compact = _compact(answer, options)
    return compact if compact is not None else _match_all(split_items(answer, options), options)


def _compact(text: str, options: Mapping[str, str]) -> tuple[str, ...] | None:
    """`ACD`, where every option is one letter."""
    keys = {key.casefold(): key for key in options}
    if not all(len(key) == 1 for key in keys) or not text.isalpha() or len(text) < 2:
        return None
    letters = list(dict.fromkeys(text.casefold()))
    return tuple(keys[letter] for letter in letters) if set(letters) <= set(keys) else None


def split_items(text: str, options: Mapping[str, str], arrows: bool = False) -> list[str]:
    """A list's items: a line each, or separated by commas, semicolons, 'and', arrows, spaces."""
    items = [item for line in lines_of(text) if (item := without_bullet(line))]
    if arrows:
        items = _split_unless_option(items, options, _at_arrows)
    items = [re.sub(r"\A[\[{(](.*[,;].*)[\])}]\Z", r"\1", item) for item in items]
    for split in (_at_commas, _at_words):
        items = _split_unless_option(items, options, split)
    items = _split_unless_option(items, options, lambda item: _at_spaces(item, options))
    return items[: MOST_ITEMS + 1]


def _at_spaces(text: str, options: Mapping[str, str]) -> list[str]:
    """`forward loss step`, where every word is an option's name."""
    words = text.split(maxsplit=MOST_ITEMS)
    return words if all(match_id(word, options) for word in words) else [text]


def _at_arrows(text: str) -> list[str]:
    arrow = (
        r"\\(?:long)?(?:right|Right)arrow|\\to\b|\\implies|[-=~]{0,9}>+|→|⇒|➜|⟶|⟹|≺|<(?!=)|\bthen\b"
    )
    return re.split(arrow, text)


def _at_commas(text: str) -> list[str]:
    return [piece for piece in split_outside_brackets(text, ",;|") if piece]


def _at_words(text: str) -> list[str]:
    return re.split(r"(?:\A|\s+)(?:and|&|\+)\s+", text)


def _split_unless_option(
    items: list[str], options: Mapping[str, str], split: Callable[[str], list[str]]
) -> list[str]:
    """Options may have commas in their own words: what is one option already stays whole."""
    pieces = []
    for item in items[: MOST_ITEMS + 1]:
        whole = match_id(item, options) or match_text(item, options)
        pieces += [item] if whole else [piece.strip() for piece in split(item) if piece.strip()]
    return pieces


def _match_all(items: list[str], options: Mapping[str, str]) -> tuple[str, ...] | Unread:
    if len(items) > MOST_ITEMS:
        return Unread(f"more than {MOST_ITEMS} items", f"options among: {', '.join(options)}")
    found = []
    for item in items:
        key = match_item(item, options)
        if key is None:
            return Unread(
                f"{quote(item)} among your items",
                f"options among: {', '.join(options)}",
                "write the options' names, a line each",
            )
        found.append(key)
    return tuple(dict.fromkeys(found))
