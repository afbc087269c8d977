"""What Numba is shown of a student's file: nothing that runs, hides or reaches beyond a kernel."""

from __future__ import annotations

import ast

import pytest
from builders import HEADER, kernel
from cases import HERE

from grader.kernels.refusals import Refused
from grader.kernels.source import Program, read_program
from grader.kernels.timing.module_text import write_module

TOP = "import numba\nimport numpy\nimport math\nfrom numba import cuda\n"
STORE = "x[0] = 1"


def write(text: str) -> str:
    program = read_program(text)
    assert isinstance(program, Program), program
    return write_module(program, "f")


def body(*lines: str, top: str = "") -> str:
    return TOP + top + "@cuda.jit\ndef f(x):\n" + "".join(f"    {line}\n" for line in lines)


SHADOWED = {
    "a function called numba": body("numba(x)", top="@cuda.jit(device=True)\ndef numba(y):\n"
                                    "    return y\n"),
    "a constant called numba": "from numba import cuda\nnumba = 3\n@cuda.jit\ndef f(x):\n"
                               "    x[0] = numba\n",
    "a constant called numpy": "from numba import cuda\nnumpy = 3\n@cuda.jit\ndef f(x):\n"
                               "    x[0] = numpy\n",
    "an import called math": "from numba import cuda\nfrom numba import cuda as math\n"
                             "@cuda.jit\ndef f(x):\n    x[math.grid(1)] = 1\n",
    "an import called numpy": "from numba import cuda\nimport math as numpy\n@cuda.jit\n"
                              "def f(x):\n    x[0] = numpy.pi\n",
    "another cuda": "from numba import cuda as c\nimport math as cuda\n@c.jit\ndef f(x):\n"
                    "    x[0] = cuda.pi\n",
    "a parameter called cuda": "from numba import cuda\n@cuda.jit\ndef f(cuda):\n    cuda[0] = 1\n",
    "a variable called math": body("math = 1", "x[0] = math"),
    "a loop's variable called numpy": body("for numpy in range(3):", "    x[numpy] = 1"),
    "a name that Python gives meaning to": body("x[0] = __name__", top="__name__ = 3\n"),
}  # fmt: skip


@pytest.mark.parametrize("text", SHADOWED.values(), ids=SHADOWED)
def test_names_that_hide_a_library_are_refused_with_their_line(text: str) -> None:
    with pytest.raises(Refused) as refused:
        write(text)

    found = refused.value.refusal
    assert found.line > 0
    assert "as a name of your own" in found.construct and found.advice.startswith("call it")


BEYOND = {
    "objmode": body("with numba.objmode(y='print(1)'):", "    y = 1"),
    "a text": body("y = 'float32'"),
    "bytes": body("y = b'x'"),
    "a text as a type": body("s = cuda.local.array(4, 'float32[:]')"),
    "a lambda": body("y = lambda: 1"),
    "a comprehension": body("y = [k for k in range(3)]"),
    "a function in the function": body("def g():", "    pass"),
    "a class": body("class A:", "    pass"),
    "an import": body("import os"),
    "a global": body("global y"),
    "try": body("try:", "    pass", "except Exception:", "    pass"),
    "raise": body("raise ValueError"),
    "del": body("del x"),
    "a walrus": body("(y := 1)"),
    "yield": body("yield 1"),
    "await": "import numba\nfrom numba import cuda\n@cuda.jit\ndef f(x):\n    y = await x\n",
    "a format": body("y = f'{x}'"),
    "a dictionary": body("y = {1: 2}"),
    "dots": body("x[...] = 1"),
    "eval": body("eval(x)"),
    "open": body("open(x)"),
    "getattr": body("getattr(x, x)"),
    "globals": body("globals()"),
    "the builtins": body("__builtins__"),
    "dunders of an array": body("x.__class__"),
    "dunders of a module": body("math.__loader__"),
    "code of a function": body("g.__code__", top="@cuda.jit(device=True)\ndef g(y):\n"
                               "    return y\n"),
    "extending": body("numba.extending.overload(x)"),
    "an intrinsic": body("g(x)", top="from numba.extending import intrinsic as g\n"),
    "an overload": body("g(x)", top="from numba.core.extending import overload as g\n"),
    "njit": body("numba.njit(x)"),
    "another jit": body("g(x)", top="from numba import jit as g\n"),
    "cffi": body("g(x)", top="from numba.core.typing.cffi_utils import register_module as g\n"),
    "a declared function": body("g(x)", top="g = cuda.declare_device\n"),
    "an external library": body("cuda.declare_device(x, x)"),
    "a ctypes call": body("g(x)", top="from ctypes import cdll as g\n"),
    "NumPy's loader": body("numpy.load(x)"),
    "NumPy's own modules": body("numpy.ctypeslib.load_library(x, x)"),
    "a driver's function": body("cuda.to_device(x)"),
    "a stream": body("cuda.stream()"),
    "os": body("os.system(x)", top="import os\n"),
    "a module's module": body("numba.os"),
    "a name that is not settled": body("x[0] = y", top="for y in (1, 2):\n    pass\n"),
    "a name from a class": body("x[0] = A", top="class A:\n    pass\n"),
    "a device function's own tricks": body("g(x)", top="@cuda.jit(device=True)\ndef g(y):\n"
                                           "    return eval(y)\n"),
    "behind a condition": body("if False:", "    open(x)"),
    "after the return": body("return", "exec(x)"),
}  # fmt: skip


@pytest.mark.parametrize("text", BEYOND.values(), ids=BEYOND)
def test_what_no_kernel_has_never_reaches_numba(text: str) -> None:
    with pytest.raises(Refused) as refused:
        write(text)

    assert refused.value.refusal.line > 0
    assert refused.value.refusal.advice


LEFT_OUT = {
    "a decorator's argument": "@cuda.jit(print('MARK'))",
    "a decorator's option": "@cuda.jit(link=['MARK'], debug=print('MARK'))",
    "a signature": "@cuda.jit('MARK')",
}


@pytest.mark.parametrize("decorator", LEFT_OUT.values(), ids=LEFT_OUT)
def test_what_decorates_is_left_out(decorator: str) -> None:
    assert "MARK" not in write(f"{TOP}{decorator}\ndef f(x):\n    {STORE}\n")


SAID_AND_LEFT_OUT = {
    "an annotation": "def f(x: print('MARK')) -> print('MARK'):\n    x[0] = 1\n",
    "a variable's annotation": "def f(x):\n    y: print('MARK') = 1\n    x[0] = y\n",
    "a bare annotation": "def f(x):\n    y: print('MARK')\n    x[0] = 1\n",
    "a docstring": "def f(x):\n    'MARK'\n    x[0] = 1\n",
    "a text in the middle": "def f(x):\n    x[0] = 1\n    'MARK'\n",
    "a reason of an assertion": "def f(x):\n    assert x[0] > 0, 'MARK'\n    x[0] = 1\n",
    "a type comment": "def f(x):\n    # type: (MARK) -> None\n    x[0] = 1\n",
    "code around it": "def f(x):\n    x[0] = 1\nprint('MARK')\nf[1, 1](MARK)\n",
}


@pytest.mark.parametrize("text", SAID_AND_LEFT_OUT.values(), ids=SAID_AND_LEFT_OUT)
def test_what_says_nothing_to_a_compiler_is_left_out(text: str) -> None:
    written = write(f"{TOP}@cuda.jit\n{text}")

    assert "MARK" not in written
    assert "x[0] = 1" in written or "x[0] = y" in written


def test_a_written_module_is_imports_literals_and_functions() -> None:
    """Of every kernel of the corpus: nothing at its top could run anything but Numba's `jit`."""
    count = 0
    for path in sorted(HERE.glob("*.py")):
        program = read_program(path.read_text())
        assert isinstance(program, Program)
        for name, function in program.functions.items():
            if not function.decorator_list or function.args.defaults:
                continue
            count += 1
            for statement in ast.parse(write_module(program, name)).body:
                require_plain(statement)
    assert count >= 150


def require_plain(statement: ast.stmt) -> None:
    if isinstance(statement, ast.FunctionDef):
        (decorator,) = statement.decorator_list
        assert isinstance(decorator, ast.Call)
        assert ast.unparse(decorator.func) == "numba.cuda.jit"
        outside = [*decorator.keywords, *statement.args.defaults]
        assert statement.returns is None
        assert all(each.annotation is None for each in statement.args.args)
    elif isinstance(statement, ast.Assign):
        outside = [statement.value]
    else:
        assert ast.unparse(statement) in (
            "import math", "import numba", "import numba.cuda", "import numpy",
        )  # fmt: skip
        return
    for node in (inner for each in outside for inner in ast.walk(each)):
        assert not isinstance(node, ast.Call) or ast.unparse(node.func).startswith("numpy.")


def test_ordinary_kernels_are_written_whatever_their_style() -> None:
    text = HEADER + kernel(
        "x, max, min", "i = cuda.grid(1)", "if i < x.size:", "    x[i] = max + min + math.pi"
    )

    assert "math.pi" in write(text)
