"""A folder, read without following or opening anything but plain files."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from packing import write_files

from grader.errors import SubmissionError
from grader.submission import Submission, read_submission

ANSWERS = "## conv-dims\n2 x 5\n"


def messages(submission: Submission) -> str:
    return "\n".join(f"{r.file}:{r.line}: {r.message}" for r in submission.remarks)


def test_code_and_answers_are_read(tmp_path: Path) -> None:
    write_files(tmp_path / "hw2", {"answers.md": ANSWERS, "code/conv.py": "def conv(x): ...\n"})

    submission = read_submission(tmp_path / "hw2")

    assert submission.name == "hw2"
    assert submission.answers["conv-dims"].text == "2 x 5"
    assert submission.answers["conv-dims"].line == 2
    assert [(s.name, s.functions) for s in submission.sources] == [("code/conv.py", ("conv",))]
    assert submission.remarks == ()


def test_one_file_is_a_submission(tmp_path: Path) -> None:
    write_files(tmp_path, {"conv.py": "def conv(x): ...\n", "my hw.md": ANSWERS})

    assert read_submission(tmp_path / "conv.py").find_function("conv") is not None
    assert read_submission(tmp_path / "my hw.md").answers["conv-dims"].text == "2 x 5"


def test_the_id_depends_on_names_and_bytes_alone(tmp_path: Path) -> None:
    files = {"answers.md": ANSWERS, "a.py": "x = 1\n", "plot.png": b"\x89PNG"}
    write_files(tmp_path / "one", files)
    write_files(tmp_path / "two", dict(reversed(files.items())))
    os.utime(tmp_path / "two/a.py", (1, 1))
    (tmp_path / "two/a.py").chmod(0o755)
    write_files(tmp_path / "two", {"__pycache__/a.pyc": b"old", ".git/HEAD": "x", "plot.png": b"2"})
    write_files(tmp_path / "three", {**files, "a.py": "x = 2\n"})
    write_files(tmp_path / "four", {"answers.md": ANSWERS, "b.py": "x = 1\n"})

    one, two, three, four = (
        read_submission(tmp_path / name).id for name in ("one", "two", "three", "four")
    )

    assert one == two
    assert len({one, three, four}) == 3
    assert one.startswith("sha256:")
    assert len(one) == 71


def test_moving_a_byte_from_a_name_to_its_file_changes_the_id(tmp_path: Path) -> None:
    write_files(tmp_path / "one", {"a.py": "b", "c.py": ""})
    write_files(tmp_path / "two", {"a.py": "", "c.py": "b"})

    assert read_submission(tmp_path / "one").id != read_submission(tmp_path / "two").id


def test_links_are_not_followed(tmp_path: Path) -> None:
    write_files(tmp_path / "secret", {"key.py": "key = 1\n", "answers.md": "## key\n42\n"})
    hw = write_files(tmp_path / "hw", {"a.py": "x = 1\n"})
    (hw / "answers.md").symlink_to(tmp_path / "secret/answers.md")
    (hw / "more").symlink_to(tmp_path / "secret")

    submission = read_submission(hw)

    assert [source.name for source in submission.sources] == ["a.py"]
    assert submission.answers == {}
    assert "answers.md:0: not read: a symbolic link" in messages(submission)
    assert "more:0: not read: a symbolic link" in messages(submission)


def test_pipes_and_devices_are_never_opened(tmp_path: Path) -> None:
    hw = write_files(tmp_path / "hw", {"a.py": "x = 1\n"})
    os.mkfifo(hw / "answers.md")
    os.mkfifo(hw / "b.py")

    submission = read_submission(hw)

    assert [source.name for source in submission.sources] == ["a.py"]
    assert messages(submission).count("a pipe; hand in plain files") == 2


def test_a_pipe_by_itself_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "conv.py")

    with pytest.raises(SubmissionError, match="a pipe"):
        read_submission(tmp_path / "conv.py")


def test_what_tools_leave_behind_is_ignored_without_a_word(tmp_path: Path) -> None:
    hw = write_files(
        tmp_path / "hw",
        {
            "a.py": "x = 1\n",
            "__pycache__/a.cpython-311.pyc": b"\0",
            ".git/config": "x",
            ".ipynb_checkpoints/a-checkpoint.py": "x = 2\n",
            "__MACOSX/._a.py": b"\0",
            ".DS_Store": b"\0",
            "venv/lib/site.py": "x = 3\n",
            "old.pyc": b"\0",
        },
    )

    submission = read_submission(hw)

    assert [source.name for source in submission.sources] == ["a.py"]
    assert submission.remarks == ()


@pytest.mark.parametrize(
    "name",
    [
        "conftest.py", "sitecustomize.py", "usercustomize.py", "evil.pth", "pytest.ini",
        "setup.cfg", "pyproject.toml", "tox.ini", "setup.py", "deep/conftest.py", "CONFTEST.PY",
    ],
)  # fmt: skip
def test_files_that_would_be_run_unasked_are_left_out(tmp_path: Path, name: str) -> None:
    hw = write_files(tmp_path / "hw", {"a.py": "x = 1\n", name: "import os\n"})

    submission = read_submission(hw)

    assert [source.name for source in submission.sources] == ["a.py"]
    assert f"{name}:0: not read: settings and hooks are never run" in messages(submission)


def test_a_file_named_like_a_library_is_read_under_its_own_name(tmp_path: Path) -> None:
    hw = write_files(tmp_path / "hw", {"torch.py": "def relu(x): ...\n", "json.py": "x = 1\n"})

    assert [source.name for source in read_submission(hw).sources] == ["json.py", "torch.py"]


@pytest.mark.parametrize(
    "name",
    [
        "a\u202eyp.py",
        "\u0430nswers.md",
        "a\nb.py",
        "a\x1b[2J.py",
        "x.py.",
        " a.py",
        "a\\b.py",
        "é.py",
    ],
)
def test_odd_names_are_skipped_and_shown_as_plain_text(tmp_path: Path, name: str) -> None:
    hw = write_files(tmp_path / "hw", {"a.py": "x = 1\n", name: "## q\n1\n"})

    submission = read_submission(hw)

    assert [source.name for source in submission.sources] == ["a.py"]
    assert submission.answers == {}
    assert len(submission.remarks) == 1
    assert submission.remarks[0].file.isascii()
    assert submission.remarks[0].file.isprintable()


def test_a_name_that_is_no_text_is_skipped(tmp_path: Path) -> None:
    hw = write_files(tmp_path / "hw", {"a.py": "x = 1\n"})
    with open(os.fsencode(hw) + b"/b\xff.py", "wb"):  # noqa: PTH123
        pass

    submission = read_submission(hw)

    assert [source.name for source in submission.sources] == ["a.py"]
    assert submission.remarks[0].file == r"b\udcff.py"


def test_names_that_differ_in_capitals_only_do_not_both_count(tmp_path: Path) -> None:
    hw = write_files(tmp_path / "hw", {"A.py": "x = 1\n", "a.py": "x = 2\n"})

    submission = read_submission(hw)

    assert [source.name for source in submission.sources] == ["A.py"]
    assert "a.py:0: not read: the same name as A.py but for capitals" in messages(submission)


def test_a_200_mb_file_costs_nothing(tmp_path: Path) -> None:
    hw = write_files(tmp_path / "hw", {"a.py": "x = 1\n"})
    with (hw / "answers.md").open("wb") as sparse:
        sparse.truncate(200 << 20)

    submission = read_submission(hw)

    assert [source.name for source in submission.sources] == ["a.py"]
    assert "answers.md:0: not read: 200 MiB; files over 4 MiB are not read" in messages(submission)


def test_a_200_mb_file_by_itself_is_refused_in_one_line(tmp_path: Path) -> None:
    with (tmp_path / "answers.md").open("wb") as sparse:
        sparse.truncate(200 << 20)

    with pytest.raises(SubmissionError) as refusal:
        read_submission(tmp_path / "answers.md")

    assert "200 MiB; files over 4 MiB are not read" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_too_many_files_are_refused(tmp_path: Path) -> None:
    hw = write_files(tmp_path / "hw", {f"data{number}.csv": "" for number in range(2001)})

    with pytest.raises(SubmissionError, match="more than 2,000 files"):
        read_submission(hw)


def test_too_many_sources_are_refused(tmp_path: Path) -> None:
    hw = write_files(tmp_path / "hw", {f"a{number}.py": "" for number in range(201)})

    with pytest.raises(SubmissionError, match="more than 200 files of code and answers"):
        read_submission(hw)


def test_too_much_text_is_refused(tmp_path: Path) -> None:
    hw = write_files(tmp_path / "hw", {f"a{number}.py": "#" * (3 << 20) for number in range(3)})

    with pytest.raises(SubmissionError, match="more than 8 MiB"):
        read_submission(hw)


def test_too_many_lines_are_refused(tmp_path: Path) -> None:
    hw = write_files(tmp_path / "hw", {"answers.md": "\n" * 200_000, "a.py": "\n" * 200_000})

    with pytest.raises(SubmissionError, match="300,000 lines"):
        read_submission(hw)


def test_folders_inside_folders_end(tmp_path: Path) -> None:
    hw = write_files(tmp_path / "hw", {"a.py": "x = 1\n", "d/" * 40 + "b.py": "x = 2\n"})

    submission = read_submission(hw)

    assert [source.name for source in submission.sources] == ["a.py"]
    assert "more than 16 folders deep" in messages(submission)


def test_a_folder_that_holds_everything_is_stepped_into(tmp_path: Path) -> None:
    write_files(tmp_path / "hw/hw2", {"answers.md": ANSWERS, "code/a.py": "x = 1\n"})

    submission = read_submission(tmp_path / "hw")

    assert [source.name for source in submission.sources] == ["code/a.py"]
    assert "conv-dims" in submission.answers


def test_answers_in_a_subfolder_are_named(tmp_path: Path) -> None:
    hw = write_files(tmp_path / "hw", {"a.py": "x = 1\n", "text/answers.md": ANSWERS})

    submission = read_submission(hw)

    assert submission.answers == {}
    assert "text/answers.md:0: not read: written answers count at the top level" in messages(
        submission
    )


def test_pictures_and_data_share_one_remark(tmp_path: Path) -> None:
    names = {f"plot{number}.png": b"" for number in range(9)}
    hw = write_files(tmp_path / "hw", {"a.py": "x = 1\n", **names})

    submission = read_submission(hw)

    assert len(submission.remarks) == 1
    assert "plot0.png:0: not read, nor plot1.png, plot2.png" in messages(submission)
    assert "3 more files: only .py, .ipynb and answers.md are" in messages(submission)


def test_an_archive_inside_is_not_opened(tmp_path: Path) -> None:
    hw = write_files(tmp_path / "hw", {"a.py": "x = 1\n", "old.zip": b"PK"})

    assert "old.zip:0: not read: an archive inside; unpack it first" in messages(
        read_submission(hw)
    )


def test_a_missing_path_is_one_helpful_line(tmp_path: Path) -> None:
    with pytest.raises(SubmissionError, match="hw9 cannot be read: no such file or directory"):
        read_submission(tmp_path / "hw9")


def test_an_empty_folder_says_what_to_hand_in(tmp_path: Path) -> None:
    with pytest.raises(SubmissionError, match=r"is empty; hand in \.py files"):
        read_submission(tmp_path)


def test_a_folder_with_only_a_picture_says_what_is_read(tmp_path: Path) -> None:
    write_files(tmp_path / "hw", {"scan.jpg": b"\xff\xd8\xff"})

    with pytest.raises(SubmissionError, match=r"scan\.jpg: only \.py, \.ipynb and answers\.md are"):
        read_submission(tmp_path / "hw")


@pytest.mark.parametrize("name", ["hw2.pdf", "hw2.tar.xz", "hw2"])
def test_an_unknown_kind_of_file_is_refused(tmp_path: Path, name: str) -> None:
    write_files(tmp_path, {name: b"x"})

    with pytest.raises(SubmissionError, match=r"hand in a folder, \.zip"):
        read_submission(tmp_path / name)


def test_a_hostile_path_stays_on_one_line(tmp_path: Path) -> None:
    with pytest.raises(SubmissionError) as refusal:
        read_submission(tmp_path / "a\n\x1b[2Jb\udcff")

    assert str(refusal.value).isprintable()


def test_a_folder_named_like_a_file_is_named(tmp_path: Path) -> None:
    hw = write_files(tmp_path / "hw", {"a.py": "x = 1\n"})
    (hw / "answers.md").mkdir()

    assert "answers.md:0: not read: a folder with a file's name" in messages(read_submission(hw))


def test_files_that_may_not_be_read_are_named(tmp_path: Path) -> None:
    """In a process of another user, because the superuser may read everything."""
    hw = write_files(tmp_path / "hw", {"a.py": "x = 1\n", "b.py": "x = 2\n", "c/d.py": "x = 3\n"})
    (hw / "b.py").chmod(0)
    (hw / "c").chmod(0)
    for folder in (hw, *hw.parents):
        if folder.stat().st_uid == os.getuid() and str(folder) != "/":
            folder.chmod(folder.stat().st_mode | 0o555)
    program = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from grader.submission import read_submission\n"
        # That user may not be able to read Python's own library either.
        "import hashlib, encodings.utf_8_sig\n"
        "if os.getuid() == 0: os.setgid(65534), os.setuid(65534)\n"
        "found = read_submission(Path(sys.argv[1]))\n"
        "print([s.name for s in found.sources], [(r.file, r.message) for r in found.remarks])\n"
    )

    found = subprocess.run(
        [sys.executable, "-c", program, str(hw)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
    )
    (hw / "c").chmod(0o755)

    assert found.stdout.startswith("['a.py']"), found.stderr
    assert "('b.py', 'not read: permission denied; allow reading" in found.stdout
    assert "('c', 'not read: permission denied; allow reading" in found.stdout
