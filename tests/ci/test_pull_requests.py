"""Pull requests from students, honest and hostile, and from instructors, end to end."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hosted_runner import ANSWERS, HALF_RIGHT, PROBLEM, Forge, Step, git, make_pull_request

pytestmark = pytest.mark.sandbox

RunStep = Callable[..., Step]


def open_pull_request(forge: Forge, run_step: RunStep, *arguments: object, **more: str) -> Step:
    """A student's push, and the step that the `pull_request` event starts in a fresh checkout."""
    head = forge.push()
    checkout = forge.folder / f"checkout-{head[:8]}"
    git(forge.folder, "clone", "-q", "--branch", "student", str(forge.bare), str(checkout))
    event = make_pull_request(head, forge.base, **more)
    return run_step(*arguments, workspace=checkout, event=event)


@pytest.fixture
def honest(forge: Forge) -> Forge:
    forge.write({"tiny/hw.py": HALF_RIGHT, "tiny/answers.md": ANSWERS})
    return forge


def test_a_students_pull_request_gets_summary_annotations_outputs_and_an_artifact(
    honest: Forge, run_step: RunStep
) -> None:
    step = open_pull_request(honest, run_step)

    assert step.code == 0, step.stderr
    assert (step.outputs["max_score"], step.outputs["graded"]) == ("10", "1")
    report = json.loads((step.out / "tiny.json").read_text())
    assert float(step.outputs["score"]) == report["score"] > 0
    assert report["isolation"] not in ("", "none")
    assert json.loads(step.outputs["scores"])["tiny"]["score"] == report["score"]
    assert "relu-grad" in step.summary and "Practice" in step.summary
    assert (step.out / "tiny.html").exists()
    ElementTree.parse(step.out / "tiny.junit.xml")


def test_annotations_stand_on_the_students_own_lines(honest: Forge, run_step: RunStep) -> None:
    lines = open_pull_request(honest, run_step).annotations

    raised = next(line for line in lines if "title=steps" in line)
    assert "file=tiny/hw.py,line=7," in raised
    wrong_step = next(line for line in lines if "title=derivation" in line)
    assert "file=tiny/answers.md,line=4," in wrong_step, "the first line that does not follow"


def test_what_a_hidden_check_saw_is_nowhere(honest: Forge, run_step: RunStep) -> None:
    step = open_pull_request(honest, run_step)

    texts = [step.stdout, step.stderr, step.summary, json.dumps(step.outputs)]
    texts += [path.read_text() for path in step.out.iterdir()]
    assert all("77123" not in text for text in texts)


@pytest.mark.parametrize(("threshold", "code"), [("3", 0), ("9.5", 1)])
def test_fail_under_sets_the_exit_code(
    honest: Forge, run_step: RunStep, threshold: str, code: int
) -> None:
    assert open_pull_request(honest, run_step, "--fail-under", threshold).code == code


def add_links(forge: Forge) -> None:
    for name, target in (
        ("tiny/more.py", "../../../../etc/passwd"),
        ("tiny/answers-2.md", "/etc/hostname"),
        ("tiny/folder", "../problems"),
    ):
        (forge.work / name).symlink_to(target)


def take_over_git(forge: Forge) -> None:
    forge.write({
        ".gitattributes": "* filter=evil diff=evil export-subst\ntiny/hw.py export-ignore\n",
        ".gitmodules": '[submodule "x"]\n\tpath = tiny/x\n\turl = ../../etc\n',
    })  # fmt: skip


OBEYED = (
    "conftest.py", "tiny/conftest.py", "sitecustomize.py", "tiny/sitecustomize.py", "click.py",
    "tiny/numpy.py", "pyproject.toml", "setup.cfg",
)  # fmt: skip
"""What Python and test runners import or obey unasked."""

ATTACKS: dict[str, Callable[[Forge], None]] = {
    "workflow": lambda forge: forge.write(
        {".github/workflows/grade.yml": "on: push\njobs: {g: {runs-on: x, steps: [{run: id}]}}\n"}
    ),
    "spec": lambda forge: forge.write({
        "problems/tiny/small.yaml": PROBLEM.replace("points: 5", "points: 500"),
        "problems/tiny/free.yaml": PROBLEM.replace("relu-grad", "free").replace("steps:", "more:"),
    }),
    "reference": lambda forge: forge.write(
        {"reference/tiny/small.py": "def relu_grad(x):\n    return 1.0\n"}
    ),
    "grader": lambda forge: forge.write({
        "grader/__init__.py": "print('::error::owned')\nraise SystemExit(0)\n",
        "grader/__main__.py": "raise SystemExit(0)\n",
    }),
    "conftest": lambda forge: forge.write(dict.fromkeys(OBEYED, "import os\nos._exit(0)\n")),
    "links": add_links,
    "git": take_over_git,
    "annotations": lambda forge: forge.write({
        "tiny/notes.md": "::error::owned\n", "tiny/::set-output name=score::10.md": "x",
        "tiny/extra.py": "print('::error::owned')\nprint('##[error]owned')\n",
    }),
}  # fmt: skip


def add_odd_names(forge: Forge) -> None:
    evil = "import os\nos._exit(0)\n"
    forge.write({
        "tiny/a\n::error::owned.py": evil, "tiny/%0A::error file=x::owned.py": evil,
        "tiny/x,line=1::owned.py": evil, "tiny/--course.py": evil,
        "tiny/\u202eyp.exe.py": evil,
    })  # fmt: skip


def add_submodule(forge: Forge) -> None:
    """A commit in the place of a folder: there is nothing behind it to be read."""
    forge.write({".gitmodules": '[submodule "m"]\n\tpath = tiny/m\n\turl = ext::sh -c id\n'})
    git(forge.work, "update-index", "--add", "--cacheinfo", f"160000,{'ab' * 20},tiny/m")


ATTACKS |= {"odd names": add_odd_names, "submodule": add_submodule}


@pytest.mark.parametrize("name", ATTACKS)
def test_a_hostile_pull_request_changes_nothing_in_its_own_grade(
    honest: Forge, run_step: RunStep, name: str
) -> None:
    calm = open_pull_request(honest, run_step)
    ATTACKS[name](honest)

    step = open_pull_request(honest, run_step)

    assert step.code == calm.code == 0, step.stderr
    assert step.outputs == calm.outputs
    errors = [line for line in step.annotations if line.startswith("::error")]
    assert errors == [line for line in calm.annotations if line.startswith("::error")]
    for line in step.stdout.splitlines():
        assert line.startswith(("::error file=tiny/", "::warning file=tiny/", "::notice file=tiny/",
                                "graded tiny: "))  # fmt: skip
        assert "##[" not in line
    assert "root:" not in step.summary + step.stdout


def test_what_the_head_says_counts_and_not_the_merge_that_is_checked_out(
    honest: Forge, run_step: RunStep
) -> None:
    head = honest.push()
    honest.write({"tiny/hw.py": HALF_RIGHT.replace("return 1.0", "return 1.0 if x > 0 else 0.0")})
    merge = honest.commit()

    step = run_step(workspace=honest.work, event=make_pull_request(head, honest.base))
    better = run_step(workspace=honest.work, event=make_pull_request(merge, honest.base))

    assert float(step.outputs["score"]) < float(better.outputs["score"])


def test_a_branch_that_is_called_like_an_option_is_a_name(honest: Forge, run_step: RunStep) -> None:
    head = honest.push()
    name = "--output=owned;$(touch owned)"
    git(honest.work, "update-ref", f"refs/heads/{name.replace(' ', '-')}", head)
    event = make_pull_request(head, honest.base)
    event["pull_request"]["head"]["ref"] = name  # type: ignore[index]
    environ = {"GITHUB_HEAD_REF": name, "GITHUB_REF": f"refs/heads/{name}"}

    step = run_step(workspace=honest.work, event=event, **environ)

    assert step.code == 0, step.stderr
    assert not list(honest.folder.rglob("owned*"))


def test_annotations_name_the_file_where_it_lies_in_a_folder_of_its_own(
    forge: Forge, run_step: RunStep
) -> None:
    """A submission does not count the folders that all its files are in; a repository does."""
    forge.write({"tiny/code/src/hw.py": HALF_RIGHT})

    lines = open_pull_request(forge, run_step).annotations

    assert any("file=tiny/code/src/hw.py,line=7," in line for line in lines), lines


def test_names_that_differ_in_capitals_alone_are_told_apart_for_the_student(
    honest: Forge, run_step: RunStep
) -> None:
    honest.write({"tiny/HW.PY": "def steps(x):\n    return x\n"})

    summary = open_pull_request(honest, run_step).summary

    assert "but for capitals" in summary


def test_a_pointer_of_git_lfs_is_called_by_its_name(forge: Forge, run_step: RunStep) -> None:
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 9\n"
    forge.write({"tiny/hw.py": pointer, "tiny/answers.md": ANSWERS})

    summary = open_pull_request(forge, run_step).summary

    assert "Git LFS" in summary


@pytest.mark.parametrize("name", ["workflow_run", "issue_comment", "repository_dispatch", ""])
def test_no_other_event_says_whose_commit_it_is(
    honest: Forge, run_step: RunStep, name: str
) -> None:
    """What a `workflow_run` brings along was made by a job that the student's code ran in."""
    event = {**make_pull_request(honest.push(), honest.base), "workflow_run": {"id": 1}}

    step = run_step(workspace=honest.work, name=name, event=event)

    assert step.code == 2 and step.outputs == {}


def test_ignored_course_files_and_links_are_named_in_the_summary(
    honest: Forge, run_step: RunStep
) -> None:
    ATTACKS["spec"](honest)
    ATTACKS["links"](honest)

    summary = open_pull_request(honest, run_step).summary

    assert "not from this change: `problems/`" in summary
    assert "a symbolic link" in summary and "Not read" in summary


def test_a_course_inside_the_pull_request_is_refused(honest: Forge, run_step: RunStep) -> None:
    head = honest.push()
    checkout = honest.folder / "checkout"
    git(honest.folder, "clone", "-q", "--branch", "student", str(honest.bare), str(checkout))

    step = run_step("--course", ".", workspace=checkout, event=make_pull_request(head, honest.base))

    assert step.code == 2
    assert "part of the commit that is graded" in step.stderr


def make_push(head: str, before: str) -> dict[str, object]:
    return {"before": before, "after": head, "sender": {"login": "zoe"}}


def test_a_push_is_graded_against_a_course_beside_the_repository(
    honest: Forge, run_step: RunStep, tmp_path: Path
) -> None:
    course = tmp_path / "course" / "problems" / "tiny"
    course.mkdir(parents=True)
    (course / "small.yaml").write_text(PROBLEM)
    ATTACKS["spec"](honest)
    head = honest.push()

    step = run_step(
        "--course", course.parents[1], workspace=honest.work, name="push",
        event=make_push(head, "0" * 40),
    )  # fmt: skip

    assert step.code == 0, step.stderr
    assert step.outputs["max_score"] == "10"


def test_a_push_without_a_course_is_refused(honest: Forge, run_step: RunStep) -> None:
    """The commit before it is the student's as well."""
    step = run_step(workspace=honest.work, name="push", event=make_push(honest.push(), honest.base))

    assert step.code == 2
    assert "--course FOLDER" in step.stderr


def test_pull_request_target_is_refused(honest: Forge, run_step: RunStep) -> None:
    step = run_step(
        workspace=honest.work,
        name="pull_request_target",
        event=make_pull_request(honest.base, honest.base),
    )

    assert step.code == 2
    assert "on: pull_request" in step.stderr


@pytest.mark.parametrize(
    "sha", ["main", "--upload-pack=touch x", "", "4f1c", "../../x", "HEAD~1", "z" * 40]
)
def test_a_hash_that_is_none_never_reaches_git(honest: Forge, run_step: RunStep, sha: str) -> None:
    step = run_step(workspace=honest.work, event=make_pull_request(sha, honest.base))

    assert step.code == 2
    assert "full hash" in step.stderr


def test_a_change_without_homework_says_so(forge: Forge, run_step: RunStep) -> None:
    forge.write({"README.md": "Better.\n"})

    step = open_pull_request(forge, run_step)

    assert step.code == 0
    assert "No homework was changed" in step.summary


def test_unreadable_homework_is_exit_4_and_says_why(forge: Forge, run_step: RunStep) -> None:
    (forge.work / "tiny").mkdir()
    (forge.work / "tiny" / "answers.md").write_bytes(b"\xff\xfe\0\0binary")

    step = open_pull_request(forge, run_step)

    assert step.code == 4, step.stderr
    assert "answers.md" in step.summary


def test_without_isolation_it_is_exit_5_and_nothing_is_graded(
    honest: Forge, run_step: RunStep, tmp_path: Path
) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    git_path = next(
        Path(folder) / "git"
        for folder in os.environ["PATH"].split(":")
        if (Path(folder) / "git").exists()
    )
    (tools / "git").symlink_to(git_path)
    head = honest.push()

    step = run_step(
        workspace=honest.bare, event=make_pull_request(head, honest.base), PATH=str(tools)
    )

    assert step.code == 5, (step.stdout, step.stderr)
    assert step.outputs == {} and step.summary == ""


def test_an_instructors_problem_is_proved_and_shown(forge: Forge, run_step: RunStep) -> None:
    forge.write({
        "problems/tiny/units.yaml": "title: Units\nparts:\n  width:\n    kind: value\n"
        "    prompt: How wide?\n    answer: 5\n",
    })  # fmt: skip

    step = open_pull_request(forge, run_step, association="MEMBER")

    assert "Proof of the changed problems" in step.summary, (step.stdout, step.stderr)
    assert "width" in step.summary
    assert step.code in (0, 3)
    assert step.outputs["proved"] == str(step.code == 0).lower()


def test_a_broken_problem_of_an_instructor_is_exit_3_with_its_place(
    forge: Forge, run_step: RunStep
) -> None:
    forge.write({"problems/tiny/broken.yaml": "title: B\nparts:\n  a: {kind: valeu}\n"})

    step = open_pull_request(forge, run_step, association="OWNER")

    assert step.code == 3
    assert "broken.yaml" in step.summary + step.stderr


def test_a_student_cannot_have_problems_proved(forge: Forge, run_step: RunStep) -> None:
    forge.write({"problems/tiny/broken.yaml": "title: B\nparts:\n  a: {kind: valeu}\n"})

    step = open_pull_request(forge, run_step, association="CONTRIBUTOR")

    assert step.code == 0
    assert "Proof" not in step.summary
