"""Whether a returned value is the expected one: kinds of value, structure, shape, then numbers.

Shapes are compared before numbers, so nothing is ever broadcast. Nested lists of numbers and
arrays are alike, as are tuples and lists, Python numbers and arrays without axes; nothing else
is. A tuple that is expected is several results, each judged at its own size; a list is an array.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from grader.numerics.describing import describe_value
from grader.numerics.differences import Difference
from grader.numerics.entries import find_wrong_entries, is_finite
from grader.numerics.grids import Grid, Number, read_grid
from grader.numerics.tolerances import Closeness
from grader.numerics.wording import (
    SINGLE_PRECISION,
    WHOLE_NUMBER,
    advise_on_shape,
    advise_on_type,
    list_keys,
    name_entries,
    name_or_value,
    name_shape,
    name_type,
)
from grader.values import ArrayValue, FormulaText, Value


def compare_values(
    saw: Value, expected: Value, closeness: Closeness, *, accept_flat: bool = False
) -> Difference | None:
    """The first difference that matters, or None where the value is right.

    Shapes   must be equal; with `accept_flat` only the number of entries must be.
    Units    a number passes where |saw - expected| <= atol + rtol |expected|. NaN is right
             where NaN is expected, an infinity where the same one is. -0.0 is 0.0.
    Errors   whole numbers, booleans and text are compared exactly; a float that is a whole
             number passes for one, a boolean does not. A complex number passes for a real one
             when its imaginary part is within the bounds of zero.
    """
    return _compare(saw, expected, closeness, accept_flat, "")


def _compare(
    saw: Value, expected: Value, closeness: Closeness, accept_flat: bool, where: str
) -> Difference | None:
    if isinstance(expected, dict):
        return _compare_dicts(saw, expected, closeness, accept_flat, where)
    if isinstance(expected, tuple):
        return _compare_members(saw, expected, closeness, accept_flat, where)
    if isinstance(expected, list):
        wanted = read_grid(expected)
        if wanted is None:
            return _compare_members(saw, expected, closeness, accept_flat, where)
    else:
        wanted = read_grid(expected)
    if wanted is None:
        return _compare_others(saw, expected, where)
    given = read_grid(saw)
    if given is None:
        return _refuse_type(saw, expected, wanted, where)
    return _compare_grids(given, wanted, saw, expected, closeness, accept_flat, where)


def _compare_dicts(
    saw: Value,
    expected: dict[Any, Value],
    closeness: Closeness,
    accept_flat: bool,
    where: str,
) -> Difference | None:
    if not isinstance(saw, dict):
        return Difference(
            kind="type", where=where, saw=name_type(saw), expected=name_type(expected)
        )
    if _tag_keys(saw) != _tag_keys(expected):
        lacking = [repr(key) for key in expected if key not in saw]
        advice = f"add the key {lacking[0]}" if lacking else "return these keys only"
        return Difference(
            kind="structure",
            where=where,
            saw=f"the keys {list_keys(saw)}",
            expected=list_keys(expected),
            advice=advice,
        )
    return _first(
        _compare(saw[key], value, closeness, accept_flat, f"{where}[{key!r}]")
        for key, value in expected.items()
    )


def _first(found: Iterable[Difference | None]) -> Difference | None:
    """The first difference; one that leaves a doubt only where none is plain."""
    doubtful = None
    for difference in found:
        if difference and not difference.doubt:
            return difference
        doubtful = doubtful or difference
    return doubtful


def _tag_keys(values: dict[Any, Value]) -> set[tuple[type, object]]:
    """Keys told apart as Python's own hash does not: 1 is not True."""
    return {(type(key), key) for key in values}


def _compare_members(
    saw: Value,
    expected: tuple[Value, ...] | list[Value],
    closeness: Closeness,
    accept_flat: bool,
    where: str,
) -> Difference | None:
    members = _members(saw)
    if members is None or len(members) != len(expected):
        return Difference(
            kind="structure" if members is not None else "type",
            where=where,
            saw=name_type(saw),
            expected=f"{len(expected)} values" if expected else "no values",
            advice=advise_on_type(saw) or f"return {len(expected)} values, in order",
        )
    return _first(
        _compare(one, other, closeness, accept_flat, f"{where}[{i}]")
        for i, (one, other) in enumerate(zip(members, expected, strict=True))
    )


def _members(saw: Value) -> list[Value] | None:
    """What a value unpacks into: an array gives its rows."""
    if isinstance(saw, list | tuple):
        return list(saw)
    if isinstance(saw, ArrayValue) and saw.entries.ndim > 0:
        return [ArrayValue(row, saw.dtype, saw.family) for row in saw.entries]
    return None


def _compare_others(saw: Value, expected: Value, where: str) -> Difference | None:
    """None and text."""
    if type(saw) is not type(expected):
        return Difference(
            kind="type",
            where=where,
            saw=name_or_value(saw),
            expected=name_or_value(expected),
            advice=advise_on_type(saw),
        )
    if saw == expected:
        return None
    advice = ""
    if isinstance(saw, str) and isinstance(expected, str):
        if saw.strip().casefold() == expected.strip().casefold():
            advice = "compare capitals and spaces"
        elif saw == "":
            advice = "the text is empty"
    return Difference(
        kind="value",
        where=where,
        saw=describe_value(saw),
        expected=describe_value(expected),
        # Formulas that differ in text may be equal; it takes the maths to tell.
        doubt="formulas differ in form" if isinstance(saw, FormulaText) else "",
        advice=advice,
    )


def _refuse_type(saw: Value, expected: Value, wanted: Grid, where: str) -> Difference:
    advice = advise_on_type(saw)
    if not advice and isinstance(saw, list | tuple):
        advice = "all rows must be numbers, and equally long"
    return Difference(
        kind="type", where=where, saw=name_or_value(saw), expected=wanted.name, advice=advice
    )


def _compare_grids(
    given: Grid,
    wanted: Grid,
    saw: Value,
    expected: Value,
    closeness: Closeness,
    accept_flat: bool,
    where: str,
) -> Difference | None:
    if given.shape != wanted.shape and not (accept_flat and given.size == wanted.size):
        return Difference(
            kind="shape",
            where=where,
            saw=name_shape(given, saw),
            expected=name_shape(wanted, expected),
            advice=advise_on_shape(given.shape, wanted.shape),
        )
    refused = _refuse_dtype(given, wanted, closeness, where)
    if refused:
        return refused
    wrong = find_wrong_entries(given, wanted, closeness)
    if wrong is None:
        return None
    one, other = given.entry(wrong.first), wanted.entry(wrong.first)
    doubt, advice = _find_doubt(given, wanted, closeness)
    return Difference(
        kind="value" if is_finite(one) and is_finite(other) else "nan",
        where=where + _index(wrong.first, given.shape),
        saw=describe_value(one),
        expected=describe_value(other),
        wrong=wrong.count,
        entries=given.size,
        largest_error=wrong.largest_error,
        largest_expected=wrong.largest_expected,
        doubt=doubt,
        advice=advice or _advise_on_number(one, other),
    )


def _find_doubt(given: Grid, wanted: Grid, closeness: Closeness) -> tuple[str, str]:
    """Why a value that is off may be right all the same, and what to try."""
    single = closeness.in_single_precision()
    if single and find_wrong_entries(given, wanted, single) is None:
        return "off by no more than float32 explains, where float64 was expected", SINGLE_PRECISION
    inexact = replace(closeness, exact_integers=False)
    if wanted.is_whole and find_wrong_entries(given, wanted, inexact) is None:
        return "a whole number but for rounding, where an integer was expected", WHOLE_NUMBER
    return "", ""


def _advise_on_number(one: Number, other: Number) -> str:
    if is_finite(other) and not is_finite(one):
        return "look for 0/0, log(0), exp of a large number, or inf - inf"
    return ""


def _refuse_dtype(given: Grid, wanted: Grid, closeness: Closeness, where: str) -> Difference | None:
    if given.size == 0:
        return None
    if given.is_boolean and not wanted.is_boolean and wanted.holds_numbers:
        return Difference(
            kind="dtype",
            where=where,
            saw=name_entries(given),
            expected=name_entries(wanted),
            advice="turn the comparison into numbers: 1.0 * (x > 0), or mask.to(x.dtype)",
        )
    if wanted.is_boolean and not given.is_boolean and given.holds_numbers:
        return Difference(
            kind="dtype",
            where=where,
            saw=name_entries(given),
            expected=name_entries(wanted),
            advice="return True and False, as a comparison gives them",
        )
    if not wanted.is_whole and closeness.is_too_coarse(given.dtype, wanted.dtype):
        return Difference(
            kind="dtype",
            where=where,
            saw=f"{given.dtype}, which keeps {3 if given.dtype == 'float16' else 2} digits",
            expected=wanted.dtype or closeness.dtype,
            advice="keep the dtype of the inputs",
        )
    return None


def _index(flat: int, shape: tuple[int, ...]) -> str:
    if not shape:
        return ""
    places: list[str] = []
    for size in reversed(shape):
        flat, place = divmod(flat, size)
        places.append(str(place))
    return f"[{', '.join(reversed(places))}]"
