"""Headings as students type them, and the parts they mean."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import pytest
from packing import notebook, write_files

from grader.submission import Answer, Submission, match_answers, read_submission

PARTS: Mapping[str, Collection[str]] = {
    "conv-dims": (),
    "conv-dims-general": (),
    "conv1d-dW": ("shape", "entry"),
    "conv1d-dx": ("shape", "entry"),
    "init-loss": ("loss", "accuracy"),
    "bptt-dh3-dw": (),
    "grad-w": (),
    "grad-W": (),
}


def match(
    tmp_path: Path, text: str, parts: Mapping[str, Collection[str]] = PARTS
) -> tuple[dict[str, str], list[str]]:
    submission = read_submission(write_files(tmp_path / "hw", {"answers.md": text}))
    answers, remarks = match_answers(submission, parts)
    assert all(key == answer.part for key, answer in answers.items())
    return (
        {key: answer.text for key, answer in answers.items() if answer.text},
        [f"{remark.file}:{remark.line}: {remark.message}" for remark in remarks],
    )


@pytest.mark.parametrize(
    "heading",
    [
        "conv-dims", "Conv-Dims", "conv dims", "conv_dims", "CONV DIMS", "Part conv-dims",
        "1. conv-dims", "(1) conv-dims", "Question 3: conv-dims", "hw2/conv-dims", "[conv-dims]",
        "Problem conv-dims", "homework2/conv-dims", "conv-dims (2 points)", "conv-dims.",
    ],
)  # fmt: skip
def test_a_heading_need_not_be_exact(tmp_path: Path, heading: str) -> None:
    assert match(tmp_path, f"## {heading}\n2x5\n") == ({"conv-dims": "2x5"}, [])


def test_the_longer_of_two_names_is_meant_when_it_is_written(tmp_path: Path) -> None:
    assert match(tmp_path, "## conv dims (general)\nF\n")[0] == {"conv-dims-general": "F"}
    assert match(tmp_path, "## Conv dims: general\nF\n")[0] == {"conv-dims-general": "F"}


def test_a_name_that_begins_like_two_parts_is_not_guessed(tmp_path: Path) -> None:
    answers, remarks = match(tmp_path, "## conv-dims - general formula\nF\n")

    assert answers == {}
    assert "no part is called 'conv-dims - general formula'" in remarks[0]


def test_words_after_a_name_do_not_hide_it(tmp_path: Path) -> None:
    assert match(tmp_path, "## bptt-dh3-dw: the chain\nx\n")[0] == {"bptt-dh3-dw": "x"}
    assert match(tmp_path, "## bptt-dh3-dw – the chain\nx\n")[0] == {"bptt-dh3-dw": "x"}


def test_names_that_differ_in_capitals_only_are_told_apart(tmp_path: Path) -> None:
    assert match(tmp_path, "## grad-W\n1\n## grad-w\n2\n") == ({"grad-W": "1", "grad-w": "2"}, [])


def test_a_heading_that_may_mean_two_parts_is_not_guessed(tmp_path: Path) -> None:
    answers, remarks = match(tmp_path, "## Grad w\n1\n")

    assert answers == {}
    assert "answers.md:1: no part is called 'Grad w'; did you mean 'grad-" in remarks[0]


def test_a_slip_gets_a_suggestion(tmp_path: Path) -> None:
    answers, remarks = match(tmp_path, "## conv-dims\n1\n\n## bptt-dh3\n2\n")

    assert answers == {"conv-dims": "1"}
    assert remarks == ["answers.md:4: no part is called 'bptt-dh3'; did you mean 'bptt-dh3-dw'?"]


@pytest.mark.parametrize(
    "text",
    [
        "## conv1d-dW\n### shape\n1x3\n### entry\nx\n",
        "# hw2\n## conv1d-dW\n### Shape:\n1x3\n### `entry`\nx\n",
        "# conv1d-dW\n## shape\n1x3\n## entry\nx\n",
        "## conv1d-dW\n## shape\n1x3\n## entry\nx\n",
        "## conv1d-dW.shape\n1x3\n## conv1d-dW.entry\nx\n",
        "## conv1d-dw / shape\n1x3\n## conv1d-dw: entry\nx\n",
        "## conv1d-dW\n#### note\n##### shape\n1x3\n##### entry\nx\n",
    ],
)
def test_fields_are_found_below_their_part(tmp_path: Path, text: str) -> None:
    answers, remarks = match(tmp_path, text)

    assert answers == {"conv1d-dW.shape": "1x3", "conv1d-dW.entry": "x"}
    assert remarks == []


def test_equal_fields_of_two_parts_stay_apart(tmp_path: Path) -> None:
    text = "## conv1d-dW\n### shape\n1\n## conv1d-dx\n### shape\n2\n"

    assert match(tmp_path, text)[0] == {"conv1d-dW.shape": "1", "conv1d-dx.shape": "2"}


def test_fields_below_an_unknown_part_go_to_no_other_part(tmp_path: Path) -> None:
    text = "## conv1d-dW\n### shape\n1\n\n## conv1d-dxx\n### shape\n2\n"
    answers, remarks = match(tmp_path, text)

    assert answers == {"conv1d-dW.shape": "1"}
    assert len(remarks) == 1
    assert "answers.md:6: no part is called 'shape'; did you mean 'conv1d-dx.shape'?" in remarks[0]


def test_other_headings_below_a_part_are_words_of_its_answer(tmp_path: Path) -> None:
    text = "## conv-dims\nfirst\n\n### Why\nbecause\n\n### So\ntherefore\n"

    assert match(tmp_path, text) == (
        {"conv-dims": "first\n\n### Why\nbecause\n\n### So\ntherefore"},
        [],
    )


def test_a_solution_heading_hides_nothing(tmp_path: Path) -> None:
    text = "## conv-dims\n\n### Solution\n2x5\n\n## bptt-dh3-dw\n\n### Solution\nx\n"

    assert match(tmp_path, text) == ({"conv-dims": "2x5", "bptt-dh3-dw": "x"}, [])


def test_a_comment_of_code_is_no_heading(tmp_path: Path) -> None:
    text = "## conv-dims\n# by the formula\n2x5\n# and so\n3\n\n## bptt-dh3-dw\n1\n"

    answers, remarks = match(tmp_path, text)

    assert answers["conv-dims"].startswith("2x5")
    assert answers["bptt-dh3-dw"] == "1"
    assert remarks == []


def test_a_section_between_parts_is_no_answer(tmp_path: Path) -> None:
    text = "## conv-dims\n2x5\n\n# Part two\n\n## bptt-dh3-dw\n1\n"

    assert match(tmp_path, text) == ({"conv-dims": "2x5", "bptt-dh3-dw": "1"}, [])


def test_text_below_a_section_between_parts_is_remarked_on(tmp_path: Path) -> None:
    answers, remarks = match(
        tmp_path, "## conv-dims\n2x5\n\n# Part two\nnotes\n\n## bptt-dh3-dw\n1\n"
    )

    assert answers == {"conv-dims": "2x5", "bptt-dh3-dw": "1"}
    assert remarks == [
        "answers.md:4: no part is called 'Part two'; the text below it was not graded"
    ]


def test_a_title_with_a_name_and_a_date_annoys_nobody(tmp_path: Path) -> None:
    text = "# Homework 2\nA student, in May\n\n## conv-dims\n2x5\n"

    assert match(tmp_path, text) == ({"conv-dims": "2x5"}, [])


def test_of_two_answers_the_last_counts_and_both_lines_are_named(tmp_path: Path) -> None:
    answers, remarks = match(tmp_path, "## conv-dims\n1\n\n## Conv Dims\n2\n")

    assert answers == {"conv-dims": "2"}
    assert remarks == [
        "answers.md:4: 'conv-dims' is answered twice, at answers.md:1 and answers.md:4; "
        "the later one counts: delete the other"
    ]


def test_an_empty_repeat_does_not_erase_an_answer(tmp_path: Path) -> None:
    assert match(tmp_path, "## conv-dims\n1\n\n## conv-dims\n\n") == ({"conv-dims": "1"}, [])


def test_the_same_answer_twice_needs_no_remark(tmp_path: Path) -> None:
    assert match(tmp_path, "## conv-dims\n1\n\n## conv-dims\n1\n") == ({"conv-dims": "1"}, [])


def test_a_heading_swallowed_by_a_code_block_is_named(tmp_path: Path) -> None:
    text = "## conv-dims\n```\n2x5\n\n## bptt-dh3-dw\n```\n1\n```\n"

    _, remarks = match(tmp_path, text)

    assert any("answers.md:5: the heading of 'bptt-dh3-dw' stands inside" in r for r in remarks)


def test_what_is_written_in_answers_md_goes_before_a_notebook(tmp_path: Path) -> None:
    hw = write_files(
        tmp_path / "hw",
        {
            "answers.md": "## conv-dims\nlate\n",
            "work.ipynb": notebook(("markdown", "## conv-dims\nearly")),
        },
    )

    answers, remarks = match_answers(read_submission(hw), PARTS)

    assert answers["conv-dims"].text == "late"
    assert "work.ipynb, cell 1:1 and answers.md:1" in remarks[0].message


def test_answers_made_without_headings_are_matched_by_name() -> None:
    answer = Answer(part="init-loss.loss", text="1.39", file="answers.md", line=2)
    submission = Submission(id="sha256:0", name="made", answers={"init-loss.loss": answer})

    assert match_answers(submission, PARTS) == ({"init-loss.loss": answer}, ())


def test_hostile_headings_are_bounded(tmp_path: Path) -> None:
    text = "".join(f"## conv-dimz{number} - {'x' * 500}\n1\n" for number in range(1900))

    answers, remarks = match(tmp_path, text)

    assert answers == {}
    assert all(len(remark) < 200 for remark in remarks)
