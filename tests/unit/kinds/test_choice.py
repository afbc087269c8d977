import pytest
from asking import judge_one, part, written

from grader.errors import BrokenReference
from grader.kinds import choice

SATURATION = part(
    "choice",
    options={
        "vanish": "Slopes of at most 1/4 multiply to almost nothing.",
        "memory": "Sigmoids need more memory than ReLUs.",
        "linear": "A sigmoid is linear everywhere.",
    },
    answer="vanish",
    mistakes=[{"answer": "linear", "say": "Near 0 it almost is. Look at large |x|."}],
)
EXISTS = part("choice", options={"yes": "It exists.", "no": "It does not."}, answer="no")
CURVES = part("choice", options={"a": "falls", "b": "rises", "c": "stays"}, answer="b")
SIGNS = part("choice", options={"plus": "1", "minus": "-1"}, answer="minus")
EITHER = part("choice", options={"x": "", "y-axis": "", "z_axis": ""}, answer=["y-axis", "z_axis"])


@pytest.mark.parametrize(
    ("asked", "text", "verdict", "understood"),
    [
        (SATURATION, "vanish", "passed", "vanish"),
        (SATURATION, "**vanish**", "passed", "vanish"),
        (SATURATION, "`Vanish`.", "passed", "vanish"),
        (SATURATION, '"VANISH"', "passed", "vanish"),
        (SATURATION, "- vanish", "passed", "vanish"),
        (SATURATION, "  vanish  ", "passed", "vanish"),
        (SATURATION, "van", "passed", "vanish"),
        (SATURATION, "vanihs", "passed", "vanish"),
        (SATURATION, "vanish: the slopes multiply", "passed", "vanish"),
        (SATURATION, "vanish, because memory is no matter here", "passed", "vanish"),
        (SATURATION, "Answer: vanish", "passed", "vanish"),
        (SATURATION, "The answer is vanish.", "passed", "vanish"),
        (SATURATION, "slopes of at most 1/4 multiply to almost nothing", "passed", "vanish"),
        (SATURATION, "Slopes of at most", "passed", "vanish"),
        (SATURATION, "- [ ] memory\n- [x] vanish\n- [ ] linear", "passed", "vanish"),
        (SATURATION, r"\textbf{vanish}", "passed", "vanish"),
        (SATURATION, "$\\text{vanish}$", "passed", "vanish"),
        (SATURATION, "memory", "wrong", "memory"),
        (SATURATION, "It is not vanish", "refused", ""),
        (SATURATION, "vanish or memory", "refused", ""),
        (SATURATION, "vanish, memory", "refused", ""),
        (SATURATION, "shrink", "refused", ""),
        (SATURATION, "v", "refused", ""),
        (SATURATION, "1", "refused", ""),
        (SATURATION, "vanish" * 5000, "refused", ""),
        (EXISTS, "no", "passed", "no"),
        (EXISTS, "**No**", "passed", "no"),
        (EXISTS, "No.", "passed", "no"),
        (EXISTS, "n", "passed", "no"),
        (EXISTS, "Nope!", "passed", "no"),
        (EXISTS, "No, it can't: yes would need infinite scores", "passed", "no"),
        (EXISTS, "no - there is none", "passed", "no"),
        (EXISTS, "No because XOR is not separable", "passed", "no"),
        (EXISTS, "It cannot.", "passed", "no"),
        (EXISTS, "it can’t", "passed", "no"),
        (EXISTS, "false", "passed", "no"),
        (EXISTS, "(no)", "passed", "no"),
        (EXISTS, "Yes", "wrong", "yes"),
        (EXISTS, "yes, since no unit saturates", "wrong", "yes"),
        (EXISTS, "Yeah", "wrong", "yes"),
        (EXISTS, "yes/no", "refused", ""),
        (EXISTS, "yes or no", "refused", ""),
        (EXISTS, "no yes no yes", "refused", ""),
        (EXISTS, "yes and no", "refused", ""),
        (CURVES, "a, b, c", "refused", ""),
        (CURVES, "a b", "refused", ""),
        (EXISTS, '"no" if you are right, else "yes"', "refused", ""),
        (EXISTS, "no, otherwise yes", "refused", ""),
        (EXISTS, "no, but if that is wrong then yes.", "refused", ""),
        (EXISTS, "no - or yes?", "refused", ""),
        (EXISTS, "no → yes", "refused", ""),
        (EXISTS, "false, else true", "refused", ""),
        (EXISTS, "No!!! (second choice: yes)", "refused", ""),
        (EXISTS, "no because it is not\nyes because it is", "refused", ""),
        (SATURATION, "vanish, or else memory", "refused", ""),
        (SATURATION, "vanish or, failing that, memory", "refused", ""),
        (SATURATION, "vanish, second choice memory", "refused", ""),
        (SATURATION, "vanish, not memory", "passed", "vanish"),
        (SATURATION, "vanish\n\nmemory would not change with depth", "passed", "vanish"),
        (EXISTS, "no, otherwise yes-or-no questions would be easy", "passed", "no"),
        (EXISTS, "No, unless the net may be infinite", "passed", "no"),
        (CURVES, "b, since W = a", "passed", "b"),
        (EXISTS, "no idea", "refused", ""),
        (EXISTS, "not sure", "refused", ""),
        (EXISTS, "maybe", "refused", ""),
        (EXISTS, "nothing", "refused", ""),
        (CURVES, "b", "passed", "b"),
        (CURVES, "(b)", "passed", "b"),
        (CURVES, "b)", "passed", "b"),
        (CURVES, "B.", "passed", "b"),
        (CURVES, "Option b", "passed", "b"),
        (CURVES, "[b]", "passed", "b"),
        (CURVES, "b) rises", "passed", "b"),
        (CURVES, "rises", "passed", "b"),
        (CURVES, "I choose (b) as a guess", "passed", "b"),
        (CURVES, "a", "wrong", "a"),
        (CURVES, "a guess", "refused", ""),
        (CURVES, "d", "refused", ""),
        (CURVES, "(a) or (b)", "refused", ""),
        (SIGNS, "-1", "passed", "minus"),
        (SIGNS, "−1", "passed", "minus"),
        (SIGNS, "$1$", "wrong", "plus"),
        (EITHER, "z-axis", "passed", "z_axis"),
        (EITHER, "Y axis", "passed", "y-axis"),
        (EITHER, "x", "wrong", "x"),
    ],
)
def test_choice_is_read_in_many_forms(asked, text, verdict, understood):
    outcome = judge_one(asked, text)

    assert (outcome.verdict, outcome.understood) == (verdict, understood)


def test_known_mistake_brings_its_words():
    outcome = judge_one(SATURATION, "linear")

    assert outcome.mistake == "Near 0 it almost is. Look at large |x|."
    assert outcome.share == 0


def test_unknown_option_is_told_all_ids():
    outcome = judge_one(SATURATION, "shrink")

    assert "'shrink'" in outcome.feedback
    assert "one of: vanish, memory, linear" in outcome.feedback


def test_wrong_choice_does_not_give_the_right_one_away():
    outcome = judge_one(SATURATION, "memory")

    assert "vanish" not in outcome.feedback


def test_blank_answer_is_missing():
    outcome = judge_one(SATURATION, " \n ")

    assert (outcome.verdict, outcome.share) == ("missing", 0)


def test_answer_that_is_no_option_is_the_author_s_fault():
    asked = part("choice", options={"a": "one"}, answer="z")

    with pytest.raises(BrokenReference, match="not among the options"):
        judge_one(asked, "a")


def test_reference_function_may_say_yes_with_a_truth_value():
    asked = part("choice", options={"yes": "it fell", "no": "it rose"})

    assert judge_one(asked, "yes", question=lambda: True).verdict == "passed"


def test_later_parts_get_the_id():
    assert choice.read_value(SATURATION, written("**Vanish**")) == "vanish"
    assert choice.read_value(SATURATION, written("?")) is None
