"""A47 onwards: more attacks of our own, on what came later: tiers, groups, diffs, other formats."""

from __future__ import annotations

import csv
import io
import json
import os
import struct
import tarfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from staging import Attack, Stage, hand_in, python_file

from grader.expected import ExpectedValues
from grader.grading import grade
from grader.report import FORMATS, find_renderer
from grader.report.models import Report
from grader.sandbox.child import landlock
from grader.sandbox.child.folders import MAX_ENTRIES, is_overfull, remove_folder
from grader.sandbox.pool import Sandbox
from grader.sandbox.records import Call, Ending, Run
from grader.sandbox.tiers import Tier
from grader.spec.loading import Course
from grader.submission import read_submission
from grader.submission.models import Answer, Submission
from grader.verdicts import Verdict

pytestmark = pytest.mark.sandbox

ROOT = Path(__file__).resolve().parents[2]
HEAD = "import ctypes, json, os, signal, sys, threading, time\n"


@pytest.fixture(scope="module")
def fenced() -> Iterator[Sandbox]:
    """Where Landlock stands instead of namespaces."""
    if not landlock.find_version():
        pytest.skip("this kernel has no Landlock")
    with Sandbox(tiers=[Tier.SEPARATE], slots=1) as sandbox:
        yield sandbox


def run(sandbox: Sandbox, body: str, **more: object) -> Run:
    indented = "".join(f"    {line}\n" for line in body.strip("\n").split("\n"))
    call = Call(sources={"hw": f"{HEAD}def f():\n{indented}"}, module="hw", function="f", **more)  # type: ignore[arg-type]
    return sandbox.run([call])[0]


def require_honest(sandbox: Sandbox) -> None:
    assert run(sandbox, "return 7").value == 7


# --- the folder of a tier without mounts


def test_A47_a_folder_too_deep_for_any_path_is_removed(tmp_path: Path) -> None:
    top = tmp_path / "box"
    top.mkdir()
    here = os.getcwd()  # noqa: PTH109
    try:
        os.chdir(top)
        for _ in range(1500):
            os.mkdir("d" * 50)  # noqa: PTH102
            Path("file").touch()
            os.chdir("d" * 50)
        os.mkdir("shut", 0)  # noqa: PTH102
    finally:
        os.chdir(here)

    assert is_overfull(str(top), 1) in (True, False)
    remove_folder(str(top))

    assert not top.exists()


def test_A48_links_out_of_a_folder_are_not_followed_when_it_is_removed(tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").write_text("kept")
    top = tmp_path / "box"
    (top / "inner").mkdir(parents=True)
    (top / "link").symlink_to(tmp_path / "precious")
    (top / "inner" / "link").symlink_to(tmp_path / "precious")
    (top / "inner" / "up").symlink_to("../..")

    remove_folder(str(top))

    assert not top.exists()
    assert (tmp_path / "precious" / "file").read_text() == "kept"


def test_A49_a_folder_overfilled_in_depth_is_noticed(tmp_path: Path) -> None:
    for number in range(MAX_ENTRIES // 64 + 1):
        (tmp_path / str(number)).mkdir()
        for other in range(64):
            (tmp_path / str(number) / str(other)).touch()

    assert is_overfull(str(tmp_path), 64)


FENCED = {
    "A50-shorten a library while reading": (
        "try: os.open(os.__file__, os.O_RDONLY | os.O_TRUNC)\nexcept OSError: return 'nothing'"
    ),
    "A51-change the mode of its own folder": (
        "try: os.chmod(os.environ['HOME'], 0o777)\nexcept OSError: return 'nothing'"
    ),
    "A52-look into the folder of another call": (
        "found = []\nfor n in range(60):\n    try: found += os.listdir(f'/box/{n}')\n"
        "    except OSError: pass\nreturn found or 'nothing'"
    ),
    "A53-list where the others are": (
        "try: return os.listdir('/box')\nexcept OSError: return 'nothing'"
    ),
    "A54-signal a process beside it": (
        "hit = []\nfor pid in range(1, 60):\n    if pid == os.getpid(): continue\n"
        "    try: os.kill(pid, 0); hit.append(pid)\n    except OSError: pass\n"
        "return hit or 'nothing'"
    ),
    "A55-hide from the death of its parent": (
        "libc = ctypes.CDLL(None)\nreturn 'nothing' if libc.prctl(1, 0, 0, 0, 0) == -1 else 'deaf'"
    ),
}


@pytest.mark.parametrize("name", FENCED)
def test_a_fence_holds(fenced: Sandbox, name: str) -> None:
    assert run(fenced, "open('whisper', 'w').write('x')\nreturn 0").ending is Ending.RETURNED

    found = run(fenced, FENCED[name])

    assert (found.ending, found.value) == (Ending.RETURNED, "nothing"), found
    require_honest(fenced)


def test_A56_files_that_no_folder_shows_are_few(fenced: Sandbox) -> None:
    body = """
taken, files = 0, []
try:
    while taken < 1 << 31:
        files.append(os.open("f", os.O_CREAT | os.O_RDWR)); os.unlink("f")
        try:
            while True: taken += os.write(files[-1], bytes(1 << 20))
        except OSError: pass
except OSError: pass
return taken
"""
    found = run(fenced, body, time_s=20)

    assert found.ending in (Ending.RAISED, Ending.RETURNED, Ending.SIGNAL, Ending.MEMORY), found
    assert not isinstance(found.value, int) or found.value <= 64 * 8 << 20
    require_honest(fenced)


def test_A57_a_folder_filled_faster_than_it_is_watched_ends_its_maker(fenced: Sandbox) -> None:
    found = run(fenced, "n = 0\nwhile True:\n    n += 1\n    os.mkdir(str(n))", time_s=20)

    assert (found.ending, "No space left" in found.detail) == (Ending.RAISED, True), found
    require_honest(fenced)


# --- system calls

CALLS = {
    "A58-a thread that is a namespace too": """
refused = []
for flags in (0x10000000, 0x20000000, 0x00020000, 0x40000000, 0x02000000):
    stack = ctypes.create_string_buffer(1 << 16)
    top = ctypes.addressof(stack) + (1 << 16)
    number = 56 if os.uname().machine == "x86_64" else 220
    result = ctypes.CDLL(None).syscall(number, 0x10D00 - 0x200 | flags & ~0x10000, top, 0, 0, 0)
    refused.append(result)
return "nothing" if all(result == -1 for result in refused) else "made"
""",
    "A59-a number that stands for itself in the filter": """
hit = []
for pid in (0x5EC0FF1D, -0x5EC0FF1D, 0x15EC0FF1D):
    try: os.kill(pid, 0); hit.append(pid)
    except (OSError, OverflowError): pass
return hit or "nothing"
""",
    "A60-the groups that bound it": """
hit = []
for path in ("/sys/fs/cgroup", "/proc/self/cgroup", "/proc/1/cgroup", "/sys/fs/cgroup/memory"):
    try: os.open(path, os.O_RDONLY); hit.append(path)
    except OSError: pass
for number in range(4, 256):
    try: os.fstat(number); hit.append(number)
    except OSError: pass
return hit or "nothing"
""",
}


@pytest.mark.parametrize("name", CALLS)
def test_the_kernel_refuses(stage: Stage, name: str) -> None:
    found = run(stage.sandbox, CALLS[name])

    assert found.value == "nothing" or found.ending is not Ending.RETURNED, found
    stage.require_honest()


# --- what is shown

NASTY = "\\x1b]8;;http://x.example\\x07\\u202egnp\\x00\\x08\\ufffe</style></script><!--::error::```"


@pytest.mark.parametrize("form", FORMATS)
def test_A61_every_format_keeps_a_message_in_its_place(stage: Stage, form: str) -> None:
    body = f"print('{NASTY}')\nraise ValueError('{NASTY}\\n::set-output name=a::b\\n]]>&x;')"
    report = stage.grade(hand_in(Attack(number="A61", name="", body=body).text))

    page = str(find_renderer(form)(report))

    assert not {"\x1b", "\x07", "\x08", "\0", "\u202e", "\ufffe"} & set(page.replace("\x1b[", ""))
    if form == "html":
        assert "</script><!--" not in page
    if page[:1] in "{[":
        json.loads(page)
    if page.startswith("<?xml"):
        ElementTree.fromstring(page)
    if form == "github":
        for line in page.splitlines():
            assert not line.startswith("::set-output"), line


def test_A62_a_heading_that_is_no_part_is_shown_as_text(stage: Stage, tmp_path: Path) -> None:
    folder = tmp_path / "hw"
    folder.mkdir()
    (folder / "answers.md").write_text(
        "## \x1b[2Jtotal\u202e</b><script>\n8675309\n\n## =cmd|' /C calc'!A0\n1\n"
    )

    report = stage.grade(read_submission(folder), "written")

    for form in FORMATS:
        page = str(find_renderer(form)(report))
        assert not {"\u202e"} & set(page)
        assert "\x1b[2J" not in page
    assert "<script>" not in str(find_renderer("html")(report))


def only(assignment: str, part: str, submission: Submission, sandbox: Sandbox) -> Report:
    """Grade the one problem that holds a part."""
    loaded = Course(ROOT).load(assignment)
    problems = tuple(
        each for each in loaded.problems if any(name.endswith(part) for name in each.parts)
    )
    assert problems
    return grade(
        replace(loaded, problems=problems), submission, sandbox, expected=ExpectedValues(None),
        audience="staff",
    )  # fmt: skip


def answer(part: str, text: str) -> Submission:
    given = Answer(part=part, text=text, file="answers.md", line=1)
    return Submission(id="sha256:" + "0" * 64, name="attack", answers={part: given})


def find_part(report: Report, part: str) -> object:
    return next(each for each in report.parts if each.id.endswith(part))


def test_A63_a_repair_is_shown_as_text(stage: Stage) -> None:
    text = (
        "def leaky_split(images, labels, seed):\n"
        "    # \x1b[31m\u202e ``` <script>alert(1)</script> [x](javascript:1)\n"
        "    return 'passed'\n"
    )
    source = replace(python_file("split.py", text.replace("\x1b", "")), text=text)
    submission = Submission(id="sha256:" + "0" * 64, name="attack", sources=(source,))

    report = only("hw5", "leaky-split", submission, stage.sandbox)

    part = find_part(report, "leaky-split")
    assert part.score == 0  # type: ignore[attr-defined]
    for form in ("terminal", "html", "markdown"):
        page = str(find_renderer(form)(report))
        assert "\u202e" not in page
        assert "\x1b[31m" not in page
    assert "<script>alert" not in str(find_renderer("html")(report))


HUGE = ("10^10^10^10", "1e400", "[[1e400]]", "nan", "[nan, inf]", "[[" * 50, "0/0", "1/1e-400")


@pytest.mark.parametrize("text", HUGE)
def test_A64_a_carried_value_spoils_no_later_part(stage: Stage, text: str) -> None:
    report = only("hw5", "rnn-states", answer("rnn-states", text), stage.sandbox)

    assert report.score == 0
    verdicts = {str(each.verdict) for each in report.parts}
    assert verdicts <= {"missing", "wrong", "refused", "undecided"}, report.parts


@pytest.mark.parametrize("text", ["w1 = 1e400\nb1 = nan", "w0 = [1, 2]\n" * 50, "1\n2\n3", "∞ ∞ ∞"])
@pytest.mark.parametrize("part", ["net-identity", "net-hat", "attn-pick-two"])
def test_A65_no_number_has_every_property(stage: Stage, part: str, text: str) -> None:
    report = only("hw3", part, answer(part, text), stage.sandbox)

    judged = find_part(report, part)
    assert judged.score == 0, judged  # type: ignore[attr-defined]
    assert judged.verdict in ("wrong", "refused", "undecided"), judged  # type: ignore[attr-defined]


CURVES = ("[float('nan')] * 99", "[-1e308] * 99", "['0'] * 99", "[]", "[0.0] * 10**6", "iter([0])")


@pytest.mark.parametrize("curve", CURVES)
def test_A66_a_made_up_curve_is_no_training(stage: Stage, curve: str) -> None:
    text = f"def mlp_classify(x, y, epochs, seed):\n    return {curve}\n"
    submission = Submission(
        id="sha256:" + "0" * 64, name="attack", sources=(python_file("classify.py", text),)
    )

    part = find_part(only("hw4", "mlp-classify", submission, stage.sandbox), "mlp-classify")

    assert (part.score, part.open_points) == (0, 0), part  # type: ignore[attr-defined]


KERNELS = {
    "A67-a decorator that does something": (
        "import os\nfrom numba import cuda\n"
        "@cuda.jit(device=open('{mark}', 'w').write('x'))\ndef doublify(a, out):\n    out[0] = 1\n"
    ),
    "A68-a default that does something": (
        "from numba import cuda\n@cuda.jit\n"
        "def doublify(a, out=open('{mark}', 'w').write('x')):\n    out[0] = 1\n"
    ),
    "A69-a way to the builtins": (
        "from numba import cuda\n@cuda.jit\ndef doublify(a, out):\n"
        "    a.__class__.__base__.__subclasses__()\n    __import__('os').system('touch {mark}')\n"
    ),
    "A70-a number too large to hold": (
        "from numba import cuda\n@cuda.jit\ndef doublify(a, out):\n    out[0] = 9 ** 9 ** 9 ** 9\n"
    ),
    "A71-an array too large to hold": (
        "from numba import cuda\n@cuda.jit\ndef doublify(a, out):\n"
        "    s = cuda.shared.array(10 ** 12, 'float64')\n    out[0] = s[0]\n"
    ),
    "A72-a loop without end": (
        "from numba import cuda\n@cuda.jit\ndef doublify(a, out):\n    while True:\n        pass\n"
    ),
}


@pytest.mark.parametrize("name", KERNELS)
def test_a_kernel_is_read_and_never_run(stage: Stage, tmp_path: Path, name: str) -> None:
    mark = tmp_path / "mark"
    text = KERNELS[name].replace("{mark}", str(mark))
    submission = Submission(
        id="sha256:" + "0" * 64, name="attack", sources=(python_file("kernels.py", text),)
    )

    part = find_part(only("hw4", "doublify", submission, stage.sandbox), "doublify")

    assert (part.score, part.open_points) == (0, 0), part  # type: ignore[attr-defined]
    assert part.verdict is not Verdict.VOID  # type: ignore[attr-defined]
    assert not mark.exists()


# --- archives


def pack(records: bytes = b"", **header: object) -> bytes:
    """A tar of one file, with pax records before it, or with odd fields in its header."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        if records:
            extended = tarfile.TarInfo("pax")
            extended.type, extended.size = b"x", len(records)
            archive.addfile(extended, io.BytesIO(records))
        member = tarfile.TarInfo("hw/a.py")
        member.size = 6
        for name, value in header.items():
            setattr(member, name, value)
        archive.addfile(member, io.BytesIO(b"x = 1\n"))
    return stream.getvalue()


def record(text: str) -> bytes:
    content = text.encode("utf-8", "surrogateescape")
    size = len(content) + 3
    while len(f"{size} ".encode()) + len(content) + 1 != size:
        size = len(f"{size} ".encode()) + len(content) + 1
    return f"{size} ".encode() + content + b"\n"


ARCHIVES = {
    "A73-a path in a record": pack(record("path=../../etc/x.py")),
    "A74-a negative size": pack(record("size=-1")),
    "A75-an enormous size": pack(record("size=99999999999999999999")),
    "A76-a record that claims to be long": pack(b"999999999 path=a.py\n"),
    "A77-a record of no length": pack(b"0 path=a.py\n" * 50),
    "A78-a path with a line end": pack(record("path=a\n::error::x.py")),
    "A79-a size in base 256": pack()[:124] + b"\xff" * 12 + pack()[136:],
    "A80-a member of a kind that is none": pack(type=b"\xff"),
    "A81-a sum that is negative": pack()[:148] + struct.pack(">q", -1) + pack()[156:],
}  # fmt: skip


@pytest.mark.parametrize("name", ARCHIVES)
def test_an_odd_archive_is_read_plainly_or_refused(tmp_path: Path, name: str) -> None:
    from grader.errors import SubmissionError

    path = tmp_path / "hw.tar"
    path.write_bytes(ARCHIVES[name])

    try:
        submission = read_submission(path)
    except SubmissionError as refusal:
        assert "\n" not in str(refusal)
    else:
        assert {source.name for source in submission.sources} <= {"a.py", "x.py", "etc/x.py"}
        assert not any("\n" in remark.message for remark in submission.remarks)
    assert [each.name for each in tmp_path.iterdir()] == ["hw.tar"]


def test_A82_a_row_of_a_class_starts_no_formula() -> None:
    from grader.report.gradebooks import write_table

    cells = ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1", " =1", "\uff1d1", "a\n=1", '"=1']

    table = write_table([["name"], *[[cell] for cell in cells]])

    shown = [row[0] for row in csv.reader(io.StringIO(table, newline=""))][1:]
    assert len(shown) == len(cells)
    # A number is one in a spreadsheet, too; everything else that starts so is a formula.
    harmless = {"+1", "-1"}
    live = [cell for cell in shown if cell.lstrip(" ")[:1] in set("=+-@\t\r\n")]
    assert set(live) <= harmless, live


@pytest.mark.parametrize("unit", ["#", "- ", "| ", "a, ", " ", "a *", "\\begin{align}", "\\( "])
def test_A83_a_row_of_marks_is_read_in_one_go(stage: Stage, unit: str) -> None:
    """Patterns that try every way to cut such a row up would never end: the test would hang."""
    text = (unit * 8000)[:8000] + "!"

    report = only("hw4", "perceptron-and", answer("perceptron-and", text), stage.sandbox)
    other = only("hw4", "adam-bias", answer("adam-bias", text), stage.sandbox)

    for each in (report, other):
        assert each.score == 0
        assert "void" not in {str(part.verdict) for part in each.parts}, each.parts
