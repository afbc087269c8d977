"""Indexing: loads of single entries, views by slices or fewer indices, entries of tuples."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.kernels.counts import Site
from grader.kernels.lanes import Lanes, Mask, is_uniform
from grader.kernels.memory import View
from grader.kernels.refusals import quote, refuse
from grader.kernels.typed import (
    ArrayType,
    Code,
    Frame,
    Run,
    TupleType,
    cast,
    say,
    scalar_type,
)

if TYPE_CHECKING:
    from grader.kernels.compiler import Compiler

Slice = tuple[Run | None, Run | None, Run | None]


def compile_subscript(c: Compiler, node: ast.Subscript) -> Code:
    value = c.expression(node.value)
    if isinstance(value.type, TupleType):
        return tuple_entry(c, node, value, value.type)
    array, indices = compile_indices(c, node, value)
    if len(indices) == array.ndim and not any(isinstance(index, tuple) for index in indices):
        return load(c, node, value, array, indices)  # type: ignore[arg-type]
    return window(c, node, value, array, indices)


def compile_indices(
    c: Compiler, node: ast.Subscript, value: Code
) -> tuple[ArrayType, list[Run | Slice]]:
    """The index of each axis that is given: an integer or a slice."""
    if not isinstance(value.type, ArrayType):
        raise refuse(
            node,
            f"{quote(node.value)} is {say(value.type)} and cannot be indexed",
            "index arrays and tuples",
        )
    array = value.type
    entries = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    indices: list[Run | Slice] = []
    for entry in entries:
        if isinstance(entry, ast.Slice):
            indices.append(compile_slice(c, entry))
        elif isinstance(entry, ast.Constant) and entry.value is Ellipsis:
            missing = array.ndim - (len(entries) - 1)
            indices.extend([(None, None, None)] * missing)
        else:
            indices.extend(compile_index(c, entry))
    if len(indices) > array.ndim:
        raise refuse(node, f"{len(indices)} indices into {say(array)}", f"give {array.ndim}")
    return array, indices


def compile_index(c: Compiler, node: ast.expr) -> list[Run | Slice]:
    code = c.expression(node)
    if isinstance(code.type, TupleType):
        run = code.run
        return [
            integer(Code(type_, entry_run(run, k)), node)
            for k, type_ in enumerate(code.type.entries)
        ]
    return [integer(code, node)]


def entry_run(run: Run, position: int) -> Run:
    return lambda frame, mask: run(frame, mask)[position]


def integer(code: Code, node: ast.expr) -> Run:
    dtype = scalar_type(code, node)
    if dtype.kind == "f":
        raise refuse(
            node, f"the index {quote(node)} is {say(dtype)}", "use `//` instead of `/`, or int(...)"
        )
    return cast(code, np.dtype(np.int64))


def compile_slice(c: Compiler, node: ast.Slice) -> Slice:
    def bound(entry: ast.expr | None) -> Run | None:
        return None if entry is None else integer(c.expression(entry), entry)

    return bound(node.lower), bound(node.upper), bound(node.step)


def load(
    c: Compiler, node: ast.Subscript, value: Code, array: ArrayType, indices: list[Run]
) -> Code:
    site = c.site(node, "load", array, quote(node.value).strip("`"))
    machine, base = c.machine, value.run
    key = name_load(c, node)

    def run(frame: Frame, mask: Mask) -> Any:
        kept = machine.loaded.get(key)
        if kept is not None and kept[0] is frame and kept[1] is mask:
            return kept[2]
        view = base(frame, mask)
        entry = machine.load(site, view, [index(frame, mask) for index in indices], mask)
        machine.loaded[key] = (frame, mask, entry)
        return entry

    return Code(array.dtype, run, is_exact32=narrow(array.dtype))


def name_load(c: Compiler, node: ast.Subscript) -> tuple[Any, ...]:
    """What two loads share that a compiler merges: the text, and every name's definition.

    Any store, barrier or further round of a loop comes between them and forgets the first.
    """
    names = sorted({inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)})
    definitions = tuple((name, c.scope.definitions.get(name, 0)) for name in names)
    return (c.scope.function.name, ast.dump(node), definitions)


def narrow(dtype: np.dtype) -> bool:
    """Whether every value of the type is exactly a float32."""
    return dtype.itemsize <= (4 if dtype.kind == "f" else 2)


def store(c: Compiler, node: ast.Subscript) -> tuple[ArrayType, Callable[..., None]]:
    """The closure that stores into a subscript, and the type of what it stores into."""
    value = c.expression(node.value)
    array, runs = compile_entry(c, node, value)
    c.mark_written(node, array)
    site = c.site(node, "store", array, quote(node.value).strip("`"))
    machine, base = c.machine, value.run

    def run(frame: Frame, mask: Mask, stored: Lanes) -> None:
        view = base(frame, mask)
        machine.store(site, view, [index(frame, mask) for index in runs], stored, mask)

    return array, run


def compile_entry(c: Compiler, node: ast.Subscript, value: Code) -> tuple[ArrayType, list[Run]]:
    """The indices of a single entry that is stored into."""
    array, indices = compile_indices(c, node, value)
    if len(indices) < array.ndim or any(isinstance(index, tuple) for index in indices):
        raise refuse(
            node,
            f"{quote(node)} stores into several entries at once",
            "store single entries, in a loop if need be",
        )
    return array, indices  # type: ignore[return-value]


def tuple_entry(c: Compiler, node: ast.Subscript, value: Code, type_: TupleType) -> Code:
    index = c.expression(node.slice)
    run, size = value.run, len(type_.entries)
    if isinstance(index.const, int):
        if not -size <= index.const < size:
            raise refuse(
                node, f"{quote(node)}: the tuple has {size} entries", f"use 0 to {size - 1}"
            )
        position = index.const % size
        const = None if value.const is None else value.const[position]
        return Code(type_.entries[position], entry_run(run, position), const)
    if len(set(type_.entries)) != 1 or not isinstance(type_.entries[0], np.dtype):
        raise refuse(node, f"{quote(node)} with an index that varies", "use a constant index")
    at, entry_type, machine = integer(index, node.slice), type_.entries[0], c.machine
    table = None if value.const is None else np.array(value.const, entry_type)

    def choose(frame: Frame, mask: Mask) -> Any:
        if table is not None:
            return table.take(at(frame, mask) % size)
        entries, position = run(frame, mask), at(frame, mask)
        if is_uniform(position):
            return entries[int(position) % size]
        machine.spend(4 * size, node.lineno)
        chosen = np.zeros(position.shape, entry_type)
        for number in np.unique(position % size):
            chosen = np.where(position % size == number, entries[number], chosen)
        return chosen

    return Code(type_.entries[0], choose)


def window(
    c: Compiler, node: ast.Subscript, value: Code, array: ArrayType, indices: list[Run | Slice]
) -> Code:
    """`a[i]` of a matrix, or `a[1:n, j]`: no memory is touched until it is indexed further."""
    site = Site(
        node.lineno,
        node.col_offset + 1,
        "view",
        array.space,
        quote(node.value).strip("`"),
        array.dtype.itemsize,
    )
    machine, base = c.machine, value.run
    kept = array.ndim - sum(not isinstance(index, tuple) for index in indices)

    def run(frame: Frame, mask: Mask) -> View:
        view = base(frame, mask)
        shape: list[Any] = []
        strides: list[Any] = []
        offset = view.offset
        for axis, index in enumerate(indices):
            size, stride = view.shape[axis], view.strides[axis]
            if isinstance(index, tuple):
                start, extent, step = clip_slice(index, size, frame, mask)
                offset = offset + start * stride
                shape.append(extent)
                strides.append(stride * step)
            else:
                one = View(view.memory, 0, (size,), (stride,))
                flat, inside = machine.locate(site, one, [index(frame, mask)], mask)
                if inside is not mask:  # Reported; the first row stands in for one outside.
                    flat = np.where(inside.bits, flat, 0) if inside else np.asarray(0)
                offset = offset + flat
        rest = len(indices)
        return View(
            view.memory, offset, (*shape, *view.shape[rest:]), (*strides, *view.strides[rest:])
        )

    return Code(replace(array, ndim=kept), run)


def clip_slice(bounds: Slice, size: Any, frame: Frame, mask: Mask) -> tuple[Any, Any, Any]:
    """First index, length and step of a slice of an axis, as Python clips them."""
    lower, upper, step_run = bounds
    step = np.int64(1) if step_run is None else step_run(frame, mask)
    forward = step > 0
    least, most = np.where(forward, 0, -1), np.where(forward, size, size - 1)

    def settle(run: Run | None, default: Any) -> Any:
        if run is None:
            return default
        at = run(frame, mask)
        return np.clip(np.where(at < 0, at + size, at), least, most)

    start = settle(lower, np.where(forward, 0, size - 1))
    stop = settle(upper, np.where(forward, size, -1))
    length = np.maximum((stop - start + step - np.sign(step)) // step, 0)
    return tuple(int(v) if is_uniform(v) else v for v in (start, length, step))  # type: ignore[return-value]


COMPILERS: dict[type[ast.AST], Callable[[Compiler, Any], Code]] = {
    ast.Subscript: compile_subscript,
}
