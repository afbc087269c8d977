"""What a student is told about a kernel, check by check."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from grader.errors import BrokenReference
from grader.kinds.kernel import describe, judge
from grader.kinds.protocol import HandedIn
from grader.spec.kernel_part import KernelPart
from grader.submission.models import Source
from grader.verdicts import Outcome, Verdict

ROOT = Path(__file__).resolve().parents[3]
REFERENCE = (ROOT / "reference/hw4/doublify.py").read_text()
WRITTEN = yaml.safe_load((ROOT / "problems/hw4/doublify.yaml").read_text())["parts"]["doublify"]
PART = KernelPart.model_validate(WRITTEN)
HEAD = (
    "from numba import cuda\n\n@cuda.jit\ndef doublify(a, out):\n    column, row = cuda.grid(2)\n"
)
GUARD = "    if row < out.shape[0] and column < out.shape[1]:\n"


def hand_in(text: str, part: KernelPart = PART, reference: str = REFERENCE) -> dict[str, Outcome]:
    bench: Any = SimpleNamespace(seed=3, reference_source=reference, sandbox=None)
    handed_in = HandedIn(source=Source(name="hw4.py", text=text, functions=("doublify",)))
    return {outcome.check: outcome for outcome in judge(part, "doublify", handed_in, bench)}


def test_a_right_kernel_passes_all_three_checks() -> None:
    outcomes = hand_in(
        HEAD + GUARD + "        out[row, column] = a[row, column] + a[row, column]\n"
    )

    assert [o.verdict for o in outcomes.values()] == [Verdict.PASSED] * 3
    assert [o.points for o in outcomes.values()] == [3, 2, 3]


def test_a_starter_as_it_was_given_is_missing() -> None:
    given = '@cuda.jit\ndef doublify(a, out):\n    """Twice a."""\n    raise NotImplementedError\n'

    outcomes = hand_in("from numba import cuda\n\n\n" + given)

    assert {each.verdict for each in outcomes.values()} == {Verdict.MISSING}
    assert outcomes["correct"].feedback == "`doublify` is not written yet"
    assert outcomes["correct"].location == "hw4.py:5"


def test_a_wrong_value_is_shown_with_its_place_and_size() -> None:
    outcomes = hand_in(HEAD + GUARD + "        out[row, column] = 3 * a[row, column]\n")

    assert outcomes["correct"].verdict is Verdict.WRONG
    assert "out[0, 0] = " in outcomes["correct"].feedback
    assert "n = 1" in outcomes["correct"].feedback
    assert outcomes["safe"].verdict is Verdict.PASSED
    assert outcomes["efficient"].verdict is Verdict.SKIPPED


def test_an_entry_never_written_is_said_to_be_so() -> None:
    outcomes = hand_in(
        HEAD + "    if row < 16 and column < 16 and row < a.shape[0] and column < a.size:\n"
        "        out[row, column] = 2 * a[row, column]\n"
    )

    assert "never written" in outcomes["correct"].feedback


def test_right_values_do_not_excuse_a_missing_guard() -> None:
    outcomes = hand_in(HEAD + "    out[row, column] = 2 * a[row, column]\n")

    assert outcomes["correct"].verdict is Verdict.PASSED
    assert outcomes["safe"].verdict is Verdict.WRONG
    assert outcomes["safe"].location == "hw4.py:6"
    assert "out of bounds" in outcomes["safe"].feedback


def test_strided_access_is_explained_on_the_students_own_line() -> None:
    text = HEAD.replace("column, row", "row, column") + GUARD
    outcomes = hand_in(text + "        out[row, column] = 2 * a[row, column]\n")

    feedback = outcomes["efficient"].feedback

    assert outcomes["efficient"].verdict is Verdict.INEFFICIENT
    assert outcomes["efficient"].share == pytest.approx(0.5)
    assert "out[row, column] = 2 * a[row, column]" in feedback
    assert "load of a: 16 sectors of 32 bytes a warp, 512 in all" in feedback
    assert feedback.count("try ") == 1
    assert "neighbouring threads are 16 KB apart" in feedback


def test_an_unknown_construct_is_refused_and_nothing_else_is_said() -> None:
    outcomes = hand_in(HEAD + "    out[:, :] = 2 * a\n")

    assert {o.verdict for o in outcomes.values()} == {Verdict.REFUSED}
    assert "hw4.py:6:" in outcomes["correct"].feedback
    assert "try" in outcomes["correct"].feedback


def test_a_changed_input_is_wrong_although_the_output_is_right() -> None:
    outcomes = hand_in(
        HEAD + GUARD + "        out[row, column] = 2 * a[row, column]\n        a[row, column] = 0\n"
    )

    assert outcomes["correct"].verdict is Verdict.WRONG
    assert "inputs must stay as they are" in outcomes["correct"].feedback


def test_a_loop_without_end_is_a_timeout_with_its_line() -> None:
    outcomes = hand_in(HEAD + "    while True:\n        row += 1\n")

    assert outcomes["correct"].verdict is Verdict.TIMEOUT
    assert outcomes["correct"].location in ("hw4.py:6", "hw4.py:7")


def test_host_code_around_the_kernel_is_passed_over() -> None:
    text = HEAD + GUARD + "        out[row, column] = 2 * a[row, column]\n"
    host = "\nimport time\nstart = time.time()\ndoublify[1, 1](None)\nraise SystemExit\n"

    assert hand_in(text + host)["correct"].verdict is Verdict.PASSED


def test_a_broken_reference_costs_nobody_anything() -> None:
    broken = REFERENCE.replace("2 * a[row, column]", "2 * a[row + 1, column]", 1)

    with pytest.raises(BrokenReference):
        hand_in(HEAD + GUARD + "        out[row, column] = 2 * a[row, column]\n", reference=broken)


@pytest.mark.parametrize("choice", ["skipped", "void"])
def test_timing_without_a_gpu_leaves_its_points_open(choice: str) -> None:
    timed = {"sizes": {"n": 4096}, "like": "doublify", "without_gpu": choice}
    part = KernelPart.model_validate(WRITTEN | {"timed": timed})

    outcome = hand_in(HEAD + GUARD + "        out[row, column] = 2 * a[row, column]\n", part)[
        "timed"
    ]

    assert outcome.verdict.value == choice
    assert outcome.share is None


def test_nothing_handed_in_is_missing() -> None:
    bench: Any = SimpleNamespace(seed=3, reference_source=REFERENCE, sandbox=None)

    outcomes = judge(PART, "doublify", HandedIn(), bench)

    assert {outcome.verdict for outcome in outcomes} == {Verdict.MISSING}


def test_the_same_submission_gets_the_same_words_twice() -> None:
    text = HEAD + "    out[row, column] = a[row, column]\n    out[0, 0] = row\n"

    assert hand_in(text) == hand_in(text)


def test_how_to_hand_in_names_the_function() -> None:
    assert "doublify(a, out)" in describe(PART)


def test_twenty_gradings_give_the_same_bytes() -> None:
    """Verdicts, words, places and charts of a kernel that is racy, and of one that is right."""
    racy = HEAD + "    out[0, 0] = a[row % out.shape[0], column % out.shape[1]]\n"
    right = HEAD + GUARD + "        out[row, column] = 2 * a[row, column]\n"

    def report() -> bytes:
        return repr([hand_in(text) for text in (racy, right)]).encode()

    first = report()

    assert all(report() == first for _ in range(19))
