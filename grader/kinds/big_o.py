"""An asymptotic bound: constants, lower terms and bases of logarithms do not count."""

from __future__ import annotations

import re

from grader import maths
from grader.errors import BrokenReference
from grader.kinds.expression import as_text
from grader.kinds.marking import ANSWER, explain, fall_short, find_mistake, leave_open, refuse
from grader.kinds.protocol import Bench, HandedIn
from grader.kinds.reading_text import Unread, unfit
from grader.maths.growth import Growth, GrowthComparison, compare_growth
from grader.maths.tree import Node
from grader.spec.parts import BigOPart
from grader.submission.models import Answer
from grader.values import FormulaText, Value
from grader.verdicts import Outcome, Verdict, failed, passed

LETTER = re.compile(
    r"(?:\\(?:mathcal|mathrm|text|mathbf|operatorname)\s*\{?\s*)?(?P<letter>O|Θ|Ω|\\Theta|\\Omega|\\Omicron"
    r"|Theta|Omega|[bB]ig-?O|𝒪)\s*\}?(?:\s|\\[!,;:])*(?:\\left|\\[bB]ig+l?)?\s*(?=\()"
)
BULLET = re.compile(r"^\s*[-*•]\s+(?=\S)")
MEANING = {"Θ": "Θ", "\\Theta": "Θ", "Theta": "Θ", "Ω": "Ω", "\\Omega": "Ω", "Omega": "Ω"}


def judge(part: BigOPart, part_id: str, handed_in: HandedIn, bench: Bench) -> tuple[Outcome, ...]:
    """Right where the bound grows exactly as the reference does."""
    assert handed_in.answer is not None
    reference = _read_listed(part, part_id, part.answer)
    relations = [_read_relation(part, part_id, text) for text in part.relations]
    unread = unfit(handed_in.answer.text) or _find_second(handed_in.answer.text)
    if unread is not None:
        return (refuse(unread),)
    read = read_bound(part, handed_in.answer.text)
    if isinstance(read, maths.Unreadable):
        return (failed(ANSWER, Verdict.REFUSED, read.show()),)
    letter, formula = read
    understood = f"{letter}({maths.show(formula)})"
    beside = (reference, relations, bench.seed)
    found = compare_growth(formula.tree, *beside)
    if found.growth is Growth.UNDEFINED:
        words = explain(
            understood, "a bound with positive values", "it is 0 or undefined for every size"
        )
        return (failed(ANSWER, Verdict.REFUSED, words, understood=understood),)
    if found.growth is Growth.UNKNOWN:
        words = explain(understood, "", "a person will look at this answer")
        return (leave_open(words, understood, "its growth could not be compared"),)
    if found.growth is Growth.SAME:
        if letter == "Ω" and part.bound == "O":
            words = explain(understood, "an upper bound, O", "Ω bounds from below")
            return (fall_short(words, understood),)
        return (passed(ANSWER, understood=understood),)
    others = (compare_growth(one, *beside) for one in formula.doubtful)
    if any(other.growth is Growth.SAME for other in others):
        words = explain(understood, "", "a person will look at this answer; brackets would tell")
        return (leave_open(words, understood, "an argument without brackets ends here or there"),)
    mistake = find_mistake(
        part.mistakes,
        lambda wrong: (
            compare_growth(
                formula.tree, _read_listed(part, part_id, wrong), relations, bench.seed
            ).growth
            is Growth.SAME
        ),
    )
    return (fall_short(_explain_growth(understood, found), understood, mistake=mistake),)


def _find_second(text: str) -> Unread | None:
    """A list of bounds is no sum with minus signs."""
    listed = [line for line in text.splitlines() if BULLET.match(line) and LETTER.search(line)]
    if len(listed) < 2:
        return None
    return Unread(f"a list of {len(listed)} bounds", "one bound", "write it alone")


def read_bound(part: BigOPart, text: str) -> tuple[str, maths.Formula] | maths.Unreadable:
    """The letter and what stands in it; `O(a) + O(b)` and a bare formula as well."""
    letters = [found.group("letter") for found in LETTER.finditer(text)]
    letter = MEANING.get(letters[0], "O") if letters else "O"
    bare = LETTER.sub("", BULLET.sub("", text))
    found = maths.read(bare.strip(), part.symbols)
    if isinstance(found, maths.Formula):
        return letter, found
    inside = _last_group(text)
    if inside is not None:
        second = maths.read(inside, part.symbols)
        return (letter, second) if isinstance(second, maths.Formula) else second
    return found


def _last_group(text: str) -> str | None:
    """What stands in the last O(...) of a sentence."""
    place = None
    for found in LETTER.finditer(text):
        place = found.end()
    if place is None:
        return None
    level = 0
    for position in range(place, len(text)):
        level += {"(": 1, ")": -1}.get(text[position], 0)
        if level == 0:
            return text[place + 1 : position].removesuffix("\\right")
    return None


def _read_listed(part: BigOPart, part_id: str, answer: object) -> Node:
    read = read_bound(part, as_text(answer))
    if isinstance(read, maths.Unreadable):
        raise BrokenReference(f"{part_id}: the bound {answer!r}: {read}")
    return read[1].tree


def _read_relation(part: BigOPart, part_id: str, text: str) -> Node:
    read = maths.read(text, part.symbols)
    if isinstance(read, maths.Unreadable) or read.tree.op not in ("compare", "and"):
        raise BrokenReference(f"{part_id}: '{text}' is no relation such as n >= k")
    return read.tree


def _explain_growth(understood: str, found: GrowthComparison) -> str:
    advice = []
    if found.too_fast:
        advice.append(f"it grows too fast in {_listed(found.too_fast)}")
    if found.too_slow:
        advice.append(f"it grows too slowly in {_listed(found.too_slow)}")
    expected = {
        Growth.FASTER: "a tighter bound",
        Growth.SLOWER: "a bound that is large enough",
        Growth.BOTH: "a bound that grows otherwise",
    }[found.growth]
    return explain(understood, expected, "; ".join(advice))


def _listed(names: tuple[str, ...]) -> str:
    return " and ".join(names) if len(names) < 3 else ", ".join(names)


def read_value(part: BigOPart, answer: Answer) -> Value:
    """The bound, as text that the grammar reads."""
    read = read_bound(part, answer.text)
    return None if isinstance(read, maths.Unreadable) else FormulaText(maths.show(read[1]))


def right_value(part: BigOPart) -> Value:
    """The right bound in the same form."""
    return FormulaText(as_text(part.answer))


def describe(part: BigOPart) -> str:
    """How to hand in an answer."""
    return f"Write one bound in {', '.join(part.symbols)}, as O(n log n)."
