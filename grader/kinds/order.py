"""Steps put in order, where several orders may be right."""

from __future__ import annotations

import re
from fractions import Fraction

from grader.errors import BrokenReference
from grader.kinds.marking import ANSWER, explain, fall_short, refuse
from grader.kinds.matching_options import match_item
from grader.kinds.protocol import Bench, HandedIn
from grader.kinds.reading_lists import MOST_ITEMS, split_items
from grader.kinds.reading_text import Unread, lines_of, quote, too_long, undress
from grader.spec.parts import OrderPart
from grader.submission.models import Answer
from grader.values import Value
from grader.verdicts import Counterexample, Outcome, passed

_NUMBERED = re.compile(r"\A\(?(\d{1,2})[.):]\s*(?=\D)(.*)\Z")


def judge(part: OrderPart, part_id: str, handed_in: HandedIn, bench: Bench) -> tuple[Outcome, ...]:
    """Any order in which each required pair stands right; otherwise the first pair that doesn't."""
    assert handed_in.answer is not None
    required = required_pairs(part, part_id)
    order = read_order(handed_in.answer.text, part)
    if isinstance(order, Unread):
        return (refuse(order),)
    understood = " → ".join(order)
    missing = [item for item in part.items if item not in order]
    place = {item: index for index, item in enumerate(order)}
    broken = [
        (first, then)
        for first, then in required
        if first in place and then in place and place[first] > place[then]
    ]
    if not broken and not missing:
        return (passed(ANSWER, understood=understood),)

    absent = [pair for pair in required if pair[0] not in place or pair[1] not in place]
    free = [item for item in missing if not any(item in pair for pair in required)]
    wanted = len(required) + len(free)
    held = wanted - len(broken) - len(absent) - len(free)
    share = Fraction(held, wanted) if part.scoring == "pairs" else Fraction(0)
    wrong_pair = min(broken, key=lambda pair: (place[pair[1]], place[pair[0]]), default=None)
    words, counterexample = [], None
    if wrong_pair:
        words.append(f"{wrong_pair[1]} before {wrong_pair[0]}")
        counterexample = Counterexample(
            saw=f"{wrong_pair[1]} before {wrong_pair[0]}",
            expected=f"{wrong_pair[0]} before {wrong_pair[1]}",
        )
    if missing:
        words.append(f"{len(order)} of {len(part.items)} items; missing: {', '.join(missing)}")
    return (
        fall_short(
            explain("; ".join(words), advice="what does each step need from the ones before it?"),
            understood,
            share=share,
            counterexample=counterexample,
        ),
    )


def required_pairs(part: OrderPart, part_id: str) -> tuple[tuple[str, str], ...]:
    """Every (before, after) pair that the answer or the chains together ask for."""
    chains = part.chains or (part.answer,)
    unknown = {item for chain in chains for item in chain} - set(part.items)
    if unknown or not any(chains):
        raise BrokenReference(f"{part_id}: the order names {sorted(unknown) or 'nothing'}")
    pairs = {
        (chain[i], chain[j])
        for chain in chains
        for i in range(len(chain))
        for j in range(i + 1, len(chain))
    }
    # Chains that share an item bind one another: a < b and b < c give a < c.
    while more := {(a, d) for a, b in pairs for c, d in pairs if b == c} - pairs:
        pairs |= more
    if any(first == then for first, then in pairs):
        raise BrokenReference(f"{part_id}: the chains contradict one another")
    position = {item: index for index, item in enumerate(part.items)}
    return tuple(sorted(pairs, key=lambda pair: (position[pair[0]], position[pair[1]])))


def read_order(text: str, part: OrderPart) -> tuple[str, ...] | Unread:
    """The items in the order given: lines, numbers, arrows or commas."""
    refused = too_long(text)
    if refused:
        return refused
    found: list[str] = []
    for item in _sort_by_number(split_items(_in_numbered_order(undress(text)), part.items, True)):
        key = match_item(item, part.items)
        expected = f"each of: {', '.join(part.items)}"
        if key is None:
            return Unread(quote(item), expected, "write the items' names, a line each, in order")
        if key in found:
            return Unread(f"{key} twice", f"{expected}, once")
        found.append(key)
        if len(found) > MOST_ITEMS:
            return Unread(f"more than {MOST_ITEMS} items", expected)
    if not found:
        return Unread("no items", f"each of: {', '.join(part.items)}")
    return tuple(found)


def _in_numbered_order(text: str) -> str:
    """Lines numbered out of order are put where their numbers say."""
    lines = lines_of(text)
    numbered = [_NUMBERED.match(line) for line in lines]
    if len(lines) > 1 and all(numbered):
        numbers = [int(found[1]) for found in numbered if found]
        if sorted(numbers) == list(range(min(numbers), min(numbers) + len(numbers))):
            pairs = sorted(zip(numbers, (found[2] for found in numbered if found), strict=True))
            return "\n".join(words for _, words in pairs)
    return "\n".join(lines)


def _sort_by_number(items: list[str]) -> list[str]:
    """`1. forward, 2. loss` in one line: the numbers are no part of the names."""
    return [found[2] if (found := _NUMBERED.match(item)) else item for item in items]


def read_value(part: OrderPart, answer: Answer) -> Value:
    """The ids, in the order given."""
    order = read_order(answer.text, part)
    return None if isinstance(order, Unread) else list(order)


def right_value(part: OrderPart) -> Value:
    """The ids in the one right order; None where several orders are right."""
    return list(part.answer) or None


def describe(part: OrderPart) -> str:
    """How to hand in an answer."""
    return f"Write the items in order, a line each: {', '.join(part.items)}."
