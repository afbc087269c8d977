"""Types a program for one launch and turns it into closures, one a node of the tree.

A loop's body is typed until the types of the names in it settle; the last pass is kept.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from grader.kernels import calls, expressions, names, statements, subscripts
from grader.kernels.counts import Site
from grader.kernels.lanes import Mask
from grader.kernels.limits import MAX_CALL_DEPTH, MAX_TYPED_NODES
from grader.kernels.machine import Machine
from grader.kernels.refusals import quote, refuse
from grader.kernels.source import Program, check_decorators, resolve
from grader.kernels.typed import NONE, ArrayType, Code, Frame, Scope, Step, Type, Variable

EXPRESSIONS: dict[type[ast.AST], Callable[[Compiler, Any], Code]] = {
    **names.COMPILERS,
    **expressions.COMPILERS,
    **subscripts.COMPILERS,
    **calls.COMPILERS,
}
STATEMENTS: dict[type[ast.AST], Callable[[Compiler, Any], Step]] = statements.COMPILERS

ADVICE: dict[type[ast.AST], str] = {
    ast.List: "use `cuda.local.array` or a tuple",
    ast.ListComp: "write a loop into `cuda.local.array`",
    ast.Dict: "use arrays",
    ast.JoinedStr: "leave text out of kernels",
    ast.Lambda: "write a device function with `@cuda.jit(device=True)`",
    ast.Try: "test the condition with `if`",
    ast.With: "kernels have no context managers",
    ast.Raise: "kernels cannot raise: return early instead",
    ast.FunctionDef: "define device functions at the top level of the file",
    ast.Import: "import at the top of the file",
    ast.ImportFrom: "import at the top of the file",
    ast.Global: "pass the value as an argument",
    ast.Delete: "leave the name alone",
    ast.ClassDef: "kernels have no classes",
}


class Compiler:
    """Types and compiles one kernel and the device functions it calls."""

    def __init__(self, program: Program, machine: Machine) -> None:
        self.program = program
        self.machine = machine
        self.scope: Scope
        self.written: set[int] = set()
        """Origins of the arrays that some access stores to."""
        self.sites: dict[tuple[int, str, str], Site] = {}
        self.origin_numbers: dict[int, int] = {}
        self.shared_bytes: dict[int, int] = {}
        self.rewritten: dict[int, ast.For] = {}
        """Loops that stand for others, made once however often those are typed."""
        self.typed_nodes = 0
        self.active: list[str] = []
        self.device_functions: dict[tuple[str, tuple[Type, ...]], tuple[Scope, Step]] = {}
        """Typed once for each list of argument types."""
        self.name_hint = ""

    def kernel(
        self, function: ast.FunctionDef, types: Sequence[Type], constants: Sequence[Any]
    ) -> tuple[Scope, Step]:
        """Type a whole function for arguments of these types."""
        parameters = [
            argument.arg for argument in [*function.args.posonlyargs, *function.args.args]
        ]
        if len(parameters) != len(types):
            raise refuse(
                function,
                f"`{function.name}` takes {len(parameters)} arguments",
                f"this launch passes {len(types)}",
            )
        scope = Scope(function)
        for name, type_, value in zip(parameters, types, constants, strict=True):
            scope.variables[name] = Variable(type_, value)
            scope.slot(name)
        outer = getattr(self, "scope", None)
        self.scope = scope
        self.active.append(function.name)
        try:
            step = self.block(function.body)
        except RecursionError:
            raise refuse(function, "expressions nested too deeply",
                         "name intermediate values") from None  # fmt: skip
        finally:
            self.active.pop()
            if outer is not None:
                self.scope = outer
        return scope, step

    def device_function(self, node: ast.Call, name: str, arguments: list[Code]) -> Code:
        """A call of another function of the file, typed for these arguments."""
        function = self.program.functions[name]
        if name in self.active:
            raise refuse(node, f"`{name}` calls itself", "write a loop")
        if len(self.active) >= MAX_CALL_DEPTH:
            raise refuse(node, "calls nested too deeply", "call fewer functions in a row")
        types = tuple(argument.type for argument in arguments)
        if (name, types) not in self.device_functions:
            check_decorators(self.program, function)
            self.device_functions[name, types] = self.kernel(function, types, [None] * len(types))
        scope, body = self.device_functions[name, types]
        runs = [argument.run for argument in arguments]
        slot_count = len(scope.slots)
        dtype = scope.return_type

        def run(frame: Frame, mask: Mask) -> Any:
            inner = Frame(slot_count, mask)
            inner.slots[: len(runs)] = [argument(frame, mask) for argument in runs]
            body(inner, mask)
            return inner.value

        return Code(NONE if dtype is None else dtype, expressions.fix_type(run, dtype))

    def block(self, body: Sequence[ast.stmt]) -> Step:
        return statements.compile_block(self, body)

    def statement(self, node: ast.stmt) -> Step:
        compile_ = STATEMENTS.get(type(node))
        if compile_ is None:
            raise self.unsupported(node)
        self.count_node(node)
        return compile_(self, node)

    def expression(self, node: ast.expr) -> Code:
        compile_ = EXPRESSIONS.get(type(node))
        if compile_ is None:
            raise self.unsupported(node)
        self.count_node(node)
        return compile_(self, node)

    def count_node(self, node: ast.AST) -> None:
        self.typed_nodes += 1
        if self.typed_nodes > MAX_TYPED_NODES:
            raise refuse(
                node, "loops and calls nested too deeply to be typed", "write fewer levels"
            )

    def unsupported(self, node: ast.AST) -> Exception:
        what = type(node).__name__
        advice = ADVICE.get(
            type(node),
            "kernels know numbers, arrays, tuples, `if`, `for` over `range`, `while` and calls",
        )
        return refuse(node, f"{quote(node)} ({what}) is nothing a kernel can do", advice)

    def path(self, node: ast.expr) -> str | None:
        """The dotted origin of a name that no local variable hides."""
        base = node
        while isinstance(base, ast.Attribute):
            base = base.value
        if isinstance(base, ast.Name) and base.id in self.scope.variables:
            return None
        return resolve(self.program, node)

    def site(self, node: ast.expr, kind: str, array: ArrayType, name: str) -> Site:
        """The counter of one access in the source, one for all the times it is typed."""
        key = (id(node), kind, self.scope.function.name)
        site = self.sites.get(key)
        if site is None:
            site = self.sites[key] = Site(
                node.lineno, node.col_offset + 1, kind, array.space, name, array.dtype.itemsize
            )
            self.machine.sites.append(site)
        return site

    def mark_written(self, node: ast.expr, array: ArrayType) -> None:
        if array.is_readonly:
            raise refuse(
                node, f"{quote(node)} stores into a constant array", "store into another array"
            )
        self.written |= array.origins

    def new_origin(self, node: ast.AST) -> int:
        """A number for what a node allocates, the same however often the node is typed."""
        return self.origin_numbers.setdefault(id(node), 1000 + len(self.origin_numbers))
