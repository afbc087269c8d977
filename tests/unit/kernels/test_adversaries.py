"""Hostile source: refused or limited, never executed, whatever it says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from builders import HEADER, kernel, run
from hostile_sources import HARMLESS
from hostile_sources import REFUSED as DEAR_AND_REFUSED
from hostile_sources import STOPPED as DEAR_AND_STOPPED

from grader.kernels.launch import Launch, run_kernel
from grader.kernels.limits import Budget

SMALL = Budget(work=20_000)

UNREADABLE = {
    "brackets": "x = " + "(" * 5000 + ")" * 5000,
    "minus signs": "x = " + "-" * 50_000 + "1",
    "nots": "x = " + "not " * 9000 + "1",
    "attributes": "x = a" + ".b" * 9000,
    "a long sum": "x = " + "+".join(["1"] * 20_000),
    "calls of calls": "x = f" + "()" * 9000,
    "subscripts": "x = a" + "[0]" * 9000,
    "lambdas": "x = " + "lambda:" * 8000 + "1",
    "indents": "if 1:\n" + "".join("\t" * k + "if 1:\n" for k in range(1, 90)),
    "a large file": "x = 1\n" * 40_000,
    "a null byte": "x = 1\0",
    "no Python": "def f(:",
    "a huge literal": "x = " + "9" * 5000,
    "a lone surrogate": "x = '\ud800'",
}


@pytest.mark.parametrize("text", UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_parsed_is_refused(text: str) -> None:
    found = run_kernel(text, "f", Launch(grid=(1,), block=(32,)), [])

    assert found.refusal is not None


def wrap(*lines: str) -> str:
    return kernel("a", *lines)


REFUSED = {
    "a decorator that runs code": "@__import__('os').system\ndef f(a):\n    a[0] = 1\n",
    "two decorators": "@cuda.jit\n@cuda.jit(print('x'))\ndef f(a):\n    pass\n@id\ndef g(): pass\n",
    "no decorator": "def f(a):\n    a[0] = 1\n",
    "a class": "class f(metaclass=print):\n    pass\n",
    "a kernel in a branch": "if True:\n    @cuda.jit\n    def f(a):\n        pass\n",
    "exec": wrap("exec('1')"),
    "an import": wrap("import os"),
    "open": wrap("open('x')"),
    "dunders": wrap("a.__class__"),
    "a list": wrap("x = [1, 2]"),
    "a comprehension": wrap("x = sum(k for k in range(3))"),
    "try": wrap("try:", "    pass", "except Exception:", "    pass"),
    "a lambda": wrap("x = lambda: 1"),
    "a string": wrap("x = 'text'"),
    "recursion": wrap("f(a)"),
    "numpy": "import numpy as np\n" + wrap("np.dot(a, a)"),
    "torch": "import torch\n" + wrap("torch.matmul(a, a)"),
    "a float index": wrap("a[1.5] = 1"),
    "whole arrays": wrap("a[:] = 0"),
    "a shape that varies": wrap("n = a.size", "s = cuda.shared.array(n, float32)"),
    "an undefined name": wrap("a[0] = nothing"),
    "a huge power": "N = 10 ** 10 ** 10\n" + wrap("a[0] = N"),
    "a huge shift": "N = 1 << 10 ** 9\n" + wrap("a[0] = N"),
    "a doubling tuple": "A = (1, 2)\n" + "A = (A, A)\n" * 40 + wrap("a[0] = A[0][0]"),
    "a table of twenty thousand": "A = (" + "1," * 20_000 + ")\n" + wrap("a[0] = A[0]"),
    "a constant that grows": "A = 2\n" + "A = A * A\n" * 200 + wrap("a[0] = A"),
    "a call of itself in a default": "@cuda.jit(device=True)\ndef g(x=g(1)):\n    return x\n"
        + wrap("a[0] = g()"),
    "a changed constant": "N = 1\nN += 1\n" + wrap("a[0] = N"),
    "twenty loops": wrap(*("    " * k + f"for i{k} in range(9):" for k in range(20)),
                         "    " * 20 + "pass"),
    "a growing tuple": wrap("t = (1,)", "while True:", "    t = t + t"),
    "a returned value": wrap("return 1"),
    "a loop over a mixed tuple": wrap("for x in (1, 2.0):", "    a[0] = x"),
    "a default that runs code": "@cuda.jit(device=True)\ndef g(x=open('y')):\n    return x\n"
        + wrap("a[0] = g()"),
    "a default of a kernel": "@cuda.jit\ndef f(a, n=1):\n    a[0] = n\n",
    "an unknown keyword": "@cuda.jit(device=True)\ndef g(x):\n    return x\n"
        + wrap("a[0] = g(y=1)"),
    "a missing argument": "@cuda.jit(device=True)\ndef g(x, y):\n    return x\n"
        + wrap("a[0] = g(1)"),
    "a constant from a hidden builtin": "def max(x, y):\n    return x\nN = max(1, 2)\n"
        + wrap("a[0] = N"),
    "star arguments": "@cuda.jit\ndef f(*a):\n    pass\n",
}  # fmt: skip


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED)
def test_constructs_no_kernel_has_are_refused_with_advice(body: str) -> None:
    found = run(body, np.zeros(32, np.float32), budget=SMALL)

    if body == REFUSED["two decorators"]:
        assert found.refusal is None  # An argument of `cuda.jit` is passed over, not evaluated.
        return
    assert found.refusal is not None
    assert found.refusal.construct and found.refusal.advice


def test_a_refusal_names_the_line_and_column() -> None:
    found = run(wrap("i = cuda.grid(1)", "x = [i]"), np.zeros(32, np.float32))

    assert found.refusal is not None
    assert (found.refusal.line, found.refusal.column) == (6, 9)
    assert "[i]" in found.refusal.construct


LIMITED = {
    "an endless while": wrap("x = 0", "while True:", "    x += 1"),
    "an endless for": wrap("for k in range(10 ** 15):", "    a[0] = k"),
    "a spin lock": wrap("while a[0] == 0:", "    pass"),
    "an endless barrier": wrap("while True:", "    cuda.syncthreads()"),
    "gigantic shared": wrap("s = cuda.shared.array((10 ** 6, 10 ** 3), float32)", "s[0, 0] = 1"),
    "gigantic local": wrap("while True:", "    s = cuda.local.array(10 ** 5, float32)"),
    "loops over loops over tuples": "T = (" + "1," * 2000 + ")\n" + wrap(
        "for x in T:", "    for y in T:", "        for z in T:", "            a[0] += x * y * z"
    ),
    "an array again and again": wrap("while True:", "    for v in a:", "        a[0] += v"),
    "doubling calls": "".join(
        f"@cuda.jit(device=True)\ndef g{k}(x):\n    return g{k - 1}(x) + g{k - 1}(x)\n" if k
        else "@cuda.jit(device=True)\ndef g0(x):\n    return x\n" for k in range(15)
    ) + wrap("a[0] = g14(1.0)"),
}  # fmt: skip


@pytest.mark.parametrize("body", LIMITED.values(), ids=LIMITED)
def test_what_never_ends_or_asks_for_too_much_is_stopped(body: str) -> None:
    found = run(body, np.zeros(32, np.float32), budget=SMALL)

    assert found.halted is not None
    assert found.halted.line > 0


def test_module_code_is_never_run(tmp_path: Path) -> None:
    target = tmp_path / "touched"
    body = f"open({str(target)!r}, 'w').write('x')\nimport antigravity\n" + wrap("a[0] = 1")

    found = run(body, np.zeros(32, np.float32))

    assert found.is_complete
    assert not target.exists()


def test_limits_of_hardware_are_those_of_a_launch() -> None:
    body = wrap("a[0] = 1")
    a = np.zeros(32, np.float32)

    assert run(body, a, block=(2048,)).halted is not None
    assert run(body, a, block=(8, 8, 128)).halted is not None
    assert run(body, a, grid=(1, 70_000)).halted is not None
    assert run(body, a, shared_bytes=10**6).halted is not None


def test_two_shared_arrays_on_one_line_are_two() -> None:
    body = kernel(
        "out",
        "s, t = cuda.shared.array(32, float32), cuda.shared.array(32, float32)",
        "i = cuda.threadIdx.x",
        "s[i] = 1",
        "t[i] = 2",
        "out[i] = s[i]",
    )
    out = np.zeros(32, np.float32)

    found = run(body, out)

    assert found.shared_bytes == 256
    assert (out == 1).all()


def test_the_successor_package_is_the_same_to_a_kernel() -> None:
    source = HEADER.replace("from numba import", "from numba_cuda_mlir import") + wrap("a[0] = 3")
    a = np.zeros(1, np.float32)

    found = run_kernel(source, "f", Launch(grid=(1,), block=(1,)), [a])

    assert found.is_complete
    assert a[0] == 3


@pytest.mark.parametrize("body", DEAR_AND_REFUSED.values(), ids=DEAR_AND_REFUSED)
def test_sources_that_grow_are_refused(body: str) -> None:
    found = run(body, np.zeros(32, np.float32), budget=SMALL)

    assert found.refusal is not None
    assert found.refusal.advice


@pytest.mark.parametrize("body", DEAR_AND_STOPPED.values(), ids=DEAR_AND_STOPPED)
def test_work_that_looks_small_is_charged_for(body: str) -> None:
    found = run(body, np.zeros(32, np.float32), grid=(4,), block=(256,), budget=SMALL)

    assert found.halted is not None
    assert found.halted.kind in ("does not end", "limit")


@pytest.mark.parametrize("body", HARMLESS.values(), ids=HARMLESS)
def test_sources_that_are_only_long_are_interpreted(body: str) -> None:
    assert run(body, np.zeros(32, np.float32)).is_complete


def test_a_table_of_more_entries_than_numpy_chooses_from_is_looked_up() -> None:
    table = ", ".join(str(7 * k % 101) for k in range(100))
    body = f"T = ({table})\n" + wrap("i = cuda.grid(1)", "a[i] = T[99 - i] + T[-1 - i]")
    a = np.zeros(64, np.float32)

    found = run(body, a, block=(64,))

    wanted = [2 * (7 * (99 - i) % 101) for i in range(64)]
    assert found.is_complete and a.tolist() == wanted


def test_a_tuple_of_many_variables_is_looked_up_by_each_thread() -> None:
    names = [f"x{k}" for k in range(70)]
    given = [f"{name} = i + {100 * k}" for k, name in enumerate(names)]
    body = wrap("i = cuda.grid(1)", *given, f"t = ({', '.join(names)})", "a[i] = t[69 - i]")
    a = np.zeros(32, np.float32)

    assert run(body, a).is_complete
    assert a.tolist() == [i + 100 * (69 - i) for i in range(32)]


def test_what_was_never_written_spoils_what_it_enters() -> None:
    body = wrap("s = cuda.local.array(4, float32)", "t = cuda.shared.array(4, float32)",
                "a[0] = s[1]", "a[1] = t[2]", "a[2] = 1")  # fmt: skip
    a = np.zeros(3, np.float32)

    run(body, a, block=(1,))

    assert np.isnan(a[:2]).all() and a[2] == 1
