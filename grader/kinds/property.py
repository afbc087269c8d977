"""Any answer with the stated property: read, put to the test at many points, never looked up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from grader import maths
from grader.errors import BrokenReference
from grader.kinds.marking import ANSWER, explain, fall_short, leave_open, refuse
from grader.kinds.numbers import show_fraction
from grader.kinds.property_findings import Finding, read_finding
from grader.kinds.property_nets import try_net
from grader.kinds.property_points import Case, list_cases
from grader.kinds.property_values import (
    Given,
    NoValue,
    Point,
    Table,
    Written,
    evaluate_at,
    read_returned,
    read_texts,
    read_written,
    write_values,
)
from grader.kinds.protocol import Bench, HandedIn
from grader.kinds.reading_text import Unread
from grader.sandbox.records import Ending
from grader.spec.models import Limits, Mistake, Symbol
from grader.spec.property_part import PropertyPart
from grader.submission.models import Answer
from grader.values import ArrayValue, Value
from grader.verdicts import Counterexample, Outcome, failed, passed

HOLDS_LIMITS = Limits(time_s=20, memory_mib=2048)
"""For a `holds` function on values that no author wrote."""

SAME_TO = Fraction(1, 10**6)
"""Relative: a known mistake in floats is that mistake; other answers are further away."""


def judge(
    part: PropertyPart, part_id: str, handed_in: HandedIn, bench: Bench
) -> tuple[Outcome, ...]:
    """Right where the property holds at every point tried, whatever the values are.

    Errors   BrokenReference when the property cannot be tried.
    """
    cases = list_cases(part.symbols, bench.seed)
    texts = read_texts(part, handed_in)
    understood = ""
    if texts or handed_in.source is None:
        written = read_written(part, texts)
        if isinstance(written, Unread):
            return (refuse(written),)
        understood = show_written(written)
        given = [evaluate_at(written, case.values) for case in cases]
    else:
        called = _call_function(part, part_id, handed_in, cases, bench)
        if isinstance(called, Outcome):
            return (called,)
        given = called
    unread = next((values for values in given if isinstance(values, Unread)), None)
    if unread is not None:
        return (refuse(unread),)
    findings = _try_all(part, cases, given, bench)
    return (_conclude(part, cases, given, findings, understood),)


def _call_function(
    part: PropertyPart, part_id: str, handed_in: HandedIn, cases: Sequence[Case], bench: Bench
) -> list[Given | NoValue | Unread] | Outcome:
    """What the student's function returns for the parameters of each case."""
    from grader.kinds.function_calls import find_imported
    from grader.kinds.function_endings import explain_ending

    assert handed_in.source is not None
    function = part_id.replace("-", "_")
    runs = bench.call_student(
        function,
        [{name: as_plain(value) for name, value in case.values.items()} for case in cases],
        limits=part.limits,
        modules=find_imported(handed_in.source.text),
    )
    found: list[Given | NoValue | Unread] = []
    for case, run in zip(cases, runs, strict=True):
        if run.ending is Ending.RETURNED:
            found.append(read_returned(part, run.value))
        elif run.ending is Ending.RAISED and case.zeros:
            found.append(NoValue(function, run.detail[:100]))
        else:
            signature = f"{function}({', '.join(part.symbols)})"
            end = explain_ending(run, handed_in.source, part.limits, signature)
            return failed(
                ANSWER,
                end.verdict,
                end.feedback,
                location=end.location,
                staff_note=end.staff_note,
                output=run.output,
            )
    return found


def as_plain(value: Fraction) -> int | float:
    """A parameter as a function is given it."""
    return int(value) if value.denominator == 1 else float(value)


def _try_all(
    part: PropertyPart,
    cases: Sequence[Case],
    given: Sequence[Given | NoValue | Unread],
    bench: Bench,
) -> list[Finding]:
    findings: dict[int, Finding] = {}
    ready: list[tuple[int, Given]] = []
    for index, (case, values) in enumerate(zip(cases, given, strict=True)):
        if isinstance(values, Given):
            ready.append((index, values))
        elif isinstance(values, NoValue):
            findings[index] = _explain_no_value(values, case.values)
    if part.net is not None:
        target = read_target(part)
        for index, values in ready:
            findings[index] = try_net(part, target, values, cases[index].values)
    else:
        assert part.holds is not None
        inputs = [
            {name: _hand_over(part, table) for name, table in values.tables.items()}
            | {name: as_plain(value) for name, value in cases[index].values.items()}
            for index, values in ready
        ]
        runs = bench.call_reference(part.holds, inputs, limits=HOLDS_LIMITS) if inputs else []
        for (index, _), run in zip(ready, runs, strict=True):
            found = read_finding(part.holds, run.value)
            place = _show_point(cases[index].values)
            findings[index] = replace(found, inputs=(*place, *found.inputs))
    return [findings[index] for index in range(len(cases))]


def read_target(part: PropertyPart) -> maths.Formula:
    """The function that a network must be equal to."""
    assert part.net is not None
    target = maths.read(part.net.target, {**part.symbols, "x": Symbol()})
    if isinstance(target, maths.Unreadable):
        raise BrokenReference(f"the target {part.net.target!r}: {target}")
    return target


def _hand_over(part: PropertyPart, table: Table) -> Value:
    nested = table.nested()
    if part.arrays == "python" or not table.shape:
        return nested
    import numpy as np

    family = "tensor" if part.arrays == "torch" else "array"
    return ArrayValue(np.array(nested, dtype=np.float64), "float64", family)


def _explain_no_value(missing: NoValue, point: Point) -> Finding:
    return Finding(
        holds=False,
        inputs=_show_point(point),
        saw=f"{missing.name} has no value ({missing.reason})",
        expected="a number for every entry",
    )


def _show_point(point: Point) -> tuple[tuple[str, str], ...]:
    return tuple((name, show_fraction(value)) for name, value in point.items())


def _conclude(
    part: PropertyPart,
    cases: Sequence[Case],
    given: Sequence[Given | NoValue | Unread],
    findings: Sequence[Finding],
    understood: str,
) -> Outcome:
    failing = [
        (case, finding)
        for case, finding in zip(cases, findings, strict=True)
        if not finding.holds and not finding.doubt
    ]
    if not failing:
        doubt = next((finding.doubt for finding in findings if finding.doubt), "")
        if doubt:
            words = explain(understood, "", "a person will look at this answer")
            return leave_open(words, understood, doubt)
        return passed(ANSWER, understood=understood)
    share = min(finding.share for _, finding in failing)
    zeros = frozenset.intersection(*(case.zeros for case, _ in failing))
    advice = ""
    finding = failing[0][1]
    if zeros:
        share = max(share, part.zero_credit)
        advice = f"it fails only where {' = '.join(sorted(zeros))} = 0; what could be done there?"
    words = explain(_describe_failure(finding), finding.expected, advice)
    if finding.says:
        words = f"{words}\n{explain('', '', finding.says)}".strip()
    counterexample = None
    if finding.inputs or finding.saw:
        counterexample = Counterexample(
            inputs=finding.inputs, saw=finding.saw, expected=finding.expected
        )
    return fall_short(
        words,
        understood,
        mistake=_name_mistake(part, cases, given),
        share=share,
        counterexample=counterexample,
    )


def _describe_failure(finding: Finding) -> str:
    place = ", ".join(f"{name} = {value}" for name, value in finding.inputs)
    saw = finding.saw or "the property does not hold"
    return f"at {place}: {saw}" if place else saw


def _name_mistake(
    part: PropertyPart, cases: Sequence[Case], given: Sequence[Given | NoValue | Unread]
) -> Mistake | None:
    """The known wrong answer with these very values."""
    for mistake in part.mistakes:
        written = read_written(part, write_values(mistake.answer))
        if isinstance(written, Unread):
            raise BrokenReference(f"the mistake {mistake.answer!r}: {written.saw}")
        if all(
            _is_same(evaluate_at(written, case.values), mine)
            for case, mine in zip(cases, given, strict=True)
        ):
            return mistake
    return None


def _is_same(one: Given | NoValue | Unread, other: Given | NoValue | Unread) -> bool:
    if not isinstance(one, Given) or not isinstance(other, Given):
        return type(one) is type(other)
    return all(
        table.shape == other.tables[name].shape
        and all(
            abs(a - b) <= SAME_TO * max(abs(a), abs(b))
            for a, b in zip(table.entries, other.tables[name].entries, strict=True)
        )
        for name, table in one.tables.items()
    )


def show_written(written: Mapping[str, Written]) -> str:
    """`w0 = [1, -1], w1 = [1, -1]`."""
    return ", ".join(f"{name} = {_show(value)}" for name, value in written.items())


def _show(value: Written) -> str:
    entries = [maths.show(formula) for formula in value.entries[:12]]
    if len(value.entries) > len(entries):
        return f"[{', '.join(entries)}, …]"
    for length in reversed(value.shape):
        entries = [
            f"[{', '.join(entries[i : i + length])}]" for i in range(0, len(entries), length)
        ]
    return entries[0]


def read_value(part: PropertyPart, answer: Answer) -> Value:
    """Nothing: no later part builds on an answer of which there are many."""
    return None


def describe(part: PropertyPart) -> str:
    """How to hand in an answer."""
    names = ", ".join(f"`{name}`" for name in part.gives)
    among = f" Entries may be formulas in {', '.join(part.symbols)}." if part.symbols else ""
    return (
        f"Write a line `name = ...` for each of {names}: a number, [1, 2] or [[1, 2], [3, 4]]."
        f"{among} Or write a Python function of the part's name that returns them."
    )
