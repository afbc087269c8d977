"""Short names that tell the submissions of a class apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

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
    return tuple(labels)


def name_student(label: str) -> str:
    """Whose submission it is, as far as its name says: without the archive's ending."""
    lowered = label.lower()
    for ending in ARCHIVES:
        if lowered.endswith(ending):
            return label[: -len(ending)]
    return label


def name_file(label: str) -> str:
    """A file name for a label; no two labels of a class share one."""
    return label.replace("%", "%25").replace("/", "%2F").lstrip(".") or "_"
