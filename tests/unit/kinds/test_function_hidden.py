"""Hidden checks tell their verdict and the author's words, and nothing of their inputs."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from inline_bench import InlineBench

from grader.kinds.function import judge
from grader.kinds.protocol import HandedIn
from grader.sandbox.records import Ending, Frame, Run
from grader.spec.parts import FunctionPart
from grader.submission.models import Source
from grader.verdicts import Outcome, Verdict

DRAWN = {"draw": "normal", "shape": [3]}
MARK = "0.7310585786"


def a_part(hidden: bool = True, **more: Any) -> FunctionPart:
    given = {
        "kind": "function",
        "signature": "f(x)",
        "arrays": "numpy",
        "checks": [{"name": "secret", "hidden": hidden, "with": {"x": DRAWN}}],
        "hints": [{"say": "Think of the sign."}],
    }
    return FunctionPart.model_validate(given | more)


def grade(student: Any, part: FunctionPart) -> tuple[Outcome, InlineBench]:
    bench = InlineBench(
        student={"f": student},
        reference={"f": lambda x: x * x, "negative": lambda x: -x * x},
    )
    (outcome,) = judge(part, "a-part", HandedIn(source=Source(name="hw.py", text="")), bench)
    return outcome, bench


def everything_said(outcome: Outcome) -> str:
    """All but the note for staff, which no student's report has."""
    return repr(dataclasses.asdict(dataclasses.replace(outcome, staff_note="")))


def shout(x: Any) -> Any:
    raise ValueError(f"the input was {x.tolist()}")


def lie(x: Any) -> Any:
    raise type(f"E{abs(int(x[0] * 1e6))}", (Exception,), {})(str(x))


STUDENTS: list[Callable[[Any], Any]] = [
    lambda x: -x * x,
    lambda x: x,
    lambda x: x[:, None],
    lambda x: str(x.tolist()),
    lambda x: {repr(x.tolist()): 1},
    lambda x: x.astype(np.float16),
    lambda x: x * x,
    shout,
    lie,
]


@pytest.mark.parametrize("student", STUDENTS)
@pytest.mark.parametrize("repeats", [1, 3])
def test_no_field_for_students_holds_a_drawn_number(
    student: Callable[[Any], Any], repeats: int
) -> None:
    check = {"name": "secret", "hidden": True, "with": {"x": DRAWN}, "repeats": repeats}

    outcome, bench = grade(student, a_part(checks=[check]))

    said = everything_said(outcome)
    numbers = [number for inputs in bench.student_calls for number in inputs["x"].entries.tolist()]  # type: ignore[union-attr]
    assert numbers
    for number in numbers:
        for shown in (number, number * number):
            # Three significant digits in a row would be enough to learn from.
            digits = re.sub(r"\D", "", f"{abs(shown):.8f}").lstrip("0")[:5]
            assert digits not in re.sub(r"\D", "", said)


@pytest.mark.parametrize("ending", list(Ending))
def test_no_ending_passes_on_what_the_students_code_says(ending: Ending) -> None:
    run = Run(
        ending=ending,
        value=float(MARK),
        detail=f"E{MARK}: {MARK}",
        frames=(Frame(module="hw", line=7310585, function=MARK),),
        output=MARK,
        elapsed_s=0.7310585786,
        cpu_s=0.7310585786,
        memory_mib=731.0585786,
    )

    outcome, _ = grade([run], a_part(hints=[]))

    assert "7310" not in everything_said(outcome)


def test_staff_are_told_what_happened() -> None:
    outcome, _ = grade(shout, a_part())

    assert "the input was" in outcome.staff_note
    assert grade(lambda x: x * x, a_part())[0].staff_note == ""


def test_staff_read_what_was_tried_to_its_last_digit() -> None:
    written = {"name": "written", "hidden": True, "x": 987654.5, "expect": 987654.5}
    outcome, _ = grade(lambda x: 0.0, a_part(checks=[written]))

    assert "x = 987654.5\nexpected = 987654.5" in outcome.staff_note
    assert "987654" not in repr(dataclasses.replace(outcome, staff_note=""))


def test_the_same_things_are_said_where_the_check_is_visible() -> None:
    outcome, _ = grade(shout, a_part(hidden=False))

    assert "the input was" in outcome.feedback


def test_verdict_hint_and_mistake_are_told() -> None:
    part = a_part(mistakes=[{"like": "negative", "credit": 0.5, "say": "The sign is wrong."}])

    outcome, _ = grade(lambda x: -x * x, part)

    assert (outcome.verdict, outcome.hidden) == (Verdict.PARTIAL, True)
    assert outcome.mistake == "The sign is wrong."
    assert outcome.hint == "Think of the sign."
    assert outcome.feedback == "a value is wrong on hidden inputs"


def test_only_names_of_built_in_exceptions_are_told() -> None:
    built_in, _ = grade(shout, a_part())
    own, _ = grade(lie, a_part())

    assert built_in.feedback == "stopped by ValueError on hidden inputs"
    assert own.feedback == "stopped by an error on hidden inputs"


def test_hidden_inputs_are_never_shrunk() -> None:
    _, bench = grade(lambda x: -x, a_part())

    assert len(bench.student_calls) == 1


def test_an_import_failure_is_told_at_a_visible_check() -> None:
    checks = [
        {"name": "secret", "hidden": True, "with": {"x": DRAWN}},
        {"name": "open", "with": {"x": DRAWN}},
        {"name": "also open", "with": {"x": DRAWN}},
    ]
    run = Run(ending=Ending.IMPORT_FAILED, detail="NameError: name 'torhc' is not defined")
    bench = InlineBench(student={"f": [run]})
    handed_in = HandedIn(source=Source(name="hw.py", text=""))

    secret, visible, again = judge(a_part(checks=checks), "a-part", handed_in, bench)

    assert secret.feedback == "the file could not be imported (NameError)"
    assert "torhc" in visible.feedback
    assert "torhc" not in again.feedback
