"""Hostile text loses its teeth when the record is made."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.report.cleaning import BLOCK_LIMIT, BLOCK_LINES, LINE_LIMIT, clean_block, clean_line

WILD = st.text(
    st.one_of(
        st.characters(codec=None),
        st.sampled_from("\x1b[]m0;\x07\x9b\x9d\\\r\n\t \u202e\u200b\u2066\u0301\ud800\ufeff"),
    ),
    max_size=200,
)


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b[2J\x1b[Hgone", "gone"),
        ("\x9b31mred", "red"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\", "click"),
        ("\x1b]52;c;c2VjcmV0\x07x", "x"),
        ("\x1bPq#0\x1b\\x", "x"),
        ("\x1bcreset", "reset"),
        ("a\x1b", "a"),
        ("a\x00b\x08c\x7f", "abc"),
        ("abc\u202edef\u2066g\u2069", "abcdefg"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("tag\U000e0041", "tag"),
        ("half\ud800", "half\ufffd"),
        ("50 %\r100 %", "50 %\n100 %"),
        ("a\u2028b", "a\nb"),
        ("z\u0301\u0302\u0303\u0304\u0305\u0306\u0307", "z\u0301\u0302\u0303\u0304"),
        ("ẋ ∂ℓ/∂W ≥ 0, मानक, 数学", "ẋ ∂ℓ/∂W ≥ 0, मानक, 数学"),
    ],
)
def test_control_sequences_are_dropped_and_letters_kept(hostile: str, shown: str) -> None:
    assert clean_block(hostile) == shown


@settings(deadline=None)
@given(WILD)
def test_clean_text_holds_no_control_or_reordering_character(text: str) -> None:
    for clean in (clean_block(text), clean_line(text)):
        kinds = {
            unicodedata.category(character)
            for character in clean
            if character not in "\n\u200c\u200d"
        }
        assert not kinds & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
        assert clean.encode("utf-8").decode("utf-8") == clean


@settings(deadline=None)
@given(WILD)
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean_block(clean_block(text)) == clean_block(text)
    assert clean_line(clean_line(text)) == clean_line(text)


@settings(deadline=None)
@given(st.text(st.sampled_from("ab\n \x1b["), min_size=1), st.integers(1, 5_000))
def test_long_text_is_cut_and_stays_cut(piece: str, times: int) -> None:
    clean = clean_block(piece * times)

    assert len(clean) <= BLOCK_LIMIT
    assert clean.count("\n") < BLOCK_LINES
    assert clean_block(clean) == clean


def test_long_output_keeps_its_start_and_its_end() -> None:
    clean = clean_block("\n".join(f"line {number}" for number in range(100_000)))

    assert clean.startswith("line 0\nline 1\n")
    assert clean.endswith("line 99998\nline 99999")
    assert "lines left out" in clean


def test_one_line_stays_one_line() -> None:
    assert clean_line("a\n\nb\tc") == "a b c"
    assert len(clean_line("x" * 10_000)) == LINE_LIMIT
    assert clean_line("x" * 10_000).endswith("…")
