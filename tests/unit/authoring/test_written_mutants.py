from __future__ import annotations

from building import part

from grader.authoring.answers import merge_chains, write_derivation, write_right_answer
from grader.authoring.written_mutants import mutate_answer

OPTIONS = {"one": "1", "two": "2", "three": "3"}


def after(asked: object) -> list[str]:
    return [mutant.after for mutant in mutate_answer(asked)]


def test_a_number_is_a_tenth_off_of_the_other_sign_twice_and_half() -> None:
    assert after(part("value", answer=0.25)) == ["0.275", "0.225", "-0.25", "0.5", "0.125"]


def test_zero_is_missed_by_one_and_by_a_tenth() -> None:
    assert after(part("value", answer=0)) == ["1", "-1", "0.1"]


def test_a_formula_for_a_number_is_changed_as_a_formula() -> None:
    assert after(part("value", answer="ln(4)"))[0] == "1.1*(ln(4))"


def test_every_other_option_is_a_mutant() -> None:
    asked = part("choice", options=OPTIONS, answer=["one", "two"])

    assert after(asked) == ["three"]


def test_each_tick_is_turned() -> None:
    asked = part("multi", options=OPTIONS, answer=["one"])

    assert [mutant.text for mutant in mutate_answer(asked)] == ["none", "one\ntwo", "one\nthree"]


def test_only_neighbours_whose_order_matters_are_exchanged() -> None:
    asked = part("order", items={"a": "", "b": "", "c": ""}, chains=[["a", "b"], ["c"]], points=1)

    assert merge_chains(asked) == ["a", "b", "c"]
    assert after(asked) == ["b a c", "b c", "a c", "a b"]


def test_brackets_and_ends_of_an_interval_are_moved() -> None:
    found = after(part("interval", answer="[0, 1)"))

    assert {"(0, 1)", "[0, 1]", "[1, 1)", "[0, 2)"} <= set(found)
    assert "(0, 1)" not in after(part("interval", answer="[0, 1)", endpoints="either"))


def test_an_infinite_end_keeps_its_bracket() -> None:
    assert after(part("interval", answer="[2, oo)")) == ["(2, oo)", "[3, oo)", "[1, oo)"]


def test_entries_rows_and_columns_of_an_array_are_changed() -> None:
    found = after(part("array", answer=[[1, 2], [3, 4]]))

    assert "[[-1, 2], [3, 4]]" in found
    assert "[[1, 3], [2, 4]]" in found
    assert "[[1, 2]]" in found


def test_a_member_of_a_set_is_left_out_changed_or_one_too_many() -> None:
    found = after(part("set", answer=[1, 3]))

    assert {"[3]", "[1]", "[2, 3]", "[1, 3, 4]"} <= set(found)


def test_an_answer_that_is_listed_as_right_is_no_mutant() -> None:
    assert "-0.25" not in after(part("value", answer=0.25, equivalents=[-0.25]))


def test_a_formula_is_changed_by_the_table_of_slips() -> None:
    found = after(part("expression", symbols={"x": "real"}, answer="x**2 + 1"))

    assert "-(x² + 1)" in found
    assert all("ᵀ" not in text for text in found)


def test_sizes_are_one_off_swapped_and_left_out() -> None:
    found = after(part("shape", answer=[2, 5]))

    assert {"[3, 5]", "[1, 5]", "[2, 6]", "[2, 4]", "[5, 2]", "[5]", "[2]", "[2, 5, 2]"} == set(
        found
    )


def test_one_field_is_changed_while_the_others_stay_right() -> None:
    asked = part("value", fields={"a": {"answer": 1}, "b": {"answer": 2}})

    mutants = mutate_answer(asked)

    assert mutants[0].text == "a: 1.1\nb: 2"
    assert {mutant.field for mutant in mutants} == {"a", "b"}
    assert mutants[0].name == "a: 1 -> 1.1"


def test_prose_has_no_mutants() -> None:
    assert mutate_answer(part("text", rubric=[{"item": "why"}])) == []


def test_a_derivation_goes_from_its_start_to_its_end() -> None:
    asked = part("chain", symbols={"x": "real"}, start="x + x", answer="2*x")

    assert write_right_answer(asked) == "x + x\n= 2*x"
    assert write_derivation(asked, "3*x") == "x + x\n= 3*x"


def test_a_listed_derivation_is_preferred() -> None:
    asked = part("chain", start="x + x", answer="2*x", equivalents=["x + x = 1*x + x = 2*x"])

    assert write_right_answer(asked) == "x + x = 1*x + x = 2*x"
