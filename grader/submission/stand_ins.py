"""Empty members of a zip that we pack: each stands for a file left out, and says why.

Whoever reads the zip then remarks on the file as if it lay there itself. The reason is believed
only where it is one that a reader gives, for anybody can write one.
"""

from __future__ import annotations

import functools
import re
import zipfile

from grader.submission.names import show_name

EPOCH = (1980, 1, 1, 0, 0, 0)
_MARK = b"left out: "
_TOO_LARGE = re.compile(
    r"(?:[\d,.e+]+ (?:GiB|MiB|KiB|bytes)|more than its header says);"
    r" files over [\d.]+ MiB are not read; leave data and outputs out of it"
)


def write_member(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    """One more file; the same files make the same bytes whenever they are packed."""
    member = zipfile.ZipInfo(name, EPOCH)
    member.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(member, content)


def write_stand_in(archive: zipfile.ZipFile, name: str, reason: str) -> None:
    """The name of a file that is not read, and why: '' where its name says so."""
    if not name.isprintable():
        # No zip holds half a character, and a NUL would end the name.
        name = show_name(name).replace("\\", "?")
    member = zipfile.ZipInfo(name, EPOCH)
    member.comment = _MARK + reason.encode("ascii", "replace") if reason else b""
    archive.writestr(member, b"")


def read_reason(comment: bytes) -> str:
    """Why a member was left out; '' where it was not."""
    if not comment.startswith(_MARK):
        return ""
    reason = comment.removeprefix(_MARK).decode("ascii", "replace")
    is_ours = reason in _list_reasons() or _TOO_LARGE.fullmatch(reason)
    return reason if is_ours else "left out when it was packed; hand in a plain file"


@functools.cache
def _list_reasons() -> frozenset[str]:
    from grader.submission import archive, files, folder, tar

    return frozenset({*archive.ODDITIES, *tar.ODDITIES, *folder.ODDITIES, *files.ODDITIES})
