"""Counterexamples: small, in the same failure, and runnable as they stand."""

from __future__ import annotations

import io
import sys
import types
from contextlib import redirect_stdout
from typing import Any

import numpy as np
import pytest
from inline_bench import InlineBench

from grader.errors import SandboxFault
from grader.kinds.function import judge
from grader.kinds.protocol import HandedIn
from grader.sandbox.records import Ending, Run
from grader.spec.parts import FunctionPart
from grader.submission.models import Source
from grader.verdicts import Outcome, Verdict


def a_part(**more: Any) -> FunctionPart:
    given = {
        "kind": "function",
        "signature": "f(x)",
        "arrays": "numpy",
        "sizes": {"n": 5, "m": 4},
        "checks": [{"name": "a check", "with": {"x": {"draw": "normal", "shape": ["n", "m"]}}}],
    }
    return FunctionPart.model_validate(given | more)


def grade(
    student: Any, reference: Any, part: FunctionPart | None = None, name: str = "hw.py"
) -> tuple[Outcome, ...]:
    bench = InlineBench(student={"f": student}, reference={"f": reference})
    return judge(part or a_part(), "a-part", HandedIn(source=Source(name=name, text="")), bench)


def softmax(x: Any, axis: int = -1) -> Any:
    weights = np.exp(x - x.max(axis, keepdims=True))
    return weights / weights.sum(axis, keepdims=True)


def test_a_wrong_axis_is_shown_on_a_small_array() -> None:
    (outcome,) = grade(lambda x: softmax(x, 0), softmax)

    example = outcome.counterexample
    assert example is not None
    assert example.inputs == (("x", "np.array([[0., 0.]])"),)
    assert example.saw == "np.array([[1., 1.]])"
    assert example.expected == "np.array([[0.5, 0.5]])"
    assert example.difference == "at [0, 0]: 1.0, expected 0.5"
    assert outcome.feedback.startswith("saw       1.0 at [0, 0]; 2 of 2 entries are wrong")


def test_the_code_shows_what_the_report_says() -> None:
    def student(x: Any) -> Any:
        return softmax(x, 0)

    (outcome,) = grade(student, softmax)

    example = outcome.counterexample
    assert example is not None
    assert len(example.code.splitlines()) == 2
    module = types.ModuleType("hw")
    module.__dict__["f"] = student
    sys.modules["hw"] = module
    printed = io.StringIO()
    try:
        with redirect_stdout(printed):
            exec(example.code, {})
    finally:
        del sys.modules["hw"]
    assert printed.getvalue().strip() == "[[1. 1.]]"


def test_plain_python_needs_no_import_but_the_function() -> None:
    part = a_part(arrays="python", checks=[{"name": "a", "with": {"x": 3}}])

    (outcome,) = grade(lambda x: x + x, lambda x: x * x, part)

    assert outcome.counterexample is not None
    assert outcome.counterexample.code == "from hw import f\nprint(f(3))"


@pytest.mark.parametrize(
    ("name", "first_line"),
    [
        ("code/my_hw.py", "from code.my_hw import f"),
        ("my-hw.py", "import numpy as np"),
        ("hw.ipynb", "import numpy as np"),
    ],
)
def test_the_function_is_imported_where_python_can(name: str, first_line: str) -> None:
    (outcome,) = grade(lambda x: -x, lambda x: x, name=name)

    assert outcome.counterexample is not None
    assert first_line in outcome.counterexample.code.splitlines()[0]


def test_an_exception_is_shown_on_a_small_array() -> None:
    def student(x: Any) -> Any:
        if x.shape[0] > 1:
            raise ValueError("only one row")
        return x

    (outcome,) = grade(student, lambda x: x)

    example = outcome.counterexample
    assert outcome.verdict == Verdict.CRASHED
    assert example is not None
    assert example.inputs == (("x", "np.array([[0.], [0.]])"),)
    assert "only one row" in example.saw
    assert example.expected == "np.array([[0.], [0.]])"


def test_shrinking_keeps_the_kind_of_failure() -> None:
    def student(x: Any) -> Any:
        # Wrong in value for several rows; in shape for a single one.
        return x.reshape(-1) if len(x) == 1 else -x

    (outcome,) = grade(student, lambda x: x)

    assert outcome.counterexample is not None
    assert "shape" not in outcome.counterexample.difference


def test_inputs_on_which_the_reference_fails_are_never_shown() -> None:
    def reference(x: Any) -> Any:
        if x.shape[0] < 3 or not x.any():
            raise ValueError
        return x

    (outcome,) = grade(lambda x: x + 1, reference)

    assert outcome.counterexample is not None
    assert outcome.counterexample.expected == "np.array([[1.], [1.], [1.], [1.], [1.]])"


def test_inputs_on_which_the_reference_is_not_finite_are_never_shown() -> None:
    def reference(x: Any) -> Any:
        with np.errstate(all="ignore"):
            return np.log(x * x)

    (outcome,) = grade(lambda x: np.log(x * x + 1), reference)

    assert outcome.counterexample is not None
    assert "inf" not in outcome.counterexample.expected


def test_simple_inputs_that_hide_the_difference_are_not_chosen() -> None:
    def student(x: Any) -> Any:
        return x + np.where(x == 1, 1e-3, 1.0)

    (outcome,) = grade(student, lambda x: x)

    assert outcome.counterexample is not None
    # Nothing is expected for zeros, and ones are off by a thousandth.
    assert outcome.counterexample.inputs == (("x", "np.array([[0.5]])"),)


def test_stated_values_are_shown_as_they_are() -> None:
    part = a_part(checks=[{"name": "a", "with": {"x": [1.5, 2.5]}, "expect": [3, 5]}])

    (outcome,) = grade(lambda x: x, None, part)

    assert outcome.counterexample is not None
    assert outcome.counterexample.inputs == (("x", "np.array([1.5, 2.5])"),)
    assert outcome.counterexample.expected == "[3, 5]"


def test_a_failing_sandbox_leaves_the_example_as_it_was() -> None:
    class Failing(InlineBench):
        def call_reference(self, *args: Any, **more: Any) -> list[Run]:
            if more["limits"]:
                raise SandboxFault
            return super().call_reference(*args, **more)

    bench = Failing(student={"f": lambda x: -x}, reference={"f": lambda x: x})

    (outcome,) = judge(a_part(), "a", HandedIn(source=Source(name="hw.py", text="")), bench)

    assert outcome.verdict == Verdict.WRONG
    assert outcome.counterexample is not None


def test_a_slow_function_is_not_called_again() -> None:
    run = Run(ending=Ending.RETURNED, value=1.0, elapsed_s=2.0)
    bench = InlineBench(student={"f": [run]}, reference={"f": lambda x: 2.0})

    (outcome,) = judge(a_part(), "a", HandedIn(source=Source(name="hw.py", text="")), bench)

    assert bench.batches == [1]
    assert outcome.counterexample is not None


def test_endings_without_a_value_have_no_counterexample() -> None:
    run = Run(ending=Ending.TIMEOUT, elapsed_s=2.0)
    bench = InlineBench(student={"f": [run]})

    (outcome,) = judge(a_part(), "a", HandedIn(source=Source(name="hw.py", text="")), bench)

    assert outcome.counterexample is None


def test_inputs_too_long_to_type_come_without_code_but_with_every_digit() -> None:
    x = np.arange(60) / 7
    part = a_part(checks=[{"name": "a", "with": {"x": {"value": x.tolist()}}}])

    (outcome,) = grade(lambda x: x, lambda x: 2 * x, part)

    assert outcome.counterexample is not None
    assert outcome.counterexample.code == ""
    assert str(x[1]) in outcome.counterexample.inputs[0][1]


def test_the_verdict_is_the_same_every_time() -> None:
    first, second = (grade(lambda x: softmax(x, 0), softmax) for _ in range(2))

    assert first == second
