"""Rules for parts that ask for anything with a stated property."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from grader.spec.meaning_answers import check_mistakes, check_symbols
from grader.spec.property_part import PropertyPart
from grader.spec.scope import Scope, missing
from grader.spec.words import show_seen

NET_SHAPES = {"w0": 1, "b0": 1, "w1": 1, "b1": 0}
"""Axes of what a network of one hidden layer is made of."""


def check_property(part: PropertyPart, scope: Scope) -> None:
    """There is one property, and the listed answers could have it."""
    if (part.net is None) == (part.holds is None):
        scope.refuse("a property needs one of 'net' and 'holds'")
    if part.holds is not None:
        scope.need_reference(part.holds, "holds")
    if part.net is not None:
        _check_net(part, scope)
    for name, given in part.gives.items():
        if name in part.symbols:
            scope.refuse(f"'{name}' is a symbol already", "gives", name, at_key=True)
        for index, size in enumerate(given.shape):
            if isinstance(size, int) and size < 1:
                scope.refuse(f"a size cannot be {size}", "gives", name, "shape", index)
    for name, symbol in part.symbols.items():
        if symbol.shape or symbol.domain in ("function", "complex"):
            scope.refuse("a parameter of a property is one real number", "symbols", name)
    check_symbols(part.symbols, scope.below("symbols"))
    if part.answer is None:
        scope.refuse("required key 'answer' is missing; write one answer that is right")
    else:
        _check_values(part, part.answer, scope.below("answer"))
    for index, values in enumerate(part.equivalents):
        _check_values(part, values, scope.below("equivalents", index))
    for index, mistake in enumerate(part.mistakes):
        if isinstance(mistake.answer, Mapping):
            _check_values(part, mistake.answer, scope.below("mistakes", index, "answer"))
        elif mistake.answer is not None:
            message = f"a value for each name in 'gives', saw {show_seen(mistake.answer)}"
            scope.refuse(f"'answer' should be {message}", "mistakes", index, "answer")
        elif mistake.like is not None:
            message = "a mistake in a property is an answer without it; write 'answer'"
            scope.refuse(message, "mistakes", index, "like", at_key=True)
    if all(mistake.like is None for mistake in part.mistakes):
        check_mistakes(part, scope)


def _check_net(part: PropertyPart, scope: Scope) -> None:
    for name in ("w0", "w1"):
        if name not in part.gives:
            scope.refuse(f"a network needs '{name}'", "gives", at_key=True)
    for name, given in part.gives.items():
        if name not in NET_SHAPES:
            scope.refuse(f"a network has {', '.join(NET_SHAPES)}, no '{name}'", "gives", name)
        elif len(given.shape) != NET_SHAPES[name]:
            wanted = "one length, as in [n]" if NET_SHAPES[name] else "no lengths"
            scope.refuse(f"'{name}' has {wanted}", "gives", name, "shape")
    if "x" in part.symbols:
        scope.refuse("'x' is the network's input", "symbols", "x", at_key=True)


def _check_values(part: PropertyPart, values: Mapping[str, Any], scope: Scope) -> None:
    for name in values:
        if name not in part.gives:
            scope.refuse(missing("name", name, list(part.gives)), name, at_key=True)
    for name in part.gives:
        if name not in values:
            scope.refuse(f"a value for '{name}' is missing")
