"""`for` and `while`: the body runs as long as any lane goes on."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.kernels.dtypes import INT64, type_literal, type_range
from grader.kernels.lanes import Mask, is_uniform, merge
from grader.kernels.limits import MAX_LOOP_DEPTH
from grader.kernels.refusals import quote, refuse
from grader.kernels.typed import (
    ArrayType,
    Code,
    Frame,
    Step,
    TupleType,
    Variable,
    assign_slot,
    assigned_names,
    cast,
    join_variables,
    scalar_type,
    truth,
)

if TYPE_CHECKING:
    from grader.kernels.compiler import Compiler

# Types only ever widen (int64, float64), so a few passes always settle them.
MAX_PASSES = 6


def compile_for(c: Compiler, node: ast.For) -> Step:
    if not isinstance(node.target, ast.Name):
        raise refuse(node, quote(node.target), "loop over one variable")
    if not isinstance(node.iter, ast.Call):
        return compile_for_each(c, node, node.target)
    bounds = range_bounds(c, node)
    dtype = type_range([scalar_type(bound, node.iter) for bound in bounds])
    if all(bound.const is not None and abs(bound.const) < 2**31 for bound in bounds):
        dtype = INT64
    target = node.target
    slot = c.scope.slot(target.id)

    def enter() -> None:
        c.scope.define(target.id, dtype)

    body, orelse = settle(c, node, enter)
    first, stop, step_by = (cast(bound, dtype) for bound in bounds)
    cost = c.machine.lines[node.lineno]
    machine, line = c.machine, node.lineno

    def step(frame: Frame, mask: Mask) -> Mask | None:
        value, end, by = first(frame, mask), stop(frame, mask), step_by(frame, mask)
        forward = by > 0
        is_even = is_uniform(value) and is_uniform(end) and is_uniform(by)
        going: Mask | None = mask
        enter_loop(frame)
        while going is not None:
            machine.spend(3, line, 1)
            machine.loaded.clear()
            if is_even:
                if not (value < end if forward else value > end):
                    break
            else:
                inside = (
                    value < end if np.all(forward) else np.where(forward, value < end, value > end)
                )
                going = advance(cost, going, inside)
                if going is None:
                    break
            assign_slot(frame, slot, value, going, target)
            going = next_round(frame, body(frame, going))
            value = value + by
        return leave_loop(frame, mask, orelse)

    return step


def compile_for_each(c: Compiler, node: ast.For, target: ast.Name) -> Step:
    """A loop over a tuple, whose entries are of one type: Numba knows no other; or an array."""
    entries = c.expression(node.iter)
    if isinstance(entries.type, ArrayType):
        if id(node) not in c.rewritten:
            c.rewritten[id(node)] = index_array(node, target)
        return compile_for(c, c.rewritten[id(node)])
    types = entries.type.entries if isinstance(entries.type, TupleType) else ()
    if not types or any(each != types[0] for each in types):
        raise refuse(
            node, f"a loop over {quote(node.iter)}",
            "loop over `range(...)` and index, or over a tuple whose entries have one type",
        )  # fmt: skip
    slot = c.scope.slot(target.id)

    def enter() -> None:
        c.scope.define(target.id, types[0])

    body, orelse = settle(c, node, enter)
    machine, line = c.machine, node.lineno

    def step(frame: Frame, mask: Mask) -> Mask | None:
        going: Mask | None = mask
        enter_loop(frame)
        for value in entries.run(frame, mask):
            if going is None:
                break
            machine.spend(3, line, 1)
            machine.loaded.clear()
            assign_slot(frame, slot, value, going, target)
            going = next_round(frame, body(frame, going))
        return leave_loop(frame, mask, orelse)

    return step


def index_array(node: ast.For, target: ast.Name) -> ast.For:
    """`for v in a:` as the loop over its indices that Numba makes of it."""
    name = f".{target.id} at {node.lineno}"  # No name that a student could write.
    size = ast.Subscript(ast.Attribute(node.iter, "shape", ast.Load()), ast.Constant(0), ast.Load())
    entry = ast.Subscript(node.iter, ast.Name(name, ast.Load()), ast.Load())
    call = ast.Call(ast.Name("range", ast.Load()), [size], [])
    assign = ast.Assign([target], entry)
    loop = ast.For(ast.Name(name, ast.Store()), call, [assign, *node.body], node.orelse)
    for new in (size, size.value, size.slice, entry, entry.slice, call, call.func, assign, loop,
                loop.target):  # fmt: skip
        ast.copy_location(new, node.iter)
    return ast.copy_location(loop, node)


def range_bounds(c: Compiler, node: ast.For) -> tuple[Code, Code, Code]:
    """Start, stop and step of the `range` that is looped over."""
    call = node.iter
    is_range = (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in ("range", "prange")
        and call.func.id not in c.scope.variables
    )
    if not is_range or not 1 <= len(call.args) <= 3 or call.keywords:  # type: ignore[attr-defined]
        raise refuse(node, f"a loop over {quote(call)}", "loop over `range(...)` and index")
    given = [c.expression(entry) for entry in call.args]  # type: ignore[attr-defined]
    for code in given:
        if scalar_type(code, call).kind == "f":
            raise refuse(
                call, f"{quote(call)} with a float", "use `//` instead of `/`, or int(...)"
            )
    zero, one = small(0, given), small(1, given)
    if len(given) == 1:
        return zero, given[0], one
    return given[0], given[1], given[2] if len(given) == 3 else one


def small(value: int, given: list[Code]) -> Code:
    """A bound that is left out has the type of those that are there."""
    dtype = given[-1].type if len(given) == 1 else given[0].type
    dtype = dtype if isinstance(dtype, np.dtype) else type_literal(value)
    number = dtype.type(value)
    return Code(dtype, lambda frame, mask: number, const=value)


def compile_while(c: Compiler, node: ast.While) -> Step:
    tests: list[Any] = []

    def enter() -> None:
        tests.append(truth(c.expression(node.test), node.test))

    body, orelse = settle(c, node, enter)
    test = tests[-1]
    cost = c.machine.lines[node.lineno]
    machine, line = c.machine, node.lineno

    def step(frame: Frame, mask: Mask) -> Mask | None:
        going: Mask | None = mask
        enter_loop(frame)
        while going is not None:
            machine.spend(5, line, 2)
            machine.loaded.clear()
            going = advance(cost, going, test(frame, going))
            if going is not None:
                going = next_round(frame, body(frame, going))
        return leave_loop(frame, mask, orelse)

    return step


def settle(
    c: Compiler, node: ast.For | ast.While, enter: Callable[[], None]
) -> tuple[Step, Step | None]:
    """Type the body until what comes round equals what went in."""
    scope = c.scope
    scope.loop_depth += 1
    if scope.loop_depth > MAX_LOOP_DEPTH:
        raise refuse(
            node, f"more than {MAX_LOOP_DEPTH} loops inside one another", "write fewer levels"
        )
    entry = scope.copy_variables()
    for name in assigned_names(node) & entry.keys():
        entry[name] = Variable(entry[name].type)  # Whatever it was, the loop changes it.
    for _ in range(MAX_PASSES):
        scope.variables = dict(entry)
        enter()
        head = scope.copy_variables()
        body = c.block(node.body)
        merged = join_variables(entry, join_variables(head, scope.variables, node), node)
        settled = all(merged[name] == variable for name, variable in entry.items())
        # A name first set in the loop stays unset where the loop never runs.
        entry = merged
        if settled:
            break
    scope.loop_depth -= 1
    scope.variables = merged
    orelse = c.block(node.orelse) if node.orelse else None
    return body, orelse


def enter_loop(frame: Frame) -> None:
    frame.broken.append(None)
    frame.continued.append(None)


def advance(cost: Any, going: Mask, inside: Any) -> Mask | None:
    """The lanes that enter another round; those that leave early idle in their warps."""
    stay, gone = going.split(inside)
    if not is_uniform(inside):
        cost.branches += going.warps
    if stay is not None and gone is not None:
        cost.divergent += stay.warps + gone.warps - going.warps
    return stay


def next_round(frame: Frame, reached_end: Mask | None) -> Mask | None:
    continued = frame.continued[-1]
    if continued is None:
        return reached_end
    frame.continued[-1] = None
    return merge(reached_end, Mask(continued))


def leave_loop(frame: Frame, mask: Mask, orelse: Step | None) -> Mask | None:
    """Everyone who entered goes on, but for those who returned inside."""
    frame.continued.pop()
    broken = frame.broken.pop()
    if frame.returned is not None and (frame.returned & mask.bits).any():
        mask = mask.without(frame.returned)
        if mask.count == 0:
            return None
    if orelse is None:
        return mask
    if broken is None:
        return orelse(frame, mask)
    left, rest = mask.split(broken)
    return merge(left, orelse(frame, rest) if rest is not None else None)


def compile_break(c: Compiler, node: ast.Break) -> Step:
    def step(frame: Frame, mask: Mask) -> Mask | None:
        earlier = frame.broken[-1]
        frame.broken[-1] = mask.bits if earlier is None else earlier | mask.bits
        return None

    return step


def compile_continue(c: Compiler, node: ast.Continue) -> Step:
    def step(frame: Frame, mask: Mask) -> Mask | None:
        earlier = frame.continued[-1]
        frame.continued[-1] = mask.bits if earlier is None else earlier | mask.bits
        return None

    return step
