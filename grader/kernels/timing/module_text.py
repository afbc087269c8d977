"""The module that Numba compiles: a program's kernels and constants, written anew.

What a student wrote at the top level of a file is never run, not even where a GPU is: the text
made here holds imports of Numba, math and NumPy, constants as literals, and functions under
`cuda.jit`, whose bodies Numba reads and Python does not run.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator

import numpy as np

from grader.kernels.compiler import STATEMENTS
from grader.kernels.refusals import quote, refuse
from grader.kernels.source import Program, find_kernel, read_defaults, resolve

ROOTS = ("math", "numba", "numpy")
# Options of `cuda.jit` that change what is compiled and nothing else.
OPTIONS = ("device", "fastmath", "inline", "max_registers")


def write_module(program: Program, name: str) -> str:
    """Source text with `name` and all that it calls.

    Errors   Refused, where there is no kernel of that name.
    """
    find_kernel(program, name)
    wanted = list_reachable(program, name)
    for each in wanted:
        require_known_statements(program.functions[each])
    lines = ["import math", "import numba", "import numba.cuda", "import numpy", ""]
    used = {
        node.id for each in wanted for node in ast.walk(program.functions[each])
        if isinstance(node, ast.Name)
    }  # fmt: skip
    for local, origin in program.imports.items():
        if local in used and is_known(origin):
            lines.append(f"{local} = {origin}")
    for local, value in program.constants.items():
        if local in used:
            lines.append(f"{local} = {spell(value)}")
    for each in wanted:
        lines += ["", write_function(program, program.functions[each])]
    return "\n".join(lines) + "\n"


def require_known_statements(function: ast.FunctionDef) -> None:
    """Nothing in a body but what the interpreter knows, reached or not.

    Numba evaluates text itself in some places, as the types of a `with objmode(...)`.

    Errors   Refused at the first other statement.
    """
    for node in (each for statement in function.body for each in ast.walk(statement)):
        if isinstance(node, ast.Lambda | ast.JoinedStr | ast.Yield | ast.YieldFrom | ast.Await) or (
            isinstance(node, ast.stmt) and type(node) not in STATEMENTS
        ):
            raise refuse(node, f"`{quote(node)}` in a kernel", "keep to what kernels can do")


def list_reachable(program: Program, name: str) -> list[str]:
    """The functions that a kernel calls, directly or not, each after those that it calls."""
    found: list[str] = []
    waiting: list[str] = []

    def visit(each: str) -> None:
        if each in found or each in waiting:
            return
        waiting.append(each)
        for node in ast.walk(program.functions[each]):
            if isinstance(node, ast.Name) and node.id in program.functions:
                visit(node.id)
        found.append(each)

    visit(name)
    return found


def is_known(origin: str) -> bool:
    """Whether a dotted name starts in a library that kernels use, and is nothing but names."""
    parts = origin.split(".")
    return parts[0] in ROOTS and all(part.isidentifier() for part in parts)


def spell(value: object) -> str:
    """A constant as Python text that gives it back, infinities and nothing else by name."""
    if isinstance(value, np.generic):
        return f"numpy.{value.dtype.name}({spell(value.item())})"
    if isinstance(value, float) and value != value:
        return "math.nan"
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return "math.inf" if value > 0 else "-math.inf"
    if isinstance(value, tuple):
        return "(" + "".join(f"{spell(each)}, " for each in value) + ")"
    return repr(value)


def write_function(program: Program, function: ast.FunctionDef) -> str:
    """The function with our decorator in place of its own, without annotations."""
    options = ", ".join(f"{name}={value}" for name, value in list_options(program, function))
    # Written anew as well: whatever is written in a signature, Python would evaluate.
    defaults = [ast.parse(spell(value), mode="eval").body
                for value in read_defaults(program, function).values()]  # fmt: skip
    bare = [ast.arg(arg=each.arg) for each in (*function.args.posonlyargs, *function.args.args)]
    plain = copy.copy(function)
    plain.args = ast.arguments(
        posonlyargs=[], args=bare, kwonlyargs=[], kw_defaults=[], defaults=defaults
    )  # fmt: skip
    plain.decorator_list, plain.returns = [], None
    return f"@numba.cuda.jit({options})\n{ast.unparse(ast.fix_missing_locations(plain))}"


def list_options(program: Program, function: ast.FunctionDef) -> Iterator[tuple[str, str]]:
    """The decorator's options that are literals."""
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call) and resolve(program, decorator.func):
            for option in decorator.keywords:
                if option.arg in OPTIONS and isinstance(option.value, ast.Constant):
                    yield str(option.arg), repr(option.value.value)


__all__ = ["write_module"]
