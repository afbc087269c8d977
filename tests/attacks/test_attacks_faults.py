"""Faults of ours: whatever is killed, full or missing, no verdict is wrong."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from staging import COURSE, RIGHT_ANSWERS, Attack, Stage, find_descendants, hand_in

from grader.expected import ExpectedValues
from grader.sandbox.pool import Sandbox
from grader.sandbox.records import Call, Ending, Run
from grader.sandbox.tiers import WORD, Tier
from grader.spec.models import Limits

pytestmark = pytest.mark.sandbox

ROOT = Path(__file__).resolve().parents[2]
SLOW = "import time\ndef double(x):\n    time.sleep(0.4)\n    return 2 * x\n"
CALL = Call(sources={"hw": SLOW}, module="hw", function="double", arguments=(21,), time_s=3)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(slots=2) as started:
        started.run([CALL])
        yield started


def read_command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def find_below(worker: int, tier: Tier) -> dict[str, list[int]]:
    """The processes of one worker by what they are; without a bubblewrap it is the zygote."""
    parents = {}
    for pid in find_descendants():
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[pid] = int(fields[1])
    found: dict[str, list[int]] = {"bwrap": [], "zygote": [], "child": [], "init": []}
    found["bwrap" if tier.has_bubblewrap else "zygote"] = [worker]
    below = [pid for pid, parent in parents.items() if parent == worker]
    while below:
        pid = below.pop()
        below += [other for other, parent in parents.items() if parent == pid]
        command = read_command(pid)
        if command.startswith("init"):
            found["init"].append(pid)
        elif "bwrap" in command.split(" ")[0]:
            found["bwrap"].append(pid)
        elif parents[pid] in found["bwrap"]:
            found["zygote"].append(pid)
        else:
            found["child"].append(pid)
    return found


@pytest.mark.parametrize("victim", ["bwrap", "zygote", "child", "init"])
def test_a_kill_in_flight_is_tried_again(sandbox: Sandbox, victim: str) -> None:
    if victim == "init" and sandbox.tier is not Tier.FULL:
        pytest.skip("only the full tier has an init for every call")
    if victim == "bwrap" and not sandbox.tier.has_bubblewrap:
        pytest.skip(f"a bubblewrap is no part of the tier {sandbox.tier}")
    with ThreadPoolExecutor(1) as pool:
        flying = pool.submit(sandbox.run, [CALL, CALL])
        killed = _kill_one(sandbox, victim)
        runs = flying.result(timeout=60)

    assert killed
    assert [(run.ending, run.value) for run in runs] == [(Ending.RETURNED, 42)] * 2


def _kill_one(sandbox: Sandbox, victim: str) -> bool:
    patience = time.monotonic() + 10
    while time.monotonic() < patience:
        for worker in list(sandbox._workers.values()):
            for pid in find_below(worker.pid, sandbox.tier)[victim][:1]:
                os.kill(pid, signal.SIGKILL)
                return True
        time.sleep(0.01)
    return False


def test_children_killed_while_they_wait_for_a_call_are_not_missed(sandbox: Sandbox) -> None:
    sandbox.run([CALL, CALL])
    for worker in list(sandbox._workers.values()):
        for pid in find_below(worker.pid, sandbox.tier)["child"]:
            # Those of a twin end with it.
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    runs = sandbox.run([CALL, CALL, CALL])

    assert [(run.ending, run.value) for run in runs] == [(Ending.RETURNED, 42)] * 3


def test_a_spare_with_its_imports_done_takes_over_from_a_dead_worker() -> None:
    with Sandbox(slots=2, spare_after=5) as sandbox:
        sandbox.run([CALL] * 4)
        if sandbox.tier is Tier.SEPARATE:
            pytest.skip("each submission has a worker of its own there, and a spare from the start")
        assert not sandbox._spares

        sandbox.run([CALL] * 2)
        ((key, spare),) = sandbox._spares.items()
        patience = time.monotonic() + 60
        while not spare.has_started() and time.monotonic() < patience:
            time.sleep(0.01)
        with ThreadPoolExecutor(1) as pool:
            flying = pool.submit(sandbox.run, [CALL] * 6)
            assert _kill_one(sandbox, "zygote")
            runs = flying.result(timeout=60)

        assert [(run.ending, run.value) for run in runs] == [(Ending.RETURNED, 42)] * 6
        assert sandbox._workers[key] is spare


def test_a_dead_spare_does_not_take_over() -> None:
    with Sandbox(slots=2, spare_after=1) as sandbox:
        sandbox.run([CALL] * 2)
        for worker in (*sandbox._workers.values(), *sandbox._spares.values()):
            worker.wait_until_ready()
            os.kill(worker.pid, signal.SIGKILL)
            os.waitid(os.P_PID, worker.pid, os.WEXITED | os.WNOWAIT)

        runs = sandbox.run([CALL] * 2)

        assert [(run.ending, run.value) for run in runs] == [(Ending.RETURNED, 42)] * 2


def test_killed_again_and_again_a_call_is_a_fault_and_never_wrong(stage: Stage) -> None:
    stage.require_honest()
    stop = threading.Event()

    def kill() -> None:
        while not stop.is_set():
            _kill_one(stage.sandbox, "child")
            time.sleep(0.05)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        report = stage.grade(hand_in(SLOW), audience="staff")
    finally:
        stop.set()
        killer.join()

    check = report.parts[0].checks[0]
    assert check.verdict in ("void", "passed")
    if check.verdict == "void":
        assert (report.open_points, report.status) == (4, "pending")
        assert "our fault" in check.feedback
        assert "killed by the system" in check.staff_note
    stage.require_honest()


def test_a_worker_outlives_the_thread_that_started_it() -> None:
    with Sandbox(slots=1) as sandbox:
        runs: list[Run] = []
        thread = threading.Thread(target=lambda: runs.extend(sandbox.run([CALL])))
        thread.start()
        thread.join()
        workers = list(sandbox._workers.values())

        runs += sandbox.run([CALL])

        assert [run.value for run in runs] == [42, 42]
        assert list(sandbox._workers.values()) == workers


def test_a_worker_gives_way_to_a_fresh_one_without_a_pause() -> None:
    quick = Call(sources={"hw": "def f(x):\n    return x\n"}, module="hw", function="f",
                 arguments=(7,))  # fmt: skip
    before = find_descendants()
    with Sandbox(slots=2, calls_per_worker=10) as sandbox:
        seen = set()
        for _ in range(30):
            assert [run.value for run in sandbox.run([quick] * 5)] == [7] * 5
            seen |= {worker.pid for worker in sandbox._workers.values()}
            time.sleep(0.02)

        assert len(seen) > 2
        assert len(sandbox._retired) == 0
    assert not {pid for pid in find_descendants() - before if "bwrap" in read_command(pid)}


def test_a_child_volunteers_when_the_machine_has_no_memory_left(sandbox: Sandbox) -> None:
    with ThreadPoolExecutor(1) as pool:
        flying = pool.submit(sandbox.run, [CALL])
        scores: set[str] = set()
        while not flying.done():
            for worker in list(sandbox._workers.values()):
                for pid in find_below(worker.pid, sandbox.tier)["child"]:
                    try:
                        scores.add(Path(f"/proc/{pid}/oom_score_adj").read_text().strip())
                    except OSError:
                        continue

    assert "1000" in scores


@pytest.mark.parametrize("delay_s", [0.05, 0.15, 0.4, 0.8])
def test_a_killed_command_leaves_no_process(tmp_path: Path, delay_s: float) -> None:
    folder = tmp_path / "attacked"
    folder.mkdir()
    (folder / "hw.py").write_text("import time\ndef double(x):\n    time.sleep(60)\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "grader", "submit", str(folder), "--course", str(COURSE)],
        env={**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(tmp_path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    before = find_descendants()
    time.sleep(delay_s)
    family = {*find_descendants() - before, process.pid}

    process.kill()
    process.wait()

    patience = time.monotonic() + 10
    while time.monotonic() < patience:
        left = {pid for pid in family if read_command(pid)}
        if not left:
            break
        time.sleep(0.05)
    assert not left, [read_command(pid) for pid in left]


def test_a_cut_off_or_changed_cache_is_not_known(tmp_path: Path) -> None:
    key = "ab" * 32
    ExpectedValues(tmp_path).remember(key, [1.5, "text", None])
    (path,) = [each for each in tmp_path.rglob("*") if each.is_file()]
    whole = path.read_bytes()

    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        assert ExpectedValues(tmp_path).find(key) == (False, None)
    for index in range(len(whole)):
        path.write_bytes(whole[:index] + bytes([whole[index] ^ 1]) + whole[index + 1 :])
        assert ExpectedValues(tmp_path).find(key) == (False, None)
    path.write_bytes(whole)
    assert ExpectedValues(tmp_path).find(key) == (True, [1.5, "text", None])


GRADE = """
import sys
import grader.cache
grader.cache.FORMAT = sys.argv.pop(1)
from grader.cli import main
sys.exit(main())
"""


def test_versions_that_share_a_cache_at_the_same_time_never_mix(tmp_path: Path) -> None:
    """Two formats of the cache and two states of the course, six processes at once."""
    factors = {"2": "2 * x", "3": "3 * x"}
    for factor, answer in factors.items():
        course = tmp_path / f"course-{factor}"
        shutil.copytree(COURSE, course)
        reference = course / "reference" / "honest" / "doubling.py"
        text = reference.read_text()
        assert "2 * x" in text
        reference.write_text(text.replace("2 * x", answer))
        handed_in = course / "honest"
        handed_in.mkdir()
        (handed_in / "hw.py").write_text(f"def double(x):\n    return {answer}\n")

    started = [
        subprocess.Popen(
            [sys.executable, "-c", GRADE, version, "submit", str(tmp_path / f"course-{own}/honest"),
             "--course", str(tmp_path / f"course-{theirs}"), "--format", "json"],
            env={**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(tmp_path / "cache")},
            stdout=subprocess.PIPE,
            text=True,
        )
        for version, own, theirs in (
            ("1", "2", "2"), ("1", "3", "3"), ("0", "2", "2"), ("0", "3", "3"), ("1", "3", "2"),
            ("0", "2", "3"),
        )
    ]  # fmt: skip
    scores = [json.loads(process.communicate(timeout=120)[0])["score"] for process in started]

    assert scores == [4, 4, 4, 4, 0, 0]


THREADS = """
import threading
import numpy as np
import torch

def work(threads, inner):
    torch.set_num_threads(inner)
    found = []
    def multiply():
        a, b = torch.full((300, 300), 2.0), np.full((300, 300), 2.0)
        found.append([float((a @ a).sum()), float((b @ b).sum())])
    started = [threading.Thread(target=multiply) for _ in range(threads)]
    for each in started:
        each.start()
    for each in started:
        each.join()
    ones = torch.ones(1000, 1000, dtype=torch.float64)
    return [found, float((ones @ ones).sum()), torch.get_num_threads()]
"""


@pytest.mark.parametrize(("threads", "inner"), [(15, 1), (1, 15)])
def test_fifteen_threads_multiply_matrices_in_a_gibibyte(threads: int, inner: int) -> None:
    call = Call(
        sources={"hw": THREADS}, module="hw", function="work", arguments=(threads, inner),
        modules=("numpy", "torch"), time_s=30, memory_mib=1024,
    )  # fmt: skip
    with Sandbox(slots=1) as sandbox:
        (run,) = sandbox.run([call])

    assert (run.ending, run.detail) == (Ending.RETURNED, "")
    assert run.value == [[[108e6, 108e6]] * threads, 1e9, inner]


CACHES: dict[str, Callable[[Path], Path]] = {
    "a file": lambda p: _touch(p / "cache"),
    "below a file": lambda p: _touch(p / "cache") / "deeper",
    "full": lambda p: Path("/dev/full"),
    "a link to itself": lambda p: _loop(p / "cache"),
    "a name too long": lambda p: p / ("x" * 300),
}


def _touch(path: Path) -> Path:
    path.write_text("")
    return path


def _loop(path: Path) -> Path:
    path.symlink_to(path)
    return path


@pytest.mark.parametrize("name", CACHES)
def test_an_unusable_cache_only_costs_time(tmp_path: Path, name: str) -> None:
    memory = ExpectedValues(CACHES[name](tmp_path))

    memory.remember("ab" * 32, 42)

    assert memory.find("ab" * 32) == (True, 42)
    assert memory.find("cd" * 32) == (False, None)


REFERENCES = {
    "crashes": "import os\ndef double(x):\n    os.abort()\n",
    "leaves": "import os\ndef double(x):\n    os._exit(0)\n",
    "hangs": "import time\ndef double(x):\n    time.sleep(60)\n",
    "raises": "def double(x):\n    raise ValueError('CANARY-INNER')\n",
    "is gone": "def other(x):\n    return x\n",
    "returns an object": "def double(x):\n    return object()\n",
    "takes all memory": "def double(x):\n    return bytearray(1 << 45)\n",
}


@pytest.mark.parametrize("name", REFERENCES)
def test_a_broken_reference_leaves_the_points_open(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    from dataclasses import replace

    import staging

    # A reference may take two minutes; a hanging one is not waited for that long here.
    monkeypatch.setattr("grader.bench.REFERENCE_LIMITS", Limits(time_s=0.4, memory_mib=256))
    loaded = staging.load("attacked")
    broken = replace(
        loaded, problems=tuple(replace(p, reference=REFERENCES[name]) for p in loaded.problems)
    )
    monkeypatch.setattr(staging, "load", lambda assignment: broken)

    student, staff = (
        stage.grade(hand_in(Attack(number="", name="").text), audience=audience)
        for audience in ("student", "staff")
    )

    assert (staff.score, staff.open_points, staff.status) == (0, 4, "pending")
    assert "doubling.py" in staff.parts[0].checks[0].staff_note
    assert "CANARY" not in student.model_dump_json()
    assert student.parts[0].checks[0].feedback
    monkeypatch.undo()
    stage.require_honest()


BUBBLEWRAPS = {
    "is missing": "",
    "fails": "#!/bin/sh\necho 'bwrap: setting up uid map: Permission denied' >&2\nexit 1\n",
    "is too old": "#!/bin/sh\necho 'bwrap: Unknown option --info-fd' >&2\nexit 1\n",
    "says nothing": "#!/bin/sh\nexit 1\n",
    "is no program": "no program\n",
}


@pytest.mark.parametrize("name", BUBBLEWRAPS)
def test_without_a_working_bubblewrap_nothing_is_graded(tmp_path: Path, name: str) -> None:
    fake = tmp_path / "bin" / "bwrap"
    fake.parent.mkdir()
    if BUBBLEWRAPS[name]:
        fake.write_text(BUBBLEWRAPS[name])
        fake.chmod(0o755)
    # What `bwrap` itself lies beside is not needed to start a grader.
    path = str(fake.parent) if name == "is missing" else f"{fake.parent}:/usr/bin:/bin"
    folder = tmp_path / "attacked"
    folder.mkdir()
    (folder / "hw.py").write_text("def double(x):\n    return 2 * x\n")

    shown = subprocess.run(
        [sys.executable, "-m", "grader", "submit", str(folder), "--course", str(COURSE)],
        # On every machine: where the operator's word is a container's, none is needed.
        env={**os.environ, "PYTHONPATH": str(ROOT), "PATH": path, WORD: ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert shown.returncode == 5, (shown.stdout, shown.stderr)
    assert "Traceback" not in shown.stderr
    assert "trust-submission" in shown.stderr


WRITTEN = "".join(f"## {part}\n{answer}\n\n" for part, answer in RIGHT_ANSWERS.items())


def start(course: str, folder: Path, *options: str, **more: Any) -> subprocess.Popen[str]:
    """Begin to grade right answers; what is remembered lies in the folder as well."""
    handed_in = folder / course
    handed_in.mkdir(exist_ok=True)
    if course == "written":
        (handed_in / "answers.md").write_text(WRITTEN)
    else:
        name = "twice" if course == "arrays" else "double"
        (handed_in / "hw.py").write_text(f"def {name}(x):\n    return 2 * x\n")
    environment = {"PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(folder / "cache")}
    return subprocess.Popen(
        [*more.pop("before", ()), sys.executable, "-m", "grader", "submit", str(handed_in),
         "--course", str(COURSE), *options],
        env={**os.environ, **environment, **more.pop("environment", {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **more,
    )  # fmt: skip


def require_nothing_wrong(process: subprocess.Popen[str]) -> str:
    """Right answers earn everything, or what they don't earn is open, or nothing was graded."""
    output, complaints = process.communicate(timeout=120)
    assert "Traceback" not in complaints
    if process.returncode == 5:
        assert output == ""
        return "refused"
    assert process.returncode == 0, complaints
    report = json.loads(output)
    assert report["score"] + report["open_points"] == report["max_score"], report
    assert {part["verdict"] for part in report["parts"]} <= {"passed", "void"}
    return str(report["status"])


@pytest.mark.parametrize("mib", [50, 60, 70, 150])
@pytest.mark.parametrize("course", ["written", "arrays"])
def test_a_grader_without_memory_is_never_wrong(tmp_path: Path, course: str, mib: int) -> None:
    def limit() -> None:
        # Its own alone: what it starts may have more.
        resource.setrlimit(resource.RLIMIT_AS, (mib << 20, resource.RLIM_INFINITY))

    require_nothing_wrong(start(course, tmp_path, "--format", "json", preexec_fn=limit))


FULL = """
mount -t tmpfs -o size=256k none "$1" && cd "$1" && mkdir cache tmp
dd if=/dev/zero of=filling bs=1k count=400 2>&1 | grep -q 'No space left' || exit 99
shift
exec setpriv --inh-caps=-all --ambient-caps=-all "$@"
"""
OWN_MOUNTS = ["unshare", "--mount"]
if os.geteuid() != 0:
    OWN_MOUNTS += ["--map-current-user", "--keep-caps"]


def start_on_full_disk(course: str, folder: Path, *options: str) -> subprocess.Popen[str]:
    full = folder / "full"
    full.mkdir()
    before = [*OWN_MOUNTS, "sh", "-c", FULL, "sh", str(full)]
    places = {"TMPDIR": f"{full}/tmp", "XDG_CACHE_HOME": f"{full}/cache"}
    return start(course, folder, *options, before=before, environment=places)


def can_mount() -> bool:
    mount = ["sh", "-c", "mount -t tmpfs none /tmp && setpriv --inh-caps=-all true"]
    try:
        return not subprocess.run([*OWN_MOUNTS, *mount], check=False).returncode
    except OSError:
        return False


@pytest.mark.parametrize("course", ["written", "honest"])
def test_on_a_full_disk_answers_are_graded_and_nothing_is_half_written(
    tmp_path: Path, course: str
) -> None:
    if not can_mount():
        pytest.skip("needs a mount of its own")

    shown = start_on_full_disk(course, tmp_path, "--format", "json")

    assert require_nothing_wrong(shown) == "final"


def test_a_report_that_has_no_room_is_a_fault_of_ours(tmp_path: Path) -> None:
    if not can_mount():
        pytest.skip("needs a mount of its own")

    shown = start_on_full_disk("written", tmp_path, "-o", str(tmp_path / "full" / "report.html"))

    output, complaints = shown.communicate(timeout=120)
    assert (shown.returncode, output) == (5, "")
    assert complaints.splitlines()[-1] == (
        f"grade: cannot write the report to {tmp_path}/full/report.html: no space left on device"
    )


CLOCK = """
import random, time
real = time.time
time.time = lambda: real() + random.choice((-1, 1)) * random.random() * 1e9
time.time_ns = lambda: int(time.time() * 1e9)
"""


def test_a_clock_that_jumps_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(CLOCK)
    places = {"PYTHONPATH": f"{tmp_path}:{ROOT}"}

    for course in ("honest", "written", "honest"):
        shown = start(course, tmp_path, "--format", "json", environment=places)

        assert require_nothing_wrong(shown) == "final"


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.95, 1.0])
def test_killed_at_any_moment_a_report_is_the_old_one_or_the_new(
    tmp_path: Path, share: float
) -> None:
    report = tmp_path / "report.json"
    report.write_text("the old one")
    started = time.monotonic()
    start("honest", tmp_path, "-o", str(tmp_path / "first.json")).communicate(timeout=120)
    usual_s = time.monotonic() - started

    process = start("honest", tmp_path, "-o", str(report))
    with suppress(subprocess.TimeoutExpired):
        process.wait(usual_s * share)
    process.kill()
    process.communicate()

    text = report.read_text()
    assert text == "the old one" or json.loads(text)["score"] == 4
