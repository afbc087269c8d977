"""Control groups that this machine lends: found by trying, made for one worker, removed with it.

Version 2 where its memory and pids controllers are delegated to us, version 1 where the grader
is root; elsewhere each process has its limits and no more.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

MOUNTS = Path("/proc/self/mounts")
MEMBERSHIP = Path("/proc/self/cgroup")
PREFIX = "fairmark"
OURS = f"{PREFIX}-grader"
WANTED = ("memory", "pids", "cpu")
REQUIRED = ("memory", "pids")
ADVICE = "systemd-run --user --scope -p Delegate=yes grade ..."

PATIENCE_S = 1
"""For the killed to leave a group: milliseconds, and on a machine that is busy enough, more."""

_count = itertools.count()
_lingering: set[Path] = set()
"""Groups that could not be removed yet: looked at again whenever one is made or removed."""


@dataclass(frozen=True)
class Lent:
    """Folders below which groups can be made: one for each controller, or one for all."""

    version: str
    folders: Mapping[str, Path]

    def __str__(self) -> str:
        return f"cgroup {self.version} for every call ({', '.join(self.controllers)})"

    @property
    def controllers(self) -> tuple[str, ...]:
        if self.version == "v1":
            return tuple(self.folders)
        return tuple(name for name in WANTED if name in _list_controllers(self.folders["all"]))


@functools.cache
def find_lent() -> Lent | None:
    """What this process may use, found by making a group, limiting it and removing it."""
    for version, folders in _propose(MOUNTS, MEMBERSHIP):
        lent = Lent(version, folders)
        if all(name in lent.controllers for name in REQUIRED) and _works(lent):
            _remove_abandoned(lent)
            return lent
    return None


def _propose(mounts: Path, membership: Path) -> Iterator[tuple[str, dict[str, Path]]]:
    try:
        lines = [line.split() for line in mounts.read_text().splitlines()]
        places = [line.split(":", 2) for line in membership.read_text().splitlines()]
    except OSError:
        return
    own = {name: path for _, names, path in places for name in (names.split(",") or [""])}
    for words in lines:
        if len(words) > 3 and words[2] == "cgroup2" and "" in own:
            folder = _delegate(Path(words[1] + own[""]))
            if folder is not None:
                yield "v2", {"all": folder}
    first: dict[str, Path] = {}
    for words in lines:
        if len(words) > 3 and words[2] == "cgroup":
            for name in set(WANTED) & set(words[3].split(",")) & own.keys():
                first.setdefault(name, Path(words[1] + own[name]))
    yield "v1", {name: first[name] for name in WANTED if name in first}


def _delegate(folder: Path) -> Path | None:
    """A folder whose groups have controllers, where this process' own group is lent to it.

    A group that hands controllers down can't hold processes: if all in it are ours alone, they
    step aside into a group beside the calls'.
    """
    if folder.name == OURS:
        folder = folder.parent
    if all(name in _list_controllers(folder) for name in REQUIRED):
        return folder
    with contextlib.suppress(OSError):
        if (folder / "cgroup.procs").read_text().split() != [str(os.getpid())]:
            return None
        available = (folder / "cgroup.controllers").read_text().split()
        wanted = [f"+{name}" for name in WANTED if name in available]
        aside = folder / OURS
        aside.mkdir(exist_ok=True)
        (aside / "cgroup.procs").write_text("0")
        (folder / "cgroup.subtree_control").write_text(" ".join(wanted))
        return folder
    return None


def _list_controllers(folder: Path) -> list[str]:
    """Those that groups made in a folder will have."""
    try:
        return (folder / "cgroup.subtree_control").read_text().split()
    except OSError:
        return []


def _works(lent: Lent) -> bool:
    trial = f"{PREFIX}-{os.getpid()}-trial"
    memory = "memory.limit_in_bytes" if lent.version == "v1" else "memory.max"
    limits = {"memory": (memory, 1 << 30), "pids": ("pids.max", 64)}
    made = []
    try:
        for controller, folder in lent.folders.items():
            (folder / trial).mkdir()
            made.append(folder / trial)
            for name, (file, limit) in limits.items():
                if controller in (name, "all"):
                    (folder / trial / file).write_text(str(limit))
        return True
    except OSError:
        return False
    finally:
        for folder in made:
            with contextlib.suppress(OSError):
                folder.rmdir()


def _remove_abandoned(lent: Lent) -> None:
    """Groups whose grader was killed before it could remove them: empty, or they can't be."""
    for folder in lent.folders.values():
        for left in folder.glob(f"{PREFIX}-*-*"):
            owner = left.name.split("-")[1]
            if owner.isdigit() and not Path(f"/proc/{owner}").exists():
                _remove_group(left)


def _remove_group(folder: Path) -> None:
    with contextlib.suppress(OSError):
        for each in folder.iterdir():
            if each.is_dir():
                each.rmdir()
        folder.rmdir()


def _remove_lingering(folders: Iterable[Path] = ()) -> None:
    _lingering.update(folders)
    for folder in list(_lingering):
        _remove_group(folder)
        if not folder.exists():
            _lingering.discard(folder)


@dataclass
class WorkerGroups:
    """The folders in which one worker makes a group a child."""

    lent: Lent
    folders: dict[str, Path] = field(default_factory=dict)
    descriptors: dict[str, int] = field(default_factory=dict)

    def describe(self, numbers: Mapping[str, int]) -> dict[str, object]:
        """What the worker is told; `numbers` are those its descriptors have inside."""
        return {"version": self.lent.version, "folders": dict(numbers)}

    def close(self) -> None:
        """Forget the descriptors; the worker has its own."""
        for descriptor in self.descriptors.values():
            os.close(descriptor)
        self.descriptors.clear()

    def remove(self) -> None:
        """Remove the groups; what was in them has been killed and takes a moment to leave."""
        patience = time.monotonic() + PATIENCE_S
        for folder in self.folders.values():
            _remove_group(folder)
            while folder.exists() and time.monotonic() < patience:
                time.sleep(0.001)
                _remove_group(folder)
        _remove_lingering(self.folders.values())
        self.folders.clear()


def make_groups(lent: Lent | None) -> WorkerGroups | None:
    """Folders for a new worker; None where the machine lends none, or no more of them."""
    if lent is None:
        return None
    _remove_lingering()
    made = WorkerGroups(lent)
    name = f"{PREFIX}-{os.getpid()}-{next(_count)}"
    try:
        for controller, folder in lent.folders.items():
            (folder / name).mkdir()
            made.folders[controller] = folder / name
            if lent.version == "v2":
                wanted = " ".join(f"+{each}" for each in lent.controllers)
                (folder / name / "cgroup.subtree_control").write_text(wanted)
            made.descriptors[controller] = os.open(
                folder / name, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
            )
    except OSError:
        made.close()
        made.remove()
        return None
    return made
