"""Which option a few words name: its id, its text, a clear beginning, one slip in spelling."""

from __future__ import annotations

import re
from collections.abc import Mapping

from grader.kinds.reading_text import fold, undress

SHORTEST_PREFIX = 3
"""Letters: one or two could as well be the number of an option on the sheet."""

SHORTEST_MISSPELT = 5
"""Letters: in a shorter word one changed letter makes another word."""

MENTION_WORDS = 14
"""Words of a sentence that may stand around the one option it names."""

EDGES = " \n\t\"'`.,;:!?*_"

_DECORATED = re.compile(
    r"\A(?:option|choice|answer|item|step|letter|case|grouping)?\s*[(\[{<>#\"']*\s*"
    r"([^()\[\]{}<>\"']+?)\s*[)\]}>\"'.:]*\Z",
    re.IGNORECASE,
)

LONGEST_OPTION = 500
"""Characters; those of the problems have up to 150."""

_METHOD_CALL = re.compile(r"\A[\w.\[\]]*\.(\w+)\s*\([^()]*\)\Z")

_NEGATION = re.compile(
    r"\b(?:not|never|neither|except|but|without|isn't|doesn't|don't|unsure)\b|n't\b", re.IGNORECASE
)


def match_option(text: str, options: Mapping[str, str]) -> str | None:
    """The one option that a short text names; None when it names none, or not clearly one."""
    text = text.strip().strip(EDGES)
    call = _METHOD_CALL.match(text)
    for candidate in (text, *_undecorated(text), *((call[1],) if call else ())):
        for find in (match_id, match_text, _by_number, _by_prefix, _by_spelling):
            found = find(candidate, options)
            if found is not None:
                return found
    return None


def _undecorated(text: str) -> tuple[str, ...]:
    # The pattern is quadratic, and an option with what dresses it is a line.
    found = _DECORATED.match(text) if len(text) <= LONGEST_OPTION else None
    return (found[1].strip(EDGES),) if found and found[1] != text else ()


def _only(found: list[str]) -> str | None:
    return found[0] if len(found) == 1 else None


def match_id(text: str, options: Mapping[str, str]) -> str | None:
    if text in options:
        return text
    wanted = fold(text)
    return _only([key for key in options if fold(key) == wanted])


def _fold_text(text: str) -> str:
    """Option texts keep their signs: '-1' and '1' may be two options."""
    return re.sub(r"[\s\"'`$*]+", "", undress(text).casefold()).rstrip(".,;:")


def match_text(text: str, options: Mapping[str, str]) -> str | None:
    wanted = _fold_text(text)
    if not wanted:
        return None
    return _only([key for key, words in options.items() if _fold_text(words) == wanted])


def _by_number(text: str, options: Mapping[str, str]) -> str | None:
    """`3` for the option `grouping-3`, if no other id ends in that number."""
    if not re.fullmatch(r"[0-9]{1,3}", text):
        return None
    numbered = [(key, re.search(r"([0-9]+)\Z", key)) for key in options]
    return _only([key for key, end in numbered if end and int(end[1]) == int(text)])


def _by_prefix(text: str, options: Mapping[str, str]) -> str | None:
    wanted = fold(text)
    if len(wanted) < SHORTEST_PREFIX:
        return None
    found = _only([key for key in options if fold(key).startswith(wanted)])
    if found is not None:
        return found
    start = _fold_text(text)
    return _only([key for key, words in options.items() if _fold_text(words).startswith(start)])


def _by_spelling(text: str, options: Mapping[str, str]) -> str | None:
    """One letter wrong, missing, doubled or swapped, and no second option as near."""
    wanted = fold(text)
    if not SHORTEST_MISSPELT <= len(wanted) <= 64 or not wanted.isalpha():
        return None
    near = [key for key in options if _is_one_slip(wanted, fold(key))]
    return _only(near)


def _is_one_slip(one: str, other: str) -> bool:
    if abs(len(one) - len(other)) > 1 or len(other) < SHORTEST_MISSPELT:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    left, right = one[start:], other[start:]
    return (
        left[1:] == right[1:]
        or left[1:] == right
        or left == right[1:]
        or (left[:2] == right[1::-1] and left[2:] == right[2:])
    )


def match_mention(text: str, options: Mapping[str, str]) -> str | None:
    """A short sentence that names exactly one option and denies nothing."""
    words = text.split()
    if len(words) > MENTION_WORDS or _NEGATION.search(text):
        return None
    named = {key for key in options if len(key) > 1 and _is_named(key, text)}
    # A single letter is a word of its own in English: it must be dressed as an option.
    named |= {
        key
        for key in options
        if len(key) == 1
        and re.search(
            rf"(?:\(|\b(?:option|choice|answer|is|choose|pick)\s+\(?){key}(?:\)|\b(?!\s+[a-z]))",
            text,
            re.IGNORECASE,
        )
    }
    return named.pop() if len(named) == 1 else None


def _is_named(key: str, text: str) -> bool:
    spelled = r"[\s_-]?".join(map(re.escape, re.split(r"[_-]", key)))
    return re.search(rf"(?<!\w){spelled}(?!\w)", text, re.IGNORECASE) is not None


def match_item(item: str, options: Mapping[str, str]) -> str | None:
    """The option that one item of a list names, also with words of its own around it."""
    found = match_option(item, options)
    if found is not None:
        return found
    head = re.match(r"\A([\w-]+)\b", item)
    if head and len(head[1]) > 1:
        found = match_id(head[1], options)
    return found or match_mention(item, options)
