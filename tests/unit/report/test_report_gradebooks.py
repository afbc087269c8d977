"""Scores for Canvas and Moodle: matched by identifier, and no cell that a spreadsheet would run."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.errors import UsageError
from grader.report.filling import fill_canvas, fill_moodle
from grader.report.gradebooks import (
    Result,
    guard_cell,
    read_results,
    write_plain,
    write_table,
)

CANVAS = '''\
Student,ID,SIS User ID,SIS Login ID,Section,hw1 (4700),hw2 (4711),Final Score
    Points Possible,,,,,10,61,(read only)
"Ωmega, ""Zoë""",101,s1,zoe@uni.example,"Tue, 9:00",9,,90
=HYPERLINK("x"),102,s2,mallory,Mon,8,,80
"Plain, Pat",103,s3,pat,Mon,7,,70
'''
MOODLE = '''\
Identifier,Full name,Email address,Status,Grade,Maximum grade,Feedback comments
Participant 7,"Ωmega, ""Zoë""",zoe@uni.example,Submitted,,61.00,
Participant 8,@SUM(A1),mallory@uni.example,Submitted,,61.00,
'''


def make_result(student: str, score: str = "36", explanation: str = "") -> Result:
    return Result(
        student=student, score=score, max_score="61", is_final=True, explanation=explanation
    )


def parse(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_canvas_gets_its_own_rows_back_with_our_column_filled() -> None:
    filled = fill_canvas(CANVAS, [make_result("zoe"), make_result("s2", "12.5")], "hw2")

    rows = parse(filled.text)
    assert [row["hw2 (4711)"] for row in rows] == ["61", "36", "12.5"]
    assert rows[0]["Student"].strip() == "Points Possible"
    assert rows[1]["Student"] == 'Ωmega, "Zoë"'
    assert rows[1]["Section"] == "Tue, 9:00"
    assert "hw1 (4700)" not in rows[0], "other assignments are not written back"
    assert filled.without_row == ()


def test_a_name_that_is_a_formula_is_not_run() -> None:
    rows = parse(fill_canvas(CANVAS, [make_result("mallory")], "hw2").text)

    assert rows[-1]["Student"].startswith("'=HYPERLINK")
    assert rows[-1]["SIS Login ID"] == "mallory"


def test_a_new_assignment_becomes_a_new_column() -> None:
    assert "hw9" in parse(fill_canvas(CANVAS, [make_result("pat")], "hw9").text)[0]


def test_whoever_is_not_in_the_gradebook_is_named() -> None:
    assert fill_canvas(CANVAS, [make_result("nobody")], "hw2").without_row == ("nobody",)


def test_one_name_for_two_rows_is_left_to_a_person() -> None:
    doubled = CANVAS + '"Other, Pat",104,pat,pat2,Mon,7,,70\n'

    filled = fill_canvas(doubled, [make_result("pat")], "hw2")
    assert (filled.written, filled.doubled, filled.without_row) == (0, ("pat",), ())


def test_moodles_worksheet_is_filled_with_grade_and_words() -> None:
    results = [make_result("zoe@uni.example", explanation="=1+1 late"), make_result("mallory", "7")]

    rows = parse(fill_moodle(MOODLE, results).text)

    assert [row["Grade"] for row in rows] == ["36", "7"]
    assert rows[0]["Feedback comments"] == "'=1+1 late"
    assert rows[1]["Full name"] == "'@SUM(A1)"
    assert rows[1]["Email address"] == "mallory@uni.example"


BARE = "Student,ID,SIS User ID,SIS Login ID,Section\n" + "".join(
    f"Student {number},{100 + number},U{number},s{number},A\n" for number in range(3)
)


def make_person(*names: str, score: str = "2") -> Result:
    return Result(student=names[0], score=score, max_score="4", is_final=True, names=names)


def test_a_bare_login_is_an_addresss_beginning_where_only_one_has_it() -> None:
    people = [make_person("s0@a.example"), make_person("s1@a.example"), make_person("s1@b.example")]

    filled = fill_canvas(BARE, people, "hw2")

    assert [row["SIS Login ID"] for row in parse(filled.text)] == ["s0"]
    assert filled.doubled == ("s1@a.example", "s1@b.example")
    assert filled.without_student == ("Student 2",)


def test_any_of_a_persons_names_will_do_and_a_whole_one_is_surer() -> None:
    people = [
        make_person("8f3a-opaque", "s0@a.example", score="1"),
        make_person("s1", "other@a.example", score="2"),
        make_person("s1@a.example", score="3"),
    ]

    filled = fill_canvas(BARE, people, "hw2")

    assert [(row["SIS Login ID"], row["hw2"]) for row in parse(filled.text)] == [
        ("s0", "1"), ("s1", "2"),
    ]  # fmt: skip
    assert filled.without_row == ("s1@a.example",)


def test_the_same_beginning_of_another_address_is_another_person() -> None:
    export = "Student,ID,SIS Login ID,Section\nPat,1,pat@uni.example,A\n"

    filled = fill_canvas(export, [make_person("pat@elsewhere.example")], "hw2")

    assert (filled.written, filled.without_row) == (0, ("pat@elsewhere.example",))


def test_who_was_excused_is_so_in_canvas_and_has_no_grade_in_moodle() -> None:
    excused = Result(student="pat", score="", max_score="", is_final=True, is_excused=True)

    assert parse(fill_canvas(CANVAS, [excused], "hw2").text)[1]["hw2 (4711)"] == "EX"
    assert fill_moodle(MOODLE, [excused]).written == 0


def test_other_points_on_the_platform_are_scaled_to_only_when_asked_for() -> None:
    canvas = CANVAS.replace(",10,61,", ",10,100,")
    with pytest.raises(UsageError, match=r"hw2 \(4711\) is out of 100 .* out of 61 here: .*scale"):
        fill_canvas(canvas, [make_result("pat")], "hw2")
    rows = parse(fill_canvas(canvas, [make_result("pat", "30.5")], "hw2", scale=True).text)
    assert [row["hw2 (4711)"] for row in rows] == ["100", "50"]

    moodle = MOODLE.replace("61.00", "100.00")
    with pytest.raises(UsageError, match="out of 100 in the file and out of 61 here"):
        fill_moodle(moodle, [make_result("zoe")])
    scaled = fill_moodle(moodle, [make_result("zoe", "30.5")], scale=True)
    assert parse(scaled.text)[0]["Grade"] == "50"


def test_two_columns_of_one_name_are_told_apart_by_their_number() -> None:
    twice = CANVAS.replace("hw1 (4700)", "hw2 (4700)").replace(",10,61,", ",61,61,")
    with pytest.raises(UsageError, match=r"2 columns of that name: .*'hw2 \(4700\)'"):
        fill_canvas(twice, [make_result("pat")], "hw2")
    filled = fill_canvas(twice, [make_result("pat")], "hw2 (4711)")
    assert parse(filled.text)[1]["hw2 (4711)"] == "36"


def test_semicolons_and_decimal_commas_stay_as_the_file_has_them() -> None:
    text = (
        "Identifier;Full name;Email address;Status;Grade;Maximum grade;Last modified (grade)\n"
        "Participant 7;Zoe, the first;zoe@uni.example;a,=1+1;;61,00;-\n"
    )

    filled = fill_moodle(text, [make_result("zoe@uni.example", "12.5")])

    assert filled.text.splitlines()[1] == (
        "Participant 7;Zoe, the first;zoe@uni.example;a,'=1+1;12,5;61,00;-"
    )
    canvas = "Student;ID;SIS Login ID;Essays, and more, and a choice (47)\nPat;1;pat;\n"
    filled = fill_canvas(canvas, [make_result("pat", "1.5")], "Essays, and more, and a choice")
    assert filled.text.splitlines()[1] == "Pat;1;pat;1.5"
    assert not filled.is_new_column


def test_another_file_is_refused_in_words() -> None:
    with pytest.raises(UsageError, match="export it from Canvas"):
        fill_canvas("name;points\nx;1\n", [], "hw2")
    with pytest.raises(UsageError, match="from Moodle first"):
        fill_moodle("name;points\nx;1\n", [])


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), min_size=1)


@given(st.lists(st.lists(CELL, min_size=2, max_size=2), min_size=1))
def test_every_cell_comes_back_and_none_starts_a_formula(rows: list[list[str]]) -> None:
    read = list(csv.reader(io.StringIO(write_table(rows))))

    assert read == [[guard_cell(cell) for cell in row] for row in rows]
    for row in read:
        for cell in row:
            assert not cell.startswith(("=", "@", "\t"))


def test_numbers_stay_numbers() -> None:
    assert guard_cell("-3.5") == "-3.5"
    assert guard_cell("-") == "-"
    assert guard_cell("-3.5+cmd|' /C calc'!A0").startswith("'")


def test_the_class_table_is_read_back_and_anything_else_refused() -> None:
    table = write_table([
        ["submission", "student", "score", "max_score", "open_points", "status", "explanation"],
        ["-rf", "-rf", "3.5", "10", "0", "final", "1 day late, 10% less"],
        ["b", "b", "", "", "", "unreadable: empty", ""],
    ])  # fmt: skip

    first, second = read_results(table)

    assert (first.student, first.score, first.is_final) == ("-rf", "3.5", True)
    assert first.explanation == "1 day late, 10% less"
    assert (second.score, second.is_final) == ("", False)
    assert "'-rf,3.5,10" in write_plain([first])
    with pytest.raises(UsageError, match="grade batch"):
        read_results("a,b\n1,2\n")
