"""What a part says about its failures: once, in order, and without mixing two cases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from grader.report import html, markdown, terminal
from grader.report.models import Report
from grader.scoring import score_part
from grader.verdicts import Counterexample, Outcome, Verdict, failed, passed

Make = Callable[..., Report]

SMALL = Counterexample(
    inputs=(("x", "[0.0]"), ("k", "1")),
    saw="[1.0]",
    expected="[0.0]",
    difference="at [0]: 1.0, expected 0.0",
    code="from hw import relu\nprint(relu([0.0]))",
)


def tell(make: Make, outcomes: Sequence[Outcome], width: int = 100) -> list[str]:
    """The terminal's lines about one part, without indentation."""
    scores = (score_part("relu", "function", "", Fraction(4), outcomes),)
    lines = terminal.render(make(scores=scores), width=width).splitlines()
    start = next(number for number, line in enumerate(lines) if " relu " in line)
    return [line.strip() for line in lines[start + 1 : lines.index("", start)]]


def test_findings_about_the_case_itself_stand_with_its_inputs(make: Make) -> None:
    words = "saw       1.0 at [0]; 1 of 1 entries are wrong\nexpected  0.0\ntry       max(0, 0)?"

    lines = tell(make, [failed("zero", Verdict.WRONG, words, counterexample=SMALL)])

    assert lines == [
        "with      x = [0.0], k = 1",
        "saw       1.0 at [0]; 1 of 1 entries are wrong",
        "expected  0.0",
        "run       from hw import relu",
        "print(relu([0.0]))",
        "try       max(0, 0)?",
    ]


def test_findings_about_another_case_stand_apart(make: Make) -> None:
    words = "saw       shape (3, 15)\nexpected  shape (3, 35)"

    lines = tell(make, [failed("zero", Verdict.WRONG, words, counterexample=SMALL)])

    assert lines[:5] == [
        "saw       shape (3, 15)",
        "expected  shape (3, 35)",
        "a case that fails:",
        "with      x = [0.0], k = 1",
        "differs   at [0]: 1.0, expected 0.0",
    ]


def test_case_without_findings_still_says_what_it_gave(make: Make) -> None:
    lines = tell(make, [failed("zero", Verdict.WRONG, "Not at zero.", counterexample=SMALL)])

    assert lines[:3] == [
        "Not at zero.",
        "with      x = [0.0], k = 1",
        "differs   at [0]: 1.0, expected 0.0",
    ]


def test_values_without_inputs_join_the_findings(make: Make) -> None:
    found = Counterexample(saw="3", expected="4", difference="at [1]: 3, expected 4")

    lines = tell(make, [failed("a", Verdict.WRONG, "saw       [2, 3]", counterexample=found)])

    assert lines == ["saw       [2, 3]", "expected  4", "differs   at [1]: 3, expected 4"]


def test_mistake_and_hint_are_told_once_in_a_part(make: Make) -> None:
    more = {"mistake": "The sign is wrong.", "hint": "Try a negative number."}

    lines = tell(
        make,
        [
            failed("one", Verdict.WRONG, "First.", **more),
            failed("two", Verdict.WRONG, "Second.", **more),
        ],
    )

    assert lines.count("The sign is wrong.") == 1
    assert lines.count("try       Try a negative number.") == 1
    assert {"First.", "Second."} <= set(lines)


def test_terminal_shows_one_case_a_part_and_the_page_the_others_folded(make: Make) -> None:
    outcomes = [
        failed("one", Verdict.WRONG, "First.", counterexample=SMALL),
        failed("two", Verdict.WRONG, "Second.", counterexample=SMALL),
    ]

    lines = tell(make, outcomes)
    page = html.render(make(scores=(score_part("relu", "function", "", Fraction(4), outcomes),)))

    assert sum(line.startswith("with ") for line in lines) == 1
    assert page.count("x = [0.0], k = 1") == 2
    assert page.count("<details>\n<summary>A case that fails</summary>") == 1


def test_terminal_names_the_checks_it_leaves_out(make: Make) -> None:
    outcomes = [failed(f"check {number}", Verdict.WRONG, "No.") for number in range(6)]

    lines = tell(make, outcomes)

    assert lines[-1] == "and 3 more: check 3, check 4, check 5"


def test_checks_skipped_because_of_another_are_not_explained(make: Make) -> None:
    outcomes = [
        failed("one", Verdict.WRONG, "First."),
        failed("two", Verdict.SKIPPED, "Skipped: 'one' must pass first."),
    ]

    assert not any("Skipped" in line for line in tell(make, outcomes))


def test_long_values_and_output_are_cut_in_the_terminal(make: Make) -> None:
    printed = "\n".join(f"step {number}" for number in range(50))
    found = Counterexample(inputs=(("x", "1.0, " * 500),), saw="1", expected="2")

    lines = tell(make, [failed("a", Verdict.WRONG, "No.", counterexample=found, output=printed)])

    assert len(lines) < 20
    assert "step 49" in lines
    assert "step 3" not in lines


def test_check_without_words_says_what_its_verdict_means(make: Make) -> None:
    assert tell(make, [failed("a", Verdict.MISSING, "")]) == ["Not answered."]


def test_passed_checks_are_named_on_the_page_with_what_was_understood(make: Make) -> None:
    outcomes = [passed("shape", understood="(2, 5)", elapsed_ms=17.2)]

    page = html.render(make(scores=(score_part("a", "shape", "", Fraction(1), outcomes),)))

    assert "shape" in page
    assert "(2, 5)" in page
    assert "17 ms" in page


def test_comment_shows_inputs_values_and_code(make: Make) -> None:
    outcome = failed("zero", Verdict.WRONG, "Not at zero.", counterexample=SMALL)

    text = markdown.render(make(scores=(score_part("a", "function", "", Fraction(1), [outcome]),)))

    assert "with      x = [0.0], k = 1\nsaw       [1.0]\nexpected  [0.0]\n" in text
    assert "```python\nfrom hw import relu\nprint(relu([0.0]))\n```" in text
