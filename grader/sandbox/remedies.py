"""Why a machine may refuse a wall, found by looking, and what exactly to do about it.

What holds is found by trying (`canary`); this only puts words to what did not.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from grader.sandbox.child import landlock

APPARMOR = "kernel.apparmor_restrict_unprivileged_userns"
PROFILE = (
    r"abi <abi/4.0>,\ninclude <tunables/global>\n"
    r"profile bwrap /usr/bin/bwrap flags=(unconfined) { userns, }\n"
)
UBUNTU = (
    f"Ubuntu 24.04 and later deny user namespaces by AppArmor: sudo sysctl -w {APPARMOR}=0, until"
    f" the next start; or, for bubblewrap alone and for good: printf '{PROFILE}' | sudo tee"
    " /etc/apparmor.d/bwrap && sudo apparmor_parser -r /etc/apparmor.d/bwrap"
)
DOCKER = (
    "Docker's default profile denies namespaces and mounts: docker run --security-opt"
    " seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined"
    " (the grader makes its own walls inside); or one throw-away container a submission, without"
    " network and secrets: docker run --rm --network none -e GRADE_ISOLATION=container"
)
NO_NAMESPACES = "user namespaces are switched off: sudo sysctl -w {name}={value}"
NO_LANDLOCK = (
    "this kernel has no Landlock, which the weaker tiers need: Linux 5.13 or later, with landlock"
    " in the boot option lsm="
)
SWITCHES = {"user.max_user_namespaces": "15000", "kernel.unprivileged_userns_clone": "1"}


def find_remedies(root: Path = Path("/")) -> Iterator[str]:
    """A line for everything that is known to stand in the way here."""
    if _read(root / "proc/sys" / APPARMOR.replace(".", "/")) == "1":
        yield UBUNTU
    for name, value in SWITCHES.items():
        if _read(root / "proc/sys" / name.replace(".", "/")) == "0":
            yield NO_NAMESPACES.format(name=name, value=value)
    if is_in_container(root):
        yield DOCKER
    if not landlock.find_version():
        yield NO_LANDLOCK


def is_in_container(root: Path = Path("/")) -> bool:
    """Whether this looks like the inside of a container."""
    marks = (root / ".dockerenv", root / "run/.containerenv")
    return any(mark.exists() for mark in marks)


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
