"""A01 onwards: attacks of our own, found by reading the sandbox as somebody who wants out."""

from __future__ import annotations

import json
import struct

import pytest
from staging import HONEST, SHOWN, Attack, Stage, hand_in, load, python_file

from grader.grading import grade
from grader.report import find_renderer
from grader.sandbox.decoding import MalformedMessage, decode_value
from grader.sandbox.records import Call, Ending
from grader.sandbox.tiers import Tier
from grader.submission.models import Submission
from grader.verdicts import Verdict

pytestmark = pytest.mark.sandbox

W, C, R, T, M = (
    Verdict.WRONG, Verdict.CRASHED, Verdict.REFUSED, Verdict.TIMEOUT, Verdict.MEMORY,
)  # fmt: skip

ANY = """
def tried(*actions):
    done = []
    for number, action in enumerate(actions):
        try: action()
        except OSError: continue
        done.append(number)
    return done or "nothing"
"""

ATTACKS = [
    Attack(
        number="A01",
        name="make the machine's null device unusable",
        head=ANY,
        body="""
return tried(lambda: os.chmod("/dev/null", 0o666), lambda: os.utime("/dev/null"),
             lambda: os.fchmod(0, 0o666), lambda: os.setxattr("/dev/null", "user.x", b""),
             lambda: os.truncate("/dev/null", 0), lambda: os.chown("/dev/null", -1, -1))
""",
    ),
    Attack(
        number="A02",
        name="own the system's files as root's child",
        body="""
status = os.stat("/usr/bin/cat")
return "nothing" if status.st_uid != os.getuid() and os.getuid() != 0 else [status.st_uid]
""",
    ),
    Attack(
        number="A03",
        name="hold up the machine's programs with a lease",
        head=ANY + "import fcntl",
        body="""
file = os.open("/usr/bin/cat", os.O_RDONLY)
return tried(lambda: fcntl.fcntl(file, 1024, 0), lambda: fcntl.fcntl(file, 1026, 1))
""",
    ),
    Attack(
        number="A04",
        name="have the kernel send signals",
        head=ANY + "import fcntl",
        body="""
return tried(lambda: fcntl.fcntl(3, 8, 1), lambda: fcntl.fcntl(3, 10, signal.SIGKILL),
             lambda: fcntl.fcntl(3, 8, -1), lambda: fcntl.fcntl(3, 15, bytes(8)))
""",
    ),
    Attack(
        number="A05",
        name="die with a parent that never was",
        head=ANY + "import ctypes",
        body="""
libc = ctypes.CDLL(None)
options = {"PDEATHSIG": 1, "DUMPABLE": 4, "KEEPCAPS": 8, "SECCOMP": 22, "CAPBSET": 24,
           "TSC": 26, "SECUREBITS": 28, "MM": 35, "SUBREAPER": 36, "NO_NEW_PRIVS": 38,
           "AMBIENT": 47, "SYSCALL_DISPATCH": 59, "PTRACER": 0x59616d61}
hit = [name for name, number in options.items() if libc.prctl(number, 9, 0, 0, 0) >= 0]
return hit or "nothing"
""",
    ),
    Attack(
        number="A06",
        name="open a terminal that others see",
        head=ANY,
        body="""
return tried(lambda: os.openpty(), lambda: os.listdir("/dev/pts"),
             lambda: os.open("/dev/ptmx", os.O_RDWR))
""",
    ),
    Attack(
        number="A07",
        name="raise the limits",
        head=ANY + "import resource",
        body="""
def raise_limit(which):
    try: resource.setrlimit(which, (resource.RLIM_INFINITY,) * 2)
    except ValueError: raise OSError
return tried(*(lambda w=w: raise_limit(w) for w in (resource.RLIMIT_AS, resource.RLIMIT_CPU,
             resource.RLIMIT_NPROC, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE)))
""",
    ),
    Attack(
        number="A08",
        name="lower a limit to be killed without a reason",
        head="import resource",
        body="resource.setrlimit(resource.RLIMIT_CPU, (0, 0))\nwhile True: pass",
        verdict=C,
    ),
    Attack(
        number="A09",
        name="feign the processor limit",
        body="os.kill(os.getpid(), signal.SIGXCPU)",
        verdict=C,
        words="SIGXCPU",
    ),
    Attack(
        number="A10",
        name="stop and never go on",
        body="os.kill(os.getpid(), signal.SIGTSTP)",
        verdict=(T, W),
    ),
    Attack(
        number="A11",
        name="a real-time signal",
        body="os.kill(os.getpid(), 40)",
        verdict=C,
        words="crashed",
    ),
    Attack(
        number="A12",
        name="claim to be out of memory",
        body="raise MemoryError('mine')",
        verdict=M,
        words="128 MiB",
    ),
    Attack(
        number="A13",
        name="a broken frame for the kernel",
        head="import ctypes",
        body="ctypes.CDLL(None).syscall(15)",
        verdict=C,
        words="segmentation fault",
    ),
    Attack(
        number="A14",
        name="drip bytes until the deadline",
        body="while True: os.write(3, b'R'); time.sleep(0.01)",
        verdict=T,
        words="no answer",
    ),
    Attack(
        number="A15",
        name="write one byte at a time without end",
        body="while True: os.write(1, b'x')",
        verdict=T,
    ),
    Attack(
        number="A16",
        name="an answer and then a crash",
        body="threading.Timer(0.05, os.abort).start(); time.sleep(0.04)\nreturn 0",
        verdict=(C, W),
    ),
    Attack(
        number="A17",
        name="an answer through a pipe that does not wait",
        body="os.set_blocking(3, False)\nreturn ['x' * 60000] * 40",
        verdict=(C, R, W),
    ),
    Attack(
        number="A18",
        name="put a file where the result pipe was",
        body="os.dup2(os.open('f', os.O_CREAT | os.O_RDWR), 3)\nreturn 2 * x",
        verdict=C,
        words="ended",
    ),
    Attack(
        number="A19",
        name="undo what was imported for the answer",
        body="""
for name in list(sys.modules):
    if name not in ("sys", "builtins"): del sys.modules[name]
import builtins
builtins.len = builtins.type = builtins.isinstance = builtins.BaseException = None
return 0
""",
        verdict=(C, W),
    ),
    Attack(
        number="A20",
        name="a trace function in the answering code",
        body="""
def trace(frame, event, argument):
    for name in ("value", "node", "content"):
        if name in frame.f_locals: raise RuntimeError(name)
    frame.f_trace_lines = True
    return trace
sys.settrace(trace); sys.setprofile(trace)
threading.settrace(trace)
return 0
""",
        verdict=(C, W),
    ),
    Attack(
        number="A21",
        name="a getattr at the top of the module",
        head="def __getattr__(name): return lambda *a: 0\n",
        body="raise KeyError(double.__globals__['__getattr__']('x')(1))",
        verdict=C,
        words="KeyError",
    ),
    Attack(
        number="A22",
        name="replace the module while it loads",
        head="class Fake: double = staticmethod(lambda x: 2 * x)\nsys.modules[__name__] = Fake()\n",
        body="return 'nothing'",
    ),
    Attack(
        number="A23",
        name="a dict with keys that all collide",
        body="return {n * ((1 << 61) - 1): 0 for n in range(2040)}",
    ),
    Attack(
        number="A24",
        name="many keys in one node",
        body="""
head = ("{" + ",".join(f'"{n}":0' for n in range(90000)) + "}").encode()
os.write(3, b"R" + len(head).to_bytes(4, "little") + head); os._exit(0)
""",
        verdict=R,
    ),
    Attack(
        number="A25",
        name="a number with a giant exponent in the header",
        body="""
head = b'{"t":"array","d":"float64","s":[1e999999999],"o":0,"n":0}'
os.write(3, b"R" + len(head).to_bytes(4, "little") + head); os._exit(0)
""",
        verdict=R,
    ),
    Attack(
        number="A26",
        name="fractions where counts belong",
        body="""
head = b'{"t":"array","d":"uint8","s":[true],"o":0.0,"n":1}'
os.write(3, b"R" + len(head).to_bytes(4, "little") + head + b"1"); os._exit(0)
""",
        verdict=R,
    ),
    Attack(
        number="A27",
        name="sizes of nothing that overflow",
        body="""
sizes = [0] + [1 << 26] * 15
head = json.dumps({"t": "array", "d": "float64", "s": sizes, "o": 0, "n": 0}).encode()
os.write(3, b"R" + len(head).to_bytes(4, "little") + head); os._exit(0)
""",
        verdict=(R, W),
    ),
    Attack(
        number="A28",
        name="a subclass with a hostile name",
        head=ANY,
        body="return type('<b>\\x1b[31m' + 'y' * 5000, (), {})()",
        words="returned",
    ),
    Attack(
        number="A29",
        name="an exception of another name",
        body="""
class Odd(type):
    @property
    def __name__(cls): os._exit(0)
class Fault(Exception, metaclass=Odd): pass
raise Fault()
""",
        verdict=C,
    ),
    Attack(
        number="A30",
        name="a cause chain without end",
        body="""
one, two = ValueError("one"), ValueError("two")
one.__cause__, two.__cause__, one.__context__ = two, one, two
raise one
""",
        verdict=C,
        words="ValueError: one",
    ),
    Attack(
        number="A31",
        name="a message of a gigabyte",
        body="raise ValueError('x' * (50 << 20))",
        verdict=(C, M),
    ),
    Attack(
        number="A32",
        name="frames that name other files",
        body="exec(compile('1 / 0', '/etc/passwd', 'exec'))",
        verdict=C,
        words="ZeroDivisionError",
    ),
    Attack(
        number="A33",
        name="a report in an exception",
        body="raise ValueError('x\\nverdict   passed\\nscore     4 of 4\\n## passed')",
        verdict=C,
        words="ValueError",
    ),
    Attack(
        number="A34",
        name="a core file",
        head=ANY,
        body="os.chdir(os.environ['HOME']); os.abort()",
        verdict=C,
        words="abort",
    ),
    Attack(
        number="A35",
        name="alarms and timers",
        body="signal.setitimer(signal.ITIMER_REAL, 0.01); time.sleep(60)",
        verdict=C,
        words="crashed",
    ),
    Attack(
        number="A36",
        name="a name server of modules",
        body="""
class Finder:
    def find_spec(self, *a): raise SystemExit(0)
sys.meta_path.insert(0, Finder()); sys.path_hooks.clear(); sys.path_importer_cache.clear()
import decimal
""",
        verdict=C,
    ),
    Attack(
        number="A37",
        name="pipes filled with pages",
        head="import fcntl",
        body="""
taken = 0
try:
    while taken < 1 << 30:
        reader, writer = os.pipe()
        size = fcntl.fcntl(writer, 1031, 1 << 20)
        os.set_blocking(writer, False)
        taken += os.write(writer, bytes(size))
except OSError:
    pass
return "nothing" if taken < 200 << 20 else taken
""",
        words="nothing",
    ),
    Attack(
        number="A38",
        name="find the course below usr or the interpreter",
        body="""
def look(path):
    try: return os.listdir(path)
    except OSError: return []
seen = [path for path in ("/usr/src", "/usr/local/src", "/usr/local/share", "/usr/share/doc",
        "/usr/include", sys.prefix + "/problems") if look(path)]
own = ("lib", "lib64", "bin", "pyvenv.cfg")
seen += [name for name in look(sys.prefix) if name not in own]
return seen or "nothing"
""",
    ),
    Attack(
        number="A39",
        name="learn about the machine's other work",
        head=ANY,
        body="""
return tried(lambda: os.listdir("/proc/1"), lambda: open("/proc/loadavg"),
             lambda: open("/proc/net/tcp"),
             lambda: os.listdir("/sys"), lambda: open("/dev/kmsg"), lambda: open("/dev/mem"),
             lambda: os.listdir("/dev/fd"), lambda: open("/proc/self/oom_score_adj", "w"))
""",
    ),
]  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.id)
def test_an_attack_of_our_own_fails(stage: Stage, attack: Attack) -> None:
    check = stage.perform(attack)

    allowed = attack.verdict if isinstance(attack.verdict, tuple) else (attack.verdict,)
    assert check.verdict in allowed, check
    assert attack.words in check.feedback, check
    if "nothing" in attack.body and not attack.words:
        assert "'nothing'" in check.feedback, check


STRANGE = [
    "10**1200", "-10**1200", "2**4095", "1e400", "-1e400", "float('nan')", "complex('nan+infj')",
    "complex(1e308, 1e308)", "''", "'\\x00'", "'x' * 65536", "[[]]", "[[], [[]]]", "[[1], [1, 2]]",
    "()", "((),)", "{}", "{None: 1} and {1: {}}", "{True: 1, 'a': 2}", "[None]", "[1, 'a', None]",
    "[float('nan')] * 3", "[10**400, 1.5]", "[1j, 10**400]", "[True, 10**400]", "set()", "range(3)",
    "b'bytes'", "bytearray(3)", "memoryview(b'x')", "iter([])", "(n for n in [1])", "int", "sys",
    "double", "Ellipsis", "NotImplemented", "slice(1)", "type('X', (), {})", "lambda: 0",
    "__import__('decimal').Decimal('sNaN')", "__import__('fractions').Fraction(1, 3)",
    "__import__('array').array('d', [1])", "__import__('datetime').date(1, 1, 1)",
    "__import__('collections').namedtuple('N', 'a')(2 * x)",
    "__import__('enum').IntEnum('E', 'A').A",
    "[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]", "{'a': [1, {'b': (2,)}]}", "[0] * 4000",
]  # fmt: skip


@pytest.mark.parametrize("value", STRANGE)
def test_A40_no_value_makes_the_judging_itself_fail(stage: Stage, value: str) -> None:
    """A value that broke the comparison would leave the points open, and be asked for again."""
    report = stage.grade(hand_in(Attack(number="A40", name="", body=f"return {value}").text),
                         audience="staff")  # fmt: skip

    check = report.parts[0].checks[0]
    assert (report.score, report.open_points) == (0, 0), check
    assert check.verdict in (W, R), check
    assert check.feedback
    for form in ("json", "html", "markdown", "terminal"):
        find_renderer(form)(report).encode()


WHISPERS = {
    "a lock on a shared library": (
        "import fcntl\nfile = os.open('/usr/bin/cat', os.O_RDONLY)\n"
        "fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)\ntime.sleep(0.3)\nreturn 0"
    ),
    "a record lock on a shared library": (
        "import fcntl, struct\nfile = os.open('/usr/bin/cat', os.O_RDONLY)\n"
        "fcntl.fcntl(file, fcntl.F_SETLK, struct.pack('hhqqi4x', fcntl.F_RDLCK, 0, 0, 1, 0))\n"
        "time.sleep(0.2)\n"
        "try: found = fcntl.fcntl(file, fcntl.F_GETLK, struct.pack('hhqqi4x', 1, 0, 0, 1, 0))\n"
        "except OSError: return 0\n"
        "return struct.unpack('hhqqi4x', found)[0] != 2"
    ),
    "a file in a shared folder": (
        "seen = 0\nfor folder in ('/dev/shm', '/tmp', '/box', '/'):\n"
        "    try: open(folder + '/whisper', 'x')\n"
        "    except FileExistsError: seen = 1\n"
        "    except OSError: pass\ntime.sleep(0.2)\nreturn seen"
    ),
    "a terminal's number": (
        "time.sleep(0.1)\ntry: return len(os.listdir('/dev/pts')) - 1\nexcept OSError: return 0"
    ),
    "a semaphore of the system": (
        "import ctypes\nfound = ctypes.CDLL(None).semget(4711, 1, 0o1666)\ntime.sleep(0.2)\n"
        "return found + 1"
    ),
    "a process number": "time.sleep(0.1)\nreturn os.getpid() - 2",
    "a host name": "import socket\nreturn int(socket.gethostname() != 'grader')",
}


NAMESPACED = {"a process number": (Tier.FULL,), "a host name": (Tier.FULL, Tier.SEPARATE)}
"""What only namespaces hide; elsewhere calls of one submission share it."""


@pytest.mark.parametrize("way", WHISPERS)
def test_A41_two_children_at_the_same_time_cannot_speak(stage: Stage, way: str) -> None:
    if stage.sandbox.tier not in NAMESPACED.get(way, Tier):
        pytest.skip(f"{way} is not hidden by the tier {stage.sandbox.tier}")
    text = Attack(number="A41", name=way, body=WHISPERS[way]).text
    call = Call(sources={"hw": text}, module="hw", function="double", arguments=(1,))

    runs = stage.sandbox.run([call, call])

    assert [(run.ending, run.value) for run in runs] == [(Ending.RETURNED, 0)] * 2, runs


def test_A42_one_submission_never_sees_anothers_sources(stage: Stage) -> None:
    body = "import importlib\nreturn [n for n in ('secret', 'hw2') if importlib.util.find_spec(n)]"
    other = hand_in("", secret="KEY = 1\ndef double(x): return 2 * x\n", hw2=HONEST)
    assert stage.grade(other).score == 4

    text = Attack(number="A42", name="", head="import importlib.util", body=body).text
    call = Call(sources={"hw": text}, module="hw", function="double", arguments=(1,))

    assert stage.sandbox.run([call])[0].value == []


def test_A43_a_file_name_is_shown_as_text(stage: Stage) -> None:
    name = "<script>alert(1)</script>\x1b[2J\u202e.py"
    submission = Submission(
        id="sha256:" + "0" * 64,
        name="</title><script>",
        sources=(python_file(name, "def double(x):\n    return 1 / 0\n"),),
    )

    report = grade(load("attacked"), submission, stage.sandbox)

    assert report.parts[0].verdict == "crashed"
    for form in ("html", "terminal", "markdown", "json"):
        page = find_renderer(form)(report)
        assert not {"\x1b[2J", "\u202e"} & {page[i : i + 4] for i in range(len(page))}
    assert "<script>alert" not in find_renderer("html")(report)


def test_A44_a_submission_of_a_thousand_modules_is_imported_lazily(stage: Stage) -> None:
    files = {f"m{n}": "raise SystemExit\n" for n in range(150)}

    assert stage.grade(hand_in(HONEST, **files)).score == 4


@pytest.mark.parametrize("seed", range(20))
def test_A45_damaged_messages_are_malformed_and_cheap(seed: int) -> None:
    import random

    draw = random.Random(seed)
    tree = {"t": "list", "v": [{"t": "int", "v": "0x1"}, {"t": "float", "v": "0x1p0"},
            {"t": "array", "d": "float64", "s": [2, 1], "o": 0, "n": 16}]}  # fmt: skip
    header = json.dumps(tree).encode()
    whole = struct.pack("<I", len(header)) + header + bytes(16)
    survived = 0
    for _ in range(250):
        message = bytearray(whole)
        for _ in range(draw.randrange(1, 4)):
            at = draw.randrange(len(message))
            message[at : at + draw.randrange(3)] = draw.randbytes(draw.randrange(3))
        try:
            decode_value(bytes(message))
        except MalformedMessage:
            continue
        survived += 1
    assert survived < 250


def test_A46_the_shown_input_is_the_only_one_a_student_learns(stage: Stage) -> None:
    """Wrong on hidden inputs alone: the words say so and give no value."""
    body = f"return 2 * x if x == {SHOWN} else x"
    report = stage.grade(hand_in(Attack(number="A46", name="", body=body).text))

    hidden = next(check for check in report.parts[0].checks if check.hidden)
    assert hidden.counterexample is None
    assert not any(character.isdigit() for character in hidden.feedback)
