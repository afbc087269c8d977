"""Short names that tell the submissions of a class apart."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

LONGEST = 180
"""Bytes of a file's name: disks take 255, and an ending comes after it."""
_NO_TEXT = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
ARCHIVES = (".tar.gz", ".tgz", ".tar", ".zip")


def label_paths(paths: Sequence[Path]) -> tuple[str, ...]:
    """A name for each path: its own, with folders before it where that would not be unique.

    `students/*/hw2` are called after the student: what all have in common at the end says nothing.
    """
    steps = [tuple(path.absolute().parts) for path in paths]
    while len(steps) > 1 and len({each[-1] for each in steps}) == 1 and min(map(len, steps)) > 1:
        steps = [each[:-1] for each in steps]
    labels = [""] * len(steps)
    depth = 1
    open_ones = list(range(len(steps)))
    while open_ones:
        named = {index: "/".join(steps[index][-depth:]).lstrip("/") for index in open_ones}
        counts = Counter(named.values())
        for index, name in named.items():
            labels[index] = name
        open_ones = [
            index for index, name in named.items() if counts[name] > 1 and depth < len(steps[index])
        ]
        depth += 1
    return tuple(map(_show, labels))


def _show(label: str) -> str:
    """A label that any file may hold: what is no text, or hides some, has a digest in its place."""
    shown = "".join(sign if unicodedata.category(sign) not in _NO_TEXT else "?" for sign in label)
    return label if shown == label else f"{shown}~{_digest(label)}"


def name_student(label: str) -> str:
    """Whose submission it is, as far as its name says: without the archive's ending."""
    lowered = label.lower()
    for ending in ARCHIVES:
        if lowered.endswith(ending):
            return label[: -len(ending)]
    return label


def name_file(label: str) -> str:
    """A file name for a label; no two labels share one."""
    plain = label.replace("%", "%25").replace("/", "%2F").replace("~", "%7E")
    name = plain.lstrip(".-").encode("utf-8", "replace")[:LONGEST].decode("utf-8", "ignore")
    return name if name and name == plain else f"{name}~{_digest(label)}"


def name_files(labels: Sequence[str]) -> tuple[str, ...]:
    """The file names of a class, apart from each other however a disk compares names.

    On many disks Ada and ada are one file: somebody would be given another's report.
    """
    names = list(map(name_file, labels))
    folded = [unicodedata.normalize("NFC", name.casefold()) for name in names]
    counts = Counter(folded)
    return tuple(
        name if counts[each] == 1 or "~" in name else f"{name}~{_digest(label)}"
        for name, each, label in zip(names, folded, labels, strict=True)
    )


def _digest(label: str) -> str:
    return sha256(label.encode("utf-8", "surrogateescape")).hexdigest()[:8]
