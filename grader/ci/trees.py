"""A commit's files out of git's object database: data, never checked out, nothing of it run.

Hooks, filters, attributes, submodules and configuration in what was pushed have no say here, for
no work tree is made; symbolic links are not followed, for none is written.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from grader.errors import SubmissionError, UsageError
from grader.submission.files import MIB, SEEN_ENTRIES, TOTAL_BYTES

FILE_BYTES = 20 * MIB
"""More than the grader reads of any file; the rest is left out and named."""
PATH_BYTES = 1_000
"""Far more than homework needs; systems take 4,096 with the folder that it is put into."""
PATIENCE_S = 120
"""Git answers in milliseconds; a broken repository may make it wait for ever."""
_PLAIN_FILES = ("100644", "100755")
_ODDITIES = {"120000": "a symbolic link", "160000": "a submodule"}


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One file of a commit."""

    path: str
    mode: str
    blob: str
    size: int


class Repository:
    """A repository whose objects are read; its own configuration changes nothing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def list_changed(self, base: str, head: str) -> tuple[str, ...]:
        """Paths that differ between a commit and where it left its base; all, without a base.

        Errors   UsageError where the repository lacks one of the commits.
        """
        if not base:
            return tuple(entry.path for entry in self.list_entries(head))
        self._require(head)
        self._require(base)
        fork = self._git("merge-base", base, head, may_fail=True).decode().strip() or base
        changed = self._git("diff-tree", "-r", "-z", "--no-renames", "--name-only", fork, head)
        return tuple(filter(None, changed.decode("utf-8", "surrogateescape").split("\0")))

    def list_entries(self, commit: str, folder: str = "") -> tuple[TreeEntry, ...]:
        """Every file of a commit below a folder."""
        self._require(commit)
        paths = ("--", f"{folder}/") if folder else ()
        listed = self._git("ls-tree", "-r", "-z", "-l", "--full-tree", commit, *paths)
        lines = list(filter(None, listed.decode("utf-8", "surrogateescape").split("\0")))
        if len(lines) > SEEN_ENTRIES:
            raise SubmissionError(f"more than {SEEN_ENTRIES:,} files; hand in the homework alone")
        return tuple(_read_line(line) for line in lines)

    def write_folder(self, commit: str, folder: str, target: Path) -> tuple[str, ...]:
        """Write the plain files below a folder into an empty one; what was left out, and why.

        Errors   SubmissionError when it is more than a submission may hold.
        """
        left_out: list[str] = []
        chosen: list[tuple[TreeEntry, str]] = []
        for entry in self.list_entries(commit, folder):
            inner = entry.path[len(folder) :].lstrip("/") if folder else entry.path
            reason = _find_oddity(entry, inner)
            if reason:
                left_out.append(f"{_show(entry.path)}: {reason}")
            else:
                chosen.append((entry, inner))
        if sum(entry.size for entry, _ in chosen) > TOTAL_BYTES:
            raise SubmissionError(f"more than {TOTAL_BYTES // MIB} MiB; hand in text, no data")
        for (_, inner), content in zip(chosen, self._read_blobs(chosen), strict=True):
            path = target / inner
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            except (FileExistsError, NotADirectoryError, IsADirectoryError):
                left_out.append(f"{_show(inner)}: a file and a folder have this name")
        return tuple(left_out)

    def _read_blobs(self, chosen: list[tuple[TreeEntry, str]]) -> list[bytes]:
        names = "".join(f"{entry.blob}\n" for entry, _ in chosen)
        stream = self._git("cat-file", "--batch", given=names.encode())
        contents = []
        position = 0
        for entry, _ in chosen:
            end = stream.index(b"\n", position)
            if stream[position:end].decode() != f"{entry.blob} blob {entry.size}":
                raise SubmissionError(f"{_show(entry.path)}: the repository is damaged here")
            contents.append(stream[end + 1 : end + 1 + entry.size])
            position = end + 1 + entry.size + 1
        return contents

    def _require(self, commit: str) -> None:
        kind = self._git("cat-file", "-t", commit, may_fail=True).strip()
        if kind != b"commit":
            raise UsageError(
                f"{self._folder} has no commit {commit[:12]}; fetch it (actions/checkout:"
                " fetch-depth: 0)"
            )

    def _git(self, *arguments: str, given: bytes = b"", may_fail: bool = False) -> bytes:
        command = [
            "git", "--no-replace-objects", "--literal-pathspecs",
            "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false",
            "-c", "safe.directory=*", "-c", "diff.external=", "-C", str(self._folder), *arguments,
        ]  # fmt: skip
        settings = {
            "PATH": os.environ.get("PATH", os.defpath), "HOME": "/nonexistent", "LC_ALL": "C",
            "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1",
        }  # fmt: skip
        try:
            done = subprocess.run(
                command, input=given, capture_output=True, env=settings, timeout=PATIENCE_S,
                check=False,
            )  # fmt: skip
        except FileNotFoundError:
            raise UsageError("git is not installed here; commits are read with it") from None
        except subprocess.TimeoutExpired:
            raise UsageError(f"git did not answer within {PATIENCE_S} s") from None
        if done.returncode and not may_fail:
            said = done.stderr.decode("utf-8", "replace").strip().split("\n")[0]
            raise UsageError(f"git {arguments[0]}: {said}")
        return b"" if done.returncode else done.stdout


def _read_line(line: str) -> TreeEntry:
    facts, _, path = line.partition("\t")
    mode, _, blob, size = facts.split()
    return TreeEntry(path, mode, blob, 0 if size == "-" else int(size))


def _find_oddity(entry: TreeEntry, inner: str) -> str:
    if entry.mode not in _PLAIN_FILES:
        return f"{_ODDITIES.get(entry.mode, 'no plain file')}, not read; commit the file itself"
    steps = inner.split("/")
    if {"", ".", "..", ".git"} & set(steps) or "\\" in inner or not inner.isprintable():
        return "its name means something else to other systems"
    if any(len(step.encode("utf-8", "surrogateescape")) > 255 for step in steps):
        return "its name is too long"
    if len(inner.encode("utf-8", "surrogateescape")) > PATH_BYTES:
        return "its path is too long; put it nearer to the top"
    return f"more than {FILE_BYTES // MIB} MiB" if entry.size > FILE_BYTES else ""


def _show(path: str) -> str:
    return "".join(sign if sign.isprintable() else "?" for sign in path)[:200]
