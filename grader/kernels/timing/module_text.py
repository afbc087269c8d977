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

from grader.kernels.source import Program, find_kernel, read_defaults, resolve
from grader.kernels.timing.allowed import require_allowed

# Options of `cuda.jit` that change what is compiled and nothing else.
OPTIONS = ("device", "fastmath", "inline", "max_registers")


def write_module(program: Program, name: str) -> str:
    """Source text with `name` and all that it calls.

    Errors   Refused, where there is no kernel of that name, or it holds what Numba must not see.
    """
    find_kernel(program, name)
    wanted = list_reachable(program, name)
    functions = {each: strip(program, program.functions[each]) for each in wanted}
    require_allowed(program, functions.values())
    lines = ["import math", "import numba", "import numba.cuda", "import numpy", ""]
    used = {
        node.id for each in functions.values() for node in ast.walk(each)
        if isinstance(node, ast.Name)
    }  # fmt: skip
    for local, origin in program.imports.items():
        if local in used:
            lines.append(f"{local} = {origin}")
    for local, value in program.constants.items():
        if local in used:
            lines.append(f"{local} = {spell(value)}")
    for each in wanted:
        lines += ["", write_function(program, program.functions[each], functions[each])]
    return "\n".join(lines) + "\n"


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


def strip(program: Program, function: ast.FunctionDef) -> ast.FunctionDef:
    """The function without decorators, annotations and texts, with its defaults written anew.

    Whatever is written in a signature, Python would evaluate.
    """
    defaults = [ast.parse(spell(value), mode="eval").body
                for value in read_defaults(program, function).values()]  # fmt: skip
    bare = [ast.arg(arg=each.arg, lineno=each.lineno, col_offset=each.col_offset)
            for each in (*function.args.posonlyargs, *function.args.args)]  # fmt: skip
    plain = copy.deepcopy(function)
    plain.args = ast.arguments(
        posonlyargs=[], args=bare, kwonlyargs=[], kw_defaults=[], defaults=defaults
    )  # fmt: skip
    plain.decorator_list, plain.returns, plain.type_comment = [], None, None
    stripped = ast.fix_missing_locations(Stripper().visit(plain))
    assert isinstance(stripped, ast.FunctionDef)
    return stripped


class Stripper(ast.NodeTransformer):
    """Takes out of a body what says nothing to a compiler."""

    def visit_Expr(self, node: ast.Expr) -> ast.stmt:
        is_text = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return ast.copy_location(ast.Pass(), node) if is_text else node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt:
        if node.value is None:
            return ast.copy_location(ast.Pass(), node)
        return ast.copy_location(ast.Assign(targets=[node.target], value=node.value), node)

    def visit_Assert(self, node: ast.Assert) -> ast.stmt:
        return ast.copy_location(ast.Assert(test=node.test, msg=None), node)


def write_function(program: Program, written: ast.FunctionDef, plain: ast.FunctionDef) -> str:
    """The stripped function under our decorator in place of its own."""
    options = ", ".join(f"{name}={value}" for name, value in list_options(program, written))
    return f"@numba.cuda.jit({options})\n{ast.unparse(plain)}"


def list_options(program: Program, function: ast.FunctionDef) -> Iterator[tuple[str, str]]:
    """The decorator's options that are literals."""
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call) and resolve(program, decorator.func):
            for option in decorator.keywords:
                if option.arg in OPTIONS and isinstance(option.value, ast.Constant):
                    yield str(option.arg), repr(option.value.value)


__all__ = ["write_module"]
