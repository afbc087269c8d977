"""Launches and what they did as bytes: a line of JSON, then the arrays as they lie in memory.

Nothing is pickled: what comes back is read as numbers and text, whatever became of the child.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Any

import numpy as np

from grader.kernels.counts import LineCost, Site
from grader.kernels.launch import KernelRun, Launch, Repeated, Stored, Zeros
from grader.kernels.limits import Budget
from grader.kernels.machine import Issue
from grader.kernels.refusals import Refusal

# A header is counts and messages by line; more than this is no run of a source of 64 KiB.
HEADER_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One launch to interpret."""

    source: str
    name: str
    launch: Launch
    arguments: Sequence[Any]
    budget: Budget
    blocks: tuple[int, ...] | None


def send_request(stream: IO[bytes], request: Request) -> None:
    header = {
        "source": request.source,
        "name": request.name,
        "launch": spell(request.launch),
        "budget": spell(request.budget),
        "blocks": request.blocks,
        "arguments": describe_arguments(request.arguments),
    }
    arrays = [each for each in request.arguments if isinstance(each, np.ndarray | Repeated)]
    once = {id(each): each for each in arrays}.values()
    buffers = [each.entries if isinstance(each, Repeated) else each for each in once]
    send(stream, header, [as_bytes(buffer) for buffer in buffers])


def read_request(stream: IO[bytes]) -> Request | None:
    """The next request; None at the end of the stream."""
    header = read_header(stream)
    if header is None:
        return None
    launch = header["launch"]
    return Request(
        source=header["source"],
        name=header["name"],
        launch=Launch(
            grid=tuple(launch["grid"]),
            block=tuple(launch["block"]),
            dynamic_shared_bytes=launch["dynamic_shared_bytes"],
        ),
        arguments=read_arguments(stream, header["arguments"]),
        budget=Budget(**header["budget"]),
        blocks=None if header["blocks"] is None else tuple(header["blocks"]),
    )


def send_run(stream: IO[bytes], run: KernelRun, arguments: Sequence[Any]) -> None:
    """What a launch did, and the arrays as it left them."""
    header = spell(run) | {
        "refusal": run.refusal and spell(run.refusal),
        "halted": run.halted and spell(run.halted),
        "issues": [spell(issue) for issue in run.issues],
        "sites": [spell(site) for site in run.sites],
        "lines": [[line, spell(cost)] for line, cost in run.lines.items()],
        "stored": [[position, len(each.places)] for position, each in run.stored.items()],
    }
    stored = [array for each in run.stored.values() for array in (each.places, each.values)]
    send(stream, header, [as_bytes(array) for array in (*list_arrays(arguments), *stored)])


def read_run(stream: IO[bytes], arguments: Sequence[Any]) -> KernelRun | None:
    """The run, with the arrays among the arguments filled in place; None if there is no answer."""
    header = read_header(stream)
    if header is None:
        return None
    if not all(fill(stream, array) for array in list_arrays(arguments)):
        return None
    stored: dict[int, Stored] = {}
    for position, count in header["stored"]:
        dtype = arguments[position].entries.dtype
        stored[position] = Stored(np.empty(count, np.int64), np.empty(count, dtype))
        if not (fill(stream, stored[position].places) and fill(stream, stored[position].values)):
            return None
    refusal, halted = header["refusal"], header["halted"]
    return KernelRun(
        refusal=None if refusal is None else Refusal(**refusal),
        halted=None if halted is None else Issue(**halted),
        issues=tuple(Issue(**each) for each in header["issues"]),
        sites=tuple(Site(**each) for each in header["sites"]),
        lines={line: LineCost(**cost) for line, cost in header["lines"]},
        barriers=header["barriers"],
        shared_bytes=header["shared_bytes"],
        work=header["work"],
        blocks=header["blocks"],
        total_blocks=header["total_blocks"],
        stored=stored,
    )


def spell(record: Any) -> dict[str, Any]:
    """A record's fields by name; a tenth of what `asdict` takes, which copies every value."""
    return {name: getattr(record, name) for name in record.__slots__}


def send(stream: IO[bytes], header: dict[str, Any], buffers: Sequence[Any]) -> None:
    stream.write(json.dumps(header).encode("ascii") + b"\n")
    for buffer in buffers:
        stream.write(buffer)
    stream.flush()


def read_header(stream: IO[bytes]) -> dict[str, Any] | None:
    line = stream.readline(HEADER_BYTES)
    if not line.endswith(b"\n"):
        return None
    header: dict[str, Any] = json.loads(line)
    return header


def describe_arguments(arguments: Sequence[Any]) -> list[dict[str, Any]]:
    """Each argument in words; the bytes of arrays follow."""
    described: list[dict[str, Any]] = []
    first: dict[int, int] = {}
    for position, argument in enumerate(arguments):
        if isinstance(argument, Zeros):
            described.append({"zeros": argument.shape, "dtype": argument.dtype})
        elif isinstance(argument, Repeated):
            same = first.setdefault(id(argument), position)
            count, dtype = len(argument.entries), argument.entries.dtype.str
            words = {"same": same} if same < position else {"repeated": count}
            described.append(words | {"shape": argument.shape, "dtype": dtype})
        elif isinstance(argument, np.ndarray):
            # Two parameters may be one array: it must stay one over there.
            same = first.setdefault(id(argument), position)
            words = {"same": same} if same < position else {"shape": argument.shape}
            described.append(words | {"dtype": argument.dtype.str})
        elif isinstance(argument, np.generic):
            described.append({"number": argument.item(), "dtype": argument.dtype.str})
        else:
            described.append({"plain": argument})
    return described


def read_arguments(stream: IO[bytes], described: Sequence[dict[str, Any]]) -> list[Any]:
    """What a kernel is given, arrays filled from the stream."""
    arguments: list[Any] = []
    for words in described:
        if "plain" in words:
            arguments.append(words["plain"])
        elif "number" in words:
            arguments.append(np.dtype(words["dtype"]).type(words["number"]))
        elif "same" in words:
            arguments.append(arguments[words["same"]])
        elif "zeros" in words:
            arguments.append(Zeros(tuple(words["zeros"]), words["dtype"]))
        else:
            count = words.get("repeated")
            array = np.empty(words["shape"] if count is None else count, words["dtype"])
            if not fill(stream, array):
                raise EOFError("the request ends before its arrays do")
            is_whole = count is None
            arguments.append(array if is_whole else Repeated(tuple(words["shape"]), array))
    return arguments


def list_arrays(arguments: Sequence[Any]) -> list[Any]:
    """The arrays among the arguments, each once."""
    return list({id(each): each for each in arguments if isinstance(each, np.ndarray)}.values())


def as_bytes(array: Any) -> Any:
    return array.reshape(-1).view(np.uint8)


def fill(stream: IO[bytes], array: Any) -> bool:
    """Read a contiguous array from the stream, in place."""
    wanted = as_bytes(array)
    got = 0
    while got < len(wanted):
        count = stream.readinto(wanted[got:])  # type: ignore[attr-defined]
        if not count:
            return False
        got += count
    return True
