"""The grader's end of the value channel: hostile bytes to a value, strictly and within bounds.

The format is described in `grader.sandbox.child.channel`. Every length, tag, dtype and offset
is checked before it is used; buffers must follow one another without gap or overlap and use
up the message, so nothing can be smuggled behind them or counted twice.
"""

from __future__ import annotations

import json
import struct
from typing import Any

from grader.errors import SystemFault
from grader.values import ArrayValue, FormulaText, Value

MAX_HEADER = 1 << 20
MAX_MESSAGE = 64 << 20
"""64 MiB is a 4096 x 2048 float64 matrix; no homework returns more."""
MAX_LEAVES = 4096
MAX_DEPTH = 16
MAX_NDIM = 16
MAX_TEXT = 65536
MAX_HEX_DIGITS = 1030
"""4096 bits, sign and prefix."""

_DTYPES = {
    "bool": ("|b1", 1), "uint8": ("|u1", 1), "int8": ("|i1", 1), "int16": ("<i2", 2),
    "int32": ("<i4", 4), "int64": ("<i8", 8), "float16": ("<f2", 2), "bfloat16": ("<u2", 2),
    "float32": ("<f4", 4), "float64": ("<f8", 8), "complex64": ("<c8", 8),
    "complex128": ("<c16", 16),
}  # fmt: skip


class MalformedMessage(Exception):
    """The bytes are no value; what sent them owns that."""


def decode_value(message: bytes) -> Value:
    """Read one message.

    Errors   MalformedMessage, and nothing else, whatever the bytes are.
    Cost     Time and memory in proportion to the message.
    """
    if not 4 <= len(message) <= MAX_MESSAGE:
        raise MalformedMessage("length")
    (length,) = struct.unpack_from("<I", message)
    if length > MAX_HEADER or 4 + length > len(message):
        raise MalformedMessage("header length")
    header = message[4 : 4 + length]
    # Counted before parsing: the parser itself would build what the bound forbids.
    if header.count(b"{") > MAX_LEAVES or header.count(b"[") > 4 * MAX_LEAVES:
        raise MalformedMessage("too many values")
    try:
        tree = json.loads(header, parse_constant=_refuse_constant, parse_int=_bounded_int)
    except (ValueError, RecursionError):
        raise MalformedMessage("header") from None
    reader = _Reader(memoryview(message)[4 + length :])
    value = reader.read(tree, 0)
    if reader.used != len(reader.buffers):
        raise MalformedMessage("trailing bytes")
    return value


def _refuse_constant(text: str) -> float:
    raise MalformedMessage(f"the constant {text}")


def _bounded_int(text: str) -> int:
    if len(text) > 19:
        raise MalformedMessage("digits")
    return int(text)


class _Reader:
    def __init__(self, buffers: memoryview) -> None:
        self.buffers = buffers
        self.used = 0

    def read(self, node: Any, depth: int) -> Value:
        if depth > MAX_DEPTH or type(node) is not dict:
            raise MalformedMessage("a node")
        tag, content = node.get("t"), node.get("v")
        match tag:
            case "none":
                return None
            case "bool" if type(content) is bool:
                return content
            case "int" if type(content) is str and len(content) <= MAX_HEX_DIGITS:
                return int(_parse(int, content, 16))
            case "float":
                return _read_float(content)
            case "complex" if type(content) is list and len(content) == 2:
                return complex(_read_float(content[0]), _read_float(content[1]))
            case "str" | "formula" if type(content) is str and len(content) <= MAX_TEXT:
                if any(0xD800 <= ord(character) < 0xE000 for character in content):
                    raise MalformedMessage("a lone surrogate")
                return FormulaText(content) if tag == "formula" else content
            case "list" | "tuple" if type(content) is list:
                items = [self.read(item, depth + 1) for item in content]
                return items if tag == "list" else tuple(items)
            case "dict" if type(content) is list:
                return self._read_dict(content, depth)
            case "tensor" | "array" | "scalar":
                return self._read_array(node, tag)
        raise MalformedMessage("a node")

    def _read_dict(self, content: list[Any], depth: int) -> Value:
        pairs: dict[str | int | bool, Value] = {}
        for pair in content:
            if type(pair) is not list or len(pair) != 2:
                raise MalformedMessage("a pair")
            key = self.read(pair[0], depth + 1)
            if not isinstance(key, str | int | bool) or key in pairs:
                raise MalformedMessage("a key")
            pairs[key] = self.read(pair[1], depth + 1)
        return pairs

    def _read_array(self, node: dict[str, Any], family: str) -> ArrayValue:
        import numpy as np

        dtype, shape, subclass = node.get("d"), node.get("s"), node.get("c", "")
        if type(dtype) is not str or dtype not in _DTYPES or type(subclass) is not str:
            raise MalformedMessage("an array")
        if type(shape) is not list or len(shape) > MAX_NDIM or len(subclass) > 80:
            raise MalformedMessage("a shape")
        count = 1
        for size in shape:
            if type(size) is not int or not 0 <= size <= MAX_MESSAGE:
                raise MalformedMessage("a shape")
            count *= size
            if count > MAX_MESSAGE:
                raise MalformedMessage("a shape")
        code, item_size = _DTYPES[dtype]
        start, length = node.get("o"), node.get("n")
        if type(start) is not int or type(length) is not int:
            raise MalformedMessage("an extent")
        if start != self.used or length != count * item_size:
            raise MalformedMessage("an extent")
        if start + length > len(self.buffers):
            raise MalformedMessage("an extent")
        self.used = start + length
        if dtype == "bool":
            raw = np.frombuffer(self.buffers, np.uint8, count, start)
            if count and int(raw.max()) > 1:
                raise MalformedMessage("a truth value")
        try:
            entries = np.frombuffer(self.buffers, code, count, start).reshape(shape)
        except ValueError:
            # An empty array may claim sizes whose product overflows.
            raise MalformedMessage("a shape") from None
        if dtype == "bfloat16":
            entries = (entries.astype(np.uint32) << 16).view(np.float32)
        return ArrayValue(entries, dtype, family, subclass)


def _read_float(content: Any) -> float:
    if type(content) is not str or len(content) > 40:
        raise MalformedMessage("a float")
    return float(_parse(float.fromhex, content))


def _parse(read: Any, *arguments: Any) -> Any:
    try:
        return read(*arguments)
    except (ValueError, OverflowError):
        raise MalformedMessage("a number") from None


def encode_value(value: Any) -> bytes:
    """Write a value for the child to read.

    Errors   SystemFault for a type the channel has no word for: the grader made it.
    """
    buffers: list[bytes] = []
    header = json.dumps(_describe(value, buffers), separators=(",", ":")).encode()
    return b"".join([struct.pack("<I", len(header)), header, *buffers])


def _describe(value: Any, buffers: list[bytes]) -> dict[str, Any]:
    match value:
        case None:
            return {"t": "none"}
        case bool():
            return {"t": "bool", "v": value}
        case int():
            return {"t": "int", "v": hex(value)}
        case float():
            return {"t": "float", "v": value.hex()}
        case complex():
            return {"t": "complex", "v": [value.real.hex(), value.imag.hex()]}
        case str():
            return {"t": "str", "v": value}
        case FormulaText():
            return {"t": "formula", "v": value.text}
        case list() | tuple():
            items = [_describe(item, buffers) for item in value]
            return {"t": type(value).__name__, "v": items}
        case dict():
            pairs = [[_describe(k, buffers), _describe(v, buffers)] for k, v in value.items()]
            return {"t": "dict", "v": pairs}
        case ArrayValue():
            dtype = "float32" if value.dtype == "bfloat16" else value.dtype
            content = value.entries.astype(_DTYPES[dtype][0]).tobytes()
            start = sum(len(buffer) for buffer in buffers)
            buffers.append(content)
            shape = list(value.entries.shape)
            return {"t": value.family, "d": dtype, "s": shape, "o": start, "n": len(content)}
    raise SystemFault(f"a {type(value).__name__} cannot be sent into the sandbox")
