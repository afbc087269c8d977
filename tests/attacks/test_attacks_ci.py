"""Names and trees that a student's commit, or a class's folder, may have: data and no more."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from staging import COURSE, HONEST

from grader.batch.labels import name_files
from grader.ci.choosing import find_submissions
from grader.ci.events import read_change
from grader.ci.grading import grade_commit
from grader.ci.reporting import collect_findings, write_annotations, write_files, write_summary
from grader.ci.trees import Repository
from grader.errors import SubmissionError, UsageError
from grader.final_score import Circumstances
from grader.spec.loading import Course
from grader.submission.read import read_submission

ROOT = Path(__file__).resolve().parents[2]
QUICK = ROOT / "tests" / "service" / "course"


class Trees:
    """A repository whose trees are written by hand, as no work tree could hold them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.git("init", "-q")

    def git(self, *arguments: str, given: bytes = b"") -> str:
        names = {"NAME": "x", "EMAIL": "x@example.edu"}
        who = {f"GIT_{role}_{name}": value for role in ("AUTHOR", "COMMITTER")
               for name, value in names.items()}  # fmt: skip
        done = subprocess.run(
            ["git", "-C", str(self.folder), *arguments],
            input=given, capture_output=True, check=True, env={**os.environ, **who},
        )  # fmt: skip
        return done.stdout.decode().strip()

    def write(self, text: str) -> bytes:
        return bytes.fromhex(self.git("hash-object", "-w", "--stdin", given=text.encode()))

    def make_tree(self, *entries: tuple[bytes, bytes, bytes]) -> bytes:
        """Of mode, name and hash, in the order given and however wrong."""
        raw = b"".join(mode + b" " + name + b"\0" + blob for mode, name, blob in entries)
        made = self.git("hash-object", "-w", "-t", "tree", "--stdin", "--literally", given=raw)
        return bytes.fromhex(made)

    def nest(self, path: bytes, leaf: bytes) -> bytes:
        """A tree with one file in folders below each other."""
        *folders, last = path.split(b"/")
        tree = self.make_tree((b"100644", last, leaf))
        for name in reversed(folders):
            tree = self.make_tree((b"40000", name, tree))
        return tree

    def commit(self, tree: bytes) -> str:
        return self.git("commit-tree", tree.hex(), "-m", "x")


@pytest.fixture
def trees(tmp_path: Path) -> Trees:
    return Trees(tmp_path / "repository")


def make_odd_tree(trees: Trees) -> bytes:
    """The honest file, and beside it everything that no folder can hold."""
    honest, evil = trees.write(HONEST), trees.write("raise SystemExit\n")
    deep = trees.nest(b"/".join([b"d" * 250] * 20) + b"/x.py", evil)
    inner = trees.make_tree((b"100644", b"y.py", evil))
    return trees.make_tree(
        (b"100644", b"a", evil), (b"40000", b"a", inner), (b"40000", b"deep", deep),
        (b"100644", b"hw.py", honest), (b"100644", b"n" * 300 + b".py", evil),
        (b"120000", b"link.py", trees.write("/etc/passwd")),
        (b"160000", b"module", b"\xab" * 20), (b"100644", b"\xff.py", evil),
        (b"100644", b".git", evil), (b"100644", b"..", evil),
    )  # fmt: skip


def test_B51_a_tree_that_no_folder_can_hold_is_left_out_and_named(
    trees: Trees, tmp_path: Path
) -> None:
    commit = trees.commit(trees.make_tree((b"40000", b"honest", make_odd_tree(trees))))
    target = tmp_path / "target"
    target.mkdir()

    left_out = Repository(trees.folder).write_folder(commit, "honest", target)

    said = "\n".join(left_out)
    for words in (
        "path is too long", "a file and a folder have this name", "a symbolic link",
        "a submodule", "name is too long", "something else to other systems",
    ):  # fmt: skip
        assert words in said
    assert said.replace("\n", "").isprintable()
    assert [source.text for source in read_submission(target).sources] == [HONEST]
    assert {path.name for path in tmp_path.iterdir()} == {"repository", "target"}


FOLDERS = (b"\xff\xfe", b"a\n::error::owned", b"\x1b]0;owned\x07", b"-o", b"<img src=x>", b"=cmd()",
           b"GITHUB_ENV<<EOF", b"n" * 250)  # fmt: skip


@pytest.mark.sandbox
def test_B52_a_folders_name_says_nothing_to_the_runner(trees: Trees, tmp_path: Path) -> None:
    wrong = trees.write("def double(x):\n    raise ValueError('no')\n")
    right = trees.nest(b"honest/hw.py", trees.write(HONEST))
    inner = trees.nest(b"honest/hw.py", wrong)
    named = sorted([*((name, inner) for name in FOLDERS), (b"zoe", right)])
    commit = trees.commit(trees.make_tree(*((b"40000", name, tree) for name, tree in named)))
    repository = Repository(trees.folder)
    folders = find_submissions(repository.list_changed("", commit), ["honest"])
    assert len(folders) == len(FOLDERS) + 1

    graded = grade_commit(Course(COURSE), repository, commit, folders, Circumstances())

    scores = {each.folder: each.report.score for each in graded if each.report}
    assert scores.pop("zoe/honest") == 4
    assert not any(scores.values())
    assert sum("rename it" in each.trouble for each in graded) == 3
    lines = write_annotations(collect_findings(graded)).splitlines()
    assert lines
    for line in lines:
        assert line.startswith(("::error file=", "::notice file=", "::warning file="))
        assert line.isprintable()
    assert "owned" not in write_summary(graded, ())
    write_files(graded, tmp_path / "out", commit)
    assert len(list((tmp_path / "out").iterdir())) == 4 * len([*scores, "zoe"])


def hand_in_class(folder: Path, names: Mapping[bytes, str]) -> list[bytes]:
    folder.mkdir()
    for name, answers in names.items():
        place = folder / os.fsdecode(name)
        place.mkdir()
        (place / "answers.md").write_text(answers)
    return list(names)


CLASS = {
    b"\xff\xfe": "a", b"\xfe\xff": "a", b"=cmd()": "a", b"-o": "a", b"a\nb\x1b[31m": "a",
    b"<script>x": "a", b".hid": "a", b"hid": "b", b"Ada": "a", b"ada": "b", b"x" * 250: "a",
    "\u202eada".encode(): "a",
}  # fmt: skip
"""Folder to answer: two of them are right."""


@pytest.mark.sandbox
def test_B53_no_folders_name_stops_a_class_or_gets_anothers_report(tmp_path: Path) -> None:
    names = hand_in_class(
        tmp_path / "class", {name: f"## depth\n{pick}\n" for name, pick in CLASS.items()}
    )
    command = [sys.executable, "-m", "grader", "batch", "--course", str(QUICK), "-a", "quick",
               "--jobs", "1", "--csv", "../class.csv", "--page", "../class.html",
               "--reports", "../reports", "--journal", "../journal", "--"]  # fmt: skip

    done = subprocess.run(
        [*map(os.fsencode, command), *names], cwd=tmp_path / "class", capture_output=True,
        text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    with (tmp_path / "class.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(names)
    for row in rows:
        assert row["submission"].isprintable()
        assert not row["submission"].startswith(("=", "-"))
    assert [row["submission"] for row in rows if row["score"] == "2"] == ["hid", "ada"]
    page = (tmp_path / "class.html").read_text()
    assert "<script>x" not in page
    reports = [path.name for path in (tmp_path / "reports").iterdir()]
    assert len({name.casefold() for name in reports}) == 2 * len(names)
    assert all(name.isprintable() and not name.startswith(("-", ".")) for name in reports)


def test_B54_names_that_a_disk_takes_for_one_are_told_apart() -> None:
    labels = (
        "Ada",
        "ada",
        "ADA",
        "a\u0308da",
        "\u00e4da",
        "ada~x",
        "x" * 300,
        "x" * 301,
        ".x",
        "x",
    )

    names = name_files(labels)

    assert len({name.casefold() for name in names}) == len(labels)
    assert max(len(name.encode()) for name in names) < 200
    assert name_files(("zoe", "max.zip")) == ("zoe", "max.zip")


def test_B57_a_change_is_graded_for_a_term_and_not_for_a_day() -> None:
    term = [f"zoe/hw{number}/a.py" for number in range(12)]
    known = [f"hw{number}" for number in range(12)]
    assert len(find_submissions(term, known)) == 12

    with pytest.raises(SubmissionError, match=r"5,000 folders .* 50 at most .* --folder"):
        find_submissions([f"x{number}/hw1/a.py" for number in range(5000)], known)


RISKY = {
    "pull_request_target": {"GITHUB_EVENT_NAME": "pull_request_target"},
    "workflow_run": {"GITHUB_EVENT_NAME": "workflow_run"},
    "issue_comment": {"GITHUB_EVENT_NAME": "issue_comment"},
    "nothing": {},
}


@pytest.mark.parametrize("name", RISKY)
def test_107_no_event_with_more_rights_than_a_student_is_graded(tmp_path: Path, name: str) -> None:
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"head": {"sha": "a" * 40}}}))
    with pytest.raises(UsageError, match=r"run on pull_request|use `on: pull_request`"):
        read_change({**RISKY[name], "GITHUB_EVENT_PATH": str(event)})


def test_107_no_workflow_that_is_offered_asks_for_them() -> None:
    texts = [path.read_text() for path in (ROOT / "examples").rglob("*.yml")]
    texts.append((ROOT / "action.yml").read_text())
    assert len(texts) > 3
    for text in texts:
        used = re.sub(r"(?m)#.*$", "", text)
        for words in ("pull_request_target", "self-hosted", "workflow_run", "head.ref"):
            assert words not in used
