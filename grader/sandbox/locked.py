"""What runs first in a box of its own: it locks the process in, then runs the grader's program.

Started by `grader.sandbox.alone`; nothing that a student wrote has been read by then.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import sys
from typing import Any

from grader.sandbox.child import isolation, landlock

_PR_SET_DUMPABLE = 4


def main() -> None:
    """Lock in as the first argument says, then run the program in it."""
    set_up: dict[str, Any] = json.loads(sys.argv[1])
    lock_in(set_up)
    exec(compile(set_up["program"], "<program>", "exec"), {"__name__": "__main__"})


def lock_in(set_up: dict[str, Any]) -> None:
    """Give up everything that the program doesn't need, for good.

    Errors   OSError, where the machine refuses: the program is then not run.
    """
    isolation.take_ordinary_turns()
    for entrance in set_up["entrances"]:
        os.write(entrance, b"0")
    os.closerange(3, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    isolation.end_with_parent(set_up["parent"])
    if set_up["wall"] != "none":
        isolation.volunteer_for_want_of_memory()
    if set_up["user"]:
        os.setgroups([])
        isolation.become_user(set_up["user"])
    os.chdir(set_up["private"][0])
    for name, size in set_up["limits"].items():
        resource.setrlimit(getattr(resource, name), (size, size))
    if set_up["wall"] == "none":
        return
    isolation.drop_capabilities()
    isolation.refuse_new_privileges()
    # A driver reads its own process' map of memory; nobody else is here to read it.
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)
    version = landlock.find_version()
    if version:
        landlock.restrict_files(version, set_up["private"], set_up["readable"], set_up["devices"])
    elif set_up["wall"] == "landlock":
        raise OSError("this kernel has no Landlock")
    isolation.filter_system_calls(bytes.fromhex(set_up["filter"]))
