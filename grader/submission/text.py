"""Bytes to text, strictly: UTF-8 or a remark that says what to do."""

from __future__ import annotations

import re

from grader.submission.models import Remark

LINE_CHARACTERS = 100_000
"""A line nobody wrote by hand; parsers and editors slow down on such."""
_SAVE_AS = "save the file as UTF-8"
_FORMATS = (
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a Word, Pages or zip file"),
    (b"\xd0\xcf\x11\xe0", "an old Word file"),
    (b"{\\rtf", "an RTF file"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
)
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
# PEP 263: a comment on one of the first two lines may name the encoding.
_CODING = re.compile(rb"[ \t\f]*#[^\n]*?coding[:=][ \t]*([-\w.]+)")
_UTF_8_NAMES = frozenset({"utf-8", "utf8", "utf-8-sig", "u8", "ascii", "us-ascii"})
# Each agrees with ASCII on ASCII, so a file of ASCII alone means the same in all of them.
_ASCII_SUPERSETS = frozenset(
    {"latin-1", "latin1", "iso-8859-1", "iso-8859-15", "cp1252", "windows-1252"}
)


def decode_text(name: str, content: bytes, *, long_lines: bool = False) -> str | Remark:
    """A text file's text, with `\\n` line ends and no byte order mark."""
    for start, format_name in _FORMATS:
        if content.startswith(start):
            return _refuse(name, 0, f"this is {format_name}, not text; write plain text instead")
    if content.startswith(_UTF_16):
        return _refuse(name, 0, f"not read: saved as UTF-16; {_SAVE_AS}")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # For a file with a mark, positions are counted after it.
        marked = 3 if content.startswith(b"\xef\xbb\xbf") else 0
        return _refuse_byte(name, content, error.start + marked)
    if "\0" in text:
        return _refuse_byte(name, content, content.index(0))
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > LINE_CHARACTERS and not long_lines:
            return _refuse(
                name,
                number,
                f"not read: a line of {len(line):,} characters; break it "
                f"(at most {LINE_CHARACTERS:,})",
            )
    return text


def decode_python(name: str, content: bytes) -> str | Remark:
    """The same for a Python file, which may name its encoding in a comment."""
    for number, line in enumerate(content.split(b"\n", 2)[:2], 1):
        if found := _CODING.match(line[:1000].removeprefix(b"\xef\xbb\xbf")):
            encoding = found[1].decode("ascii", "replace").lower().replace("_", "-")
            plain = encoding in _ASCII_SUPERSETS and content.isascii()
            if encoding not in _UTF_8_NAMES and not plain:
                return _refuse(
                    name,
                    number,
                    f"not read: it says it is in {encoding[:40]}; {_SAVE_AS} and delete that line",
                )
            break
    return decode_text(name, content)


def _refuse_byte(name: str, content: bytes, position: int) -> Remark:
    before = content[:position].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    line = before.count(b"\n") + 1
    column = len(before) - (before.rfind(b"\n") + 1) + 1
    return _refuse(
        name,
        line,
        f"not read: line {line}, column {column} holds byte 0x{content[position]:02x}, "
        f"which is not UTF-8 text; {_SAVE_AS}",
    )


def _refuse(name: str, line: int, message: str) -> Remark:
    return Remark(file=name, line=line, message=message)
