"""Bytes to text: UTF-8, or a remark that says where it ends and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packing import write_files

from grader.errors import SubmissionError
from grader.submission import read_submission
from grader.submission.models import Remark
from grader.submission.text import decode_python, decode_text


def test_the_first_bad_byte_is_named_by_line_and_column(tmp_path: Path) -> None:
    hw = write_files(tmp_path, {"a.py": "x = 1\n", "answers.md": b"## q\nab\xe9c\n"})

    (remark,) = read_submission(hw).remarks

    assert (remark.file, remark.line) == ("answers.md", 2)
    assert "line 2, column 3 holds byte 0xe9" in remark.message
    assert "save the file as UTF-8" in remark.message


def test_nothing_is_guessed_from_the_valid_rest(tmp_path: Path) -> None:
    hw = write_files(tmp_path, {"a.py": "x = 1\n", "answers.md": b"## q\n1\n\xff"})

    assert read_submission(hw).answers == {}


def test_binary_answers_alone_are_a_refusal_that_says_why(tmp_path: Path) -> None:
    write_files(tmp_path, {"answers.md": bytes(range(256))})

    with pytest.raises(SubmissionError, match=r"answers\.md:.*is not UTF-8 text; save the file"):
        read_submission(tmp_path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"%PDF-1.7\n\xff", "this is a PDF, not text"),
        (b"PK\x03\x04abc", "this is a Word, Pages or zip file"),
        ("## q\n1\n".encode("utf-16"), "saved as UTF-16"),
        ("## q\n1\n".encode("utf-16-be"), "byte 0x00"),
        (b"## q\n1\0\n", "line 2, column 2 holds byte 0x00"),
        (b"## q\r1\r\n\xff", "line 3, column 1 holds byte 0xff"),
        (b"\xef\xbb\xbfab\xff", "line 1, column 6 holds byte 0xff"),
        (b"## q\n" + b"1" * 100_001, "a line of 100,001 characters"),
        (b"\xed\xa0\x80", "line 1, column 1 holds byte 0xed"),
    ],
)
def test_what_is_no_text_is_named(content: bytes, words: str) -> None:
    remark = decode_text("answers.md", content)

    assert isinstance(remark, Remark)
    assert words in remark.message


@pytest.mark.parametrize("content", [b"a\nb", b"a\r\nb", b"a\rb", b"\xef\xbb\xbfa\nb"])
def test_line_ends_and_marks_do_not_matter(content: bytes) -> None:
    assert decode_text("answers.md", content) == "a\nb"


@pytest.mark.parametrize(
    "line",
    [
        b"# -*- coding: utf-7 -*-", b"#!/usr/bin/python\n# vim: set fileencoding=rot13 :",
        b"# coding: unicode_escape", b"# coding=cp037", b"# coding: no_such_codec",
        b"#coding:utf-16", b"\xef\xbb\xbf# coding: punycode",
    ],
)  # fmt: skip
def test_sources_in_other_encodings_are_refused(line: bytes) -> None:
    remark = decode_python("a.py", line + b"\nx = 1\n")

    assert isinstance(remark, Remark)
    assert "save the file as UTF-8 and delete that line" in remark.message


@pytest.mark.parametrize(
    "text",
    [
        "# -*- coding: utf-8 -*-\nx = 'é'\n",
        "# coding: UTF_8\nx = 'é'\n",
        "# coding: latin-1\nx = 1\n",
        "x = 1\ny = 2\n# coding: rot13 is for later\n",
        "x = 'coding: rot13'\n",
    ],
)
def test_sources_that_mean_the_same_in_utf_8_are_read(text: str) -> None:
    assert decode_python("a.py", text.encode()) == text


def test_latin_letters_under_a_latin_label_are_refused() -> None:
    assert isinstance(decode_python("a.py", b"# coding: latin-1\nx = '\xe9'\n"), Remark)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=200))
def test_any_bytes_are_text_or_a_remark(content: bytes) -> None:
    for decode in (decode_text, decode_python):
        found = decode("a.py", content)

        assert isinstance(found, Remark) or found.encode() is not None
