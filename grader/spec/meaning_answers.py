"""Rules for parts that ask for a number, an array, a shape, a set, an interval or a formula."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from grader.spec.models import Symbol
from grader.spec.reference import python_name
from grader.spec.scope import Scope, missing
from grader.spec.words import show_seen

_LIMIT = re.compile(r"\s*([^\W\d]\w*'*)\s*([-+]\s*[0-9]+)?\s*")


def check_questions(part: Any, scope: Scope) -> None:
    """Rules for a part with one question, or with fields."""
    write = _FORMS[part.kind]
    if not part.fields:
        _check_question(part, scope, write)
        return
    check_beside_fields(part, scope)
    for name, question in part.fields.items():
        _check_question(question, scope.below("fields", name), write)


def check_formulas(part: Any, scope: Scope) -> None:
    """Rules for a derivation or a bound, whose answers are formulas in symbols."""
    need_answer(part.answer, scope)
    check_mistakes(part, scope)
    if part.answer is not None:
        _check_form(_formula, part.answer, scope, "answer")
    for index, derivation in enumerate(part.equivalents):
        _check_form(_formula, derivation, scope, "equivalents", index)
    for index, mistake in enumerate(part.mistakes):
        if mistake.answer is not None:
            _check_form(_formula, mistake.answer, scope, "mistakes", index, "answer")
    check_symbols(part.symbols, scope.below("symbols"))
    if getattr(part, "max_step", None) is not None and not part.equivalents:
        scope.refuse("its steps are those of a derivation; list one in 'equivalents'", "max_step")
    for name in getattr(part, "where", {}):
        if name in part.symbols:
            scope.refuse(f"'{name}' is a symbol already", "where", name, at_key=True)


def check_beside_fields(part: Any, scope: Scope, shared: tuple[str, ...] = ()) -> None:
    """Refuse what belongs to each field, where the part has fields."""
    field_model = type(next(iter(part.fields.values())))
    for key in sorted(part.model_fields_set):
        if key in field_model.described and key not in ("points", "prompt", *shared):
            scope.refuse(f"'{key}' belongs to each field, not beside 'fields'", key, at_key=True)


def _check_question(question: Any, scope: Scope, write: Callable[[Any], str]) -> None:
    need_answer(question.answer, scope)
    check_mistakes(question, scope)
    if getattr(question, "gradient", None) is not None:
        _check_gradient(question, scope.below("gradient"))
    written = [("answer", question.answer)] if question.answer is not None else []
    for place, value in written:
        _check_form(write, value, scope, place)
    for index, value in enumerate(question.equivalents):
        _check_form(write, value, scope, "equivalents", index)
    for index, mistake in enumerate(question.mistakes):
        if mistake.answer is not None:
            _check_form(write, mistake.answer, scope, "mistakes", index, "answer")
    symbols = getattr(question, "symbols", {})
    check_symbols(symbols, scope.below("symbols"))
    _check_sizes(getattr(question, "shape", None) or (), symbols, scope.below("shape"))


def _check_gradient(question: Any, scope: Scope) -> None:
    """A gradient is that of a formula, or of a function of the reference in numbers and arrays."""
    gradient, symbols = question.gradient, question.symbols
    if (not gradient.of) == (gradient.function is None):
        scope.refuse("a gradient needs one of 'of' and 'function'")
    if gradient.by not in symbols:
        scope.refuse(missing("symbol", gradient.by, symbols), "with respect to")
    if gradient.function is None:
        return
    scope.need_reference(gradient.function, "function")
    if question.up_to != "nothing":
        scope.refuse("a measured gradient is not compared 'up_to' anything", "function")
    for name, symbol in symbols.items():
        if symbol.domain in ("function", "complex"):
            scope.refuse(f"'{name}' is no number that a function could be given", "function")


def need_answer(answer: Any, scope: Scope) -> None:
    """An answer may be left out only where the reference has a function that returns it."""
    if answer is not None:
        return
    name, reference = python_name(scope.part_id), scope.reference
    if reference.path is None or reference.defines(name):
        return
    advice = f"write it, or define {name}() in the reference"
    if scope.has("answer"):
        scope.refuse(f"'answer' is empty; {advice}", "answer", at_key=True)
    else:
        scope.refuse(f"required key 'answer' is missing; {advice}", at_key=True)


def check_mistakes(question: Any, scope: Scope) -> None:
    """Each mistake is one wrong answer, or one wrong function of the reference."""
    for index, mistake in enumerate(question.mistakes):
        here = scope.below("mistakes", index)
        if (mistake.answer is None) == (mistake.like is None):
            here.refuse("a mistake needs one of 'answer' and 'like'")
        elif mistake.like is not None:
            here.need_reference(mistake.like, "like")
        elif mistake.answer == question.answer:
            here.refuse("this is the right answer, so it is no mistake", "answer")


def _check_form(write: Callable[[Any], str], value: Any, scope: Scope, *place: str | int) -> None:
    wanted = write(value)
    if wanted:
        name = next(step for step in reversed(place) if isinstance(step, str))
        label = f"'{name}'" if name == place[-1] else f"an item of '{name}'"
        scope.refuse(f"{label} should be {wanted}, saw {show_seen(value)}", *place)


# Each says what was wanted where a value isn't of the form; nothing where it is.


def _number(value: Any) -> str:
    return "" if _is_entry(value) else "a number or a formula as text"


def _array(value: Any) -> str:
    if not isinstance(value, list):
        return "a list of numbers, or a list of such lists"
    return "" if _is_rectangular(value) else "lists of numbers, all of one length"


def _shape(value: Any) -> str:
    sizes = value if isinstance(value, list) else [None]
    if all(isinstance(size, str) or (type(size) is int and size >= 0) for size in sizes):
        return ""
    return "a list of sizes, as in [2, 5] or [m, n]"


def _interval(value: Any) -> str:
    return "" if isinstance(value, str) else "text, as in '[0, 1)' or 'x >= 2'"


def _finite_set(value: Any) -> str:
    if isinstance(value, list) and all(_is_entry(item) for item in value):
        return ""
    return "a list of numbers or words"


def _formula(value: Any) -> str:
    return "" if _is_entry(value) else "a formula as text"


_FORMS: dict[str, Callable[[Any], str]] = {
    "value": _number, "array": _array, "shape": _shape, "interval": _interval,
    "set": _finite_set, "expression": _formula,
}  # fmt: skip


def _is_entry(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number or (isinstance(value, str) and value.strip() != "")


def _is_rectangular(value: list[Any]) -> bool:
    if not any(isinstance(item, list) for item in value):
        return all(_is_entry(item) for item in value)
    if not all(isinstance(item, list) for item in value):
        return False
    return len({len(item) for item in value}) == 1 and all(map(_is_rectangular, value))


def check_symbols(symbols: dict[str, Symbol], scope: Scope) -> None:
    """Refuse symbols whose bounds, sizes or arguments cannot be meant."""
    for name, symbol in symbols.items():
        here = scope.below(name)
        if symbol.domain == "function" and symbol.arguments == 0:
            here.refuse("a function needs 'arguments', the number of them")
        if symbol.domain != "function" and symbol.arguments:
            here.refuse("'arguments' is for the domain 'function'", "arguments", at_key=True)
        if symbol.layout != "free" and not symbol.shape:
            here.refuse("'layout' is for a symbol with a 'shape'", "layout", at_key=True)
        if symbol.low is not None and symbol.high is not None and symbol.low > symbol.high:
            here.refuse(f"'low' is above 'high' ({symbol.low:g} > {symbol.high:g})", "low")
        _check_domain(symbol, here)
        for key, limit in (("above", symbol.above), ("below", symbol.below)):
            _check_limit(limit, symbols, here.below(key))
        _check_sizes(symbol.shape, symbols, here.below("shape"))


def _check_limit(limit: str, symbols: dict[str, Symbol], scope: Scope) -> None:
    match = _LIMIT.fullmatch(limit)
    if limit and match is None:
        scope.refuse(f"'{limit}' is not a limit; write a symbol, as T, T + 1 or T - 1")
    elif match and match[1] not in symbols:
        scope.refuse(missing("symbol", match[1], list(symbols)))


def _check_domain(symbol: Symbol, scope: Scope) -> None:
    """Refuse bounds that leave nothing of the domain."""
    is_empty = {
        "positive": symbol.high is not None and symbol.high <= 0,
        "positive integer": symbol.high is not None and symbol.high < 1,
        "nonnegative": symbol.high is not None and symbol.high < 0,
        "natural": symbol.high is not None and symbol.high < 0,
        "negative": symbol.low is not None and symbol.low >= 0,
        "probability": (symbol.low is not None and symbol.low >= 1)
        or (symbol.high is not None and symbol.high <= 0),
    }
    if is_empty.get(symbol.domain, False):
        scope.refuse(f"no {symbol.domain} number lies within these bounds")


def _check_sizes(sizes: Iterable[int | str], symbols: dict[str, Symbol], scope: Scope) -> None:
    for index, size in enumerate(sizes):
        if isinstance(size, int):
            if size < 0:
                scope.refuse(f"a size cannot be {size}", index)
        elif size not in symbols:
            scope.refuse(missing("symbol", size, list(symbols)), index)
        elif symbols[size].domain not in ("integer", "natural", "positive integer"):
            scope.refuse(f"'{size}' is a size, so its domain should be 'positive integer'", index)
