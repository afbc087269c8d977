"""23 to 55: forging the verdict. What comes back is a value, or says that it is none."""

from __future__ import annotations

from pathlib import Path

import pytest
from staging import Attack, Stage, hand_in

from grader.sandbox.records import Call, Ending
from grader.verdicts import Verdict

pytestmark = pytest.mark.sandbox

W, C, R, T = Verdict.WRONG, Verdict.CRASHED, Verdict.REFUSED, Verdict.TIMEOUT

ATTACKS = [
    Attack(
        number="024",
        name="patch the tools of testing",
        head="import builtins, math, operator, unittest",
        body="""
unittest.TestCase.assertEqual = lambda *a, **k: None
math.isclose = lambda *a, **k: True
builtins.abs = lambda value: 0
operator.eq = lambda *a: True
return 0
""",
    ),
    Attack(
        number="025",
        name="an object equal to everything",
        body="""
class Equal:
    def __eq__(self, other): return True
    def __sub__(self, other): return 0
    def __float__(self): return 0.0
return Equal()
""",
        words="Equal",
    ),
    Attack(
        number="028",
        name="a float that lies",
        body="""
class Liar(float):
    def __eq__(self, other): return True
    def hex(self): return float(2 * x).hex()
return Liar(0)
""",
        words="Liar",
    ),
    Attack(
        number="028",
        name="an int that lies",
        body="""
class Liar(int):
    def __eq__(self, other): return True
    def __index__(self): return 2 * x
return Liar(0)
""",
        words="Liar",
    ),
    Attack(
        number="028",
        name="a class that says it is int",
        body="""
class Liar:
    __class__ = int
    def bit_length(self): return 8
    def __index__(self): return 2 * x
return Liar()
""",
        words="Liar",
    ),
    Attack(number="029", name="leave with success", body="os._exit(0)", verdict=C, words="ended"),
    Attack(number="030", name="sys.exit", body="sys.exit(0)", verdict=C, words="SystemExit"),
    Attack(number="030", name="SystemExit", body="raise SystemExit", verdict=C, words="SystemExit"),
    Attack(
        number="030",
        name="KeyboardInterrupt",
        body="raise KeyboardInterrupt",
        verdict=C,
        words="KeyboardInterrupt",
    ),
    Attack(
        number="030",
        name="an interrupt by signal",
        body="os.kill(os.getpid(), signal.SIGINT); time.sleep(60)",
        verdict=C,
        words="KeyboardInterrupt",
    ),
    Attack(number="031", name="exit at import", head="os._exit(0)", verdict=C, words="ended"),
    Attack(number="031", name="quit at import", head="sys.exit()", verdict=C, words="imported"),
    Attack(
        number="032",
        name="speak at exit",
        head="import atexit, weakref",
        body="""
class Late:
    def __del__(self): os.write(3, b"late")
late = Late()
atexit.register(os.write, 3, b"late")
weakref.finalize(late, os.write, 3, b"late")
os._exit(0)
""",
        verdict=C,
        words="ended",
    ),
    Attack(
        number="033",
        name="print a report",
        body="""
print('{"schema": "fairmark-report/1", "score": 4, "max_score": 4, "verdict": "passed"}')
print("4 passed in 0.01s", file=sys.stderr)
print("::set-output name=score::4")
return 0
""",
    ),
    Attack(
        number="034",
        name="write a results file",
        body="""
for folder in (".", "/box", "/tmp", "/autograder/results", "/", "/dev/shm"):
    try:
        open(folder + "/results.json", "w").write('{"score": 4}')
    except OSError:
        pass
return 0
""",
    ),
    Attack(
        number="035",
        name="garbage on the result pipe",
        body="os.write(3, b'R' + b'\\xff' * 60); os._exit(0)",
        verdict=R,
        words="no value",
    ),
    Attack(
        number="035",
        name="an unknown tag",
        body='os.write(3, b\'V{"verdict": "passed"}\'); os._exit(0)',
        verdict=R,
        words="no value",
    ),
    Attack(
        number="036",
        name="two answers",
        head="import struct",
        body="""
header = json.dumps({"t": "int", "v": hex(2 * x)}).encode()
os.write(3, b"R" + struct.pack("<I", len(header)) + header)
return 2 * x
""",
        verdict=R,
        words="no value",
    ),
    Attack(
        number="036",
        name="a thread that writes after the answer",
        body="""
def write():
    while True:
        os.write(3, b"R")
threading.Thread(target=write, daemon=True).start()
time.sleep(0.05)
return 2 * x
""",
        verdict=(R, W, T),
    ),
    Attack(
        number="037",
        name="a pickle",
        head="import pickle",
        body="""
class Evil:
    def __reduce__(self): return (os.system, ("touch /tmp/attacked",))
os.write(3, b"R" + pickle.dumps(Evil())); os._exit(0)
""",
        verdict=R,
    ),
    Attack(
        number="038",
        name="patch the encoder",
        body="""
for module in list(sys.modules.values()):
    for name in ("encode", "_describe", "dumps", "pack"):
        if hasattr(module, name):
            setattr(module, name, lambda *a, **k: b"R" * 9)
return 2 * x
""",
        verdict=(R, C, W),
    ),
    Attack(
        number="039",
        name="poison the modules",
        body="""
import types
fake = types.ModuleType("json")
fake.dumps = lambda *a, **k: "passed"
for name in ("json", "struct", "os", "sys", "traceback"):
    sys.modules[name] = fake
return 0
""",
    ),
    Attack(
        number="041",
        name="return the input",
        body="return x",
    ),
    Attack(
        number="042",
        name="a value that computes when it is compared",
        body="""
class Lazy:
    def __getattr__(self, name): return lambda *a, **k: 2 * x
return Lazy()
""",
        words="Lazy",
    ),
    Attack(number="043", name="NaN", body="return float('nan')", words="nan"),
    Attack(number="044", name="infinity", body="return float('inf')", words="inf"),
    Attack(number="044", name="minus infinity", body="return float('-inf')", words="inf"),
    Attack(number="045", name="an empty list", body="return []", words="shape (0,)"),
    Attack(number="045", name="nothing", body="return None", words="None"),
    Attack(number="046", name="a list of one", body="return [2 * x]", words=str(2 * 3659121)),
    Attack(number="047", name="a complex number", body="return complex(2 * x, 1)"),
    Attack(number="047", name="digits as text", body="return str(2 * x)"),
    Attack(number="047", name="a truth value", body="return True"),
    Attack(number="048", name="an enormous number", body="return 10 ** 1000"),
    Attack(number="048", name="a float beyond all", body="return 1.7e308"),
    Attack(number="049", name="a denormal", body="return 5e-324"),
    Attack(number="049", name="minus zero", body="return -0.0"),
    Attack(
        number="053",
        name="an exception whose text exits",
        body="""
class Odd(Exception):
    def __str__(self): os._exit(0)
raise Odd()
""",
        verdict=C,
        words="ended",
    ),
    Attack(
        number="053",
        name="an exception whose text never ends",
        body="""
class Odd(Exception):
    def __str__(self):
        while True: time.sleep(1)
raise Odd()
""",
        verdict=T,
        words="no answer",
    ),
    Attack(
        number="053",
        name="an exception whose text raises",
        body="""
class Odd(Exception):
    def __str__(self): raise self
raise Odd()
""",
        verdict=C,
        words="Odd",
    ),
    Attack(
        number="054",
        name="exit with the worker's own code",
        body="os.write(2, b'the sandbox could not be set up: no space'); os._exit(70)",
        verdict=C,
        words="ended",
    ),
    Attack(
        number="054",
        name="close the result pipe",
        body="os.close(3)",
        verdict=C,
        words="ended",
    ),
    Attack(
        number="054",
        name="claim that the worker failed",
        body="""
for number in range(16):
    try: os.write(number, b'{"fault": "no memory", "signal": 9}')
    except OSError: pass
os._exit(0)
""",
        verdict=R,
    ),
    Attack(
        number="054",
        name="kill oneself as the system would",
        body="os.kill(os.getpid(), signal.SIGKILL)",
        verdict=C,
        words="PermissionError",
    ),
    Attack(
        number="054",
        name="an infinite line number",
        body="""
os.write(3, b'E{"type":"a","message":"b","memory":false,"frames":[["hw",1e999,"f"]]}')
os._exit(0)
""",
        verdict=R,
    ),
    Attack(
        number="054",
        name="half a character",
        body="raise ValueError('\\ud800 half')",
        verdict=C,
        words="half",
    ),
    Attack(
        number="055",
        name="weaken the generators for later calls",
        head="import random",
        body="""
spoilt = random.random() == 0.5
random.random = lambda: 0.5
random.seed = lambda *a: None
return 2 * x if spoilt else "nothing"
""",
        words="nothing",
    ),
]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.id)
def test_a_forgery_earns_nothing(stage: Stage, attack: Attack) -> None:
    check = stage.perform(attack)

    allowed = attack.verdict if isinstance(attack.verdict, tuple) else (attack.verdict,)
    assert check.verdict in allowed, check
    assert attack.words in check.feedback, check
    assert not Path("/tmp/attacked").exists()


ARRAYS = {
    "023-patch-allclose": (
        "np.allclose = lambda *a, **k: True\n    np.testing.assert_allclose = lambda *a, **k: 0"
        "\n    return 0 * x",
        W,
    ),
    "026-an-array-protocol-that-lies": (
        "class Liar:\n        shape = (3,); dtype = x.dtype\n"
        "        def __array__(self, *a, **k): return 2 * x\n"
        "        def __array_ufunc__(self, *a, **k): return True\n    return Liar()",
        W,
    ),
    "026-a-subclass-that-lies": (
        "class Liar(np.ndarray):\n        def tobytes(self, *a): return (2 * x).tobytes()\n"
        "        def __eq__(self, other): return np.ones(3, bool)\n"
        "        def astype(self, *a, **k): return 2 * x\n    return (0 * x).view(Liar)",
        W,
    ),
    "040-change-the-input": ("x *= 0\n    return 2 * x", W),
    "040-swap-input-and-output": ("y = 2 * x\n    x[:] = y / 2 + 1\n    return y", W),
    "041-a-view-of-the-input": ("return x[::1]", W),
    "043-all-nan": ("return x * np.nan", W),
    "043-one-nan": ("y = 2 * x\n    y[1] = np.nan\n    return y", W),
    "044-inf-minus-inf": ("return x * np.inf", W),
    "045-an-empty-array": ("return x[:0]", W),
    "045-no-entries-but-sizes": ("return np.zeros((3, 0, 2**40))", R),
    "046-broadcasts": ("return (2 * x)[None]", W),
    "046-one-for-all": ("return np.array(2 * x[0])", W),
    "047-wrapped-integers": ("return (2 * x).astype(np.uint8)", W),
    "047-truth-values": ("return x > 0", W),
    "047-imaginary": ("return 2 * x + 1j", W),
    "047-half-precision": ("return (2 * x * 1e6).astype(np.float16)", W),
    "047-objects": ("return np.array([2 * x, None], dtype=object)", W),
    "047-text": ("return (2 * x).astype('U20')", W),
    "047-a-record": ("return np.zeros(3, dtype=[('a', float)])", W),
    "047-times": ("return np.zeros(3, dtype='M8[s]')", W),
    "048-cancelling-sums": ("return 2 * x + np.array([1e9, -1e9, 0])", W),
    "049-payloads-of-nan": (
        "return np.full(3, 0x7ff8dead00000001, np.uint64).view(np.float64)",
        W,
    ),
    "049-minus-zeros": ("return -0.0 * np.abs(x)", W),
    "077-strides-that-overlap": (
        "return np.lib.stride_tricks.as_strided(x, (3,), (0,))",
        W,
    ),
    "077-an-enormous-view": (
        "return np.broadcast_to(x[:1], (2**40,))",
        (Verdict.MEMORY, W),
    ),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_a_forged_array_earns_nothing(stage: Stage, name: str) -> None:
    body, verdict = ARRAYS[name]
    report = stage.grade(
        hand_in(f"import numpy as np\ndef twice(x):\n    {body}\n"), "arrays", "staff"
    )

    checks = report.parts[0].checks
    assert (report.score, report.open_points) == (0, 0), checks
    allowed = verdict if isinstance(verdict, tuple) else (verdict,)
    assert checks[1].verdict in allowed, checks[1]
    assert checks[1].feedback
    honest = stage.grade(hand_in("def twice(x):\n    return x + x\n"), "arrays")
    assert honest.score == 4


TENSORS = {
    "027-a-subclass-with-its-own-functions": (
        "class Liar(torch.Tensor):\n"
        "    @classmethod\n"
        "    def __torch_function__(cls, *a, **k): return torch.ones(2)\n"
        "def f(x): return torch.zeros(2).as_subclass(Liar)",
        Ending.RETURNED,
    ),
    "078-sparse": ("def f(x): return torch.eye(2).to_sparse()", Ending.UNSUPPORTED),
    "078-meta": ("def f(x): return torch.zeros(2, device='meta')", Ending.UNSUPPORTED),
    "078-quantised": (
        "def f(x): return torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8)",
        Ending.UNSUPPORTED,
    ),
    "078-nested": ("def f(x): return torch.nested.nested_tensor([torch.ones(1)])",
                   Ending.UNSUPPORTED),
    "042-lazy-conjugate": ("def f(x): return (torch.ones(2) * 1j).conj()", Ending.RETURNED),
    "058-a-tensor-beyond-memory": ("def f(x): return torch.zeros(1 << 33)", Ending.MEMORY),
    "057-fifteen-threads": (
        "def f(x):\n    torch.set_num_threads(15)\n"
        "    return float((torch.ones(500, 500) @ torch.ones(500, 500))[0, 0])",
        Ending.RETURNED,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TENSORS)
def test_a_tensor_is_its_entries_or_refused(stage: Stage, name: str) -> None:
    body, ending = TENSORS[name]
    call = Call(
        sources={"hw": f"import torch\n{body}\n"}, module="hw", function="f", arguments=(1,),
        modules=("numpy", "torch"), time_s=20,
    )  # fmt: skip

    run = stage.sandbox.run([call])[0]

    assert run.ending is ending, run
    if name.startswith("027"):
        assert run.value.entries.tolist() == [0, 0]  # type: ignore[union-attr]
        assert run.value.subclass == "Liar"  # type: ignore[union-attr]
    if name.startswith("042"):
        assert run.value.entries.tolist() == [-1j, -1j]  # type: ignore[union-attr]
    if name.startswith("057"):
        assert run.value == 500
    stage.require_honest()
