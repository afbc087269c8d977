"""Code to repair: the checks of a function, and what was changed from the code that was given."""

from __future__ import annotations

import difflib
import re
from dataclasses import replace

from grader.kinds import function
from grader.kinds.function_feedback import conceal
from grader.kinds.marking import explain
from grader.kinds.protocol import Bench, HandedIn
from grader.spec.fix_part import FixPart
from grader.submission.models import Answer
from grader.values import Value
from grader.verdicts import Outcome, Verdict, failed

MOST_LINES = 24
"""Of a difference that is shown: a repair is a few lines, and a screen has no more."""

WIDEST = 100
"""Characters of a line of it."""

MOST_COMPARED = 400
"""Lines of a function that are compared: the comparison takes their square."""


def judge(part: FixPart, part_id: str, handed_in: HandedIn, bench: Bench) -> tuple[Outcome, ...]:
    """The outcomes of the function's checks; nothing is earned by the code as it was given.

    Errors   as for functions.
    """
    if handed_in.source is None:
        return function.judge(part, part_id, handed_in, bench)
    name = function_name(part)
    given, mine = (cut_function(text, name) for text in (part.starter, handed_in.source.text))
    if mine and strip(mine) == strip(given):
        words = explain("the code as it was given", "", "find the bug and mend it")
        return tuple(
            conceal(
                failed(c.name, Verdict.WRONG, words, points=c.points, hidden=c.hidden)
            )
            for c in part.checks
        )  # fmt: skip
    outcomes = function.judge(part, part_id, handed_in, bench)
    shown = show_difference(given, mine)
    if not shown:
        return outcomes
    at = next((i for i, each in enumerate(outcomes) if not each.hidden), None)
    wrong = (i for i, o in enumerate(outcomes) if not o.hidden and o.verdict is not Verdict.PASSED)
    at = next(wrong, at)
    return tuple(
        replace(each, feedback=f"{each.feedback}\nyou changed:\n{shown}".strip())
        if index == at
        else each
        for index, each in enumerate(outcomes)
    )


def function_name(part: FixPart) -> str:
    return part.signature.partition("(")[0]


def cut_function(text: str, name: str) -> list[str]:
    """The lines of a function, from its `def` to the next line that begins at the left."""
    lines = text.expandtabs(4).splitlines()
    starts = [i for i, line in enumerate(lines) if re.match(rf"(?:async )?def {name}\b", line)]
    if not starts:
        return []
    # The last definition is the one that counts.
    start = starts[-1]
    end = start + 1
    while end < len(lines) and (not lines[end].strip() or lines[end][0] in " )#"):
        end += 1
    return [line.rstrip() for line in lines[start:end] if line.strip()][:MOST_COMPARED]


def strip(lines: list[str]) -> list[str]:
    """Without comments of their own lines, and with spaces that say nothing taken out."""
    kept = (line for line in lines if not line.lstrip().startswith("#"))
    return ["".join(line.split()) for line in kept]


def show_difference(given: list[str], mine: list[str]) -> str:
    """Lines taken out with `-`, lines put in with `+`, and one line around each change."""
    if not given or not mine:
        return ""
    lines = [
        line[:WIDEST]
        for line in difflib.unified_diff(given, mine, n=1, lineterm="")
        if not line.startswith(("---", "+++", "@@"))
    ]
    if len(lines) > MOST_LINES:
        lines = [*lines[: MOST_LINES - 1], f"… {len(lines) - MOST_LINES + 1} more lines"]
    return "\n".join(f"  {line}" for line in lines)


def read_value(part: FixPart, answer: Answer) -> Value:
    """Nothing: no later part builds on a function."""
    return None


def describe(part: FixPart) -> str:
    """How to hand in a repaired function."""
    return (
        f"Put the repaired `{part.signature}` into any .py file or notebook; it is found by its"
        " name. Change as little as the repair needs."
    )
