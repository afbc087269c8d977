"""What Numba may be shown: nothing but what the interpreter knows, under names that hide nothing.

Numba reads bodies and does not run them, but it looks up names while it compiles, and in some
places evaluates a text. So a source is held to a list before any of it is written anew.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from grader.kernels.calls import INTRINSICS, SAME_AS_BUILTIN
from grader.kernels.compiler import EXPRESSIONS, STATEMENTS
from grader.kernels.dtypes import NAMES
from grader.kernels.folding import FUNCTIONS, KNOWN_NUMBERS
from grader.kernels.names import BUILTINS
from grader.kernels.refusals import quote, refuse
from grader.kernels.source import Program, resolve
from grader.kernels.typed import assigned_names

RESERVED = {"numba": "numba", "numpy": "numpy", "math": "math", "cuda": "numba.cuda"}
"""What the module made here, or a reader of it, takes these names for."""
_PLACES = ("threadIdx", "blockIdx", "blockDim", "gridDim")
KNOWN = frozenset([
    *(name for name in (*INTRINSICS, *KNOWN_NUMBERS, *FUNCTIONS, *SAME_AS_BUILTIN) if "." in name),
    *(f"{home}.{name}" for home in ("numba", "numpy") for name in NAMES),
    *(f"numba.cuda.{place}.{axis}" for place in _PLACES for axis in "xyz"),
    "numba.cuda.warpsize", "numba.cuda.laneid", "numba.cuda.jit",
])  # fmt: skip
"""Dotted names of Numba's, `math`'s and NumPy's that a kernel may use."""
HOMES = frozenset(
    ".".join(parts[:count]) for parts in (name.split(".") for name in KNOWN)
    for count in range(1, len(parts))
) | {"numba.types"}  # fmt: skip
"""What they are found in: `numba.cuda.shared`."""
NODES = (*EXPRESSIONS, *STATEMENTS, ast.Slice)
PLAIN = (bool, int, float, type(None))


def require_allowed(program: Program, functions: Iterable[ast.FunctionDef]) -> None:
    """Every node and every name in these functions is one that kernels have.

    Errors   Refused at the first that isn't.
    """
    for function in functions:
        require_own_names(program, function)
        own = {each.arg for each in ast.walk(function) if isinstance(each, ast.arg)}
        own |= assigned_names(function)
        for node in (each for statement in function.body for each in ast.walk(statement)):
            require_known_node(node)
            require_known_name(program, own, node)


def require_known_node(node: ast.AST) -> None:
    """Nothing in a body but what the interpreter knows, reached or not."""
    known = not isinstance(node, ast.expr | ast.stmt) or isinstance(node, NODES)
    if isinstance(node, ast.Constant):
        known = isinstance(node.value, PLAIN)
    if not known:
        raise refuse(node, f"{quote(node)} in a kernel", "keep to what kernels can do")


def require_known_name(program: Program, own: set[str], node: ast.AST) -> None:
    """A name is the function's, the file's, one of a few builtins, or imported and known."""
    if isinstance(node, ast.Name) and node.id not in own:
        is_theirs = node.id in program.functions or node.id in program.constants
        if node.id in program.imports:
            require_known_origin(node, program.imports[node.id])
        elif node.id in program.unstable or not (is_theirs or node.id in BUILTINS):
            raise refuse(node, f"the name `{node.id}`", "use numbers, arrays and what kernels know")
    elif isinstance(node, ast.Attribute):
        if node.attr.startswith("_"):
            raise refuse(node, quote(node), "leave names that begin with `_` alone")
        base: ast.expr = node
        while isinstance(base, ast.Attribute):
            base = base.value
        is_own = isinstance(base, ast.Name) and base.id in own
        origin = None if is_own else resolve(program, node)
        if origin is not None:
            require_known_origin(node, origin)


def require_known_origin(node: ast.AST, origin: str) -> None:
    if origin not in KNOWN and origin not in HOMES:
        raise refuse(node, f"`{origin}` in a kernel", "use `math`, `cuda` and numeric types")


def require_own_names(program: Program, function: ast.FunctionDef) -> None:
    """No name of the file stands for one that the written module, or Numba, takes for another's.

    Errors   Refused where such a name is bound.
    """
    for name, place in list_bound(program, function):
        is_imported = place is None and program.imports.get(name) == RESERVED.get(name)
        if (name in RESERVED and not is_imported) or name.startswith("__"):
            raise refuse(
                place or find_binding(program, name),
                f"`{name}` as a name of your own",
                f"call it `my_{name.strip('_')}`",
            )


def list_bound(program: Program, function: ast.FunctionDef) -> Iterator[tuple[str, ast.AST | None]]:
    """Each name that the file or the function binds; and where, if that is in a function."""
    yield from program.functions.items()
    for name in (*program.imports, *program.constants, *program.unstable):
        yield name, None
    for node in ast.walk(function):
        if isinstance(node, ast.arg):
            yield node.arg, node
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, node


def find_binding(program: Program, name: str) -> ast.AST | None:
    """The last statement at the top of the file that binds a name."""
    found = None
    for statement in ast.parse(program.text).body:
        for node in ast.walk(statement):
            aliases = isinstance(node, ast.alias) and name == (
                node.asname or node.name.partition(".")[0]
            )
            if aliases or (isinstance(node, ast.Name) and node.id == name):
                found = statement
    return found
