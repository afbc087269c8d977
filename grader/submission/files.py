"""The files of a submission as names and bytes, chosen from whatever was handed in.

A folder, a zip and a tar all come down to a stream of entries; the same rules pick what is
read, so that the same files give the same submission however they were packed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from grader.errors import SubmissionError
from grader.submission.models import Remark
from grader.submission.names import Use, name_fault, name_use, show_name

MIB = 1 << 20
# A year of one student's code is well under 1 MiB; notebooks carry their plots inside.
TEXT_BYTES = 4 * MIB
NOTEBOOK_BYTES = 16 * MIB
TOTAL_BYTES = 64 * MIB
# Of text; made to be slow to read, 8 MiB and 300,000 lines take about a second each.
TEXT_TOTAL_BYTES = 8 * MIB
LINES = 300_000
ENTRIES = 2_000
SEEN_ENTRIES = 20_000
"""With what tools leave behind: a .git folder alone may hold thousands."""
RELEVANT_FILES = 200
UNREAD_SHOWN = 5
_LFS = b"version https://git-lfs.github.com/spec/"
"""How a file begins that Git LFS keeps elsewhere.  Source   git-lfs, docs/spec.md"""
_ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar")
_POINTER = "a pointer of Git LFS and not the file; commit the file itself"
ODDITIES = (_POINTER,)
HOW_TO_HAND_IN = "hand in .py files, notebooks (.ipynb) and answers.md"


class File(NamedTuple):
    """One file that counts."""

    name: str
    content: bytes
    use: Use


class Entry(NamedTuple):
    """One thing in a folder or an archive, not yet read."""

    name: str
    size: int = 0
    read: Callable[[int], bytes] = lambda limit: b""
    """At most so many bytes of it; raises OSError, in words for a student, when it cannot."""
    oddity: str = ""
    """Why it is no plain file: 'a symbolic link; hand in the file itself'."""
    use: Use | None = None
    """Where the name does not say it."""


class Chosen(NamedTuple):
    """What counts of a submission, what there is to remark, and what was left out."""

    files: list[File]
    remarks: list[Remark]
    left_out: dict[str, str]
    """By name why, where the name alone does not say it."""


@dataclass(slots=True)
class Room:
    """What archives may still unpack to, all together."""

    left: int = TOTAL_BYTES

    def take(self, size: int, origin: str) -> None:
        """Errors   SubmissionError where there is less."""
        self.left -= size
        if self.left < 0:
            raise SubmissionError(
                f"{origin} unpacks to more than {show_size(TOTAL_BYTES)}; "
                "pack code and answers only, without data and pictures"
            )


def choose_files(entries: Iterable[Entry], origin: str) -> Chosen:
    """Read what counts and remark on what does not, in order of name.

    Errors   SubmissionError when there are too many files, or too much in them.
    """
    files: list[File] = []
    remarks: list[Remark] = []
    unread: list[str] = []
    left_out: dict[str, str] = {}
    total = text_total = lines = 0
    counted = 0
    for seen, entry in enumerate(entries, 1):
        use = entry.use or name_use(entry.name)
        counted += use is not Use.IGNORED
        if counted > ENTRIES or seen > SEEN_ENTRIES:
            raise SubmissionError(
                f"{origin} holds more than {ENTRIES:,} files; {HOW_TO_HAND_IN}, nothing else"
            )
        if use is Use.IGNORED:
            continue
        by_name = name_fault(entry.name, any_top=True) or _use_fault(use, entry.name)
        if use is Use.UNREAD and not (entry.oddity or by_name):
            unread.append(entry.name)
            left_out[entry.name] = ""
            continue
        trouble, content = entry.oddity, b""
        if not trouble and not by_name:
            try:
                content = _read(entry, use)
            except OSError as error:
                trouble = str(error)
            if content.startswith(_LFS):
                trouble = _POINTER
        if trouble or by_name:
            remarks.append(_skip(entry.name, trouble or by_name))
            left_out[entry.name] = trouble
            continue
        files.append(File(entry.name, content, use))
        total += len(content)
        if use is not Use.NOTEBOOK:
            text_total += len(content)
            lines += content.count(b"\n") + content.count(b"\r")
        if (
            len(files) > RELEVANT_FILES
            or total > TOTAL_BYTES
            or text_total > TEXT_TOTAL_BYTES
            or lines > LINES
        ):
            raise SubmissionError(
                f"{origin} holds more than {RELEVANT_FILES} files of code and answers, or more "
                f"than {show_size(TEXT_TOTAL_BYTES)} or {LINES:,} lines of them; "
                "hand in this homework's files only"
            )
    if unread:
        remarks.append(_list_unread(sorted(unread)))
    there = [file.name for file in files]
    files, repeats = _drop_repeats(files)
    left_out |= dict.fromkeys(set(there) - {file.name for file in files}, "")
    files, tops = _strip_folders(files)
    remarks = [replace(each, file=_strip(each.file, tops)) for each in remarks + repeats]
    left_out = {_strip(name, tops): reason for name, reason in left_out.items()}
    kept, misplaced = _drop_misplaced(files)
    left_out |= dict.fromkeys((file.name for file in files if file not in kept), "")
    return Chosen(kept, remarks + misplaced, left_out)


def show_size(size: int) -> str:
    """A number of bytes as a person would say it."""
    for unit, name in ((1 << 30, "GiB"), (MIB, "MiB"), (1 << 10, "KiB")):
        if size >= unit:
            return f"{size / unit:.3g} {name}" if size < 1000 * unit else f"{size // unit:,} {name}"
    return f"{size} bytes"


def _use_fault(use: Use, name: str) -> str:
    if use is Use.UNREAD and name.lower().endswith(_ARCHIVES):
        return "an archive inside; unpack it first"
    return "settings and hooks are never run or obeyed" if use is Use.NEVER_RUN else ""


def _read(entry: Entry, use: Use) -> bytes:
    limit = NOTEBOOK_BYTES if use is Use.NOTEBOOK else TEXT_BYTES
    if entry.size > limit:
        raise OSError(find_size_fault(entry.size, use))
    content = entry.read(limit + 1)
    if len(content) > limit:
        raise OSError(f"more than its header says; {_say_limit(limit)}")
    return content


def find_size_fault(size: int, use: Use) -> str:
    """Why a file of this size is not read; '' where it is."""
    limit = NOTEBOOK_BYTES if use is Use.NOTEBOOK else TEXT_BYTES
    return f"{show_size(size)}; {_say_limit(limit)}" if size > limit else ""


def _say_limit(limit: int) -> str:
    return f"files over {show_size(limit)} are not read; leave data and outputs out of it"


def _skip(name: str, trouble: str) -> Remark:
    return Remark(file=show_name(name), line=0, message=f"not read: {trouble}")


def _drop_repeats(files: list[File]) -> tuple[list[File], list[Remark]]:
    """Of equal names the last counts, as tar and unzip have it; of look-alikes the first."""
    last = {file.name: file for file in files}
    remarks = []
    if len(last) < len(files):
        seen: set[str] = set()
        for file in files:
            if file.name in seen:
                remarks.append(
                    Remark(file=file.name, line=0, message="is there twice; the last one counts")
                )
            seen.add(file.name)
    kept: dict[str, File] = {}
    for name in sorted(last):
        twin = kept.setdefault(name.casefold(), last[name])
        if twin.name != name:
            remarks.append(_skip(name, f"the same name as {twin.name} but for capitals; rename it"))
    return list(kept.values()), remarks


def _strip_folders(files: list[File]) -> tuple[list[File], list[str]]:
    """Leave out the folders that all files are in, so that a folder and its archives agree."""
    tops = []
    while files and all("/" in file.name for file in files):
        top = files[0].name.partition("/")[0] + "/"
        if not all(file.name.startswith(top) for file in files):
            break
        files = [file._replace(name=file.name.removeprefix(top)) for file in files]
        tops.append(top)
    return sorted(files, key=lambda file: file.name), tops


def _strip(name: str, tops: list[str]) -> str:
    for top in tops:
        name = name.removeprefix(top)
    return name


def _drop_misplaced(files: list[File]) -> tuple[list[File], list[Remark]]:
    kept: list[File] = []
    remarks: list[Remark] = []
    for file in files:
        trouble = name_fault(file.name)
        if not trouble and file.use is Use.ANSWERS and "/" in file.name:
            trouble = "written answers count at the top level only; move it up"
        if trouble:
            remarks.append(_skip(file.name, trouble))
        else:
            kept.append(file)
    return kept, remarks


def _list_unread(names: list[str]) -> Remark:
    others = [show_name(name.rpartition("/")[2]) for name in names[1 : 1 + UNREAD_SHOWN]]
    if len(names) > 1 + UNREAD_SHOWN:
        others.append(f"{len(names) - 1 - UNREAD_SHOWN:,} more files")
    nor = f", nor {' and '.join([', '.join(others[:-1])] * (len(others) > 1) + others[-1:])}"
    return Remark(
        file=show_name(names[0]),
        line=0,
        message=f"not read{nor if others else ''}: only .py, .ipynb and answers.md are",
    )
