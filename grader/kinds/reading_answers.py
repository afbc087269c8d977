"""The one number that an answer gives: in a sentence, at the end of a chain, with a unit."""

from __future__ import annotations

import re

from grader.kinds.numbers import Number, is_right, is_rounded
from grader.kinds.reading_numbers import read_exactly, read_plain
from grader.kinds.reading_text import Unread, fold, lines_of, quote, too_long, undress, unfit

MOST_LINES = 40
"""Of an answer that is one number: a derivation has ten."""

MOST_SIDES = 12
"""Of one chain of equalities that are looked at."""

_DECIMAL_COMMA = re.compile(r"([+-]?\d+),(\d+)")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?")
_NAMED = re.compile(r"[^\W\d][^=]{0,40}=|\\[a-zA-Z]")
_GOES_ON = re.compile(r"[=≈+*/·≃≅]|-\s|\\(?:approx|simeq|cdot|times)\b")
_APPROXIMATELY = re.compile(
    r"\A(?:about|approx(?:imately|\.)?|around|roughly|circa|ca\.|exactly|at most|up to|only|just"
    r"|equals?|is|=|≈|~|:)\s*",
    re.IGNORECASE,
)
_ASIDE = re.compile(r"(?<=\S)\s+\((?=[^()]*(?:[^\W\d_]{3}|[=≈]))[^()]*\)")
_REASON = re.compile(
    r"(?:[,;.]|(?<!\s)\s)\s*\b(?:since|because|as|for|where|with|which|so|i\.e)\b.*\Z", re.DOTALL
)
_EQUALS = re.compile(r"(?<![<>!=])=(?!=)|:=|≈|≃|≅|\\approx\b|\\simeq\b|\bis\b|\bequals\b|\bare\b|:")
_UNIT = re.compile(
    r"(?<=[\d).])(?:\s+[^\W\d_][^\W\d]+(?:\s*/\s*[^\W\d_]+|\s+[^\W\d_]{2,}){0,4}"
    r"|(?:nats?|bits?|px|ms|[kKMG]i?B|FLOPs?))\s*\Z"
)
_NOT_UNITS = {
    "pi", "lambda", "alpha", "beta", "gamma", "delta", "sigma", "theta", "eta", "mu", "epsilon",
    "if", "else", "and", "or", "not",
}  # fmt: skip
_WORDS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve",
)  # fmt: skip
_IN_PROSE = re.compile(r"(?<![\w.,/^*+×·-])[+-]?(?:\d+(?:\.\d+)?|\.\d+)(?![\w/^*+×·]|[.,]\d)")
_SIZE = re.compile(
    r"(?:[^\d=]{0,40}[\s=:])?(\d{1,6})\s*(?:x|×|\\times|by)\s*(\d{1,6})(?:\s+[a-z ]{0,40})?",
    re.IGNORECASE,
)
_HEDGED = re.compile(
    r"\b(?:not|never|less|more|greater|smaller|fewer|between|above|below|or|either|least|to)\b"
    r"|[<>≤≥±+*/^=]",
    re.IGNORECASE,
)


def read_number(text: str) -> tuple[Number, ...] | Unread:
    """The number an answer gives; where it can be read in two ways (`1,386`), both."""
    refused = unfit(text)
    if refused:
        return refused
    lines = _join_chains(lines_of(undress(text)))
    if not lines:
        return Unread("nothing", "a number")
    if len(lines) > MOST_LINES:
        return Unread(f"{len(lines)} lines", "one number", "write the number alone")
    read = [found for line in lines if (found := _read_line(line))]
    if not read:
        return _read_prose(" ".join(lines))
    last = read[-1]
    # `p = 1/4`, then `loss = 1.386`, is a derivation; `0.602`, then `1.386`, are two answers.
    is_derived = all(_NAMED.match(line) for line in lines)
    if not is_derived and any(not _agree(other[0], last[0]) for other in read[:-1]):
        shown = " and ".join(quote(found[0].written) for found in read[-2:])
        return Unread(f"{len(read)} numbers, {shown}", "one number", "write the number alone")
    return last


def read_sides(text: str) -> tuple[Number, ...]:
    """Every side of an answer's last equality that is a number: they should all be equal."""
    if too_long(text):
        return ()
    lines = _join_chains(lines_of(undress(text)))
    sides = _EQUALS.split(lines[-1])[-MOST_SIDES:] if lines else []
    read = [read_exactly(side.lstrip(" ~").rstrip(" .,;")) for side in sides if side.strip()]
    return tuple(side for side in read if isinstance(side, Number))


def _join_chains(lines: list[str]) -> list[str]:
    """Lines that begin with a sign go on from the line before."""
    joined: list[str] = []
    for line in lines:
        if joined and _GOES_ON.match(line):
            joined[-1] += f" {line}"
        else:
            joined.append(line)
    return joined


def _agree(one: Number, other: Number) -> bool:
    return is_right(one, other) or is_right(other, one) or is_rounded(one, other)


def _read_line(line: str) -> tuple[Number, ...] | None:
    for candidate in _candidates(_ASIDE.sub("", line).strip()):
        found = _read_either(candidate)
        if found:
            return found
    return None


def _candidates(answer: str) -> list[str]:
    """The last side of its equalities, then the whole, each also without approximation and unit."""
    sides = [side for side in _EQUALS.split(_REASON.sub("", answer)) if side.strip()]
    found = [*sides[-1:], answer]
    for candidate in tuple(found):
        stripped = _APPROXIMATELY.sub("", candidate.strip()).strip(" .,;")
        unit = _UNIT.search(stripped)
        found.append(stripped)
        if unit and not {fold(word) for word in re.findall(r"[^\W\d_]+", stripped)} & _NOT_UNITS:
            found.append(stripped[: unit.start()])
    return list(dict.fromkeys(found))


def _read_either(text: str) -> tuple[Number, ...] | None:
    text = text.strip()
    if fold(text) in _WORDS:
        text = str(_WORDS.index(fold(text)))
    written = [text.replace(",", "")] if _THOUSANDS.fullmatch(text) else []
    if _DECIMAL_COMMA.fullmatch(text):
        written.append(text.replace(",", "."))
    read = [found for each in written if (found := read_plain(each))]
    if not read:
        formula = read_exactly(text)
        read = [] if isinstance(formula, Unread) else [formula]
    return tuple(read) or None


def read_size(text: str) -> tuple[int, int] | None:
    """`7 × 7` and nothing else of weight."""
    found = _SIZE.fullmatch(undress(text))
    return (int(found[1]), int(found[2])) if found else None


def _read_prose(answer: str) -> tuple[Number, ...] | Unread:
    """The only number in a sentence that neither compares nor computes."""
    unread = Unread(quote(answer), "one number", "write the number alone")
    if _HEDGED.search(answer):
        return unread
    tokens = set(_IN_PROSE.findall(answer))
    tokens |= {
        str(_WORDS.index(w)) for w in re.findall(r"\w+", answer.casefold()) if w in _WORDS[2:]
    }
    if len(tokens) != 1 or len(re.findall(r"\d+", answer)) > 2:
        return unread
    found = read_plain(tokens.pop())
    return (found,) if found else unread
