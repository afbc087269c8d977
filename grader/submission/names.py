"""Which of the files handed in are read, by name alone."""

from __future__ import annotations

import re
from enum import Enum, auto

IGNORED_FOLDERS = frozenset(
    {"__macosx", "__pycache__", "node_modules", "venv", "env", "site-packages"}
)
"""What tools leave behind; any name that starts with a dot is ignored as well."""

NEVER_RUN = frozenset(
    {
        "conftest.py", "sitecustomize.py", "usercustomize.py", "setup.py",
        "pytest.ini", "tox.ini", "setup.cfg", "pyproject.toml",
    }
)  # fmt: skip
"""Files that Python or a test runner would execute or obey unasked."""

# Look-alike letters, direction marks, control characters and trailing dots all make a name mean
# something else to another system; ASCII words do not.
_PLAIN_NAME = re.compile(r"[A-Za-z0-9 ._\-+()@]{1,200}")
DEPTH = 16
"""Folders inside folders: far more than homework needs, far less than would slow a walk."""

_ANSWERS = re.compile(r"answers[^/]*\.(md|txt|tex)", re.IGNORECASE)


class Use(Enum):
    """What a file is to the grader."""

    PYTHON = auto()
    NOTEBOOK = auto()
    ANSWERS = auto()
    NEVER_RUN = auto()
    UNREAD = auto()
    """A picture, a data file, a PDF: named in one remark, otherwise left alone."""
    IGNORED = auto()


def name_use(name: str) -> Use:
    """What a file is for, from its path inside the submission."""
    *folders, last = name.lower().split("/")
    if last in ("", "thumbs.db", "desktop.ini") or any(map(is_ignored_folder, folders)):
        return Use.IGNORED
    if last.startswith(".") and "\\" not in last:
        return Use.IGNORED
    if last in NEVER_RUN or last.endswith(".pth"):
        return Use.NEVER_RUN
    if last.endswith(".py"):
        return Use.PYTHON
    if last.endswith(".ipynb"):
        return Use.NOTEBOOK
    if _ANSWERS.fullmatch(last):
        return Use.ANSWERS
    return Use.IGNORED if last.endswith((".pyc", ".pyo")) else Use.UNREAD


def is_ignored_folder(name: str) -> bool:
    """Whether nothing below a folder of this name matters."""
    return name.lower() in IGNORED_FOLDERS or (name.startswith(".") and name not in (".", ".."))


def name_fault(name: str, *, any_top: bool = False) -> str:
    """What is wrong with a path from an archive or a folder; empty when nothing is.

    With `any_top` the first folder may be called anything that can be printed: archives carry
    the name of a student's folder, and that is left out once everything is seen to be in it.
    """
    if "\\" in name or re.match(r"[A-Za-z]:", name):
        return "a Windows path; make the archive again with forward slashes"
    if name.startswith("/"):
        return "an absolute path; hand in files by their names inside the folder"
    steps = name.split("/")
    if ".." in steps or "." in steps or "" in steps:
        return "a path that points elsewhere; hand in files by their names inside the folder"
    if len(steps) > DEPTH:
        return f"more than {DEPTH} folders deep; put it nearer to the top"
    if any_top and len(steps) > 1 and steps[0].isprintable():
        steps = steps[1:]
    for step in steps:
        if not _PLAIN_NAME.fullmatch(step) or step != step.strip() or step.endswith("."):
            return "a name with unusual characters; rename it with English letters, digits, - and _"
    return ""


def show_name(name: str) -> str:
    """A hostile name as plain ASCII, short enough for a line."""
    shown = ascii(name)[1:-1]
    return shown if len(shown) <= 80 else shown[:77] + "..."
