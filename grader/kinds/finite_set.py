"""A finite set of numbers or of words, in any order."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from grader.kinds.marking import ANSWER, distrust, explain, fall_short, find_mistake, refuse
from grader.kinds.numbers import Number, is_right
from grader.kinds.protocol import Bench, HandedIn
from grader.kinds.reading_numbers import expect_number, read_exactly
from grader.kinds.reading_text import (
    Unread,
    fold,
    lines_of,
    quote,
    split_outside_brackets,
    too_long,
    undress,
    without_bullet,
)
from grader.kinds.value import as_value
from grader.spec.models import Tolerance
from grader.spec.parts import SetPart
from grader.submission.models import Answer
from grader.values import Value
from grader.verdicts import Outcome, passed

MOST_MEMBERS = 200
"""Of one set; the largest asked for has a dozen."""

Member = Number | str

_EMPTY = re.compile(
    r"(?:\\?\{\s*\\?\}|∅|\\emptyset|\\varnothing|(?:the )?empty(?: set)?|none|nothing)", re.I
)
_WRAPPED = re.compile(
    r"\A(?:(?:frozen)?set\s*\(\s*)?(?:\\?\{|\[|\()(.*?)(?:\\?\}|\]|\))\s*\)?\Z", re.DOTALL
)
_UNION = re.compile(r"\}\s*(?:∪|\\cup|U)\s*\{")
_LABEL = re.compile(r"\A\s*[^\W\d][\w']{0,30}(?:\s+is|\s+are)?\s*(?:=|:|∈|\\in(?![a-z]))\s*(?!=)")
_SIGNED = re.compile(r"\A(?:±|\\pm(?![a-z])|\+/-|\+-)\s*(.+)\Z")


def judge(part: SetPart, part_id: str, handed_in: HandedIn, bench: Bench) -> tuple[Outcome, ...]:
    """Right where both sets have the same members; repeating one changes nothing."""
    assert handed_in.answer is not None
    accepted = [expect_members(part_id, answer) for answer in (part.answer, *part.equivalents)]
    is_numeric = all(isinstance(member, Number) for member in accepted[0])
    given = read_members(handed_in.answer.text, is_numeric=is_numeric)
    if isinstance(given, Unread):
        return (refuse(given),)
    understood = show_members(given)
    if any(_is_same(given, right, part.tolerance) for right in accepted):
        return (passed(ANSWER, understood=understood),)
    mistake = find_mistake(
        part.mistakes,
        lambda wrong: _is_same(given, expect_members(part_id, wrong), part.tolerance),
    )
    words = _explain_difference(given, accepted[0], part.tolerance)
    return (fall_short(words, understood, mistake=mistake),)


def expect_members(part_id: str, answer: Any) -> tuple[Member, ...]:
    """The members that a spec or a reference function gives: numbers if all can be read so."""
    if isinstance(answer, str):
        read = read_members(answer, is_numeric=True)
        if isinstance(read, Unread):
            read = read_members(answer, is_numeric=False)
        if isinstance(read, Unread):
            raise distrust(part_id, answer, read)
        return read
    listed = answer if isinstance(answer, list | tuple) else [answer]
    numbers = [expect_number(member) for member in listed]
    if not any(isinstance(number, Unread) for number in numbers):
        return tuple(number for number in numbers if isinstance(number, Number))
    return tuple(str(member) for member in listed)


def read_members(text: str, *, is_numeric: bool) -> tuple[Member, ...] | Unread:
    """The members, each once, in the order given."""
    refused = too_long(text)
    if refused:
        return refused
    expected = "a set of numbers, as {1, 2}" if is_numeric else "a list of words"
    answer = _LABEL.sub("", undress(text), count=1).strip()
    if _EMPTY.fullmatch(answer):
        return ()
    members: list[Member] = []
    for item in _items(answer):
        for piece in _both_signs(_LABEL.sub("", item, count=1).strip()):
            if len(members) >= MOST_MEMBERS:
                return Unread(f"more than {MOST_MEMBERS} members", expected)
            member = read_exactly(piece) if is_numeric else piece.strip("'\" ")
            if isinstance(member, Unread):
                return Unread(quote(item), expected, "write the members alone, with commas")
            if not any(_is_member_twice(member, other) for other in members):
                members.append(member)
    return tuple(members) or Unread(quote(answer) if answer else "nothing", expected)


def _items(answer: str) -> list[str]:
    lines = [without_bullet(line) for line in lines_of(answer)]
    wrapped = _WRAPPED.match(_UNION.sub(",", " ".join(lines)))
    if wrapped:
        lines = [wrapped[1]]
    items = [item for line in lines for item in split_outside_brackets(line, ",;|")]
    return [
        piece for item in items for piece in re.split(r"\b(?:and|or)\b|&", item) if piece.strip()
    ]


def _both_signs(item: str) -> tuple[str, ...]:
    signed = _SIGNED.match(item)
    return (signed[1], f"-({signed[1]})") if signed else (item,)


def _is_member_twice(one: Member, other: Member) -> bool:
    if isinstance(one, Number) and isinstance(other, Number):
        return one.value == other.value
    return isinstance(one, str) and isinstance(other, str) and fold(one) == fold(other)


def _matches(tolerance: Tolerance | None) -> Callable[[Member, Member], bool]:
    def matches(mine: Member, right: Member) -> bool:
        if isinstance(mine, Number) and isinstance(right, Number):
            return is_right(mine, right, tolerance)
        return _is_member_twice(mine, right)

    return matches


def _is_same(given: Sequence[Member], right: Sequence[Member], tolerance: Tolerance | None) -> bool:
    return not any(_count_faults(given, right, tolerance))


def _count_faults(
    given: Sequence[Member], right: Sequence[Member], tolerance: Tolerance | None
) -> tuple[int, int]:
    """How many members are too many, and how many are missing."""
    matches = _matches(tolerance)
    extra = sum(not any(matches(mine, member) for member in right) for mine in given)
    missing = sum(not any(matches(mine, member) for mine in given) for member in right)
    return extra, missing


def _explain_difference(
    given: Sequence[Member], right: Sequence[Member], tolerance: Tolerance | None
) -> str:
    extra, missing = _count_faults(given, right, tolerance)
    faults = []
    if extra:
        faults.append(f"{extra} of your {len(given)} members {_do(extra)} not belong to the set")
    if missing:
        faults.append(f"{missing} {'is' if missing == 1 else 'are'} missing")
    return explain(show_members(given), "another set", "; ".join(faults))


def _do(count: int) -> str:
    return "does" if count == 1 else "do"


def show_members(members: Sequence[Member]) -> str:
    """`{1, 2}`."""
    shown = (member.written if isinstance(member, Number) else member for member in members)
    return f"{{{', '.join(shown)}}}" if members else "∅"


def as_values(members: Sequence[Member]) -> Value:
    """The members as later parts get them: a list of numbers or of words."""
    return [as_value(member) if isinstance(member, Number) else member for member in members]


def read_value(part: SetPart, answer: Answer) -> Value:
    """The members, in the order given."""
    right = expect_members("", part.answer) if part.answer is not None else ()
    is_numeric = all(isinstance(member, Number) for member in right)
    given = read_members(answer.text, is_numeric=is_numeric)
    return None if isinstance(given, Unread) else as_values(given)


def right_value(part: SetPart) -> Value:
    """The right members in the same form."""
    return as_values(expect_members("", part.answer))


def describe(part: SetPart) -> str:
    """How to hand in an answer."""
    return "Write the members, in any order: {1, 2}."
