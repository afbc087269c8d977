"""Damaged messages, archives, notebooks and specs: an error of the right kind or a value, always.

    python -m benchmarks.fuzz                     100,000 messages, 10,000 of everything else
    python -m benchmarks.fuzz specs 500 --seed 7  some of one kind
    python -m benchmarks.fuzz channel --atheris   guided by coverage, until stopped

What ever broke something is kept in `benchmarks/corpus/`, one file each, and tried first.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import random
import resource
import signal
import struct
import sys
import tarfile
import tempfile
import time
import traceback
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import FrameType

from benchmarks.measuring import print_row

HERE = Path(__file__).resolve().parent
CORPUS = HERE / "corpus"
PROBLEMS = HERE.parent / "problems"
HANG_S = 10
"""A hundred times what the slowest honest input of its size takes on a busy machine."""
GROWTH_MIB = 1024

Bytes = bytes | bytearray
Try = Callable[[bytes, Path], None]
Mutate = Callable[[random.Random, bytes], bytes]


@dataclass(frozen=True)
class Target:
    """One reader: how often it is tried, what it is given, what it may do."""

    count: int
    ending: str
    seeds: Callable[[], list[bytes]]
    mutate: Mutate
    attempt: Try
    """Anything but returning is a find."""


class Hang(BaseException):
    """An input took longer than any may; no reader can catch this by accident."""


def main(arguments: Sequence[str] = ()) -> None:
    options = _read_options(arguments)
    if options.atheris:
        _run_atheris(TARGETS[options.target])
        return
    print("\nFuzzed readers")
    print_row("reader", "inputs", "s", "slowest ms", "finds")
    finds = 0
    for name in [options.target] if options.target else TARGETS:
        finds += fuzz(name, options.count or TARGETS[name].count, options.seed)
    if finds:
        raise SystemExit(1)


def _read_options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz")
    parser.add_argument("target", nargs="?", choices=[*TARGETS])
    parser.add_argument("count", nargs="?", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--atheris", action="store_true")
    return parser.parse_args(arguments)


def fuzz(name: str, count: int, seed: int = 0) -> int:
    """Try so many damaged inputs; how many of them broke something.

    Cost     What broke something is written to the corpus and described on standard error.
    """
    target = TARGETS[name]
    draw = random.Random(seed)
    seeds = target.seeds()
    kept = sorted((CORPUS / name).glob("*")) if (CORPUS / name).is_dir() else []
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.monotonic()
    finds, slowest = 0, 0.0
    signal.signal(signal.SIGALRM, _give_up)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"input{target.ending}"
        for number in range(len(kept) + count):
            is_kept = number < len(kept)
            content = kept[number].read_bytes() if is_kept else _damage(draw, seeds, target)
            taken, trouble = _attempt(target, content, path)
            slowest = max(slowest, taken)
            if trouble:
                finds += 1
                _report(name, target, content, trouble)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    if grown > GROWTH_MIB:
        finds += 1
        print(f"{name}: memory grew by {grown} MiB", file=sys.stderr)
    elapsed_s = time.monotonic() - started
    cells = (str(len(kept) + count), f"{elapsed_s:.0f}", f"{slowest * 1000:.0f}", str(finds))
    print_row(name, *cells)
    return finds


def _damage(draw: random.Random, seeds: Sequence[bytes], target: Target) -> bytes:
    content = draw.choice(seeds)
    for _ in range(draw.choice((1, 1, 1, 2, 2, 4, 16))):
        content = target.mutate(draw, content)
    return content


def _attempt(target: Target, content: bytes, path: Path) -> tuple[float, str]:
    started = time.monotonic()
    signal.setitimer(signal.ITIMER_REAL, HANG_S)
    try:
        target.attempt(content, path)
    except Hang:
        return HANG_S, f"a hang: more than {HANG_S} s"
    except BaseException:
        return time.monotonic() - started, traceback.format_exc(limit=-8)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return time.monotonic() - started, ""


def _give_up(number: int, frame: FrameType | None) -> None:
    raise Hang


def _report(name: str, target: Target, content: bytes, trouble: str) -> None:
    folder = CORPUS / name
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{sha256(content).hexdigest()[:12]}{target.ending}"
    path.write_bytes(content)
    print(f"{path}:\n{trouble}", file=sys.stderr)


# --- ways to damage bytes ------------------------------------------------------------------------

NUMBERS = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)


def change_bytes(draw: random.Random, content: bytes) -> bytes:
    """Flip, drop, repeat, cut or overwrite somewhere."""
    changed = bytearray(content or b"\0")
    at = draw.randrange(len(changed))
    size = min(len(changed) - at, draw.choice((1, 2, 4, 8, 64, 1024)))
    match draw.randrange(7):
        case 0:
            changed[at] ^= 1 << draw.randrange(8)
        case 1:
            del changed[at : at + size]
        case 2:
            changed[at:at] = changed[at : at + size] * draw.choice((1, 2, 50))
        case 3:
            changed[at : at + size] = draw.randbytes(size)
        case 4:
            number = draw.choice(NUMBERS)
            width = draw.choice((1, 2, 4))
            changed[at : at + width] = (number % 256**width).to_bytes(
                width, draw.choice(("little", "big"))
            )
        case 5:
            del changed[at:]
        case _:
            other = draw.randrange(len(changed))
            changed[at : at + size] = changed[other : other + size]
    return bytes(changed)


TOKENS = {
    "json": (
        '{', '}', '[', ']', ',', ':', 'null', 'true', '-1', '1e999', '1e-999', '9' * 30, '"t"',
        '"dict"', '"list"', '"tensor"', '"array"', '"float64"', '"bfloat16"', '"bool"', '"0x"',
        '"nan"', '"0x1p+99999"', '"\\ud800"', '"s":[0]', '"o":0', '"n":8', 'NaN', 'Infinity', '""',
        '"cells":', '"cell_type":"code"', '"source":', '"metadata":', '[[[[[[[[', '{"a":' * 40,
    ),
    "yaml": (
        ": ", "- ", "  ", "\t", "\n", "&a ", "*a", "<<: *a", "!!python/object:os.system ", "!x ",
        "{", "}", "[", "]", "|", ">", "'", '"', "#", "---\n", "? ", "%", "@", "`", "null", "yes",
        "1e999", ".nan", ".inf", "-1", "0x", "9" * 50, "kind: ", "checks:", "points: ", "title:",
        "hidden: true", "draw: normal", "shape: [0]", "shape: [-1]", "sizes: {m: 99999999999}",
        "limits: {time_s: 1e9}", "\ufeff", "\0", "\u202e", "\u2028", "é" * 200, "a" * 5000,
        "tolerance: {atol: .nan}", "mistakes:", "- like: ", "like: ''", "uses: [x]", "parts:",
    ),
}  # fmt: skip


def change_words(family: str) -> Mutate:
    """As bytes, or by putting a word of the format somewhere, or by moving lines about."""

    def mutate(draw: random.Random, content: bytes) -> bytes:
        way = draw.randrange(6)
        if way < 1:
            return change_bytes(draw, content)
        if way < 4:
            words = TOKENS[family]
            at = draw.randrange(len(content) + 1)
            gone = draw.choice((0, 0, 1, 4, 20))
            return content[:at] + draw.choice(words).encode() + content[at + gone :]
        lines = content.split(b"\n") if family == "yaml" else content.split(b",")
        one, other = (draw.randrange(len(lines)) for _ in "ab")
        match draw.randrange(4):
            case 0:
                lines[one], lines[other] = lines[other], lines[one]
            case 1:
                lines.insert(one, lines[other])
            case 2:
                del lines[one]
            case _:
                lines[one] = b"  " + lines[one]
        return (b"\n" if family == "yaml" else b",").join(lines)

    return mutate


def change_message(draw: random.Random, content: bytes) -> bytes:
    """The header's words, with a length that fits mostly; or any bytes."""
    if len(content) < 5 or draw.random() < 0.3:
        return change_bytes(draw, content)
    tag, (length,) = content[:1], struct.unpack_from("<I", content, 1)
    header, buffers = content[5 : 5 + length], content[5 + length :]
    header = change_words("json")(draw, header)
    length = len(header) if draw.random() < 0.9 else draw.choice(NUMBERS)
    return tag + struct.pack("<I", length) + header + buffers


def change_archive(draw: random.Random, content: bytes) -> bytes:
    """Of a compressed tar mostly what is inside."""
    if content[:2] == b"\x1f\x8b" and draw.random() < 0.8:
        try:
            inner = gzip.decompress(content)
        except (OSError, EOFError, zlib.error):
            return change_bytes(draw, content)
        return gzip.compress(change_bytes(draw, inner), 1)
    return change_bytes(draw, content)


# --- the readers ---------------------------------------------------------------------------------


def seed_messages() -> list[bytes]:
    import numpy as np

    from grader.sandbox.child.channel import encode

    values: list[object] = [
        None, True, 12, 2.5, 1 + 2j, "text", [1, [2.0, "x"], (None,)], {"a": 1, 2: [True]},
        np.arange(6.0).reshape(2, 3), [np.ones(3, np.int32), np.float32(2)], np.zeros((0, 4)),
    ]  # fmt: skip
    answers = [b"R" + encode(value) for value in values]
    words = {"type": "ValueError", "message": "no", "memory": False, "frames": [["hw", 3, "f"]]}
    return [*answers, b"E" + json.dumps(words).encode(), b'U"a type"', b'N"int"', b""]


def try_message(content: bytes, path: Path) -> None:
    from grader.sandbox.endings import Traces, classify
    from grader.sandbox.records import Call, Ending

    status = {"signal": 0, "code": 0, "timed_out": False, "elapsed_s": 0.1, "cpu_s": 0.1}
    traces = Traces(message=b"S" + content, status=json.dumps(status).encode(), output=b"")
    run = classify(Call(sources={}, module="hw", function="f"), traces)
    if run.ending is Ending.FAULT:
        raise AssertionError("a student's bytes were taken for a fault of the machine")


def seed_submissions() -> list[bytes]:
    files = {"hw2/a.py": "def f(x):\n    return x\n", "hw2/answers.md": "## one\n2 x\n"}
    zipped, tarred, plain = io.BytesIO(), io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    for stream, mode in ((tarred, "w:gz"), (plain, "w")):
        with tarfile.open(fileobj=stream, mode=mode, format=tarfile.PAX_FORMAT) as tar:  # type: ignore[call-overload]
            for name, text in {**files, "hw2/" + "n" * 150 + "é.py": "x = 1\n"}.items():
                member = tarfile.TarInfo(name)
                member.size = len(text.encode())
                tar.addfile(member, io.BytesIO(text.encode()))
    return [zipped.getvalue(), tarred.getvalue(), plain.getvalue()]


def try_submission(content: bytes, path: Path) -> None:
    from grader.errors import SubmissionError
    from grader.submission import read_submission

    ending = ".zip" if content[:2] == b"PK" else ".tgz" if content[:2] == b"\x1f\x8b" else ".tar"
    path = path.with_suffix(path.suffix if path.suffix == ".ipynb" else ending)
    path.write_bytes(content)
    try:
        read_submission(path)
    except SubmissionError as error:
        _require_line(str(error))


def seed_notebooks() -> list[bytes]:
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": ["## one\n", "$2 x$\n"]},
        {"cell_type": "code", "metadata": {}, "execution_count": 1, "outputs": [],
         "source": "%matplotlib inline\ndef f(x):\n    return x\n!ls\n"},
    ]  # fmt: skip
    book = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    old = {"worksheets": [{"cells": cells}], "metadata": {}, "nbformat": 3, "nbformat_minor": 0}
    return [
        json.dumps(book, indent=1).encode(),
        json.dumps(book).encode(),
        json.dumps(old).encode(),
    ]


def seed_specs() -> list[bytes]:
    return [path.read_bytes() for path in sorted(PROBLEMS.glob("*/*.yaml"))
            if path.name != "assignment.yaml"]  # fmt: skip


def try_spec(content: bytes, path: Path) -> None:
    from grader.errors import SpecError
    from grader.spec.problem_file import load_problem

    path.write_bytes(content)
    try:
        load_problem(path)
    except SpecError as error:
        for fault in error.faults:
            if not (fault.file and fault.line >= 1 and fault.column >= 1 and fault.message):
                raise AssertionError(f"a fault without its place: {fault!r}") from None


def _require_line(text: str) -> None:
    if not text or "\n" in text or "Traceback" in text:
        raise AssertionError(f"not one line for a reader: {text!r}")


TARGETS = {
    "channel": Target(100_000, ".bin", seed_messages, change_message, try_message),
    "archives": Target(10_000, ".bin", seed_submissions, change_archive, try_submission),
    "notebooks": Target(10_000, ".ipynb", seed_notebooks, change_words("json"), try_submission),
    "specs": Target(10_000, ".yaml", seed_specs, change_words("yaml"), try_spec),
}


def _run_atheris(target: Target) -> None:
    import atheris  # type: ignore[import-not-found]

    with atheris.instrument_imports(include=["grader"]):
        import grader.sandbox.endings
        import grader.spec.problem_file
        import grader.submission  # noqa: F401
    folder = Path(tempfile.mkdtemp())
    for number, seed in enumerate(target.seeds()):
        (folder / f"seed{number}").write_bytes(seed)
    path = Path(tempfile.mkdtemp()) / f"input{target.ending}"
    atheris.Setup([sys.argv[0], str(folder)], lambda content: target.attempt(content, path))
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
