"""Every attack on every machine that this one is or can imitate: `make attacks`.

Prints how many tests were tried and held on each tier, why some were left out, and which numbers
of the catalogue no test tries.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import struct
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
NOBODY = 65534
UNSHARE = 272
"""Its number on x86-64; the imitation is left out elsewhere."""
REPEATED = (
    "stealing", "forging", "starving", "written", "ingest", "own", "own_later", "tricks",
    "homework", "secrets", "boxed", "compiling", "comparing", "ended", "faults",
)  # fmt: skip
"""Files whose attacks meet the wall; routes of a service and of a CI do not change with it."""
WITHOUT_GROUPS = 'umount -R /sys/fs/cgroup && exec "$@"'
PROBE = """
import sys
from grader.errors import NoIsolation
from grader.sandbox.pool import Sandbox
with Sandbox(isolated={isolated}, slots=1) as sandbox:
    try:
        sandbox.prove()
    except NoIsolation as refusal:
        sys.exit(str(refusal))
    print(sandbox.tier)
"""


@dataclass(frozen=True, kw_only=True)
class Machine:
    """One to be imitated, by a process that can do less than this one."""

    name: str
    environment: Mapping[str, str] = field(default_factory=dict)
    user: int | None = None
    denies_nesting: bool = False
    hides_groups: bool = False
    runs_all: bool = False

    def find_hindrance(self) -> str:
        """Why it can't be imitated here; empty where it can."""
        if self.denies_nesting and os.uname().machine != "x86_64":
            return "system calls by their x86-64 numbers"
        if (self.user or self.hides_groups) and os.geteuid() != 0:
            return "needs root"
        if self.hides_groups and shutil.which("unshare") is None:
            return "needs the program unshare"
        if self.user and not is_readable_by_all():
            return "others can't read this Python or this tree"
        return ""


MACHINES = (
    Machine(name="this one", runs_all=True),
    Machine(name="no control groups", hides_groups=True),
    Machine(name="an ordinary user's", user=NOBODY),
    Machine(name="unshare denied", denies_nesting=True),
    Machine(name="a container, root", environment={"GRADE_ISOLATION": "container"}),
    Machine(name="a container, ordinary user", user=NOBODY,
            environment={"GRADE_ISOLATION": "container"}),
    Machine(name="code of one's own", environment={"ATTACKED_TIER": "own code"}),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Tried:
    """What came of the suite on one machine."""

    machine: str
    tier: str = "none"
    held: int = 0
    failed: tuple[str, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Counts by reason."""


def is_readable_by_all() -> bool:
    """Whether another user can run this Python on this tree."""
    paths = {Path(sys.executable).resolve(), Path(sys.prefix), Path(sys.base_prefix), ROOT}
    folders = {folder for path in paths for folder in (path, *path.parents)}
    return all(folder.stat().st_mode & 0o1 for folder in folders)


def deny(*numbers: int) -> Callable[[], None]:
    """A filter as containers have it: these calls fail with EPERM from here on."""

    def install() -> None:
        program = [struct.pack("<HBBI", 0x20, 0, 0, 0)]
        for number in numbers:
            program += [
                struct.pack("<HBBI", 0x15, 0, 1, number),
                struct.pack("<HBBI", 0x06, 0, 0, 0x00050001),
            ]
        program.append(struct.pack("<HBBI", 0x06, 0, 0, 0x7FFF0000))
        code = ctypes.create_string_buffer(b"".join(program))
        header = struct.pack("@HP", len(program), ctypes.addressof(code))
        libc = ctypes.CDLL(None)
        libc.prctl(38, 1, 0, 0, 0)
        assert libc.prctl(22, 2, header, 0, 0) == 0

    return install


def attack(machine: Machine, folder: Path) -> Tried:
    """Run the suite on one machine; what it prints goes to the terminal."""
    own_code = "ATTACKED_TIER" in machine.environment
    probe = run_on(machine, folder, ["-c", PROBE.format(isolated=not own_code)], shown=False)
    if probe.returncode:
        refusal = (probe.stderr.strip().splitlines() or ["no word"])[-1]
        # Only an imitated machine may have no wall: this one has to be fit for the suite.
        is_ours = machine.runs_all
        return Tried(
            machine=machine.name,
            failed=(refusal,) if is_ours else (),
            left_out={} if is_ours else {refusal[:150]: 1},
        )
    found = folder / "found.xml"
    files = [HERE] if machine.runs_all else [HERE / f"test_attacks_{name}.py" for name in REPEATED]
    command = [
        "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={found}",
        f"--basetemp={folder / 'scratch'}", *map(str, files),
    ]  # fmt: skip
    run_on(machine, folder, command, shown=True)
    return read_results(machine.name, probe.stdout.strip(), found)


def run_on(
    machine: Machine, folder: Path, arguments: list[str], *, shown: bool
) -> subprocess.CompletedProcess[str]:
    """Run this Python as a process of that machine, with a folder to write to."""
    command = [sys.executable, *arguments]
    if machine.hides_groups:
        unshare = ["unshare", "--mount", "--propagation", "private"]
        command = [*unshare, "sh", "-c", WITHOUT_GROUPS, "sh", *command]
    own = {"HOME": str(folder), "XDG_CACHE_HOME": str(folder / "cache"), "TMPDIR": str(folder)}
    if machine.user:
        os.chown(folder, machine.user, machine.user)
    return subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **own, **machine.environment},
        user=machine.user,
        group=machine.user,
        extra_groups=[] if machine.user else None,
        preexec_fn=deny(UNSHARE) if machine.denies_nesting else None,
        stdout=None if shown else subprocess.PIPE,
        stderr=None if shown else subprocess.PIPE,
        text=True,
        check=False,
    )


def read_results(name: str, tier: str, found: Path) -> Tried:
    if not found.exists():
        return Tried(machine=name, tier=tier, failed=("pytest did not get to its end",))
    suite = ElementTree.parse(found).getroot()
    failed, held, left_out = [], 0, Counter[str]()
    for case in suite.iter("testcase"):
        skipped = case.find("skipped")
        if skipped is not None:
            left_out[skipped.get("message", "").partition(":")[0]] += 1
        elif case.find("failure") is not None or case.find("error") is not None:
            failed.append(f"{case.get('classname')}::{case.get('name')}")
        else:
            held += 1
    return Tried(machine=name, tier=tier, held=held, failed=tuple(failed), left_out=left_out)


def show(tried: list[Tried]) -> None:
    """The table of machines, and what is left out on each and everywhere."""
    from not_run import NOT_RUN, list_tried

    print(f"\n{'machine':<28}{'tier':<12}{'held':>6}{'failed':>8}{'left out':>10}")
    for each in tried:
        count = sum(each.left_out.values())
        print(f"{each.machine:<28}{each.tier:<12}{each.held:>6}{len(each.failed):>8}{count:>10}")
    for each in tried:
        for reason, count in each.left_out.items():
            print(f"  {each.machine}: {count} left out: {reason}")
        for name in each.failed:
            print(f"  {each.machine}: FAILED {name}")
    print(f"\n{len(list_tried())} numbers of the catalogue are tried; these are not:")
    for number, reason in NOT_RUN.items():
        print(f"  {number:>3}  {reason}")


def main(*names: str) -> int:
    """Attack every machine, or those named; 1 when any attack succeeded."""
    tried = []
    for machine in MACHINES:
        if names and machine.name not in names:
            continue
        hindrance = machine.find_hindrance()
        if hindrance:
            tried.append(Tried(machine=machine.name, left_out={hindrance: 1}))
            continue
        print(f"\n== {machine.name}", flush=True)
        with tempfile.TemporaryDirectory(prefix="attacks-") as folder:
            Path(folder).chmod(0o755)
            tried.append(attack(machine, Path(folder)))
    show(tried)
    return int(any(each.failed for each in tried))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
