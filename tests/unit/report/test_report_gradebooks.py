"""Scores for Canvas and Moodle: matched by identifier, and no cell that a spreadsheet would run."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.errors import UsageError
from grader.report.gradebooks import (
    Result,
    fill_canvas,
    fill_moodle,
    guard_cell,
    read_results,
    write_plain,
    write_table,
)

CANVAS = '''\
Student,ID,SIS User ID,SIS Login ID,Section,hw1 (4700),hw2 (4711),Final Score
    Points Possible,,,,,10,,(read only)
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

    assert fill_canvas(doubled, [make_result("pat")], "hw2").without_row == ("pat",)


def test_moodles_worksheet_is_filled_with_grade_and_words() -> None:
    results = [make_result("zoe@uni.example", explanation="=1+1 late"), make_result("mallory", "7")]

    rows = parse(fill_moodle(MOODLE, results).text)

    assert [row["Grade"] for row in rows] == ["36", "7"]
    assert rows[0]["Feedback comments"] == "'=1+1 late"
    assert rows[1]["Full name"] == "'@SUM(A1)"
    assert rows[1]["Email address"] == "mallory@uni.example"


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
