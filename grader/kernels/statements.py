"""Statements under masks: each runs for the active lanes and says which of them go on."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.kernels import loops
from grader.kernels.dtypes import FLOAT32
from grader.kernels.expressions import binary
from grader.kernels.lanes import Mask, is_uniform, merge
from grader.kernels.names import read_variable
from grader.kernels.refusals import quote, refuse
from grader.kernels.subscripts import compile_entry, narrow, store
from grader.kernels.typed import (
    NONE,
    Code,
    Frame,
    PathType,
    Run,
    Step,
    TupleType,
    assign_slot,
    blend,
    cast,
    join_types,
    join_variables,
    say,
    scalar_type,
    truth,
)

if TYPE_CHECKING:
    from grader.kernels.compiler import Compiler


def compile_block(c: Compiler, body: Sequence[ast.stmt]) -> Step:
    """Statements in order, charged by their size, counted by their line."""
    machine = c.machine
    steps = []
    for node in body:
        before = c.typed_nodes
        step = c.statement(node)
        if step is not skip:
            size = 1 if isinstance(node, ast.For | ast.While | ast.If) else c.typed_nodes - before
            steps.append((size, node.lineno, machine.lines[node.lineno], step))

    def run(frame: Frame, mask: Mask) -> Mask | None:
        going: Mask | None = mask
        for size, line, cost, step in steps:
            if going is None:
                return None
            machine.spend(size + 2, line, size)
            cost.issued += going.warps
            cost.lanes += going.count
            going = step(frame, going)
        return going

    return run


def skip(frame: Frame, mask: Mask) -> Mask | None:
    return mask


def compile_pass(c: Compiler, node: ast.stmt) -> Step:
    return skip


def compile_expression(c: Compiler, node: ast.Expr) -> Step:
    if isinstance(node.value, ast.Constant):
        return skip  # A docstring.
    run = c.expression(node.value).run

    def step(frame: Frame, mask: Mask) -> Mask | None:
        run(frame, mask)
        return mask

    return step


def compile_assign(c: Compiler, node: ast.Assign) -> Step:
    if len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        c.name_hint = node.targets[0].id
    value = c.expression(node.value)
    c.name_hint = ""
    return assign_all(c, node.targets, value)


def compile_annotated(c: Compiler, node: ast.AnnAssign) -> Step:
    if node.value is None:
        return skip
    return assign_all(c, [node.target], c.expression(node.value))


def assign_all(c: Compiler, targets: Sequence[ast.expr], value: Code) -> Step:
    run = value.run
    sinks = [compile_target(c, target, value) for target in targets]

    def step(frame: Frame, mask: Mask) -> Mask | None:
        result = run(frame, mask)
        for sink in sinks:
            sink(frame, mask, result)
        return mask

    return step


Sink = Callable[[Frame, Mask, Any], None]


def compile_target(c: Compiler, target: ast.expr, value: Code) -> Sink:
    """Where a value goes: a name, several names, or an entry of an array."""
    if isinstance(target, ast.Name):
        return name_target(c, target, value)
    if isinstance(target, ast.Tuple | ast.List):
        if not isinstance(value.type, TupleType) or len(value.type.entries) != len(target.elts):
            raise refuse(
                target,
                f"{say(value.type)} cannot be unpacked into {len(target.elts)} names",
                "unpack a tuple of that length",
            )
        consts = value.const or [None] * len(target.elts)
        sinks = [
            compile_target(c, entry, Code(type_, value.run, const))
            for entry, type_, const in zip(target.elts, value.type.entries, consts, strict=True)
        ]

        def unpack(frame: Frame, mask: Mask, result: Any) -> None:
            for sink, part in zip(sinks, result, strict=True):
                sink(frame, mask, part)

        return unpack
    if isinstance(target, ast.Subscript):
        return entry_target(c, target, value)
    raise refuse(target, f"{quote(target)} on the left of `=`", "assign to a name or an entry")


def name_target(c: Compiler, target: ast.Name, value: Code) -> Sink:
    if isinstance(value.type, PathType) and value.type != NONE:
        raise refuse(target, f"{say(value.type)} kept in a variable", "use it by its own name")
    c.scope.define(target.id, value.type, value.const)
    slot = c.scope.slot(target.id)
    return lambda frame, mask, result: assign_slot(frame, slot, result, mask, target)


def entry_target(c: Compiler, target: ast.Subscript, value: Code) -> Sink:
    array, put = store(c, target)
    dtype = scalar_type(value, target)
    note_narrowing(value, array.dtype)
    if dtype == array.dtype:
        return put
    wanted = array.dtype
    return lambda frame, mask, result: put(frame, mask, result.astype(wanted))


def note_narrowing(value: Code, wanted: np.dtype) -> None:
    """A float64 operation whose result is only kept as float32 is compiled as float32."""
    if value.fp64 is not None and wanted.kind == "f" and wanted.itemsize <= FLOAT32.itemsize:
        value.fp64[0] = False


def compile_augmented(c: Compiler, node: ast.AugAssign) -> Step:
    target = node.target
    if isinstance(target, ast.Name):
        variable = c.scope.variables.get(target.id)
        if variable is None:
            raise refuse(node, f"`{target.id}` is used before it has a value", "assign it first")
        slot = c.scope.slot(target.id)
        current = read_variable(slot, variable.type, variable.const)
        value = binary(c, node, node.op, current, c.expression(node.value))
        return assign_all(c, [target], value)
    if isinstance(target, ast.Subscript):
        return update_entry(c, node, target)
    raise refuse(node, f"{quote(target)} on the left of an assignment", "use a name or an entry")


def update_entry(c: Compiler, node: ast.AugAssign, target: ast.Subscript) -> Step:
    """`a[i] += x`: the index is computed once, the entry read and stored."""
    base = c.expression(target.value)
    array, indices = compile_entry(c, target, base)
    c.mark_written(target, array)
    name = quote(target.value).strip("`")
    reading, storing = c.site(target, "load", array, name), c.site(target, "store", array, name)
    machine = c.machine
    cell: list[Any] = [None]
    current = Code(array.dtype, lambda frame, mask: cell[0], is_exact32=narrow(array.dtype))
    value = binary(c, node, node.op, current, c.expression(node.value))
    note_narrowing(value, array.dtype)
    run = cast(value, array.dtype)

    def step(frame: Frame, mask: Mask) -> Mask | None:
        view = base.run(frame, mask)
        at = [index(frame, mask) for index in indices]
        cell[0] = machine.load(reading, view, at, mask)
        machine.store(storing, view, at, run(frame, mask), mask)
        return mask

    return step


def compile_if(c: Compiler, node: ast.If) -> Step:
    test = truth(c.expression(node.test), node.test)
    before = c.scope.copy_variables()
    body = compile_block(c, node.body)
    after_body = c.scope.variables
    c.scope.variables = dict(before)
    other = compile_block(c, node.orelse) if node.orelse else skip
    after_other = c.scope.variables
    # A branch that always leaves contributes nothing to what comes after.
    if leaves(node.body):
        c.scope.variables = after_other
    elif node.orelse and leaves(node.orelse):
        c.scope.variables = after_body
    else:
        c.scope.variables = join_variables(after_body, after_other, node)
    cost = c.machine.lines[node.lineno]
    machine, line = c.machine, node.lineno

    def step(frame: Frame, mask: Mask) -> Mask | None:
        condition = test(frame, mask)
        yes, no = mask.split(condition)
        if not is_uniform(condition):
            cost.branches += mask.warps
        if no is None:
            return body(frame, mask)
        if yes is None:
            return other(frame, mask)
        machine.spend(25, line, 8)
        cost.divergent += yes.warps + no.warps - mask.warps
        rest, others = body(frame, yes), other(frame, no)
        return mask if rest is yes and others is no else merge(rest, others)

    return step


def leaves(body: Sequence[ast.stmt]) -> bool:
    return bool(body) and isinstance(body[-1], ast.Return | ast.Break | ast.Continue)


def compile_return(c: Compiler, node: ast.Return) -> Step:
    machine, is_kernel = c.machine, len(c.active) == 1
    value = None if node.value is None else c.expression(node.value)
    if value is not None and value.type == NONE:
        value = None
    if is_kernel and value is not None:
        raise refuse(node, "a kernel that returns a value", "store results into an array")
    run = None if value is None else value.run
    if value is not None:
        earlier = c.scope.return_type
        c.scope.return_type = (
            value.type
            if earlier is None
            else join_types(earlier, value.type, node, c.scope.function.name)
        )

    def step(frame: Frame, mask: Mask) -> Mask | None:
        if run is not None:
            result = run(frame, mask)
            frame.value = result if frame.value is None else blend(mask, result, frame.value, node)
        frame.returned = mask.bits if frame.returned is None else frame.returned | mask.bits
        frame.alive -= mask.count
        if is_kernel:
            machine.exited |= mask.bits
        return None

    return step


def compile_assert(c: Compiler, node: ast.Assert) -> Step:
    run: Run = truth(c.expression(node.test), node.test)

    def step(frame: Frame, mask: Mask) -> Mask | None:
        run(frame, mask)  # Compiled away unless debugging, but it must be a condition.
        return mask

    return step


COMPILERS: dict[type[ast.AST], Callable[[Compiler, Any], Step]] = {
    ast.Pass: compile_pass,
    ast.Expr: compile_expression,
    ast.Assign: compile_assign,
    ast.AnnAssign: compile_annotated,
    ast.AugAssign: compile_augmented,
    ast.If: compile_if,
    ast.Return: compile_return,
    ast.Assert: compile_assert,
    ast.For: loops.compile_for,
    ast.While: loops.compile_while,
    ast.Break: loops.compile_break,
    ast.Continue: loops.compile_continue,
}
