"""answers.md and answers.tex, cut at their headings."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packing import write_files

from grader.submission import Answer, Submission, match_answers, read_submission
from grader.submission.markdown import Page, read_markdown


def read(tmp_path: Path, text: str | bytes, name: str = "answers.md") -> Submission:
    return read_submission(write_files(tmp_path / "hw", {name: text}) / name)


def texts(submission: Submission) -> dict[str, str]:
    return {key: answer.text for key, answer in submission.answers.items()}


@pytest.mark.parametrize(
    "heading",
    [
        "## q", "# q", "###### q", "## q ##", "## `q`", "## **q**", "## q:", "## `q`:", "## hw2/q",
        "## `hw2/q`:", "   ## q", "##\tq", "##q", "## __q__:", "## *q*  ",
    ],
)  # fmt: skip
def test_a_heading_may_be_dressed_up(tmp_path: Path, heading: str) -> None:
    assert texts(read(tmp_path, f"{heading}\n\n1 + x\n")) == {"q": "1 + x"}


@pytest.mark.parametrize("line", ["####### q", "#include", "    # q", "\\# q", "text # q", "#1"])
def test_other_lines_are_no_headings(tmp_path: Path, line: str) -> None:
    assert list(read(tmp_path, f"## a\n1\n{line}\n").answers) == ["a"]


def test_the_line_where_an_answer_starts_is_kept(tmp_path: Path) -> None:
    answer = read(tmp_path, "# Homework\r\n\r\n## q\r\n\r\n\r\n1\r\n2\r\n").answers["q"]

    assert (answer.file, answer.heading_line, answer.line) == ("answers.md", 3, 6)
    assert answer.text == "1\n2"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_do_not_matter(tmp_path: Path, end: str) -> None:
    text = "## a\n1\n\n## b\n2\n".replace("\n", end)

    assert texts(read(tmp_path, text)) == {"a": "1", "b": "2"}


def test_a_field_below_a_part_is_named_after_both(tmp_path: Path) -> None:
    text = "# Homework 2\n## conv\n### shape\n1x3\n### entry\nx\n## next\n4\n### shape\n5\n"

    assert texts(read(tmp_path, text)) == {
        "Homework 2": "",
        "conv": "",
        "conv.shape": "1x3",
        "conv.entry": "x",
        "next": "4",
        "next.shape": "5",
    }


def test_a_heading_inside_a_code_block_is_text(tmp_path: Path) -> None:
    text = "## a\nsee\n```python\n# b\n## c\n```\nend\n## d\n~~~~\n# e\n~~~\n# f\n~~~~\nok\n"

    assert list(read(tmp_path, text).answers) == ["a", "d"]


def test_a_code_block_that_is_never_closed_takes_no_answers(tmp_path: Path) -> None:
    submission = read(tmp_path, "## a\n```\n1\n\n## b\n2\n")

    assert texts(submission) == {"a": "1", "b": "2"}
    assert submission.remarks[0].line == 2
    assert "never closed" in submission.remarks[0].message


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("```\nx + 1\n```", "x + 1"),
        ("```python\n\n  x + 1\ny\n\n```\n", "  x + 1\ny"),
        ("~~~\nx\n~~~", "x"),
        ("````\n```\nx\n```\n````", "```\nx\n```"),
        ("```\nx\n```\nand\n```\ny\n```", "```\nx\n```\nand\n```\ny\n```"),
        ("`x + 1`", "x + 1"),
        ("`x` + `y`", "`x` + `y`"),
        ("x\n\n---\n", "x"),
        ("***\nx\n* * *", "x"),
        ("<!-- write here -->\nx", "x"),
        ("<!-- write\nhere -->", ""),
        ("a <!-- b --> c <!-- d\ne --> f", "a  c \n f"),
        ("a <!-- never closed", "a <!-- never closed"),
        ("```\na <!-- kept -->\n```", "a <!-- kept -->"),
        ("\n\n \n", ""),
        ("---", ""),
    ],
)
def test_what_is_only_wrapping_is_taken_off(tmp_path: Path, body: str, text: str) -> None:
    assert texts(read(tmp_path, f"## q\n{body}\n## r\n1\n"))["q"] == text


def test_a_commented_heading_does_not_count(tmp_path: Path) -> None:
    assert texts(read(tmp_path, "## a\n1\n<!--\n## b\n2\n-->\n## c\n3\n")) == {"a": "1", "c": "3"}


def test_text_above_the_first_heading_is_ignored(tmp_path: Path) -> None:
    submission = read(tmp_path, "My name\n\n## q\n1\n")

    assert texts(submission) == {"q": "1"}
    assert submission.remarks == ()


def test_answers_without_headings_are_told_how(tmp_path: Path) -> None:
    submission = read(tmp_path, "The shape is 2x5.\n")

    assert submission.answers == {}
    assert "no headings; write '## part-id' above each answer" in submission.remarks[0].message


def test_a_very_long_answer_is_cut_and_said_so(tmp_path: Path) -> None:
    submission = read(tmp_path, "## q\n" + "x\n" * 15_000)

    assert len(submission.answers["q"].text) == 20_000
    assert "only the first 20,000 are read" in submission.remarks[0].message


def test_too_many_headings_end_the_reading(tmp_path: Path) -> None:
    submission = read(tmp_path, "".join(f"## q{number}\n1\n" for number in range(3000)))

    assert len(submission.answers) == 2000
    assert submission.remarks[0].line == 4001


def test_every_repeat_is_kept_for_the_matching(tmp_path: Path) -> None:
    submission = read(tmp_path, "## q\n1\n## q\n2\n")

    assert sorted(texts(submission).values()) == ["1", "2"]


def test_an_empty_template_is_a_submission(tmp_path: Path) -> None:
    assert texts(read(tmp_path, "## a\n\n## b\n")) == {"a": "", "b": ""}


def test_all_answer_files_count_together(tmp_path: Path) -> None:
    hw = write_files(
        tmp_path / "hw",
        {"answers.md": "## a\n1\n", "answers-2.txt": "## b\n2\n", "Answers.tex": "\\section{c}\n3"},
    )

    assert set(texts(read_submission(hw))) == {"a", "b", "c"}


LATEX = r"""
\documentclass{article}
\section{not-me} % only in the preamble
\begin{document}
\maketitle
\section*{conv-dims}\label{sec:dims}
$2 \times 5$ % about 50\% of the input
100\% sure
\newpage
\section{\texttt{hw2/init\_loss}}
\subsection{loss}
1.39
\subsection[acc]{accuracy}
0.25 \\% a comment after a line break
\begin{verbatim}
\section{text} % kept
\end{verbatim}
% \section{hidden}
\end{document}
\section{after}
"""


def test_latex_sections_are_answers(tmp_path: Path) -> None:
    submission = read(tmp_path, LATEX, "answers.tex")

    assert texts(submission) == {
        "conv-dims": "$2 \\times 5$ \n100\\% sure",
        "init_loss": "",
        "init_loss.loss": "1.39",
        "init_loss.accuracy": (
            "0.25 \\\\\n\\begin{verbatim}\n\\section{text} % kept\n\\end{verbatim}"
        ),
    }
    assert submission.answers["conv-dims"].line == 7


def test_latex_without_a_document_is_read_whole(tmp_path: Path) -> None:
    assert texts(read(tmp_path, "\\section{a} x+1\ny\n\\section{b}\n2", "answers.tex")) == {
        "a": "x+1\ny",
        "b": "2",
    }


LINES = st.lists(
    st.sampled_from(
        [
            "## a", "# b", "### c", "##", "#", "```", "~~~", "```python", "<!--", "-->", "text",
            "<!-- x -->", "", "---", "    # code", "## a ##", "\\section{d}", "\\begin{document}",
            "{", "}", "\\end{document}", "%", "\\begin{verbatim}", "\\end{verbatim}", "` `",
            "```` `",
        ]
    )
    | st.text(max_size=20),
    max_size=30,
)  # fmt: skip


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(LINES, st.sampled_from(["answers.md", "answers.tex", "answers.txt"]))
def test_any_text_gives_answers_that_stand_where_they_say(
    tmp_path: Path, lines: list[str], name: str
) -> None:
    content = "\n".join(lines).encode("utf-8", "replace").replace(b"\0", b"")
    submission = read(tmp_path, content, name)
    written = content.decode().replace("\r\n", "\n").replace("\r", "\n").split("\n")

    for answer in submission.answers.values():
        assert 1 <= answer.heading_line <= len(written)
        if answer.text:
            shown = answer.text.split("\n")[0]
            assert not shown.strip() or shown.strip()[0] in written[answer.line - 1]


@settings(max_examples=200, deadline=None)
@given(LINES)
def test_every_line_outside_comments_is_in_some_answer(lines: list[str]) -> None:
    plain = ["## first", *(line for line in lines if "<!--" not in line and "-->" not in line)]
    plain = "\n".join(plain).replace("\r", "\n").split("\n")

    answers, _ = read_markdown([Page("answers.md", plain)])

    found = sum(1 + len([line for line in a.text.split("\n") if line.strip()]) for a in answers)
    assert found == len([line for line in plain if line.strip()])


@pytest.mark.parametrize(
    "unit", ["```\n", "```a\n", "<!--", "<!-- -->", "# \n", "## a\n", "`", "-", "- ", "~~~\n```\n"]
)
def test_hostile_answers_are_read_in_one_pass(tmp_path: Path, unit: str) -> None:
    text = "## q\n" + unit * (300_000 // len(unit))
    lines = [text[start : start + 90_000] for start in range(0, len(text), 90_000)]

    submission = read(tmp_path, "\n".join(lines))
    answers, remarks = match_answers(submission, {"q": ()})

    assert isinstance(answers.get("q"), Answer)
    assert len(submission.remarks) <= 101
    assert len(remarks) <= 4000
