"""Functions judged on a bench of trusted calls: values, endings, needs, repeats, mistakes."""

from __future__ import annotations

import copy
import math
import os
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from inline_bench import InlineBench

from grader.errors import BrokenReference, InstructorError
from grader.kinds.function import describe, find_modules, judge, read_value
from grader.kinds.protocol import HandedIn
from grader.sandbox.records import Ending, Frame, Run
from grader.spec.parts import FunctionPart
from grader.submission.models import Answer, Source
from grader.verdicts import Outcome, Verdict

SOURCE = Source(name="hw.py", text="import numpy as np\n", functions=("f",))
VECTOR = {"draw": "normal", "shape": [4]}


def a_part(checks: list[dict[str, Any]] | None = None, **more: Any) -> FunctionPart:
    given = {
        "kind": "function",
        "signature": "f(x)",
        "arrays": "numpy",
        "inputs": {"x": VECTOR},
        "checks": checks or [{"name": "a check"}],
    }
    return FunctionPart.model_validate(given | more)


def grade(
    student: Any,
    reference: Callable[..., Any] | dict[str, Callable[..., Any]] | None = None,
    part: FunctionPart | None = None,
    *,
    source: Source = SOURCE,
    bench: InlineBench | None = None,
) -> tuple[Outcome, ...]:
    if not isinstance(reference, dict):
        reference = {"f": reference} if reference else {}
    bench = bench or InlineBench()
    bench.student, bench.reference = {"f": student}, reference
    return judge(part or a_part(), "a-part", HandedIn(source=source), bench)


def ended(ending: Ending, detail: str = "", **more: Any) -> list[Run]:
    return [Run(ending=ending, detail=detail, **more)] * 9


def square(x: Any) -> Any:
    return x * x


def test_right_values_pass_and_say_what_they_took() -> None:
    (outcome,) = grade(square, square)

    assert (outcome.verdict, outcome.share) == (Verdict.PASSED, 1)
    assert outcome.elapsed_ms == 1.0
    assert outcome.counterexample is None


def test_wrong_values_say_what_was_seen_and_expected() -> None:
    part = a_part([{"name": "two", "with": {"x": 3}}], arrays="python")

    (outcome,) = grade(lambda x: x + x, square, part)

    assert (outcome.verdict, outcome.share) == (Verdict.WRONG, 0)
    assert outcome.feedback == "saw       6\nexpected  9"


def test_a_value_stated_in_the_problem_needs_no_reference() -> None:
    part = a_part([{"name": "by hand", "with": {"x": [3, 4]}, "expect": [9, 16]}])

    (right,) = grade(square, None, part)
    (as_floats,) = grade(lambda x: x.astype(float) ** 2, None, part)
    (wrong,) = grade(lambda x: x, None, part)

    assert right.verdict == as_floats.verdict == Verdict.PASSED
    assert wrong.verdict == Verdict.WRONG


def test_the_reference_computes_in_double_precision_on_the_students_numbers() -> None:
    seen: list[Any] = []

    def reference(x: Any) -> Any:
        seen.append(x)
        return x.sum()

    def student(x: Any) -> Any:
        seen.append(x)
        return x.sum()

    (outcome,) = grade(student, reference, a_part(dtype="float32"))

    assert outcome.verdict == Verdict.PASSED
    assert [x.dtype.name for x in seen] == ["float32", "float64"]
    assert (seen[0].astype(np.float64) == seen[1]).all()


def test_single_precision_where_double_was_given_passes_with_a_remark() -> None:
    (outcome,) = grade(lambda x: (x * x).astype(np.float32), square)

    assert outcome.verdict == Verdict.PASSED
    assert "float32" in outcome.feedback


def test_single_rounding_inside_a_double_value_is_left_to_a_person() -> None:
    (outcome,) = grade(lambda x: (x.astype(np.float32) ** 2).astype(np.float64), square)

    assert (outcome.verdict, outcome.share) == (Verdict.UNDECIDED, None)
    assert "dtype=x.dtype" in outcome.feedback
    assert outcome.staff_note


def test_all_checks_are_called_in_one_batch_and_repetitions_in_another() -> None:
    bench = InlineBench()
    part = a_part([{"name": "a", "repeats": 3}, {"name": "b"}, {"name": "c", "repeats": 2}])

    grade(square, square, part, bench=bench)

    assert bench.batches == [3, 3]
    drawn = {tuple(inputs["x"].entries) for inputs in bench.student_calls}  # type: ignore[union-attr]
    assert len(drawn) == 6


def test_a_function_that_hangs_is_not_called_again() -> None:
    bench = InlineBench()

    grade(ended(Ending.TIMEOUT), square, a_part([{"name": "a", "repeats": 9}]), bench=bench)

    assert bench.batches == [1]


def test_every_repetition_must_pass() -> None:
    calls = 0

    def sometimes(x: Any) -> Any:
        nonlocal calls
        calls += 1
        return x * x if calls != 3 else -x * x

    (outcome,) = grade(sometimes, square, a_part([{"name": "a", "repeats": 4}]))

    assert outcome.verdict == Verdict.WRONG


def test_another_right_answer_passes() -> None:
    part = a_part(equivalents=["as_column"])
    reference = {"f": square, "as_column": lambda x: (x * x)[:, None]}

    assert grade(square, reference, part)[0].verdict == Verdict.PASSED
    assert grade(lambda x: (x * x)[:, None], reference, part)[0].verdict == Verdict.PASSED
    assert grade(lambda x: (x * x)[None], reference, part)[0].verdict == Verdict.WRONG


def test_flat_entries_pass_where_the_part_says_so() -> None:
    part = a_part(inputs={"x": {"draw": "normal", "shape": [2, 3]}}, accept_flat=True)

    assert grade(lambda x: (x * x).reshape(-1), square, part)[0].verdict == Verdict.PASSED


class TestNeeds:
    PART = a_part(
        [
            {"name": "last", "needs": ["middle"]},
            {"name": "first"},
            {"name": "middle", "needs": ["first"]},
        ]
    )

    def test_checks_wait_for_those_that_they_need(self) -> None:
        bench = InlineBench()

        outcomes = grade(square, square, self.PART, bench=bench)

        assert [outcome.check for outcome in outcomes] == ["last", "first", "middle"]
        assert [outcome.verdict for outcome in outcomes] == [Verdict.PASSED] * 3
        assert bench.batches == [1, 1, 1]

    def test_a_failure_skips_all_that_build_on_it(self) -> None:
        bench = InlineBench()

        last, first, middle = grade(lambda x: -x, square, self.PART, bench=bench)

        assert first.verdict == Verdict.WRONG
        assert (middle.verdict, middle.share) == (Verdict.SKIPPED, 0)
        assert (last.verdict, last.share) == (Verdict.SKIPPED, 0)
        assert middle.feedback == 'skipped: needs "first" to pass first'

    def test_what_waits_for_an_open_check_is_open_too(self) -> None:
        last, first, middle = grade(ended(Ending.FAULT, "no worker"), square, self.PART)

        assert {last.verdict, first.verdict, middle.verdict} == {Verdict.VOID}
        assert last.share is middle.share is None

    def test_needs_that_go_in_a_circle_are_the_authors_fault(self) -> None:
        part = a_part([{"name": "a", "needs": ["b"]}, {"name": "b", "needs": ["a"]}])

        with pytest.raises(InstructorError, match="a, b"):
            grade(square, square, part)


@pytest.mark.parametrize(
    ("run", "verdict", "words"),
    [
        ((Ending.RAISED, "ValueError: bad"), Verdict.CRASHED, "ValueError: bad"),
        ((Ending.RAISED, "NotImplementedError"), Verdict.MISSING, "not written yet"),
        ((Ending.IMPORT_FAILED, "SyntaxError: x"), Verdict.CRASHED, "could not be imported"),
        ((Ending.NOT_FOUND, ""), Verdict.MISSING, "no function `f`"),
        ((Ending.TIMEOUT, ""), Verdict.TIMEOUT, "no answer after 7.0 s; 3 s are allowed"),
        ((Ending.PROCESSOR_TIME, ""), Verdict.TIMEOUT, "3.1 s of processor time used; 3 s are"),
        ((Ending.MEMORY, ""), Verdict.MEMORY, "1024 MiB"),
        ((Ending.SIGNAL, "SIGSEGV"), Verdict.CRASHED, "segmentation fault"),
        ((Ending.EXITED, ""), Verdict.CRASHED, "ended before the function returned"),
        ((Ending.FORBIDDEN, ""), Verdict.REFUSED, "not allowed"),
        ((Ending.TOO_LARGE, ""), Verdict.WRONG, "too large"),
        (
            (Ending.UNSUPPORTED, "a sparse tensor; return a dense one"),
            Verdict.WRONG,
            "returned a sparse tensor; return a dense one",
        ),
        ((Ending.MALFORMED, "too many values"), Verdict.REFUSED, "too many values"),
    ],
)
def test_every_ending_has_its_verdict_and_words(
    run: tuple[Ending, str], verdict: Verdict, words: str
) -> None:
    part = a_part(limits={"time_s": 3})

    (outcome,) = grade(ended(*run, elapsed_s=7.0, cpu_s=3.1), square, part)

    assert (outcome.verdict, outcome.share) == (verdict, 0)
    assert words in outcome.feedback


def test_a_fault_of_ours_costs_nothing() -> None:
    (outcome,) = grade(ended(Ending.FAULT, "worker lost"), square)

    assert (outcome.verdict, outcome.share) == (Verdict.VOID, None)
    assert "worker lost" in outcome.staff_note
    assert "worker lost" not in outcome.feedback


def test_a_fault_of_ours_does_not_hide_a_wrong_repetition() -> None:
    right, wrong = (Run(ending=Ending.RETURNED, value=value) for value in (2.0, 1.0))
    runs = [right, Run(ending=Ending.FAULT), wrong]

    (outcome,) = grade(runs, lambda x: 2.0, a_part([{"name": "a", "repeats": 3}]))

    assert outcome.verdict == Verdict.WRONG


@pytest.mark.parametrize(
    ("detail", "words"),
    [
        ("TypeError: f() takes 1 positional argument but 2 were given", "called as `f(x)`"),
        ("RuntimeError: expected m1 and m2 to have the same dtype", "dtype=x.dtype"),
        ("NameError: name 'torch' is not defined", "imported"),
        ("ModuleNotFoundError: No module named 'scipy'", "what the course provides"),
        ("RecursionError: maximum recursion depth exceeded", "case that returns"),
    ],
)
def test_common_exceptions_come_with_advice(detail: str, words: str) -> None:
    (outcome,) = grade(ended(Ending.RAISED, detail), square)

    assert words in outcome.feedback


class TestLocations:
    def locate(self, source: Source, *frames: Frame) -> str:
        (outcome,) = grade(
            ended(Ending.RAISED, "ValueError: x", frames=frames), square, source=source
        )
        assert outcome.location in outcome.feedback
        return outcome.location

    def test_the_innermost_line_of_the_students_file_is_named(self) -> None:
        outer, inner = (Frame(module="hw", line=line, function="f") for line in (3, 12))

        assert self.locate(SOURCE, outer, inner) == "hw.py:12"

    def test_another_of_their_files_is_named_by_its_module(self) -> None:
        assert self.locate(SOURCE, Frame(module="layers", line=4, function="g")) == "layers.py:4"

    def test_a_folder_and_a_dash_belong_to_the_file_name(self) -> None:
        source = Source(name="code/my-work.py", text="")

        assert self.locate(source, Frame(module="my_work", line=4, function="g")) == (
            "code/my-work.py:4"
        )

    def test_lines_of_a_notebook_are_named_by_cell(self) -> None:
        source = Source(name="hw.ipynb", text="", cells=((1, 2), (10, 5), (20, 6)))

        assert self.locate(source, Frame(module="hw", line=11, function="f")) == (
            "hw.ipynb, cell 5, line 2"
        )


def test_a_file_that_cannot_be_imported_is_told_of_once() -> None:
    part = a_part([{"name": "a"}, {"name": "b"}, {"name": "c"}])
    runs = ended(Ending.IMPORT_FAILED, "NameError: name 'torhc' is not defined")

    first, *others = grade(runs, square, part)

    assert "torhc" in first.feedback
    assert all("torhc" not in other.feedback for other in others)
    assert first.verdict is Verdict.CRASHED
    assert {outcome.verdict for outcome in others} == {Verdict.SKIPPED}


def test_nothing_is_asked_of_the_reference_where_nothing_was_returned() -> None:
    bench = InlineBench()

    grade(ended(Ending.IMPORT_FAILED, "SyntaxError: x"), square, bench=bench)

    assert bench.reference_calls == []


def test_a_reference_that_fails_is_not_the_students_fault() -> None:
    def broken(x: Any) -> Any:
        raise ZeroDivisionError

    with pytest.raises(BrokenReference):
        grade(square, broken)


class TestChangedArguments:
    @staticmethod
    def in_place(x: Any) -> Any:
        x *= x
        return x.copy()

    def test_right_values_from_changed_arguments_are_wrong(self) -> None:
        (outcome,) = grade(self.in_place, square)

        assert outcome.verdict == Verdict.WRONG
        assert "`x` changed" in outcome.feedback
        assert "x = x.copy()" in outcome.feedback

    def test_wrong_values_come_first(self) -> None:
        (outcome,) = grade(lambda x: -self.in_place(x), square)

        assert outcome.feedback.startswith("saw       -")
        assert "`x` changed too" in outcome.feedback

    def test_a_part_may_allow_it(self) -> None:
        assert grade(self.in_place, square, a_part(in_place=True))[0].verdict == Verdict.PASSED

    def test_a_list_counts_as_well(self) -> None:
        def pop(x: list[float]) -> float:
            return x.pop()

        (outcome,) = grade(pop, lambda x: x[-1], a_part(arrays="python"))

        assert "`x` changed" in outcome.feedback

    def test_nan_is_no_change(self) -> None:
        part = a_part(inputs={"x": [math.nan, -0.0]})

        assert grade(lambda x: x + 0, lambda x: x + 0, part)[0].verdict == Verdict.PASSED

    def test_numbers_and_long_lists_are_not_sent_back(self) -> None:
        class Asked(InlineBench):
            asked: bool | None = None

            def call_student(self, *args: Any, **more: Any) -> list[Run]:
                type(self).asked = more["return_arguments"]
                return super().call_student(*args, **more)

        for inputs, expected in ({"x": 3}, False), ({"x": [0.5] * 5000}, False), ({"x": [1]}, True):
            part = a_part(inputs=inputs, arrays="python")
            grade(copy.copy, copy.copy, part, bench=Asked())
            assert Asked.asked is expected


class TestMistakes:
    PART = a_part(
        [{"name": "a"}, {"name": "at zero", "with": {"x": [0.0]}}, {"name": "b"}],
        mistakes=[
            {"like": "negative", "credit": 0.25, "say": "The sign is wrong."},
            {"like": "doubled", "say": "Twice too large."},
            {"like": "fails", "say": "Never said."},
        ],
    )
    REFERENCE = {
        "f": square,
        "negative": lambda x: -x * x,
        "doubled": lambda x: 2 * x * x,
        "fails": lambda x: x[100],
    }

    def test_a_known_mistake_is_named_and_earns_its_credit(self) -> None:
        a, at_zero, b = grade(lambda x: -(x**2), self.REFERENCE, self.PART)

        assert (a.verdict, a.share, a.mistake) == (
            Verdict.PARTIAL,
            Fraction(1, 4),
            "The sign is wrong.",
        )
        assert (at_zero.verdict, at_zero.share, at_zero.mistake) == (Verdict.PASSED, 1, "")
        assert b.share == Fraction(1, 4)

    def test_a_mistake_without_credit_stays_wrong(self) -> None:
        a, _, _ = grade(lambda x: 2 * x * x, self.REFERENCE, self.PART)

        assert (a.verdict, a.share, a.mistake) == (Verdict.WRONG, 0, "Twice too large.")

    def test_a_mistake_must_explain_every_wrong_value(self) -> None:
        calls = 0

        def other(x: Any) -> Any:
            nonlocal calls
            calls += 1
            return -x * x if calls == 1 else -3 * x * x

        a, _, _ = grade(other, self.REFERENCE, self.PART)

        assert (a.verdict, a.share, a.mistake) == (Verdict.WRONG, 0, "")

    def test_a_mistake_must_be_right_where_the_student_is(self) -> None:
        part = a_part(
            [{"name": "a"}, {"name": "single", "with": {"x": [2.0]}}],
            mistakes=[{"like": "negative", "say": "The sign is wrong."}],
        )

        a, single = grade(lambda x: x * x if x.size == 1 else -x * x, self.REFERENCE, part)

        assert a.mistake == ""
        assert single.verdict == Verdict.PASSED

    def test_an_exception_is_no_mistake_but_leaves_it_to_others(self) -> None:
        def student(x: Any) -> Any:
            if x.size == 1:
                raise ValueError
            return -x * x

        a, at_zero, _ = grade(student, self.REFERENCE, self.PART)

        assert a.mistake == "The sign is wrong."
        assert (at_zero.verdict, at_zero.share) == (Verdict.CRASHED, 0)

    def test_a_mistake_of_precision_is_met_in_the_students_precision(self) -> None:
        part = a_part(
            inputs={"x": {"draw": "uniform", "shape": [3], "low": 95, "high": 99}},
            dtype="float32",
            mistakes=[{"like": "overflow", "say": "exp(100) is too large for float32."}],
        )
        reference = {"f": lambda x: x, "overflow": lambda x: np.log(np.exp(x))}

        with np.errstate(over="ignore"):
            (outcome,) = grade(lambda x: np.log(np.exp(x)), reference, part)

        assert outcome.mistake == "exp(100) is too large for float32."

    def test_right_values_ask_for_no_mistakes(self) -> None:
        bench = InlineBench()

        grade(square, self.REFERENCE, self.PART, bench=bench)

        assert {name for name, _ in bench.reference_calls} == {"f"}

    def test_what_is_skipped_for_a_mistake_earns_its_credit(self) -> None:
        part = a_part(
            [{"name": "a"}, {"name": "b", "needs": ["a"]}],
            mistakes=[{"like": "negative", "credit": 0.5, "say": "The sign is wrong."}],
        )

        a, b = grade(lambda x: -x * x, self.REFERENCE, part)

        assert (a.share, b.share) == (Fraction(1, 2), Fraction(1, 2))

    def test_a_mistake_settles_what_single_precision_left_open(self) -> None:
        part = a_part(mistakes=[{"like": "shifted", "say": "Leave out the epsilon."}])
        reference = {"f": square, "shifted": lambda x: x * x + 1e-7}

        (outcome,) = grade(lambda x: x * x + 1e-7, reference, part)

        assert (outcome.verdict, outcome.share) == (Verdict.WRONG, 0)
        assert outcome.mistake == "Leave out the epsilon."


class TestHints:
    PART = a_part(
        [{"name": "a"}, {"name": "b"}],
        hints=[{"say": "In general."}, {"say": "For b.", "when": "b"}],
    )

    def test_a_hint_goes_to_the_check_it_is_for_and_is_said_once(self) -> None:
        a, b = grade(lambda x: -x, square, self.PART)

        assert (a.hint, b.hint) == ("In general.", "For b.")

    def test_what_passes_or_is_our_fault_gets_no_hint(self) -> None:
        passed = grade(square, square, self.PART)
        void = grade(ended(Ending.FAULT), square, self.PART)

        assert {outcome.hint for outcome in (*passed, *void)} == {""}


def test_a_slip_is_named_where_the_author_names_none() -> None:
    part = a_part(inputs={"x": {"draw": "normal", "shape": [3, 3]}})

    (outcome,) = grade(lambda x: x, lambda x: x.T, part)

    assert "transpose" in outcome.feedback


def test_a_slip_is_not_named_beside_the_authors_words() -> None:
    part = a_part(
        inputs={"x": {"draw": "normal", "shape": [3, 3]}},
        mistakes=[{"like": "same", "say": "Swap the axes."}],
    )

    (outcome,) = grade(lambda x: x, {"f": lambda x: x.T, "same": lambda x: x}, part)

    assert outcome.mistake == "Swap the axes."
    assert "transpose" not in outcome.feedback


def test_no_function_at_all_is_missing() -> None:
    answer = Answer(part="f", text="x^2", file="answers.md", line=1)

    (outcome,) = judge(a_part(), "f", HandedIn(answer=answer), InlineBench())

    assert (outcome.verdict, outcome.share) == (Verdict.MISSING, 0)
    assert "define `f(x)`" in outcome.feedback


@pytest.mark.parametrize(
    ("arrays", "imports", "text", "modules"),
    [
        ("python", [], "def f(x): ...", ()),
        ("python", [], "# import torch", ()),
        ("python", [], "import numpy as np", ("numpy",)),
        ("python", [], "  from torch import nn", ("numpy", "torch")),
        ("numpy", [], "from sympy import *", ("numpy", "sympy")),
        ("torch", [], "import torch\nimport numpy", ("numpy", "torch")),
        ("torch", ["sympy"], "", ("numpy", "torch", "sympy")),
        ("python", [], "import torchvision", ()),
    ],
)
def test_the_worker_has_what_the_part_and_the_source_ask_for(
    arrays: str, imports: list[str], text: str, modules: tuple[str, ...]
) -> None:
    assert find_modules(a_part(arrays=arrays, imports=imports), text) == modules


def test_a_function_says_how_to_be_handed_in_and_carries_no_value() -> None:
    answer = Answer(part="f", text="1", file="answers.md", line=1)

    assert "`f(x)`" in describe(a_part())
    assert read_value(a_part(), answer) is None


def test_what_was_printed_is_kept() -> None:
    run = Run(ending=Ending.RETURNED, value=1.0, output="hello\n")

    (outcome,) = grade([run], lambda x: 1.0)

    assert outcome.output == "hello\n"


def test_tensors_go_in_and_come_back() -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    part = a_part(
        [{"name": "a"}, {"name": "b"}],
        inputs={"x": {"draw": "normal", "shape": [3, 4]}},
        arrays="torch",
    )

    right = grade(lambda x: torch.softmax(x, -1), lambda x: x.softmax(-1), part)
    half = grade(lambda x: torch.softmax(x, -1).bfloat16(), lambda x: x.softmax(-1), part)
    axis = grade(lambda x: torch.softmax(x, 0), lambda x: x.softmax(-1), part)

    assert {outcome.verdict for outcome in right} == {Verdict.PASSED}
    assert "bfloat16" in half[0].feedback
    assert {outcome.verdict for outcome in (*half, *axis)} == {Verdict.WRONG}


def test_plain_python_is_judged_without_numpy_right_or_wrong() -> None:
    program = """
import sys
from inline_bench import InlineBench
from grader.kinds.function import judge
from grader.kinds.protocol import HandedIn
from grader.spec.parts import FunctionPart
from grader.submission.models import Source
part = FunctionPart.model_validate({"kind": "function", "signature": "f(x, k)", "checks": [
    {"name": "a", "with": {"x": {"draw": "normal"}, "k": [1, 2]}},
    {"name": "b", "with": {"x": 2, "k": 3}, "expect": 5}]})
for student in (lambda x, k: x, lambda x, k: x + 1):
    bench = InlineBench(student={"f": student}, reference={"f": lambda x, k: x})
    outcomes = judge(part, "a", HandedIn(source=Source(name="hw.py", text="")), bench)
    print([str(outcome.verdict) for outcome in outcomes], "numpy" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )

    assert done.stdout.splitlines() == [
        "['passed', 'wrong'] False",
        "['wrong', 'wrong'] False",
    ]
