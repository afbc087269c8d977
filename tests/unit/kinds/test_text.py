from asking import judge_one, part

WHY = part(
    "text",
    rubric=[
        {"item": "does not saturate for z > 0"},
        {"item": "the gradient is cheap", "points": 2},
    ],
)


def test_prose_waits_for_a_person_and_costs_nothing_yet():
    outcome = judge_one(WHY, "Because it does not saturate, and its gradient is cheap.")

    assert (outcome.verdict, outcome.share) == ("review", None)
    assert "waiting for a person" in outcome.feedback


def test_rubric_is_for_staff_alone():
    outcome = judge_one(WHY, "Because of its slope.")

    assert "does not saturate for z > 0 (1 point)" in outcome.staff_note
    assert "the gradient is cheap (2 points)" in outcome.staff_note
    assert "saturate" not in outcome.feedback


def test_two_words_are_still_read_by_a_person():
    outcome = judge_one(WHY, "cheap gradient")

    assert outcome.verdict == "review"
    assert outcome.staff_note.startswith("very short")


def test_blank_prose_is_missing():
    assert judge_one(WHY, "\n").verdict == "missing"
