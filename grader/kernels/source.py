"""Source text to a checked program: functions and constants, read and never run.

Only function definitions, imports and constant assignments at the top level mean anything
here; host code around them (launches, timers, prints) is passed over without a look.
"""

from __future__ import annotations

import ast
import io
import tokenize
import warnings
from dataclasses import dataclass, field

from grader.kernels.folding import Constant, fold
from grader.kernels.limits import MAX_NESTING, MAX_SOURCE_BYTES
from grader.kernels.refusals import Refusal, Refused, quote, refuse

CUDA_HOMES = ("numba_cuda_mlir", "numba_cuda")


@dataclass(slots=True)
class Program:
    """What a kernel can see: the module's functions, constants and imported names."""

    text: str
    functions: dict[str, ast.FunctionDef] = field(default_factory=dict)
    constants: dict[str, Constant] = field(default_factory=dict)
    imports: dict[str, str] = field(default_factory=dict)
    """Local name to dotted origin: `cuda` to `numba.cuda`, `np` to `numpy`."""
    unstable: dict[str, int] = field(default_factory=dict)
    """Names whose value the text alone does not settle, and the line that unsettles them."""

    def line(self, number: int) -> str:
        lines = self.text.splitlines()
        return lines[number - 1] if 0 < number <= len(lines) else ""


def read_program(text: str, first_line: int = 1) -> Program | Refusal:
    """Read a module's source text.

    Errors   a Refusal for text that is too large, too deep or no Python. Never an exception.
    """
    try:
        return collect(parse(text), text)
    except Refused as refused:
        return refused.refusal


def parse(text: str) -> ast.Module:
    """Parse under guards: size, nesting before parsing, and whatever the parser may raise."""
    if len(text.encode("utf-8", "replace")) > MAX_SOURCE_BYTES:
        raise refuse(
            None,
            f"the file is larger than {MAX_SOURCE_BYTES // 1024} KiB",
            "hand in the kernel and what it needs, nothing else",
        )
    if "\0" in text:
        raise refuse(None, "the file holds a null byte", "save it as plain text")
    check_nesting(text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except SyntaxError as error:
        place = ast.Pass(lineno=error.lineno or 0, col_offset=(error.offset or 1) - 1)
        raise refuse(place, f"not Python: {error.msg}", "run the file once yourself") from None
    except (RecursionError, MemoryError, ValueError, OverflowError):
        raise refuse(None, "the file cannot be parsed", "write smaller expressions") from None
    if depth(tree) > 4 * MAX_NESTING:
        raise refuse(None, "expressions nested too deeply", "name intermediate values")
    return tree


def check_nesting(text: str) -> None:
    """Refuse deep brackets, indentation and operator chains before the parser recurses on them."""
    brackets = indents = chain = 0
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.OP:
                brackets += (token.string in "([{") - (token.string in ")]}")
            indents += (token.type == tokenize.INDENT) - (token.type == tokenize.DEDENT)
            # `----x` and `not not x` recurse once a token, without any bracket.
            repeats = token.string in ("-", "+", "~", "not", "**", "lambda")
            chain = chain + 1 if repeats else 0
            if max(brackets, indents, chain) > MAX_NESTING:
                place = ast.Pass(lineno=token.start[0], col_offset=token.start[1])
                raise refuse(
                    place, f"more than {MAX_NESTING} levels of nesting", "name intermediate values"
                )
    except (tokenize.TokenError, SyntaxError, IndentationError):
        return  # The parser says it better, with its own line and column.


def depth(tree: ast.AST) -> int:
    """How deep the tree is, found without recursion."""
    level, layer = 0, [tree]
    while layer:
        level += 1
        layer = [child for node in layer for child in ast.iter_child_nodes(node)]
    return level


def collect(tree: ast.Module, text: str) -> Program:
    """Take imports, functions and constants; remember which names are not settled."""
    program = Program(text=text)
    for statement in tree.body:
        collect_statement(program, statement)
    for name in program.unstable:
        program.constants.pop(name, None)
    return program


def collect_statement(program: Program, statement: ast.stmt) -> None:
    if isinstance(statement, ast.FunctionDef):
        program.functions[statement.name] = statement
    elif isinstance(statement, ast.Import | ast.ImportFrom):
        collect_import(program, statement)
    elif isinstance(statement, ast.Assign) and all(
        isinstance(target, ast.Name) for target in statement.targets
    ):
        for target in statement.targets:
            collect_assignment(program, target.id, statement.value)  # type: ignore[attr-defined]
    elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        if statement.value is not None:
            collect_assignment(program, statement.target.id, statement.value)
    elif isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Tuple):
        collect_unpacking(program, statement)
    else:
        unsettle(program, statement)


def collect_assignment(program: Program, name: str, value: ast.expr) -> None:
    origin = resolve(program, value)
    constant = fold_here(program, value)
    if constant is not None:
        program.constants[name] = constant
    elif origin is not None:
        program.imports[name] = origin
    else:
        program.constants.pop(name, None)
        program.unstable.setdefault(name, value.lineno)


def collect_unpacking(program: Program, statement: ast.Assign) -> None:
    target = statement.targets[0]
    value = fold_here(program, statement.value)
    names = target.elts if isinstance(target, ast.Tuple) else []
    if isinstance(value, tuple) and len(value) == len(names):
        for name, entry in zip(names, value, strict=True):
            if isinstance(name, ast.Name):
                program.constants[name.id] = entry
    else:
        unsettle(program, statement)


def collect_import(program: Program, statement: ast.Import | ast.ImportFrom) -> None:
    for alias in statement.names:
        if isinstance(statement, ast.Import):
            name = alias.asname or alias.name.partition(".")[0]
            origin = alias.name if alias.asname else alias.name.partition(".")[0]
        else:
            name = alias.asname or alias.name
            origin = f"{statement.module or ''}.{alias.name}"
        program.imports[name] = canonical(origin)


def canonical(origin: str) -> str:
    """One spelling for one thing, whichever package offers it."""
    for home in CUDA_HOMES:
        if origin == home or origin.startswith(home + "."):
            origin = "numba" + origin[len(home) :]
    return origin.replace("numba.core.types", "numba.types").replace("numba.types.", "numba.")


def resolve(program: Program, node: ast.expr) -> str | None:
    """The dotted origin of `np.float32` or `cuda.shared`, or None for anything else."""
    if isinstance(node, ast.Name):
        return program.imports.get(node.id)
    if isinstance(node, ast.Attribute):
        base = resolve(program, node.value)
        return None if base is None else canonical(f"{base}.{node.attr}")
    return None


def fold_here(program: Program, value: ast.expr) -> Constant | None:
    """A constant expression in the file's own names, as they stand by now."""
    hidden = program.functions.keys() | program.unstable.keys()

    def origin_of(node: ast.expr) -> str | None:
        # A function of the file hides a builtin of its name, and is nothing that folds.
        if isinstance(node, ast.Name) and node.id in hidden:
            return f"here.{node.id}"
        return resolve(program, node)

    return fold(value, program.constants, origin_of)


def unsettle(program: Program, statement: ast.stmt) -> None:
    """Names bound under control flow, by classes or by augmented assignment are no constants."""
    for node in ast.walk(statement):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            program.unstable.setdefault(node.name, node.lineno)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
            program.unstable.setdefault(node.id, node.lineno)


def find_kernel(program: Program, name: str) -> ast.FunctionDef:
    """The definition of the function that is launched, checked to be a kernel."""
    function = program.functions.get(name)
    if function is None or name in program.unstable:
        line = program.unstable.get(name, 0)
        place = ast.Pass(lineno=line, col_offset=0) if line else None
        raise refuse(
            place,
            f"no kernel `{name}` at the top level of the file",
            f"write `@cuda.jit` above `def {name}(...)`, outside any if or class",
        )
    check_decorators(program, function)
    if function.args.defaults:
        raise refuse(function, "default values of a kernel's parameters", "leave them out")
    return function


def read_defaults(program: Program, function: ast.FunctionDef) -> dict[str, Constant]:
    """Parameters with a default that can be read off the file."""
    parameters = [each.arg for each in (*function.args.posonlyargs, *function.args.args)]
    defaults = function.args.defaults
    found = {}
    for name, default in zip(parameters[len(parameters) - len(defaults) :], defaults, strict=True):
        value = fold_here(program, default)
        if value is not None:
            found[name] = value
    return found


def check_decorators(program: Program, function: ast.FunctionDef) -> None:
    """Only `cuda.jit` in its forms: what any other decorator makes of a function is unknown."""
    if not function.decorator_list:
        raise refuse(
            function,
            f"`{function.name}` has no decorator",
            "write `@cuda.jit` above it (`@cuda.jit(device=True)` for a function "
            "that kernels call)",
        )
    for decorator in function.decorator_list:
        callee = decorator.func if isinstance(decorator, ast.Call) else decorator
        if resolve(program, callee) != "numba.cuda.jit":
            raise refuse(decorator, f"the decorator {quote(decorator)}", "use `@cuda.jit` alone")
    arguments = function.args
    if arguments.vararg or arguments.kwarg or arguments.kwonlyargs:
        raise refuse(function, "`*` among the parameters", "name every parameter")
    if len(read_defaults(program, function)) < len(arguments.defaults):
        raise refuse(function, "a default that is no constant", "pass every argument")
