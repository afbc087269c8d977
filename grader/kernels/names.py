"""Names, numbers and tuples: what an expression begins with."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.kernels.dtypes import type_literal
from grader.kernels.folding import MAX_LEAVES, MAX_TUPLE_DEPTH
from grader.kernels.lanes import Mask
from grader.kernels.refusals import quote, refuse
from grader.kernels.typed import (
    NONE,
    Code,
    Frame,
    PathType,
    TupleType,
    Type,
    constant,
)

if TYPE_CHECKING:
    from grader.kernels.compiler import Compiler

BUILTINS = frozenset(
    ["range", "min", "max", "abs", "int", "float", "bool", "len", "round", "pow", "print", "divmod"]
)


def compile_constant(c: Compiler, node: ast.Constant) -> Code:
    if node.value is None:
        return Code(NONE, lambda frame, mask: None)
    if isinstance(node.value, bool | float):
        return constant(node.value, type_literal(node.value))
    if isinstance(node.value, int):
        if not -(2**63) <= node.value < 2**64:
            raise refuse(node, "an integer of more than 64 bits", "use a smaller one")
        return constant(node.value, type_literal(node.value))
    raise refuse(node, f"{quote(node)} in a kernel", "kernels compute with numbers only")


def compile_name(c: Compiler, node: ast.Name) -> Code:
    variable = c.scope.variables.get(node.id)
    if variable is not None:
        return read_variable(c.scope.slot(node.id), variable.type, variable.const)
    program = c.program
    if node.id in c.scope.assigned:
        raise refuse(node, f"`{node.id}` is used before it has a value", "assign it first")
    if node.id in program.unstable:
        raise refuse(
            node,
            f"`{node.id}`, which line {program.unstable[node.id]} of the file "
            "sets in a way that cannot be read off it",
            "make it a plain constant or an argument",
        )
    if node.id in program.constants:
        return lift(program.constants[node.id], node)
    if node.id in program.imports:
        return Code(PathType(program.imports[node.id]), nothing)
    if node.id in program.functions:
        return Code(PathType(f"device.{node.id}"), nothing)
    if node.id in BUILTINS:
        return Code(PathType(node.id), nothing)
    raise refuse(node, f"the name `{node.id}` is not defined", "define it or pass it in")


def read_variable(slot: int, type_: Type, const: Any) -> Code:
    if isinstance(type_, np.dtype):
        zero = type_.type(0)

        def run(frame: Frame, mask: Mask) -> Any:
            value = frame.slots[slot]
            if value is None:
                return zero  # Set on a path that no thread took.
            return value if value.dtype == type_ else value.astype(type_)

        exact = type_.kind == "f" and type_.itemsize <= 4
        return Code(type_, run, const, is_exact32=exact)
    return Code(type_, lambda frame, mask: frame.slots[slot], const)


def nothing(frame: Frame, mask: Mask) -> None:
    return None


def lift(value: Any, node: ast.AST) -> Code:
    """A constant of the module as code."""
    if isinstance(value, tuple):
        entries = [lift(entry, node) for entry in value]
        return make_tuple(entries)
    if isinstance(value, np.generic):
        return constant(value.item(), value.dtype)
    return constant(value, type_literal(value))


def make_tuple(entries: list[Code]) -> Code:
    runs = [entry.run for entry in entries]
    consts = [entry.const for entry in entries]
    return Code(
        TupleType(tuple(entry.type for entry in entries)),
        lambda frame, mask: tuple(run(frame, mask) for run in runs),
        None if any(const is None for const in consts) else tuple(consts),
    )


def compile_tuple(c: Compiler, node: ast.Tuple) -> Code:
    made = make_tuple([c.expression(entry) for entry in node.elts])
    require_small_tuple(node, made.type)
    return made


def require_small_tuple(node: ast.AST, type_: Type) -> None:
    """Bounds on a tuple, whose own parts have been held to them before.

    Errors   Refused for one that doubling in a few lines would make.
    """
    if count_leaves(type_) > MAX_LEAVES or measure_depth(type_) > MAX_TUPLE_DEPTH:
        raise refuse(node, f"{quote(node)}, a tuple of so many entries", "use arrays")


def count_leaves(type_: Type) -> int:
    return sum(map(count_leaves, type_.entries)) if isinstance(type_, TupleType) else 1


def measure_depth(type_: Type) -> int:
    if not isinstance(type_, TupleType):
        return 0
    return 1 + max(map(measure_depth, type_.entries), default=0)


COMPILERS: dict[type[ast.AST], Callable[[Compiler, Any], Code]] = {
    ast.Constant: compile_constant,
    ast.Name: compile_name,
    ast.Tuple: compile_tuple,
}
