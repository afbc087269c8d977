"""The outer wall: how a worker is started, inside bubblewrap wherever there is to be one."""

from __future__ import annotations

import functools
import os
import shutil
import sys
from pathlib import Path

from grader.errors import NoIsolation
from grader.sandbox.tiers import Tier

CHILD_FOLDER = Path(__file__).parent / "child"
INSIDE = "/sandbox"
CONTROL = 3
"""The descriptor on which a worker finds its control socket."""
DESCRIPTION, GO = 4, 5
"""Where bubblewrap says who it is, and where it waits for leave."""
GROUPS = (6, 7, 8)
"""Folders of control groups: at most one for each controller."""
SOMEBODY = 65533
BOX = "/box"
BOX_MIB = 512
"""All private folders of one submission's calls at once, where they share a mount."""
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")

_START = "import sys; sys.path.insert(0, {folder!r}); from child import zygote; zygote.main()"

ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/box",
    "TMPDIR": "/box",
    "LANG": "C.UTF-8",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    # Locks of a second thread would stay locked in every forked child.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    # Each arena reserves 64 MiB of the address space that a child may use.
    "MALLOC_ARENA_MAX": "2",
    "NUMBA_CACHE_DIR": "/box",
    "MPLCONFIGDIR": "/box",
    "CUDA_VISIBLE_DEVICES": "",
}

_LARGE_PAGES = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
"""A fork copies one entry for 2 MiB of the heap instead of 512 (see `child/pages.py`)."""

_SYSTEM_FOLDERS = (
    "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/bin", "/usr/share/zoneinfo", "/usr/local/lib",
    "/lib", "/lib32", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/alternatives",
)  # fmt: skip
"""Not all of /usr: courses have been seen in /usr/src and /usr/local/src."""
_OWN_FOLDERS = ("lib", "lib64", "bin", "pyvenv.cfg")
"""Of an interpreter's prefix: a virtual environment may have been made in the course's folder."""

REMEDY = (
    "install bubblewrap (apt-get install bubblewrap, dnf install bubblewrap), or grade your own"
    " code with --trust-submission"
)


@functools.cache
def find_bubblewrap() -> str:
    """The path of bubblewrap.

    Errors   NoIsolation, with the remedy, where there is none.
    """
    found = shutil.which("bwrap")
    if sys.platform != "linux":
        raise NoIsolation(f"student code is isolated on Linux only, and this is {sys.platform}")
    if found is None:
        raise NoIsolation(f"bubblewrap (bwrap) is not installed: {REMEDY}")
    return found


@functools.cache
def find_init() -> str:
    """A small program that waits on its standard input: pid 1 of every child's namespace."""
    for path in ("/usr/bin/cat", "/bin/cat"):
        if os.access(path, os.X_OK):
            return path
    raise NoIsolation("there is no `cat` in /usr/bin or /bin, which each sandbox needs as its init")


def build_command(
    modules: tuple[str, ...], tier: Tier, *, maps_users: bool = False, folder: str = BOX
) -> tuple[list[str], dict[str, str]]:
    """The command that starts a worker, and its environment.

    With `maps_users` it says on DESCRIPTION who it is and waits on GO until its users are mapped.
    `folder` is where it may write, where no bubblewrap gives it one.
    """
    package = INSIDE if tier.has_bubblewrap else str(CHILD_FOLDER.parent)
    # Without third-party modules the start-up scan of site-packages is not needed either.
    flags = ["-I"] if modules else ["-I", "-S"]
    environment = {**ENVIRONMENT, **(_LARGE_PAGES if modules else {})}
    start = [sys.executable, *flags, "-c", _START.format(folder=package), str(CONTROL)]
    if not tier.has_bubblewrap:
        own = dict.fromkeys(("HOME", "TMPDIR", "NUMBA_CACHE_DIR", "MPLCONFIGDIR"), folder)
        return start, {**environment, **own}
    # Children that can't become another user are called somebody from the start.
    who = "0" if tier is Tier.FULL or maps_users else str(SOMEBODY)
    wall = [
        find_bubblewrap(), "--unshare-all", "--unshare-user", "--uid", who, "--gid", who,
        "--new-session", "--die-with-parent", "--hostname", "grader", "--cap-drop", "ALL",
    ]  # fmt: skip
    if tier is Tier.FULL:
        # The worker needs these two inside its own user namespace to make a child's
        # namespaces and to map a user there; every child drops them.
        wall += ["--cap-add", "CAP_SYS_ADMIN", "--cap-add", "CAP_SETFCAP"]
    if maps_users:
        wall += ["--info-fd", str(DESCRIPTION), "--userns-block-fd", str(GO)]
        # To make children another user, to end them as that, and to remove what they left.
        for capability in ("CAP_SETUID", "CAP_SETGID", "CAP_KILL"):
            wall += ["--cap-add", capability]
        if tier is Tier.SEPARATE:
            for capability in ("CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER"):
                wall += ["--cap-add", capability]
    wall += show_read_only()
    wall += ["--dir", INSIDE, "--ro-bind", str(CHILD_FOLDER), f"{INSIDE}/child"]
    wall += ["--dir", BOX] if tier is Tier.FULL else ["--size", str(BOX_MIB << 20), "--tmpfs", BOX]
    wall += ["--dir", "/tmp", "--proc", "/proc", "--dir", "/dev/shm"]
    # Not --dev: all children of one worker would share its terminals.
    for device in DEVICES:
        wall += ["--dev-bind", device, device]
    # The root is memory that all children of one worker would share.
    wall += ["--remount-ro", "/", "--chdir", BOX, "--"]
    return wall + start, environment


def list_readable() -> list[str]:
    """What code may read where Landlock alone stands before the files."""
    shown = [str(path) for path in _list_shown() if path.exists()]
    return [*shown, "/proc/cpuinfo"]


def _list_shown() -> list[Path]:
    own = [f"{prefix}/{name}" for prefix in (sys.base_prefix, sys.prefix) for name in _OWN_FOLDERS]
    return [Path(path) for path in dict.fromkeys((*_SYSTEM_FOLDERS, *own))]


def _list_links_to_interpreter() -> list[Path]:
    """A virtual environment's Python may be a link to a link that stands in any folder."""
    links = []
    path = Path(sys.executable)
    while path.is_symlink():
        links.append(path)
        path = Path(os.path.normpath(path.parent / path.readlink()))
    return links


def show_read_only() -> list[str]:
    """The system's libraries and this interpreter with its packages; nothing of the course."""
    shown: list[Path] = []
    arguments: list[str] = []
    for path in _list_shown():
        if not path.exists() or any(path.is_relative_to(folder) for folder in shown):
            continue
        if path.is_symlink() and any(path.resolve().is_relative_to(folder) for folder in shown):
            # Each mount is copied for every child; a link costs nothing.
            arguments += ["--symlink", str(path.readlink()), str(path)]
            continue
        shown.append(path)
        arguments += ["--ro-bind", str(path), str(path)]
    for link in _list_links_to_interpreter():
        if not any(link.is_relative_to(folder) for folder in shown):
            shown.append(link)
            arguments += ["--symlink", str(link.readlink()), str(link)]
    # Made on the way to a mount point, a folder would be open to the worker alone.
    above = dict.fromkeys(parent for path in shown for parent in reversed(path.parents[:-1]))
    return [word for folder in above for word in ("--dir", str(folder))] + arguments
