"""The value channel: what is sent arrives exactly, and hostile bytes are an error, never more."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.sandbox.child import channel
from grader.sandbox.decoding import MalformedMessage, decode_value, encode_value
from grader.values import ArrayValue

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**4000), 2**4000)
    | st.floats(allow_nan=False)
    | st.text(max_size=20).filter(lambda text: text.isprintable()),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text("abc", max_size=3), inner, max_size=3)
    ),
    max_leaves=20,
)


def frame(tree: object, buffers: bytes = b"") -> bytes:
    header = json.dumps(tree).encode()
    return struct.pack("<I", len(header)) + header + buffers


@given(PLAIN)
def test_plain_values_arrive_as_they_left(value: object) -> None:
    assert decode_value(channel.encode(value)) == value
    assert decode_value(encode_value(value)) == value


@given(
    st.sampled_from(
        ["bool", "uint8", "int32", "int64", "float16", "float32", "float64", "complex128"]
    ),
    st.lists(st.integers(0, 3), max_size=3),
)
def test_arrays_arrive_bit_for_bit(dtype: str, shape: list[int]) -> None:
    array = (np.arange(int(np.prod(shape, dtype=int))) % 2).astype(dtype).reshape(shape)

    value = decode_value(channel.encode(array))

    assert isinstance(value, ArrayValue)
    assert (value.dtype, value.entries.shape) == (dtype, tuple(shape))
    assert value.entries.tobytes() == array.tobytes()


def test_numbers_that_are_none_arrive_too() -> None:
    values = decode_value(channel.encode([float("nan"), float("inf"), -0.0]))

    assert isinstance(values, list)
    assert str(values) == "[nan, inf, -0.0]"


@settings(max_examples=400)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_value_or_malformed(message: bytes) -> None:
    try:
        decode_value(message)
    except MalformedMessage:
        return
    assert len(message) >= 4


@settings(max_examples=300)
@given(PLAIN, st.integers(0, 400), st.binary(min_size=1, max_size=3))
def test_a_damaged_message_is_a_value_or_malformed(value: object, at: int, damage: bytes) -> None:
    message = bytearray(channel.encode(value))
    message[at % len(message) : at % len(message) + len(damage)] = damage

    try:
        decoded = decode_value(bytes(message))
    except MalformedMessage:
        return
    assert type(decoded) in (type(None), bool, int, float, complex, str, list, tuple, dict)


HOSTILE = {
    "a header longer than the message": struct.pack("<I", 2**31) + b"{}",
    "deep nesting": frame({"t": "none"}).replace(b'{"t": "none"}', b"[" * 5000),
    "many leaves": frame({"t": "list", "v": [{"t": "none"}] * 5000}),
    "a huge shape": frame({"t": "array", "d": "float64", "s": [2**40, 2**40], "o": 0, "n": 8}),
    "many dimensions of nothing": frame({"t": "array", "d": "bool", "s": [0] * 99, "o": 0, "n": 0}),
    "a negative size": frame({"t": "array", "d": "bool", "s": [-1], "o": 0, "n": 0}),
    "an unknown dtype": frame({"t": "array", "d": "object", "s": [1], "o": 0, "n": 8}, bytes(8)),
    "a buffer behind the value": frame({"t": "none"}, b"more"),
    "a gap before the buffer": frame(
        {"t": "array", "d": "uint8", "s": [1], "o": 1, "n": 1}, bytes(2)
    ),
    "one buffer counted twice": frame(
        {"t": "list", "v": [{"t": "array", "d": "uint8", "s": [1], "o": 0, "n": 1}] * 2}, bytes(1)
    ),
    "a truth value that is neither": frame(
        {"t": "array", "d": "bool", "s": [1], "o": 0, "n": 1}, b"\x02"
    ),
    "a long integer": frame({"t": "int", "v": "0x" + "f" * 2000}),
    "digits in the tree": frame({"t": "array", "d": "bool", "s": [0], "o": 0, "n": 0}).replace(
        b'"n": 0', b'"n": ' + b"9" * 500
    ),
    "a constant": struct.pack("<I", 3) + b"NaN",
    "a key that is a list": frame({"t": "dict", "v": [[{"t": "list", "v": []}, {"t": "none"}]]}),
    "a key twice": frame({"t": "dict", "v": [[{"t": "str", "v": "a"}, {"t": "none"}]] * 2}),
    "a float that is a word": frame({"t": "float", "v": "0x1p99999999"}),
    "half a character": frame({"t": "str", "v": "\ud800"}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_message_is_malformed(name: str) -> None:
    message = HOSTILE[name]
    if name == "deep nesting":
        message = struct.pack("<I", 5000) + b"[" * 5000

    with pytest.raises(MalformedMessage):
        decode_value(message)


def test_a_type_the_channel_has_no_word_for_is_named() -> None:
    class Equal:
        def __eq__(self, other: object) -> bool:
            return True

    with pytest.raises(channel.Unsendable, match="Equal"):
        channel.encode(Equal())


def test_a_subclass_of_a_number_is_not_taken_for_one() -> None:
    class Liar(float):
        pass

    with pytest.raises(channel.Unsendable, match="Liar"):
        channel.encode(Liar(1.0))


def test_an_array_subclass_is_sent_as_its_plain_entries_and_named() -> None:
    class Liar(np.ndarray):
        def tobytes(self, order: object = None) -> bytes:  # type: ignore[override]
            return b"forged"

    value = decode_value(channel.encode(np.ones(2).view(Liar)))

    assert isinstance(value, ArrayValue)
    assert (value.entries.tolist(), value.subclass) == ([1.0, 1.0], "Liar")
