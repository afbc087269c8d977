"""YAML to plain data: what is read, where it stands, and what is refused before it can hurt."""

import json
import math
from fractions import Fraction
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from grader.errors import SpecError
from grader.spec.yaml_reader import MAX_BYTES, MAX_DEPTH, read_yaml


def read(text: str) -> Any:
    return read_yaml(text.encode(), "case.yaml").data


def refusal(source: bytes) -> str:
    with pytest.raises(SpecError) as caught:
        read_yaml(source, "case.yaml")
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("true", True),
        ("False", False),
        ("0", 0),
        ("-17", -17),
        ("+5", 5),
        ("0.1", 0.1),
        (".5", 0.5),
        ("5.", 5.0),
        ("1.0e-5", 1e-5),
        ("1.0e5", 1e5),
        ("-2.5E+3", -2500.0),
        (".inf", math.inf),
        ("-.inf", -math.inf),
        ("'no'", "no"),
        ('"1e-5"', "1e-5"),
        ("'2026-10-12'", "2026-10-12"),
        ("'010'", "010"),
        ("n", "n"),
        ("y", "y"),
        ("1/3", "1/3"),
        ("1.2.3", "1.2.3"),
        ("x**2 + 1", "x**2 + 1"),
        ("-x", "-x"),
        ("not at all", "not at all"),
        ("none", "none"),
        ("nan", "nan"),
        ("∂ℓ/∂W", "∂ℓ/∂W"),
        ("|\n  two\n  lines", "two\nlines\n"),
        (">-\n  one\n  line", "one line"),
        ("[1, [2.5, x]]", [1, [2.5, "x"]]),
        ("{x: real, n: {low: 0}}", {"x": "real", "n": {"low": 0}}),
    ],
)
def test_scalar_is_read_as_both_yaml_versions_read_it(text: str, value: object) -> None:
    read_value = read(f"a: {text}\n")["a"]

    assert read_value == value
    assert type(read_value) is type(value)


def test_nan_is_read() -> None:
    assert math.isnan(read("a: .nan")["a"])


def test_names_that_old_yaml_took_for_truth_values_are_names() -> None:
    assert read("sizes: {n: 3, y: 4, N: 5}") == {"sizes": {"n": 3, "y": 4, "N": 5}}


def test_a_tenth_stays_a_tenth() -> None:
    values = read("a: [0.1, 0.10, 2.675, 1.0e-1]")["a"]

    assert [Fraction(str(value)) for value in values] == [
        Fraction(1, 10),
        Fraction(1, 10),
        Fraction(2675, 1000),
        Fraction(1, 10),
    ]


def test_long_number_stays_text() -> None:
    assert read(f"a: {'9' * 5000}")["a"] == "9" * 5000


def test_positions_count_lines_and_characters_from_one() -> None:
    document = read_yaml("σ: μ\nlist:\n  - é: [1, zwei]\n".encode(), "case.yaml")

    fault = document.fault(("list", 0, "é", 1), "here")
    key_fault = document.fault(("list", 0, "é"), "here", at_key=True)

    assert (fault.line, fault.column) == (3, 12)
    assert (key_fault.line, key_fault.column) == (3, 5)


def test_position_of_what_the_file_does_not_have_is_the_nearest_there_is() -> None:
    document = read_yaml(b"checks:\n  - name: one\n    x: 3\n", "case.yaml")

    assert document.fault(("checks", 0, "with", "x"), "here").line == 3
    assert document.fault(("checks", 0, "tolerance"), "here").line == 2
    assert document.fault(("checks", 7), "here").line == 2


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_every_line_ending_counts_as_one_line(ending: str) -> None:
    source = ending.join(["a: 1", "b: no", ""]).encode()

    assert refusal(source).startswith("case.yaml:2:4: ")


def test_fault_shows_the_line_and_points_at_the_place() -> None:
    assert refusal(b"title: A\nhidden: no\n") == (
        "case.yaml:2:9: some readers take no for false; quote it as 'no' or write false\n"
        "    hidden: no\n"
        "            ^"
    )


def test_byte_order_mark_is_ignored() -> None:
    assert read_yaml(b"\xef\xbb\xbfa: 1", "case.yaml").data == {"a": 1}


def test_other_encodings_are_refused_where_they_show() -> None:
    assert refusal("a: 1\nb: é".encode("latin-1")) == (
        "case.yaml:2:4: byte 0xe9 is not UTF-8; save the file as UTF-8"
    )
    assert "is not UTF-8" in refusal("a: 1".encode("utf-16"))


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x1b", "\x7f", "\x85", "\u2028", "\ufeff"])
def test_characters_that_cannot_be_seen_are_refused(character: str) -> None:
    words = refusal(f"a: 1\nb: x{character}y".encode())

    assert words == (
        f"case.yaml:2:5: the character U+{ord(character):04X} cannot be seen; delete it"
    )


def test_large_file_is_refused() -> None:
    assert refusal(b"#" * (MAX_BYTES + 1)) == "case.yaml:1:1: the file is larger than 256 KiB"


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_deep_nesting_is_refused_without_reading_on(opening: str) -> None:
    words = refusal((opening * 60_000).encode())

    assert f"nested more than {MAX_DEPTH} levels deep" in words


def test_nesting_to_the_limit_is_read() -> None:
    levels = MAX_DEPTH - 1
    value = read("a: " + "[" * levels + "]" * levels)["a"]
    for _ in range(levels - 1):
        (value,) = value

    assert value == []


def test_alias_bomb_is_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 8)}]" for i in range(1, 30)]

    words = refusal("\n".join(lines).encode())

    assert "anchors are not read" in words
    assert "aliases are not read" in words
    assert words.count("case.yaml:") <= 40


def test_countless_faults_are_cut_short() -> None:
    words = refusal(b"a: no\n" * 40_000)

    assert words.count("case.yaml:") == 40


def test_tag_never_builds_anything() -> None:
    words = refusal(b"a: !!python/object/apply:pathlib.Path.touch ['/tmp/never-made']")

    assert "tags are not read" in words


def test_faults_before_a_syntax_error_are_told_too() -> None:
    words = refusal(b"a: no\nb: 'open\n")

    assert "case.yaml:1:4: " in words
    assert "case.yaml:2:4: this quote is never closed" in words


readable = st.text(
    st.characters(
        exclude_categories=("Cc", "Cs", "Zl", "Zp"), exclude_characters="\ufeff\ufffe\uffff"
    )
)
plain_data = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | readable
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(readable, inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


def write(value: Any) -> str:
    """Plain data as YAML in one line; `? key :` allows keys longer than YAML's simple ones."""
    if isinstance(value, float):
        mantissa, letter, exponent = repr(value).partition("e")
        return f"{mantissa}{'' if '.' in mantissa else '.0'}{letter}{exponent}"
    if isinstance(value, list):
        return f"[{', '.join(map(write, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'? {write(k)} : {write(v)}' for k, v in value.items())}}}"
    return json.dumps(value, ensure_ascii=False)


@given(st.dictionaries(readable, plain_data, max_size=4))
def test_plain_data_survives_being_written_and_read(value: dict[str, Any]) -> None:
    assert read(write(value)) == value


@given(st.binary(max_size=60) | readable.map(str.encode))
def test_any_bytes_are_read_or_refused(source: bytes) -> None:
    for loader in (None, yaml.SafeLoader):
        try:
            document = read_yaml(source, "case.yaml", loader)
        except SpecError as error:
            assert error.faults
        else:
            assert document.root is not None
