from fractions import Fraction

import pytest
from asking import judge_one, part

LINEAR_MAPS = part(
    "multi",
    options={
        "scaling": "stretching along axes",
        "rotation": "turning about the origin",
        "reflection": "flipping, as in a mirror",
        "translation": "shifting by a vector",
        "shearing": "slanting",
    },
    answer=["scaling", "rotation", "reflection", "shearing"],
    mistakes=[{"answer": "translation", "say": "A shift moves the origin; no linear map does."}],
)
GROUPINGS = part(
    "multi",
    options={f"grouping-{n}": f"way {n}" for n in range(1, 5)},
    answer=["grouping-1", "grouping-3", "grouping-4"],
)
LETTERS = part(
    "multi", options={"a": "", "b": "", "c": "", "d": ""}, answer=["a", "c"], scoring="all"
)
NONE_APPLY = part("multi", options={"a": "", "b": ""}, answer=[])

HALF = Fraction(1, 2)


@pytest.mark.parametrize(
    ("asked", "text", "verdict", "share"),
    [
        (LINEAR_MAPS, "scaling, rotation, reflection, shearing", "passed", 1),
        (LINEAR_MAPS, "shearing rotation scaling reflection", "passed", 1),
        (LINEAR_MAPS, "- shearing\n- rotation\n- Scaling\n- reflection", "passed", 1),
        (LINEAR_MAPS, "scaling, rotation, reflection and shearing.", "passed", 1),
        (LINEAR_MAPS, "**scaling**; `rotation`; reflection; shear", "passed", 1),
        (LINEAR_MAPS, "1. scaling\n2. rotations\n3. reflecton\n4. shearing", "passed", 1),
        (LINEAR_MAPS, "{scaling, rotation, reflection, shearing}", "passed", 1),
        (
            LINEAR_MAPS,
            "- [x] scaling\n- [X] rotation\n- [x] reflection\n- [ ] translation\n- [x] shearing",
            "passed",
            1,
        ),
        (LINEAR_MAPS, "☑ scaling\n☐ translation", "partial", Fraction(1, 4)),
        (
            LINEAR_MAPS,
            "stretching along axes\nturning about the origin\nflipping, as in a mirror\nslanting",
            "passed",
            1,
        ),
        (LINEAR_MAPS, "scaling, rotation, translation, shearing", "partial", HALF),
        (LINEAR_MAPS, "all of them", "wrong", 0),
        (LINEAR_MAPS, "scaling, scaling, scaling", "partial", Fraction(1, 4)),
        (LINEAR_MAPS, "translation", "wrong", 0),
        (LINEAR_MAPS, "none", "wrong", 0),
        (LINEAR_MAPS, "- [ ] scaling", "wrong", 0),
        (LINEAR_MAPS, "scaling, folding", "refused", 0),
        (LINEAR_MAPS, "1, 2", "refused", 0),
        (GROUPINGS, "1, 3, 4", "passed", 1),
        (GROUPINGS, "grouping 1\ngrouping 3\nGrouping-4", "passed", 1),
        (GROUPINGS, "[1, 3, 4]", "passed", 1),
        (GROUPINGS, "1 and 3", "partial", Fraction(2, 3)),
        (GROUPINGS, "1, 3, 4, 5", "refused", 0),
        (LETTERS, "a, c", "passed", 1),
        (LETTERS, "AC", "passed", 1),
        (LETTERS, "(a) and (c)", "passed", 1),
        (LETTERS, "a", "wrong", 0),
        (LETTERS, "a, b, c", "wrong", 0),
        (NONE_APPLY, "none", "passed", 1),
        (NONE_APPLY, "None of the above", "passed", 1),
        (NONE_APPLY, "a", "wrong", 0),
    ],
)
def test_every_tick_counts(asked, text, verdict, share):
    outcome = judge_one(asked, text)

    assert (outcome.verdict, outcome.share) == (verdict, share)


def test_feedback_counts_faults_without_naming_options():
    outcome = judge_one(LINEAR_MAPS, "scaling, rotation, translation, shearing")

    assert "one of your four does not apply" in outcome.feedback
    assert "another does apply" in outcome.feedback
    assert "reflection" not in outcome.feedback
    assert "translation" not in outcome.feedback


def test_option_with_a_known_mistake_is_named_by_its_words():
    outcome = judge_one(LINEAR_MAPS, "scaling, rotation, translation, shearing")

    assert outcome.mistake == "A shift moves the origin; no linear map does."
    assert outcome.share == HALF


def test_stated_credit_of_a_mistake_is_what_it_earns():
    asked = part(
        "multi",
        options={"a": "", "b": "", "c": ""},
        answer=["a", "b"],
        mistakes=[{"answer": ["a", "c"], "credit": 0.25, "say": "c is a trap"}],
    )

    assert judge_one(asked, "a, c").share == Fraction(1, 4)
    assert judge_one(asked, "a").share == HALF


def test_unknown_item_is_quoted():
    outcome = judge_one(LINEAR_MAPS, "scaling, folding")

    assert "'folding'" in outcome.feedback
