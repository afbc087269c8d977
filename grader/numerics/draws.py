"""Inputs of a check: written by the author, or drawn from seeds that nothing else moves.

Each input has its own generator, seeded from the submission's seed, the check's name, the
parameter and the repetition, so that adding or reordering inputs changes no other one.
NumPy is loaded only where there is an array: plain numbers are drawn with `random`.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from grader.errors import InstructorError
from grader.spec.function_part import Draw, FunctionCheck, FunctionPart
from grader.spec.signature import read_signature
from grader.values import ArrayValue, Value

# Above this one float64 input alone fills the 64 MiB that a message of the sandbox may carry.
MOST_ENTRIES = 1 << 23


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scene:
    """What every input of one call shares."""

    part: FunctionPart
    check: str
    seed: int
    repeat: int
    sizes: Mapping[str, int]


def draw_inputs(
    part: FunctionPart,
    check: FunctionCheck,
    seed: int,
    repeat: int = 0,
    sizes: Mapping[str, int] | None = None,
) -> dict[str, Value]:
    """The inputs of one call, by parameter: the check's own before those all checks share.

    Shapes   symbolic sizes come from the part, then the check, then `sizes`.
    Errors   InstructorError when a parameter has no input, or an input is malformed.
    """
    parameters = read_signature(part.signature).parameters
    written = {**part.inputs, **check.inputs}
    unknown = written.keys() - {parameter.name for parameter in parameters}
    if unknown:
        raise InstructorError(
            f"check `{check.name}` gives `{min(unknown)}`, no parameter of `{part.signature}`"
        )
    scene = _Scene(
        part=part,
        check=check.name,
        seed=seed,
        repeat=repeat,
        sizes={**part.sizes, **check.sizes, **(sizes or {})},
    )
    inputs: dict[str, Value] = {}
    for parameter in parameters:
        if parameter.name in written:
            inputs[parameter.name] = _read(written[parameter.name], parameter.name, scene)
        elif parameter.has_default:
            # Arguments are passed by place, so a gap must be filled.
            inputs[parameter.name] = parameter.default
        else:
            raise InstructorError(f"check `{check.name}` gives no input for `{parameter.name}`")
    while inputs and (last := next(reversed(inputs))) not in written:
        # The student's own default is used where nothing follows it.
        del inputs[last]
    return inputs


def widen(inputs: Mapping[str, Value]) -> dict[str, Value]:
    """The same inputs with every floating array in double precision: the values are unchanged."""
    return {name: _widen(value) for name, value in inputs.items()}


def _read(written: Any, path: str, scene: _Scene) -> Value:
    if isinstance(written, Draw):
        return _draw(written, path, scene)
    if isinstance(written, Mapping):
        return {key: _read(value, f"{path}.{key}", scene) for key, value in written.items()}
    if isinstance(written, list | tuple):
        if scene.part.arrays != "python" and measure_literal(written) is not None:
            return _hand_over(_make_entries(written, None, path, scene), scene)
        return _read_members(written, path, scene)
    if written is None or isinstance(written, bool | int | float | complex | str):
        return written
    raise InstructorError(f"check `{scene.check}`, `{path}`: {type(written).__name__} is no input")


def _read_members(written: Any, path: str, scene: _Scene) -> list[Value]:
    """A list that is no array, such as one of rows of different lengths: no row is one either."""
    return [
        _read_members(value, f"{path}[{i}]", scene)
        if isinstance(value, list | tuple)
        else _read(value, f"{path}[{i}]", scene)
        for i, value in enumerate(written)
    ]


def _draw(draw: Draw, path: str, scene: _Scene) -> Value:
    if draw.draw is None:
        return _read_stated(draw, path, scene)
    if draw.value is not None:
        raise InstructorError(f"check `{scene.check}`, `{path}`: give `draw` or `value`, not both")
    shape = _read_shape(draw, path, scene)
    key = _key(draw, path, scene)
    # Without a shape the input is one number, not an array without axes.
    if "shape" not in draw.model_fields_set and draw.dtype is None:
        return _draw_scalar(draw, random.Random(key), path, scene)
    from grader.numerics.arrays import draw_entries

    try:
        entries = draw_entries(draw, shape, key, scene.part.dtype)
    except (ValueError, OverflowError) as error:
        raise InstructorError(f"check `{scene.check}`, `{path}`: {error}") from None
    return _hand_over(entries, scene)


def _read_stated(draw: Draw, path: str, scene: _Scene) -> Value:
    """Entries that are stated. Numbers in a list take the part's dtype, unless they say theirs."""
    value = draw.value
    shape = measure_literal(value) if isinstance(value, list | tuple) else None
    stated = draw.dtype is not None or "shape" in draw.model_fields_set
    if not stated and (shape is None or scene.part.arrays == "python"):
        return _read(value, path, scene)
    if isinstance(value, bool | int | float):
        shape = ()
    if shape is None:
        raise InstructorError(f"check `{scene.check}`, `{path}`: the rows differ in length")
    dtype = draw.dtype or (None if _holds_booleans(value) else scene.part.dtype)
    entries = _make_entries(value, dtype, path, scene)
    if "shape" in draw.model_fields_set:
        shape = _read_shape(draw, path, scene)
    try:
        return _hand_over(entries.reshape(shape), scene)
    except ValueError as error:
        raise InstructorError(f"check `{scene.check}`, `{path}`: {error}") from None


def _holds_booleans(value: Any) -> bool:
    while isinstance(value, list | tuple) and value:
        value = value[0]
    return isinstance(value, bool)


def _make_entries(written: Any, dtype: str | None, path: str, scene: _Scene) -> Any:
    import numpy as np

    try:
        entries = np.array(written)
        if dtype is None and entries.dtype.kind == "f":
            dtype = scene.part.dtype
        return entries if dtype is None else entries.astype(dtype)
    except (ValueError, OverflowError) as error:
        raise InstructorError(f"check `{scene.check}`, `{path}`: {error}") from None


def _hand_over(entries: Any, scene: _Scene) -> Value:
    """An array as the part's functions take it: nested lists in plain Python."""
    if scene.part.arrays == "python":
        plain: Value = entries.tolist()
        return plain
    return ArrayValue(entries, entries.dtype.name, _family(scene))


def _family(scene: _Scene) -> str:
    return "tensor" if scene.part.arrays == "torch" else "array"


def _read_shape(draw: Draw, path: str, scene: _Scene) -> tuple[int, ...]:
    shape = []
    entries = 1
    for size in draw.shape:
        if isinstance(size, str):
            if size not in scene.sizes:
                known = ", ".join(sorted(scene.sizes)) or "none are declared"
                raise InstructorError(
                    f"check `{scene.check}`, `{path}`: no size is called `{size}` ({known})"
                )
            size = scene.sizes[size]
        if size < 0:
            raise InstructorError(f"check `{scene.check}`, `{path}`: a size may not be {size}")
        shape.append(size)
        entries *= size
    if entries > MOST_ENTRIES:
        raise InstructorError(
            f"check `{scene.check}`, `{path}`: {entries} entries; at most {MOST_ENTRIES} fit"
        )
    return tuple(shape)


def _key(draw: Draw, path: str, scene: _Scene) -> int:
    """128 bits that only this input's place and seeds decide; a fixed seed is the same anywhere."""
    origin = ["fixed", str(draw.seed)]
    if draw.seed is None:
        origin = ["secret", str(scene.seed), scene.check]
    text = "\0".join([*origin, path, str(scene.repeat)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "little")


def _draw_scalar(draw: Draw, source: random.Random, path: str, scene: _Scene) -> Value:
    drawn: Any
    match draw.draw:
        case "normal":
            # Twelve digits: the C library's last bit must not show on another machine.
            drawn = round(source.gauss(0, 1), 12)
        case "uniform":
            drawn = draw.low + (draw.high - draw.low) * source.random()
        case "integers":
            if not int(draw.low) < int(draw.high):
                raise InstructorError(f"check `{scene.check}`, `{path}`: `high` must exceed `low`")
            drawn = source.randrange(int(draw.low), int(draw.high))
        case "choice":
            if not draw.of:
                raise InstructorError(f"check `{scene.check}`, `{path}`: `of` is empty")
            return _read(draw.of[source.randrange(len(draw.of))], path, scene)
        case "zeros":
            drawn = 0.0
        case "ones":
            drawn = 1.0
        case _:
            raise InstructorError(f"check `{scene.check}`, `{path}`: `{draw.draw}` needs a `shape`")
    if (draw.scale, draw.shift) == (1, 0):
        return drawn  # type: ignore[no-any-return]
    moved = draw.shift + draw.scale * drawn
    return int(moved) if isinstance(drawn, int) and moved == int(moved) else moved


def measure_literal(written: list[Any] | tuple[Any, ...]) -> tuple[int, ...] | None:
    """The shape of nested lists of numbers; None where they are ragged or hold anything else."""
    shapes = set()
    for entry in written:
        if isinstance(entry, list | tuple):
            inner = measure_literal(entry)
            if inner is None:
                return None
            shapes.add(inner)
        elif isinstance(entry, bool | int | float) and not _is_too_long(entry):
            shapes.add(())
        else:
            return None
    if len(shapes) > 1:
        return None
    return (len(written), *(shapes.pop() if shapes else ()))


def _is_too_long(entry: float) -> bool:
    return isinstance(entry, int) and not -(2**63) <= entry < 2**63


def _widen(value: Value) -> Value:
    if isinstance(value, ArrayValue):
        wide = {"float16": "float64", "float32": "float64", "complex64": "complex128"}
        dtype = wide.get(value.dtype)
        if dtype is None:
            return value
        return ArrayValue(value.entries.astype(dtype), dtype, value.family)
    if isinstance(value, list):
        return [_widen(entry) for entry in value]
    if isinstance(value, dict):
        return {key: _widen(entry) for key, entry in value.items()}
    return value
