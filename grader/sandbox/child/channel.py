"""The child's end of the value channel: arguments in, a value out, as bytes.

A message is: u32 length, JSON tree, raw little-endian buffers. The tree's leaves are typed;
integers and floats travel as hexadecimal text, so they arrive exactly. Nothing is pickled.
What this end says is not believed: the grader's end decodes strictly (`grader.sandbox.decoding`).
"""

from __future__ import annotations

import json
import struct
import sys
from typing import Any

STARTED, RETURNED, RAISED, IMPORT_FAILED, NOT_FOUND, UNSENDABLE = b"S", b"R", b"E", b"I", b"N", b"U"
"""The first byte of each message on the result pipe; `grader.sandbox.endings` reads them."""

MAX_DEPTH = 16
MAX_INT_BITS = 4096
MAX_TEXT = 65536
DTYPES = frozenset(
    [
        "bool",
        "uint8",
        "int8",
        "int16",
        "int32",
        "int64",
        "float16",
        "bfloat16",
        "float32",
        "float64",
        "complex64",
        "complex128",
    ]
)


class Unsendable(Exception):
    """A value has a type or size that the channel has no word for."""


def encode(value: object) -> bytes:
    """Write a value as one message.

    Errors   Unsendable, naming the type.
    """
    buffers: list[bytes] = []
    tree = _describe(value, buffers, 0, 0)[0]
    header = json.dumps(tree, separators=(",", ":"), allow_nan=False).encode()
    return b"".join([struct.pack("<I", len(header)), header, *buffers])


def _describe(value: Any, buffers: list[bytes], offset: int, depth: int) -> tuple[Any, int]:
    if depth > MAX_DEPTH:
        raise Unsendable(f"a value nested more than {MAX_DEPTH} levels deep")
    kind = type(value)
    if value is None:
        return {"t": "none"}, offset
    if kind is bool:
        return {"t": "bool", "v": value}, offset
    if kind is int:
        if value.bit_length() > MAX_INT_BITS:
            raise Unsendable(f"an integer of {value.bit_length()} bits")
        return {"t": "int", "v": hex(value)}, offset
    if kind is float:
        return {"t": "float", "v": value.hex()}, offset
    if kind is complex:
        return {"t": "complex", "v": [value.real.hex(), value.imag.hex()]}, offset
    if kind is str:
        if len(value) > MAX_TEXT:
            raise Unsendable(f"a text of {len(value)} characters")
        return {"t": "str", "v": value}, offset
    if kind is list or kind is tuple:
        items = []
        for item in value:
            node, offset = _describe(item, buffers, offset, depth + 1)
            items.append(node)
        return {"t": kind.__name__, "v": items}, offset
    if kind is dict:
        pairs = []
        for key, item in value.items():
            key_node, offset = _describe(key, buffers, offset, depth + 1)
            node, offset = _describe(item, buffers, offset, depth + 1)
            pairs.append([key_node, node])
        return {"t": "dict", "v": pairs}, offset
    return _describe_array(value, kind, buffers, offset)


def _describe_array(value: Any, kind: type, buffers: list[bytes], offset: int) -> tuple[Any, int]:
    sympy, torch, numpy = (_find_loaded(name) for name in ("sympy", "torch", "numpy"))
    dtype = ""
    if sympy and isinstance(value, (sympy.Basic, sympy.MatrixBase)):
        text = str(value)
        if len(text) > MAX_TEXT:
            raise Unsendable(f"a formula of {len(text)} characters")
        return {"t": "formula", "v": text}, offset
    if torch and isinstance(value, torch.Tensor):
        family, is_usual = "tensor", kind in (torch.Tensor, torch.nn.Parameter)
        # A subclass may lie about itself: look at the plain tensor below it.
        with torch._C.DisableTorchFunctionSubclass():
            plain, dtype = _plain_tensor(torch, value)
    elif numpy and isinstance(value, numpy.ndarray):
        family, is_usual = "array", kind is numpy.ndarray
        plain = numpy.ndarray.view(value, numpy.ndarray)
    elif numpy and isinstance(value, numpy.generic):
        family, is_usual, plain = "scalar", True, value
    else:
        raise Unsendable(f"a {kind.__module__}.{kind.__qualname__}"[:200])
    array = numpy.asarray(plain)
    dtype = dtype or array.dtype.name
    if dtype not in DTYPES:
        raise Unsendable(f"an array of dtype {dtype}"[:200])
    little = array.astype(array.dtype.newbyteorder("<"), copy=False)
    content = numpy.ascontiguousarray(little).tobytes()
    node = {"t": family, "d": dtype, "s": list(array.shape), "o": offset, "n": len(content)}
    if not is_usual:
        node["c"] = kind.__name__[:80]
    buffers.append(content)
    return node, offset + len(content)


def _find_loaded(name: str) -> Any:
    """A library, if something has imported it; a value of its types can't exist otherwise."""
    return sys.modules.get(name)


def _plain_tensor(torch: Any, value: Any) -> tuple[Any, str]:
    if value.layout is not torch.strided:
        raise Unsendable(f"a sparse tensor ({value.layout}); return a dense one"[:200])
    if value.is_meta or value.is_quantized or value.is_nested:
        raise Unsendable("a tensor without plain values (meta, quantised or nested)")
    value = value.detach().to("cpu").resolve_conj().resolve_neg().contiguous()
    dtype = str(value.dtype).removeprefix("torch.")
    return (value.view(torch.int16) if dtype == "bfloat16" else value).numpy(), dtype


def decode(message: bytes) -> Any:
    """Read arguments; they come from the grader, so they are only unpacked, not checked."""
    (length,) = struct.unpack_from("<I", message)
    return _build(json.loads(message[4 : 4 + length]), memoryview(message)[4 + length :])


def _build(node: Any, buffers: memoryview) -> Any:
    kind, content = node["t"], node.get("v")
    if kind == "none":
        return None
    if kind == "int":
        return int(content, 16)
    if kind == "float":
        return float.fromhex(content)
    if kind == "complex":
        return complex(float.fromhex(content[0]), float.fromhex(content[1]))
    if kind in ("bool", "str"):
        return content
    if kind in ("list", "tuple"):
        items = [_build(item, buffers) for item in content]
        return items if kind == "list" else tuple(items)
    if kind == "dict":
        return {_build(key, buffers): _build(item, buffers) for key, item in content}
    if kind == "formula":
        import sympy

        return sympy.Symbol(content)
    import numpy

    dtype = numpy.dtype(node["d"]).newbyteorder("<")
    array = numpy.frombuffer(buffers, dtype, node["n"] // dtype.itemsize, node["o"])
    array = array.reshape(node["s"]).copy()
    if kind == "scalar":
        return array[()]
    if kind == "tensor":
        import torch

        return torch.from_numpy(array)
    return array
