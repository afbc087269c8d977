import pytest
from asking import ReferenceBench, hand_in, judge_all, part

from grader.kinds.fields import split_fields
from grader.kinds.judging import judge_part
from grader.kinds.protocol import HandedIn

NAMES = ("loss", "accuracy")
CURVES = part(
    "choice",
    options={"curve-a": "falls", "curve-b": "rises", "curve-c": "stays"},
    fields={
        "zero": {"answer": "curve-c", "points": 2},
        "he-init": {"answer": "curve-a"},
        "xavier": {"answer": "curve-b"},
    },
)


@pytest.mark.parametrize(
    "text",
    [
        "loss = 1.39\naccuracy = 0.25",
        "loss: 1.39\naccuracy: 0.25",
        "Loss: 1.39\n\nAccuracy: 0.25",
        "**loss**: 1.39\n**accuracy**: 0.25",
        "**loss:** 1.39\n**accuracy:** 0.25",
        "**loss = 1.39**\n**accuracy = 0.25**",
        "- loss = 1.39\n- accuracy = 0.25",
        "1. loss: 1.39\n2. accuracy: 0.25",
        "loss = 1.39, accuracy = 0.25",
        "loss = 1.39; accuracy = 0.25",
        "loss = 1.39 and accuracy = 0.25",
        "My answers: loss = 1.39, accuracy = 0.25",
        "accuracy: 0.25\nloss: 1.39",
        "The loss is 1.39\nThe accuracy is 0.25",
        "### loss\n1.39\n### accuracy\n0.25",
        "**loss**\n1.39\n\n**accuracy**\n0.25",
        "`loss` = 1.39\n`accuracy` = 0.25",
        r"\text{loss} = 1.39 \\ \text{accuracy} = 0.25",
        "\\begin{align}\n\\text{loss} &= 1.39 \\\\\n\\text{accuracy} &= 0.25\n\\end{align}",
        "| loss | 1.39 |\n| accuracy | 0.25 |",
        "| loss | accuracy |\n|---|---|\n| 1.39 | 0.25 |",
        "loss = -ln(1/4)\nloss = 1.39\naccuracy = 0.25",
        "1.39\n0.25",
        "1.39, 0.25",
        "- 1.39\n- 0.25",
        "1. 1.39\n2. 0.25",
        "(loss) 1.39\n(accuracy) 0.25",
        "loss) 1.39\naccuracy) 0.25",
        "{'loss': 1.39, 'accuracy': 0.25}",
        '{"loss": 1.39,\n "accuracy": 0.25}',
        "dict(loss=1.39, accuracy=0.25)",
        "\\begin{itemize}\n\\item loss: 1.39\n\\item accuracy: 0.25\n\\end{itemize}",
        "\\begin{enumerate} \\item[loss] 1.39 \\item[accuracy] 0.25 \\end{enumerate}",
        "loss → 1.39\naccuracy → 0.25",
        "loss\u00a0=\u00a01.39\naccuracy = 0.25",
    ],
)
def test_fields_are_found_in_many_layouts(text):
    found = split_fields(text, NAMES).found

    assert {name: value.strip() for name, value in found.items()} == {
        "loss": "1.39",
        "accuracy": "0.25",
    }


@pytest.mark.parametrize(
    "text", ["1.39", "1.39, 0.25, 7", "1\n2\n3", "about one and a bit", "", "1, 2\n3, 4\n5, 6"]
)
def test_a_list_of_another_length_is_not_guessed_at(text):
    assert split_fields(text, NAMES).found == {}


def test_values_go_on_until_the_next_label():
    found = split_fields("h1 =\n[0, 1]\n\n$h_2 = [2,\n 3]$\nh-3: 4", ("h1", "h2", "h3")).found

    assert found["h1"].split() == ["[0,", "1]"]
    assert "[2," in found["h2"]
    assert "3]" in found["h2"]
    assert found["h3"] == "4"


def test_rows_of_a_matrix_stay_together():
    text = r"keys = \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}, values = [[1, 2], [3, 4]]"
    found = split_fields(text, ("keys", "values")).found

    assert found["keys"] == r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}"
    assert found["values"] == "[[1, 2], [3, 4]]"


def test_other_equal_signs_are_no_labels():
    found = split_fields("y1 = x1\ny2 = x2 + w x1 = x2 + h1, where h1 = w x1", ("y1", "y2")).found

    assert found == {"y1": "x1", "y2": "x2 + w x1 = x2 + h1, where h1 = w x1"}


def test_each_field_earns_its_own_points():
    outcomes = judge_all(CURVES, "zero: curve-c\nhe init: curve-b\nxavier: curve-b")

    assert [(o.check, o.verdict, o.points) for o in outcomes] == [
        ("zero", "passed", 2),
        ("he-init", "wrong", 1),
        ("xavier", "passed", 1),
    ]


def test_a_field_left_out_is_missing_and_the_others_count():
    outcomes = judge_all(CURVES, "zero: curve-c\nxavier: curve-b")

    assert [(o.check, o.verdict, o.share) for o in outcomes] == [
        ("zero", "passed", 1),
        ("he-init", "missing", 0),
        ("xavier", "passed", 1),
    ]
    assert "he-init = ..." in outcomes[1].feedback


def test_text_that_belongs_to_no_field_is_quoted():
    outcomes = judge_all(CURVES, "they all look alike")

    assert {outcome.verdict for outcome in outcomes} == {"missing"}
    assert "'they all look alike'" in outcomes[0].feedback


def test_a_field_may_have_a_heading_of_its_own():
    handed_in = hand_in("zero: curve-a\nxavier: curve-b", Zero="curve-c", **{"he-init": "curve-a"})
    outcomes = judge_part(CURVES, "question", handed_in, ReferenceBench())

    assert [outcome.verdict for outcome in outcomes] == ["passed", "passed", "passed"]


def test_only_separate_headings_are_an_answer_too():
    handed_in = HandedIn(fields=hand_in("", zero="curve-c").fields)
    outcomes = judge_part(CURVES, "question", handed_in, ReferenceBench())

    assert [outcome.verdict for outcome in outcomes] == ["passed", "missing", "missing"]


def test_an_answer_given_twice_says_which_counts():
    outcomes = judge_all(CURVES, "zero: curve-a\nzero: curve-c\nhe-init: curve-a\nxavier: curve-b")

    assert outcomes[0].verdict == "passed"
    assert "the last one counts" in outcomes[0].feedback


def test_blank_part_misses_every_field():
    outcomes = judge_all(CURVES, "  ")

    assert [(o.check, o.verdict, o.points) for o in outcomes] == [
        ("zero", "missing", 2),
        ("he-init", "missing", 1),
        ("xavier", "missing", 1),
    ]


def test_letters_with_brackets_are_labels():
    for text in ("a) he\nb) zero", "(a) he\n(b) zero", "a. he\nb. zero", "**a)** he, **b)** zero"):
        assert split_fields(text, ("a", "b")).found == {"a": "he", "b": "zero"}, text


def test_failing_fields_get_hints_in_turn():
    asked = part(
        "choice",
        options={"up": "", "down": ""},
        fields={"one": {"answer": "up"}, "two": {"answer": "up"}, "three": {"answer": "up"}},
        hints=[{"say": "Look again."}, {"when": "three", "say": "Look at its end."}],
    )
    outcomes = judge_all(asked, "one: up\ntwo: down\nthree: down")

    assert [outcome.hint for outcome in outcomes] == ["", "Look again.", "Look at its end."]
