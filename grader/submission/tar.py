"""A tar as a stream of entries, read by the format's own rules and nothing more.

The standard library's reader obeys headers that make it loop or search for long; a homework
needs plain files with long names, and that is all this reads. Layout: POSIX.1-2017, pax.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from grader.errors import SubmissionError
from grader.submission.archive import read_archive
from grader.submission.files import Entry, Room

_BLOCK = 512
_GZIP = b"\x1f\x8b"
_GZIP_MEMBERS = 50
_EXTENDED_BYTES = 64 * 1024
"""Of a long name or a list of pax records; a path is a few hundred."""
_KINDS = {
    b"1": "a hard link; pack the file itself",
    b"2": "a symbolic link, which is not followed; pack the file itself",
    b"3": "a device; pack plain files",
    b"4": "a device; pack plain files",
    b"6": "a pipe; pack plain files",
    b"S": "a file with holes; pack a plain one",
}
_NO_FILE = "no plain file; pack plain files"
ODDITIES = (*_KINDS.values(), _NO_FILE)
_PLAIN, _FOLDER = (b"0", b"\0", b"7"), b"5"
_PAX, _PAX_FOR_ALL, _GNU_NAME, _GNU_LINK = b"x", b"g", b"L", b"K"


class _Header(NamedTuple):
    name: str
    size: int
    kind: bytes


def list_tar(path: Path, room: Room | None = None) -> Iterator[Entry]:
    """Every member of a tar, gzipped or not; what it unpacks to takes from the room.

    Errors   SubmissionError when it is no tar, damaged or too large.
    """
    unpacked = read_archive(path)
    if unpacked.startswith(_GZIP):
        unpacked = _gunzip(unpacked, path.name, room or Room())
    return _walk(memoryview(unpacked), path.name)


def _gunzip(packed: bytes, origin: str, room: Room) -> bytes:
    """Every gzip member one after the other, never more than the limit."""
    unpacked = bytearray()
    try:
        # Each member leaves a copy of the rest, so thousands of empty ones would be slow.
        for _ in range(_GZIP_MEMBERS):
            if not packed.startswith(_GZIP):
                break
            stream = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
            piece = stream.decompress(packed, room.left + 1)
            room.take(len(piece), origin)
            unpacked += piece
            if not stream.eof:
                raise SubmissionError(_damaged(origin))
            packed = stream.unused_data
    except zlib.error:
        raise SubmissionError(_damaged(origin)) from None
    return bytes(unpacked)


def _walk(blocks: memoryview, origin: str) -> Iterator[Entry]:
    position = 0
    long_name, long_size, sparse = "", -1, False
    while position + _BLOCK <= len(blocks):
        block = bytes(blocks[position : position + _BLOCK])
        position += _BLOCK
        if not any(block):
            return
        header = _read_header(block)
        size = long_size if header and long_size >= 0 else header.size if header else -1
        body = blocks[position : position + max(size, 0)]
        if header is None or size < 0 or len(body) < size:
            raise SubmissionError(_damaged(origin))
        position += size + -size % _BLOCK
        if header.kind == _GNU_NAME:
            long_name = _text(bytes(body[:_EXTENDED_BYTES]))
        elif header.kind == _PAX:
            facts = _read_pax(bytes(body[:_EXTENDED_BYTES]))
            long_name = facts.get("path", long_name)
            long_size = _decimal(facts.get("size", ""))
            sparse = any(key.startswith("GNU.sparse.") for key in facts)
        elif header.kind not in (_PAX_FOR_ALL, _GNU_LINK):
            kind = b"S" if sparse else header.kind
            yield _entry((long_name or header.name).removeprefix("./"), kind, body)
            long_name, long_size, sparse = "", -1, False


def _entry(name: str, kind: bytes, body: memoryview) -> Entry:
    if kind == _FOLDER:
        return Entry(name=name.rstrip("/") + "/")
    oddity = "" if kind in _PLAIN else _KINDS.get(kind, _NO_FILE)
    return Entry(name=name, size=len(body), read=lambda limit: bytes(body[:limit]), oddity=oddity)


def _read_header(block: bytes) -> _Header | None:
    """A member's header; None when its checksum is wrong."""
    unsummed = block[:148] + b" " * 8 + block[156:]
    size = _number(block[124:136])
    if size < 0 or _number(block[148:156]) != sum(unsummed):
        return None
    name = _text(block[:100])
    # GNU tar writes other things where POSIX has the name's beginning.
    if block[257:263] == b"ustar\0" and (prefix := _text(block[345:500])):
        name = f"{prefix}/{name}"
    return _Header(name, size, block[156:157])


def _read_pax(body: bytes) -> dict[str, str]:
    """Records of the form `27 path=some/long/name\\n`, each with its own length in front."""
    facts: dict[str, str] = {}
    position = 0
    while position < len(body):
        digits = body[position : position + 10].partition(b" ")[0]
        length = _decimal(_text(digits))
        record = body[position + len(digits) + 1 : position + length]
        key, equals, value = record.partition(b"=")
        if length <= len(digits) or not equals or not value.endswith(b"\n"):
            break
        facts[_text(key)] = _text(value[:-1])
        position += length
    return facts


def _number(digits: bytes) -> int:
    """An octal number, or a binary one behind a set first bit; -1 for neither."""
    if digits[0] == 0x80:
        return int.from_bytes(digits[1:], "big")
    octal = digits.strip(b" \0")
    if not octal:
        return 0
    return int(octal, 8) if octal.strip(b"01234567") == b"" else -1


def _decimal(digits: str) -> int:
    return int(digits) if digits.isdecimal() and digits.isascii() and len(digits) <= 12 else -1


def _text(name: bytes) -> str:
    return name.partition(b"\0")[0].decode("utf-8", "surrogateescape")


def _damaged(origin: str) -> str:
    return f"{origin} is damaged or no tar; make it again with tar -czf hw.tar.gz hw"
