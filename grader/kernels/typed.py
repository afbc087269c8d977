"""What typing a node gives: its type, a closure that evaluates it, and its constant if any."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from grader.kernels.dtypes import unify
from grader.kernels.lanes import Lanes, Mask
from grader.kernels.refusals import refuse


@dataclass(frozen=True, slots=True)
class ArrayType:
    dtype: np.dtype
    ndim: int
    space: str
    origins: frozenset[int]
    """Which allocations it may be a window on."""
    is_readonly: bool = False


@dataclass(frozen=True, slots=True)
class TupleType:
    entries: tuple[Type, ...]


@dataclass(frozen=True, slots=True)
class PathType:
    """A module, function or data type by its dotted origin: `numba.cuda.shared`."""

    path: str


Type: TypeAlias = np.dtype | ArrayType | TupleType | PathType
NONE = PathType("None")


class Frame:
    """The variables of one call: a value and the lanes it holds for, in slots."""

    __slots__ = ("alive", "broken", "continued", "owners", "returned", "slots", "value")

    def __init__(self, slot_count: int, entry: Mask) -> None:
        self.slots: list[Any] = [None] * slot_count
        self.owners: list[Mask] = [entry] * slot_count
        self.alive = entry.count
        self.returned: Lanes | None = None
        self.value: Any = None
        self.broken: list[Lanes | None] = []
        self.continued: list[Lanes | None] = []


Run: TypeAlias = Callable[[Frame, Mask], Any]
Step: TypeAlias = Callable[[Frame, Mask], "Mask | None"]
"""A statement: runs for the active lanes and says which go on to the next."""


@dataclass(slots=True)
class Code:
    """A typed expression."""

    type: Type
    run: Run
    const: Any = None
    is_exact32: bool = False
    """Its value is exactly a float32, so that float64 arithmetic on it may be folded away."""
    fp64: list[bool] | None = None
    """Set for a float64 operation that a narrowing consumer makes float32: `[counts]`."""


@dataclass(slots=True)
class Variable:
    type: Type
    const: Any = None


@dataclass(slots=True)
class Scope:
    """The names of one function while it is typed."""

    function: ast.FunctionDef
    variables: dict[str, Variable] = field(default_factory=dict)
    slots: dict[str, int] = field(default_factory=dict)
    return_type: Type | None = None
    loop_depth: int = 0
    definitions: dict[str, int] = field(default_factory=dict)
    """How often each name has been assigned so far in the text."""
    assigned: set[str] = field(init=False)
    """Every name that the text assigns to somewhere."""

    def __post_init__(self) -> None:
        self.assigned = assigned_names(self.function)

    def define(self, name: str, type_: Type, const: Any = None) -> None:
        """Note an assignment to a name."""
        self.variables[name] = Variable(type_, const)
        self.definitions[name] = self.definitions.get(name, 0) + 1

    def slot(self, name: str) -> int:
        return self.slots.setdefault(name, len(self.slots))

    def copy_variables(self) -> dict[str, Variable]:
        return dict(self.variables)


def constant(value: Any, dtype: np.dtype) -> Code:
    """A number known before the launch."""
    number = np.asarray(value).astype(dtype)[()]
    exact = bool(np.float32(number) == number) if dtype.kind == "f" else abs(int(number)) < 2**24
    return Code(dtype, lambda frame, mask: number, const=value, is_exact32=exact)


def join_types(left: Type, right: Type, node: ast.AST, name: str) -> Type:
    """The one type of a variable on two paths, as Numba unifies them."""
    if left == right:
        return left
    if isinstance(left, np.dtype) and isinstance(right, np.dtype):
        return unify(left, right)
    if (
        isinstance(left, ArrayType)
        and isinstance(right, ArrayType)
        and (left.dtype, left.ndim, left.space) == (right.dtype, right.ndim, right.space)
    ):
        readonly = left.is_readonly or right.is_readonly
        return ArrayType(left.dtype, left.ndim, left.space, left.origins | right.origins, readonly)
    if (
        isinstance(left, TupleType)
        and isinstance(right, TupleType)
        and len(left.entries) == len(right.entries)
    ):
        pairs = zip(left.entries, right.entries, strict=True)
        return TupleType(tuple(join_types(a, b, node, name) for a, b in pairs))
    raise refuse(
        node,
        f"`{name}` is {say(left)} on one path and {say(right)} on another",
        "use one name for each",
    )


def join_variables(
    left: dict[str, Variable], right: dict[str, Variable], node: ast.AST
) -> dict[str, Variable]:
    """Names after two paths meet; a name set on one path only stays, as Numba keeps it."""
    joined = dict(left)
    for name, variable in right.items():
        mine = left.get(name)
        if mine is None or mine == variable:
            joined[name] = variable
        else:
            const = mine.const if same_constant(mine.const, variable.const) else None
            joined[name] = Variable(join_types(mine.type, variable.type, node, name), const)
    return joined


def same_constant(left: Any, right: Any) -> bool:
    return left is not None and type(left) is type(right) and bool(left == right)


def say(type_: Type) -> str:
    """A type in words."""
    if isinstance(type_, np.dtype):
        return f"a {type_.name}" if type_.kind != "i" else f"an {type_.name}"
    if isinstance(type_, ArrayType):
        return f"an array of {type_.dtype.name}, {type_.ndim}-d, {type_.space}"
    if isinstance(type_, TupleType):
        return f"a tuple of {len(type_.entries)}"
    return "None" if type_ == NONE else f"`{type_.path}`"


def assigned_names(node: ast.AST) -> set[str]:
    return {
        inner.id for inner in ast.walk(node)
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store)
    }  # fmt: skip


def scalar_type(code: Code, node: ast.AST) -> np.dtype:
    """The type of a number, or a refusal for anything else."""
    if isinstance(code.type, np.dtype):
        return code.type
    raise refuse(node, f"{say(code.type)} where a number is needed", "index it down to one entry")


def cast(code: Code, dtype: np.dtype) -> Run:
    """Evaluate and convert, as C does: integers wrap, floats truncate towards zero."""
    if code.type == dtype:
        return code.run
    if code.const is not None and not isinstance(code.const, tuple):
        number = np.asarray(code.const).astype(code.type).astype(dtype)[()]  # type: ignore[arg-type]
        return lambda frame, mask: number
    run = code.run
    return lambda frame, mask: run(frame, mask).astype(dtype)


def truth(code: Code, node: ast.AST) -> Run:
    """Evaluate as a condition."""
    dtype = scalar_type(code, node)
    run = code.run
    if dtype.kind == "b":
        return run
    return lambda frame, mask: run(frame, mask) != 0


def assign_slot(frame: Frame, slot: int, value: Any, mask: Mask, node: ast.AST) -> None:
    """Give the active lanes a new value; the others keep theirs."""
    old = frame.slots[slot]
    owner = frame.owners[slot]
    if old is None or mask.count == frame.alive or mask.covers(owner):
        frame.slots[slot] = value
        frame.owners[slot] = mask
        return
    frame.slots[slot] = blend(mask, value, old, node)
    if not owner.covers(mask):
        frame.owners[slot] = Mask(owner.bits | mask.bits)


def blend(mask: Mask, new: Any, old: Any, node: ast.AST) -> Any:
    if isinstance(new, tuple):
        return tuple(blend(mask, a, b, node) for a, b in zip(new, old, strict=True))
    if isinstance(new, np.ndarray | np.generic):
        return np.where(mask.bits, new, old)
    if new is old:
        return old
    if new.memory is old.memory and new.shape == old.shape and new.strides == old.strides:
        merged = np.where(mask.bits, new.offset, old.offset)
        return type(new)(new.memory, merged, new.shape, new.strides)
    raise refuse(
        node,
        "a name that stands for different arrays in different threads",
        "index each array under its own name",
    )
