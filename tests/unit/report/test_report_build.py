"""What a report says, and to whom."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest

from grader.report import FORMATS, find_renderer
from grader.report.models import Report, drop_measurements
from grader.scoring import PartScore, score_part
from grader.verdicts import Counterexample, Outcome, Verdict, failed, passed

Make = Callable[..., Report]

CANARY = "c4n4ry"


def plant(verdict: Verdict, *, hidden: bool) -> Outcome:
    """An outcome with a canary in every text that judging writes; the author's words are clean."""
    return Outcome(
        check="large input",
        verdict=verdict,
        share=None if verdict.is_open else Fraction(0),
        hidden=hidden,
        feedback=f"saw       {CANARY}\nexpected  {CANARY}",
        counterexample=Counterexample(
            inputs=((CANARY, CANARY),), saw=CANARY, expected=CANARY, difference=CANARY, code=CANARY
        ),
        mistake="The rows are swapped.",
        hint="Which index runs first?",
        location=CANARY,
        output=CANARY,
        understood=CANARY,
        staff_note=CANARY,
        elapsed_ms=98765.4,
        memory_mib=98765.4,
    )


def score_one(*outcomes: Outcome, points: int = 6) -> tuple[PartScore, ...]:
    return (score_part("conv", "function", "Convolution", Fraction(points), outcomes),)


OF_PLACES = ("github", "codequality", "sarif")
"""They tell of places in files alone, and a hidden check has none to tell of."""


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("verdict", Verdict)
def test_hidden_check_tells_a_student_its_verdict_and_nothing_it_saw(
    make: Make, name: str, verdict: Verdict
) -> None:
    report = make(scores=score_one(plant(verdict, hidden=True)))

    text = find_renderer(name)(report)

    assert CANARY not in text
    assert "98765" not in text
    assert name in OF_PLACES or verdict in text
    assert name != "json" or '"large input"' in text


def test_hidden_check_keeps_name_points_and_the_authors_words(make: Make) -> None:
    check = make(scores=score_one(plant(Verdict.WRONG, hidden=True))).parts[0].checks[0]

    assert (check.name, check.verdict, check.max_score) == ("large input", "wrong", 6)
    assert check.feedback == "A hidden check was wrong."
    assert check.mistake == "The rows are swapped."
    assert check.hint == "Which index runs first?"
    assert check.hidden


def test_staff_see_hidden_checks_whole(make: Make) -> None:
    report = make(scores=score_one(plant(Verdict.WRONG, hidden=True)), audience="staff")

    check = report.parts[0].checks[0]
    assert check.staff_note == CANARY
    assert check.counterexample is not None
    assert check.counterexample.saw == CANARY
    assert report.audience == "staff"


@pytest.mark.parametrize("name", FORMATS)
def test_void_check_shows_a_student_no_message_of_ours(make: Make, name: str) -> None:
    outcome = failed("loss", Verdict.VOID, f"reference: {CANARY}", staff_note=CANARY, hint=CANARY)
    report = make(scores=score_one(outcome))

    assert CANARY not in find_renderer(name)(report)
    assert "not because of your answer" in report.parts[0].checks[0].feedback


def test_staff_notes_are_for_staff_only(make: Make) -> None:
    outcome = failed("loss", Verdict.UNDECIDED, "Not decided.", staff_note=CANARY)

    assert make(scores=score_one(outcome)).parts[0].checks[0].staff_note == ""
    assert CANARY in find_renderer("terminal")(make(scores=score_one(outcome), audience="staff"))


def test_course_can_keep_counterexamples_from_students(make: Make) -> None:
    found = Counterexample(inputs=(("x", "0.0"),), saw="1", expected="0")
    outcome = failed("zero", Verdict.WRONG, "Wrong at zero.", counterexample=found)

    shown = make(scores=score_one(outcome)).parts[0]
    kept = make(scores=score_one(outcome), show_counterexamples=False).parts[0]

    assert shown.counterexample is not None
    assert shown.counterexample.inputs[0].value == "0.0"
    assert kept.counterexample is None
    assert kept.feedback == "Wrong at zero."


def test_part_says_what_its_first_visible_failure_says(make: Make) -> None:
    scores = score_one(
        passed("one"),
        failed("two", Verdict.WRONG, "secret", hidden=True),
        failed("three", Verdict.REVIEW, "A person will look."),
        failed("four", Verdict.WRONG, "Off by one.", mistake="Count from 0."),
        failed("five", Verdict.WRONG, "Later."),
    )

    part = make(scores=scores).parts[0]

    assert part.feedback == "Off by one."
    assert part.mistake == "Count from 0."


def test_part_with_only_hidden_failures_says_so(make: Make) -> None:
    part = make(scores=score_one(failed("two", Verdict.WRONG, "secret", hidden=True))).parts[0]

    assert part.feedback == "A hidden check was wrong."


def test_printed_points_add_up(make: Make) -> None:
    third = Fraction(10, 3)
    scores = tuple(
        score_part(f"p{number}", "value", "", third, [passed("a"), failed("b", Verdict.WRONG, "")])
        for number in range(3)
    )

    report = make(scores=scores)

    assert report.score == pytest.approx(sum(part.score for part in report.parts), abs=1e-9)
    assert report.parts[0].score == 1.6667
    assert report.max_score == 9.9999


def test_full_marks_are_exactly_the_maximum(make: Make) -> None:
    checks = [passed("a"), passed("b"), passed("c")]
    report = make(scores=(score_part("p", "value", "", Fraction(1, 3), checks),))

    assert report.score == report.max_score
    assert all(check.score == check.max_score for check in report.parts[0].checks)


def test_checks_share_the_parts_points_by_weight(make: Make) -> None:
    scores = score_one(
        passed("a", points=Fraction(1)),
        failed("b", Verdict.WRONG, "", points=Fraction(2)),
    )

    checks = make(scores=scores).parts[0].checks

    assert [(check.score, check.max_score) for check in checks] == [(2, 2), (0, 4)]


def test_checks_without_points_count_alike(make: Make) -> None:
    scores = score_one(
        passed("a", points=Fraction(0)), failed("b", Verdict.WRONG, "", points=Fraction(0))
    )

    assert [check.max_score for check in make(scores=scores).parts[0].checks] == [3, 3]


def test_open_points_keep_a_report_pending(make: Make) -> None:
    report = make(scores=score_one(passed("a"), failed("b", Verdict.REVIEW, "")))

    assert report.status == "pending"
    assert (report.score, report.open_points) == (3, 3)


def test_report_without_open_points_is_final(make: Make) -> None:
    assert make(scores=score_one(passed("a"))).status == "final"


def test_part_ids_carry_their_assignment_once(make: Make) -> None:
    scores = score_one(passed("a"))
    twice = (score_part("hw2/conv", "function", "", Fraction(1), [passed("a")]),)

    assert make(scores=scores).parts[0].id == "hw2/conv"
    assert make(scores=twice).parts[0].id == "hw2/conv"


def test_reports_of_two_runs_differ_only_in_what_was_measured(make: Make) -> None:
    first = make(scores=score_one(passed("a", elapsed_ms=1.5, memory_mib=30.0)), graded_in_s=1.0)
    second = make(scores=score_one(passed("a", elapsed_ms=2.5, memory_mib=31.0)), graded_in_s=2.0)

    assert first != second
    assert drop_measurements(first) == drop_measurements(second)


def test_assignment_without_parts_still_makes_a_report(make: Make) -> None:
    report = make(scores=())

    assert (report.score, report.max_score, report.status) == (0, 0, "final")
    for name in FORMATS:
        shown = find_renderer(name)(report)
        assert "hw2" in shown or name in ("codequality", "sarif", "prairielearn")
