"""A zip as a stream of entries: nothing is unpacked to disk, and no header is believed.

Sizes are limits on what is read, never on what the archive says it holds. Only stored and
deflated members are opened: LZMA may ask for gigabytes before its first byte.
"""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from grader.errors import SubmissionError
from grader.submission.files import MIB, SEEN_ENTRIES, Entry, Room, show_size
from grader.submission.folder import read_plain_file
from grader.submission.stand_ins import read_reason

ARCHIVE_BYTES = 64 * MIB
RATIO = 200
"""Source text shrinks 3 to 20 times; what shrinks more is not source text."""
_RATIO_FROM_BYTES = MIB
_ENCRYPTED = 0x1
_MEMBER_SIGNATURE = b"PK\x01\x02"
_LOCAL_HEADER_BYTES = 30
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_LINK = "a symbolic link, which is not followed; pack the file itself"
_DEVICE = "a device or pipe; pack plain files"
_NAMELESS = "a file without a name; make the zip again with zip -r hw.zip hw"
_ENCRYPTED_WORDS = "encrypted; pack it without a password"
_UNUSUAL = "packed in an unusual way; make the zip again with zip -r hw.zip hw"
_OVERLAPPING = "shares its bytes with another file in the archive; make the zip again"
_INFLATED = f"unpacks to more than {RATIO} times its size; hand in plain source files"
_DAMAGED = "damaged in the archive; make the zip again"
ODDITIES = (
    _LINK, _DEVICE, _NAMELESS, _ENCRYPTED_WORDS, _UNUSUAL, _OVERLAPPING, _INFLATED, _DAMAGED,
)  # fmt: skip


def list_zip(path: Path, room: Room | None = None) -> Iterator[Entry]:
    """Every member of a zip; what is read of them takes from the room.

    Errors   SubmissionError when it is no zip, too large or made to mislead.
    """
    packed = read_archive(path)
    room = room or Room()
    # Before the library makes an object of each.
    if packed.count(_MEMBER_SIGNATURE) > SEEN_ENTRIES:
        raise SubmissionError(f"{path.name} holds more than {SEEN_ENTRIES:,} files; pack fewer")
    try:
        archive = zipfile.ZipFile(io.BytesIO(packed))
        members = archive.infolist()
    except Exception:  # whatever the library raises about bytes made to mislead it
        raise SubmissionError(
            f"{path.name} is damaged or no zip; make it again with zip -r hw.zip hw"
        ) from None
    overlapping = _find_overlaps(members)
    for member in members:
        yield Entry(
            # The name before zipfile cuts it at a NUL byte.
            name=member.orig_filename.removeprefix("./"),
            size=member.file_size,
            read=_reader(archive, member, path.name, room),
            oddity=_oddity(member, member.header_offset in overlapping),
        )


def read_archive(path: Path) -> bytes:
    """An archive's own bytes.

    Errors   SubmissionError when it cannot be read or is too large.
    """
    try:
        packed = read_plain_file(path, ARCHIVE_BYTES + 1)
    except OSError as error:
        raise SubmissionError(f"{path.name} cannot be read: {error}") from None
    if len(packed) > ARCHIVE_BYTES:
        raise SubmissionError(
            f"{path.name} is larger than {show_size(ARCHIVE_BYTES)}; "
            "pack code and answers only, without data and pictures"
        )
    return packed


def _oddity(member: zipfile.ZipInfo, overlaps: bool) -> str:
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind == stat.S_IFLNK:
        return _LINK
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return _DEVICE
    if not member.filename:
        return _NAMELESS
    if member.is_dir():
        return ""
    if member.flag_bits & _ENCRYPTED:
        return _ENCRYPTED_WORDS
    if member.compress_type not in _METHODS:
        return _UNUSUAL
    if overlaps:
        return _OVERLAPPING
    if member.file_size > max(_RATIO_FROM_BYTES, RATIO * member.compress_size):
        return _INFLATED
    return read_reason(member.comment)


def _find_overlaps(members: list[zipfile.ZipInfo]) -> set[int]:
    """Offsets of members whose bytes reach into the next one's."""
    found: set[int] = set()
    end = -1
    for member in sorted(members, key=lambda member: member.header_offset):
        if member.header_offset < end:
            found.add(member.header_offset)
        start = member.header_offset + _LOCAL_HEADER_BYTES
        end = max(end, start + len(member.orig_filename) + member.compress_size)
    return found


def _reader(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, origin: str, room: Room
) -> Callable[[int], bytes]:
    def read(limit: int) -> bytes:
        # Also of what turns out damaged: it takes as long.
        room.take(min(member.file_size, limit), origin)
        try:
            with archive.open(member) as stream:
                return stream.read(limit)
        except Exception:  # as above
            raise OSError(_DAMAGED) from None

    return read
