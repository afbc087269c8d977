"""92 to 112: files, archives, notebooks, specs and folders that would do more than be read."""

from __future__ import annotations

import io
import json
import os
import stat
import sys
import tarfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from staging import COURSE, Attack, Stage

from grader.errors import SpecError, SubmissionError
from grader.spec.loading import Course, load_assignment
from grader.submission import Submission, read_submission

pytestmark = pytest.mark.sandbox

INTERPRETER_TOPS = {Path(prefix).parts[1] for prefix in (sys.prefix, sys.base_prefix)}
HONEST = "def double(x):\n    return 2 * x\n"
WRONG = "def double(x):\n    return 'nothing'\n"
REGULAR, LINK, HARD, DEVICE, PIPE = (
    tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE,
)  # fmt: skip


def pack_zip(path: Path, *members: tuple[str, str | bytes], mode: int = 0) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            member = zipfile.ZipInfo(name)
            member.external_attr = mode << 16
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, content)
    return path


def pack_tar(path: Path, *members: tuple[str, bytes, str]) -> Path:
    """Members as (name, type, content or target)."""
    with tarfile.open(path, "w") as archive:
        for name, kind, content in members:
            member = tarfile.TarInfo(name)
            member.type = kind
            if kind == REGULAR:
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content.encode()))
            else:
                member.linkname = content
                archive.addfile(member)
    return path


def write(folder: Path, **files: str | bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = folder / name.replace("_DOT_", ".").replace("_SLASH_", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def read_or_refuse(path: Path) -> Submission | str:
    """What is read, or the words of the refusal: one line, nothing else."""
    try:
        return read_submission(path)
    except SubmissionError as refused:
        assert "\n" not in str(refused)
        return str(refused)


PLACES = {
    "092-out-of-the-folder": "../../../../tmp/attacked",
    "092-absolute": "/tmp/attacked",
    "092-backslashes": "..\\..\\attacked.py",
    "092-a-drive": "C:\\attacked.py",
    "092-a-device-of-windows": "CON.py",
    "092-a-nul-byte": "attacked.py\x00.txt",
    "096-look-alike-letters": "hw\u0435.py",
    "096-right-to-left": "hw\u202eyp.py",
    "096-a-trailing-dot": "hw.py.",
    "096-a-line-end": "hw\n.py",
    "096-an-escape": "hw\x1b[2J.py",
    "096-full-width": "ｈｗ.py",
}


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_a_misleading_name_is_left_out_and_named(
    stage: Stage, tmp_path: Path, kind: str, name: str
) -> None:
    member, good = PLACES[name], ("hw/good.py", WRONG)
    if kind == "zip":
        path = pack_zip(tmp_path / "hw.zip", (member, HONEST), good)
    else:
        path = pack_tar(tmp_path / "hw.tar", (member, REGULAR, HONEST), (good[0], REGULAR, good[1]))

    submission = read_or_refuse(path)

    assert not Path("/tmp/attacked").exists()
    assert not list(tmp_path.glob("**/attacked*"))
    if isinstance(submission, str):
        assert submission.isprintable()
        return
    # Whatever is kept has a plain name; what was left out earns nothing.
    assert all(source.name.isascii() and source.name.isprintable() for source in submission.sources)
    assert ".." not in "".join(source.name for source in submission.sources)
    assert stage.grade(submission).score == 0
    stage.require_honest()


ODD_MEMBERS = {
    "093-a-symbolic-link": (LINK, "/etc/passwd"),
    "093-a-hard-link": (HARD, "/etc/passwd"),
    "093-a-device": (DEVICE, ""),
    "093-a-pipe": (PIPE, ""),
}


@pytest.mark.parametrize("name", ODD_MEMBERS)
def test_093_what_is_no_plain_file_is_not_followed(stage: Stage, tmp_path: Path, name: str) -> None:
    kind, target = ODD_MEMBERS[name]
    path = pack_tar(tmp_path / "hw.tar", ("hw/a.py", kind, target), ("hw/b.py", REGULAR, WRONG))

    submission = read_submission(path)

    assert [source.name for source in submission.sources] == ["b.py"]
    assert any("a.py" in remark.file for remark in submission.remarks)
    stage.require_honest()


def test_093_a_link_in_a_zip_is_not_followed(tmp_path: Path) -> None:
    path = pack_zip(tmp_path / "hw.zip", ("a.py", "/etc/passwd"), mode=stat.S_IFLNK | 0o777)

    assert "link" in str(read_or_refuse(path))


def test_093_links_and_pipes_in_a_folder_are_not_followed(tmp_path: Path) -> None:
    folder = write(tmp_path / "hw", b_DOT_py=WRONG)
    (folder / "a.py").symlink_to("/etc/passwd")
    (folder / "c.py").symlink_to(folder)
    (folder / "self").symlink_to(folder)
    os.mkfifo(folder / "d.py")

    submission = read_submission(folder)

    assert [source.name for source in submission.sources] == ["b.py"]
    assert "root:" not in repr(submission)


BOMBS: dict[str, Callable[[Path], Path]] = {
    "094-a-gigabyte-of-nothing": lambda p: pack_zip(p / "a.zip", ("a.py", bytes(1 << 28))),
    "094-many-files": lambda p: pack_zip(
        p / "a.zip", *((f"f{n}.py", "x = 1\n") for n in range(25_000))
    ),
    "094-an-archive-in-an-archive": lambda p: pack_zip(
        p / "a.zip", ("b.zip", pack_zip(p / "b.zip", ("a.py", bytes(1 << 20))).read_bytes())
    ),
    "094-deep-folders": lambda p: pack_zip(p / "a.zip", ("a/" * 5000 + "a.py", "x = 1\n")),
    "094-one-long-name": lambda p: pack_zip(p / "a.zip", ("a" * 60000 + ".py", "x = 1\n")),
    "094-cut-off": lambda p: _cut(pack_zip(p / "a.zip", ("a.py", HONEST * 1000))),
    "094-a-text-in-disguise": lambda p: write(p, a_DOT_zip="PK\x03\x04 no").joinpath("a.zip"),
    "094-a-tar-of-nothing": lambda p: write(p, a_DOT_tar=bytes(1 << 20)).joinpath("a.tar"),
    "094-a-sparse-tar": lambda p: _sparse_tar(p / "a.tar"),
    "106-a-hundred-megabytes-on-a-line": lambda p: write(p, a_DOT_py=b"x" * (100 << 20)),
    "106-nul-bytes": lambda p: write(p, a_DOT_py=b"def double(x):\0 return 2 * x\n"),
    "106-an-unknown-coding": lambda p: write(p, a_DOT_py="# -*- coding: rot13 -*-\n" + HONEST),
    "106-utf-7": lambda p: write(p, a_DOT_py="# coding: utf-7\n+AGQ-ef double(x): return 1\n"),
    "106-a-byte-order-mark-of-another": lambda p: write(p, a_DOT_py=b"\xff\xfe" + HONEST.encode()),
    "106-a-tree-too-deep": lambda p: write(p, a_DOT_py=f"y = {'-' * 100_000}1\n{WRONG}"),
    "106-brackets-too-deep": lambda p: write(p, a_DOT_py=f"y = {'(' * 100_000}\n{WRONG}"),
    "106-quotes-without-end": lambda p: write(p, a_DOT_py='"""' * 99_999 + "\n" + WRONG),
    "106-backslashes": lambda p: write(p, a_DOT_py="\\\n" * 100_000 + WRONG),
    "101-a-notebook-that-is-none": lambda p: write(p, a_DOT_ipynb='{"cells": ['),
    "101-a-notebook-of-brackets": lambda p: write(p, a_DOT_ipynb="[" * 200_000),
    "101-a-notebook-of-numbers": lambda p: write(
        p, a_DOT_ipynb='{"cells": [], "nbformat": ' + "9" * 100_000 + "}"
    ),
    "101-cells-of-odd-types": lambda p: write(
        p, a_DOT_ipynb=json.dumps({"cells": [None, 3, {"cell_type": ["code"], "source": {}}]})
    ),
}  # fmt: skip


def _cut(path: Path) -> Path:
    path.write_bytes(path.read_bytes()[:-40])
    return path


def _sparse_tar(path: Path) -> Path:
    member = tarfile.TarInfo("a.py")
    member.size = 1 << 50
    path.write_bytes(member.tobuf(tarfile.GNU_FORMAT) + b"x" * 512)
    return path


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_or_left_out(stage: Stage, tmp_path: Path, name: str) -> None:
    path = BOMBS[name](tmp_path)
    started = time.monotonic()

    submission = read_or_refuse(path)

    # No timing of ours: what goes off takes minutes or all memory.
    assert time.monotonic() - started < 20
    if not isinstance(submission, str):
        report = stage.grade(submission, audience="staff")
        assert (report.score, report.open_points) == (0, 0), report.parts
        assert submission.remarks or report.parts[0].feedback
    stage.require_honest()


def test_095_a_file_that_became_a_link_is_not_followed(tmp_path: Path) -> None:
    """The name is listed as a file and opened as what it is then."""
    from grader.submission.folder import read_plain_file

    folder = write(tmp_path / "hw", a_DOT_py=WRONG)
    (folder / "a.py").unlink()
    (folder / "a.py").symlink_to("/etc/passwd")
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with pytest.raises(OSError, match="link"):
            read_plain_file("a.py", 1000, folder=descriptor)
    finally:
        os.close(descriptor)


@pytest.mark.parametrize("name", ["json", "os", "numpy", "random", "builtins", "child", "zygote"])
def test_097_a_file_named_like_a_module_replaces_nothing(stage: Stage, name: str) -> None:
    evil = "raise SystemExit\ndumps = loads = open = write = None\n"
    attack = Attack(number="097", name=name, body="return 'nothing'", sources={name: evil})

    check = stage.perform(attack)

    assert (check.verdict, "'nothing'" in check.feedback) == ("wrong", True), check


NEVER_READ = {
    "098-compiled-files": ("__pycache__/hw.cpython-311.pyc", b"\xa7\r\r\n" + bytes(60)),
    "098-a-compiled-file-beside": ("double.pyc", bytes(64)),
    "099-a-path-file": ("evil.pth", b"import os; os.system('touch /tmp/attacked')\n"),
    "099-sitecustomize": ("sitecustomize.py", HONEST.encode()),
    "099-usercustomize": ("usercustomize.py", HONEST.encode()),
    "100-conftest": ("conftest.py", HONEST.encode()),
    "100-pyproject": ("pyproject.toml", b"[tool.pytest.ini_options]\naddopts='-p evil'\n"),
    "100-setup": ("setup.py", HONEST.encode()),
    "100-a-hidden-folder": (".github/workflows/grade.py", HONEST.encode()),
    "109-a-cache-of-numba": ("__pycache__/double.double-1.py311.nbi", bytes(64)),
    "110-requirements": ("requirements.txt", b"evil @ file:///tmp/evil\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", NEVER_READ)
def test_a_file_that_others_would_obey_is_not_read(stage: Stage, tmp_path: Path, name: str) -> None:
    file, content = NEVER_READ[name]
    folder = write(tmp_path / "hw", good_DOT_py="def other(x):\n    return 0\n")
    (folder / file).parent.mkdir(parents=True, exist_ok=True)
    (folder / file).write_bytes(content)

    submission = read_submission(folder)

    assert [source.name for source in submission.sources] == ["good.py"]
    assert stage.grade(submission).parts[0].verdict == "missing"
    assert not Path("/tmp/attacked").exists()
    stage.require_honest()


def notebook(*cells: dict[str, object]) -> str:
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def code(text: str, **more: object) -> dict[str, object]:
    return {"cell_type": "code", "source": text, "metadata": {}, "outputs": [], **more}


NOTEBOOKS = {
    "101-shell-commands": [code("!touch /tmp/attacked"), code("%%bash\ntouch /tmp/attacked")],
    "101-magics": [code("%run evil.py"), code("%%writefile /tmp/attacked\nx")],
    "101-system-variables": [code("x = !touch /tmp/attacked"), code("get_ipython().system('id')")],
    "101-forged-cell-ids": [
        code(WRONG, metadata={"nbgrader": {"grade": True, "points": 99, "grade_id": "double"}})
    ],
    "101-forged-outputs": [
        code(WRONG, outputs=[{"output_type": "stream", "text": "4 of 4 points"}]),
        {"cell_type": "raw", "source": HONEST},
    ],
    "102-a-patched-traceback": [
        code("from IPython.core.interactiveshell import InteractiveShell as S\n"
             "S.showtraceback = lambda *a, **k: None\n" + WRONG)
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_hostile_notebook_earns_nothing(stage: Stage, tmp_path: Path, name: str) -> None:
    folder = write(tmp_path / "hw", hw_DOT_ipynb=notebook(*NOTEBOOKS[name]))

    report = stage.grade(read_submission(folder), audience="staff")

    assert (report.score, report.open_points) == (0, 0)
    assert report.parts[0].verdict in ("missing", "wrong", "crashed")
    assert not Path("/tmp/attacked").exists()
    stage.require_honest()


def test_103_a_pickled_checkpoint_is_not_opened(stage: Stage, tmp_path: Path) -> None:
    import pickle

    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.system, ("touch /tmp/attacked",)

    evil = pickle.dumps(Evil())
    folder = write(
        tmp_path / "hw", model_DOT_pt=evil, data_DOT_npy=evil, x_DOT_pkl=evil, hw_DOT_py=WRONG
    )

    submission = read_submission(folder)

    assert [source.name for source in submission.sources] == ["hw.py"]
    assert not Path("/tmp/attacked").exists()
    stage.require_honest()


SPECS = {
    "104-a-python-object": "title: !!python/object/apply:os.system ['touch /tmp/attacked']\n",
    "104-a-python-name": "title: !!python/name:os.system\n",
    "104-another-tag": "title: !evil x\n",
    "105-a-bomb-of-aliases": (
        "a: &a [x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]\n"
        "c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]\ntitle: *c\n"
    ),
    "105-an-alias-of-itself": "title: &a [*a]\n",
    "105-a-merge-key": "<<: {title: x}\nparts: {}\n",
    "105-deep-brackets": "title: " + "[" * 20_000 + "\n",
    "105-deep-indents": "".join(f"{' ' * n}a:\n" for n in range(3000)),
    "105-a-long-line": "title: " + "x" * (8 << 20) + "\n",
    "105-a-key-twice": "title: x\ntitle: y\nparts: {}\n",
    "105-control-characters": "title: \x07\n",
    "105-no-text": "\x00\xff\x00",
}


@pytest.mark.parametrize("name", SPECS)
def test_a_hostile_spec_is_refused_with_its_place(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "problems" / "hw"
    folder.mkdir(parents=True)
    (folder / "one.yaml").write_bytes(SPECS[name].encode("latin-1"))
    started = time.monotonic()

    with pytest.raises(SpecError) as refused:
        load_assignment(folder, None)

    assert "one.yaml:" in str(refused.value)
    assert len(str(refused.value)) < 20_000
    assert time.monotonic() - started < 20
    assert not Path("/tmp/attacked").exists()


def test_108_specs_and_references_come_from_the_course_alone(stage: Stage, tmp_path: Path) -> None:
    """A submission that brings its own problem, reference and tests is graded by the course's."""
    folder = write(
        tmp_path / "attacked",
        hw_DOT_py=WRONG,
        problems_SLASH_attacked_SLASH_doubling_DOT_yaml="title: x\nparts: {}\n",
        reference_SLASH_attacked_SLASH_doubling_DOT_py=WRONG,
        assignment_DOT_yaml="title: x\n",
        test_hw_DOT_py="def test(): pass\n",
    )

    report = stage.grade(read_submission(folder), audience="staff")

    assert (report.score, report.max_score) == (0, 4)
    assert Course(COURSE).load("attacked").problems[0].digest in report.problems.values()
    stage.require_honest()


OUTSIDE = [
    Attack(
        number="109",
        name="poison a cache",
        body="""
import tempfile
hit = []
for path in ("/root/.cache/x", sys.prefix + "/lib/x", os.__file__, "/box/../x", "/tmp/x.nbi",
             os.path.dirname(os.__file__) + "/__pycache__/x", "/sandbox/child/calling.py"):
    try: open(path, "ab").write(b"x"); hit.append(path)
    except OSError: pass
return hit or "nothing"
""",
    ),
    Attack(
        number="111",
        name="write outside the box",
        body="""
hit = []
for path in ("/x", "/etc/x", "/dev/x", "/usr/lib/x", "/bin/x", "/sandbox/x", "/proc/x", "/tmp/x"):
    for act in (lambda: open(path, "w"), lambda: os.mkdir(path), lambda: os.symlink("/", path)):
        try: act(); hit.append(path)
        except OSError: pass
for path in ("/dev/null", "/dev/zero", "/usr/bin/cat", "/bin", "/"):
    for act in (lambda: os.chmod(path, 0o777), lambda: os.utime(path), lambda: os.unlink(path),
                lambda: os.rename(path, path + "x"), lambda: os.truncate(path, 0)):
        try: act(); hit.append(path)
        except OSError: pass
return hit or "nothing"
""",
    ),
    Attack(
        number="112",
        name="list the root",
        # Where the interpreter lies is the grader's to know: started without its packages, a child
        # does not see a virtual environment as its prefix.
        body=f"""
def look(path):
    try: return os.listdir(path)
    except OSError: return ()
known = {{"bin", "box", "dev", "etc", "lib", "lib32", "lib64", "proc", "root", "sandbox", "tmp",
         "usr"}}
odd = set(look("/")) - known - {INTERPRETER_TOPS}
odd |= set(look("/etc")) - {{"ld.so.cache", "alternatives"}}
odd |= set(look("/dev")) - {{"null", "zero", "full", "random", "urandom", "shm"}}
odd |= set(look("/usr")) - {{"bin", "lib", "lib32", "lib64", "share", "local"}}
odd |= {{name for name in ("/sys", "/run", "/var", "/boot", "/home") if look(name)}}
for name in ("/etc/passwd", "/etc/shadow"):
    try: odd.add(open(name).read())
    except OSError: pass
return sorted(odd) or "nothing"
""",
    ),
]


@pytest.mark.parametrize("attack", OUTSIDE, ids=lambda attack: attack.id)
def test_nothing_is_changed_or_seen_outside(stage: Stage, attack: Attack) -> None:
    check = stage.perform(attack)

    assert (check.verdict, "'nothing'" in check.feedback) == ("wrong", True), check
    assert stat.S_IMODE(Path("/dev/null").stat().st_mode) == 0o666
