"""How the grader reads a typed answer, shown while it is typed. Reading judges nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from grader import maths
from grader.spec.models import Symbol
from grader.submission.models import Answer

LONGEST = 4_000
"""Characters that are read while they are typed: two pages, read in a second at worst."""
LINES = 60
"""Of a derivation: more are read, these are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What was read, or why nothing could be."""

    is_read: bool
    formulas: tuple[Markup, ...] = ()
    """MathML, a line each."""
    text: str = ""
    trouble: str = ""


def preview(kind: str, asked: Any, text: str) -> Preview | None:
    """An answer as the grader reads it; None for kinds that are taken as they stand.

    Cost     linear in the text, which is bounded.
    """
    if not text.strip() or kind not in _READERS:
        return None
    if len(text) > LONGEST:
        return Preview(is_read=False, trouble="This is graded, and too long to be shown here.")
    try:
        return _READERS[kind](asked, text)
    except (ValueError, ArithmeticError, LookupError, RecursionError):
        return Preview(is_read=False, trouble="This cannot be read.")


def _show(formula: maths.Formula | maths.Node) -> Markup:
    # The writer escapes every name; nothing else of the text is in it.
    return Markup(maths.show_mathml(formula))


def _fail(trouble: maths.Unreadable) -> Preview:
    return Preview(is_read=False, trouble=trouble.show())


def _read_expression(asked: Any, text: str) -> Preview:
    from grader.maths.answers import cut_shape, read_answer

    if asked.shape is not None:
        text = cut_shape(text)[1]
    written = read_answer(text, asked.symbols)
    if isinstance(written, maths.Unreadable):
        return _fail(written)
    return Preview(is_read=True, formulas=(_show(written.formula),))


def _read_chain(asked: Any, text: str) -> Preview:
    from grader.maths.steps import read_derivation

    symbols = dict(asked.symbols) | {name: Symbol() for name in asked.where}
    read = read_derivation(text, symbols)
    if isinstance(read, maths.Unreadable):
        return _fail(read)
    return Preview(is_read=True, formulas=tuple(_show(side.tree) for side in read.sides[:LINES]))


def _read_number(asked: Any, text: str) -> Preview:
    symbols: Mapping[str, Symbol] = {}
    from grader.maths.answers import read_answer

    written = read_answer(text, symbols)
    if isinstance(written, maths.Unreadable):
        return _fail(written)
    return Preview(is_read=True, formulas=(_show(written.formula),))


def _read_bound(asked: Any, text: str) -> Preview:
    from grader.kinds.big_o import read_bound

    read = read_bound(asked, text)
    if isinstance(read, maths.Unreadable):
        return _fail(read)
    return Preview(is_read=True, formulas=(_show(read[1]),))


def _read_array(asked: Any, text: str) -> Preview:
    from grader.kinds.reading_arrays import read_array
    from grader.kinds.reading_text import Unread

    given = read_array(text)
    if isinstance(given, Unread):
        return Preview(is_read=False, trouble=f"{given.saw}; expected {given.expected}")
    shape = " × ".join(map(str, given.shape)) or "a number"
    return Preview(is_read=True, text=f"{shape}, {len(given.entries)} entries")


def _read_by_kind(kind: str, frame: str = "{}") -> Callable[[Any, str], Preview]:
    def read(asked: Any, text: str) -> Preview:
        from grader.kinds import find_kind

        value = find_kind(kind).read_value(asked, Answer(part="", text=text, file="", line=1))
        if value is None:
            return Preview(is_read=False, trouble="This cannot be read as an answer yet.")
        shown = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
        return Preview(is_read=True, text=frame.format(shown))

    return read


_READERS: dict[str, Callable[[Any, str], Preview]] = {
    "expression": _read_expression,
    "chain": _read_chain,
    "value": _read_number,
    "bigO": _read_bound,
    "array": _read_array,
    "interval": _read_by_kind("interval"),
    "shape": _read_by_kind("shape", "({})"),
    "set": _read_by_kind("set"),
    "order": _read_by_kind("order"),
}
