"""Starting a worker's process: below a thread that lasts, and below a user who owns nothing."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import select
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT, NOBODY = 0, 65533
"""In the worker: who it is, and who its children are where the machine can tell them apart."""

OUTSIDE_USERS = range(65000, 65500)
"""Who they are where no bubblewrap maps users: numbers that distributions leave free."""

_MOST_DESCRIPTION = 1 << 12
PATIENCE_MS = 20_000
"""Bubblewrap says who it is within milliseconds; on a machine that swaps, within seconds."""

Spawn = Callable[[], int]

_requests: queue.SimpleQueue[tuple[Spawn, queue.SimpleQueue[int | OSError]]] = queue.SimpleQueue()
_lock = threading.Lock()
_starter: threading.Thread | None = None


def spawn_from_lasting_thread(spawn: Spawn) -> int:
    """Run `spawn` in a thread that ends with this process only.

    A worker is ended with whatever started it, and to the kernel that is a thread: one that was
    started by a thread of a pool would be gone with it, and the calls of others too.

    Errors   OSError, as `spawn` raises it.
    """
    if threading.current_thread() is threading.main_thread():
        return spawn()
    global _starter
    with _lock:
        if _starter is None or not _starter.is_alive():
            _starter = threading.Thread(target=_serve, name="starter", daemon=True)
            _starter.start()
    answer: queue.SimpleQueue[int | OSError] = queue.SimpleQueue()
    _requests.put((spawn, answer))
    found = answer.get()
    if isinstance(found, OSError):
        raise found
    return found


def _serve() -> None:
    while True:
        spawn, answer = _requests.get()
        try:
            answer.put(spawn())
        except OSError as problem:
            answer.put(problem)


def can_be_nobody(*, sees_all: bool = False) -> bool:
    """Whether children shall run as a user of their own: started by root, and all can read.

    As root's children they would own every file of the system, and no limit on threads holds.
    Where they see the machine's own folders (`sees_all`), those above the libraries count too,
    and the users have to be there: a container may have none but its root.
    """
    if os.geteuid() != 0 or (sees_all and not _has_users(OUTSIDE_USERS)):
        return False
    paths = set(_list_libraries())
    if sees_all:
        paths |= {str(above) for path in set(paths) for above in Path(path).parents}
    return all(map(_is_readable_by_all, paths))


def _has_users(wanted: range) -> bool:
    """Whether the user namespace that this process is in has them, and lets it become one."""
    own = Path("/proc/self")
    try:
        if (own / "setgroups").read_text().strip() != "allow":
            return False
        tables = [(own / name).read_text().splitlines() for name in ("uid_map", "gid_map")]
    except OSError:
        return False
    return all(any(_covers(line, wanted) for line in table) for table in tables)


def _covers(line: str, wanted: range) -> bool:
    first, _, count = map(int, line.split())
    return first <= wanted.start and wanted.stop <= first + count


def _list_libraries() -> Iterator[str]:
    yield os.__file__
    for folder in sys.path:
        if folder.startswith((sys.prefix, sys.base_prefix)) and os.path.isdir(folder):  # noqa: PTH112
            yield folder


def _is_readable_by_all(path: str) -> bool:
    mode = os.stat(path).st_mode  # noqa: PTH116
    wanted = stat.S_IROTH | (stat.S_IXOTH if stat.S_ISDIR(mode) else 0)
    return mode & wanted == wanted


def map_users(description: int, go: int) -> bool:
    """Tell a starting bubblewrap which users it has; whether there is one for the children.

    In a container that has no second user to give, children stay what the worker is.
    """
    pid = _read_pid(description)
    if not pid:
        # It ended: what it printed is found when somebody waits for the worker.
        return False
    for users in ((ROOT, NOBODY), (ROOT,)):
        try:
            for kind in ("uid_map", "gid_map"):
                with open(f"/proc/{pid}/{kind}", "wb", buffering=0) as file:  # noqa: PTH123
                    file.write("".join(f"{user} {user} 1\n" for user in users).encode())
        except OSError:
            continue
        with contextlib.suppress(BrokenPipeError):
            os.write(go, b"\n")
        return NOBODY in users
    return False


def _read_pid(description: int) -> int:
    """From the JSON object that bubblewrap writes; 0 when it wrote none."""
    text = b""
    poller = select.poll()
    poller.register(description, select.POLLIN)
    while not text.rstrip().endswith(b"}") and len(text) < _MOST_DESCRIPTION:
        content = os.read(description, _MOST_DESCRIPTION) if poller.poll(PATIENCE_MS) else b""
        if not content:
            return 0
        text += content
    return int(json.loads(text)["child-pid"])
