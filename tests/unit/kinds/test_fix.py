"""Code to repair: the same code earns nothing, and what was changed is shown."""

from __future__ import annotations

from typing import Any

from asking import part
from inline_bench import InlineBench

from grader.kinds import fix
from grader.kinds.judging import judge_part
from grader.kinds.protocol import HandedIn
from grader.submission.models import Source
from grader.verdicts import Outcome

STARTER = """\
def mean(x):
    total = 0
    for each in x:
        total += each
    return total / (len(x) - 1)
"""
REPAIRED = STARTER.replace("(len(x) - 1)", "len(x)")

MEAN = part(
    "fix",
    signature="mean(x)",
    starter=STARTER,
    checks=[
        {"name": "three", "x": [1, 2, 6]},
        {"name": "other numbers", "x": [1, 2, 3, 9], "hidden": True},
    ],
)


def judge(text: str) -> tuple[Outcome, ...]:
    space: dict[str, Any] = {}
    exec(text, space)  # the test's own text
    source = Source(name="hw.py", text=text, functions=("mean",))
    bench = InlineBench(
        student={"mean": space["mean"]}, reference={"mean": lambda x: sum(x) / len(x)}
    )
    return judge_part(MEAN, "mean", HandedIn(source=source), bench)


def test_repaired_code_passes_and_the_difference_is_shown() -> None:
    shown, hidden = judge(REPAIRED)

    assert [str(each.verdict) for each in (shown, hidden)] == ["passed", "passed"]
    assert "-    return total / (len(x) - 1)\n  +    return total / len(x)" in shown.feedback
    assert "total" not in hidden.feedback


def test_the_code_as_it_was_given_earns_nothing_whatever_its_spaces() -> None:
    spaced = "import math\n\n" + STARTER.replace("total = 0", "total  =  0\n\n    # nothing yet\n")

    for text in (STARTER, spaced):
        shown, hidden = judge(text)

        assert [str(each.verdict) for each in (shown, hidden)] == ["wrong", "wrong"]
        assert "as it was given" in shown.feedback


def test_a_wrong_repair_shows_what_was_changed_beside_what_is_wrong() -> None:
    shown, _ = judge(STARTER.replace("- 1", "+ 1"))

    assert str(shown.verdict) == "wrong"
    assert "+    return total / (len(x) + 1)" in shown.feedback
    assert shown.counterexample is not None


def test_a_long_difference_is_cut() -> None:
    rewritten = "def mean(x):\n" + "".join(f"    a{i} = {i}\n" for i in range(99)) + REPAIRED[13:]

    shown, _ = judge(rewritten)

    assert len(shown.feedback.splitlines()) <= fix.MOST_LINES + 2
    assert "more lines" in shown.feedback


def test_nothing_handed_in_is_missing() -> None:
    outcomes = judge_part(MEAN, "mean", HandedIn(), InlineBench())

    assert {str(each.verdict) for each in outcomes} == {"missing"}
