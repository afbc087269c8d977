"""What one trial of a property found, and the contract of the reference's `holds` functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from grader.errors import BrokenReference
from grader.numerics.describing import describe_value
from grader.values import ArrayValue, Value

KEYS = ("holds", "share", "says", "inputs", "saw", "expected", "doubt")

MOST_WORDS = 500
"""Characters of `says`: three lines on a screen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Whether a property holds, and if not, where it can be seen."""

    holds: bool
    share: Fraction = Fraction(0)
    """What the answer has earned where it does not hold."""
    says: str = ""
    inputs: tuple[tuple[str, str], ...] = ()
    saw: str = ""
    expected: str = ""
    doubt: str = ""
    """Why a person should look: too close to say."""


HOLDS = Finding(holds=True, share=Fraction(1))


def read_finding(function: str, value: Value) -> Finding:
    """What a `holds` function returned: True, False, or a dict.

    `holds` alone must be there; `share` is what an answer without the property earns; `says`
    is a sentence to the student; `inputs` (a dict), `saw` and `expected` are the counterexample;
    `doubt` leaves the answer to a person.

    Errors   BrokenReference for anything else.
    """
    value = _as_truth(value)
    if isinstance(value, bool):
        return HOLDS if value else Finding(holds=False)
    if not isinstance(value, dict):
        raise _broken(function, f"returned {_name(value)}, no truth value and no dict")
    unknown = sorted(str(key) for key in value if key not in KEYS)
    if unknown:
        raise _broken(function, f"returned '{unknown[0]}'; there are {', '.join(KEYS)}")
    holds = _as_truth(value.get("holds"))
    if not isinstance(holds, bool):
        raise _broken(function, "must return true or false as 'holds'")
    says, doubt = value.get("says", ""), value.get("doubt", "")
    if not isinstance(says, str) or not isinstance(doubt, str):
        raise _broken(function, "must return text as 'says' and 'doubt'")
    inputs = value.get("inputs", {})
    if not isinstance(inputs, dict):
        raise _broken(function, "must return a dict as 'inputs'")
    return Finding(
        holds=holds,
        share=_read_share(function, holds, value),
        says=says[:MOST_WORDS],
        inputs=tuple((str(name), _show(given)) for name, given in inputs.items()),
        saw=_show(value["saw"]) if "saw" in value else "",
        expected=_show(value["expected"]) if "expected" in value else "",
        doubt=doubt[:MOST_WORDS],
    )


def _read_share(function: str, holds: bool, value: Mapping[Any, Value]) -> Fraction:
    share = value.get("share", 1 if holds else 0)
    if isinstance(share, ArrayValue) and share.entries.size == 1:
        share = share.entries.item()
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
        raise _broken(function, "must return a number from 0 to 1 as 'share'")
    if holds != (share == 1):
        raise _broken(function, f"says holds = {holds} and share = {share:g}: they contradict")
    # A third computed in floats is a third: points stay exact.
    return Fraction(share).limit_denominator(10_000)


def _as_truth(value: Value) -> Value:
    """NumPy's and torch's own truth values as Python's."""
    if isinstance(value, ArrayValue) and value.dtype == "bool" and value.entries.size == 1:
        return bool(value.entries.item())
    return value


def _name(value: Value) -> str:
    return "nothing" if value is None else f"a {type(value).__name__}"


def _show(value: Value) -> str:
    return value[:MOST_WORDS] if isinstance(value, str) else describe_value(value)


def _broken(function: str, words: str) -> BrokenReference:
    return BrokenReference(f"the reference {function} {words}")
