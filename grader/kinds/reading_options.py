"""The one option that an answer names: alone, ticked, with a reason, in a short sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping

from grader.kinds.matching_options import EDGES, match_id, match_mention, match_option
from grader.kinds.reading_text import (
    Unread,
    lines_of,
    plain,
    quote,
    undress,
    unfit,
    without_bullet,
)

_OPENING_ID = re.compile(
    r"""\A[(\["']*(?P<id>[\w-]+)
        (?: [)\]"']+\s*[,.:;=/&|-]? | \s*[,.:;=/&|-] | \s+(?=(?:because|since|as|or|and)\b) )
        \s*""",
    re.VERBOSE | re.IGNORECASE,
)

_GAVE_UP = re.compile(
    r"\A(?:no|not|impossible)\s+(?:idea|clue|answer|opinion|sure|certain|known?|to\s+(?:say|tell|know))"
    r"\b",
    re.IGNORECASE,
)

_OFFERED = re.compile(
    r"""(?: \b(?:or|else|otherwise|alternatively|also|then|aka|unless\s+it\s+is|if\s+not|choice
              |failing\s+that|you\s+(?:prefer|like|want))\b | (?P<sign>[=→|]|\s-\s) )
        [\s,:;"'(\[]* (?P<id>[\w-]+) [\s"'.,;!?)\]]* \Z""",
    re.VERBOSE | re.IGNORECASE,
)
"""What ends in another option as one more to choose from: `yes, or else no`."""

_DENIES = re.compile(r"not|never|without|unlike|over|than|instead|against|no|beats|\w+n't", re.I)

_LINE_OF_ONE = re.compile(
    r"""\A[(\["']*(?P<id>[\w-]+)[)\]"']*\s*(?:[.!]?\Z|,?\s*(?:because|since)\b)""",
    re.VERBOSE | re.IGNORECASE,
)
"""A line that is one option, or gives one and its reason."""

_POLITE = {
    "yes": r"y(?:es|ep|eah|up)?|true|correct|it\s+(?:can|is|does)(?!\s*(?:not|n't))|indeed"
    r"|possible",
    "no": r"n(?:o|ope|ah)?|false|incorrect|impossible|cannot|can\s*not|can't|never"
    r"|(?:it|this|that|they)\s+(?:cannot|can\s*not|can't|isn't|is\s+not|doesn't|does\s+not)"
    r"|not\s+possible",
}

_SAME_AS = {"yes": ("yes", "true"), "no": ("no", "false")}

TICK = re.compile(r"\A(?:[-*+•]\s*)?(?:\[\s*[xX✓✔]\s*\]|[☑☒✓✔✅])\s*(.*)\Z")


def read_option(text: str, options: Mapping[str, str]) -> str | Unread:
    """The option that an answer of one option names."""
    refused = unfit(text)
    if refused:
        return refused
    answer = _ticked_alone(plain(text)) or undress(text)
    flat = " ".join(line for line in (without_bullet(line) for line in lines_of(answer)) if line)
    found = match_option(answer, options) or match_option(flat, options)
    if found is not None:
        return found
    several = _several(flat, options)
    if several is not None:
        return several
    if _GAVE_UP.match(flat):
        return _none_of(options, quote(flat))
    for read in (_by_beginning, _by_polite_word, match_mention):
        named = read(flat, options)
        if named is not None:
            break
    else:
        named = _by_first_line(answer, options)
    if named is not None:
        other = _find_another(answer, flat, named, options)
        return _choose_one(named, other) if other else named
    return _none_of(options, quote(flat) if flat else "no words")


def _find_another(answer: str, flat: str, named: str, options: Mapping[str, str]) -> str | None:
    """A second option that is offered behind the first, for whoever likes that one better."""
    offered = _OFFERED.search(flat)
    # A single letter behind a sign is a letter of a formula: `a, since W = b`.
    is_one = offered is not None and not (offered["sign"] and len(offered["id"]) == 1)
    ids = [offered["id"]] if offered and is_one else []
    ids += [found["id"] for line in lines_of(answer) if (found := _LINE_OF_ONE.match(line))]
    ids += _name_last(flat, named, options)
    others = (match_id(each, options) or _by_polite_word(each, options) for each in ids)
    return next((other for other in others if other not in (None, named)), None)


def _name_last(text: str, named: str, options: Mapping[str, str]) -> list[str]:
    """The last word, where little but an option stands before it: `no vs yes`, `no # yes`."""
    words = re.findall(r"[\w'-]+", text)
    is_brief = 2 <= len(words) <= 4 and match_id(words[0], options) == named
    if not is_brief or len(words[-1]) == 1 or any(_DENIES.match(word) for word in words[1:-1]):
        return []
    return words[-1:]


def _choose_one(one: str, other: str) -> Unread:
    return Unread(f"two options, {one} and {other}", "one option", "choose one of them")


def _none_of(options: Mapping[str, str], saw: str) -> Unread:
    return Unread(saw, f"one of: {', '.join(options)}", "write the option's name alone")


def _ticked_alone(text: str) -> str | None:
    ticked = [found[1] for line in lines_of(text) if (found := TICK.match(line))]
    return undress(ticked[0]) if len(ticked) == 1 else None


def _several(text: str, options: Mapping[str, str]) -> Unread | None:
    """`no yes`, `a, b`, `yes or no`: two options side by side at the start are no choice."""
    words = [word.strip(EDGES + "()[]") for word in re.split(r"[\s,;/|&]+", text, maxsplit=5)[:5]]
    named = [
        match_id(word, options) for word in words if word.casefold() not in ("or", "and", "not")
    ]
    if len(named) < 2 or None in named[:2] or named[0] == named[1]:
        return None
    if named[2:3] == [None]:
        # `No, yes would need ...` goes on with a sentence about the other one.
        return None
    second = next(place for place, word in enumerate(words) if match_id(word, options) == named[1])
    before = words[second - 1]
    if before.casefold() == "not":
        # `exploding, not vanishing` names one and denies the other.
        return None
    return _choose_one(str(named[0]), str(named[1]))


def _by_beginning(text: str, options: Mapping[str, str]) -> str | None:
    """`vanish: slopes multiply`, `(b) because ...`: an id, then its reason."""
    found = _OPENING_ID.match(text)
    return match_id(found["id"], options) if found else None


def _by_first_line(text: str, options: Mapping[str, str]) -> str | None:
    """An option on a line of its own, and below it a reason that may speak of the others."""
    first = next(iter(lines_of(text)), "")
    return match_id(without_bullet(first).strip(EDGES), options)


def _by_polite_word(text: str, options: Mapping[str, str]) -> str | None:
    for meaning, words in _POLITE.items():
        key = next((key for key in options if key.casefold() in _SAME_AS[meaning]), None)
        if key and re.match(rf"\A(?:{words})(?![\w'])(?!\s*(?:/|or\b|and\b))", text, re.IGNORECASE):
            return key
    return None
