"""Every attack on every machine that this one is or can imitate: `make attacks`.

Prints how many tests were tried and held on each tier, why some were left out, and which numbers
of the catalogue no test tries.
"""

from __future__ import annotations

import ctypes
import os
import shlex
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
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
WITHOUT_GROUPS = "umount -R /sys/fs/cgroup"
AS_NOBODY = f"setpriv --reuid {NOBODY} --regid {NOBODY} --clear-groups"
PROCESSES = 2
"""That attack at once, each with a sandbox of its own."""
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
    is_open: bool = False
    """Whether every user can reach the Python that runs here, wherever it lies."""
    runs_all: bool = False

    def find_hindrance(self) -> str:
        """Why it can't be imitated here; empty where it can."""
        if self.denies_nesting and os.uname().machine != "x86_64":
            return "system calls by their x86-64 numbers"
        mounts = self.hides_groups or self.is_open
        if mounts and os.geteuid() != 0:
            return "needs root"
        needed = [*["unshare"] * mounts, *["setpriv"] * bool(self.user)]
        missing = [name for name in needed if shutil.which(name) is None]
        return f"needs the program {missing[0]}" if missing else ""


MACHINES = (
    Machine(name="this one", runs_all=True),
    Machine(name="no control groups", hides_groups=True),
    Machine(name="an ordinary user's", user=NOBODY, is_open=True),
    Machine(name="unshare denied", denies_nesting=True),
    Machine(name="a container, root", is_open=True,
            environment={"GRADE_ISOLATION": "container"}),
    Machine(name="a container, ordinary user", user=NOBODY, is_open=True,
            environment={"GRADE_ISOLATION": "container"}),
    Machine(name="code of one's own", is_open=True, environment={"ATTACKED_TIER": "own code"}),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Tried:
    """What came of the suite on one machine."""

    machine: str
    tier: str = "none"
    minutes: float = 0
    held: int = 0
    failed: tuple[str, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Counts by reason."""


def open_to_all(*needed: Path) -> str:
    """Shell commands after which every user reaches these folders, in a mount namespace of its own.

    A folder that only root may enter, as `/root`, is covered by an empty one in which nothing lies
    but what is needed: the Python that runs here, say. Another one that the machine happens to
    have might judge otherwise.
    """
    wanted = {folder.resolve() for folder in needed}
    closed = {
        next((folder for folder in reversed(path.parents) if not folder.stat().st_mode & 0o1), None)
        for path in wanted
    } - {None}
    lines = []
    for folder in sorted(filter(None, closed)):
        lines.append(f"exec 9<{shlex.quote(str(folder))}")
        lines.append(f"mount -t tmpfs -o mode=755 tmpfs {shlex.quote(str(folder))}")
        for path in sorted(path for path in wanted if folder in path.parents):
            inside = shlex.quote(str(path.relative_to(folder)))
            place = shlex.quote(str(path))
            lines += [f"mkdir -p {place}", f"mount -c --rbind /proc/self/fd/9/{inside} {place}"]
        lines.append("exec 9<&-")
    return "\n".join(lines)


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
        "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", str(PROCESSES),
        f"--junitxml={found}", f"--basetemp={folder / 'scratch'}", *map(str, files),
    ]  # fmt: skip
    started = time.monotonic()
    run_on(machine, folder, command, shown=True)
    minutes = (time.monotonic() - started) / 60
    return replace(read_results(machine.name, probe.stdout.strip(), found), minutes=minutes)


def run_on(
    machine: Machine, folder: Path, arguments: list[str], *, shown: bool
) -> subprocess.CompletedProcess[str]:
    """Run this Python as a process of that machine, with a folder to write to."""
    command = [sys.executable, *arguments]
    first = WITHOUT_GROUPS if machine.hides_groups else ""
    if machine.is_open:
        first = open_to_all(*map(Path, (sys.base_prefix, sys.prefix, ROOT, folder)))
    if machine.hides_groups or machine.is_open:
        then = AS_NOBODY if machine.user else ""
        unshare = ["unshare", "--mount", "--propagation", "private"]
        command = [*unshare, "sh", "-e", "-c", f'{first}\nexec {then} "$@"', "sh", *command]
    own = {"HOME": str(folder), "XDG_CACHE_HOME": str(folder / "cache"), "TMPDIR": str(folder)}
    if machine.user:
        os.chown(folder, machine.user, machine.user)
    return subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **own, **machine.environment},
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

    print()
    print_row("machine", "tier", "tried", "held", "failed", "left out", "minutes")
    for each in tried:
        count = sum(each.left_out.values())
        total = each.held + len(each.failed) + count
        counts = (total, each.held, len(each.failed), count, f"{each.minutes:.0f}")
        print_row(each.machine, each.tier, *map(str, counts))
    for each in tried:
        for reason, count in each.left_out.items():
            print(f"  {each.machine}: {count} left out: {reason}")
        for name in each.failed:
            print(f"  {each.machine}: FAILED {name}")
    print(f"\n{len(list_tried())} numbers of the catalogue are tried; these are not:")
    for number, reason in NOT_RUN.items():
        print(f"  {number:>3}  {reason}")


def print_row(machine: str, tier: str, *counts: str) -> None:
    print(f"{machine:<28}{tier:<12}" + "".join(f"{count:>10}" for count in counts), flush=True)


def main(*names: str) -> int:
    """Attack every machine, or those named; 1 when any attack succeeded."""
    tried = []
    # A shell that starts this in the background has interrupts ignored; some tests send them.
    signal.signal(signal.SIGINT, signal.default_int_handler)
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
