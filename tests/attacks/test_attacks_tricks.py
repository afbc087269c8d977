"""Tricks of the language, and files that are not what they seem: nothing earned, nothing harmed."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest
from staging import HONEST, Attack, Stage, hand_in
from trickery import TRICKS

from grader.errors import SubmissionError
from grader.submission.read import read_submission
from grader.verdicts import Verdict

pytestmark = pytest.mark.sandbox

FAULTS = (
    Verdict.WRONG, Verdict.CRASHED, Verdict.TIMEOUT, Verdict.MEMORY, Verdict.REFUSED,
    Verdict.MISSING,
)  # fmt: skip
"""All that a student may be told is their own."""


@pytest.mark.parametrize("name", TRICKS)
def test_a_trick_of_the_language_earns_nothing(stage: Stage, name: str) -> None:
    head, body = TRICKS[name]

    check = stage.perform(Attack(number="", name=name, head=head, body=body))

    assert check.verdict in FAULTS, check
    said = f"{check.feedback}{check.hint}{check.output}{check.location}"
    assert check.feedback
    assert said.replace("\n", "").isprintable()
    assert "root:" not in said


WRONG = "def double(x):\n    return 1\n"


def zip_of(**files: str | bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "."), content)
    return packed.getvalue()


def tar_of(*members: tuple[str, bytes, str], content: bytes = b"") -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, kind, target in members:
            header = tarfile.TarInfo(name)
            header.type, header.linkname = kind, target
            if kind == tarfile.REGTYPE:
                header.size = len(content)
            archive.addfile(header, io.BytesIO(content))
    return packed.getvalue()


FILES: dict[str, tuple[str, bytes]] = {
    "UTF-16": ("hw.py", HONEST.encode("utf-16")),
    "UTF-16 by its comment": ("hw.py", b"# coding: utf-16\n" + HONEST.encode("utf-16-le")),
    "UTF-7 by its comment": ("hw.py", b"# coding: utf-7\ndef double(x): return 2+ACo-x\n"),
    "escapes by its comment": (
        "hw.py", b"# -*- coding: unicode_escape -*-\n# \\u000adef double(x): return 2*x\n",
    ),
    "rot13 by its comment": ("hw.py", b"# coding: rot13\nqrs qbhoyr(k): erghea 2*k\n"),
    "a NUL after the name": ("hw.py", b"def double(x):\n    return 2 * x\n\0"),
    "a form feed and a marker": (
        "hw.py", b"\xef\xbb\xbf\x0c# coding: latin-1\n\xe9def double(x):\n    return 2 * x\n",
    ),
    "a name in other letters": ("hw.py", "def d\u043euble(x):\n    return 2 * x\n".encode()),
    "a name that is one after it was read": (
        "hw.py", "def \uff44ouble(x):\n    return 1\n".encode() + WRONG.encode(),
    ),
    "code for whoever runs it by itself": (
        "hw.py",
        b"if __name__ == '__main__':\n    def double(x): return 2 * x\nelse:\n"
        b"    raise SystemExit(0)\n",
    ),
    "a hundred thousand brackets": ("hw.py", b"double = " + b"(" * 100_000 + b"0" + b")" * 100_000),
    "a hundred thousand minus signs": ("hw.py", b"def double(x): return " + b"-" * 90_000 + b"x"),
    "a type that is a comment": (
        "hw.py", b"def double(x):\n    # type: (...) -> ignore[\n    return 1  # type: ignore\n",
    ),
    "a link in a tar, and a file through it": ("hw.tar", tar_of(
        ("hw", tarfile.SYMTYPE, "/etc"), ("hw/passwd.py", tarfile.REGTYPE, ""),
        ("hard.py", tarfile.LNKTYPE, "/etc/passwd"), ("hw.py", tarfile.FIFOTYPE, ""),
        content=WRONG.encode(),
    )),
    "a zip within a zip": ("hw.zip", zip_of(a__zip=zip_of(hw__py=HONEST), hw__py=WRONG)),
    "a notebook of one endless line": (
        "hw.ipynb",
        b'{"cells": [{"cell_type": "code", "source": "' + b"x" * 3_000_000 + b'"}]}',
    ),
    "a notebook whose source is everything but text": (
        "hw.ipynb", b'{"cells": [{"cell_type": "code", "source": {"a": [1]}}, 7, null, []]}',
    ),
    "a notebook that comes back by a magic": (
        "hw.ipynb",
        b'{"cells": [{"cell_type": "code", "source": ["%%writefile hw.py\\n",'
        b'"def double(x): return 2*x"]}, {"cell_type": "code",'
        b'"source": "get_ipython().system(\'id\')\\ndef double(x): return 2 * x + 1"}]}',
    ),
    "answers of a hundred megabytes": ("answers.md", b""),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_not_what_it_seems_earns_nothing(
    stage: Stage, tmp_path: Path, name: str
) -> None:
    file, content = FILES[name]
    path = tmp_path / file
    path.write_bytes(content)
    if not content:
        with path.open("wb") as sparse:
            sparse.truncate(100 << 20)
    try:
        submission = read_submission(path)
    except SubmissionError as refused:
        assert str(refused).isprintable()
        assert len(str(refused)) < 400
    else:
        report = stage.grade(submission, audience="staff")
        assert (report.score, report.open_points) == (0, 0), report.parts[0]
        assert all(remark.message.isprintable() for remark in report.remarks)
    assert {each.name for each in tmp_path.iterdir()} == {file}
    stage.require_honest()


ARRAYS: dict[str, str] = {
    "a mask over everything wrong": "return np.ma.array(x, mask=True)",
    "a matrix": "return np.matrix(2 * x)",
    "another byte order, and one more": "return np.append(2 * x, 0).astype('>f8')",
    "half of the numbers": "return (2 * x)[::2]",
    "read backwards": "return (2 * x)[::-1]",
    "numbers that overlap": "return as_strided(2 * x, x.shape, (0,))",
    "numbers of no precision": "return (2 * x).astype('f2')",
    "with an imaginary part": "return 2 * x + 1e-3j",
    "as text": "return (2 * x).astype(str)",
    "NaN with a message": "return np.frombuffer(b'CANARY\\xf8\\x7f' * len(x))",
    "a list of arrays of nothing": "return [np.zeros(0)] * len(x)",
    "changed where they came from": "x *= 2; return x / 2",
    "a class that answers for NumPy": (
        "class Yes(np.ndarray):\n"
        "    __array_priority__ = 1e9\n"
        "    def __array_ufunc__(self, *given, **more): return np.zeros(3)\n"
        "    def __array_function__(self, *given, **more): return True\n"
        "    def tobytes(self, *given, **more): return (2 * x).tobytes()\n"
        "    def view(self, *given, **more): return 2 * x\n"
        "return np.zeros_like(x).view(Yes)"
    ),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_an_odd_array_earns_nothing(stage: Stage, name: str) -> None:
    indented = "".join(f"    {line}\n" for line in ARRAYS[name].split("\n"))
    head = "import numpy as np\nfrom numpy.lib.stride_tricks import as_strided\n"

    report = stage.grade(hand_in(f"{head}def twice(x):\n{indented}"), "arrays", audience="staff")

    assert (report.score, report.open_points) == (0, 0), report.parts[0]
    assert report.parts[0].verdict in FAULTS
    stage.require_honest()
